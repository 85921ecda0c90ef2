package fuzz

import (
	"context"
	"testing"
	"testing/synctest"

	"chanbot/simnode"
)

// TestWhatABusyMachineFeignsIsNoFinding: how long something took is only held
// against a node if it does so again when it has nothing else to do.
func TestWhatABusyMachineFeignsIsNoFinding(t *testing.T) {
	for _, c := range []struct {
		defect, rule string
		kept         bool
	}{
		{"sign-timer-runs-out-early", RuleTimer, false},
		{"round-increased-twice", "offer-round", true},
	} {
		t.Run(c.defect, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				place := inMemory(t, func(cfg *simnode.Config) { cfg.Defects = []string{c.defect} })
				defer place.Close()
				rep, err := Run(t.Context(), Config{
					Place: place, Cases: 150, Pairs: 8, // the node that plays them again is a correct one
					Fresh: func(context.Context) (*Place, error) { return inMemory(t, nil), nil },
				})
				if err != nil {
					t.Fatal(err)
				}
				found := false
				for _, f := range rep.Findings {
					if f.Hits > 0 {
						t.Errorf("%s again in %d of %d plays at a correct node", f.Rule, f.Hits, f.Tries)
					}
					found = found || f.Rule == c.rule
				}
				if found != c.kept {
					t.Errorf("a finding of %s: %v, want %v", c.rule, found, c.kept)
				}
			})
		})
	}
}
