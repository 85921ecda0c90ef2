package model

import "testing"

// TestCoinsAreCountedAnewAfterAGap: what went in while a side had no socket is
// known again as soon as the node has said the balances of a co-signed state.
func TestCoinsAreCountedAnewAfterAGap(t *testing.T) {
	s := newStage(t)
	s.open()
	steps := s.deposit(ini, 5)
	for _, step := range steps[:8] { // up to the own lock of the initiator
		step()
	}
	s.closed(ini, 1000)
	s.c[ini].Connected(true)
	s.fsmUp(ini, s.channel)
	for _, step := range steps[10:] { // the responder sees the rest
		step()
	}
	s.update(ini, 1)
	s.balances(ini, s.bal[0].Int64(), s.bal[1].Int64())
	s.check()
	if len(s.found) > 0 {
		t.Fatalf("got %v", s.found)
	}
	if got := s.c[ini].deposited; got == nil || got.Int64() != 1505 {
		t.Errorf("the initiator counts %v coins, want 1505", got)
	}
}
