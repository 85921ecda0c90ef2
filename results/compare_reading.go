package results

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"chanbot/outcome"
)

// Resamples is how many resamples an interval is usually made from, and
// Confidence how sure it is.
const (
	Resamples  = 2000
	Confidence = 0.95
)

// chance is where resamples come from, and how many are drawn.
type chance struct {
	*rand.Rand
	draws int
}

// beyond is how many samples a quantile needs on each side, and how many events
// a rate, before resampling says anything about its spread.
const beyond = 10

// reading is what one run says about one measure.
type reading struct {
	there   bool    // whether the run says anything
	value   float64 // as summary.json has it
	exact   float64 // the same without the steps of the bins
	samples int64
	// draws are the resampled values, in parts of exact where the measure is
	// relative; nil with a problem that says why. Blocks is how many
	// independent blocks they come from, variance that of the draws.
	draws    []float64
	blocks   float64
	variance float64
	problem  string
}

// finish computes the variance of the draws of a relative measure, which are
// values.
func (r *reading) finish() {
	for i := range r.draws {
		r.draws[i] /= r.exact
	}
	r.spread()
}

func (r *reading) spread() {
	n := float64(len(r.draws))
	var mean, squares float64
	for _, d := range r.draws {
		mean += d / n
	}
	for _, d := range r.draws {
		squares += (d - mean) * (d - mean)
	}
	r.variance = squares / (n - 1)
}

// chance returns the random numbers of one measure of one run: the same for the
// same seed, whatever else is compared.
func (o *CompareOptions) chance(side, run int, what string) chance {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%d/%s", side, run, what)
	return chance{rand.New(rand.NewPCG(o.Seed, h.Sum64())), o.Resamples}
}

// clockReader reads measures of one clock of one operation of one run.
type clockReader struct {
	cells  []*times // of the intervals that have any, by time
	total  times
	counts prefix
	upTo   []prefix // by place in total.bins; nil until asked for
	length int      // of the blocks; 0 until asked for
}

func newClockReader(s *series, clock outcome.Clock) *clockReader {
	c := new(clockReader)
	for _, v := range s.inOrder {
		if t := &v.clocks[clock]; t.count() > 0 {
			c.cells = append(c.cells, t)
		}
	}
	// Pairwise, so that wide distributions are not copied for every interval.
	sums := make([]*times, len(c.cells))
	copy(sums, c.cells)
	for len(sums) > 1 {
		half := sums[:0:0]
		for i := 0; i < len(sums); i += 2 {
			var t times
			t.merge(sums[i])
			if i+1 < len(sums) {
				t.merge(sums[i+1])
			}
			half = append(half, &t)
		}
		sums = half
	}
	if len(sums) == 1 {
		c.total = *sums[0]
	}
	if len(c.cells) > 0 {
		c.counts = newPrefix(len(c.cells), func(i int) float64 { return float64(c.cells[i].count()) })
	}
	c.upTo = make([]prefix, len(c.total.bins))
	return c
}

// read measures.
func (c *clockReader) read(m Measure, rng chance) reading {
	r := reading{samples: c.total.count()}
	if r.samples == 0 {
		return r
	}
	r.there = true
	switch m.Func {
	case funcMax:
		r.value = float64(c.total.max)
		r.exact, r.problem = r.value, "a single observation"
	case funcMean:
		r.value = float64(c.total.sum) / float64(r.samples)
		r.exact = r.value
		if r.enough(beyond, len(c.cells)) && r.exact > 0 {
			c.meanDraws(&r, rng)
		}
	default:
		r.value = c.total.at(m.Quantile)
		place, share := c.quantile(m.Quantile)
		r.exact = c.between(place, share)
		rare := min(m.Quantile, 1-m.Quantile)
		if r.enough(int64(math.Ceil(beyond/rare-1e-6)), len(c.cells)) && r.exact > 0 {
			c.quantileDraws(&r, m.Quantile, place, rng)
		}
	}
	return r
}

// enough says whether there are enough samples in enough intervals.
func (r *reading) enough(samples int64, intervals int) bool {
	switch {
	case r.samples < samples:
		r.problem = fmt.Sprintf("%d samples of %d needed", r.samples, samples)
	case intervals < fewestBlocks:
		r.problem = fewIntervals(intervals)
	default:
		return true
	}
	return false
}

func fewIntervals(n int) string {
	return fmt.Sprintf("%s of %d needed", plural(n, "interval"), fewestBlocks)
}

// quantile finds a quantile of all times: the place of its bin, and the share
// of it that lies below.
func (c *clockReader) quantile(q float64) (place int, share float64) {
	return c.find(q*float64(c.total.count()), func(place int) float64 { return float64(c.total.upTo[place]) }, len(c.total.bins)/2)
}

