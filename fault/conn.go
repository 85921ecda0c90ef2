package fault

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"

	"chanbot/outcome"
)

// linger is how long what is under way to the node may still take once the
// client has closed.
const linger = 2 * time.Second

// conn is a connection that goes through the proxy. While nothing delays
// anything, bytes pass within the caller's Read and Write. Once something has,
// a goroutine reads ahead (in) or writes behind (out).
type conn struct {
	net.Conn
	proxy *Proxy
	pair  int
	role  outcome.Role

	in, out   *lane
	inQ, outQ *queue

	reading sync.Mutex // of Read
	ready   []byte     // for Read
	store   []byte     // the memory of ready
	inEnd   error      // what the node's side has ended with; read after ready

	writing sync.Mutex // of Write
	pass    []byte     // the memory of what Write passes on
}

func newConn(p *Proxy, inner net.Conn, pair int, role outcome.Role) *conn {
	c := &conn{Conn: inner, proxy: p, pair: pair, role: role, inQ: newQueue(), outQ: newQueue()}
	c.in, c.out = newLane(c, In), newLane(c, Out)
	return c
}

// chunk is how much is read at a time.
const chunk = 4 << 10

// Read returns what the node sends and the proxy lets through.
func (c *conn) Read(b []byte) (int, error) {
	c.reading.Lock()
	defer c.reading.Unlock()
	for len(c.ready) == 0 {
		if err := c.refill(); err != nil {
			return 0, err
		}
	}
	n := copy(b, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// refill waits for bytes to be ready.
func (c *conn) refill() error {
	c.ready = c.store[:0]
	if c.inEnd != nil {
		return c.inEnd
	}
	c.inQ.mu.Lock()
	behind := c.inQ.active
	c.inQ.mu.Unlock()
	if behind {
		return c.await()
	}
	delayed, err := c.pull(func(m *message, f *fate) {
		for range f.times() {
			c.ready = append(c.ready, f.content(m)...)
		}
	})
	switch {
	case delayed:
		c.readAhead(err)
	case err != nil && isTimeout(err):
		return err
	case err != nil:
		c.ready = append(c.ready, c.in.scan.rest()...)
		c.inEnd = err
	}
	c.store = kept(c.ready)
	return nil
}

// kept is the memory of b for the next time, if it is not much.
func kept(b []byte) []byte {
	if cap(b) > maxKept {
		return nil
	}
	return b[:0]
}

// maxKept is how much memory a direction keeps for what comes next.
const maxKept = 64 << 10

// pull reads once from the node and hands every message that passes straight
// to now. From the first one on that does not, all go into the queue.
func (c *conn) pull(now func(m *message, f *fate)) (delayed bool, err error) {
	n, err := c.Conn.Read(c.in.scan.room(chunk))
	c.in.scan.took(n)
	for {
		m, ok := c.in.scan.next()
		if !ok {
			break
		}
		f := c.in.decide(&m)
		if delayed = delayed || !f.straight(); delayed {
			c.inQ.pushFate(&m, &f)
		} else {
			now(&m, &f)
		}
	}
	if err != nil {
		err = c.inQ.instead(err)
	}
	return delayed, err
}

// instead is the error of a connection that the proxy has ended, or err.
func (q *queue) instead(err error) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.failed != nil {
		return q.failed
	}
	return err
}

// readAhead starts the goroutine that reads ahead. err is what the node's side
// has ended with already.
func (c *conn) readAhead(err error) {
	c.inQ.mu.Lock()
	c.inQ.active = true
	c.inQ.mu.Unlock()
	_ = c.Conn.SetReadDeadline(time.Time{}) // the queue has it now; a dead connection says so when read
	c.proxy.start(func() {
		for err == nil || isTimeout(err) {
			if !c.inQ.waitForRoom() {
				return
			}
			q := func(m *message, f *fate) { c.inQ.pushFate(m, f) }
			_, err = c.pull(q)
		}
		c.inQ.mu.Lock()
		defer c.inQ.mu.Unlock()
		c.inQ.pushLocked(item{bytes: c.in.scan.rest()})
		c.inQ.pushLocked(item{end: err})
	})
}

// waitForRoom waits until the sender may go on. It returns false when the
// connection has ended.
func (q *queue) waitForRoom() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.failed == nil {
		until, full := q.fullLocked(time.Now())
		if !full {
			return true
		}
		q.waitLocked(until)
	}
	return false
}

