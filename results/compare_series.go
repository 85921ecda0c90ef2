package results

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"chanbot/outcome"
)

// The lengths of the intervals that are resampled. An operation that was seen
// in fewer than fewSeconds seconds is cut into fine intervals; one that was
// seen in more than mostIntervals has longer ones.
const (
	fineInterval  = 100 * time.Millisecond
	fewSeconds    = 30
	mostIntervals = 1200
)

// kinds is the number of outcomes, the pending one included.
const kinds = int(outcome.Unknown) + 1

// series is what one operation did, cut into intervals. Intervals in which
// nothing ended are not there.
type series struct {
	unit    time.Duration
	cells   map[int64]*cell
	seconds map[int64]struct{} // in which something ended, while unit is fine
	newest  int64
	inOrder []*cell // by time, when all is recorded
}

// cell is one interval.
type cell struct {
	outcomes [kinds]int64
	clocks   [3]times
}

func newSeries(unit time.Duration) *series {
	s := &series{unit: unit, cells: make(map[int64]*cell)}
	if unit < time.Second {
		s.seconds = make(map[int64]struct{})
	}
	return s
}

// cell returns the interval of a moment.
func (s *series) cell(at time.Duration) *cell {
	at = max(at, 0)
	if s.unit < time.Second {
		s.seconds[int64(at/time.Second)] = struct{}{}
		if len(s.seconds) > fewSeconds {
			s.coarsen(time.Second)
		}
	}
	n := int64(at / s.unit)
	if c := s.cells[n]; c != nil {
		return c
	}
	if len(s.cells) == mostIntervals && s.unit >= time.Second {
		for len(s.cells) > mostIntervals/2 {
			s.coarsen(2 * s.unit)
		}
		return s.cell(at)
	}
	if n > s.newest {
		if c := s.cells[s.newest]; c != nil {
			c.pack()
		}
		s.newest = n
	}
	c := new(cell)
	s.cells[n] = c
	return c
}

// coarsen joins intervals to longer ones.
func (s *series) coarsen(unit time.Duration) {
	factor := int64(unit / s.unit)
	joined := make(map[int64]*cell, len(s.cells)/2+1)
	for _, n := range slices.Sorted(maps.Keys(s.cells)) {
		c := s.cells[n]
		if have := joined[n/factor]; have != nil {
			have.add(c)
			continue
		}
		joined[n/factor] = c
	}
	s.unit, s.cells, s.seconds, s.newest = unit, joined, nil, s.newest/factor
}

func (c *cell) add(o *cell) {
	for k, n := range o.outcomes {
		c.outcomes[k] += n
	}
	for i := range c.clocks {
		c.clocks[i].add(&o.clocks[i])
	}
}

func (c *cell) pack() {
	for i := range c.clocks {
		c.clocks[i].pack()
	}
}

// finish packs all intervals; nothing may be recorded after it.
func (s *series) finish() {
	s.inOrder = make([]*cell, 0, len(s.cells))
	for _, n := range slices.Sorted(maps.Keys(s.cells)) {
		s.cells[n].pack()
		s.inOrder = append(s.inOrder, s.cells[n])
	}
}

// span is a stretch of time.
type span struct{ from, to time.Duration }

// measurements are all intervals of a run, warm-up left out.
type measurements struct {
	operations map[outcome.Operation]*series
	// all counts the outcomes of all operations together; it has no times. Of a
	// load these are the operations of its phases, and beside names those that
	// were in none: set-ups and the end of the channels.
	all    *series
	beside map[outcome.Operation]bool
	// judged are the stretches that count for rates.
	judged []span
	counts bool // whether the outcomes are known
}

func newMeasurements(unit time.Duration) *measurements {
	return &measurements{operations: make(map[outcome.Operation]*series), all: newSeries(unit)}
}

func (m *measurements) series(op outcome.Operation, unit time.Duration) *series {
	s := m.operations[op]
	if s == nil {
		s = newSeries(unit)
		m.operations[op] = s
	}
	return s
}

func (m *measurements) finish() {
	m.all.finish()
	for _, s := range m.operations {
		s.finish()
	}
}

// maxOperations bounds the names of operations that are told apart, for files
// that no chanbot has written.
const maxOperations = 1000

// journalFacts is what the journal says about a run beside its intervals.
type journalFacts struct {
	manifest   Manifest
	end        End
	violations int
	missing    Missing
	phases     []string // in order
}

