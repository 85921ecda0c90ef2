package results_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"chanbot/results"
)

// benchStep is a step of a node whose times rise up to its capacity and then
// run away.
func benchStep(b *results.Bench, stage results.BenchStage, rate, capacity float64, again bool) {
	n := len(b.Steps) + 1
	s := results.BenchStep{
		Number: n, Stage: stage, Again: again, RatePerS: rate, Verdict: results.StepHeld, MeasuredS: 5, AchievedPerS: math.Round(min(rate, capacity*.97)),
		Due: int64(5 * rate), Attempts: int64(5 * rate), Outcomes: results.Counts{"signed": int64(5 * rate)},
		Seed: uint64(n), StartedS: float64(10 * (n - 1)), TookS: 9, Folder: fmt.Sprintf("steps/%02d-%s-%g", n, stage, rate),
		Generator: results.Generator{LateP99US: 900 + float64(n), LateLimitUS: 10_000, CPUShare: min(rate/5000, 1), Cores: 2},
	}
	load := rate / capacity
	us := 1500 / max(1-load, .02)
	if load > 1 {
		s.Verdict, s.Cut, s.MeasuredS, us = results.StepBroke, true, 2.6, 1e6*load
		s.Reasons = []string{fmt.Sprintf("p99(transfer.response) < 100ms: it was %.2fs", 3*us/1e6)}
		s.Outcomes = results.Counts{"signed": int64(3 * rate), "cancelled": int64(2 * rate)}
	}
	s.Response = results.Latency{Count: s.Attempts, MeanUS: us, P50US: us, P90US: 2 * us, P99US: 3 * us, P999US: 4 * us, MaxUS: 5 * us}
	s.Service = results.Latency{Count: s.Attempts, MeanUS: 1000, P50US: 900 + us/50, P90US: 1500, P99US: 2000 + us/40, P999US: 9000, MaxUS: 12000}
	b.Steps = append(b.Steps, s)
}

// benches are searches of all kinds.
func benches() map[string]*results.Bench {
	basic := func() *results.Bench {
		return &results.Bench{
			Chanbot: "1.2.3", Scenario: "throughput", Arrivals: "poisson", Unit: results.UnitTransfers, Operation: "transfer",
			Objective: []string{"p99(transfer.response) < 100ms"}, AllExpected: true, Node: "embedded", NetworkID: "ae_dev", Seed: 1, Pairs: 50,
			Host:    results.Host{Name: "box", OS: "linux", Arch: "amd64", CPUs: 4, Procs: 4, Go: "go1.26"},
			Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), TookS: 151,
			Search: results.BenchSearch{FromPerS: 100, Growth: 2, Resolution: .05, Confirm: 3, MaxSteps: 25, WarmupS: 1, StepS: 5, ConfirmS: 10, LeastPerS: 20},
		}
	}
	found := basic()
	for _, rate := range []float64{100, 200, 400, 800} {
		benchStep(found, results.BenchLadder, rate, 1270, false)
	}
	benchStep(found, results.BenchLadder, 1600, 1270, false)
	benchStep(found, results.BenchLadder, 1600, 1270, true)
	benchStep(found, results.BenchBisect, 1130, 1270, false)
	benchStep(found, results.BenchBisect, 1340, 1270, false)
	benchStep(found, results.BenchBisect, 1340, 1270, true)
	benchStep(found, results.BenchBisect, 1240, 1270, false)
	for _, capacity := range []float64{1270, 1271, 1268} {
		benchStep(found, results.BenchConfirm, 1240, capacity, false)
	}
	found.Verdict, found.Limit = results.BenchFound, results.LimitNode
	found.Result = &results.BenchResult{
		RatePerS: 1240, Runs: 3, RunS: 10, AbovePerS: 1340,
		Achieved:    results.SpreadOf([]float64{1231, 1242, 1239}),
		Response:    results.Latency{Count: 37200, MeanUS: 15000, P50US: 12100, P90US: 27000, P99US: 43400, P999US: 61000, MaxUS: 71000},
		Service:     results.Latency{Count: 37200, MeanUS: 1000, P50US: 940, P90US: 1500, P99US: 2100, P999US: 9000, MaxUS: 12000},
		ResponseP50: results.SpreadOf([]float64{11800, 12100, 12500}), ResponseP99: results.SpreadOf([]float64{41000, 43500, 47200}),
		ServiceP50: results.SpreadOf([]float64{930, 940, 941}), ServiceP99: results.SpreadOf([]float64{2000, 2100, 2300}),
	}

	limited := basic()
	benchStep(limited, results.BenchLadder, 100, 1270, false)
	benchStep(limited, results.BenchLadder, 200, 1270, false)
	limited.Steps[1].Verdict = results.StepInvalid
	limited.Steps[1].Reasons = []string{"operations began 45ms late (p99) for reasons of the generator's own, and at most 10.0ms is taken for exact"}
	limited.Verdict, limited.Limit = results.BenchAtLeast, results.LimitGenerator
	limited.Node, limited.NodeVersion, limited.Unit, limited.Scenario = "ws://127.0.0.1:3014", "7.1.0", results.UnitArrivals, "mixed-load"
	limited.Result = new(*found.Result)
	limited.Result.RatePerS, limited.Result.Runs, limited.Result.AbovePerS = 100, 1, 200
	limited.Result.Achieved = results.SpreadOf([]float64{99.96})
	limited.Reasons = []string{"At 200/s operations began 45ms late (p99) for reasons of the generator's own, and at most 10.0ms is taken for exact. So nothing is known about the node there: ask for a lower rate, or give chanbot more cores or a machine of its own."}

	nothing := basic()
	benchStep(nothing, results.BenchLadder, 100, 50, false)
	benchStep(nothing, results.BenchLadder, 100, 50, true)
	nothing.Verdict, nothing.Limit, nothing.Violations = results.BenchNothing, results.LimitNode, 3
	nothing.Steps[1].Reasons = []string{`violation: <img src=x onerror="window.pwned=1">, 3 times`, strings.Repeat("long ", 60)}

	unmeasured := basic()
	benchStep(unmeasured, results.BenchLadder, 100, 50, false)
	unmeasured.Steps[0].Verdict = results.StepInvalid
	unmeasured.Verdict, unmeasured.Limit = results.BenchNothing, results.LimitGenerator

	unconfirmed := basic()
	benchStep(unconfirmed, results.BenchLadder, 100, 1270, false)
	benchStep(unconfirmed, results.BenchLadder, 200, 50, false)
	unconfirmed.Verdict, unconfirmed.Limit = results.BenchUnconfirmed, results.LimitSteps

	stopped := basic()
	benchStep(stopped, results.BenchLadder, 100, 1270, false)
	stopped.Steps = append(stopped.Steps, results.BenchStep{Number: 2, Stage: results.BenchLadder, RatePerS: 200, Verdict: results.StepInterrupted, Folder: "steps/02-ladder-200"})
	stopped.Verdict, stopped.Limit = results.BenchStopped, results.LimitInterrupted

	all := map[string]*results.Bench{"found": found, "limited": limited, "nothing": nothing, "unmeasured": unmeasured, "unconfirmed": unconfirmed, "stopped": stopped, "empty": basic()}
	for _, b := range all {
		b.Line = b.Quote()
	}
	return all
}

