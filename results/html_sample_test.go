package results_test

import (
	"bytes"
	"container/heap"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
)

// memory is a file in memory.
type memory struct{ bytes.Buffer }

func (m *memory) Close() error { return nil }

const sampleScenario = `chanbot: 1
name: mixed-load
load:
  pairs: 200
  setup: {rate: 20/s, in_flight: 10}
  phases:
    - name: steady
      arrivals: {rate: 400/s, process: poisson}
      warmup: 10s
      duration: 30s
      mix:
        - {weight: 95, do: {initiator: {transfer: 1}}}
        - {weight: 4, do: {both: {transfer: 1}}, expect: conflict}
        - {weight: 1, do: {initiator: {message: "<b>ping</b> </script>"}}}
    - name: peak
      arrivals: {rate: 800/s}
      duration: 15s
thresholds:
  - p99(transfer.response) < 50ms
  - share(signed) > 80%
`

// simulated is a run under load that never was: an open model over pairs that
// take one operation at a time, against a node that may freeze.
type simulated struct {
	pairs    int
	rate     float64 // arrivals a second, twice of that in the last quarter
	length   time.Duration
	warmup   time.Duration
	freeze   time.Duration // from the middle on
	verdict  results.Verdict
	violated bool
	late     float64 // of the generator, µs
	limits   []metrics.Threshold
}

// pending operations are recorded in the order in which they end.
type pending []results.OperationRecord

func (p pending) Len() int           { return len(p) }
func (p pending) Less(i, j int) bool { return p[i].Done < p[j].Done }
func (p pending) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }
func (p *pending) Push(x any)        { *p = append(*p, x.(results.OperationRecord)) }
func (p *pending) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}

func (s *simulated) manifest() results.Manifest {
	m := results.Manifest{
		Version: results.ManifestVersion, Chanbot: "0.4.0", Seed: 4711, Scenario: results.NewScenarioFile("mixed-load", "scenarios/mixed load.yaml", sampleScenario),
		Node: "ws://127.0.0.1:3014", NetworkID: "ae_dev", Started: time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC), Pairs: s.pairs,
		Host:    results.Host{Name: "loader", OS: "linux", Arch: "amd64", CPUs: 8, Procs: 4, Go: "go1.26.0"},
		Command: "run", Options: map[string]string{"node": "ws://127.0.0.1:3014", "pairs": fmt.Sprint(s.pairs), "set": "[amount=1,note=a b]"},
	}
	m.Plan = s.plan()
	for _, l := range s.limits {
		m.Thresholds = append(m.Thresholds, l.Text)
	}
	return m
}

func (s *simulated) plan() *results.RunPlan {
	return &results.RunPlan{
		Setup: "20/s, at most 10 in flight", Teardown: "closing by mutual consent",
		Phases: []results.PlannedPhase{
			{Name: "steady", Arrivals: "400/s poisson", WarmupS: s.warmup.Seconds(), DurationS: s.length.Seconds() * 3 / 4, Count: 12_000, WarmupCount: 4000, Mix: []string{"95 % initiator: transfer 1", "4 % both: transfer 1", "1 % initiator: message"}},
			{Name: "peak", Arrivals: "800/s", DurationS: s.length.Seconds() / 4, Count: 8000, Mix: []string{"initiator: transfer 1"}},
		},
	}
}

