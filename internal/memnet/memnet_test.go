package memnet

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// interface checks: what net/http and the fault tests ask a connection for.
var (
	_ net.Listener                          = (*Listener)(nil)
	_ net.Conn                              = (*Conn)(nil)
	_ interface{ CloseWrite() error }       = (*Conn)(nil)
	_ interface{ SetLinger(sec int) error } = (*Conn)(nil)
)

// How the other end sees the end of a connection.
func TestEndOfConnection(t *testing.T) {
	tests := []struct {
		name      string
		end       func(c *Conn)
		peerReads string // before the error
		readErr   error
		writeErr  error
	}{
		{"close lets the peer read what was written", func(c *Conn) { c.Close() }, "left", io.EOF, syscall.EPIPE},
		{"half-close leaves the other direction open", func(c *Conn) { c.CloseWrite() }, "left", io.EOF, nil},
		{"a cut drops what was not read", func(c *Conn) { c.SetLinger(0); c.Close() }, "", syscall.ECONNRESET, syscall.EPIPE},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, b := Pipe()
			if _, err := a.Write([]byte("left")); err != nil {
				t.Fatal(err)
			}
			tt.end(a)
			var got []byte
			var err error
			for buf := make([]byte, 3); err == nil; {
				var n int
				n, err = b.Read(buf)
				got = append(got, buf[:n]...)
			}
			if string(got) != tt.peerReads || !errors.Is(err, tt.readErr) {
				t.Errorf("the peer reads %q, then %v; want %q, then %v", got, err, tt.peerReads, tt.readErr)
			}
			if _, err := b.Write([]byte("x")); !errors.Is(err, tt.writeErr) {
				t.Errorf("the peer's write gives %v, want %v", err, tt.writeErr)
			}
			if _, err := a.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
				t.Errorf("own write gives %v, want %v", err, net.ErrClosed)
			}
		})
	}
}

func TestReadAndWriteAfterOwnClose(t *testing.T) {
	a, b := Pipe()
	b.Write([]byte("x"))
	a.Close()
	if _, err := a.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("read: got %v, want %v", err, net.ErrClosed)
	}
	if err := a.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

// A writer waits only for room, and a reader only for bytes; fake time shows
// when.
func TestBufferIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		sent := bytes.Repeat([]byte("0123456789"), bufferSize/5) // twice the buffer
		done := make(chan time.Duration)
		start := time.Now()
		go func() {
			n, err := a.Write(sent)
			if n != len(sent) || err != nil {
				t.Errorf("write: %d bytes, %v", n, err)
			}
			a.Close()
			done <- time.Since(start)
		}()
		time.Sleep(time.Minute) // nobody reads: the writer waits
		got, err := io.ReadAll(b)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("read %d bytes of %d, error %v", len(got), len(sent), err)
		}
		if took := <-done; took != time.Minute {
			t.Errorf("the write took %v, want %v", took, time.Minute)
		}
	})
}

func TestWritesAtTheSameTimeStayTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		const writers, size = 4, bufferSize + 1000
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() { a.Write(bytes.Repeat([]byte{byte('a' + i)}, size)) })
		}
		go func() { wg.Wait(); a.Close() }()
		got, err := io.ReadAll(b)
		if err != nil || len(got) != writers*size {
			t.Fatalf("read %d bytes, error %v", len(got), err)
		}
		for i := 0; i < len(got); i += size {
			if part := got[i : i+size]; bytes.Count(part, part[:1]) != size {
				t.Errorf("the write that starts at %d is mixed with another", i)
			}
		}
	})
}

// When an end with a deadline fails, in fake time from the start.
func TestDeadlines(t *testing.T) {
	read := func(c *Conn) error { _, err := c.Read(make([]byte, 1)); return err }
	write := func(c *Conn) error { _, err := c.Write(make([]byte, bufferSize+1)); return err }
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	tests := []struct {
		name  string
		setup func(c *Conn) // before waiting
		later func(c *Conn) // one second later, while waiting
		wait  func(c *Conn) error
		want  time.Duration
	}{
		{"a read deadline", func(c *Conn) { c.SetReadDeadline(in(3 * time.Second)) }, nil, read, 3 * time.Second},
		{"a write deadline", func(c *Conn) { c.SetWriteDeadline(in(3 * time.Second)) }, nil, write, 3 * time.Second},
		{"both deadlines, reading", func(c *Conn) { c.SetDeadline(in(2 * time.Second)) }, nil, read, 2 * time.Second},
		{"a deadline in the past", func(c *Conn) { c.SetDeadline(time.Unix(1, 0)) }, nil, read, 0},
		{"a deadline in the past interrupts a read", nil, func(c *Conn) { c.SetReadDeadline(time.Unix(1, 0)) }, read, time.Second},
		{"a deadline that is moved on", func(c *Conn) { c.SetReadDeadline(in(2 * time.Second)) },
			func(c *Conn) { c.SetReadDeadline(in(5 * time.Second)) }, read, 6 * time.Second},
		{"a deadline that is moved back", func(c *Conn) { c.SetReadDeadline(in(time.Hour)) },
			func(c *Conn) { c.SetReadDeadline(in(time.Second)) }, read, 2 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b := Pipe()
				defer b.Close()
				defer a.Close()
				if tt.setup != nil {
					tt.setup(a)
				}
				if tt.later != nil {
					time.AfterFunc(time.Second, func() { tt.later(a) })
				}
				start := time.Now()
				err := tt.wait(a)
				var timeout net.Error
				if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
					t.Errorf("got %v, want a timeout", err)
				}
				if took := time.Since(start); took != tt.want {
					t.Errorf("failed after %v, want %v", took, tt.want)
				}
				if err := a.SetDeadline(time.Time{}); err != nil {
					t.Error(err)
				}
				b.Write([]byte("x"))
				if err := read(a); err != nil {
					t.Errorf("without a deadline: %v", err)
				}
			})
		})
	}
}

func TestDialAndAccept(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	soon, cancelSoon := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancelSoon()
	tests := []struct {
		name string
		ctx  context.Context
		shut bool
		want error
	}{
		{"a dial nobody accepts ends with its context", soon, false, context.DeadlineExceeded},
		{"a dial with a dead context", canceled, false, context.Canceled},
		{"a dial after close is refused", context.Background(), true, syscall.ECONNREFUSED},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New()
			if tt.shut {
				l.Close()
				if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
					t.Errorf("accept: got %v, want %v", err, net.ErrClosed)
				}
			}
			if _, err := l.DialContext(tt.ctx, "tcp", "node:3014"); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestCloseEndsAccept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New()
		time.AfterFunc(time.Second, func() { l.Close() })
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("got %v, want %v", err, net.ErrClosed)
		}
	})
}

func TestAddressesTellClientsApart(t *testing.T) {
	l := New()
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	a, err := l.DialContext(t.Context(), "tcp", "node")
	if err != nil {
		t.Fatal(err)
	}
	b, err := l.DialContext(t.Context(), "tcp", "node")
	if err != nil {
		t.Fatal(err)
	}
	if a.LocalAddr().String() == b.LocalAddr().String() || a.RemoteAddr().String() != l.Addr().String() || a.LocalAddr().Network() != "memnet" {
		t.Errorf("addresses %v, %v to %v", a.LocalAddr(), b.LocalAddr(), a.RemoteAddr())
	}
}
