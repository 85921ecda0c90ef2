package fuzz

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"chanbot/model"
	"chanbot/simnode"
)

// atABrokenNode returns an exam whose plays are at nodes that report nothing
// but a wrong round, and counts those nodes.
func atABrokenNode(t *testing.T) (e *exam, nodes *int) {
	nodes = new(int)
	fresh := func(context.Context) (*Place, error) {
		*nodes++
		return inMemory(t, func(c *simnode.Config) { c.Defects = []string{"round-not-increased"} }), nil
	}
	s := newSearch(Config{Fresh: fresh}.withDefaults())
	return &exam{s: s, ctx: t.Context(), f: new(Finding), l: s.lab(t.Context()), rule: model.RuleOfferRound, steady: true, counted: true}, nodes
}

const (
	showsIt   = "chanbot: 1\nname: shows\nsteps:\n  - open:\n  - initiator: {transfer: 1}\n    expect: any\n  - initiator: {transfer: 2}\n    expect: any\n"
	doesNot   = "chanbot: 1\nname: does-not\nsteps:\n  - open:\n"
	showsLess = "chanbot: 1\nname: shows\nsteps:\n  - open:\n  - initiator: {transfer: 1}\n    expect: any\n"
)

// TestTheLastSureStepIsTaken: what has lost the finding on the way to a smaller
// scenario costs only the changes from there on.
func TestTheLastSureStepIsTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, nodes := atABrokenNode(t)
		defer func() { e.l.close() }()
		for _, c := range []struct {
			steps []string
			want  int // -1 for none
		}{
			{[]string{showsIt, showsIt, showsLess}, 2},
			{[]string{showsIt, showsLess, doesNot, doesNot, doesNot}, 1},
			{[]string{showsIt, doesNot}, 0},
			{[]string{doesNot, doesNot, doesNot}, -1},
			{nil, -1},
		} {
			var steps [][]byte
			for _, text := range c.steps {
				steps = append(steps, []byte(text))
			}
			m := e.surest(steps)
			switch {
			case m == nil && c.want >= 0, m != nil && (c.want < 0 || string(m.text) != c.steps[c.want]):
				t.Errorf("of %d steps %+v is taken, want number %d", len(steps), m, c.want)
			case m != nil && (m.hits != 3 || m.tries != 3 || m.seen == nil):
				t.Errorf("it broke the rule in %d of %d plays, want all of 3", m.hits, m.tries)
			}
		}
		if *nodes < 15 {
			t.Errorf("%d nodes for all plays; each is to have a fresh one", *nodes)
		}
	})
}

// TestLuckIsNotTakenForSureness: a race that came in every play of the case by luck
// is still made smaller, as long as it comes in half of the plays of that, too.
func TestLuckIsNotTakenForSureness(t *testing.T) {
	long := []byte(strings.Replace(showsIt, "  - open:\n", "  - open:\n  - wait: 1ms\n  - wait: 2ms\n", 1))
	for name, c := range map[string]struct {
		broken int // of three nodes
		small  string
		want   bool
	}{
		"it comes in most plays":         {2, showsLess, true},
		"it comes seldom":                {1, showsLess, false},
		"it is not made that much small": {2, showsIt, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e, nodes := atABrokenNode(t)
				always := e.s.cfg.Fresh
				e.s.cfg.Fresh = func(ctx context.Context) (*Place, error) {
					if place, err := always(ctx); *nodes%3 < c.broken {
						return place, err
					} else if err == nil {
						place.close()
					}
					return inMemory(t, nil), nil
				}
				defer func() { e.l.close() }()
				e.f.Text = long
				all := [][]byte{[]byte(showsIt), []byte(c.small)}
				best := e.surest(all)
				if best != nil {
					t.Fatalf("%d of %d at once", best.hits, best.tries)
				}
				m := e.byLuck(all, best)
				if (m != nil) != c.want || e.steady == c.want {
					t.Fatalf("got %+v, steady %v, want something: %v", m, e.steady, c.want)
				}
				if m != nil && (string(m.text) != c.small || 2*m.hits < m.tries || m.tries != 6) {
					t.Errorf("%d of %d plays of\n%s", m.hits, m.tries, m.text)
				}
			})
		})
	}
}

