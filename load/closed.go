package load

import (
	"math"
	"math/bits"
	"time"
)

// Closed is a phase of the closed model: each pair does one operation after the
// other, with some time between them. All times are since the start of the plan.
type Closed struct {
	// Start, Warm and End are when the phase begins, when its warm-up is over,
	// and when nothing more is begun. Operations do not notice the end of the
	// warm-up.
	Start, Warm, End time.Duration
	Pairs            int
	Think            time.Duration
}

// First returns when the first operation of a pair is due. The pairs are spread
// evenly over one think time, so that they do not begin all at once; ok is false
// when that is after the end.
func (c Closed) First(pair int) (due time.Duration, ok bool) {
	if pair < 0 || pair >= c.Pairs {
		return Never, false
	}
	hi, lo := bits.Mul64(uint64(max(c.Think, 0)), uint64(pair))
	shift, _ := bits.Div64(hi, lo, uint64(c.Pairs))
	return c.within(c.Start, time.Duration(shift))
}

// Next returns when the next operation of a pair is due whose last one ended at
// done; ok is false when that is after the end.
func (c Closed) Next(done time.Duration) (due time.Duration, ok bool) {
	return c.within(max(done, c.Start), max(c.Think, 0))
}

func (c Closed) within(from, more time.Duration) (time.Duration, bool) {
	if more > math.MaxInt64-max(from, 0) || from+more >= c.End {
		return Never, false
	}
	return from + more, true
}

// Warmup says that what is due then is recorded and not judged.
func (c Closed) Warmup(due time.Duration) bool { return due < c.Warm }
