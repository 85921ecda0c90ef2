package metrics

import (
	"encoding/json"
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
	h, err := Handler(run)
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
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%s is not told", want)
		}
	}
	if t.Failed() {
		t.Log(body)
	}
}

func TestNativeHistogramsHaveTheQuantilesOfTheSummary(t *testing.T) {
	run := observed(t)
	reg := prometheus.NewRegistry()
	reg.MustRegister(NewCollector(run))
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
	reg.MustRegister(NewCollector(observed(t)))
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, f := range families {
		known[f.GetName()] = true
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
	}
}
