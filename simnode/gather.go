package simnode

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// gather is the connection of a session. Its Write never waits: what the system
// does not take at once is written by the crew. It can also hold back what is
// written until the next write, so that frames which leave together cost one
// system call.
type gather struct {
	net.Conn
	crew *crew
	idle func() // of the session, which goes on writing
	// One of these writes without waiting; both are nil where nothing can.
	raw   syscall.RawConn
	tries tryWriter

	mu       sync.Mutex
	more     bool
	held     *[]byte // nil when there is nothing
	draining bool    // the crew writes; nobody else may
	waits    bool    // call idle when it does no longer
	err      error   // of the connection

	// For writeOnce, which is in once: what it has to write, what of it was
	// written, and what was wrong.
	once  func(fd uintptr) bool
	part  []byte
	wrote int
	wrong error
}

// tryWriter is a connection that is not one of the system.
type tryWriter interface {
	// TryWrite writes what it can without waiting.
	TryWrite(p []byte) (int, error)
}

func newGather(conn net.Conn, crew *crew) *gather {
	g := &gather{Conn: conn, crew: crew}
	if t, ok := conn.(tryWriter); ok {
		g.tries = t
	} else if c, ok := conn.(syscall.Conn); ok && canWriteOnce {
		if raw, err := c.SyscallConn(); err == nil {
			g.raw, g.once = raw, g.writeOnce
		}
	}
	return g
}

// try writes of p what can be written without waiting.
func (g *gather) try(p []byte) (int, error) {
	switch {
	case g.tries != nil:
		return g.tries.TryWrite(p)
	case g.raw == nil:
		return 0, nil
	}
	g.part, g.wrote, g.wrong = p, 0, nil
	err := g.raw.Write(g.once)
	g.part = nil
	if err == nil {
		err = g.wrong
	}
	return g.wrote, err
}

// Write writes behind what was held back, or holds p back.
func (g *gather) Write(p []byte) (int, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err != nil {
		return 0, g.err
	}
	if g.more || g.draining {
		g.holdLocked(p)
		return len(p), nil
	}
	held := g.held
	g.held = nil
	whole := p
	if held != nil {
		*held = append(*held, p...)
		whole = *held
	}
	n, err := g.try(whole)
	if err != nil {
		g.err = err
		return 0, err
	}
	if n < len(whole) {
		g.holdLocked(whole[n:])
		g.drainLocked()
	}
	if held != nil {
		giveRoom(held)
	}
	return len(p), nil
}

func (g *gather) holdLocked(p []byte) {
	if g.held == nil {
		g.held = takeRoom()
	}
	*g.held = append(*g.held, p...)
}

// hold says whether more is going to be written at once. Who has held
// something back has to write or release.
func (g *gather) hold(more bool) {
	g.mu.Lock()
	g.more = more
	g.mu.Unlock()
}

// release writes what is held back.
func (g *gather) release() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.more = false
	g.drainLocked()
}

// drainLocked lets the crew write what is held, unless more is to come.
func (g *gather) drainLocked() {
	if g.held == nil || g.more || g.draining {
		return
	}
	g.draining = true
	g.crew.do(task{call: g.drain})
}

// drain writes until nothing is held any more.
func (g *gather) drain() {
	g.mu.Lock()
	for g.held != nil && g.err == nil {
		held := g.held
		g.held = nil
		g.mu.Unlock()
		_, err := g.Conn.Write(*held)
		giveRoom(held)
		g.mu.Lock()
		g.err = err
	}
	g.draining = false
	waits, failed := g.waits, g.err != nil
	g.waits = false
	g.mu.Unlock()
	if failed {
		_ = g.Conn.Close() // the reader notices
	}
	if waits {
		g.idle()
	}
}

// busy tells whether the crew still writes; if so it calls idle when it does no
// longer.
func (g *gather) busy() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.waits = g.draining
	return g.draining
}

// SetWriteDeadline does nothing, because Write never waits. One for a control
// frame would end the writing of the crew.
func (g *gather) SetWriteDeadline(time.Time) error { return nil }

// gathered makes a gather of the connection that an upgrade takes over.
type gathered struct {
	http.ResponseWriter
	crew *crew
	conn *gather
}

// Hijack implements http.Hijacker.
func (w *gathered) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = newGather(conn, w.crew)
	return w.conn, rw, nil
}

// Frames are read and written in room that is used again.
var rooms = sync.Pool{New: func() any { return new(make([]byte, 0, firstRoom)) }}

// Room is made for the frames of a transfer; what is smaller, or has grown much
// beyond them, is not kept.
const (
	firstRoom = 2 << 10
	keptRoom  = 64 << 10
)

func takeRoom() *[]byte { return rooms.Get().(*[]byte) }

func giveRoom(b *[]byte) {
	if firstRoom <= cap(*b) && cap(*b) <= keptRoom {
		*b = (*b)[:0]
		rooms.Put(b)
	}
}
