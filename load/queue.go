package load

import (
	"math/bits"
	"time"
)

// Queue is what waits for one channel, which takes one operation at a time:
// first come, first served, without a limit, so that nothing that was due is
// dropped. The zero value is empty. A Queue has no clock and no lock; times are
// since the start of the plan and must not go back (one that does counts as the
// one before).
type Queue[T any] struct {
	items   []T // a ring
	first   int
	waiting int
	busy    bool

	now       time.Duration
	deepest   int
	total     int64
	sum, sum2 uint64 // of depth times nanoseconds, as lower and upper word
}

// Depth is what is known about the length of a queue. An operation under way is
// not part of it.
type Depth struct {
	Now, Max int
	// Mean is weighted with time, from 0 to the last call.
	Mean float64
	// Total is how many have ever been enqueued.
	Total int64
}

// Enqueue puts v at the end.
func (q *Queue[T]) Enqueue(now time.Duration, v T) {
	q.pass(now)
	if q.waiting == len(q.items) {
		q.grow()
	}
	q.items[(q.first+q.waiting)&(len(q.items)-1)] = v
	q.waiting++
	q.total++
	q.deepest = max(q.deepest, q.waiting)
}

// Next takes the first one for the channel, which is then busy; ok is false when
// nothing waits, or the channel is busy.
func (q *Queue[T]) Next(now time.Duration) (v T, ok bool) {
	q.pass(now)
	if q.busy || q.waiting == 0 {
		return v, false
	}
	var zero T
	v, q.items[q.first] = q.items[q.first], zero
	q.first = (q.first + 1) & (len(q.items) - 1)
	q.waiting--
	q.busy = true
	return v, true
}

// Done says that the channel has ended its operation.
func (q *Queue[T]) Done() { q.busy = false }

// Busy says that an operation is under way.
func (q *Queue[T]) Busy() bool { return q.busy }

// Depth returns how long the queue is and was.
func (q *Queue[T]) Depth(now time.Duration) Depth {
	q.pass(now)
	d := Depth{Now: q.waiting, Max: q.deepest, Total: q.total}
	if q.now > 0 {
		d.Mean = (float64(q.sum2)*(1<<64) + float64(q.sum)) / float64(q.now)
	}
	return d
}

// pass lets time go on until now.
func (q *Queue[T]) pass(now time.Duration) {
	if now <= q.now {
		return
	}
	hi, lo := bits.Mul64(uint64(q.waiting), uint64(now-q.now))
	var carry uint64
	q.sum, carry = bits.Add64(q.sum, lo, 0)
	q.sum2 += hi + carry
	q.now = now
}

// grow doubles the ring; its size is a power of 2.
func (q *Queue[T]) grow() {
	items := make([]T, max(4, 2*len(q.items)))
	n := copy(items, q.items[q.first:])
	copy(items[n:], q.items[:q.first])
	q.items, q.first = items, 0
}
