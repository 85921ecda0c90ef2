package results

import "math"

// fewestBlocks is how many blocks it takes to say anything about a spread.
const fewestBlocks = 8

// blockLength chooses how many neighbouring intervals are drawn together, so
// that what carries over from one to the next stays in the resamples. It is the
// automatic choice for circular blocks of Politis and White (2004) as corrected
// by Patton, Politis and White (2009), for the contributions x of the intervals
// to a statistic; but at least fewestBlocks blocks are left.
func blockLength(x []float64) int {
	n := len(x)
	most := n / fewestBlocks
	if most < 2 {
		return 1
	}
	var mean float64
	for _, v := range x {
		mean += v / float64(n)
	}
	covariance := func(lag int) float64 {
		var sum float64
		for i := lag; i < n; i++ {
			sum += (x[i] - mean) * (x[i-lag] - mean)
		}
		return sum / float64(n)
	}
	variance := covariance(0)
	if variance <= 0 {
		return 1
	}
	// Lags up to m are those whose correlation stands out; the ones after it,
	// run of them, do not.
	run := max(5, int(math.Ceil(math.Sqrt(math.Log10(float64(n))))))
	lags := min(int(math.Ceil(math.Sqrt(float64(n))))+run, n-1)
	small := 2 * math.Sqrt(math.Log10(float64(n))/float64(n)) * variance
	m, quiet, last := -1, 0, 0
	for lag := 1; lag <= lags; lag++ {
		if math.Abs(covariance(lag)) < small {
			if quiet++; quiet == run {
				m = lag - run
				break
			}
			continue
		}
		quiet, last = 0, lag
	}
	if m < 0 {
		m = last
	}
	if m == 0 {
		return 1
	}
	window := min(2*m, lags)
	g, spectrum := 0.0, variance
	for lag := 1; lag <= window; lag++ {
		// The flat-top window of Politis and Romano.
		weight := min(1, 2*(1-float64(lag)/float64(window)))
		c := 2 * weight * covariance(lag)
		g += float64(lag) * c
		spectrum += c
	}
	if spectrum <= 0 {
		return 1 // neighbours balance each other, and single intervals are on the safe side
	}
	b := math.Cbrt(2 * g * g / (4. / 3 * spectrum * spectrum) * float64(n))
	return int(min(max(math.Ceil(b), 1), float64(most)))
}

// prefix holds the sums of the first intervals, going around once more, so that
// the sum over a circular block is one difference.
type prefix []float64

func newPrefix(n int, at func(i int) float64) prefix {
	p := make(prefix, n+n/fewestBlocks+2)
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] + at((i-1)%n)
	}
	return p
}

// resampler draws circular blocks out of n intervals.
type resampler struct {
	n, length int
	starts    []int32
	rng       chance
}

func newResampler(n, length int, rng chance) *resampler {
	return &resampler{n: n, length: length, starts: make([]int32, max(1, (n+length/2)/length)), rng: rng}
}

// draw begins a new resample.
func (r *resampler) draw() {
	n := uint64(r.n)
	for i := 0; i < len(r.starts); i += 2 {
		// Two numbers out of one; n is too small for the bias to matter.
		u := r.rng.Uint64()
		r.starts[i] = int32(u >> 32 * n >> 32)
		if i+1 < len(r.starts) {
			r.starts[i+1] = int32(u & math.MaxUint32 * n >> 32)
		}
	}
}

// sum adds up what the drawn blocks hold.
func (r *resampler) sum(p prefix) float64 {
	var sum float64
	for _, s := range r.starts {
		sum += p[int(s)+r.length] - p[s]
	}
	return sum
}

// blocks returns how many independent blocks the intervals make.
func (r *resampler) blocks() float64 { return float64(r.n) / float64(r.length) }