// journal plays the run and returns its journal.
func (s *simulated) journal(t testing.TB) []byte {
	t.Helper()
	f := new(memory)
	j, err := results.NewJournal(f, s.manifest())
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	sockets := 0
	run := metrics.NewRun(metrics.Options{Manifest: s.manifest(), Journal: j, Shards: 1, Sockets: func() int { return sockets }})
	shard := run.Shard(0)
	second := time.Second
	var ends pending
	drain := func(now time.Duration) {
		for len(ends) > 0 && ends[0].Done <= now || second <= now {
			if len(ends) == 0 || ends[0].Done > second {
				shard.Late(time.Duration((s.late+40*rng.ExpFloat64())*1e3), false)
				run.Tick(second)
				second += time.Second
				continue
			}
			r := heap.Pop(&ends).(results.OperationRecord)
			shard.Record(&r)
		}
	}
	add := func(r results.OperationRecord) {
		drain(r.Due)
		shard.Begin(r.Operation, r.Phase, r.Warmup)
		shard.Late(time.Duration((s.late+40*rng.ExpFloat64())*1e3), false)
		heap.Push(&ends, r)
	}

	setup := time.Duration(s.pairs) * 20 * time.Millisecond
	for p := range s.pairs {
		sockets = 2 * (p + 1)
		due := time.Duration(p) * 20 * time.Millisecond
		took := time.Duration(250e6 + 60e6*rng.ExpFloat64())
		r := results.OperationRecord{Due: due, Sent: due, Done: due + took, Pair: p, Operation: outcome.Open, Outcome: outcome.Outcome{Kind: outcome.Signed}}
		for _, role := range []string{"initiator", "responder"} {
			r.Stages = append(r.Stages, results.Stage{Name: role + "_connect", Took: took / 40}, results.Stage{Name: role + "_fsm_up", Took: took / 9},
				results.Stage{Name: role + "_accept", Took: took / 7}, results.Stage{Name: role + "_sign_request", Took: took / 6}, results.Stage{Name: role + "_open", Took: took / 3})
		}
		add(r)
	}
	start := setup + time.Second
	free := make([]time.Duration, s.pairs)
	frozen, thawed := start+s.length/2, start+s.length/2+s.freeze
	if s.freeze > 0 {
		run.TimeMark(results.TimeMark{TUS: frozen.Microseconds(), TookUS: s.freeze.Microseconds(), Kind: results.KindFault, Text: "node silent"})
		run.TimeMark(results.TimeMark{TUS: (thawed + 2*time.Second).Microseconds(), Kind: "node", Text: "restarted"})
	}
	phase, warm := "steady", s.warmup > 0
	what := results.MarkMeasure
	if warm {
		what = results.MarkWarmup
	}
	run.Mark(results.PhaseMark{TUS: start.Microseconds(), Phase: phase, What: what})
	last := start
	for due := start; due < start+s.warmup+s.length; {
		rate := s.rate
		since := due - start - s.warmup
		if warm && since >= 0 {
			warm = false
			run.Mark(results.PhaseMark{TUS: due.Microseconds(), Phase: phase, What: results.MarkMeasure})
		}
		if since >= s.length*3/4 {
			rate *= 2
			if phase == "steady" {
				run.Mark(results.PhaseMark{TUS: due.Microseconds(), Phase: phase, What: results.MarkEnd})
				phase = "peak"
				run.Mark(results.PhaseMark{TUS: due.Microseconds(), Phase: phase, What: results.MarkMeasure})
			}
		}
		pair := rng.IntN(s.pairs)
		sent := max(due, free[pair])
		took := time.Duration(4e6 * math.Exp(.45*rng.NormFloat64()))
		if sent < thawed && sent+took > frozen && s.freeze > 0 {
			took += thawed - max(sent, frozen)
		}
		r := results.OperationRecord{Due: due, Sent: sent, Done: sent + took, Pair: pair, Role: outcome.Initiator, Operation: outcome.Transfer, Phase: phase, Warmup: warm}
		r.Outcome = outcome.Outcome{Kind: outcome.Signed, Round: uint64(pair)}
		r.Stages = []results.Stage{{Name: "sign_request", Took: took * 2 / 7}, {Name: "peer_sign_request", Took: took * 2 / 7}, {Name: "update", Took: took * 2 / 7}}
		switch n := rng.IntN(100); {
		case n == 0:
			r.Operation, r.Outcome, r.Stages = outcome.Message, outcome.Outcome{Kind: outcome.Done}, []results.Stage{{Name: "delivery", Took: took}}
		case n < 5:
			r.Outcome, r.Stages = outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode}, nil
		case n < 7 && s.freeze > 0 && sent > frozen && sent < thawed:
			r.Outcome, r.Stages = outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByNode}, nil
		}
		free[pair] = r.Done
		last = max(last, r.Done)
		add(r)
		due += time.Duration(rng.ExpFloat64() / rate * float64(time.Second))
	}
	drain(last + time.Millisecond)
	run.Mark(results.PhaseMark{TUS: last.Microseconds(), Phase: phase, What: results.MarkEnd})
	if s.violated {
		for i := range 3 {
			run.Violation(sampleViolation(i))
		}
	}
	end := results.End{TUS: last.Microseconds() + 100_000, Pairs: s.pairs, Verdict: s.verdict}
	for _, l := range run.Judge(last, s.limits) {
		end.Thresholds = append(end.Thresholds, l.Summary())
	}
	if s.violated {
		end.Checks = []results.Check{
			{Step: 1, Expected: "signed", Got: "signed", Passed: true},
			{Step: 2, Side: "responder", Expected: "conflict 42", Got: "conflict 2 by node"},
		}
	}
	sockets = 0
	run.End(end)
	if err := j.Close(); err != nil || j.Lost() > 0 {
		t.Fatalf("%v, %d lost", err, j.Lost())
	}
	return f.Bytes()
}

