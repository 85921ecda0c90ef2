package bot

import (
	"io"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"chanbot/model"
	"chanbot/results"
	"chanbot/wire"
)

// What an end does with what its socket reads.

// turnover is what becomes of the goroutine that has taken a frame.
type turnover uint8

const (
	readsOn turnover = iota // it reads the next frame
	isBusy                  // likewise; its socket has many signatures to make
	isOver                  // it ends: the socket has, or another goroutine reads on
)

// readAll takes frames from the socket until it ends. It is called without the
// lock, by the one goroutine of the socket. It does nothing itself, because most
// sockets of a large fleet wait here for most of the time: all of it fits into
// the smallest stack.
func (e *end) readAll(s *socket) {
	for {
		kind, r, err := s.conn.NextReader()
		switch e.goOn(s, kind, r, err) {
		case isBusy:
			e.readBusy(s)
			return
		case isOver:
			return
		}
	}
}

// readBusy is readAll for a socket that is busy. The garbage collector halves a
// stack of which less than a quarter is in use; this one waits with more, and need
// not grow again after each collection.
//
//go:noinline
func (e *end) readBusy(s *socket) {
	var w weight
	w.hang()
	for {
		kind, r, err := s.conn.NextReader()
		if e.goOn(s, kind, r, err) == isOver {
			return
		}
	}
}

// weight makes the frame of a function larger.
type weight [640]byte

// hang keeps it from being optimized away.
//
//go:noinline
func (*weight) hang() {}

// goOn takes a frame of which the head was read. It is called without the lock.
//
//go:noinline
func (e *end) goOn(s *socket, kind int, r io.Reader, err error) turnover {
	var raw []byte
	if err == nil {
		raw, err = readFrame(r)
	}
	if err != nil {
		e.p.lock()
		e.lost(s, endingOf(err))
		e.p.unlock()
		s.conn.Close()
		e.p.readers.Done()
		return isOver
	}
	next := e.took(s, kind, raw)
	if next == isOver {
		go e.readAll(s)
	}
	return next
}

// took takes a frame, and says whether another goroutine should read the next
// one. To sign and to verify takes a stack of 8 KiB, which a goroutine hardly
// gives back; to wait for a frame takes 2. So when nothing is under way any more,
// a goroutine with a fresh stack does the waiting, unless that was so a moment
// ago or the socket is busy. It is called without the lock.
func (e *end) took(s *socket, kind int, raw []byte) turnover {
	f := frames.Get().(*wire.Frame)
	f.Decode(raw)
	e.p.lock()
	defer e.p.unlock()
	e.received(s, kind, f)
	if f.Sign != nil { // who answers it later has kept it
		s.signs++
		return readsOn
	}
	*f = wire.Frame{}
	frames.Put(f)
	now := e.p.now()
	if s.signs == 0 || e.p.work == nil || now-s.fresh < freshPace {
		return readsOn
	}
	if tag, _ := e.client.Pending(); tag != "" {
		return readsOn
	}
	busy := s.signs >= busySigns
	s.signs, s.fresh = 0, now
	if busy {
		return isBusy
	}
	return isOver
}

// unponged judges that a ping was answered before what was sent after it (RFC
// 6455, 5.5.2: as soon as is practical; a node reads its frames in order).
func (e *end) unponged(s *socket, f *wire.Frame) {
	if s.probe == nil || f.Kind != wire.KindResult && f.Kind != wire.KindError || string(f.ID) != string(s.probe) {
		return
	}
	s.probe, s.pongs = nil, s.pings
	e.p.violate(e, model.Violation{Role: e.role, Rule: ruleFraming, Expected: "a pong for the ping before it", Got: f.Name(), Frame: f.Raw})
}

// see notes the name of a frame.
func (e *end) see(name string) {
	e.log = append(e.log, name)
	if e.seen != nil {
		e.seen[name] = true
	}
	for _, r := range e.p.runs {
		r.notify()
	}
}

// received is told a frame of the node.
func (e *end) received(s *socket, kind int, f *wire.Frame) {
	p := e.p
	valid := utf8.Valid(f.Raw)
	p.record(p.now(), e.side, results.DirIn, f.Raw, valid && f.Kind != wire.KindInvalid)
	if e.sock != s {
		return
	}
	if kind == websocket.BinaryMessage || !valid {
		e.see("unknown")
		broken := model.Violation{Role: e.role, Rule: ruleFraming, Expected: "text messages", Got: "a binary message", Frame: f.Raw}
		if kind == websocket.TextMessage {
			broken.Expected, broken.Got = "text messages in UTF-8 (RFC 6455, 8.1)", "other bytes"
		}
		p.violate(e, broken)
		p.sweep()
		return
	}
	e.unponged(s, f)
	up := f.Info != nil && f.Info.Event == wire.EventFSMUp
	if e.joins && up {
		e.takeOver()
	}
	name := f.Name()
	e.post(name)
	e.see(name)
	sound := true
	if !e.joins {
		broken := e.client.Received(f)
		sound = len(broken) == 0
		for _, v := range broken {
			p.violate(e, v)
		}
		if f.Sign != nil && len(broken) > 0 {
			e.blamed = f
		}
	}
	e.paid(f)
	e.follow(f)
	if sound || f.Update == nil {
		e.keepChannel(f)
	}
	if f.Kind == wire.KindBatch {
		for i := range f.Batch {
			e.dispatch(&f.Batch[i], f.Batch[i].Name())
		}
	} else {
		e.dispatch(f, name)
	}
	p.sweep()
}

// follow keeps what the end knows about its channel.
func (e *end) follow(f *wire.Frame) {
	switch {
	case f.Update != nil:
		if !e.reported {
			e.reported = true
			e.p.recount()
		}
		if e.p.fleet.posts {
			e.keepState()
		}
	case f.OnChainTx != nil:
		e.watched = f.OnChainTx.Tx
	case f.Info == nil:
	case f.Info.Event == wire.EventFSMUp:
		e.sawUp = true
	case f.Info.Event == wire.EventOpen:
		e.opened, e.closing = true, false
		e.p.recount()
	case f.Info.Event == wire.EventClosing:
		e.closing = true
	case f.Info.Event == wire.EventTimeout:
		e.timedOut = true
	case f.Info.Event == wire.EventDied:
		e.died, e.goneAt = true, e.p.now()
		e.p.recount()
	}
}

// dispatch tells the operations and the answers under way what came, and
// answers a signing request.
func (e *end) dispatch(f *wire.Frame, name string) {
	p := e.p
	for _, o := range p.ops {
		o.frame(e, f, name)
	}
	for _, r := range p.runs {
		r.frame(e, f, name)
	}
	e.proceed(f)
	if f.Sign != nil {
		e.asked(f)
	}
}

// takeOver makes this socket the one that its channel is judged by: it has
// displaced the one before.
func (e *end) takeOver() {
	e.joins = false
	e.client.Connected(true)
	for _, other := range e.p.ends {
		if other != e && other.role == e.role && other.client == e.client {
			other.joins = true // what still comes there is not judged
		}
	}
}
