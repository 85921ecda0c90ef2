package memnet

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Addr is the address of one end.
type Addr string

// Network returns "memnet".
func (Addr) Network() string { return "memnet" }

// String returns the name of the end, "node" or "client-1".
func (a Addr) String() string { return string(a) }

// Conn is one end of a connection in memory. As with any net.Conn, all its
// methods may be called at the same time. A write returns when its bytes are
// in the buffer and waits only while the buffer is full.
type Conn struct {
	in, out       *pipe
	local, remote Addr
	linger        atomic.Bool // Close cuts the connection
}

// Pipe returns the two ends of a new connection.
func Pipe() (a, b *Conn) { return newConns("a", "b") }

func newConns(a, b Addr) (*Conn, *Conn) {
	there, back := newPipe(), newPipe()
	return &Conn{in: back, out: there, local: a, remote: b}, &Conn{in: there, out: back, local: b, remote: a}
}

// Read waits for bytes. It returns io.EOF when the peer has closed and
// everything was read, and an error that wraps os.ErrDeadlineExceeded,
// net.ErrClosed or syscall.ECONNRESET.
func (c *Conn) Read(b []byte) (int, error) {
	n, err := c.in.read(b)
	return n, c.wrap("read", err)
}

// Write waits until all of b is in the buffer. Its errors wrap
// os.ErrDeadlineExceeded, net.ErrClosed or syscall.EPIPE.
func (c *Conn) Write(b []byte) (int, error) {
	n, err := c.out.write(b)
	return n, c.wrap("write", err)
}

// TryWrite writes of b what has room in the buffer, and does not wait.
func (c *Conn) TryWrite(b []byte) (int, error) {
	n, err := c.out.tryWrite(b)
	return n, c.wrap("write", err)
}

func (c *Conn) wrap(op string, err error) error {
	if err == nil || errors.Is(err, io.EOF) {
		return err
	}
	return &net.OpError{Op: op, Net: "memnet", Source: c.local, Addr: c.remote, Err: err}
}

// Close ends both directions. The peer still reads what was written before,
// then io.EOF; its writes fail from now on. After SetLinger(0) the peer's reads
// fail with syscall.ECONNRESET at once.
func (c *Conn) Close() error {
	if c.linger.Load() {
		c.out.end(&c.out.reset)
	}
	c.out.end(&c.out.written)
	c.in.end(&c.in.dropped)
	c.in.release(&c.in.readBy)
	c.out.release(&c.out.writeBy)
	return nil
}

// CloseWrite ends the direction to the peer; reading goes on.
func (c *Conn) CloseWrite() error {
	c.out.end(&c.out.written)
	return nil
}

// SetLinger says what Close does, as for a TCP connection: zero cuts the
// connection and drops what the peer has not read; any other value is the
// default.
func (c *Conn) SetLinger(sec int) error {
	c.linger.Store(sec == 0)
	return nil
}

// LocalAddr returns the address of this end.
func (c *Conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr returns the address of the peer.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.SetReadDeadline(t), c.SetWriteDeadline(t))
}

// SetReadDeadline lets reads, also one that waits already, fail from t on; the
// zero time takes the deadline away.
func (c *Conn) SetReadDeadline(t time.Time) error {
	c.in.set(&c.in.readBy, t)
	return nil
}

// SetWriteDeadline lets writes, also one that waits already, fail from t on;
// the zero time takes the deadline away.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.out.set(&c.out.writeBy, t)
	return nil
}