// readJournalIntervals reads the journal of a run, or one phase of it.
func readJournalIntervals(r io.Reader, phase string) (*measurements, journalFacts, error) {
	m := newMeasurements(fineInterval)
	m.counts = true
	phases, inPhase := newSeries(fineInterval), make(map[outcome.Operation]bool)
	var f journalFacts
	var marks []PhaseMark
	missing, err := ReadJournal(r, Visitor{
		Manifest: func(v Manifest) { f.manifest = v },
		Operation: func(r *OperationRecord) {
			if r.Warmup || phase != "" && r.Phase != phase || len(m.operations) == maxOperations && m.operations[r.Operation] == nil {
				return
			}
			c := m.series(r.Operation, fineInterval).cell(r.Done)
			c.outcomes[r.Outcome.Kind]++
			m.all.cell(r.Done).outcomes[r.Outcome.Kind]++
			if r.Phase != "" {
				phases.cell(r.Done).outcomes[r.Outcome.Kind]++
				inPhase[r.Operation] = true
			}
			if !r.Measured() {
				return
			}
			for i, us := range r.Micros() {
				c.clocks[i].record(us)
			}
		},
		Violation: func(Violation) { f.violations++ },
		Mark: func(v PhaseMark) {
			if !slices.Contains(f.phases, v.Phase) {
				f.phases = append(f.phases, v.Phase)
			}
			if phase == "" || v.Phase == phase {
				marks = append(marks, v)
			}
		},
		End: func(v End) { f.end = v },
	})
	f.missing = missing
	after := missing.After
	if !missing.End {
		after = microsecond(min(f.end.TUS, longestRun.Microseconds()))
	}
	m.judged = judgedSpans(marks, after)
	if len(f.phases) > 0 {
		m.all, m.beside = phases, make(map[outcome.Operation]bool)
		for op := range m.operations {
			m.beside[op] = !inPhase[op]
		}
	}
	m.finish()
	return m, f, err
}

// longestRun bounds the times of marks, for files that no chanbot has written.
const longestRun = 10_000 * time.Hour

// judgedSpans returns the stretches that the phases of a run measured, in
// order and without overlap; a run without phases is judged as a whole.
func judgedSpans(marks []PhaseMark, end time.Duration) []span {
	end = min(max(end, 0), longestRun)
	if len(marks) == 0 {
		return []span{{0, end}}
	}
	var spans []span
	since := make(map[string]time.Duration)
	for _, m := range marks {
		at := microsecond(min(max(m.TUS, 0), longestRun.Microseconds()))
		switch m.What {
		case MarkMeasure:
			since[m.Phase] = at
		case MarkEnd:
			if from, ok := since[m.Phase]; ok {
				spans = append(spans, span{from, at})
				delete(since, m.Phase)
			}
		}
	}
	for _, from := range since {
		spans = append(spans, span{from, end})
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var joined []span
	for _, s := range spans {
		if n := len(joined); n > 0 && s.from < joined[n-1].to {
			s.from = joined[n-1].to
		}
		if s.to > s.from {
			joined = append(joined, s)
		}
	}
	return joined
}

// errTooMany refuses counts that no run can have.
var errTooMany = errors.New("more operations than a run can have")

// mostOfInterval bounds how many operations can end in one interval of a log.
const mostOfInterval = 1 << 28

// readLogIntervals reads the interval log of a run, which knows no outcomes.
func readLogIntervals(r io.Reader) (*measurements, error) {
	m := newMeasurements(time.Second)
	dense := hdrhistogram.New(1, longestUS, 3)
	var wrong error
	var total int64
	err := ReadHistogramLog(r, func(h IntervalHistogram) {
		op, clock, ok := logTag(h.Tag)
		if !ok || wrong != nil || len(m.operations) == maxOperations && m.operations[op] == nil {
			return
		}
		n := h.Histogram.TotalCount()
		if total += n; n > mostOfInterval || total > 1<<40 || total < 0 {
			wrong = errTooMany
			return
		}
		dense.Reset()
		h.Histogram.MergeInto(dense)
		c := m.series(op, time.Second).cell(h.Start)
		t := packedTimes(dense)
		c.clocks[clock].add(&t)
	})
	m.finish()
	if err == nil && wrong != nil {
		err = fmt.Errorf("read interval log: %w", wrong)
	}
	return m, err
}

// logTag reads the tag of an interval; those of warm-ups and of others are not
// meant.
func logTag(tag string) (op outcome.Operation, clock outcome.Clock, ok bool) {
	for _, c := range []outcome.Clock{outcome.Response, outcome.Service, outcome.Waiting} {
		if name, found := strings.CutSuffix(tag, "."+c.String()); found && !strings.HasPrefix(name, "warmup.") {
			return outcome.Operation(name), c, true
		}
	}
	return "", 0, false
}

func packedTimes(h *hdrhistogram.Histogram) times {
	var t times
	var sum uint32
	for i, n := range h.Export().Counts {
		if n <= 0 {
			continue
		}
		sum += uint32(n)
		bin := uint16(i)
		us, width := binFrom(bin)
		t.bins, t.upTo = append(t.bins, bin), append(t.upTo, sum)
		t.sum += n * (us + width/2)
		t.max = us + width - 1
	}
	return t
}
