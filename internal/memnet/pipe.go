package memnet

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// bufferSize is how many bytes one direction of a connection holds before a
// writer waits: about what a kernel gives a loopback connection, and more than
// the longest frame of the tests.
const bufferSize = 128 << 10

// pipe is one direction of a connection. Whoever waits does so in cond.Wait,
// so that fake time can pass.
type pipe struct {
	mu   sync.Mutex
	cond sync.Cond // something below has changed

	buf     []byte // written and not yet read
	busy    bool   // a write that did not fit at once goes on; others wait for it
	written bool   // the writer has finished: EOF follows buf
	dropped bool   // the reader is gone: writes fail
	reset   bool   // the connection was cut: reads fail as well

	readBy, writeBy deadline
}

func newPipe() *pipe {
	p := new(pipe)
	p.cond.L = &p.mu
	return p
}

// deadline ends the waiting of one end of a pipe. Its fields are guarded by the
// mutex of the pipe.
type deadline struct {
	passed bool
	timer  *time.Timer
}

// set moves the deadline to t; the zero time takes it away. Those who wait
// notice at once.
func (p *pipe) set(d *deadline, t time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.passed = false
	switch wait := time.Until(t); {
	case t.IsZero():
	case wait <= 0:
		d.passed = true
	default:
		var timer *time.Timer
		timer = time.AfterFunc(wait, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			if d.timer == timer { // still the deadline that is in force
				d.passed = true
				p.cond.Broadcast()
			}
		})
		d.timer = timer
	}
	p.cond.Broadcast()
}

// read waits for bytes, the end or the deadline.
func (p *pipe) read(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		switch {
		case p.dropped:
			return 0, net.ErrClosed
		case p.reset:
			return 0, syscall.ECONNRESET
		case p.readBy.passed:
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case len(p.buf) > 0:
			n := copy(b, p.buf)
			if p.buf = p.buf[n:]; len(p.buf) == 0 {
				p.buf = nil // an idle connection holds no memory
			}
			p.cond.Broadcast()
			return n, nil
		case p.written:
			return 0, io.EOF
		}
		p.cond.Wait()
	}
}

// write waits until all of b is in the buffer, the reader is gone or the
// deadline has passed. The bytes of one write stay together.
func (p *pipe) write(b []byte) (n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := false
	defer func() {
		if mine {
			p.busy = false
			p.cond.Broadcast()
		}
	}()
	for {
		switch {
		case p.written:
			return n, net.ErrClosed
		case p.dropped || p.reset:
			return n, syscall.EPIPE
		case p.writeBy.passed:
			return n, os.ErrDeadlineExceeded
		case len(b) == 0:
			return n, nil
		}
		if room := min(bufferSize-len(p.buf), len(b)); room > 0 && (mine || !p.busy) {
			mine, p.busy = true, true
			p.buf = append(p.buf, b[:room]...)
			b = b[room:]
			n += room
			p.cond.Broadcast()
			continue
		}
		p.cond.Wait()
	}
}

// tryWrite is write for what has room now.
func (p *pipe) tryWrite(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.written:
		return 0, net.ErrClosed
	case p.dropped || p.reset:
		return 0, syscall.EPIPE
	case p.busy:
		return 0, nil
	}
	n := min(bufferSize-len(p.buf), len(b))
	if n > 0 {
		p.buf = append(p.buf, b[:n]...)
		p.cond.Broadcast()
	}
	return n, nil
}

// end records that the writer (what = &written) or the reader (&dropped) has
// finished, or that the connection was cut (&reset).
func (p *pipe) end(what *bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*what = true
	if p.dropped || p.reset {
		p.buf = nil
	}
	p.cond.Broadcast()
}

// release stops the timer of a deadline whose owner is closed.
func (p *pipe) release(d *deadline) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
}
