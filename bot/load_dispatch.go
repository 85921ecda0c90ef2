package bot

import (
	"sync"
	"time"

	"chanbot/load"
	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
)

// longestNap is how long the dispatcher waits at most without looking whether the
// run is over.
const longestNap = 3 * time.Millisecond

// loop holds the pairs of a closed phase that think, in the order in which they
// have thought enough: all of them think equally long.
type loop struct {
	mu    sync.Mutex // guards what follows
	pairs []thinking
	first int
	wake  chan struct{} // holds a token when there may be a new first one
}

type thinking struct {
	p   *pair
	due time.Duration // since the start of the run
}

func (l *loop) push(x thinking) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first > 64 && l.first > len(l.pairs)/2 {
		l.pairs = append(l.pairs[:0], l.pairs[l.first:]...)
		l.first = 0
	}
	l.pairs = append(l.pairs, x)
	// The retries of a dead channel come later than those who think; then this
	// one goes before them.
	for i := len(l.pairs) - 1; i > l.first && l.pairs[i].due < l.pairs[i-1].due; i-- {
		l.pairs[i], l.pairs[i-1] = l.pairs[i-1], l.pairs[i]
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// pop takes the first one if it is due; otherwise it tells when the first one
// is, or load.Never.
func (l *loop) pop(now time.Duration) (p *pair, due time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == len(l.pairs) {
		return nil, load.Never
	}
	x := l.pairs[l.first]
	if x.due > now {
		return nil, x.due
	}
	l.pairs[l.first] = thinking{}
	l.first++
	return x.p, x.due
}

// dispatch makes everything due at its time, phase after phase, until the plan
// or the work is over. What was due by then is not left out.
func (c *campaign) dispatch() {
	c.timer = time.NewTimer(time.Hour)
	defer c.timer.Stop()
	defer c.leave()
	c.sleep = c.f.newSleep()
	stretches := c.sched.Stretches()
	at := -1 // the stretch that the load has come to
	enter := func(i int) bool {
		for at < i {
			if begin := c.start + stretches[at+1].Start; !c.until(begin) && begin > c.stopped {
				return false
			}
			at++
			c.enter(&stretches[at])
			if st := &stretches[at]; c.phases[st.Phase].isClosed && !c.serve(c.phases[st.Phase], c.start+st.Start+st.Over) {
				return false
			}
		}
		return true
	}
	in := 0 // the stretch of the arrival
	for a := range c.sched.All() {
		for a.K >= stretches[in].First+stretches[in].Count {
			in++
		}
		if !enter(in) {
			return
		}
		due := c.start + a.Due
		if !c.until(due) && due > c.stopped {
			return
		}
		c.f.pairs[a.Pair].arrive(c.phases[a.Phase], a.K, due, a.Warmup)
	}
	if enter(len(stretches) - 1) {
		c.until(c.start + c.sched.Length())
	}
}

// until waits for a time since the start of the run. It returns false when the
// work is over before.
func (c *campaign) until(at time.Duration) bool {
	for c.work.Err() == nil {
		wait := at - c.f.now()
		if wait <= 0 {
			return true
		}
		if c.nap(wait) {
			continue
		}
		select {
		case <-c.timer.C:
		case <-c.work.Done():
		}
	}
	if c.stopped == 0 {
		c.stopped = c.f.now()
	}
	return false
}

// nap waits for a short time with the exact clock, if there is one. It returns
// false when the wait is not that short; then the timer is set to a moment at
// which it will be, or to the end of the wait.
func (c *campaign) nap(wait time.Duration) bool {
	sleep := c.sleep
	switch {
	case sleep == nil:
		c.timer.Reset(wait)
	case wait > longestNap:
		c.timer.Reset(wait - longestNap/2)
	default:
		sleep(wait)
		return true
	}
	return false
}

// enter begins a phase, or the judged part of it.
func (c *campaign) enter(st *load.Stretch) {
	ph := c.phases[st.Phase]
	what, now := results.MarkMeasure, c.f.now()
	if st.Warmup {
		what = results.MarkWarmup
	}
	if ph != c.current {
		c.leave()
		c.current = ph
		ph.entered, ph.began = true, now
		if ph.isClosed {
			ph.loop.wake = make(chan struct{}, 1)
			for _, p := range c.f.pairs {
				if due, ok := ph.closed.First(p.number); ok && p.work.missing.Kind == outcome.Pending {
					ph.loop.push(thinking{p, c.start + due})
				}
			}
		}
	}
	c.f.metrics.Mark(results.PhaseMark{TUS: (c.start + st.Start).Microseconds(), Phase: ph.name, What: what})
	c.f.gauge.EnterPhase(metrics.PhaseProgress{
		Name: ph.name, Number: ph.number, Of: len(c.phases), Warmup: st.Warmup, Start: c.start + st.Start, Length: st.Over,
	})
}

// leave ends the time of the phase that the load is in.
func (c *campaign) leave() {
	if c.current != nil {
		c.current.cut = c.work.Err() != nil
		c.current.done(c.f)
		c.current = nil
	}
}

// serve has the pairs of a closed phase begin when they are due, until a time
// since the start of the run. It returns false when the work is over before.
func (c *campaign) serve(ph *phase, until time.Duration) bool {
	for {
		p, due := ph.loop.pop(c.f.now())
		if p != nil {
			p.operate(ph, due)
			continue
		}
		wait := min(due, until) - c.f.now()
		if wait <= 0 && due >= until {
			return true
		}
		if wait <= 0 || c.work.Err() == nil && c.nap(wait) {
			continue
		}
		select {
		case <-c.timer.C:
		case <-ph.loop.wake:
		case <-c.work.Done():
			now := c.f.now()
			for p, due := ph.loop.pop(now); p != nil; p, due = ph.loop.pop(now) {
				p.operate(ph, due)
			}
			return false
		}
	}
}

// later has a pair of the closed model do its next operation.
func (c *campaign) later(p *pair, ph *phase, due time.Duration) {
	if due <= c.f.now() {
		p.operate(ph, due)
		return
	}
	ph.loop.push(thinking{p, due})
}
