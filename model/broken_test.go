package model

import (
	"math/big"
	"slices"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// brokenSessions are further ways to break a rule, beside the one of each rule
// that cases has.
var brokenSessions = map[string]struct {
	rule string
	do   func(*stage)
}{
	"a negative amount is offered": {RuleOfferBalance, func(s *stage) {
		s.open()
		s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(-1)}))
		s.request(ini, s.channel, wire.TagUpdate, s.offer(-1), s.transfer(-1))
	}},
	"a socket ends without a word on an abort": {RuleCloseCode, func(s *stage) {
		s.open()
		s.propose(ini, 1)
		s.abort(ini, wire.TagUpdate, 65535)
		s.closed(ini, 1000)
	}},
	"a socket ends without a word on a query": {RuleCloseCode, func(s *stage) {
		s.open()
		s.ask(ini, wire.GetBalances{})
		s.closed(ini, 1000)
	}},
	"a socket ends with a code that no node uses": {RuleCloseCode, func(s *stage) {
		s.open()
		s.closed(ini, 1007)
	}},
	"so does one that waits for an answer": {RuleCloseCode, func(s *stage) {
		s.open()
		s.ask(ini, wire.GetBalances{})
		s.closed(ini, 1002)
	}},
	"a socket whose state machine has ended is closed by a crash": {RuleCloseCode, func(s *stage) {
		s.open()
		s.info(ini, wire.EventDied)
		s.closed(ini, CloseInternalError)
	}},
	"a connection is refused with a code of its own": {RuleCloseCode, func(s *stage) { s.closed(ini, 1008) }},
	"a peer dies of a leave that it was not told of": {RulePairLeave, func(s *stage) {
		s.open()
		s.check()
		s.ok(ini, s.ask(ini, wire.Leave{}))
		s.info(res, wire.EventDied)
		s.in(ini, wire.AppendLeave(nil, s.channel, s.state.Text()))
	}},
	"a channel opens again after a reconnect": {RuleOpeningOrder, func(s *stage) {
		s.open()
		s.check()
		s.closed(ini, 1006)
		s.c[ini].Connected(true)
		s.fsmUp(ini, s.channel)
		s.info(ini, wire.EventOpen)
	}},
	"a timer runs out after the signature of a solo close was used": {RuleConflictUnprovoked, func(s *stage) {
		s.open()
		follow(s.solo(nil)[:2])
		s.conflict(ini, 3, s.round)
		s.conflict(ini, 3, s.round)
	}},
	"a solo close is offered after the signature of a settlement was read": {RuleNotOpen, func(s *stage) {
		s.open()
		s.update(ini, 1)
		follow(s.solo(nil)[:6])
		s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), PoI: s.proofOf(s.bal), Nonce: 8}, nil)
	}},
	"a settlement is offered after a mutual close that the chain refused": {RuleNotOpen, func(s *stage) {
		s.rich()
		s.open()
		follow(s.solo(nil)[:4])
		follow(s.shutdown(ini, nil)[:2])
		s.conflict(ini, wire.ConflictRejected, 1)
		s.info(ini, wire.EventOpen)
		follow(s.solo(nil)[4:5])
	}},
	"a request that ended another one is executed all the same": {RuleSignUnasked, func(s *stage) {
		s.open()
		s.check()
		s.propose(ini, 1)
		s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
		s.conflict(ini, wire.ConflictConflict, 1)
		s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
	}},
}

func TestBrokenSessions(t *testing.T) {
	for name, c := range brokenSessions {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			c.do(s)
			if !slices.ContainsFunc(s.found, func(v Violation) bool { return v.Rule == c.rule }) {
				t.Errorf("found %+v, want %s", s.found, c.rule)
			}
		})
	}
}
