package fuzz

import (
	"context"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/simnode"
)

// someDefects are those that every run of the tests looks for, fast ones of
// different groups: signatures, rounds, liveness, balances, state hashes, aborts,
// conflicts, notifications, timers, and what happens on the chain. With the race
// detector the first ones are enough.
var someDefects = []string{
	"accepts-another-update", "round-skipped-after-an-abort", "ended-channels-keep-their-place", "pays-the-wrong-side",
	"state-hash-of-the-state-before", "aborted-update-twice", "crossing-has-the-code-of-an-abort", "update-not-announced",
	"sign-timer-never-runs-out", "deposit-credited-to-the-peer",
}

// TestDefectsAreFound looks for mistakes of the embedded node, plays what was
// found at a node with and without the mistake, and wants a small file.
// CHANBOT_DEFECTS=all looks for every one, or for those that it names.
func TestDefectsAreFound(t *testing.T) {
	names := someDefects
	if raceEnabled { // make test looks for all of them without
		names = names[:3]
	}
	switch want := os.Getenv("CHANBOT_DEFECTS"); want {
	case "":
	case "all":
		names = nil
		for _, d := range simnode.Defects() {
			names = append(names, d.Name)
		}
	default:
		names = strings.Split(want, ",")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { findDefect(t, name) })
		})
	}
}

func findDefect(t *testing.T, name string) {
	broken := func(context.Context) (*Place, error) {
		return inMemory(t, func(c *simnode.Config) { c.Defects = []string{name} }), nil
	}
	place, _ := broken(t.Context())
	defer place.Close()
	var repro *Finding
	sound := func(f *Finding) bool {
		sc, err := parse(f.Scenario("repro"))
		if err != nil {
			t.Fatal(err)
		}
		clean := inMemory(t, nil)
		defer clean.Close()
		bent, _ := broken(t.Context())
		defer bent.Close()
		for _, at := range []struct {
			place *Place
			fails bool
		}{{clean, false}, {bent, true}} {
			st := stage{place: at.place, blocks: &at.place.blocks, timeout: 2 * time.Second, patience: time.Second, seed: 1, pairs: f.Pairs}
			p := st.play(t.Context(), sc, 1<<22)
			for n := 1; at.fails && p.breach == nil && n < 5; n++ { // some need a race
				p = st.play(t.Context(), sc, 1<<22+n)
			}
			if (p.breach != nil) != at.fails {
				t.Errorf("the repro of %s (expected %s, got %s) fails: %v, want %v: %+v\n%s", f.Rule, f.Expected, f.Got, p.breach != nil, at.fails, p.breach, f.Text)
				return false
			}
		}
		return true
	}
	rep, err := Run(t.Context(), Config{Place: place, Fresh: broken, Seed: 1, Cases: 4000, Pairs: 16, Findings: 1, Shrink: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range rep.Findings {
		if f.Hits > 0 && repro == nil && sound(f) {
			repro = f
		}
	}
	f := repro
	if f == nil {
		for _, f := range rep.Findings {
			t.Logf("%d of %d: %s in %s, expected %s, got %s\n%s", f.Hits, f.Tries, f.Rule, f.Where(), f.Expected, f.Got, f.Text)
		}
		t.Fatalf("not found in %d cases with %d actions, ended by %q; others %+v, not played %+v, room %+v, refused %+v", rep.Cases, rep.Actions, rep.Ended, rep.Others, rep.Unplayed, rep.Room, rep.Refused)
	}
	t.Logf("%s in %s: case %d, %d actions, %d steps\n%s", f.Rule, f.Where(), f.Case, f.Actions, f.Steps, f.Text)
}
