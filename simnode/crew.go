package simnode

import "sync"

// crew does the work of sessions on goroutines that are used again. What a frame
// causes needs a deep stack, which a goroutine that then waits for the next frame
// would keep. With a crew as many stacks are deep as there are frames at work, and
// not as many as there are sockets. With few sockets the memory does not matter,
// and readers save themselves the way to the crew and back.
type crew struct {
	wg   *sync.WaitGroup // of the node
	mu   sync.Mutex
	idle []chan task // of those who wait, the last one waits for the shortest time
	done bool
}

// fewSessions is with how many sessions a node is not crowded.
const fewSessions = 256

// task is one piece of work.
type task struct {
	s    *session // handle the frame that was read
	call func()   // or do this
}

// maxIdle is how many goroutines wait for work at most.
const maxIdle = 64

// do starts a task and does not wait for it.
func (c *crew) do(t task) {
	c.mu.Lock()
	if n := len(c.idle); n > 0 {
		ch := c.idle[n-1]
		c.idle = c.idle[:n-1]
		c.mu.Unlock()
		ch <- t
		return
	}
	c.mu.Unlock()
	c.wg.Go(func() { c.work(t) })
}

func (c *crew) work(t task) {
	next := make(chan task, 1) // so that do never waits
	for {
		t.run()
		c.mu.Lock()
		if c.done || len(c.idle) >= maxIdle {
			c.mu.Unlock()
			return
		}
		c.idle = append(c.idle, next)
		c.mu.Unlock()
		var more bool
		if t, more = <-next; !more {
			return
		}
	}
}

func (t *task) run() {
	if t.call != nil {
		t.call()
		return
	}
	t.s.handled <- t.s.frame()
}

// dismiss ends those who wait; others end when their task does.
func (c *crew) dismiss() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = true
	for _, ch := range c.idle {
		close(ch)
	}
	c.idle = nil
}
