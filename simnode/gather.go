package simnode

import (
	"bufio"
	"net"
	"net/http"
	"sync"
)

// gather is the connection of a session. It can hold back what is written until
// the next write, so that frames which leave together cost one system call.
type gather struct {
	net.Conn

	mu   sync.Mutex
	more bool
	held *[]byte // nil when there is nothing
}

// Write writes behind what was held back, or holds p back. It waits only when
// it writes.
func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	if g.more {
		if g.held == nil {
			g.held = takeRoom()
		}
		*g.held = append(*g.held, p...)
		g.mu.Unlock()
		return len(p), nil
	}
	held := g.held
	g.held = nil
	g.mu.Unlock()
	if held == nil {
		return g.Conn.Write(p)
	}
	*held = append(*held, p...)
	defer giveRoom(held)
	if _, err := g.Conn.Write(*held); err != nil {
		return 0, err
	}
	return len(p), nil
}

// hold says whether more is going to be written at once. Who has held
// something back has to write or drain.
func (g *gather) hold(more bool) {
	g.mu.Lock()
	g.more = more
	g.mu.Unlock()
}

// drain writes what is held back.
func (g *gather) drain() {
	g.hold(false)
	_, _ = g.Write(nil) // the connection is given up already
}

// gathered makes a gather of the connection that an upgrade takes over.
type gathered struct {
	http.ResponseWriter
	conn *gather
}

// Hijack implements http.Hijacker.
func (w *gathered) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = &gather{Conn: conn}
	return w.conn, rw, nil
}

// Frames are read and written in room that is used again.
var rooms = sync.Pool{New: func() any { return new(make([]byte, 0, firstRoom)) }}

// Room is made for the frames of a transfer; what has grown much beyond them is
// not kept.
const (
	firstRoom = 2 << 10
	keptRoom  = 64 << 10
)

func takeRoom() *[]byte { return rooms.Get().(*[]byte) }

func giveRoom(b *[]byte) {
	if cap(*b) <= keptRoom {
		*b = (*b)[:0]
		rooms.Put(b)
	}
}
