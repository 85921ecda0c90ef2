package load

import (
	"math"
	"math/bits"
	"time"
)

// Never is the due time of an arrival that does not come.
const Never time.Duration = math.MaxInt64

// Pacer is a sequence of arrivals, counted from 0, with times since its start.
// Its methods are pure and may be called at any time by anyone, and:
//
//   - At(k) <= At(k+1), and none is below 0;
//   - At(k) < t exactly when k < Count(t).
//
// The zero value of every pacer of this package has no arrivals.
type Pacer interface {
	// At returns when arrival k is due, or Never. A k below 0 is taken as 0.
	At(k int64) time.Duration
	// Count returns how many arrivals are due before a time. Those beyond
	// math.MaxInt64 are not counted, and the second promise ends there.
	Count(before time.Duration) int64
}

// Pace says what to do after elapsed, when hits arrivals have been started: wait
// that long, which may be 0, and start the next one; or stop, because nothing
// more is due within over.
func Pace(p Pacer, over, elapsed time.Duration, hits int64) (wait time.Duration, stop bool) {
	due := p.At(hits)
	if due == Never || due >= over {
		return 0, true
	}
	return max(0, due-max(0, elapsed)), false
}

// Uniform is one arrival after the other at a steady rate, the first one at 0.
type Uniform struct {
	Rate Rate
}

// At implements [Pacer].
func (u Uniform) At(k int64) time.Duration {
	count, per := u.Rate.ratio()
	hi, lo := bits.Mul64(uint64(max(k, 0)), per)
	if hi >= count {
		return Never
	}
	at, _ := bits.Div64(hi, lo, count)
	return time.Duration(min(at, math.MaxInt64))
}

// Count implements [Pacer].
func (u Uniform) Count(before time.Duration) int64 {
	count, per := u.Rate.ratio()
	if before <= 0 || u.At(0) == Never {
		return 0
	}
	hi, lo := bits.Mul64(uint64(before), count)
	lo, carry := bits.Add64(lo, per-1, 0)
	hi += carry
	if hi >= per {
		return math.MaxInt64
	}
	n, _ := bits.Div64(hi, lo, per)
	return int64(min(n, math.MaxInt64))
}

// Burst is Size arrivals at once, the first ones at 0 and the next ones after
// each Every.
type Burst struct {
	Size  int
	Every time.Duration
}

// At implements [Pacer].
func (b Burst) At(k int64) time.Duration {
	if b.Size <= 0 || b.Every <= 0 {
		return Never
	}
	hi, lo := bits.Mul64(uint64(max(k, 0)/int64(b.Size)), uint64(b.Every))
	if hi > 0 || lo > math.MaxInt64 {
		return Never
	}
	return time.Duration(lo)
}

// Count implements [Pacer].
func (b Burst) Count(before time.Duration) int64 {
	if b.Size <= 0 || b.Every <= 0 || before <= 0 {
		return 0
	}
	bursts := uint64((before-1)/b.Every) + 1
	hi, lo := bits.Mul64(bursts, uint64(b.Size))
	if hi > 0 || lo > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(lo)
}

// Part returns every n-th arrival of p from arrival i on, 0 <= i < n. The parts
// from 0 to n-1 are together exactly p. A part that does not exist is empty.
func Part(p Pacer, i, n int) Pacer { return part{p, int64(i), int64(n)} }

type part struct {
	whole Pacer
	i, n  int64
}

func (p part) none() bool { return p.whole == nil || p.n <= 0 || p.i < 0 || p.i >= p.n }

func (p part) At(k int64) time.Duration {
	k = max(k, 0)
	if p.none() || k > (math.MaxInt64-p.i)/p.n {
		return Never
	}
	return p.whole.At(k*p.n + p.i)
}

func (p part) Count(before time.Duration) int64 {
	if p.none() {
		return 0
	}
	all := p.whole.Count(before)
	if all <= p.i {
		return 0
	}
	return (all-p.i-1)/p.n + 1
}