// await waits for the next item of the queue.
func (c *conn) await() error {
	it, err := c.inQ.pop(c)
	switch {
	case err != nil:
		return err
	case it.cut:
		c.cut(it.ending)
		return c.inQ.instead(net.ErrClosed)
	case it.end != nil:
		c.inEnd = it.end
		return it.end
	}
	c.ready = it.bytes
	return nil
}

// pop waits for the next item of what c reads.
func (q *queue) pop(c *conn) (item, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		now := time.Now()
		switch {
		case q.failed != nil:
			return item{}, q.failed
		case !q.limit.IsZero() && !q.limit.After(now):
			return item{}, timedOut("read", c)
		}
		if it, ok := q.popLocked(now); ok {
			return it, nil
		}
		q.waitLocked(sooner(q.dueLocked(), q.limit))
	}
}

// Close ends the connection for the client at once. What is under way to the
// node still has a moment to arrive.
func (c *conn) Close() error {
	c.inQ.fail(net.ErrClosed)
	q := c.outQ
	if c.writing.TryLock() {
		rest := c.out.scan.rest()
		q.mu.Lock()
		if len(rest) > 0 && q.active {
			q.pushLocked(item{bytes: rest})
			rest = nil
		}
		q.mu.Unlock()
		if len(rest) > 0 {
			_, _ = c.Conn.Write(rest) // the beginning of a message, which nobody waits for
		}
		c.writing.Unlock()
	}
	q.mu.Lock()
	if q.active && q.leave.IsZero() && q.failed == nil {
		q.leave = time.Now().Add(linger)
		q.change.Broadcast()
		q.mu.Unlock()
		return nil
	}
	q.mu.Unlock()
	return c.kill(net.ErrClosed)
}

// kill ends the connection in both directions.
func (c *conn) kill(err error) error {
	c.inQ.fail(err)
	c.outQ.fail(err)
	c.proxy.forget(c)
	return c.Conn.Close()
}

// cut ends the connection as a rule says.
func (c *conn) cut(how Ending) {
	if how == EndClose {
		c.inQ.fail(io.EOF)
	} else {
		c.inQ.fail(&net.OpError{Op: "read", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: syscall.ECONNRESET})
		_ = c.SetLinger(0) // without it the end is a softer one
	}
	c.outQ.fail(&net.OpError{Op: "write", Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: syscall.EPIPE})
	_ = c.kill(net.ErrClosed) // it may be closed already
}

// SetLinger is that of a TCP connection.
func (c *conn) SetLinger(sec int) error {
	if l, ok := bare(c.Conn).(interface{ SetLinger(int) error }); ok {
		return l.SetLinger(sec)
	}
	return errors.ErrUnsupported
}

// CloseWrite ends the direction to the node, behind what is under way.
func (c *conn) CloseWrite() error {
	c.writing.Lock()
	defer c.writing.Unlock()
	rest := c.out.scan.rest()
	q := c.outQ
	q.mu.Lock()
	if q.active {
		q.pushLocked(item{bytes: rest})
		q.pushLocked(item{half: true})
		q.mu.Unlock()
		return nil
	}
	q.mu.Unlock()
	if len(rest) > 0 {
		if err := c.send(rest); err != nil {
			return err
		}
	}
	return closeWrite(c.Conn)
}

func closeWrite(c net.Conn) error {
	if w, ok := c.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return errors.ErrUnsupported
}

// bare is the connection below TLS.
func bare(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}

// SetDeadline sets both deadlines.
func (c *conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline is that of a net.Conn.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.inQ.setLimit(t)
	c.inQ.mu.Lock()
	defer c.inQ.mu.Unlock()
	if c.inQ.active {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline is that of a net.Conn. It does not hold for what the proxy
// has taken.
func (c *conn) SetWriteDeadline(t time.Time) error {
	c.outQ.setLimit(t)
	return c.Conn.SetWriteDeadline(t)
}
