package load

import (
	"math/bits"
	"time"
)

// Setup paces the opening of channels. A zero Rate is unpaced, a zero InFlight
// unlimited.
type Setup struct {
	Rate Rate
	// InFlight is how many channels may be on their way from connecting to open.
	InFlight int
}

// Progress is how far the set-ups are.
type Progress struct {
	Started  int
	InFlight int
	// Last is when the last one was started. It means nothing before the first.
	Last time.Duration
}

// Next says when the next set-up may start, all times since the start of the
// first one: now when wait is 0, after wait when it is above; not before one has
// ended when full. What was held up is not made up for: two starts are never
// closer than the rate says, because nodes turn away what comes faster.
func (s Setup) Next(p Progress, now time.Duration) (wait time.Duration, full bool) {
	if s.InFlight > 0 && p.InFlight >= s.InFlight {
		return 0, true
	}
	if p.Started <= 0 || s.Rate.Zero() {
		return 0, false
	}
	return max(0, p.Last+s.gap()-now), false
}

// gap is the least time between two starts, rounded up.
func (s Setup) gap() time.Duration {
	count, per := s.Rate.ratio()
	q, rest := bits.Div64(0, per, max(count, 1))
	if rest > 0 {
		q++
	}
	return time.Duration(q)
}

// Least returns how long it takes to start n set-ups when none is held up: the
// time of the last start.
func (s Setup) Least(n int) time.Duration {
	if n <= 1 || s.Rate.Zero() {
		return 0
	}
	hi, lo := bits.Mul64(uint64(n-1), uint64(s.gap()))
	if hi > 0 || lo > uint64(Never) {
		return Never
	}
	return time.Duration(lo)
}