func TestTheLineOfASearch(t *testing.T) {
	for name, want := range map[string]string{
		"found":       "1,240 transfers/s sustained (±0.8%, 3 runs of 10 s), p99 43.4 ms (41.0–47.2 ms), 50 channels, embedded node 1.2.3, seed 1",
		"limited":     "at least 100 arrivals/s sustained (±0.1%, 1 run of 10 s), p99 43.4 ms, 50 channels, scenario mixed-load, node ws://127.0.0.1:3014 (7.1.0), seed 1",
		"nothing":     "no rate held; 50 channels, embedded node 1.2.3, seed 1",
		"unmeasured":  "not measured: chanbot could not keep up; 50 channels, embedded node 1.2.3, seed 1",
		"unconfirmed": "not confirmed: 100 transfers/s held once; 50 channels, embedded node 1.2.3, seed 1",
		"stopped":     "stopped early: 100 transfers/s held once, and none was confirmed; 50 channels, embedded node 1.2.3, seed 1",
		"empty":       "no rate held; 50 channels, embedded node 1.2.3, seed 1",
	} {
		if got := benches()[name].Line; got != want {
			t.Errorf("%s: %s\nwant %s", name, got, want)
		}
	}
}

func TestASearchOnATerminal(t *testing.T) {
	const want = `the highest rate of transfers at which p99(transfer.response) < 100ms and
everything ends as expected
throughput, poisson, node embedded, ae_dev, seed 1, 50 channels

  ✓   1  ladder             100/s      100/s  p99  4.88ms  held
  ✓   2  ladder             200/s      200/s  p99  5.34ms  held
  ✓   3  ladder             400/s      400/s  p99  6.57ms  held
  ✓   4  ladder             800/s      800/s  p99  12.2ms  held
  ✗   5  ladder           1,600/s    1,232/s  p99   3.78s  broke
        p99(transfer.response) < 100ms: it was 3.78s
  ✗   6  ladder, again    1,600/s    1,232/s  p99   3.78s  broke
        p99(transfer.response) < 100ms: it was 3.78s
  ✓   7  bisect           1,130/s    1,130/s  p99  40.8ms  held
  ✗   8  bisect           1,340/s    1,232/s  p99   3.17s  broke
        p99(transfer.response) < 100ms: it was 3.17s
  ✗   9  bisect, again    1,340/s    1,232/s  p99   3.17s  broke
        p99(transfer.response) < 100ms: it was 3.17s
  ✓  10  bisect           1,240/s    1,232/s  p99   190ms  held
  ✓  11  confirm          1,240/s    1,232/s  p99   190ms  held
  ✓  12  confirm          1,240/s    1,233/s  p99   184ms  held
  ✓  13  confirm          1,240/s    1,230/s  p99   204ms  held

                          response             service
       offered  achieved       p50       p99       p50       p99  response p99
  ✓      100/s     100/s    1.63ms    4.88ms     933µs    2.04ms  ▏
  ✓      200/s     200/s    1.78ms    5.34ms     936µs    2.04ms  ▎
  ✓      400/s     400/s    2.19ms    6.57ms     944µs    2.05ms  ▋
  ✓      800/s     800/s    4.05ms    12.2ms     981µs    2.10ms  █▉
  ✓    1,130/s   1,130/s    13.6ms    40.8ms    1.17ms    2.34ms  ████▌
  ✓    1,240/s   1,232/s    63.5ms     190ms    2.17ms    3.59ms  ███████▊
  ✗    1,340/s   1,232/s     1.06s     3.17s    22.0ms    28.4ms  █████████████▋
  ✗    1,600/s   1,232/s     1.26s     3.78s    26.1ms    33.5ms  ██████████████

results  runs/x
1,240 transfers/s sustained (±0.8%, 3 runs of 10 s), p99 43.4 ms (41.0–47.2 ms), 50 channels, embedded node 1.2.3, seed 1
`
	b := benches()["found"]
	st := results.Style{Width: 80}
	got := b.Head(st) + "\n" + b.RenderSteps(st) + "\n" + b.Render(st, "results  runs/x")
	got = regexp.MustCompile(` +\n`).ReplaceAllString(got, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, b := range benches() {
		for _, width := range []int{0, 40, 80, 120} {
			st := results.Style{Width: width}
			text := b.Head(st) + b.RenderSteps(st) + strings.TrimSuffix(b.Render(st), b.Line+"\n")
			for line := range strings.Lines(text) {
				if n := len([]rune(strings.TrimRight(line, " \n"))); width >= 80 && n > width {
					t.Errorf("%s: %d columns of %d: %s", name, n, width, line)
				}
			}
			if strings.Contains(text, "\x1b") || strings.Contains(text, "NaN") {
				t.Errorf("%s: %q", name, text)
			}
		}
	}
}

func TestASearchIsReadBack(t *testing.T) {
	folder, err := results.CreateFolder(t.TempDir(), time.Unix(0, 0), "bench")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Bench(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a folder without a search: %v", err)
	}
	for name, b := range benches() {
		if err := folder.WriteBench(b); err != nil {
			t.Fatal(err)
		}
		back, err := folder.Bench()
		if err != nil {
			t.Fatal(err)
		}
		one, err := b.JSON()
		if err != nil {
			t.Fatal(err)
		}
		two, err := back.JSON()
		if err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s: %v\n%s", name, err, cmp.Diff(string(one), string(two)))
		}
		if back.Quote() != b.Line || len(back.Confirming()) != len(b.Confirming()) {
			t.Errorf("%s: %s", name, back.Quote())
		}
	}
	if got := benches()["found"].Confirming(); len(got) != 3 || got[0].Number != 11 || got[2].Number != 13 {
		t.Errorf("confirmed by %+v", got)
	}
	if err := os.WriteFile(folder.File(results.BenchFile), []byte(`{"version": 99}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := folder.Bench(); err == nil || !strings.Contains(err.Error(), "version 99") {
		t.Errorf("a later version: %v", err)
	}
	for _, name := range []string{"01-ladder-100", "../01 ladder"} {
		step, err := folder.CreateStep(name)
		if err != nil || filepath.Dir(step.Path()) != folder.File(results.StepsDir) {
			t.Errorf("%s: %v, %v", name, step, err)
		}
	}
	if _, err := folder.CreateStep("01-ladder-100"); !errors.Is(err, fs.ErrExist) {
		t.Errorf("the same step again: %v", err)
	}
}

func TestSearchesFollowTheirSchema(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join("..", "docs", "bench.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range benches() {
		text, err := b.JSON()
		if err != nil {
			t.Fatal(err)
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if b.Verdict == "" {
			v.(map[string]any)["verdict"], v.(map[string]any)["limit"] = "interrupted", "interrupted"
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
		v.(map[string]any)["verdict"] = "good"
		if schema.Validate(v) == nil {
			t.Errorf("%s: a verdict that does not exist is allowed", name)
		}
	}
}

func benchPage(t testing.TB, dir, name string, b *results.Bench) string {
	t.Helper()
	m := &results.Manifest{
		Seed: 1, Scenario: results.NewScenarioFile("throughput", "", "chanbot: 1"), Command: "bench",
		Options: map[string]string{"pairs": "50", "objective": `["p99(transfer.response) < 100ms",share(signed) > 80%]`},
	}
	var one, two bytes.Buffer
	if err := b.WriteHTML(&one, m); err != nil {
		t.Fatal(err)
	}
	if err := b.WriteHTML(&two, m); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("%s: the same search makes two different pages; %v", name, err)
	}
	path := filepath.Join(dir, name+".html")
	if err := os.WriteFile(path, one.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestASearchIsOneFileThatAsksForNothing(t *testing.T) {
	address := regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//|@import|url\(`)
	for name, b := range benches() {
		text, err := os.ReadFile(benchPage(t, t.TempDir(), name, b))
		if err != nil {
			t.Fatal(err)
		}
		if at := address.Find(text); at != nil {
			t.Errorf("%s asks for something: %s", name, at)
		}
		if strings.Contains(string(text), "<img") || strings.Contains(string(text), "NaN") {
			t.Errorf("%s: the words of a step are no text, or a number is none", name)
		}
		again := `chanbot bench throughput --seed 1 --objective &#39;p99(transfer.response) &lt; 100ms&#39; --objective &#39;share(signed) &gt; 80%&#39; --pairs 50`
		if !strings.Contains(string(text), again) {
			t.Errorf("%s does not say how to search again", name)
		}
		for _, s := range b.Steps {
			if !strings.Contains(string(text), `href="`+s.Folder+`/report.html"`) {
				t.Errorf("%s: no link to step %d", name, s.Number)
			}
		}
	}
}

func TestSearchesInABrowser(t *testing.T) {
	browser := startChromium(t)
	dir := t.ArtifactDir()
	for name, charts := range map[string]string{"found": "3", "limited": "3", "nothing": "0", "stopped": "0", "empty": "0"} {
		path := benchPage(t, dir, name, benches()[name])
		for _, s := range screens {
			p := browser.open(path, s)
			for _, c := range p.complaints() {
				t.Errorf("%s, %s: %s", name, s.name, c)
			}
			if got := p.value(`document.documentElement.dataset.charts`); got != charts {
				t.Errorf("%s, %s: %s charts", name, s.name, got)
			}
			if w := p.value(`document.scrollingElement.scrollWidth`); w != strconv.Itoa(s.width) {
				t.Errorf("%s, %s: %s wide, and the screen %d", name, s.name, w, s.width)
			}
			if got := p.value(`String(window.pwned)`); got != "undefined" {
				t.Errorf("%s, %s: text of a step was executed", name, s.name)
			}
			p.shoot("bench-" + name + "-" + s.name)
			p.close()
		}
	}
	p := browser.open(filepath.Join(dir, "found.html"), screens[0])
	is := func(what, expression, want string) {
		t.Helper()
		if got := p.value(expression); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	is("the line", `document.querySelector('#line').textContent`, benches()["found"].Line)
	is("the lines", `[...document.querySelectorAll('[data-chart=latency] .legend button')].map(b => b.textContent).join()`, "response p99,response p50,service p99,service p50")
	is("the chosen rate", `document.querySelector('tr.chosen .strong').textContent.replaceAll('\u202f', ' ')`, "1240 /s")
	const label = `document.querySelector('[data-chart=achieved] .plot').getAttribute('aria-label')`
	is("what is drawn", label+`.includes('achieved between 100\u202f/s and 1232\u202f/s')`, "true")
	p.value(`document.querySelector('[data-log]').click()`)
	is("no log scale", `document.querySelector('[data-log]').getAttribute('aria-pressed')`, "false")
	p.value(`document.querySelector('[data-chart=achieved] .plot').focus()`)
	for _, kind := range []string{"keyDown", "keyUp"} {
		p.do("Input.dispatchKeyEvent", map[string]any{"type": kind, "key": "End", "code": "End"})
	}
	is("the keys read a chart", `document.querySelector('[data-chart=achieved] .tip.shown b').textContent.replaceAll('\u202f', ' ')`, "1600 /s, did not hold")
	for _, c := range p.complaints() {
		t.Error(c)
	}
}
