package load

import (
	"iter"
	"sort"
	"time"
)

// Arrival is one operation of the open model.
type Arrival struct {
	// K is its number in the plan, from 0.
	K int64
	// Due is when it is to start, since the start of the plan.
	Due time.Duration
	// Phase is its place in the plan, from 0. Warmup says that it is recorded and
	// not judged.
	Phase  int
	Warmup bool
	// Pair is the pair it goes to, from 0; see the function [Pair].
	Pair int
}

// At returns arrival k, and false if there is none.
func (s *Schedule) At(k int64) (Arrival, bool) {
	if k < 0 || k >= s.total {
		return Arrival{}, false
	}
	i := sort.Search(len(s.stretches), func(i int) bool { return k < s.stretches[i].First+s.stretches[i].Count })
	st := &s.stretches[i]
	return s.arrival(st, k, st.pacer.At(k-st.First)), true
}

func (s *Schedule) arrival(st *Stretch, k int64, at time.Duration) Arrival {
	return Arrival{K: k, Due: st.Start + at, Phase: st.Phase, Warmup: st.Warmup, Pair: Pair(s.plan.Seed, k, s.plan.Pairs)}
}

// All yields every arrival in order.
func (s *Schedule) All() iter.Seq[Arrival] { return s.Part(0, 1) }

// Part yields, in order, the arrivals of the pairs whose number leaves the rest
// i when it is divided by n. The parts from 0 to n-1 are together exactly All. A
// part that does not exist is empty.
func (s *Schedule) Part(i, n int) iter.Seq[Arrival] {
	return func(yield func(Arrival) bool) {
		if n <= 0 || i < 0 || i >= n {
			return
		}
		for j := range s.stretches {
			st := &s.stretches[j]
			at := inOrder(st.pacer)
			for k := range st.Count {
				a := s.arrival(st, st.First+k, 0)
				if a.Pair%n != i {
					continue
				}
				if a.Due += at(k); !yield(a) {
					return
				}
			}
		}
	}
}

// inOrder returns what p.At returns, faster when it is asked in order. Only one
// goroutine may call it at a time.
func inOrder(p Pacer) func(k int64) time.Duration {
	var random Poisson
	switch p := p.(type) {
	case Poisson:
		random = p
	case Ramp:
		c := p.prepare()
		return c.at
	case Stairs:
		c := p.prepare()
		return c.at
	default:
		return p.At
	}
	var leaf node
	var room [leafSize]uint64
	places := room[:0]
	return func(k int64) time.Duration {
		if k < leaf.first || k >= leaf.first+leaf.n {
			leaf = random.find(k)
			places = leaf.places(random.Seed, places[:0])
		}
		return random.time(places[k-leaf.first])
	}
}
