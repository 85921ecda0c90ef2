package fuzz

import (
	"testing"
	"testing/synctest"
)

// TestACleanNodeBreaksNothing plays many cases against the embedded node.
func TestACleanNodeBreaksNothing(t *testing.T) {
	cases := 400
	if testing.Short() {
		cases = 60
	}
	for seed := range uint64(2) {
		synctest.Test(t, func(t *testing.T) {
			place := inMemory(t, nil)
			defer func() {
				if err := place.Close(); err != nil {
					t.Error(err)
				}
			}()
			rep, err := Run(t.Context(), Config{Place: place, Seed: seed, Cases: cases, Pairs: 8})
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range rep.Findings {
				t.Errorf("%s in %s × %s by %s (case %d, %d of %d): expected %s, got %s\n%s", f.Rule, f.State, f.Input, f.Role, f.Case, f.Hits, f.Tries, f.Expected, f.Got, f.Text)
			}
			t.Logf("%d cases, %d actions, %d of %d cells, missing %q, outcomes %v, ended %q", rep.Cases, rep.Actions, rep.Coverage.Covered, rep.Coverage.Reachable, rep.Coverage.Missing, rep.Operations, rep.Ended)
		})
	}
}
