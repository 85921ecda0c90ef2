package metrics

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"chanbot/outcome"
	"chanbot/results"
)

// file is a journal in memory.
type file struct{ bytes.Buffer }

func (f *file) Close() error { return nil }

var manifest = results.Manifest{
	Version: results.ManifestVersion, Chanbot: "1.2.3", Seed: 7, Scenario: results.NewScenarioFile("mixed", "", "chanbot: 1"),
	Node: "embedded", NetworkID: "ae_dev", Started: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Pairs: 200,
	Thresholds: []string{"p99(transfer.response) < 50ms", "rate(signed) > 1/s"},
}

var limits = []Threshold{
	{Text: "p99(transfer.response) < 50ms", Func: "quantile", Quantile: .99, Operation: outcome.Transfer, Op: "<", Limit: 50e6},
	{Text: "rate(signed) > 1/s", Func: "rate", Kind: outcome.Signed, Op: ">", Limit: 1, Last: 2 * time.Second},
}

// played returns the summary and the journal of a run of n operations.
func played(t testing.TB, n int) (*results.Summary, []byte) {
	t.Helper()
	f := new(file)
	j, err := results.NewJournal(f, manifest)
	if err != nil {
		t.Fatal(err)
	}
	run := NewRun(Options{Manifest: manifest, Journal: j, Shards: 4, Sockets: func() int { return 400 }})
	rng := rand.New(rand.NewPCG(1, 2))
	var r results.OperationRecord
	run.Mark(results.PhaseMark{Phase: "steady", What: results.MarkWarmup})
	for i := range n {
		switch i {
		case 300:
			run.Mark(results.PhaseMark{TUS: 300_000, Phase: "steady", What: results.MarkMeasure})
		case 2001:
			run.Mark(results.PhaseMark{TUS: 2_005_000, Phase: "steady", What: results.MarkEnd})
			run.Mark(results.PhaseMark{TUS: 2_006_000, Phase: "late", What: results.MarkMeasure})
		}
		draw(rng, i, &r)
		s := run.Shard(r.Pair)
		s.Late(time.Duration(rng.IntN(300))*time.Microsecond, false)
		s.Begin(r.Operation, r.Phase, r.Warmup)
		s.Record(&r)
		if i%1000 == 999 {
			run.Tick(r.Due)
		}
	}
	for _, took := range []int64{0, 400_000} {
		run.TimeMark(results.TimeMark{TUS: 1_000_000, TookUS: took, Kind: results.KindFault, Text: "the node is silent"})
	}
	run.Violation(results.Violation{Pair: 3, Role: outcome.Responder, Rule: "round", Expected: "8", Got: "9"})
	end := results.End{TUS: r.Done.Microseconds() + 10_000, Pairs: 200, Verdict: results.Failed, Checks: []results.Check{{Step: 1, Expected: "signed", Got: "signed", Passed: true}}}
	end.Problem, end.Steps = "the node is gone", []results.StepReport{{Index: 1, Label: "open", Outcome: outcome.Outcome{Kind: outcome.Signed, Round: 1}, Passed: true, Took: time.Second, Saw: map[string][]string{"initiator": {"update"}}}}
	for _, l := range run.Judge(r.Done, limits) {
		end.Thresholds = append(end.Thresholds, l.Summary())
	}
	run.Mark(results.PhaseMark{TUS: end.TUS, Phase: "late", What: results.MarkEnd})
	run.End(end)
	if err := j.Close(); err != nil || j.Lost() > 0 {
		t.Fatalf("%v, %d lost", err, j.Lost())
	}
	s := run.Summary()
	if err := s.CheckSums(); err != nil {
		t.Fatal(err)
	}
	return s, f.Bytes()
}

