package fuzz

import (
	"os"
	"strconv"
	"testing"
	"testing/synctest"
)

// TestACleanNodeBreaksNothing plays cases against the embedded node.
// CHANBOT_FUZZ_CASES says how many of each seed, for a longer search.
func TestACleanNodeBreaksNothing(t *testing.T) {
	cases := 120
	if raceEnabled { // make test plays all of them without
		cases = 30
	}
	if n, err := strconv.Atoi(os.Getenv("CHANBOT_FUZZ_CASES")); err == nil {
		cases = n
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
