package fuzz

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/simnode"
)

// someDefects are those that every run of the tests looks for, fast ones of
// different groups: signatures, rounds, liveness, balances, state hashes, aborts,
// conflicts, notifications, timers, what happens on the chain, and leaks between
// channels. With the race detector the first ones are enough.
var someDefects = []string{
	"accepts-another-update", "round-skipped-after-an-abort", "ended-channels-keep-their-place", "pays-the-wrong-side",
	"state-hash-of-the-state-before", "aborted-update-twice", "crossing-has-the-code-of-an-abort", "update-not-announced",
	"sign-timer-never-runs-out", "deposit-credited-to-the-peer", "deposit-raises-all-channels",
}

// TestDefectsAreFound looks for mistakes of the embedded node, plays what was
// found at a node with and without the mistake, and wants a small file.
// CHANBOT_DEFECTS=all looks for every one, or for those that it names, and
// CHANBOT_SEEDS=N does so with the first N seeds.
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
	seeds, _ := strconv.ParseUint(os.Getenv("CHANBOT_SEEDS"), 10, 64) // 0 when there are none
	for _, name := range names {
		for seed := uint64(1); seed <= max(seeds, 1); seed++ {
			t.Run(fmt.Sprintf("%s/seed %d", name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { findDefect(t, name, seed) })
			})
		}
	}
}

func findDefect(t *testing.T, name string, seed uint64) {
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
		for _, at := range []struct {
			node  func() *Place
			fails bool
		}{
			{func() *Place { return inMemory(t, nil) }, false},
			{func() *Place { p, _ := broken(t.Context()); return p }, true},
		} {
			var last *breach
			const plays = 5 // some need a race
			for n := range plays {
				place := at.node()
				st := stage{place: place, blocks: &place.blocks, timeout: 10 * time.Second, patience: cmp.Or(sc.Patience, 10*time.Second), seed: 1, pairs: f.Pairs}
				p := st.play(t.Context(), sc, 1<<22+n)
				place.close()
				last = p.breach
				if last == nil && at.fails && n+1 < plays && f.Pairs == 1 {
					continue
				}
				if (last != nil) != at.fails {
					t.Errorf("play %d of the repro of %s (expected %s, got %s) fails: %v, want %v: %+v\n%s", n+1, f.Rule, f.Expected, f.Got, last != nil, at.fails, last, f.Text)
					return false
				}
				if at.fails && f.Pairs == 1 {
					break
				}
			}
		}
		return true
	}
	rep, err := Run(t.Context(), Config{Place: place, Fresh: broken, Seed: seed, Cases: 4000, Pairs: 16, Findings: 1, Shrink: time.Hour})
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
	t.Logf("%s in %s: case %d, %d actions, %d of %d plays, %d steps with %d pairs\n%s", f.Rule, f.Where(), f.Case, f.Actions, f.Hits, f.Tries, f.Steps, f.Pairs, f.Text)
}
