package fuzz

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/model"
	"chanbot/simnode"
)

// A finding says where the rule was broken, and not what a client did about it:
// it refuses what it does not want to sign with an abort.
func TestWhereAFindingIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := func(context.Context) (*Place, error) {
			return inMemory(t, func(c *simnode.Config) { c.Defects = []string{"round-not-increased"} }), nil
		}
		place, _ := broken(t.Context())
		defer place.Close()
		rep, err := Run(t.Context(), Config{Place: place, Fresh: broken, Seed: 1, Cases: 100, Pairs: 4, Findings: 1, Shrink: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		if len(rep.Findings) != 1 || rep.Findings[0].Hits == 0 {
			t.Fatalf("findings %+v", rep.Findings)
		}
		if f := rep.Findings[0]; f.State != model.StateOpen || f.Input != model.InputUpdate {
			t.Errorf("%s in %s, want the request of an update in an open channel:\n%s", f.Rule, f.Where(), f.Text)
		}
	})
}

// Findings of the same rule, state and request are one.
func TestTheSameFindingIsNotedOnce(t *testing.T) {
	s := newSearch(Config{Findings: 3}.withDefaults())
	a := &Finding{Rule: "r", State: "s", Input: "i", Hits: 1, Tries: 1, Text: []byte("a"), key: "a"}
	b := &Finding{Rule: "r", State: "s", Input: "i", Hits: 1, Tries: 1, Text: []byte("b"), key: "b"}
	other := &Finding{Rule: "r", State: "s", Input: "other", Hits: 1, Tries: 1, key: "c"}
	if !s.enough(a) || s.enough(b) || !s.enough(other) {
		t.Error("the same is counted twice, or another is not counted")
	}
	s.found(a)
	s.found(other)
	// It became the same only when it was made small.
	s.confirmed++
	s.found(b)
	if len(s.findings) != 2 || s.confirmed != 2 || s.others[otherKey{"r", "b"}] != 1 || !s.open {
		t.Errorf("%d findings, %d of them counted, others %v", len(s.findings), s.confirmed, s.others)
	}
	// As drawn: nothing new; and one that was seen again counts where only that was.
	s.found(&Finding{Rule: "r", State: "s", Input: "i", key: "d"})
	s.found(&Finding{Rule: "q", State: "s", Input: "i", key: "e"})
	s.found(&Finding{Rule: "q", State: "s", Input: "i", Hits: 1, Tries: 1, key: "f"})
	if len(s.findings) != 4 {
		t.Errorf("%d findings, want 4", len(s.findings))
	}
}
