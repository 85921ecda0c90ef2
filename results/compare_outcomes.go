package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"chanbot/outcome"
)

// readRate measures how many operations a second ended in one way, over the
// judged part of the run.
func (r *ComparedRun) readRate(m Measure, rng chance) reading {
	counts := r.counts(m.Operation)
	out := reading{samples: counts[m.Kind]}
	seconds := r.Judged.Seconds()
	if seconds <= 0 {
		return out
	}
	out.there = true
	out.value = float64(out.samples) / seconds
	out.exact = out.value
	s := r.outcomesOf(m.Operation)
	switch {
	case s == nil && out.samples == 0:
		out.zero(rng.draws)
	case s == nil:
		out.problem = "no intervals in " + r.Source
	case out.samples == 0:
		out.zero(rng.draws)
	case out.samples < beyond:
		out.problem = fmt.Sprintf("%s of %d needed", plural(int(out.samples), "event"), beyond)
	default:
		n, above, below := rateCells(s, m.Kind, r.m.judged)
		if n < fewestBlocks {
			out.problem = fewIntervals(n)
			break
		}
		x := make([]float64, n)
		for i := range x {
			x[i] = above[i] - out.exact*below[i]
		}
		ratioDraws(&out, newPrefix(n, func(i int) float64 { return above[i] }), newPrefix(n, func(i int) float64 { return below[i] }),
			newResampler(n, blockLength(x), rng))
	}
	return out
}

// zero makes a reading of nothing at all, in which there is nothing to vary.
func (r *reading) zero(draws int) {
	r.draws = make([]float64, draws)
	r.blocks = math.Inf(1)
}

// outcomesOf returns the intervals with the outcomes of an operation, nil when
// they are not known.
func (r *ComparedRun) outcomesOf(op outcome.Operation) *series {
	if r.m == nil || !r.m.counts {
		return nil
	}
	if op == "" {
		return r.m.all
	}
	return r.m.operations[op]
}

// rateCells cuts the judged part of a run into equal intervals, in which it
// counts events and seconds; intervals without events are among them.
func rateCells(s *series, kind outcome.Kind, judged []span) (n int, events, seconds []float64) {
	var end time.Duration
	for _, j := range judged {
		end = max(end, j.to)
	}
	unit := s.unit
	for end/unit >= mostIntervals {
		unit *= 2
	}
	factor := int64(unit / s.unit)
	all := int64((end + unit - 1) / unit)
	for at := range s.cells {
		all = max(all, min(at/factor+1, 2*mostIntervals)) // what ended later counts in the last one
	}
	e, t := make([]float64, all), make([]float64, all)
	for at, c := range s.cells {
		e[min(at/factor, all-1)] += float64(c.outcomes[kind])
	}
	for _, j := range judged {
		for i := int64(j.from / unit); i < all; i++ {
			from, to := time.Duration(i)*unit, time.Duration(i+1)*unit
			if from >= j.to {
				break
			}
			t[i] += (min(to, j.to) - max(from, j.from)).Seconds()
		}
	}
	for i := range e {
		if e[i] > 0 || t[i] > 0 {
			events, seconds = append(events, e[i]), append(seconds, t[i])
		}
	}
	return len(events), events, seconds
}

// readShare measures which part of the operations ended in one way. Its draws
// are shares, not parts of the share, which may be zero. They come from a beta
// distribution with as many operations as the intervals are worth: fewer than
// there were when outcomes come in bursts. So a count of zero has a spread too,
// which no resample of it has.
func (r *ComparedRun) readShare(m Measure, rng chance) reading {
	counts := r.counts(m.Operation)
	out := reading{}
	for _, n := range counts {
		out.samples += n
	}
	if out.samples == 0 {
		return out
	}
	hits, n := float64(counts[m.Kind]), float64(out.samples)
	out.there = true
	out.value = hits / n
	out.exact = out.value
	s := r.outcomesOf(m.Operation)
	if s == nil {
		out.problem = "no intervals in " + r.Source
		return out
	}
	cells := s.inOrder
	x := make([]float64, len(cells))
	for i, c := range cells {
		var all int64
		for _, v := range c.outcomes {
			all += v
		}
		x[i] = float64(c.outcomes[m.Kind]) - out.value*float64(all)
	}
	worth := n / max(1, clumping(x, out.value*(1-out.value)*n))
	out.blocks = math.Inf(1)
	out.draws = make([]float64, rng.draws)
	for i := range out.draws {
		out.draws[i] = beta(rng.Rand, out.value*worth+.5, (1-out.value)*worth+.5)
	}
	out.spread()
	return out
}

// clumping returns how much larger the variance of the sum of x is than that of
// independent operations.
func clumping(x []float64, independent float64) float64 {
	n := len(x)
	if independent <= 0 || n < fewestBlocks {
		return 1
	}
	length := blockLength(x)
	sums := newPrefix(n, func(i int) float64 { return x[i] })
	var squares float64
	for i := range n {
		d := sums[i+length] - sums[i]
		squares += d * d
	}
	blocks := float64(n) / float64(length)
	return squares / float64(length) * blocks / (blocks - 1) / independent
}

// beta draws from the beta distribution.
func beta(rng *rand.Rand, a, b float64) float64 {
	x, y := gamma(rng, a), gamma(rng, b)
	if x+y <= 0 {
		return a / (a + b)
	}
	return x / (x + y)
}

// gamma draws from the gamma distribution with scale 1, by the method of
// Marsaglia and Tsang (2000).
func gamma(rng *rand.Rand, shape float64) float64 {
	if shape < 1 {
		return gamma(rng, shape+1) * math.Pow(1-rng.Float64(), 1/shape)
	}
	d := shape - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		z := rng.NormFloat64()
		v := 1 + c*z
		if v <= 0 {
			continue
		}
		v = v * v * v
		if u := 1 - rng.Float64(); math.Log(u) < z*z/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}
