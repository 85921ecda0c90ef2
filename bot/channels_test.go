package bot_test

import (
	"sync"
	"testing"
	"testing/synctest"

	"chanbot/results"
	"chanbot/simnode"
	"chanbot/tx"
)

// keptChannels is all that a run has kept of its channels.
type keptChannels struct {
	mu  sync.Mutex // guards what follows
	all []results.ChannelRecord
}

// Channel implements results.ChannelSink.
func (k *keptChannels) Channel(r results.ChannelRecord) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, r)
}

// A node that reports a state without the signature of the peer is found out.
// Nobody can close a channel with that state, so it is not kept: it would take the
// place of one of the same round that both sides have signed.
func TestAStateThatBreaksARuleIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := parseText("kept.yaml", "chanbot: 1\nname: kept\nsteps:\n  - open:\n  - initiator: {transfer: 1}\n")
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, s, 1, func(c *simnode.Config) { c.Defects = []string{"reports-update-without-the-peers-signature"} })
		defer b.stop()
		var kept keptChannels
		b.cfg.Channels = &kept
		if rep := b.run(); len(rep.Summary.Violations) == 0 {
			t.Fatal("the defect did not show")
		}
		states := 0
		for _, r := range kept.all {
			if r.Signed == "" {
				continue
			}
			states++
			signed, err := tx.ParseSigned(r.Signed)
			if err != nil {
				t.Fatal(err)
			}
			if who, _ := signed.Signers(b.cfg.NetworkID, b.cfg.Keys[0].ID(), b.cfg.Keys[1].ID()); len(who) != 2 {
				t.Errorf("the state of round %d was kept, and is signed by %d of the two sides", r.Round, len(who))
			}
		}
		if states == 0 {
			t.Error("no state was kept")
		}
	})
}
