package accounts

import (
	"context"
	"errors"
	"math/big"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/nodeapi"
	"chanbot/simnode"
	"chanbot/tx"
)

func TestListKeepsTheOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{})
		var ids []tx.ID
		for i, k := range Derive(1, 50) {
			ids = append(ids, k.ID())
			if i%3 > 0 {
				b.node.Endow(k.ID(), coins(int64(i)))
			}
		}
		balances, err := List(t.Context(), b.client, ids)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range balances {
			if got.ID != ids[i] || got.Unknown != (i%3 == 0) || !got.Unknown && got.Amount.Cmp(coins(int64(i))) != 0 {
				t.Errorf("account %d: %+v", i, got)
			}
		}
		b.fault = func(http.RoundTripper, *http.Request) (*http.Response, error) { return nil, errCrash }
		if _, err := List(t.Context(), b.client, ids); !errors.Is(err, errCrash) {
			t.Errorf("got %v", err)
		}
		if none, err := List(t.Context(), b.client, nil); err != nil || len(none) != 0 {
			t.Errorf("%v, %v for no accounts", none, err)
		}
	})
}

func TestSweepEmptiesAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Interval, KeyBlockEvery: 10 * time.Second})
		keys := Derive(3, 12)
		given := new(big.Int)
		for i, k := range keys[:10] {
			amount := coins(1e14 + int64(i))
			b.node.Endow(k.ID(), amount)
			given.Add(given, amount)
		}
		b.node.Endow(keys[10].ID(), coins(1000)) // less than a fee
		to := tx.NewKeyPair(seedOf(50))
		results, err := Sweep(t.Context(), Terms{Node: b.client, Depth: 1}, append(keys, to), to.ID())
		if err != nil {
			t.Fatal(err)
		}
		moved, fees := new(big.Int), new(big.Int)
		for i, r := range results {
			if r.Err != nil {
				t.Errorf("account %d: %v", i, r.Err)
			}
			if swept := !r.Hash.IsZero(); swept != (i < 10) {
				t.Errorf("account %d: %+v", i, r)
			}
			moved.Add(moved, r.Amount)
			fees.Add(fees, r.Fee)
		}
		if results[10].Left.Cmp(coins(1000)) != 0 {
			t.Errorf("left %s, want 1000", results[10].Left)
		}
		var ids []tx.ID
		for _, k := range keys[:10] {
			ids = append(ids, k.ID())
		}
		balances, err := List(t.Context(), b.client, append(ids, to.ID()))
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range balances[:10] {
			if got.Amount.Sign() != 0 {
				t.Errorf("account %d still has %s", i, got.Amount)
			}
		}
		if got := balances[10].Amount; got.Cmp(moved) != 0 || new(big.Int).Add(moved, fees).Cmp(given) != 0 {
			t.Errorf("%s arrived, %s was moved for %s, %s was given", got, moved, fees, given)
		}
		again, err := Sweep(t.Context(), Terms{Node: b.client}, keys, to.ID())
		if err != nil || !again[0].Hash.IsZero() || again[0].Err != nil {
			t.Errorf("a second time: %+v, %v", again[0], err)
		}
	})
}

// A transaction of the account that waits is let through; the repetition of a
// sweep that was broken off moves the coins once.
func TestSweepBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Manual})
		to := tx.NewKeyPair(seedOf(50)).ID()
		b.post(to, 1, coins(2e13))
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		broken, err := Sweep(ctx, Terms{Node: b.client}, []tx.KeyPair{b.rich}, to)
		if !errors.Is(err, context.DeadlineExceeded) || broken[0].Err == nil {
			t.Errorf("with a transaction before it: %+v, %v", broken, err)
		}
		b.node.MineMicroBlock()
		short, err := Sweep(t.Context(), Terms{Node: b.client, Patience: time.Minute}, []tx.KeyPair{b.rich}, to)
		if _, ok := errors.AsType[*StalledError](short[0].Err); !ok || err != nil {
			t.Errorf("without blocks: %+v, %v", short, err)
		}
		time.AfterFunc(10*time.Second, b.node.MineMicroBlock)
		done, err := Sweep(t.Context(), Terms{Node: b.client}, []tx.KeyPair{b.rich}, to)
		if err != nil || done[0].Err != nil {
			t.Fatalf("%+v, %v", done, err)
		}
		account, err := b.client.Account(t.Context(), b.rich.ID())
		if err != nil || account.Balance.Sign() != 0 || account.Nonce != 2 {
			t.Errorf("account %+v, %v", account, err)
		}
	})
}

func TestSweepRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{})
		_, err := Sweep(t.Context(), Terms{Node: b.client}, nil, tx.ID{})
		b.errorWith(err, "is no account")
		_, err = Sweep(t.Context(), Terms{Node: b.client, NetworkID: "ae_mainnet"}, nil, b.rich.ID())
		b.errorWith(err, "not in ae_mainnet")
		cheap, err := Sweep(t.Context(), Terms{Node: b.client, GasPrice: coins(1)}, []tx.KeyPair{b.rich}, Derive(1, 1)[0].ID())
		if err != nil || nodeapi.Code(cheap[0].Err) != nodeapi.CodeFeeTooLow {
			t.Errorf("%+v, %v", cheap, err)
		}
	})
}
