package bot

import (
	"bytes"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// A signature that was made ahead is used for the transaction that it is over, and
// for no other one.
func TestAheadIsForOneTransaction(t *testing.T) {
	key := tx.DeriveKeyPair([]byte("ahead"), "initiator")
	offer := func(round uint64) *tx.SignedTx {
		return tx.NewSigned(&tx.OffChain{ChannelID: tx.ID{Kind: tx.ChannelID}, Round: round})
	}
	for _, c := range []struct {
		name  string
		tag   string // of what was foreseen, round 2; "" for nothing
		round uint64 // of what is offered as update
		blind bool
	}{
		{"nothing foreseen", "", 2, false},
		{"what was foreseen", wire.TagUpdate, 2, false},
		{"another one", wire.TagUpdate, 3, true},
		{"one of the peer was foreseen", wire.TagUpdateAck, 3, false},
	} {
		f := &fleet{cfg: Config{NetworkID: "ae_dev"}}
		e := &end{p: &pair{fleet: f}, key: key}
		if c.tag != "" {
			e.prepare(c.tag, offer(2).Tx)
			e.ahead.sign()
		}
		got, want := e.sign(wire.TagUpdate, offer(c.round)), offer(c.round).Sign(key, "ae_dev", tx.Raw)
		if !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s: signed as %s, want %s", c.name, got.Text(), want.Text())
		}
		if e.p.blind != c.blind || e.ahead != nil {
			t.Errorf("%s: blind %v, left %v", c.name, e.p.blind, e.ahead)
		}
	}
}
