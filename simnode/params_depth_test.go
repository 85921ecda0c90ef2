package simnode

import (
	"math"
	"math/big"
	"testing"
)

// The rows of ws-api, section 2.3, for a create transaction of 17640 gas at the
// default price. The first group was recorded (66_min_depth_*).
func TestMinimumDepth(t *testing.T) {
	none := depthSettings{}
	depth := func(n uint64) depthSettings { return depthSettings{Depth: new(n)} }
	plain := depthSettings{Strategy: depthPlain}
	txFee := depthSettings{Strategy: depthTxFee}
	plainOf := func(n uint64) depthSettings { return depthSettings{new(n), depthPlain} }
	txFeeOf := func(n uint64) depthSettings { return depthSettings{new(n), depthTxFee} }
	tests := []struct {
		name                         string
		initiator, responder         depthSettings
		wantInitiator, wantResponder uint64
	}{
		{"recorded: none, none", none, none, 3, 3},
		{"recorded: initiator 0, none", depth(0), none, 1, 3},
		{"recorded: initiator plain, none", plain, none, 3, 3},
		{"recorded: none, responder plain", none, plain, 3, 3},
		{"recorded: none, responder 1", none, depth(1), 17640, 17640},
		{"recorded: none, responder plain 9", none, plainOf(9), 3, 9},
		{"recorded: initiator plain 2, responder plain 6", plainOf(2), plainOf(6), 2, 6},

		{"initiator adopts a factor", none, txFeeOf(2), 133, 133},
		{"initiator adopts a factor without strategy", none, depth(2), 133, 133},
		{"initiator adopts factor 0", none, txFeeOf(0), 1, 1},
		{"initiator with a strategy does not adopt the factor", txFee, txFeeOf(2), 3, 133},
		{"initiator with plain does not adopt", plain, txFeeOf(2), 3, 133},
		{"initiator with a depth does not adopt the strategy", depth(5), plainOf(9), 8, 9},
		{"responder does not adopt", txFeeOf(2), none, 133, 3},
		{"plain 0", plainOf(0), plainOf(0), 0, 0},
		{"plain of any size", plainOf(math.MaxUint64), none, math.MaxUint64, 3},
		{"a large factor", txFeeOf(1000), txFeeOf(math.MaxUint64), 2, 1},
	}
	fee := coins(17_640_000_000_000)
	for _, test := range tests {
		initiator := connectParams{Role: roleInitiator, MinimumDepth: test.initiator.Depth, Strategy: test.initiator.Strategy}
		responder := connectParams{Role: roleResponder, MinimumDepth: test.responder.Depth, Strategy: test.responder.Strategy}
		if got := initiator.requiredDepth(responder.depthSettings(), fee); got != test.wantInitiator {
			t.Errorf("%s: initiator waits for %d, want %d", test.name, got, test.wantInitiator)
		}
		if got := responder.requiredDepth(initiator.depthSettings(), fee); got != test.wantResponder {
			t.Errorf("%s: responder waits for %d, want %d", test.name, got, test.wantResponder)
		}
	}
}

func TestTxFeeDepth(t *testing.T) {
	tests := []struct {
		factor     uint64
		fee, price int64
		want       uint64
	}{
		{10, 17_320_000_000_000, 1e9, 3}, // deposit, withdraw
		{10, 16_900_000_000_000, 1e9, 3}, // close_mutual
		{10, 1e9, 1e9, 1},
		{10, 1e9 + 1, 1e9, 2},
		{10, 1, 1e9, 1},
		{10, 0, 1e9, 0},
		{1, 1e9*5 + 1, 1e9, 6},
		{1, 5, 0, 5}, // a miner without a limit
		{2, 16e9, 1e9, 4},
	}
	for _, test := range tests {
		if got := txFeeDepth(test.factor, coins(test.fee), coins(test.price)); got != test.want {
			t.Errorf("factor %d, fee %d, price %d: %d, want %d", test.factor, test.fee, test.price, got, test.want)
		}
	}
	huge := new(big.Int).Lsh(coins(1), 2000)
	if got := txFeeDepth(1, huge, coins(1)); got != math.MaxUint64 {
		t.Errorf("a huge fee: %d", got)
	}
}
