// Package metrics measures a run while it goes on: histograms and counts,
// windows, thresholds, an endpoint for Prometheus. From the journal of a run it
// computes the same numbers again.
package metrics

import (
	"runtime"
	"slices"
	"sync"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// Shard is where a part of the workers record. Its methods may be called from
// any goroutine and allocate nothing once every operation has been seen; workers
// that run at the same time should use different shards, so that none waits for
// another.
type Shard struct {
	journal *results.Journal

	mu    sync.Mutex // guards what follows
	cells []*cell    // few, so that looking through them is fast
	last  *cell
	late  *hist // the generator's own lateness; nil, as the next one, when only counts are kept
	// warmLate is the same in warm-ups.
	warmLate *hist
	_        [64]byte
}

// Begin counts an attempt. Each Begin is followed by exactly one Record with
// the same operation, phase and warm-up flag.
func (s *Shard) Begin(op outcome.Operation, phase string, warmup bool) {
	s.mu.Lock()
	s.cellLocked(op, phase, warmup).attempts++
	s.mu.Unlock()
}

// Record takes an operation that Begin has counted and that has ended. It does
// not keep the record.
func (s *Shard) Record(r *results.OperationRecord) {
	s.mu.Lock()
	s.cellLocked(r.Operation, r.Phase, r.Warmup).record(r)
	s.mu.Unlock()
	if s.journal != nil {
		s.journal.Operation(r)
	}
}

// Late records by how much the generator missed the time at which it meant to
// begin an operation, for reasons of its own. What it missed in a warm-up is
// shown while the run goes on, and not judged.
func (s *Shard) Late(by time.Duration, warmup bool) {
	if s.late == nil {
		return
	}
	s.mu.Lock()
	if warmup {
		s.warmLate.record(by.Microseconds())
	} else {
		s.late.record(by.Microseconds())
	}
	s.mu.Unlock()
}

func (s *Shard) cellLocked(op outcome.Operation, phase string, warmup bool) *cell {
	k := key{op, phase, warmup}
	if s.last != nil && s.last.key == k {
		return s.last
	}
	for _, c := range s.cells {
		if c.key == k {
			s.last = c
			return c
		}
	}
	c := &cell{key: k, countsOnly: s.late == nil}
	s.cells = append(s.cells, c)
	s.last = c
	return c
}

// idleTicks is how often a cell is collected empty before its memory is given
// back.
const idleTicks = 30

// recorder merges the shards.
type recorder struct {
	shards []*Shard

	mu     sync.Mutex // guards what follows
	totals []*cell    // in the order in which they were first seen
	byKey  map[key]*cell
	window window
	late   *hist // since the last sample
}

func newRecorder(o *Options) *recorder {
	shards := o.Shards
	if shards <= 0 {
		shards = runtime.GOMAXPROCS(0)
	}
	lateness := func() *hist {
		if o.CountsOnly {
			return nil
		}
		return newHist(fineDigits)
	}
	r := &recorder{byKey: make(map[key]*cell), late: lateness()}
	r.window.span = o.Window
	for range shards {
		r.shards = append(r.shards, &Shard{journal: o.Journal, late: lateness(), warmLate: lateness()})
	}
	return r
}

// collect moves what the shards have recorded into the totals and the window.
func (r *recorder) collect(now time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.window.begin(now)
	for _, s := range r.shards {
		s.mu.Lock()
		if s.late.count() > 0 {
			r.late.add(s.late)
			r.window.addLate(s.late)
			s.late.reset()
		}
		if s.warmLate.count() > 0 {
			r.window.addLate(s.warmLate)
			s.warmLate.reset()
		}
		n := len(s.cells)
		s.mu.Unlock()
		for i := range n { // a lock for each, so that recording hardly waits
			s.mu.Lock()
			r.takeLocked(s.cells[i])
			s.mu.Unlock()
		}
		s.giveBack()
	}
}

// giveBack gives back the cells that nobody needs any more. One that was collected
// empty may hold something again by now.
func (s *Shard) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cells = slices.DeleteFunc(s.cells, func(c *cell) bool { return c.idle > idleTicks && c.empty() })
	s.last = nil
}

// takeLocked moves what a cell of a shard holds.
func (r *recorder) takeLocked(c *cell) {
	if c.empty() {
		c.idle++
		return
	}
	c.idle = 0
	total := r.byKey[c.key]
	if total == nil {
		total = &cell{key: c.key}
		r.byKey[c.key] = total
		r.totals = append(r.totals, total)
	}
	total.add(c)
	r.window.add(c)
	c.reset()
}

// sumLocked adds up the totals that belong to a group.
func (r *recorder) sumLocked(belongs func(key) bool) *cell {
	all := new(cell)
	for _, c := range r.totals {
		if belongs(c.key) {
			all.add(c)
		}
	}
	return all
}

// groupLocked returns a group of totals together, and each operation of it.
func (r *recorder) groupLocked(belongs func(key) bool) (results.Operation, map[string]results.Operation) {
	byName := make(map[string]results.Operation)
	for _, c := range r.totals {
		if _, known := byName[string(c.operation)]; known || !belongs(c.key) {
			continue
		}
		byName[string(c.operation)] = r.sumLocked(func(k key) bool { return k.operation == c.operation && belongs(k) }).summary()
	}
	all := r.sumLocked(belongs).summary()
	all.Stages = nil // they mean something for one operation only
	return all, byName
}

// counts returns how many attempts began and ended, warm-up included.
func (r *recorder) counts() (began, ended int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.totals {
		began += c.attempts
		ended += c.ended()
	}
	return began, ended
}
