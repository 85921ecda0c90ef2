package tx

import (
	"math/big"
	"testing"
)

const gigaPrice = 1_000_000_000

// twoPartyTxs returns the transactions of the table in transactions.md section
// 5.1, with typical values, and their sizes.
func twoPartyTxs(t *testing.T, extension bool) map[string]struct {
	tx   Tx
	size int
} {
	i, r, channel := ID{AccountID, Hash{0x10, 31: 1}}, ID{AccountID, Hash{0x20, 31: 1}}, ID{ChannelID, Hash{1}}
	more := 0
	if extension {
		r.Key[0], more = 0x11, 70
	}
	full := bigInt(70_000_000_000_000)
	poi, err := ProofOfInclusion([]Balance{{i, full}, {r, full}}, []ID{i, r})
	if err != nil {
		t.Fatal(err)
	}
	state := NewSigned(&OffChain{ChannelID: channel, Round: 2}).With(append([]byte{1}, make([]byte, 63)...)).With(append([]byte{2}, make([]byte, 63)...)).Bytes()
	return map[string]struct {
		tx   Tx
		size int
	}{
		"create v1":                 {&Create{Version: 1, InitiatorID: i, InitiatorAmount: full, ResponderID: r, ResponderAmount: full, ChannelReserve: bigInt(2), LockPeriod: 10, Nonce: 57}, 131},
		"create v2":                 {&Create{InitiatorID: i, InitiatorAmount: full, ResponderID: r, ResponderAmount: full, ChannelReserve: bigInt(2), LockPeriod: 10, Nonce: 57}, 132},
		"deposit":                   {&Deposit{ChannelID: channel, FromID: i, Amount: bigInt(2), Round: 3, Nonce: 58}, 116},
		"withdraw":                  {&Withdraw{ChannelID: channel, ToID: i, Amount: bigInt(2), Round: 3, Nonce: 58}, 116},
		"close_mutual":              {&CloseMutual{ChannelID: channel, FromID: i, InitiatorAmountFinal: full, ResponderAmountFinal: full, Nonce: 58}, 95},
		"settle":                    {&Settle{ChannelID: channel, FromID: i, InitiatorAmountFinal: full, ResponderAmountFinal: full, Nonce: 58}, 95},
		"snapshot_solo":             {&SnapshotSolo{ChannelID: channel, FromID: i, Payload: state, Nonce: 58}, 296},
		"close_solo, empty payload": {&CloseSolo{ChannelID: channel, FromID: i, PoI: poi, Nonce: 58}, 418 + more},
		"close_solo with payload":   {&CloseSolo{ChannelID: channel, FromID: i, Payload: state, PoI: poi, Nonce: 58}, 631 + more},
		"slash":                     {&Slash{ChannelID: channel, FromID: i, Payload: state, PoI: poi, Nonce: 58}, 631 + more},
	}
}

func TestDefaultFees(t *testing.T) {
	for _, extension := range []bool{false, true} {
		for name, c := range twoPartyTxs(t, extension) {
			want := bigInt((15_000 + 20*int64(c.size)) * gigaPrice)
			got := MinFee(c.tx, bigInt(gigaPrice))
			if got.Cmp(want) != 0 {
				t.Errorf("%s (extension %v): fee %d, want %d", name, extension, got, want)
			}
			if FeeOf(c.tx).Sign() != 0 {
				t.Errorf("%s: MinFee wrote a fee into the transaction", name)
			}
			SetFee(c.tx, got)
			if size := len(c.tx.Serialize()); size != c.size || Gas(c.tx) != uint64(15_000+20*c.size) {
				t.Errorf("%s (extension %v): %d bytes and gas %d, want %d", name, extension, size, Gas(c.tx), c.size)
			}
			if again := MinFee(c.tx, bigInt(gigaPrice)); again.Cmp(want) != 0 {
				t.Errorf("%s: fee %d when it has one, want %d", name, again, want)
			}
		}
	}
}

// nodeFee is the loop of the node word by word: it builds the transaction.
func nodeFee(t Tx, price *big.Int) *big.Int {
	fee := new(big.Int)
	for range 5 {
		SetFee(t, fee)
		need := new(big.Int).SetUint64(Gas(t))
		if need.Mul(need, price).Cmp(fee) <= 0 {
			break
		}
		fee = need
	}
	return fee
}

func TestFeeLoop(t *testing.T) {
	for name, c := range twoPartyTxs(t, true) {
		for shift := range uint(120) {
			price := new(big.Int).Add(new(big.Int).Lsh(bigInt(1), shift), bigInt(int64(shift)))
			want := nodeFee(c.tx, price)
			if got := MinFee(c.tx, price); got.Cmp(want) != 0 {
				t.Errorf("%s at price %d: fee %d, want %d", name, price, got, want)
			}
		}
	}
	force := &ForceProgress{Payload: make([]byte, 300)}
	if got, want := MinFee(force, bigInt(gigaPrice)), nodeFee(force, bigInt(gigaPrice)); got.Cmp(want) != 0 || Gas(force) < 450_000 {
		t.Errorf("force progress: fee %d, want %d", got, want)
	}
}

func TestNoFee(t *testing.T) {
	deposit := &Deposit{}
	for what, got := range map[string]*big.Int{
		"an off-chain transaction": MinFee(&OffChain{}, bigInt(gigaPrice)),
		"a ga_meta_tx":             MinFee(&GAMeta{}, bigInt(gigaPrice)),
		"no price":                 MinFee(deposit, nil),
		"a price of 0":             MinFee(deposit, new(big.Int)),
		"a negative price":         MinFee(deposit, bigInt(-1)),
	} {
		if got == nil || got.Sign() != 0 {
			t.Errorf("%s: fee %d, want 0", what, got)
		}
	}
	if Gas(&OffChain{}) != 0 {
		t.Error("an off-chain transaction has gas")
	}
	fee := bigInt(5)
	SetFee(deposit, fee)
	if fee.SetInt64(6); deposit.Fee.Int64() != 5 {
		t.Error("SetFee keeps the caller's number")
	}
}
