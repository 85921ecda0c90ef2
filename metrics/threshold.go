package metrics

import (
	"fmt"
	"math"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// Threshold is one condition on the results of a run. The language that it is
// written in is the strategy package's.
type Threshold struct {
	// Text is the condition as it was written.
	Text string
	// Func is quantile, mean, min, max (of a time), share, count or rate (of an
	// outcome).
	Func string
	// Quantile in parts of 1, for quantile: 0.999.
	Quantile float64
	// Operation is "" for all operations together.
	Operation outcome.Operation
	// Clock is the time that is meant by quantile, mean, min and max.
	Clock outcome.Clock
	// Kind is the outcome that is meant by share, count and rate.
	Kind outcome.Kind
	// Last is the length of the window; zero is the whole judged part of the run.
	Last time.Duration
	// Op is one of < <= > >= == !=.
	Op string
	// Limit is nanoseconds for times, parts of 1 for share, a number for count,
	// events per second for rate.
	Limit float64
}

// State is what a threshold came to.
type State uint8

// The states.
const (
	Holds State = iota
	Broken
	// TooFew: there are not enough samples to say anything.
	TooFew
)

var stateNames = [...]string{"holds", "broken", "not enough samples"}

// String returns the state in words.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("State(%d)", uint8(s))
}

// Result is what became of a threshold.
type Result struct {
	Threshold
	State State
	// Value is in the unit of the limit; zero when there are too few samples.
	Value float64
	// Samples were there, and Needed is how many it takes.
	Samples, Needed int64
}

// Summary returns the result in the shape of summary.json, where times are
// milliseconds. Too few samples are no pass.
func (r Result) Summary() results.Threshold {
	t := results.Threshold{Expr: r.Text, Value: r.Value, Passed: r.State == Holds}
	if r.isTime() {
		t.Value /= float64(time.Millisecond)
	}
	if r.State == TooFew {
		t.Value, t.Problem = 0, fmt.Sprintf("not enough samples: %d, and %d are needed", r.Samples, r.Needed)
	}
	return t
}

func (t *Threshold) isTime() bool {
	return t.Func == "quantile" || t.Func == "mean" || t.Func == "min" || t.Func == "max"
}

// needed is how many samples it takes: a quantile needs one on its far side.
func (t *Threshold) needed() int64 {
	switch t.Func {
	case "quantile":
		beyond := int64(math.Round((1 - t.Quantile) * 1e6))
		if beyond <= 0 {
			return 1
		}
		return (1e6 + beyond - 1) / beyond
	case "count":
		return 0
	}
	return 1
}

// judge measures a threshold on what c holds, which took that long.
func (t Threshold) judge(c *cell, took time.Duration) Result {
	r := Result{Threshold: t, Needed: t.needed()}
	n := float64(c.outcomes[t.Kind])
	h := c.clocks[min(int(t.Clock), len(c.clocks)-1)]
	switch t.Func {
	case "count":
		r.Samples, r.Value = c.ended(), n
	case "share":
		if r.Samples = c.ended(); r.Samples > 0 {
			r.Value = n / float64(r.Samples)
		}
	case "rate":
		if took > 0 {
			r.Samples, r.Value = max(c.ended(), 1), n/took.Seconds()
		}
	default:
		if r.Samples = h.count(); r.Samples > 0 {
			r.Value = t.time(h) * float64(time.Microsecond)
		}
	}
	switch {
	case r.Samples < r.Needed:
		r.State, r.Value = TooFew, 0
	case !compare(r.Value, t.Op, t.Limit):
		r.State = Broken
	}
	return r
}

// time is the value in microseconds; h is not empty.
func (t *Threshold) time(h *hist) float64 {
	switch t.Func {
	case "mean":
		return float64(h.sum) / float64(h.count())
	case "min":
		return float64(h.min)
	case "max":
		return float64(h.h.Max())
	}
	return float64(h.at(t.Quantile))
}

func compare(value float64, op string, limit float64) bool {
	switch op {
	case "<":
		return value < limit
	case "<=":
		return value <= limit
	case ">":
		return value > limit
	case ">=":
		return value >= limit
	case "==":
		return value == limit
	case "!=":
		return value != limit
	}
	return false
}

// Judge measures thresholds on what has ended so far. Under load, all operations
// together are those of the phases, without the set-ups and the end of the
// channels, except that count counts every one; and the end of the run, for
// those with a window, is that of the load.
func (r *Run) Judge(now time.Duration, thresholds []Threshold) []Result {
	r.rec.collect(now)
	judged := r.judged(now)
	r.mu.Lock()
	defer r.mu.Unlock()
	from, now := r.loadedLocked(now)
	r.rec.mu.Lock()
	defer r.rec.mu.Unlock()
	out := make([]Result, 0, len(thresholds))
	for _, t := range thresholds {
		if t.Last > 0 {
			c, took := r.rec.window.sum(t.Operation, now, min(t.Last, now-from))
			out = append(out, t.judge(c, took))
			continue
		}
		c := r.rec.sumLocked(func(k key) bool {
			if t.Operation != "" {
				return !k.warmup && k.operation == t.Operation
			}
			return r.inLoad(k) || t.Func == "count" && !k.warmup
		})
		out = append(out, t.judge(c, judged))
	}
	return out
}

// loadedLocked returns the judged stretch of a run: from the first phase, without
// its warm-up, to the end of the last one, or to now; from the start to now when
// there are no phases.
func (r *Run) loadedLocked(now time.Duration) (from, to time.Duration) {
	measured, open := false, make(map[string]bool)
	for _, m := range r.marks {
		at := time.Duration(m.TUS) * time.Microsecond
		if m.What == results.MarkMeasure && (!measured || at < from) {
			from, measured = at, true
		}
		open[m.Phase] = m.What != results.MarkEnd
		to = max(to, at)
	}
	for _, still := range open {
		if still {
			return min(from, now), now
		}
	}
	if len(open) == 0 {
		return 0, now
	}
	return min(from, now), min(to, now)
}
