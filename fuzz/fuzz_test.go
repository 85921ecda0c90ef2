package fuzz

import (
	"strconv"
	"testing"
)

// TestACleanNodeBreaksNothing plays cases against the embedded node.
// CHANBOT_FUZZ_CASES says how many of each seed, for a longer search.
func TestACleanNodeBreaksNothing(t *testing.T) {
	cases := int64(120)
	if raceEnabled { // make test plays all of them without
		cases = 30
	}
	cases = fromEnv(t, "CHANBOT_FUZZ_CASES", cases)
	for seed := range uint64(2) {
		t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
			rep := searched(t, Config{Seed: seed, Cases: int(cases)})
			t.Logf("outcomes %v", rep.Operations)
		})
	}
}
