package bot

import "time"

// With many channels the bot may be the one that cannot keep up. An answer that
// the node waits for then must not queue up behind new operations: the time that
// it takes would count as the node's. So while many operations are under way, a
// new one begins in the place of one that is over, or when the bot has nothing
// else to do, and its waiting counts as waiting.

const (
	// crowd is how many operations begin without a look at what else there is to
	// do.
	crowd = 64
	// admitted is how many more begin at a time.
	admitted = 32
	// look is the time between two looks, and longLook how long one takes when
	// the bot has other things to do: a sleep ends behind everything that came
	// before.
	look, longLook = 200 * time.Microsecond, time.Millisecond
	// blink is the shortest sleep.
	blink = 20 * time.Microsecond
)

// newSleep makes a sleep for one goroutine, or nil.
func (f *fleet) newSleep() func(time.Duration) {
	if f.cfg.NewSleep == nil {
		return nil
	}
	return f.cfg.NewSleep()
}

// crowded says that a new operation has to wait for its turn.
func (c *campaign) crowded() bool {
	return c.f.cfg.NewSleep != nil && (len(c.crowd) > 0 || c.full())
}

func (c *campaign) full() bool { return c.turns.Load() >= crowd }

// turnLocked counts a pair among those that have begun.
func (w *workload) turnLocked() {
	if !w.turn {
		w.turn = true
		w.c.turns.Add(1)
	}
}

// overLocked says that a pair has nothing under way any more.
func (w *workload) overLocked() {
	if w.turn {
		w.turn = false
		w.c.turns.Add(-1)
	}
}

// queueUp has a pair wait for its turn.
func (c *campaign) queueUp(p *pair) {
	c.crowd <- p // it has room for every pair
	select {
	case c.crowding <- struct{}{}:
	default:
	}
}

// admit has up to n pairs begin whose turn it is.
func (c *campaign) admit(n int) {
	for range n {
		select {
		case p := <-c.crowd:
			p.work.mu.Lock()
			p.work.turnLocked()
			p.work.mu.Unlock()
			c.ready <- p
		default:
			return
		}
	}
}

// replace has a pair begin in the place of an operation that is over.
func (c *campaign) replace() {
	if len(c.crowd) > 0 && !c.full() {
		c.admit(1)
	}
}

// watchCrowd has pairs begin when there is nothing else to do, until over is
// closed.
func (c *campaign) watchCrowd(over <-chan struct{}) {
	sleep := c.f.newSleep()
	var last time.Duration
	for {
		select {
		case <-over:
			return
		case <-c.crowding:
		}
		for len(c.crowd) > 0 && c.work.Err() == nil {
			if !c.full() || sleep == nil {
				c.admit(1)
				continue
			}
			began := c.f.now()
			sleep(max(look-(began-last), blink))
			if last = c.f.now(); last-began < longLook {
				c.admit(admitted)
			}
		}
		c.admit(len(c.crowd)) // when the work is over, nothing is begun
	}
}
