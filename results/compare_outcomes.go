package results

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
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
		n, outside, events, judged := rateCells(s, m.Kind, r.m.judged)
		if n < fewestBlocks {
			out.problem = fewIntervals(n)
			break
		}
		if outside/seconds >= out.exact {
			out.problem = "all outside of what is judged"
			break
		}
		out.rateDraws(outside/seconds, events, judged, rng)
	}
	return out
}

// rateDraws resamples the events of the judged part; those outside of it add
// their part to the rate and do not vary.
func (r *reading) rateDraws(outside float64, events, judged []float64, rng chance) {
	n := len(events)
	whole, inside := r.exact, r.exact-outside
	x := make([]float64, n)
	for i := range x {
		x[i] = events[i] - inside*judged[i]
	}
	r.exact = inside
	ratioDraws(r, newPrefix(n, func(i int) float64 { return events[i] }), newPrefix(n, func(i int) float64 { return judged[i] }),
		newResampler(n, blockLength(x), rng))
	for i := range r.draws {
		r.draws[i] = (outside + inside*r.draws[i]) / whole
	}
	r.exact = whole
	r.spread()
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
// counts events and seconds; intervals without events are among them. Outside
// are the events before and after: those of set-ups, for example.
func rateCells(s *series, kind outcome.Kind, judged []span) (n int, outside float64, events, seconds []float64) {
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
		if t[i] > 0 {
			events, seconds = append(events, e[i]), append(seconds, t[i])
			continue
		}
		outside += e[i]
	}
	return len(events), outside, events, seconds
}

// readShare measures which part of the operations ended in one way. Its draws
// are shares, not parts of the share, which may be zero. They come from a beta
// distribution with as many operations as the intervals are worth: fewer than
// there were when outcomes come in bursts. So a count of zero has a spread too,
// which no resample of it has. The share of all operations together varies as
// those of each operation do; how many there are of each is taken as given.
func (r *ComparedRun) readShare(m Measure, rng chance) reading {
	counts := r.counts(m.Operation)
	out := reading{}
	for _, n := range counts {
		out.samples += n
	}
	if out.samples == 0 {
		return out
	}
	out.there = true
	out.value = float64(counts[m.Kind]) / float64(out.samples)
	out.exact = out.value
	if r.m == nil || !r.m.counts {
		out.problem = "no intervals in " + r.Source
		return out
	}
	of := []outcome.Operation{m.Operation}
	if m.Operation == "" {
		of = slices.DeleteFunc(r.operations(), func(op outcome.Operation) bool { return r.m.beside[op] })
	}
	out.blocks = math.Inf(1)
	out.draws = make([]float64, rng.draws)
	for _, op := range of {
		share, n, worth := shareOf(r.m.operations[op], m.Kind)
		for i := range out.draws {
			out.draws[i] += n / float64(out.samples) * beta(rng.Rand, share*worth+.5, (1-share)*worth+.5)
		}
	}
	out.spread()
	return out
}

// shareOf returns the share of one outcome among n operations, and how many
// independent ones they are worth.
func shareOf(s *series, kind outcome.Kind) (share, n, worth float64) {
	sums := make([]float64, len(s.inOrder))
	var hits float64
	for i, c := range s.inOrder {
		for _, v := range c.outcomes {
			sums[i] += float64(v)
		}
		n += sums[i]
		hits += float64(c.outcomes[kind])
	}
	if n == 0 {
		return 0, 0, 0
	}
	share = hits / n
	for i, c := range s.inOrder {
		sums[i] = float64(c.outcomes[kind]) - share*sums[i]
	}
	return share, n, n / max(1, clumping(sums, share*(1-share)*n))
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
