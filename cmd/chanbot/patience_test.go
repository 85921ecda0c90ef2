package main

import "testing"

// TestAScenarioSaysHowLongANodeMayTake: what its steps do not wait for is owed
// for the scenario's time, and the flag overrules that.
func TestAScenarioSaysHowLongANodeMayTake(t *testing.T) {
	const steps = `
steps:
  - open:
  - responder: {message: hello}
    timeout: 400ms
    expect: any
`
	for name, c := range map[string]struct {
		patience string
		flags    []string
		want     int
	}{
		"default":       {"", nil, exitPassed},
		"less":          {"patience: 100ms", nil, exitFailed},
		"less by flag":  {"", []string{"--patience", "100ms"}, exitFailed},
		"more by flag":  {"patience: 100ms", []string{"--patience", "10s"}, exitPassed},
		"more than due": {"patience: 2s", nil, exitPassed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := call{}
			file := write(t, "chanbot: 1\nname: lost\n"+c.patience+steps)
			args := append([]string{"run", file, "--defect", "messages-overtake-each-other", "--quiet", "--out", t.TempDir()}, c.flags...)
			if code := run.main(args...); code != c.want {
				t.Errorf("exit code %d, want %d\n%s", code, c.want, run.stderr.String())
			}
		})
	}
}
