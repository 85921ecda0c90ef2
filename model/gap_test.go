package model

import (
	"testing"

	"chanbot/wire"
)

// TestAStateIsKeptThroughAGap: a side that was away while nothing was under way
// has the state from before, and goes on with it (fsm 7).
func TestAStateIsKeptThroughAGap(t *testing.T) {
	calm := func(*stage) {}
	wrongBalances := func(s *stage) { s.balances(ini, 1000, 500) }
	for name, c := range map[string]struct {
		before, after func(*stage)
		want          string
	}{
		"the same balances": {calm, func(s *stage) { s.balances(ini, s.bal[0].Int64(), s.bal[1].Int64()) }, ""},
		"other balances":    {calm, wrongBalances, RuleBalances},
		"another proof":     {calm, func(s *stage) { s.proof(1000, 500) }, RuleProof},
		"the next offer":    {calm, func(s *stage) { s.update(ini, 1) }, ""},
		"an older round":    {calm, func(s *stage) { s.round--; s.propose(ini, 1) }, RuleOfferRound},
		"a later round":     {calm, func(s *stage) { s.round++; s.propose(ini, 1) }, RuleOfferRound},
		"other balances in an offer": {calm, func(s *stage) {
			s.bal = s.c[ini].ledger.balances
			s.bal[0], s.bal[1] = s.bal[1], s.bal[0]
			s.propose(ini, 1)
		}, RuleOfferStateHash},
		"after another gap": {calm, func(s *stage) {
			s.closed(ini, 1006)
			s.c[ini].Connected(true)
			s.fsmUp(ini, s.channel)
			wrongBalances(s)
		}, RuleBalances},
		"another socket in between": {calm, func(s *stage) {
			s.half(res, 1)
			s.unread(ini, wire.TagUpdateAck, s.sign(s.pending, res))
			s.c[ini].Connected(true) // displaces the one before
			s.fsmUp(ini, s.channel)
			wrongBalances(s)
		}, ""},
		"an update that was signed":   {func(s *stage) { s.half(res, 1); s.unread(ini, wire.TagUpdateAck, s.sign(s.pending, res)) }, wrongBalances, ""},
		"an operation that was asked": {func(s *stage) { s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res)}) }, wrongBalances, ""},
		"a forced progress of the peer": {func(s *stage) {
			s.ask(res, wire.ForceProgress{})
		}, wrongBalances, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.update(ini, 1)
			s.check()
			c.before(s)
			s.closed(ini, 1006)
			s.c[ini].Connected(true)
			s.fsmUp(ini, s.channel)
			c.after(s)
			s.wants(c.want)
		})
	}
}
