package main

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// example is a fenced block of YAML in a page of docs.
type example struct {
	line int
	kind string // "" is a scenario, steps a part of one, strategy and checked are only checked
	text string
}

func examples(t *testing.T, path string) []example {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []example
	var open *example
	line := 0
	for text := range strings.Lines(string(b)) {
		line++
		fence, isFence := strings.CutPrefix(strings.TrimRight(text, "\n"), "```")
		switch {
		case isFence && open != nil:
			all = append(all, *open)
			open = nil
		case isFence:
			kind, isYAML := strings.CutPrefix(fence, "yaml")
			open = &example{line: line, kind: strings.TrimSpace(kind)}
			if !isYAML {
				open.kind = "other"
			}
		case open != nil:
			open.text += text
		}
	}
	return all
}

// Every example of the manual runs, or is checked where it cannot run alone.
func TestExamplesOfTheManual(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, e := range examples(t, "../../docs/scenarios.md") {
		command := []string{"run", "--quiet", "--out", t.TempDir()}
		switch e.kind {
		case "other":
			continue
		case "":
		case "steps":
			e.text = "chanbot: 1\nname: example\nsteps:\n- open:\n" + e.text + "- both: stop\n  expect: [done, died, disconnected]\n"
		case "strategy", "checked":
			command = []string{"check"}
		default:
			t.Errorf("line %d: unknown kind of example %q", e.line, e.kind)
			continue
		}
		seen++
		t.Run(fmt.Sprintf("line_%d", e.line), func(t *testing.T) {
			t.Parallel()
			var c call
			if code := c.main(append(command, write(t, e.text))...); code != exitPassed {
				t.Errorf("exit code %d of\n%s\n%s%s", code, e.text, c.stdout.String(), c.stderr.String())
			}
		})
	}
	if seen < 10 {
		t.Errorf("only %d examples were found; the page is read wrongly", seen)
	}
}
