package simnode

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"chanbot/internal/memnet"
)

// gatherPairs are connections of each kind that a gather writes to in its own
// way.
func gatherPairs(t *testing.T) map[string][2]net.Conn {
	t.Helper()
	a, b := memnet.Pipe()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	d, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	x, y := net.Pipe() // which can only be written to with waiting
	pairs := map[string][2]net.Conn{"memnet": {a, b}, "tcp": {c, d}, "pipe": {x, y}}
	t.Cleanup(func() {
		for _, p := range pairs {
			p[0].Close()
			p[1].Close()
		}
	})
	return pairs
}

// What a client does not take at once is written later, in order, and nobody
// waits for it.
func TestGatherNeverWaits(t *testing.T) {
	for name, pair := range gatherPairs(t) {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			idle := make(chan struct{}, 1)
			crew := &crew{wg: &wg}
			g := newGather(pair[0], crew)
			g.idle = func() { idle <- struct{}{} }
			const frames, size = 4096, 4096 // more than any buffer holds
			var want []byte
			for i := range frames {
				p := bytes.Repeat([]byte{byte(i), byte(i >> 8)}, size/2)
				g.hold(i%3 != 0)
				if n, err := g.Write(p); n != size || err != nil {
					t.Fatalf("write %d: %d, %v", i, n, err)
				}
				want = append(want, p...)
			}
			g.release()
			if !g.busy() {
				t.Fatal("16 MiB are written, and nobody has read them")
			}
			got := make([]byte, len(want))
			if _, err := io.ReadFull(pair[1], got); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Error("the bytes have changed on the way")
			}
			<-idle
			if g.busy() {
				t.Error("it is still busy")
			}
			crew.dismiss()
			wg.Wait()
		})
	}
}

// What is held back leaves with the next write, as one piece.
func TestGatherHoldsBack(t *testing.T) {
	a, b := memnet.Pipe()
	defer b.Close()
	defer a.Close()
	g := newGather(a, &crew{wg: new(sync.WaitGroup)})
	for i, p := range []string{"one ", "two ", "three"} {
		g.hold(i < 2)
		if _, err := g.Write([]byte(p)); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			b.SetReadDeadline(time.Now())
			if n, err := b.Read(make([]byte, 100)); n != 0 || err == nil {
				t.Fatalf("%q left before the rest: %d bytes, %v", p, n, err)
			}
		}
	}
	b.SetReadDeadline(time.Time{})
	buf := make([]byte, 100)
	if n, err := b.Read(buf); string(buf[:n]) != "one two three" || err != nil {
		t.Errorf("read %q, %v", buf[:n], err)
	}
}

func TestGatherToldOfAnError(t *testing.T) {
	for name, pair := range gatherPairs(t) {
		t.Run(name, func(t *testing.T) {
			var wg sync.WaitGroup
			crew := &crew{wg: &wg}
			g := newGather(pair[0], crew)
			pair[0].Close()
			var err error
			for range 3 { // where nothing can be tried, the crew finds out
				if _, err = g.Write([]byte("x")); err != nil {
					break
				}
				crew.dismiss()
				wg.Wait()
			}
			if !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrClosedPipe) {
				t.Errorf("error %v", err)
			}
		})
	}
}
