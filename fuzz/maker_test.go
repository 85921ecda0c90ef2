package fuzz

import (
	"bytes"
	"testing"

	"chanbot/model"
	"chanbot/strategy"
)

// TestEveryCaseIsAScenario: what is drawn can be read, and is the same again.
func TestEveryCaseIsAScenario(t *testing.T) {
	aimed := make(map[model.Cell]int)
	seeds := uint64(3)
	if raceEnabled { // make test draws all of them without
		seeds = 1
	}
	for seed := range seeds {
		for n := range 1200 {
			c := makeCase(seed, n)
			if _, problems := strategy.Parse("case.yaml", c.Text, strategy.Options{}); len(problems) > 0 {
				t.Fatalf("seed %d, case %d: %v\n%s", seed, n, problems, c.Text)
			}
			if again := makeCase(seed, n); !bytes.Equal(c.Text, again.Text) {
				t.Fatalf("seed %d, case %d is another one the second time", seed, n)
			}
			if c.Target.State != "" {
				aimed[c.Target]++
			}
		}
	}
	if raceEnabled {
		return // one seed does not aim at everything
	}
	for _, cell := range model.Cells() {
		if aimed[cell] == 0 {
			t.Errorf("nothing aims at %s", cell)
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	if bytes.Equal(makeCase(1, 5).Text, makeCase(2, 5).Text) {
		t.Error("two seeds, one case")
	}
}

func TestPermutedGoesThroughAll(t *testing.T) {
	for size := uint64(1); size < 50; size++ {
		for seed := range uint64(5) {
			seen := make(map[uint64]bool)
			for n := range size {
				seen[permuted(seed, n, size)] = true
			}
			if uint64(len(seen)) != size {
				t.Errorf("size %d, seed %d: %d different ones", size, seed, len(seen))
			}
		}
	}
}
