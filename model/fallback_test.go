package model

import (
	"testing"

	"chanbot/wire"
)

// TestWhoTakesBackGoesByTheChain: after aborted_update a channel may be closing
// before the solo close is reported, and only then (fsm 5.1, 5.5).
func TestWhoTakesBackGoesByTheChain(t *testing.T) {
	aborts := func(s *stage) {
		s.propose(ini, 1)
		s.abort(ini, wire.TagUpdate, 3)
		s.info(ini, wire.EventAbortedUpdate)
	}
	for name, c := range map[string]struct {
		before func(*stage)
		deny   []string
		want   string
	}{
		"aborted":         {aborts, nil, ""},
		"aborted, denied": {aborts, []string{QuirkChainAhead}, QuirkChainAhead},
		"nothing before":  {func(*stage) {}, nil, RuleClosingOrder},
		"a conflict":      {func(s *stage) { s.propose(ini, 1); s.conflict(ini, 2, 1) }, nil, RuleClosingOrder},
		"a message in between": {func(s *stage) {
			aborts(s)
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
			switch {
			case c.want == "" && len(s.found) > 0:
				t.Errorf("got %v", s.found)
			case c.want != "" && (len(s.found) != 1 || s.found[0].Rule != c.want):
				t.Errorf("got %v, want %s", s.found, c.want)
			}
		})
	}
}
