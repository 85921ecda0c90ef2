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

// A solo close whose block overtakes the acknowledgement that it holds leaves the
// starter a round behind; a wrong settlement and a close that fails open both again.
func TestABlockMayOvertakeTheAcknowledgement(t *testing.T) {
	play := func(change ...func(*Config)) *stage {
		s := newStage(t, change...)
		s.open()
		t := s.half(ini, 1)
		s.answer(res, wire.TagUpdateAck, t, s.channel)
		s.report(res, s.sign(t, res))
		for side := range 2 {
			s.in(side, wire.AppendInfo(nil, s.channel, wire.Info{Event: wire.EventClosing}))
		}
		return s
	}
	s := play()
	s.found = nil // the report of the block is left out here
	for side := range 2 {
		s.info(side, wire.EventOpen)
	}
	s.check()
	if len(s.found) > 0 {
		t.Errorf("by default: %v", s.found)
	}
	s = play(func(c *Config) { c.Deny = []string{QuirkSplitChannel} })
	s.found = nil
	for side := range 2 {
		s.info(side, wire.EventOpen)
	}
	s.check()
	if len(s.found) != 1 || s.found[0].Rule != QuirkSplitChannel {
		t.Errorf("denied: %v", s.found)
	}
}