// TestHowSureAScenarioHasToBe: a smaller scenario shows a finding as surely as
// the case did, or in more than half of the plays where that took a race.
func TestHowSureAScenarioHasToBe(t *testing.T) {
	for _, c := range []struct {
		steady bool
		plays  string // x breaks the rule
		keeps  bool
		taken  int // how many of the plays it takes to know
	}{
		{true, "xx", true, 2},
		{true, "x.", false, 2},
		{true, ".xx", false, 1},
		{false, "xx", true, 2},
		{false, "x.x", true, 3},
		{false, ".xx", true, 3},
		{false, "x..", false, 3},
		{false, "..x", false, 2},
	} {
		e := &exam{ctx: t.Context(), counted: true, steady: c.steady}
		n := 0
		got := e.holds(func() bool { n++; return c.plays[n-1] == 'x' })
		if got != c.keeps || n != c.taken {
			t.Errorf("steady %v, plays %q: kept %v after %d, want %v after %d", c.steady, c.plays, got, n, c.keeps, c.taken)
		}
	}
}

// TestSeldomFindingsWait: what shows in less than half of the plays lets the
// search go on, and is noted at its end unless another case shows the rule.
func TestSeldomFindingsWait(t *testing.T) {
	var told []*Finding
	s := newSearch(Config{Found: func(f *Finding) { told = append(told, f) }}.withDefaults())
	b := &breach{Rule: "r", Cell: model.Cell{State: "s", Input: "i"}}
	q := &breach{Rule: "q", Cell: model.Cell{State: "s", Input: "i"}}
	seldom := func(b *breach, hits int) *Finding {
		return &Finding{Rule: b.Rule, State: b.Cell.State, Input: b.Cell.Input, Hits: hits, Tries: 9, key: b.key(), Text: []byte(b.Rule)}
	}
	suspects := make(chan suspect, 9)
	for _, x := range []struct {
		b    *breach
		hits int
	}{{b, 2}, {q, 1}, {q, 3}} {
		s.suspectLocked(Case{}, x.b, nil, suspects)
		f := seldom(x.b, x.hits)
		if !f.Seldom() {
			t.Fatalf("%d of %d is not seldom", f.Hits, f.Tries)
		}
		s.shelve(f, x.b)
		s.examined()
		if !s.wantedLocked(x.b) || s.confirmed != 0 || len(told) != 0 {
			t.Errorf("after a seldom finding: another is wanted %v, %d counted, %d told", s.wantedLocked(x.b), s.confirmed, len(told))
		}
	}
	sure := &Finding{Rule: "r", State: "elsewhere", Hits: 3, Tries: 3, key: "r elsewhere"}
	s.enough(sure)
	s.found(sure)
	s.clearShelf()
	if len(told) != 2 || told[0] != sure || told[1].Rule != "q" || told[1].Hits != 3 || len(s.findings) != 2 {
		t.Errorf("told of %+v", told)
	}
	if s.others[otherKey{"r", b.key()}] != 1 || s.others[otherKey{"q", q.key()}] != 1 {
		t.Errorf("others %v, want one of each rule", s.others)
	}
}

// TestTurnsAreKept: a scenario whose channels take turns is one, says so, and is
// not made smaller by leaving that out.
func TestTurnsAreKept(t *testing.T) {
	text := inTurn([]byte(showsIt))
	for _, text := range [][]byte{text, []byte(everyday)} {
		sc, err := parse(text)
		if err != nil || !sc.InTurn {
			t.Fatalf("in turn %v, %v:\n%s", err == nil && sc.InTurn, err, text)
		}
	}
	sh := &shrinker{width: 1, over: func() bool { return false }, keeps: oneByOne(func([]byte) bool { return true })}
	if got := string(sh.shrink(text)); !strings.Contains(got, "in_turn: true") || strings.Contains(got, "transfer") {
		t.Errorf("made of it:\n%s", got)
	}
}

// TestEverydayIsHonest: at a node without a mistake channels that take turns
// break nothing with it.
func TestEverydayIsHonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sc, err := parse([]byte(everyday))
		if err != nil {
			t.Fatal(err)
		}
		place := inMemory(t, nil)
		defer place.close()
		st := stage{place: place, timeout: labPatience, patience: labPatience, seed: seedOfRuns, pairs: besidesInTurn}
		p := st.play(t.Context(), sc, 1)
		if p.breach != nil {
			t.Errorf("it broke %+v", p.breach)
		}
		for name, op := range p.operations {
			if n := op.Outcomes["signed"] + op.Outcomes["done"] + op.Outcomes["conflict"] + op.Outcomes["closed"]; n != op.Attempts {
				t.Errorf("%s ended with %v", name, op.Outcomes)
			}
		}
	})
}
