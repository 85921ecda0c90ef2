package fuzz

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
)

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

// poisoned ends a node when it is sent a ping frame that is longer than it may
// be, and refuses every connection from then on.
type poisoned struct{ ends func() }

func (p *poisoned) around(dial dialFunc, gone *atomic.Bool) dialFunc {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if gone.Load() {
			return nil, errors.New("connection refused")
		}
		c, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &deadlyConn{Conn: c, p: p, gone: gone}, nil
	}
}

type deadlyConn struct {
	net.Conn
	p    *poisoned
	gone *atomic.Bool
}

// Write looks for a binary message, which nobody sends but damagedSocket.
func (c *deadlyConn) Write(b []byte) (int, error) {
	if c.gone.Load() {
		c.Conn.Close()
		return 0, errors.New("broken pipe")
	}
	if bytes.HasPrefix(b, []byte{0x82}) {
		c.p.ends()
		c.Conn.Close()
		return len(b), nil
	}
	return c.Conn.Write(b)
}

func (c *deadlyConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.gone.Load() {
		c.Conn.Close()
		return 0, errors.New("connection reset by peer")
	}
	return n, err
}
