package model

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// ruleCase is a session that breaks a rule, and a legal neighbour.
type ruleCase struct{ broken, legal func(*stage) }

// cases has one for each rule.
var cases = func() map[string]ruleCase {
	all := make(map[string]ruleCase)
	for _, part := range []map[string]ruleCase{sessionCases, offerCases, endCases, pairCases, chainCases} {
		maps.Copy(all, part)
	}
	return all
}()

// quirkCases has a session that shows each quirk.
var quirkCases = map[string]func(*stage){
	QuirkSplitChannel: func(s *stage) {
		s.open()
		s.cosign(ini, 1)
		s.conflict(ini, 3, 1)
		s.report(res, s.state)
		s.check()
	},
	QuirkStopAfterDied: func(s *stage) {
		s.open()
		id := s.ask(ini, wire.System{Action: wire.ActionStop})
		s.info(ini, wire.EventDied)
		s.ok(ini, id)
	},
	QuirkStopUnanswered: func(s *stage) {
		s.open()
		s.ask(ini, wire.System{Action: wire.ActionStop})
		s.info(ini, wire.EventDied)
		s.closed(ini, 1000)
	},
	QuirkClosedSilently: func(s *stage) { s.open(); s.closed(ini, 1000) },
	QuirkBlockedClose: func(s *stage) {
		s.open()
		s.propose(ini, 1)
		s.ask(ini, wire.Leave{})
		s.closed(ini, CloseInternalError)
	},
	QuirkSilentOK: func(s *stage) { s.open(); s.ok(ini, s.ask(ini, wire.HistoryFetch{})) },
	QuirkLateChannelID: func(s *stage) {
		s.open(5)
		s.in(res, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventFundingCreated}))
	},
	QuirkOpenAgain: func(s *stage) {
		s.rich()
		s.open()
		follow(s.shutdown(ini, nil)[:6])
		s.conflict(res, wire.ConflictRejected, 1)
		s.info(res, wire.EventOpen)
	},
	QuirkClosingAgain: func(s *stage) {
		s.rich()
		s.open()
		follow(s.shutdown(ini, nil)[:6])
		s.conflict(ini, wire.ConflictRejected, 1)
		s.conflict(res, wire.ConflictRejected, 1)
		s.info(res, wire.EventOpen)
		follow(s.shutdown(ini, nil))
	},
	QuirkSettleReopens: func(s *stage) {
		s.open()
		follow(s.solo(nil)[:5])
		s.out(ini, wire.AppendSigned(nil, nil, wire.TagSettleSign, s.create.Text()))
		s.conflict(ini, wire.ConflictValidation, 1)
		s.info(ini, wire.EventOpen)
	},
	QuirkOnChainAgain: func(s *stage) {
		s.open()
		steps := s.deposit(ini, 5)
		follow(steps)
		s.onChain(ini, wire.OnChainChannelChanged, wire.TxTypeDeposit, s.state)
	},
	QuirkChainAhead: func(s *stage) {
		s.open()
		s.update(ini, 1)
		follow(s.solo(func(t tx.Tx) {
			if c, ok := t.(*tx.CloseSolo); ok {
				c.Payload = nil
				c.Fee = tx.MinFee(c, big.NewInt(1_000_000_000))
			}
		})[:1])
	},
	QuirkBothShutdown: func(s *stage) {
		s.rich()
		s.open()
		follow(s.shutdown(ini, nil)[:2])
		follow(s.shutdown(res, nil)[:2])
		s.info(ini, wire.EventDied)
		s.info(res, wire.EventDied)
		s.check()
	},
	QuirkDeadlyCrossing: func(s *stage) {
		s.rich()
		s.open()
		s.propose(ini, 1)
		follow(s.shutdown(res, nil)[:2])
		s.answer(ini, wire.TagUpdate, s.pending, s.channel)
		s.info(ini, wire.EventDied)
		s.info(res, wire.EventDied)
		s.check()
	},
	QuirkDeadlyDuplicate: func(s *stage) {
		s.open()
		follow(s.deposit(ini, 5)[:2])
		s.answer(ini, wire.TagDepositTx, s.pending, s.channel)
		s.info(ini, wire.EventDied)
	},
	QuirkOldBlock: func(s *stage) {
		s.open()
		s.check()
		s.cosign(ini, 1)
		s.conflict(res, 2, 1)
		s.conflict(ini, 2, 1)
		s.check()
	},
	QuirkDiedUnexplained: func(s *stage) {
		s.open()
		s.info(ini, wire.EventDied)
		s.info(res, wire.EventDied)
		s.check()
	},
}

func TestEachRuleIsBrokenByItsSessionAndKeptByItsNeighbour(t *testing.T) {
	for _, rule := range Rules() {
		t.Run(rule, func(t *testing.T) {
			c, ok := cases[rule]
			if !ok {
				t.Fatal("no case")
			}
			s := newStage(t)
			c.broken(s)
			if !slices.ContainsFunc(s.found, func(v Violation) bool { return v.Rule == rule }) {
				t.Errorf("broken: got %v, want %s", s.found, rule)
			}
			s = newStage(t)
			c.legal(s)
			if len(s.found) > 0 {
				t.Errorf("legal: got %v, want nothing", s.found)
			}
		})
	}
	for name := range cases {
		if !slices.Contains(Rules(), name) {
			t.Errorf("%q is no rule", name)
		}
	}
}

func TestQuirksAreAllowedUnlessDenied(t *testing.T) {
	for _, quirk := range Quirks() {
		t.Run(quirk, func(t *testing.T) {
			for _, deny := range []string{"", quirk, "all"} {
				s := newStage(t, func(c *Config) { c.Deny = []string{deny} })
				quirkCases[quirk](s)
				got := slices.ContainsFunc(s.found, func(v Violation) bool { return v.Rule == quirk })
				if want := deny != ""; got != want || deny == "" && len(s.found) > 0 {
					t.Errorf("denied %q: got %v", deny, s.found)
				}
			}
		})
	}
}

func TestRuleNamesAreKebabCaseAndUnique(t *testing.T) {
	seen := make(map[string]bool)
	for _, name := range append(Rules(), Quirks()...) {
		if seen[name] || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") != "" {
			t.Errorf("%q", name)
		}
		seen[name] = true
	}
}
