package simnode

import (
	"container/heap"
	"slices"
	"sync"
	"sync/atomic"

	"chanbot/tx"
)

// courier calls the callbacks of a chain one at a time, in the order in which
// they fell due, that is in the order of the blocks. It uses a goroutine of
// its own, never one of a caller, who may therefore hold any lock. The
// goroutine lives only while there is something to call; flush waits for it.
type courier struct {
	mu      sync.Mutex
	idle    *sync.Cond // queue is empty and nothing is being called
	queue   []func()
	running bool
}

func newCourier() *courier {
	d := &courier{}
	d.idle = sync.NewCond(&d.mu)
	return d
}

// send queues a callback.
func (d *courier) send(fn func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.queue = append(d.queue, fn)
	if !d.running {
		d.running = true
		go d.run()
	}
}

func (d *courier) run() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.queue) > 0 {
		batch := d.queue
		d.queue = nil
		d.mu.Unlock()
		for _, fn := range batch {
			fn()
		}
		d.mu.Lock()
	}
	d.running = false
	d.idle.Broadcast()
}

// flush waits until no callback is due. It must not be called by a callback.
func (d *courier) flush() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.running {
		d.idle.Wait()
	}
}

// watcher is one interest in the transactions of a channel.
type watcher struct {
	fn        func(minedTx)
	cancelled atomic.Bool
}

// watch calls fn for every transaction of a channel that gets into a block from
// now on, as a node's chain watcher does for each channel FSM. Cancelling it
// also drops calls that are due but not yet made; one that is being made may
// still be running when cancel returns.
func (c *chain) watch(channel tx.ID, fn func(minedTx)) (cancel func()) {
	w := &watcher{fn: fn}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watchers[channel] = append(c.watchers[channel], w)
	return func() {
		w.cancelled.Store(true)
		c.mu.Lock()
		defer c.mu.Unlock()
		rest := slices.DeleteFunc(slices.Clone(c.watchers[channel]), func(o *watcher) bool { return o == w })
		if len(rest) == 0 {
			delete(c.watchers, channel)
			return
		}
		c.watchers[channel] = rest
	}
}

// tellWatchersLocked makes the calls for a transaction in a block due.
func (c *chain) tellWatchersLocked(channel tx.ID, m minedTx) {
	for _, w := range c.watchers[channel] {
		c.courier.send(func() {
			if !w.cancelled.Load() {
				w.fn(m)
			}
		})
	}
}

// whenHeight calls fn once, as soon as the top is at height h or above; at
// once if it already is. Cancelling works as in watch. Waiting costs nothing
// per block, so thousands may wait.
func (c *chain) whenHeight(h uint64, fn func()) (cancel func()) {
	w := &heightWaiter{height: h, fn: fn, index: -1}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.topLocked().Height >= h {
		c.courier.send(w.call)
	} else {
		c.heights.arrived++
		w.order = c.heights.arrived
		heap.Push(&c.heights, w)
	}
	return func() {
		w.cancelled.Store(true)
		c.mu.Lock()
		defer c.mu.Unlock()
		if w.index >= 0 {
			heap.Remove(&c.heights, w.index)
		}
	}
}

// tellHeightLocked makes the calls due that wait for the present height.
func (c *chain) tellHeightLocked() {
	top := c.topLocked().Height
	for c.heights.Len() > 0 && c.heights.waiters[0].height <= top {
		w := heap.Pop(&c.heights).(*heightWaiter)
		c.courier.send(w.call)
	}
}

// onPost calls fn after every transaction that the pool took.
func (c *chain) onPost(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.posted = append(c.posted, fn)
}

// flush waits until every callback that is due has been made, those that fell
// due in the meantime included. It must not be called by a callback.
func (c *chain) flush() { c.courier.flush() }

// heightWaiter is one wait for a height.
type heightWaiter struct {
	height    uint64
	order     uint64 // of arrival, so that equal heights are called in order
	fn        func()
	index     int // in the heap, -1 outside
	cancelled atomic.Bool
}

func (w *heightWaiter) call() {
	if !w.cancelled.Load() {
		w.fn()
	}
}

// heightQueue is a heap of waiters, the lowest height first.
type heightQueue struct {
	waiters []*heightWaiter
	arrived uint64
}

func (q *heightQueue) Len() int { return len(q.waiters) }

func (q *heightQueue) Less(i, j int) bool {
	a, b := q.waiters[i], q.waiters[j]
	if a.height != b.height {
		return a.height < b.height
	}
	return a.order < b.order
}

func (q *heightQueue) Swap(i, j int) {
	q.waiters[i], q.waiters[j] = q.waiters[j], q.waiters[i]
	q.waiters[i].index, q.waiters[j].index = i, j
}

func (q *heightQueue) Push(x any) {
	w := x.(*heightWaiter)
	w.index = len(q.waiters)
	q.waiters = append(q.waiters, w)
}

func (q *heightQueue) Pop() any {
	last := len(q.waiters) - 1
	w := q.waiters[last]
	q.waiters[last] = nil
	q.waiters = q.waiters[:last]
	w.index = -1
	return w
}
