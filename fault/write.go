package fault

import (
	"net"
	"time"
)

// Write takes what the client sends. It returns before delayed bytes are on
// their way, and waits while the proxy takes nothing.
func (c *conn) Write(b []byte) (int, error) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := c.admit(); err != nil {
		return 0, err
	}
	c.out.scan.add(b)
	c.pass = kept(c.pass)
	for {
		m, ok := c.out.scan.next()
		if !ok {
			break
		}
		f := c.out.decide(&m)
		if !f.straight() && len(c.pass) > 0 {
			if err := c.send(c.pass); err != nil {
				return 0, err
			}
			c.pass = c.pass[:0]
		}
		switch {
		case !f.straight() || c.behind():
			c.outQ.pushFate(&m, &f)
			c.writeBehind()
		default:
			for range f.times() {
				c.pass = append(c.pass, f.content(&m)...)
			}
		}
	}
	if len(c.pass) > 0 {
		if err := c.send(c.pass); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

// behind tells whether something waits to be written.
func (c *conn) behind() bool {
	c.outQ.mu.Lock()
	defer c.outQ.mu.Unlock()
	return c.outQ.active
}

// admit waits until the proxy takes something from the client.
func (c *conn) admit() error {
	q := c.outQ
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		now := time.Now()
		switch {
		case q.failed != nil:
			return q.failed
		case !q.leave.IsZero():
			return net.ErrClosed
		case !q.limit.IsZero() && !q.limit.After(now):
			return timedOut("write", c)
		}
		until, full := q.fullLocked(now)
		if !full {
			return nil
		}
		q.waitLocked(sooner(until, q.limit))
	}
}

func (c *conn) send(b []byte) error {
	if _, err := c.Conn.Write(b); err != nil {
		return c.outQ.instead(err)
	}
	return nil
}

// writeBehind starts the goroutine that writes what waits, if it does not run.
func (c *conn) writeBehind() {
	q := c.outQ
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.active {
		return
	}
	q.active = c.proxy.start(c.writeQueue)
}

// writeQueue writes until nothing waits any more.
func (c *conn) writeQueue() {
	q := c.outQ
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.failed == nil && len(q.items) > 0 {
		now := time.Now()
		it, ok := q.popLocked(now)
		switch {
		case !ok && !q.leave.IsZero() && !q.leave.After(now):
			q.items, q.bytes = nil, 0 // the client is gone, and this would come too late
		case !ok:
			q.waitLocked(sooner(q.dueLocked(), q.leave))
		default:
			q.mu.Unlock()
			c.carryOut(&it)
			q.mu.Lock()
		}
	}
	q.active = false
	q.change.Broadcast()
	if !q.leave.IsZero() && q.failed == nil {
		q.mu.Unlock()
		c.kill(net.ErrClosed)
		q.mu.Lock()
	}
}

// carryOut writes an item whose time has come.
func (c *conn) carryOut(it *item) {
	switch {
	case it.cut:
		c.cut(it.ending)
	case it.half:
		_ = closeWrite(c.Conn) // the node notices, or is gone
	default:
		if _, err := c.Conn.Write(it.bytes); err != nil {
			c.outQ.fail(err)
		}
	}
}
