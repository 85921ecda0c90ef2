package fuzz

import (
	"context"
	"os"
	"strconv"
	"testing"
	"testing/synctest"

	"chanbot/model"
)

// leastCovered is the share of the cells that a search of some thousand cases
// has to meet.
const leastCovered = 0.95

// TestACleanNodeBreaksNothingForLong plays CHANBOT_FUZZ_ACTIONS actions of each of
// CHANBOT_FUZZ_SEEDS seeds, from CHANBOT_FUZZ_FIRST on, against the embedded node.
// It wants no finding, and nearly every cell of the matrix from all of them
// together.
func TestACleanNodeBreaksNothingForLong(t *testing.T) {
	seeds := fromEnv(t, "CHANBOT_FUZZ_SEEDS", 0)
	if seeds == 0 {
		t.Skip("CHANBOT_FUZZ_SEEDS does not say how many seeds")
	}
	actions, first := fromEnv(t, "CHANBOT_FUZZ_ACTIONS", 10_000), fromEnv(t, "CHANBOT_FUZZ_FIRST", 0)
	met := make(map[model.Cell]bool)
	var all int64
	for seed := first; seed < first+seeds; seed++ {
		t.Run(strconv.FormatInt(seed, 10), func(t *testing.T) {
			rep := searched(t, Config{Seed: uint64(seed), Actions: actions})
			all += rep.Actions
			for _, c := range rep.Coverage.Cells {
				met[model.Cell{State: c.State, Input: c.Input}] = true
			}
		})
	}
	var missing []string
	for _, c := range model.Cells() {
		if !met[c] {
			missing = append(missing, c.String())
		}
	}
	cells := len(model.Cells())
	t.Logf("%d actions of %d seeds; %d of %d cells, missing %q", all, seeds, cells-len(missing), cells, missing)
	if all >= 100_000 && float64(len(missing)) > (1-leastCovered)*float64(cells) {
		t.Errorf("%d of %d cells were not met: %q", len(missing), cells, missing)
	}
}

// fromEnv reads a number from the environment.
func fromEnv(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no count", name, text)
	}
	return n
}

// searched runs a search against an embedded node on fake time. It fails for
// every finding and for a search that did not go on to its bounds, and says what
// came of it.
func searched(t *testing.T, cfg Config) (rep *Report) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		place := inMemory(t, nil)
		defer func() {
			if err := place.Close(); err != nil {
				t.Error(err)
			}
		}()
		cfg.Place, cfg.Pairs = place, 8
		cfg.Fresh = func(context.Context) (*Place, error) { return inMemory(t, nil), nil }
		var err error
		if rep, err = Run(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	})
	for _, f := range rep.Findings {
		t.Errorf("seed %d: %s in %s × %s by %s (case %d, %d of %d): expected %s, got %s\n%s", f.Seed, f.Rule, f.State, f.Input, f.Role, f.Case, f.Hits, f.Tries, f.Expected, f.Got, f.Text)
		if f.Unrepeated() {
			for _, x := range f.Frames[max(0, len(f.Frames)-100):] {
				t.Logf("%v %s %s %s", x.T, x.Side, x.Dir, x.Frame)
			}
		}
	}
	if rep.Ended != "" {
		t.Errorf("seed %d: the search ended early: %s", rep.Seed, rep.Ended)
	}
	t.Logf("seed %d: %d cases, %d actions, %d of %d cells, missing %q", rep.Seed, rep.Cases, rep.Actions, rep.Coverage.Covered, rep.Coverage.Reachable, rep.Coverage.Missing)
	return rep
}
