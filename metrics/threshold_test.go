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
		"max":                 {of(func(c *Threshold) { c.Func, c.Op, c.Limit = "max", ">=", 200e6 }), Holds, 200e6},
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

// Set-ups, the drain and the end of the channels are no part of what a load is
// judged by.
func TestALoadIsJudgedByItsPhases(t *testing.T) {
	run := NewRun(Options{Shards: 1, Window: time.Minute})
	at := func(s int) time.Duration { return time.Duration(s) * time.Second }
	record := func(n int, op outcome.Operation, kind outcome.Kind, phase string, warmup bool, done time.Duration) {
		for range n {
			r := results.OperationRecord{Operation: op, Phase: phase, Warmup: warmup, Due: done - 10*time.Millisecond, Sent: done - 5*time.Millisecond, Done: done, Outcome: outcome.Outcome{Kind: kind}}
			run.Shard(0).Begin(op, phase, warmup)
			run.Shard(0).Record(&r)
		}
	}
	mark := func(s int, what string) {
		run.Mark(results.PhaseMark{TUS: at(s).Microseconds(), Phase: "steady", What: what})
	}
	for s := 1; s <= 20; s++ {
		switch s {
		case 6:
			mark(5, results.MarkWarmup)
		case 8:
			mark(7, results.MarkMeasure)
		case 18:
			mark(17, results.MarkEnd)
		}
		switch {
		case s <= 5:
			record(40, outcome.Open, outcome.Signed, "", false, at(s))
		case s <= 7:
			record(100, outcome.Transfer, outcome.Conflict, "steady", true, at(s))
		case s <= 17:
			record(9, outcome.Transfer, outcome.Signed, "steady", false, at(s))
			record(1, outcome.Transfer, outcome.Conflict, "steady", false, at(s))
		default:
			record(40, outcome.Close, outcome.Done, "", false, at(s))
		}
		run.Tick(at(s))
	}
	for name, c := range map[string]struct {
		Threshold
		want float64
	}{
		"share":                  {Threshold{Func: "share", Kind: outcome.Signed}, 0.9},
		"rate":                   {Threshold{Func: "rate", Kind: outcome.Signed}, 9},
		"count counts all":       {Threshold{Func: "count", Kind: outcome.Signed}, 290},
		"what is named is meant": {Threshold{Func: "count", Operation: outcome.Open, Kind: outcome.Signed}, 200},
		"the last part":          {Threshold{Func: "rate", Kind: outcome.Signed, Last: at(5)}, 9},
		"more than there was":    {Threshold{Func: "rate", Kind: outcome.Signed, Last: at(50)}, 9},
		"its share":              {Threshold{Func: "share", Kind: outcome.Conflict, Last: at(50)}, 0.1},
	} {
		c.Threshold.Op = "=="
		c.Limit = c.want
		if got := run.Judge(at(20), []Threshold{c.Threshold})[0]; got.State != Holds {
			t.Errorf("%s: %v (%s), want %v", name, got.Value, got.State, c.want)
		}
	}
	run.End(results.End{TUS: at(20).Microseconds()})
	if s := run.Summary(); s.Throughput.SignedPerS != 9 || s.DurationS != 10 || s.Outcomes["signed"] != 290 {
		t.Errorf("%v signed a second in %v s, %v", s.Throughput.SignedPerS, s.DurationS, s.Outcomes)
	}
}
