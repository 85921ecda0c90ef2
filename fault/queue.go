package fault

import (
	"sync"
	"time"
)

// maxQueue is how many bytes wait in a direction before its sender has to wait,
// too.
const maxQueue = 256 << 10

// item is something that waits for its time.
type item struct {
	due    time.Time
	never  bool   // due never comes
	held   bool   // until another item has passed it
	bytes  []byte // what goes on then
	end    error  // of an in lane: the sender has ended with it
	half   bool   // of an out lane: the client has closed its half
	cut    bool   // then the connection is cut
	ending Ending
}

// queue holds what one direction delays, in the order in which it goes on.
type queue struct {
	mu     sync.Mutex
	change *sync.Cond

	items  []item
	bytes  int
	last   time.Time // when the last item is due
	blocks bool      // the last item never goes on
	paused time.Time // the sender waits until then
	stuck  bool      // the sender waits for ever

	active bool      // somebody works on the queue: everything goes through it
	limit  time.Time // deadline of the caller who reads or writes; zero is none
	failed error     // the connection has ended with it
	leave  time.Time // the client has closed: what is not due by then is lost
}

func newQueue() *queue {
	q := &queue{}
	q.change = sync.NewCond(&q.mu)
	return q
}

// waitLocked waits for a change, or until t, if that is not zero.
func (q *queue) waitLocked(t time.Time) {
	if !t.IsZero() {
		timer := time.AfterFunc(time.Until(t), func() {
			q.mu.Lock()
			defer q.mu.Unlock()
			q.change.Broadcast()
		})
		defer timer.Stop()
	}
	q.change.Wait()
}

// pushLocked puts an item behind the others, or in front of one that waits to
// be passed.
func (q *queue) pushLocked(it item) {
	if it.due.Before(q.last) {
		it.due = q.last
	}
	it.never = it.never || q.blocks
	q.bytes += len(it.bytes)
	if n := len(q.items); n > 0 && q.items[n-1].held {
		behind := q.items[n-1]
		behind.held, behind.due, behind.never = false, it.due, it.never
		q.items = append(q.items[:n-1], it, behind)
	} else {
		q.items = append(q.items, it)
	}
	if !it.held {
		q.last, q.blocks = it.due, it.never
	}
	q.change.Broadcast()
}

// pushFate queues a message by its fate.
func (q *queue) pushFate(m *message, f *fate) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if f.stalled {
		q.paused, q.stuck = f.due, f.never
	}
	if f.cut {
		half := 0
		if f.ending == EndHalf {
			half = len(m.raw) / 2
		}
		if half > 0 {
			q.pushLocked(item{due: f.due, never: f.never, bytes: append([]byte(nil), m.raw[:half]...)})
		}
		q.pushLocked(item{due: f.due, never: f.never, cut: true, ending: f.ending})
		return
	}
	for i := range f.times() {
		q.pushLocked(item{due: f.due, never: f.never, held: f.reorder && i == 0 && f.copies == 0, bytes: append([]byte(nil), f.content(m)...)})
	}
}

// times is how often a message goes on.
func (f *fate) times() int {
	if f.drop {
		return 0
	}
	return 1 + f.copies
}

// content is what goes on of a message.
func (f *fate) content(m *message) []byte {
	if f.instead != nil {
		return f.instead
	}
	return m.raw
}

// popLocked takes the first item if it is due.
func (q *queue) popLocked(now time.Time) (it item, ok bool) {
	if len(q.items) == 0 || q.items[0].never || q.items[0].due.After(now) {
		return item{}, false
	}
	it = q.items[0]
	q.items[0] = item{}
	q.items = q.items[1:]
	if len(q.items) == 0 {
		q.items = nil
	}
	q.bytes -= len(it.bytes)
	q.change.Broadcast()
	return it, true
}

// dueLocked is when there is something to do; zero is when something changes.
func (q *queue) dueLocked() time.Time {
	if len(q.items) == 0 || q.items[0].never {
		return time.Time{}
	}
	return q.items[0].due
}

// fullLocked tells whether the sender has to wait, and until when; zero is until
// something changes.
func (q *queue) fullLocked(now time.Time) (until time.Time, full bool) {
	switch {
	case q.stuck || q.bytes > maxQueue:
		return time.Time{}, true
	case q.paused.After(now):
		return q.paused, true
	}
	return time.Time{}, false
}

// fail ends the queue with an error; the first one counts.
func (q *queue) fail(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failed == nil {
		q.failed = err
		q.items, q.bytes = nil, 0
	}
	q.change.Broadcast()
}

// setLimit sets the deadline of the caller.
func (q *queue) setLimit(t time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = t
	q.change.Broadcast()
}

// sooner is the earlier of two times, of which zero is never.
func sooner(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
