// Package memnet connects clients and servers of one process without a
// network: a [Listener] that accepts what is dialled on it, and connections
// with a bounded buffer, deadlines and half-close. Everything waits on channels
// and condition variables and takes its time from package time, so tests can
// run real HTTP and WebSocket code inside a testing/synctest bubble; create the
// Listener inside the bubble then.
package memnet

import (
	"context"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// Listener is a net.Listener that accepts the connections made with its
// DialContext. All its methods may be called at the same time.
type Listener struct {
	incoming chan *Conn // unbuffered: a dialled connection has been accepted
	closed   chan struct{}
	once     sync.Once
	clients  atomic.Uint64 // dialled so far, for their addresses
}

const serverAddr = Addr("node")

// New returns a listener that is ready to accept and to be dialled.
func New() *Listener {
	return &Listener{incoming: make(chan *Conn), closed: make(chan struct{})}
}

// Accept waits for a client. After Close its error wraps net.ErrClosed.
func (l *Listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed: // a client that waits as well does not win
		return nil, l.failed("accept", net.ErrClosed)
	default:
	}
	select {
	case c := <-l.incoming:
		return c, nil
	case <-l.closed:
		return nil, l.failed("accept", net.ErrClosed)
	}
}

// DialContext connects to the listener, whatever network and address say, and
// returns when the connection was accepted. It has the signature that
// http.Transport and websocket.Dialer want. After Close its error wraps
// syscall.ECONNREFUSED.
func (l *Listener) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, l.failed("dial", err)
	}
	client, server := newConns(Addr("client-"+strconv.FormatUint(l.clients.Add(1), 10)), serverAddr)
	select {
	case l.incoming <- server:
		return client, nil
	case <-l.closed:
		return nil, l.failed("dial", syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, l.failed("dial", ctx.Err())
	}
}

// Close stops accepting. Connections that exist go on.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr returns the address of the listener.
func (l *Listener) Addr() net.Addr { return serverAddr }

func (l *Listener) failed(op string, err error) error {
	return &net.OpError{Op: op, Net: "memnet", Addr: serverAddr, Err: err}
}
