package load

import (
	"math"
	"time"
)

// Ramp is a rate that changes evenly from From to To during Over, up or down.
// Nothing is due after Over.
type Ramp struct {
	From, To Rate
	Over     time.Duration
}

// ramp is a Ramp with what does not depend on the time. With a rate of c0/p0 that
// becomes c1/p1 after d, at most k arrivals are expected until t when
//
//	2·d·c0·p1·t + (c1·p0 - c0·p1)·t² <= 2·d·p0·p1·k
type ramp struct {
	start, change, one wide
	falls              bool
	over               int64
	from, slope        float64
}

func (r Ramp) prepare() ramp {
	c0, p0 := r.From.ratio()
	c1, p1 := r.To.ratio()
	d := uint64(max(r.Over, 0))
	c := ramp{start: product(2*d, c0, p1), one: product(2*d, p0, p1), over: int64(d)}
	c.from = float64(c0) / float64(p0)
	c.slope = (float64(c1)/float64(p1) - c.from) / float64(d)
	up, down := product(c1, p0), product(c0, p1)
	if c.falls = up.compare(down) < 0; c.falls {
		c.change = down.minus(up)
	} else {
		c.change = up.minus(down)
	}
	return c
}

// reached says that at most k arrivals are expected until t, which is from 0 to
// Over.
func (c *ramp) reached(t, k int64) bool {
	left, right := c.start.times(uint64(t)), c.one.times(uint64(k))
	change := c.change.times(uint64(t)).times(uint64(t))
	if c.falls {
		return left.compare(right.plus(change)) <= 0
	}
	return left.plus(change).compare(right) <= 0
}

func (c *ramp) at(k int64) time.Duration {
	if k = max(k, 0); c.reached(c.over, k) {
		return Never
	}
	guess := 2 * float64(k) / (c.from + math.Sqrt(max(0, c.from*c.from+2*c.slope*float64(k))))
	return time.Duration(last(guess, c.over, func(t int64) bool { return c.reached(t, k) }))
}

// At implements [Pacer].
func (r Ramp) At(k int64) time.Duration {
	c := r.prepare()
	return c.at(k)
}

// Count implements [Pacer].
func (r Ramp) Count(before time.Duration) int64 {
	if r.Over <= 0 || before <= 0 {
		return 0
	}
	c := r.prepare()
	t := min(int64(before), c.over)
	x := float64(t)
	return first(c.from*x+c.slope*x*x/2, func(k int64) bool { return c.reached(t, k) })
}

// Stairs is a rate that starts at From and grows by By after each Every, but
// not above To. A zero To is no limit; one below From holds from the start.
type Stairs struct {
	From, By Rate
	Every    time.Duration
	To       Rate
}

// capped returns the first step whose rate would be To or more, and whether
// there is one within the time that can be told.
func (s Stairs) capped() (step int64, is bool) {
	if s.To.Zero() {
		return 0, false
	}
	c0, p0 := s.From.ratio()
	c1, p1 := s.By.ratio()
	c2, p2 := s.To.ratio()
	from, by, to := product(c0, p1, p2), product(c1, p0, p2), product(c2, p0, p1)
	if from.compare(to) >= 0 {
		return 0, true
	}
	if c1 == 0 || s.Every <= 0 {
		return 0, false
	}
	most := math.MaxInt64 / int64(s.Every)
	enough := func(n int64) bool { return by.times(uint64(n)).plus(from).compare(to) >= 0 }
	if !enough(most) {
		return 0, false
	}
	return first((s.To.float()-s.From.float())/s.By.float(), enough), true
}

// stairs is a Stairs with what does not depend on the time. With rates of c0/p0,
// c1/p1 and c2/p2, the arrivals expected are
//
//	c0/p0·x + c1/p1·w(x) + c2/p2·y
//
// where x is the time below the last step, y the time on it, and w(x) the sum of
// the number of the step over the nanoseconds of x.
type stairs struct {
	from, by, to, one wide
	every             int64
	top               int64 // the time at which To is reached

	start, growth, end float64 // the rates, nearly
}

