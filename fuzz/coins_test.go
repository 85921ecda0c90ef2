package fuzz

import (
	"context"
	"math/big"
	"testing"

	"chanbot/tx"
)

// TestAccountsThatChangeAreNotJudged: one account is read after the other, so a
// block between the two is no breach; coins that stay away are one.
func TestAccountsThatChangeAreNotJudged(t *testing.T) {
	keys := []tx.KeyPair{tx.DeriveKeyPair([]byte("test"), "initiator"), tx.DeriveKeyPair([]byte("test"), "responder")}
	type account struct {
		balance int64
		nonce   uint64
	}
	first, later := account{100, 3}, account{150, 4}
	for name, c := range map[string]struct {
		reads [][2]account // one after the other, the last one for good
		want  bool
	}{
		"as before":          {[][2]account{{first, first}}, false},
		"a block in between": {[][2]account{{first, {150, 3}}, {later, {150, 3}}}, false},
		"other coins":        {[][2]account{{first, {99, 3}}}, true},
		"a strange nonce":    {[][2]account{{{100, 7}, first}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			reads := 0
			s := &stage{place: &Place{Account: func(_ context.Context, id tx.ID) (*big.Int, uint64, error) {
				now := c.reads[min(reads/2, len(c.reads)-1)]
				reads++
				a := now[0]
				if id == keys[1].ID() {
					a = now[1]
				}
				return big.NewInt(a.balance), a.nonce, nil
			}}}
			before := &purses{ids: [2]tx.ID{keys[0].ID(), keys[1].ID()}, nonce: [2]uint64{3, 3}, balance: [2]*big.Int{big.NewInt(100), big.NewInt(100)}}
			if b := s.coins(t.Context(), keys, before, newTape()); (b != nil) != c.want {
				t.Errorf("got %v", b)
			}
		})
	}
}
