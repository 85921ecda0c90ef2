package metrics

import (
	"testing"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// TestCountsOnly: a run without times counts the same as one with them, and
// allocates no distribution.
func TestCountsOnly(t *testing.T) {
	play := func(r *Run) *results.Summary {
		for i := range 10 {
			s := r.Shard(i)
			s.Begin(outcome.Transfer, "", i == 0)
			s.Late(time.Millisecond, i == 0)
			kind := outcome.Signed
			if i == 9 {
				kind = outcome.Conflict
			}
			s.Record(&results.OperationRecord{
				Operation: outcome.Transfer, Warmup: i == 0, Sent: time.Second, Done: 2 * time.Second,
				Outcome: outcome.Outcome{Kind: kind}, Stages: []results.Stage{{Name: "update", Took: time.Second}},
			})
		}
		r.Tick(time.Second)
		r.End(results.End{TUS: 2_000_000, Verdict: results.Passed})
		return r.Summary()
	}
	bare, full := play(NewRun(Options{CountsOnly: true})), play(NewRun(Options{}))
	if err := bare.CheckSums(); err != nil {
		t.Error(err)
	}
	for _, kind := range []outcome.Kind{outcome.Signed, outcome.Conflict} {
		if n, want := bare.Outcomes[kind.String()], full.Outcomes[kind.String()]; n != want || n == 0 {
			t.Errorf("%d %s, want %d", n, kind, want)
		}
	}
	if bare.Attempts != full.Attempts || bare.Warmup != full.Warmup || bare.Throughput != full.Throughput {
		t.Errorf("attempts %d, warm-up %+v, throughput %+v; want %d, %+v, %+v", bare.Attempts, bare.Warmup, bare.Throughput, full.Attempts, full.Warmup, full.Throughput)
	}
	op := bare.Operations["transfer"]
	if op.Attempts != 9 || op.Response != (results.Latency{}) || op.Stages != nil || bare.Generator.LateP99US != 0 {
		t.Errorf("times are kept: %+v", op)
	}
	if full.Operations["transfer"].Stages["update"].Count != 9 || full.Generator.LateP99US == 0 {
		t.Errorf("no times are kept: %+v", full.Operations["transfer"])
	}
}

// BenchmarkShortRun is what measuring a run of ten operations costs.
func BenchmarkShortRun(b *testing.B) {
	for name, o := range map[string]Options{"times": {}, "counts": {CountsOnly: true}} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := NewRun(o)
				for _, op := range []outcome.Operation{outcome.Open, outcome.Transfer, outcome.Deposit, outcome.Stop} {
					r.Shard(0).Begin(op, "", false)
					r.Shard(0).Record(&results.OperationRecord{Operation: op, Sent: time.Second, Done: 2 * time.Second, Outcome: outcome.Outcome{Kind: outcome.Signed}})
				}
				r.Tick(time.Second)
				r.Summary()
			}
		})
	}
}
