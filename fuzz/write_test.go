package fuzz

import (
	"strings"
	"testing"

	"chanbot/strategy"
)

// What a node has said is told in comments of the repro, in which YAML does not take
// every character.
func TestReproIsYAMLWhateverANodeSays(t *testing.T) {
	for first := rune(0); first < 0x10000; first += 0x80 {
		var said strings.Builder
		for r := first; r < first+0x80; r++ {
			said.WriteRune(r)
		}
		f := &Finding{Text: []byte("chanbot: 1\nname: x\nsteps:\n  - open:\n"), Tries: 1}
		f.Rule, f.State, f.Input, f.Expected, f.Got = "rule", said.String(), said.String(), said.String(), said.String()
		if s, problems := strategy.Parse("x.yaml", f.Scenario("found"), strategy.Options{}); len(problems) > 0 || s.Name != "found" || len(s.Steps) != 1 {
			t.Fatalf("%U: %v\n%s", first, problems, f.Scenario("found"))
		}
	}
}