func TestTheSummaryIsRebuiltFromTheJournal(t *testing.T) {
	want, journal := played(t, 6000)
	var hlog bytes.Buffer
	rep, err := Rebuild(bytes.NewReader(journal), RebuildOptions{HistogramLog: &hlog})
	if err != nil || !rep.Missing.Complete() {
		t.Fatalf("%v, missing %q", err, rep.Missing.Lines())
	}
	wantJSON, _ := want.JSON()
	gotJSON, _ := rep.Summary.JSON()
	if diff := cmp.Diff(string(wantJSON), string(gotJSON)); diff != "" {
		t.Errorf("summary (-run +rebuilt):\n%s", diff)
	}
	if want.Operations["transfer"].Response.Count == 0 || want.Generator.LateP99US == 0 || len(want.Operations["transfer"].Stages) != 2 || len(want.Phases) != 2 {
		t.Errorf("the run says too little: %s", wantJSON)
	}

	merged := hdrhistogram.New(lowestUS, highestUS, totalDigits)
	lines := 0
	err = results.ReadHistogramLog(&hlog, func(h results.IntervalHistogram) {
		lines++
		if h.Tag == "transfer.response" {
			h.Histogram.MergeInto(merged)
		}
	})
	l := want.Operations["transfer"].Response
	if err != nil || merged.TotalCount() != l.Count || float64(merged.ValueAtPercentile(99)) != l.P99US {
		t.Errorf("%d lines, %d times, p99 %d; the summary has %+v; %v", lines, merged.TotalCount(), merged.ValueAtPercentile(99), l, err)
	}
	var ended, signed int64
	for _, p := range rep.Series {
		if p.Operation == results.AllOperations {
			ended += p.Ended
			signed += p.Outcomes[outcome.Signed]
		}
	}
	if ended != 6000 || signed == 0 || len(rep.Marks) != 5 || len(rep.Generator) != 7 || len(rep.Curves) != 9 {
		t.Errorf("%d ended, %d signed, %d marks, %d samples, %d curves", ended, signed, len(rep.Marks), len(rep.Generator), len(rep.Curves))
	}
	if rep.Problem != "the node is gone" || len(rep.Steps) != 1 || rep.Steps[0].Took != time.Second || rep.Steps[0].Outcome.Kind != outcome.Signed || len(rep.Steps[0].Saw["initiator"]) != 1 {
		t.Errorf("problem %q, steps %+v", rep.Problem, rep.Steps)
	}
	var due int64
	for _, p := range rep.Due {
		if p.Operation != results.AllOperations {
			due += p.Count
		}
	}
	if first := rep.Due[0]; due != 6000 || first.Second != 0 || first.Operation != results.AllOperations || first.Count != 1000 {
		t.Errorf("%d were due in all, first %+v", due, first)
	}
	if diff := cmp.Diff([]results.TimeMark{{TUS: 1_000_000, TookUS: 400_000, Kind: results.KindFault, Text: "the node is silent"}}, rep.TimeMarks); diff != "" {
		t.Errorf("time marks (-want +got):\n%s", diff)
	}
	for _, c := range rep.Curves {
		if end := c.Points[len(c.Points)-1]; end.Quantile != 1 || !slices.IsSortedFunc(c.Points, func(a, b results.CurvePoint) int {
			if a.US < b.US && a.Quantile < b.Quantile {
				return -1
			}
			return 1
		}) {
			t.Errorf("%s %s: %v", c.Operation, c.Clock, c.Points)
		}
	}
}

func TestAReportIsMadeFromAnyPartOfAJournal(t *testing.T) {
	_, small := played(t, 30)
	_, large := played(t, 5000)
	check := func(b []byte, n int) {
		var hlog bytes.Buffer
		o := RebuildOptions{Thresholds: func([]string) []Threshold { return limits }}
		if n%20 == 0 { // it is slow to write
			o.HistogramLog = &hlog
		}
		rep, err := Rebuild(bytes.NewReader(b[:n]), o)
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if err := rep.Summary.CheckSums(); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		complete := n == len(b)
		if rep.Missing.Complete() != complete || !complete && rep.Summary.Verdict == results.Passed {
			t.Fatalf("cut at %d of %d: verdict %s, missing %q", n, len(b), rep.Summary.Verdict, rep.Missing.Lines())
		}
		if text := rep.Render(results.Style{}); !complete && !strings.Contains(text, "missing") {
			t.Fatalf("cut at %d: the report does not say what is missing:\n%s", n, text)
		}
		if err := results.ReadHistogramLog(&hlog, func(results.IntervalHistogram) {}); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		if _, err := rep.Summary.JSON(); err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	for n := range len(small) + 1 {
		check(small, n)
	}
	rng := rand.New(rand.NewPCG(9, 9))
	for range 60 {
		check(large, rng.IntN(len(large)+1))
	}
	check(large, len(large))
}

func BenchmarkRebuild(b *testing.B) {
	_, journal := played(b, 100_000)
	for b.Loop() {
		if _, err := Rebuild(bytes.NewReader(journal), RebuildOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100_000, "ns/operation")
}
