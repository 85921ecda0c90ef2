package bot

import (
	"context"
	"net"
	"sync/atomic"
	"time"
)

// steady is a connection of the system that sets a write deadline only if it is
// another one than the last: whoever writes often keeps one for a while, because
// to set it takes a part of the time that a write takes. It takes so many bytes at
// most until its handshake is over.
type steady struct {
	*net.TCPConn
	until atomic.Int64 // the last write deadline, in nanoseconds

	opening atomic.Bool // the handshake is under way
	taken   int         // bytes read while it was; that of the one that reads
}

// Read implements net.Conn.
func (c *steady) Read(b []byte) (int, error) {
	n, err := c.TCPConn.Read(b)
	if c.opening.Load() {
		if c.taken += n; c.taken > maxHandshake {
			return 0, errLongHandshake
		}
	}
	return n, err
}

// SetWriteDeadline implements net.Conn.
func (c *steady) SetWriteDeadline(t time.Time) error {
	if at := t.UnixNano(); c.until.Swap(at) == at {
		return nil
	}
	return c.TCPConn.SetWriteDeadline(t)
}

// dialSteady makes connections of the system steady.
func dialSteady(dial func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if t, ok := conn.(*net.TCPConn); ok && err == nil {
			return &steady{TCPConn: t}, nil
		}
		return conn, err
	}
}

// deadlineLife is how long a socket keeps a write deadline.
const deadlineLife = time.Second

// deadline is when what the socket writes now has to be taken. The one who writes
// calls it.
func (s *socket) deadline() time.Time {
	if now := time.Now(); s.until.Sub(now) < writeTimeout {
		s.until = now.Add(writeTimeout + deadlineLife)
	}
	return s.until
}