// find returns the first place at which upTo reaches want, near guess, and the
// share of its bin that lies below. It does in the last place.
func (c *clockReader) find(want float64, upTo func(place int) float64, guess int) (place int, share float64) {
	last := len(c.total.bins) - 1
	at := min(max(guess, 0), last)
	lo, hi, below, above := -1, last, 0.0, -1.0 // upTo(lo) < want <= upTo(hi); above is -1 while not known
	if v := upTo(at); v < want {
		lo, below = at, v
		for step := 1; lo+step < hi; step *= 2 {
			if v := upTo(lo + step); v >= want {
				hi, above = lo+step, v
				break
			} else {
				lo, below = lo+step, v
			}
		}
	} else {
		hi, above = at, v
		for step := 1; hi-step > lo; step *= 2 {
			if v := upTo(hi - step); v < want {
				lo, below = hi-step, v
				break
			} else {
				hi, above = hi-step, v
			}
		}
	}
	for hi-lo > 1 {
		mid := lo + (hi-lo)/2
		if v := upTo(mid); v < want {
			lo, below = mid, v
		} else {
			hi, above = mid, v
		}
	}
	if above < 0 {
		above = upTo(hi)
	}
	if above <= below {
		return hi, 1
	}
	return hi, min((want-below)/(above-below), 1)
}

// between returns the time at a share of the bin at a place.
func (c *clockReader) between(place int, share float64) float64 {
	us, width := binFrom(c.total.bins[place])
	return float64(us) + share*float64(width)
}

// prefix returns the sums of the counts up to the bin at a place.
func (c *clockReader) prefix(place int) prefix {
	if c.upTo[place] == nil {
		bin := c.total.bins[place]
		c.upTo[place] = newPrefix(len(c.cells), func(i int) float64 { return float64(c.cells[i].within(bin)) })
	}
	return c.upTo[place]
}

// contributions returns what each interval adds to a quantile: how many of its
// times are below it, less how many were to be expected.
func (c *clockReader) contributions(q float64) []float64 {
	place, share := c.quantile(q)
	x := make([]float64, len(c.cells))
	for i, t := range c.cells {
		at, under := float64(t.within(c.total.bins[place])), 0.0
		if place > 0 {
			under = float64(t.within(c.total.bins[place-1]))
		}
		x[i] = under + share*(at-under) - q*float64(t.count())
	}
	return x
}

// blockLength returns the length of the blocks for all measures of the clock:
// the longest that the median, a high quantile or the mean asks for. What
// carries over shows in some of them better than in others.
func (c *clockReader) blockLength() int {
	if c.length > 0 {
		return c.length
	}
	c.length = 1
	for _, q := range []float64{.5, .9, .99} {
		c.length = max(c.length, blockLength(c.contributions(q)))
	}
	x := make([]float64, len(c.cells))
	mean := float64(c.total.sum) / float64(c.total.count())
	for i, t := range c.cells {
		x[i] = float64(t.sum) - mean*float64(t.count())
	}
	c.length = max(c.length, blockLength(x))
	return c.length
}

func (c *clockReader) quantileDraws(r *reading, q float64, place int, rng chance) {
	s := newResampler(len(c.cells), c.blockLength(), rng)
	r.blocks = s.blocks()
	r.draws = make([]float64, s.rng.draws)
	for i := range r.draws {
		s.draw()
		p, f := c.find(q*s.sum(c.counts), func(place int) float64 { return s.sum(c.prefix(place)) }, place)
		r.draws[i] = c.between(p, f)
	}
	r.finish()
}

func (c *clockReader) meanDraws(r *reading, rng chance) {
	sums := newPrefix(len(c.cells), func(i int) float64 { return float64(c.cells[i].sum) })
	ratioDraws(r, sums, c.counts, newResampler(len(c.cells), c.blockLength(), rng))
}

// ratioDraws resamples the quotient of two sums.
func ratioDraws(r *reading, above, below prefix, s *resampler) {
	r.blocks = s.blocks()
	r.draws = make([]float64, s.rng.draws)
	for i := range r.draws {
		s.draw()
		for range 100 { // a resample of nothing says nothing
			if s.sum(below) > 0 {
				break
			}
			s.draw()
		}
		r.draws[i] = r.exact
		if d := s.sum(below); d > 0 {
			r.draws[i] = s.sum(above) / d
		}
	}
	r.finish()
}

// quantileOf returns the share p of sorted values, between two of them where
// it falls there.
func quantileOf(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func sortedCopy(values []float64) []float64 {
	out := slices.Clone(values)
	slices.Sort(out)
	return out
}
