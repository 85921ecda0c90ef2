package metrics

import (
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// ended returns a run of 200 transfers that took 1 to 200 ms, every tenth a
// conflict, over 10 s.
func ended() *Run {
	run := NewRun(Options{Shards: 2})
	for i := range 200 {
		r := results.OperationRecord{Operation: outcome.Transfer, Done: time.Duration(i+1) * time.Millisecond, Outcome: outcome.Outcome{Kind: outcome.Signed}}
		if i%10 == 0 {
			r.Outcome.Kind = outcome.Conflict
		}
		run.Shard(i).Begin(r.Operation, "", false)
		run.Shard(i).Record(&r)
	}
	warm := results.OperationRecord{Operation: outcome.Transfer, Warmup: true, Outcome: outcome.Outcome{Kind: outcome.Violation}}
	run.Shard(0).Begin(warm.Operation, "", true)
	run.Shard(0).Record(&warm)
	return run
}

func TestThresholdsAreJudged(t *testing.T) {
	transfer := Threshold{Operation: outcome.Transfer, Op: "<"}
	of := func(f func(*Threshold)) Threshold { c := transfer; f(&c); return c }
	for name, c := range map[string]struct {
		Threshold
		state State
		value float64
	}{
		"p50":                 {of(func(c *Threshold) { c.Func, c.Quantile, c.Limit = "quantile", .5, 101e6 }), Holds, 100.031e6},
		"p99 is broken":       {of(func(c *Threshold) { c.Func, c.Quantile, c.Limit = "quantile", .99, 100e6 }), Broken, 198.015e6},
		"p99.9 needs 1000":    {of(func(c *Threshold) { c.Func, c.Quantile, c.Limit = "quantile", .999, 1e9 }), TooFew, 0},
		"p100 is the maximum": {of(func(c *Threshold) { c.Func, c.Quantile, c.Limit = "quantile", 1, 1e9 }), Holds, 200e6},
		"max":                 {of(func(c *Threshold) { c.Func, c.Op, c.Limit = "max", "==", 200e6 }), Holds, 200e6},
		"min":                 {of(func(c *Threshold) { c.Func, c.Op, c.Limit = "min", "!=", 1e6 }), Broken, 1e6},
		"mean":                {of(func(c *Threshold) { c.Func, c.Limit = "mean", 1e9 }), Holds, 100.5e6},
		"wait":                {of(func(c *Threshold) { c.Func, c.Clock, c.Op = "max", outcome.Waiting, "<=" }), Holds, 0},
		"share":               {Threshold{Func: "share", Kind: outcome.Signed, Op: ">=", Limit: .9}, Holds, .9},
		"share of nothing":    {Threshold{Func: "share", Operation: outcome.Ping, Kind: outcome.Done, Op: ">=", Limit: .9}, TooFew, 0},
		"count":               {Threshold{Func: "count", Kind: outcome.Conflict, Op: "==", Limit: 20}, Holds, 20},
		"count of nothing":    {Threshold{Func: "count", Operation: outcome.Ping, Kind: outcome.Done, Op: "==", Limit: 0}, Holds, 0},
		"the warm-up":         {Threshold{Func: "count", Kind: outcome.Violation, Op: "==", Limit: 0}, Holds, 0},
		"rate":                {Threshold{Func: "rate", Kind: outcome.Signed, Op: ">", Limit: 18}, Broken, 18},
		"all operations":      {Threshold{Func: "max", Op: "<", Limit: 201e6}, Holds, 200e6},
		"no times":            {Threshold{Func: "mean", Operation: outcome.Ping, Op: "<", Limit: 1}, TooFew, 0},
		"an unknown operator": {Threshold{Func: "count", Kind: outcome.Conflict, Op: "~"}, Broken, 20},
	} {
		got := ended().Judge(10*time.Second, []Threshold{c.Threshold})[0]
		if got.State != c.state || got.Value < c.value*0.999 || got.Value > c.value*1.001 {
			t.Errorf("%s: %s, value %v; want %s, %v", name, got.State, got.Value, c.state, c.value)
		}
		s := got.Summary()
		if s.Passed != (c.state == Holds) || strings.HasPrefix(s.Problem, "not enough samples") != (c.state == TooFew) {
			t.Errorf("%s: %+v", name, s)
		}
	}
}

func TestANumberOfSamplesIsNeeded(t *testing.T) {
	for q, want := range map[float64]int64{0.5: 2, 0.9: 10, 0.95: 20, 0.99: 100, 0.999: 1000, 0.9999: 10_000, 1: 1} {
		c := Threshold{Func: "quantile", Quantile: q}
		if got := c.needed(); got != want {
			t.Errorf("p%v needs %d samples, want %d", q*100, got, want)
		}
	}
}

func TestARunWithoutPhasesIsJudgedFromItsStart(t *testing.T) {
	run := ended()
	if got := run.judged(3 * time.Second); got != 3*time.Second {
		t.Errorf("%v", got)
	}
	for _, m := range []results.PhaseMark{{TUS: 0, Phase: "a", What: results.MarkWarmup}, {TUS: 1e6, Phase: "a", What: results.MarkMeasure}, {TUS: 3e6, Phase: "a", What: results.MarkEnd}, {TUS: 4e6, Phase: "b", What: results.MarkMeasure}} {
		run.Mark(m)
	}
	if got := run.judged(5 * time.Second); got != 3*time.Second {
		t.Errorf("%v with phases", got)
	}
}
