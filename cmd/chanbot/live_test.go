package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// slow takes long enough to be looked at.
const slow = `
chanbot: 1
name: slow
steps:
  - open:
  - wait: 1100ms
  - initiator: stop
`

// runSlow runs it with standard error going to w.
func runSlow(t *testing.T, c *Command, args ...string) (stdout string) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "slow.yaml")
	if err := os.WriteFile(file, []byte(slow), 0o600); err != nil {
		t.Fatal(err)
	}
	out := new(bytes.Buffer)
	c.Stdout, c.Program = out, program
	if code := c.Main(append([]string{"run", file, "--out", filepath.Join(dir, "runs")}, args...)); code != exitPassed {
		t.Fatalf("exit code %d", code)
	}
	return out.String()
}

func TestProgressIsLinesOfJSON(t *testing.T) {
	t.Parallel()
	errs := new(bytes.Buffer)
	if out := runSlow(t, &Command{Stderr: errs}, "--json"); !json.Valid([]byte(out)) {
		t.Errorf("standard output is not one document: %s", out)
	}
	var seen []string
	for line := range strings.Lines(errs.String()) {
		if !strings.HasPrefix(line, "{") {
			continue // the blocks of the scenario come there as well
		}
		var one struct {
			Progress string
			T        float64 `json:"t_s"`
			Steps    int
			Done     int `json:"steps_done"`
		}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if one.Progress != "slow" || one.T < 1 || one.Steps != 3 {
			t.Errorf("%s", line)
		}
		seen = append(seen, line)
	}
	if len(seen) < 2 || !strings.Contains(seen[len(seen)-1], `"steps_done":3`) {
		t.Errorf("the lines are %q", seen)
	}
}

func TestNoProgressSaysNothing(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{{"--quiet", "--json"}, {"--no-progress"}} {
		errs := new(bytes.Buffer)
		runSlow(t, &Command{Stderr: errs}, flags...)
		if errs.Len() > 0 {
			t.Errorf("%v: %s", flags, errs)
		}
	}
}