// report plays the run and rebuilds its report from a share of the journal.
func (s *simulated) report(t testing.TB, part float64) *results.RunReport {
	t.Helper()
	b := s.journal(t)
	rep, err := metrics.Rebuild(bytes.NewReader(b[:int(part*float64(len(b)))]), metrics.RebuildOptions{Thresholds: func([]string) []metrics.Threshold { return s.limits }})
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func sampleViolation(i int) results.Violation {
	frame := func(ms float64, side, dir, text string) results.ViolationFrame {
		return results.ViolationFrame{TMS: 18_000 + ms, Side: side, Dir: dir, Frame: json.RawMessage(text)}
	}
	tx := "tx_" + strings.Repeat("+JsLAfiEQrhA", 30)
	v := results.Violation{
		Pair: 17 + i, Role: outcome.Responder, Rule: "round", Expected: "round 8, one more than the last co-signed state", Got: "round 9",
		Frames: []results.ViolationFrame{
			frame(0.1, "initiator", results.DirOut, `{"jsonrpc":"2.0","method":"channels.update.new","params":{"amount":1,"from":"ak_a","to":"ak_b"}}`),
			frame(0.812, "initiator", results.DirIn, `{"jsonrpc":"2.0","method":"channels.sign.update","params":{"channel_id":"ch_x","data":{"signed_tx":"`+tx+`","updates":[{"amount":1,"from":"ak_a","op":"OffChainTransfer","to":"ak_b"}]}},"version":1}`),
			frame(1.4, "initiator", results.DirOut, `{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":"`+tx+`"}}`),
			frame(2.2, "responder", results.DirIn, `{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":"ch_x","data":{"event":"update"}},"version":1}`),
			frame(2.3, "responder", results.DirIn, `{"jsonrpc":"2.0","method":"channels.sign.update_ack","params":{"channel_id":"ch_x","data":{"signed_tx":"`+tx+`"}},"version":1}`),
			frame(2.9, "responder", results.DirOut, `{"jsonrpc":"2.0","id":7,"method":"channels.update_ack","params":{"signed_tx":"`+tx+`"}}`),
			frame(3.3, "initiator", results.DirIn, `{"id":7,"jsonrpc":"2.0","result":"ok","version":1}`),
			frame(3.5, "responder", results.DirIn, `{"jsonrpc":"2.0","method":"channels.update","params":{"channel_id":"ch_x","data":{"state":"`+tx+`"}},"version":1}`),
		},
	}
	if i == 1 {
		v.Rule, v.Role, v.Expected, v.Got = "answer", outcome.NoRole, "exactly one answer to each request with an id", "two answers to id 7"
	}
	return v
}

var sampleLimits = []metrics.Threshold{
	{Text: "p99(transfer.response) < 50ms", Func: "quantile", Quantile: .99, Operation: outcome.Transfer, Op: "<", Limit: 50e6},
	{Text: "share(signed) > 80%", Func: "share", Kind: outcome.Signed, Op: ">", Limit: .8},
	{Text: "count(violation) == 0", Func: "count", Kind: outcome.Violation, Op: "=="},
	{Text: "rate(signed) >= 300/s", Func: "rate", Kind: outcome.Signed, Op: ">=", Limit: 300},
	{Text: "p9999(message.response) < 1s", Func: "quantile", Quantile: .9999, Operation: outcome.Message, Op: "<", Limit: 1e9},
}

var sampled struct {
	once    sync.Once
	reports map[string]*results.RunReport
}

// samples are reports of every kind, which nobody may change.
func samples(t testing.TB) map[string]*results.RunReport {
	t.Helper()
	sampled.once.Do(func() { sampled.reports = makeSamples(t) })
	if sampled.reports == nil {
		t.Fatal("there are no samples")
	}
	return sampled.reports
}

func makeSamples(t testing.TB) map[string]*results.RunReport {
	t.Helper()
	healthy := simulated{pairs: 200, rate: 400, length: 60 * time.Second, warmup: 10 * time.Second, verdict: results.Passed, limits: sampleLimits[:4]}
	failed := simulated{pairs: 200, rate: 400, length: 40 * time.Second, warmup: 5 * time.Second, freeze: 5 * time.Second, verdict: results.Failed, violated: true, limits: sampleLimits}
	cut := failed
	cut.violated, cut.freeze = false, 0
	late := healthy
	late.length, late.late, late.verdict = 12*time.Second, 83_000, results.Invalid
	empty := results.RunReport{
		Manifest: healthy.manifest(),
		Summary:  &results.Summary{Scenario: "mixed-load", Seed: 4711, Node: "embedded", NetworkID: "ae_dev", Verdict: results.Interrupted, Chanbot: "0.4.0", Pairs: 200},
		Missing:  results.Missing{End: true, After: 1200 * time.Millisecond},
	}
	return map[string]*results.RunReport{
		"healthy": healthy.report(t, 1), "failed": failed.report(t, 1), "interrupted": cut.report(t, .7),
		"invalid": late.report(t, 1), "empty": &empty, "steps": stepsReport(), "nothing": {Summary: &results.Summary{}},
	}
}

func stepsReport() *results.RunReport {
	signed := outcome.Outcome{Kind: outcome.Signed, Round: 2}
	steps := []results.StepReport{
		{Index: 1, Label: "open until channel_changed", Outcome: signed, Passed: true, Took: 20500 * time.Microsecond},
		{Index: 2, Label: "initiator: message Hello", Outcome: outcome.Outcome{Kind: outcome.Done}, Passed: true, Took: 1200 * time.Microsecond},
		{Index: 3, Label: "both: transfer 1", Outcome: outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode}, Passed: true, Took: 4300 * time.Microsecond},
		{Index: 4, Label: "initiator: transfer 1", Outcome: outcome.Outcome{Kind: outcome.Conflict, Code: 42, By: outcome.ByResponder}, Expected: "signed", Took: 7090 * time.Microsecond,
			Problems: []string{"the responder must not see update"},
			Saw:      map[string][]string{"initiator": {"sign.update", "result ok", "conflict 42"}, "responder": {"info update", "sign.update_ack", "info aborted_update"}}},
		{Index: 5, Label: "initiator: stop", Skipped: true, Outcome: outcome.Outcome{Kind: outcome.Cancelled}},
	}
	text := "chanbot: 1\nname: refused\nsteps:\n  - open:\n  - initiator: {transfer: 1}\n"
	lat := results.Latency{Count: 2, MeanUS: 5000, P50US: 4300, P90US: 7090, P99US: 7090, P999US: 7090, MaxUS: 7090}
	return &results.RunReport{
		Manifest: results.Manifest{Chanbot: "0.4.0", Seed: 1, Scenario: results.NewScenarioFile("refused", "", text), Node: "embedded", NetworkID: "ae_dev", Host: results.Host{OS: "linux", Arch: "amd64", CPUs: 2, Procs: 2, Go: "go1.26.0"}, Command: "run"},
		Summary: &results.Summary{
			Chanbot: "0.4.0", Scenario: "refused", Seed: 1, Node: "embedded", NetworkID: "ae_dev", Verdict: results.Failed, Pairs: 1, DurationS: .0302,
			Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Attempts: 5, Outcomes: results.Counts{"signed": 1, "done": 1, "conflict": 3},
			Operations: map[string]results.Operation{
				"open":     {Attempts: 1, Outcomes: results.Counts{"signed": 1}, Response: lat, Service: lat},
				"message":  {Attempts: 1, Outcomes: results.Counts{"done": 1}, Response: lat, Service: lat},
				"transfer": {Attempts: 3, Outcomes: results.Counts{"conflict": 3}, Response: lat, Service: lat, Stages: map[string]results.Latency{"sign_request": lat}},
			},
			Checks: []results.Check{
				{Step: 1, Expected: "signed", Got: "signed", Passed: true}, {Step: 3, Expected: "conflict 2", Got: "conflict 2 by node", Passed: true},
				{Step: 4, Side: "", Expected: "signed", Got: "conflict 42 by responder"},
			},
		},
		Steps: steps,
	}
}