func (s Stairs) prepare() stairs {
	c0, p0 := s.From.ratio()
	c1, p1 := s.By.ratio()
	c2, p2 := s.To.ratio()
	c := stairs{
		from: product(c0, p1, p2), by: product(c1, p0, p2), to: product(c2, p0, p1), one: product(p0, p1, p2),
		every: int64(max(s.Every, 0)), top: math.MaxInt64,
		start: s.From.float(), growth: s.By.float(), end: s.To.float(),
	}
	if c.every == 0 {
		c.every = math.MaxInt64 // there is only the first step
	}
	if step, is := s.capped(); is {
		c.top = step * c.every // 0, or within what capped has looked at
	}
	return c
}

// reached says that at most k arrivals are expected until t.
func (c *stairs) reached(t, k int64) bool {
	x := min(t, c.top)
	step, rest := uint64(x/c.every), uint64(x%c.every)
	a, b := step, step-min(step, 1)
	if a%2 == 0 {
		a /= 2
	} else {
		b /= 2
	}
	w := product(a, b, uint64(c.every)).plus(product(step, rest))
	// by has up to 190 bits and w up to 126, so they are multiplied word by word.
	left := c.from.times(uint64(x)).plus(c.by.times(w[0])).plus(shift(c.by.times(w[1]))).plus(c.to.times(uint64(t - x)))
	return left.compare(c.one.times(uint64(k))) <= 0
}

// shift multiplies by 2^64.
func shift(w wide) wide {
	copy(w[1:], w[:len(w)-1])
	w[0] = 0
	return w
}

func (c *stairs) at(k int64) time.Duration {
	if k = max(k, 0); c.reached(math.MaxInt64, k) {
		return Never
	}
	every, n := float64(c.every), float64(k)
	// The step on which k comes, first as if the rate grew evenly.
	var guess float64
	if half := c.start - c.growth/2; c.growth > 0 {
		guess = (math.Sqrt(max(0, half*half+2*c.growth*n/every)) - half) / c.growth
	}
	step := last(guess, c.top/c.every, func(j int64) bool { return c.reached(j*c.every, k) })
	j := float64(step)
	before, rate := every*(c.start*j+c.growth*j*(j-1)/2), c.start+c.growth*j
	if step == c.top/c.every && c.top != math.MaxInt64 {
		rate = c.end
	}
	guess = every*j + (n-before)/rate
	return time.Duration(last(guess, math.MaxInt64, func(t int64) bool { return c.reached(t, k) }))
}

// At implements [Pacer].
func (s Stairs) At(k int64) time.Duration {
	c := s.prepare()
	return c.at(k)
}

// Count implements [Pacer].
func (s Stairs) Count(before time.Duration) int64 {
	if before <= 0 {
		return 0
	}
	c := s.prepare()
	x := float64(min(int64(before), c.top))
	every := float64(c.every)
	j := math.Floor(x / every)
	guess := c.start*x + c.growth*(every*j*(j-1)/2+(x-j*every)*j) + c.end*(float64(before)-x)
	return first(guess, func(k int64) bool { return c.reached(int64(before), k) })
}

// last returns the last x from 0 to limit for which ok holds, when it holds for
// 0 and, once it does not, for nothing more. It looks near the guess first.
func last(guess float64, limit int64, ok func(int64) bool) int64 {
	x := whole(guess, limit)
	lo, hi := int64(0), limit
	if ok(x) {
		lo = x
		for step := int64(1); lo < limit; step *= 2 {
			next := lo + min(step, limit-lo)
			if !ok(next) {
				hi = next
				break
			}
			lo = next
		}
		if lo == limit {
			return limit
		}
	} else {
		hi = x
		for step := int64(1); hi > 0; step *= 2 {
			next := hi - min(step, hi)
			if ok(next) {
				lo = next
				break
			}
			hi = next
		}
	}
	for hi-lo > 1 {
		if mid := lo + (hi-lo)/2; ok(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return lo
}

// first returns the first k for which ok holds, when it holds for everything
// above, or math.MaxInt64.
func first(guess float64, ok func(int64) bool) int64 {
	if ok(0) {
		return 0
	}
	if k := last(guess, math.MaxInt64, func(k int64) bool { return !ok(k) }); k < math.MaxInt64 {
		return k + 1
	}
	return math.MaxInt64
}

// whole cuts a guess to a whole number from 0 to limit; what is no number is 0.
func whole(guess float64, limit int64) int64 {
	switch {
	case !(guess > 0): //nolint:staticcheck // NaN is not above 0
		return 0
	case guess >= float64(limit):
		return limit
	}
	return int64(guess)
}
