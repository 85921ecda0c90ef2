package model

import (
	"math/big"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// TestWhoTakesBackGoesByTheChain: after aborted_update a channel may be closing
// before the solo close is reported, and only then (fsm 5.1, 5.5).
func TestWhoTakesBackGoesByTheChain(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*stage)
		deny   []string
		want   string
	}{
		"aborted":         {proposedAndAborted, nil, ""},
		"aborted, denied": {proposedAndAborted, []string{QuirkChainAhead}, QuirkChainAhead},
		"nothing before":  {func(*stage) {}, nil, RuleClosingOrder},
		"a conflict":      {func(s *stage) { s.propose(ini, 1); s.conflict(ini, 2, 1) }, nil, RuleClosingOrder},
		"a message in between": {func(s *stage) {
			proposedAndAborted(s)
			s.out(res, wire.AppendCall(nil, nil, wire.Message{To: s.account(ini), Info: "x"}))
			s.message(ini, s.account(res), s.account(ini), "x")
		}, nil, RuleClosingOrder},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(cfg *Config) { cfg.Deny = c.deny })
			s.open()
			steps := s.solo(nil)
			steps[0]()
			steps[1]()
			c.before(s)
			s.info(ini, wire.EventClosing)
			steps[2]()
			s.wants(c.want)
		})
	}
}

// TestAnAbortLeavesTheMutualClose: a solo close takes the place of a mutual one
// that waits for its block, and after its abort the channel closes by what is on
// the chain, where slash and settle are offered, or is open (fsm 3.2, 5.5).
func TestAnAbortLeavesTheMutualClose(t *testing.T) {
	soloClosing := func(s *stage) { follow(s.solo(nil)[:4]) }
	mutualClose := func(s *stage) { follow(s.shutdown(ini, nil)[:7]) }
	closeSolo := func(s *stage) { s.solo(nil)[0]() }
	abort := func(s *stage) {
		s.abort(ini, wire.TagCloseSoloSign, 42)
		s.info(ini, wire.EventAbortedUpdate)
	}
	settle := func(s *stage) { s.solo(nil)[4]() }
	slash := func(s *stage) {
		s.askSolo(wire.Slash{}, wire.TagSlashTx, &tx.Slash{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Payload: s.create.Bytes(), PoI: s.proofOf(s.bal), Nonce: 9}, nil)
	}
	said := func(event string) func(*stage) { return func(s *stage) { s.info(ini, event) } }
	for name, c := range map[string]struct {
		play []func(*stage)
		deny []string
		want string
	}{
		"a slash":                    {[]func(*stage){soloClosing, mutualClose, closeSolo, abort, slash}, nil, ""},
		"a settlement":               {[]func(*stage){soloClosing, mutualClose, closeSolo, abort, settle}, nil, ""},
		"a slash before the solo":    {[]func(*stage){soloClosing, mutualClose, slash}, nil, RuleNotOpen},
		"a slash before the abort":   {[]func(*stage){soloClosing, mutualClose, closeSolo, slash}, nil, RuleNotOpen},
		"a slash in an open channel": {[]func(*stage){mutualClose, said(wire.EventClosing), closeSolo, abort, said(wire.EventOpen), slash}, nil, RuleNotOpen},
		"not reported yet":           {[]func(*stage){mutualClose, said(wire.EventClosing), closeSolo, abort, slash}, nil, ""},
		"not reported yet, denied":   {[]func(*stage){mutualClose, said(wire.EventClosing), closeSolo, abort, slash}, []string{QuirkChainAhead}, QuirkChainAhead},
		"of an update, by the chain": {[]func(*stage){proposedAndAborted, said(wire.EventClosing), settle}, nil, ""},
		"of an update, in no block":  {[]func(*stage){proposedAndAborted, settle}, nil, RuleNotOpen},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, func(cfg *Config) { cfg.Deny = c.deny })
			s.rich()
			s.open()
			for _, step := range c.play {
				step(s)
			}
			switch {
			case c.want == "" && len(s.found) > 0:
				t.Errorf("got %v", s.found)
			case c.want != "" && (len(s.found) == 0 || s.found[0].Rule != c.want):
				t.Errorf("got %v, want %s", s.found, c.want)
			}
		})
	}
}

// proposedAndAborted has the initiator take back an update that it asked for.
func proposedAndAborted(s *stage) {
	s.propose(ini, 1)
	s.abort(ini, wire.TagUpdate, 3)
	s.info(ini, wire.EventAbortedUpdate)
}

// TestASoloCloseIsNotForgottenAfterAGap: a mutual close that fails leaves a
// channel open that a solo close on the chain will end. It makes states, and goes
// back to closing when one is aborted, for a client that came back meanwhile, too
// (fsm 3.2, 5.5).
func TestASoloCloseIsNotForgottenAfterAGap(t *testing.T) {
	for name, c := range map[string]struct {
		solo  bool // the close that fails took the place of a solo close
		abort bool
		want  string
	}{
		"aborted":                             {true, true, ""},
		"nothing before":                      {true, false, ""},
		"only a mutual close, aborted":        {false, true, RuleClosingOrder},
		"only a mutual close, nothing before": {false, false, RuleClosingOrder},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.rich()
			s.open()
			if c.solo {
				follow(s.solo(nil)[:4])
				follow(s.shutdown(ini, nil)[:2])
				s.conflict(ini, 1, s.round)
			} else {
				follow(s.shutdown(ini, nil)[:8])
				s.info(res, wire.EventOpen)
			}
			s.info(ini, wire.EventOpen)
			s.closed(ini, 1000)
			s.c[ini].Connected(true)
			s.fsmUp(ini, s.channel)
			s.update(ini, 1)
			if c.abort {
				proposedAndAborted(s)
			}
			s.info(ini, wire.EventClosing)
			s.wants(c.want)
		})
	}
}

// TestASoloCloseMayMeetADepositInABlock: the payload of a solo close is empty
// when its state is the one on chain. A deposit may have come into a block that
// the client has not been told of (transactions 2).
func TestASoloCloseMayMeetADepositInABlock(t *testing.T) {
	for name, c := range map[string]struct {
		before func(*stage)
		want   string
	}{
		"nothing before":        {func(*stage) {}, RuleOfferPayload},
		"an update":             {func(s *stage) { proposedAndAborted(s) }, RuleOfferPayload},
		"a deposit not signed":  {func(s *stage) { follow(s.deposit(ini, 1)[:1]) }, RuleOfferPayload},
		"a deposit half signed": {func(s *stage) { follow(s.deposit(ini, 1)[:3]) }, ""},
		"a deposit co-signed":   {func(s *stage) { follow(s.deposit(ini, 1)[:6]) }, ""},
		"a peer's deposit":      {func(s *stage) { follow(s.deposit(res, 1)[:5]) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			c.before(s)
			s.solo(func(t tx.Tx) {
				solo := t.(*tx.CloseSolo)
				solo.Payload = s.create.Bytes()
				solo.Fee = tx.MinFee(solo, big.NewInt(1_000_000_000))
			})[0]()
			s.wants(c.want)
		})
	}
}
