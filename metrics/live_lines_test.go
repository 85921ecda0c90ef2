package metrics

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"chanbot/outcome"
	"chanbot/results"
)

func TestPlainLinesTellWhatIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, g, out := NewRun(Options{Shards: 2}), new(Gauge), new(notes)
		l := NewLive(out, LiveOptions{Scenario: "mixed-load", Run: run, Gauge: g, Load: loadTook})
		l.Start()
		play(run, g, nil)
		l.Stop()
		golden(t, "live-lines.txt", out.String())
	})
}

func TestPlainLinesOfStepsComeEveryFewSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := new(notes)
		g := new(Gauge)
		g.Enter(StageLoad) // as bots do that go through steps
		l := NewLive(out, LiveOptions{Scenario: "late-abort", Steps: 40, Gauge: g})
		l.Start()
		time.Sleep(250 * time.Millisecond)
		for n := range 24 {
			time.Sleep(500 * time.Millisecond)
			l.Step(n%10 != 9)
		}
		l.Stop()
		want := "late-abort 0:05 | 9 of 40 steps\nlate-abort 0:10 | 19 of 40 steps, 1 failed\n"
		if got := out.String(); got != want {
			t.Errorf("got\n%swant\n%s", got, want)
		}
	})
}

func TestLinesOfJSONFollowTheirSchema(t *testing.T) {
	c := jsonschema.NewCompiler()
	schema, err := c.Compile(filepath.Join("..", "docs", "progress.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	valid := func(line []byte) error {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			return err
		}
		return schema.Validate(v)
	}
	var lines []string
	synctest.Test(t, func(t *testing.T) {
		run, g, out := NewRun(Options{Shards: 2}), new(Gauge), new(notes)
		l := NewLive(out, LiveOptions{Scenario: "mixed-load", Run: run, Gauge: g, Steps: 7, Load: loadTook, Form: FormJSON})
		l.Start()
		play(run, g, func(time.Duration) { l.Step(true) })
		l.Stop()
		lines = strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	})
	if want := int(playTook/time.Second) + 1; len(lines) != want {
		t.Errorf("%d lines, want %d: one a second and the last", len(lines), want)
	}
	stages := map[string]int{}
	var last struct {
		Stage    string
		T        float64 `json:"t_s"`
		Attempts int64
		Ended    int64
		Outcomes map[string]int64
	}
	for _, text := range lines {
		if err := valid([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
		last.Outcomes = nil
		if err := json.Unmarshal([]byte(text), &last); err != nil {
			t.Fatal(err)
		}
		stages[last.Stage]++
		var sum int64
		for _, n := range last.Outcomes {
			sum += n
		}
		if sum != last.Ended || last.Ended > last.Attempts {
			t.Errorf("the outcomes do not add up: %s", text)
		}
	}
	if last.Stage != "over" || last.Ended != 200+10*int64(loadTook/(100*time.Millisecond)) {
		t.Errorf("the last line is %s", lines[len(lines)-1])
	}
	for _, s := range []string{"setup", "load", "drain", "teardown"} {
		if stages[s] == 0 {
			t.Errorf("no line of the stage %s", s)
		}
	}
	golden(t, "live-load.json", indented(t, lines[20])) // the process is masked there
	for _, wrong := range []string{`"extra":1`, `"t_s":-1`, `"stage":"begin"`, `"late_p99_us":-1`} {
		key, _, _ := strings.Cut(wrong, ":")
		var fields map[string]json.RawMessage
		if err := json.Unmarshal([]byte(lines[20]), &fields); err != nil {
			t.Fatal(err)
		}
		fields[strings.Trim(key, `"`)] = json.RawMessage(wrong[len(key)+1:])
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if valid(b) == nil {
			t.Errorf("%s is allowed", wrong)
		}
	}
}

// Each line tells of the second that has just ended, whichever of the two clocks
// comes first.
func TestNoLineRepeatsTheOneBefore(t *testing.T) {
	for _, behind := range []time.Duration{0, 10 * time.Millisecond, -10 * time.Millisecond, -300 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			run, out := NewRun(Options{Shards: 1}), new(notes)
			started := time.Now()
			l := NewLive(out, LiveOptions{Scenario: "even", Run: run, Form: FormJSON, Started: started})
			ctx, cancel := context.WithCancel(t.Context())
			var ticking sync.WaitGroup
			start := []func(){l.Start, func() { ticking.Go(func() { run.Every(ctx, started, nil) }) }}
			if behind < 0 {
				slices.Reverse(start)
			}
			start[0]()
			synctest.Wait()
			time.Sleep(max(behind, -behind))
			start[1]()
			synctest.Wait()
			time.Sleep(500*time.Millisecond - time.Since(started)%(500*time.Millisecond))
			for range 8 {
				for range 10 {
					r := results.OperationRecord{Operation: outcome.Transfer, Done: time.Millisecond, Outcome: outcome.Outcome{Kind: outcome.Signed}}
					run.Shard(0).Begin(r.Operation, "", false)
					run.Shard(0).Record(&r)
				}
				time.Sleep(time.Second)
			}
			cancel()
			ticking.Wait()
			l.Stop()
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			for i, text := range lines[:len(lines)-1] { // the last one is at the end, not after a second
				var line struct{ Ended int64 }
				if err := json.Unmarshal([]byte(text), &line); err != nil {
					t.Fatal(err)
				}
				if want := 10 * int64(i+1); i > 0 && line.Ended != want {
					t.Errorf("%v behind, line %d: %d operations, want %d", behind, i+1, line.Ended, want)
				}
			}
			if len(lines) < 8 {
				t.Errorf("%d lines", len(lines))
			}
		})
	}
}

// indented writes a line for people, without what the machine decides.
func indented(t *testing.T, line string) string {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(line), &fields); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cpu_cores", "rss_bytes"} {
		if v, ok := fields[name].(float64); !ok || v < 0 {
			t.Errorf("%s is %v", name, fields[name])
		}
		fields[name] = 1
	}
	b, err := json.MarshalIndent(fields, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b) + "\n"
}

func TestAShortRunLeavesNothing(t *testing.T) {
	for _, form := range []Form{FormLines, FormJSON, FormBars} {
		synctest.Test(t, func(t *testing.T) {
			out := new(notes)
			l := NewLive(out, LiveOptions{Scenario: "short", Steps: 3, Run: NewRun(Options{}), Form: form})
			l.Start()
			time.Sleep(400 * time.Millisecond)
			l.Step(true)
			l.Stop()
			l.Stop()
			if got := out.String(); got != "" {
				t.Errorf("form %d: %q", form, got)
			}
		})
	}
}

func TestTheManualNamesEveryField(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "docs", "progress.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "docs", "progress.md"))
	if err != nil {
		t.Fatal(err)
	}
	var schema map[string]any
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	seen := 0
	var walk func(v any)
	walk = func(v any) {
		fields, _ := v.(map[string]any)
		for name, inner := range fields {
			properties, ok := inner.(map[string]any)
			if ok && name == "properties" {
				for field := range properties {
					if seen++; !bytes.Contains(page, []byte("`"+field+"`")) {
						t.Errorf("docs/progress.md does not name %s", field)
					}
				}
			}
			walk(inner)
		}
	}
	walk(schema)
	if seen < 30 {
		t.Errorf("only %d fields", seen)
	}
}
