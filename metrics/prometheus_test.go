package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"chanbot/outcome"
	"chanbot/results"
)

// going is how far the run of observed is.
func going() *Gauge {
	g := new(Gauge)
	g.Begin(200)
	g.Enter(StageLoad)
	g.EnterPhase(PhaseProgress{Name: "steady", Number: 1, Of: 1, Warmup: true})
	g.Opening.Store(1)
	g.Open.Store(196)
	g.Lost.Store(3)
	g.Waiting.Store(12)
	g.Busy.Store(44)
	return g
}

// observed is a run of 5000 operations that goes on.
func observed(t *testing.T) *Run {
	t.Helper()
	j, err := results.NewJournal(new(file), manifest)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	run := NewRun(Options{Journal: j, Sockets: func() int { return 7 }})
	rng := rand.New(rand.NewPCG(1, 2))
	var r results.OperationRecord
	for n := range 5000 {
		draw(rng, n, &r)
		run.Shard(n).Begin(r.Operation, r.Phase, r.Warmup)
		run.Shard(n).Record(&r)
	}
	run.Shard(0).Begin(outcome.Ping, "", false)
	r = results.OperationRecord{Operation: "no such <operation>", Outcome: outcome.Outcome{Kind: outcome.Done}}
	run.Shard(0).Begin(r.Operation, "", false)
	run.Shard(0).Record(&r)
	run.Tick(5 * time.Second)
	return run
}

func TestTheEndpointTellsWhatTheSummaryHolds(t *testing.T) {
	run := observed(t)
	h, err := Handler(run, going())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	body := w.Body.String()
	for _, want := range []string{
		`chanbot_attempts_total{operation="ping",warmup="false"} 1`,
		`chanbot_outcomes_total{operation="other",outcome="done",warmup="false"} 1`,
		`chanbot_operations_under_way 1`, `chanbot_sockets 7`, `chanbot_journal_lost_total 0`, `go_goroutines `,
		"chanbot_pairs 200", `chanbot_channels{state="opening"} 1`, `chanbot_channels{state="open"} 196`, `chanbot_channels{state="lost"} 3`,
		`chanbot_queue{state="waiting"} 12`, `chanbot_queue{state="busy"} 44`,
		`chanbot_stage{stage="load"} 1`, `chanbot_stage{stage="drain"} 0`, `chanbot_stage{stage="over"} 0`, "chanbot_warmup 1",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not told", want)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

// Only so many violations are kept, and all of them are counted.
func TestAllViolationsAreCounted(t *testing.T) {
	run := observed(t)
	const broken = maxViolations + 7
	for range broken {
		run.Violation(results.Violation{Rule: "round"})
	}
	run.Violation(results.Violation{Rule: "balance"})
	h, err := Handler(run, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if want := "chanbot_violations_total 1008"; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s is not told", want)
	}
	if r := run.recent(time.Second); r.violations != broken+1 || r.rule != "balance" {
		t.Errorf("the live view shows %d violations, the last of %s", r.violations, r.rule)
	}
	if n := len(run.Summary().Violations); n != maxViolations {
		t.Errorf("%d violations are kept", n)
	}
}

// Whoever scrapes pays for every series, so their number may not grow with the
// run.
func TestTheNumberOfSeriesIsBounded(t *testing.T) {
	run := NewRun(Options{Shards: 1})
	count := func() (n int) {
		reg := prometheus.NewRegistry()
		reg.MustRegister(NewCollector(run, going()))
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			n += len(f.GetMetric())
		}
		return n
	}
	round := func(n int) {
		for i := range n {
			r := results.OperationRecord{Operation: outcome.Operation(fmt.Sprintf("made up %d", i)), Phase: fmt.Sprint("phase ", i), Done: time.Millisecond, Outcome: outcome.Outcome{Kind: outcome.Done, Code: i}}
			run.Shard(0).Begin(r.Operation, r.Phase, false)
			run.Shard(0).Record(&r)
		}
		run.Tick(time.Second)
	}
	round(1)
	before := count()
	round(100)
	if after := count(); after != before {
		t.Errorf("%d series after one operation, %d after a hundred more", before, after)
	}
}

func TestNativeHistogramsHaveTheQuantilesOfTheSummary(t *testing.T) {
	run := observed(t)
	reg := prometheus.NewRegistry()
	reg.MustRegister(NewCollector(run, nil))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	want := run.Summary().Operations["transfer"].Response
	found := false
	for _, f := range families {
		if f.GetName() != "chanbot_operation_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range m.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if labels["operation"] != "transfer" || labels["clock"] != "response" {
				continue
			}
			found = true
			h := m.GetHistogram()
			if int64(h.GetSampleCount()) != want.Count || math.Abs(h.GetSampleSum()*1e6/float64(want.Count)-want.MeanUS) > 1e-6*want.MeanUS {
				t.Errorf("%d samples, sum %v; want %+v", h.GetSampleCount(), h.GetSampleSum(), want)
			}
			var seen, count int64
			index, delta := int32(0), 0
			p99 := 0.0
			for _, span := range h.GetPositiveSpan() {
				index += span.GetOffset()
				for range span.GetLength() {
					count += h.GetPositiveDelta()[delta]
					delta++
					if before := seen; float64(before) < 0.99*float64(want.Count) && float64(before+count) >= 0.99*float64(want.Count) {
						p99 = math.Exp2(float64(index)/(1<<nativeSchema)) * 1e6
					}
					seen += count
					index++
				}
			}
			if p99 < want.P99US || p99 > want.P99US*1.05 {
				t.Errorf("p99 is in the bucket up to %v µs, the summary has %v", p99, want.P99US)
			}
		}
	}
	if !found {
		t.Error("no histogram of the response times of transfers")
	}
}

func TestTheDashboardShowsWhatThereIs(t *testing.T) {
	b, err := os.ReadFile("../docs/grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	if !json.Valid(b) {
		t.Fatal("the dashboard is no JSON")
	}
	reg := prometheus.NewRegistry()
	reg.MustRegister(NewCollector(observed(t), going()))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range families {
		known[f.GetName()] = true
	}
	page, err := os.ReadFile("../docs/progress.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for _, name := range regexp.MustCompile(`chanbot_[a-z0-9_]+`).FindAllString(string(b), -1) {
		if shown[name] = true; !known[name] {
			t.Errorf("the dashboard shows %s, which there is not", name)
		}
	}
	for name := range known {
		if !shown[name] {
			t.Errorf("the dashboard does not show %s", name)
		}
		if !strings.Contains(string(page), "| `"+name+"` |") {
			t.Errorf("docs/progress.md does not name %s", name)
		}
	}
}
