package metrics

import (
	"iter"
	"time"

	"chanbot/outcome"
)

// window keeps the last part of a run in intervals, for as long as anybody asks
// for.
type window struct {
	span      time.Duration
	intervals []interval
}

// interval is what was collected at one time.
type interval struct {
	start, end time.Duration
	slots      []*slot
	late       *packed // the generator's own lateness; nil when nothing was due
}

// slot is one operation in an interval, all phases together. Warm-up has slots
// of its own: nothing that is judged looks at them.
type slot struct {
	operation outcome.Operation
	warmup    bool
	attempts  int64
	outcomes  [kinds]int64
	clocks    [3]*packed
}

// begin begins the interval that ends now and drops those that are too old.
func (w *window) begin(now time.Duration) {
	var start time.Duration
	if n := len(w.intervals); n > 0 {
		start = w.intervals[n-1].end
	}
	old := 0
	for old < len(w.intervals) && w.intervals[old].end <= now-w.span {
		old++
	}
	w.intervals = append(w.intervals[:0], w.intervals[old:]...)
	w.intervals = append(w.intervals, interval{start: start, end: now})
}

func (w *window) add(c *cell) {
	last := &w.intervals[len(w.intervals)-1]
	s := last.slot(c.operation, c.warmup)
	s.attempts += c.attempts
	for k, n := range c.outcomes {
		s.outcomes[k] += n
	}
	for i, h := range c.clocks {
		if h.count() == 0 {
			continue
		}
		if s.clocks[i] == nil {
			s.clocks[i] = newPacked()
		}
		s.clocks[i].add(h)
	}
}

// addLate adds the generator's lateness to the interval that has begun.
func (w *window) addLate(h *hist) {
	last := &w.intervals[len(w.intervals)-1]
	if last.late == nil {
		last.late = newPacked()
	}
	last.late.add(h)
}

func (v *interval) slot(op outcome.Operation, warmup bool) *slot {
	for _, s := range v.slots {
		if s.operation == op && s.warmup == warmup {
			return s
		}
	}
	s := &slot{operation: op, warmup: warmup}
	v.slots = append(v.slots, s)
	return s
}

// last yields the intervals that ended in the last span before now, and the one
// that goes on.
func (w *window) last(now, span time.Duration) iter.Seq[*interval] {
	return func(yield func(*interval) bool) {
		for i := range w.intervals {
			if v := &w.intervals[i]; v.end > now-span && v.start < now && !yield(v) {
				return
			}
		}
	}
}

// sum adds up what was judged in the last span before now, for one operation or
// with "" for all, and returns how much time that covers.
func (w *window) sum(op outcome.Operation, now, span time.Duration) (*cell, time.Duration) {
	c := new(cell)
	var covered time.Duration
	for v := range w.last(now, span) {
		covered += v.end - v.start
		for _, s := range v.slots {
			if !s.warmup && (op == "" || s.operation == op) {
				s.addTo(c)
			}
		}
	}
	return c, covered
}

func (s *slot) addTo(c *cell) {
	c.attempts += s.attempts
	for k, n := range s.outcomes {
		c.outcomes[k] += n
	}
	for i, p := range s.clocks {
		if p == nil {
			continue
		}
		if c.clocks[i] == nil {
			c.clocks[i] = newHist(totalDigits)
		}
		p.addTo(c.clocks[i])
	}
}
