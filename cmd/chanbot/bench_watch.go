package main

import (
	"context"
	"math"
	"sync"
	"time"

	"chanbot/metrics"
)

// How often a step of a search is looked at, and for how long after its end what
// was due is waited for when the objective does not hold anyway.
const (
	benchLook  = 100 * time.Millisecond
	benchDrain = 3 * time.Second
)

// watch is a step that is looked at while it goes on.
type watch struct {
	m         *measurement
	objective []metrics.Threshold
	most      int64         // operations that there can be; below 1 when nobody knows
	settle    time.Duration // how long it is measured in every case
	cut       context.CancelCauseFunc

	// Read them when the watch has ended.
	lost int64         // channels that were lost before they were to be ended
	last time.Duration // since the start of the step: when it was cut, or 0
}

// start looks at the step until the function that it returns is called, which
// waits for that. A step whose objective cannot hold any more is ended: its
// queues would only grow.
func (w *watch) start() (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(benchLook)
		defer tick.Stop()
		drain := time.Duration(0)
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			now, p := time.Since(w.m.started), w.m.gauge.Read()
			if p.Stage < metrics.StageTeardown {
				w.lost = max(w.lost, p.Lost)
			}
			switch {
			case w.last > 0:
			case p.Stage == metrics.StageLoad && p.Phase.Number > 0 && !p.Phase.Warmup && now >= p.Phase.Start+w.settle:
				w.endIf(now, w.hopeless)
			case p.Stage == metrics.StageDrain && drain == 0:
				drain = now
			case p.Stage == metrics.StageDrain && now >= drain+benchDrain:
				w.endIf(now, w.broken)
			}
		}
	})
	return func() { close(done); wg.Wait() }
}

// endIf ends the step when an objective has no chance.
func (w *watch) endIf(now time.Duration, find func(judge) (metrics.Result, bool)) {
	r, found := find(func(t metrics.Threshold) metrics.Result { return w.m.run.Judge(now, []metrics.Threshold{t})[0] })
	if found {
		w.last = now
		w.cut(&metrics.BrokenError{Result: r})
	}
}

// judge measures a condition on what has ended so far.
type judge func(metrics.Threshold) metrics.Result

// broken returns an objective that does not hold at this moment.
func (w *watch) broken(measure judge) (metrics.Result, bool) {
	for _, t := range w.objective {
		if r := measure(t); r.State == metrics.Broken {
			return r, true
		}
	}
	return metrics.Result{}, false
}

// hopeless returns an objective that cannot hold at the end, whatever comes: so
// many operations were too slow, or ended otherwise, that all of those to come
// cannot make up for it.
func (w *watch) hopeless(measure judge) (metrics.Result, bool) {
	for _, t := range w.objective {
		r := measure(t)
		if r.State != metrics.Broken || t.Last > 0 {
			continue
		}
		below := t.Op == "<" || t.Op == "<="
		sure := false
		switch t.Func {
		case "max":
			sure = below
		case "count":
			sure = below || t.Op == "==" && r.Value > t.Limit
		case "share":
			best := (float64(w.most) - (1-r.Value)*float64(r.Samples)) / float64(w.most)
			sure = w.most > 0 && !below && (best < t.Limit-1e-9 || t.Op == ">" && best <= t.Limit)
		case "quantile":
			// So many may be slow; if more of those that have ended are, it is over.
			// The rank of a quantile is rounded as the histogram does it.
			slow := float64(w.most) - max(1, math.Floor(t.Quantile*float64(w.most)+0.5))
			if !below || w.most < 1 || float64(r.Samples) <= slow {
				continue
			}
			t.Quantile = 1 - slow/float64(r.Samples)
			sure = measure(t).State == metrics.Broken
		}
		if sure {
			return r, true
		}
	}
	return metrics.Result{}, false
}
