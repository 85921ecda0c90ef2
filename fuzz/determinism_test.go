package fuzz

import (
	"testing"
	"testing/synctest"
)

// TestTheSameSeedPlaysTheSameCases: neither the node nor how many cases are
// played beside each other has a part in what is drawn.
func TestTheSameSeedPlaysTheSameCases(t *testing.T) {
	cases := 40
	if raceEnabled { // make test plays all of them without
		cases = 10
	}
	decisions := func(seed uint64, pairs int) (got string) {
		synctest.Test(t, func(t *testing.T) {
			place := inMemory(t, nil)
			defer place.Close()
			rep, err := Run(t.Context(), Config{Place: place, Seed: seed, Cases: cases, Pairs: pairs})
			if err != nil {
				t.Fatal(err)
			}
			got = rep.Decisions
		})
		return got
	}
	first := decisions(5, 1)
	if got := decisions(5, 8); got != first {
		t.Errorf("eight pairs: %s, one: %s", got, first)
	}
	synctest.Test(t, func(t *testing.T) {
		place := fakePlace(drain)
		defer place.Close()
		rep, err := Run(t.Context(), Config{Place: place, Seed: 5, Cases: cases, Pairs: 8, Findings: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if rep.Decisions != first {
			t.Errorf("another node: %s, want %s", rep.Decisions, first)
		}
	})
	if other := decisions(6, 8); other == first {
		t.Error("another seed plays the same cases")
	}
}
