package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// The README shows what make run prints, up to times and paths.
func TestTheReadmeShowsWhatRunPrints(t *testing.T) {
	t.Parallel()
	times := regexp.MustCompile(`[0-9.]+(µs|ms|s)\b`)
	steps := func(text string) []string {
		var all []string
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, "  ✓") || strings.HasPrefix(line, "passed: ") || strings.HasPrefix(line, "node ") {
				all = append(all, strings.Join(strings.Fields(times.ReplaceAllString(line, "TIME")), " "))
			}
		}
		return all
	}
	var shown string
	for _, e := range examples(t, "../../README.md") {
		if strings.HasPrefix(e.text, "$ make run\n") {
			shown = e.text
		}
	}
	var c call
	if code := c.main("run", "can-not-abort-while-open", "--out", t.TempDir()); code != exitPassed {
		t.Fatalf("exit code %d: %s", code, c.stderr.String())
	}
	if diff := cmp.Diff(steps(c.stdout.String()), steps(shown)); diff != "" || shown == "" {
		t.Errorf("what is printed (-) is not what the README shows (+):\n%s", diff)
	}
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
			if code, stdout, stderr := apart(t, append(command, write(t, e.text))...); code != exitPassed {
				t.Errorf("exit code %d of\n%s\n%s%s", code, e.text, stdout, stderr)
			}
		})
	}
	if seen < 10 {
		t.Errorf("only %d examples were found; the page is read wrongly", seen)
	}
}
