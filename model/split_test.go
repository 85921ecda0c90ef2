package model

import (
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// replaced is a deposit that the responder completes, while the initiator gives
// it up for a solo close, which it takes back.
func replaced(s *stage) {
	s.open()
	for i, step := range s.deposit(res, 1) {
		if i <= 11 { // up to the own lock of the initiator
			step()
		}
	}
	t := &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Payload: s.payload(), PoI: s.proofOf(s.bal), Nonce: 8}
	s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, t, nil)
	s.abort(ini, wire.TagCloseSoloSign, 5)
	s.info(ini, wire.EventAbortedUpdate)
}

func TestWhatGivesWayToASoloOperationSplitsTheChannel(t *testing.T) {
	s := newStage(t)
	replaced(s)
	s.check()
	s.round, s.bal = 2, s.next
	s.propose(res, 1)
	s.answer(res, wire.TagUpdate, s.pending, s.channel)
	s.conflict(res, 2, 1) // the initiator's round
	if len(s.found) > 0 {
		t.Errorf("by default: %v", s.found)
	}
	s = newStage(t, func(c *Config) { c.Deny = []string{QuirkSplitChannel} })
	replaced(s)
	s.check()
	if len(s.found) != 1 || s.found[0].Rule != QuirkSplitChannel {
		t.Errorf("denied: %v", s.found)
	}
}
