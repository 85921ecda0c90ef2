package load

import (
	"fmt"
	"math"
	"time"
)

// Phase is one stretch of load.
type Phase struct {
	Name     string
	Arrivals Arrivals
	// Warmup comes first and is not part of Duration; what falls into it is
	// recorded and not judged. It has the rate with which Arrivals begin.
	Warmup   time.Duration
	Duration time.Duration
}

// Plan is the load of a run after its channels are open. Its phases follow each
// other on the clock: a phase does not wait for what is left of the one before.
type Plan struct {
	// Seed decides which pair an arrival goes to and when those of poisson come.
	Seed uint64
	// Pairs is the size of the fleet.
	Pairs  int
	Phases []Phase
}

// Stretch is a warm-up, or the rest of a phase. In a phase of the closed model
// it has no arrivals of its own; see [Closed].
type Stretch struct {
	Phase  int // its place in the plan, from 0
	Warmup bool
	// Start is when it begins, since the start of the plan; Over how long it is.
	Start, Over time.Duration
	// First is the number of its first arrival, Count how many it has.
	First, Count int64

	pacer Pacer
}

// Schedule is a plan worked out. It does not change and may be used by many
// goroutines at once. The zero value is the schedule of no phases.
type Schedule struct {
	plan      Plan
	stretches []Stretch
	length    time.Duration
	total     int64
}

// Schedule works the plan out. It fails if there are arrivals and no pairs for
// them, if a time is below 0, or if the times or the arrivals together are more
// than 2^63-1 (nanoseconds).
func (p Plan) Schedule() (*Schedule, error) {
	s := &Schedule{plan: p}
	for i, ph := range p.Phases {
		if ph.Warmup < 0 || ph.Duration < 0 || ph.Arrivals.Think < 0 {
			return nil, fmt.Errorf("phase %d: a time below 0", i+1)
		}
		for _, st := range []Stretch{{Phase: i, Warmup: true, Over: ph.Warmup}, {Phase: i, Over: ph.Duration}} {
			if st.Over == 0 {
				continue
			}
			a := ph.Arrivals
			if st.Warmup {
				a = a.warm()
			}
			st.Start, st.First = s.length, s.total
			// A stream for each stretch, by its place in the plan, so that it is
			// the same whether there are warm-ups or not.
			stream := streamTimes + 2*uint64(i)
			if st.Warmup {
				stream++
			}
			st.pacer = a.Pacer(st.Over, Draw(p.Seed, stream, 0))
			st.Count = st.pacer.Count(st.Over)
			if st.Over > math.MaxInt64-s.length || st.Count == math.MaxInt64 || st.Count > math.MaxInt64-s.total {
				return nil, fmt.Errorf("phase %d: more time or more arrivals than can be counted", i+1)
			}
			s.length += st.Over
			s.total += st.Count
			s.stretches = append(s.stretches, st)
		}
	}
	if p.Pairs <= 0 && s.total > 0 {
		return nil, fmt.Errorf("%d arrivals for %d pairs", s.total, p.Pairs)
	}
	return s, nil
}

// Stretches returns the warm-ups and phases in their order. The caller must not
// change them.
func (s *Schedule) Stretches() []Stretch { return s.stretches }

// Length returns how long the plan is, warm-ups included.
func (s *Schedule) Length() time.Duration { return s.length }

// Total returns how many arrivals the plan has, those of warm-ups included.
func (s *Schedule) Total() int64 { return s.total }

// Count returns how many arrivals are due before a time since the start of the
// plan.
func (s *Schedule) Count(before time.Duration) int64 {
	for i := len(s.stretches) - 1; i >= 0; i-- {
		if st := &s.stretches[i]; before > st.Start {
			return st.First + st.pacer.Count(min(before-st.Start, st.Over))
		}
	}
	return 0
}

// Closed returns the closed model of a phase, from 0, and whether it is one.
func (s *Schedule) Closed(phase int) (Closed, bool) {
	if phase < 0 || phase >= len(s.plan.Phases) || s.plan.Phases[phase].Arrivals.Process != ProcessClosed {
		return Closed{}, false
	}
	ph := s.plan.Phases[phase]
	c := Closed{Pairs: s.plan.Pairs, Think: ph.Arrivals.Think}
	for _, st := range s.stretches {
		if st.Phase < phase {
			c.Start = st.Start + st.Over
		}
	}
	c.Warm = c.Start + ph.Warmup
	c.End = c.Warm + ph.Duration
	return c, true
}
