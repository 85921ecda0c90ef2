package metrics

import (
	"cmp"
	"io"
	"slices"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// lag is how many seconds stay open behind the newest one. Operations are
// written down a little out of order; one that comes even later counts in the
// oldest second that is open.
const lag = 3

// lastSeconds is how much of the end is kept for thresholds with a window.
const lastSeconds = 600

// seconds cuts the operations of a journal into seconds, for the table and the
// interval log.
type seconds struct {
	out      io.Writer // nil writes no interval log
	manifest results.Manifest

	log    *results.HistogramLog
	open   map[int64]*second
	oldest int64 // no second before it is open
	newest int64
	points []results.SeriesPoint
	last   []interval
	free   []*cell
}

// second is what ended in one second, by operation and warm-up.
type second struct{ cells []*cell }

func newSeconds() *seconds { return &seconds{open: make(map[int64]*second)} }

func (s *seconds) add(r *results.OperationRecord) {
	at := max(int64(r.Done/time.Second), s.oldest)
	if at > s.newest {
		s.newest = at
		s.shut(at - lag)
	}
	sec := s.open[at]
	if sec == nil {
		sec = new(second)
		s.open[at] = sec
	}
	k := key{operation: r.Operation, warmup: r.Warmup}
	for _, c := range sec.cells {
		if c.key == k {
			c.record(r)
			return
		}
	}
	c := s.cell(k)
	c.record(r)
	sec.cells = append(sec.cells, c)
}

func (s *seconds) cell(k key) *cell {
	if n := len(s.free); n > 0 {
		c := s.free[n-1]
		s.free = s.free[:n-1]
		c.key = k
		return c
	}
	return &cell{key: k}
}

// shut closes the seconds before at, in order.
func (s *seconds) shut(at int64) {
	if at <= s.oldest {
		return
	}
	s.oldest = at
	var due []int64
	for n := range s.open {
		if n < at {
			due = append(due, n)
		}
	}
	slices.Sort(due)
	for _, n := range due {
		s.emit(n, s.open[n])
		delete(s.open, n)
	}
}

// close shuts all that is open and returns the table.
func (s *seconds) close() ([]results.SeriesPoint, error) {
	s.shut(s.newest + 1)
	if s.out == nil {
		return s.points, nil
	}
	s.begin()
	return s.points, s.log.Close()
}

func (s *seconds) begin() {
	if s.log == nil && s.out != nil {
		s.log = results.NewHistogramLog(s.out, s.manifest.Started, "chanbot "+s.manifest.Chanbot+", scenario "+s.manifest.Scenario.Name)
	}
}

func (s *seconds) emit(n int64, sec *second) {
	s.begin()
	start := time.Duration(n) * time.Second
	slices.SortFunc(sec.cells, func(a, b *cell) int {
		if a.warmup != b.warmup {
			if a.warmup {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.operation, b.operation)
	})
	var w window
	w.span = time.Hour
	w.begin(start)
	w.begin(start + time.Second)
	all := s.cell(key{operation: results.AllOperations})
	byName := make(map[outcome.Operation]*cell)
	var names []outcome.Operation
	for _, c := range sec.cells {
		s.logCell(start, c)
		if !c.warmup { // nobody asks for the warm-up of a run that is over
			w.add(c)
		}
		all.add(c)
		if byName[c.operation] == nil {
			byName[c.operation] = s.cell(key{operation: c.operation})
			names = append(names, c.operation)
		}
		byName[c.operation].add(c)
	}
	s.points = append(s.points, point(n, all))
	slices.Sort(names)
	for _, name := range names {
		s.points = append(s.points, point(n, byName[name]))
		s.recycle(byName[name])
	}
	s.recycle(all)
	for _, c := range sec.cells {
		s.recycle(c)
	}
	s.last = append(s.last, w.intervals[1])
	if extra := len(s.last) - lastSeconds; extra > 0 {
		s.last = slices.Delete(s.last, 0, extra)
	}
}

func (s *seconds) recycle(c *cell) {
	c.reset()
	s.free = append(s.free, c)
}

// logCell writes the three clocks of a cell to the interval log.
func (s *seconds) logCell(start time.Duration, c *cell) {
	if s.log == nil {
		return
	}
	tag := string(c.operation)
	if c.warmup {
		tag = "warmup." + tag
	}
	for i, h := range c.clocks {
		if h.count() > 0 {
			s.log.Write(tag+"."+outcome.Clock(i).String(), start, time.Second, h.h)
		}
	}
}

func point(n int64, c *cell) results.SeriesPoint {
	return results.SeriesPoint{
		Second: n, Operation: string(c.operation), Ended: c.ended(), Outcomes: c.outcomes,
		Response: c.clocks[outcome.Response].latency(), Service: c.clocks[outcome.Service].latency(), Wait: c.clocks[outcome.Waiting].latency(),
	}
}

// window returns the end of the run as a window, in which the last second ends
// at the end of the run.
func (s *seconds) window(after time.Duration) window {
	w := window{span: after + 1, intervals: slices.Clone(s.last)}
	var end time.Duration
	for i := range w.intervals { // seconds in which nothing ended count as well
		v := &w.intervals[i]
		v.start, v.end = end, min(v.end, after)
		end = v.end
	}
	return w
}
