package bot

import (
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// end is one side of a channel as a scenario names it: initiator, responder, or
// a further socket of one of them such as initiator.2. It has at most one
// socket at a time, and several one after the other.
type end struct {
	p      *pair
	role   outcome.Role
	number int    // from 1
	side   string // "initiator", "initiator.2"
	party  *party // its accounts
	key    tx.KeyPair

	client *model.Client // the oracle; nil before the first socket
	sock   *socket       // nil while there is none
	joins  bool          // the socket continues the channel of another one and has not seen fsm_up

	sawUp    bool          // on this socket
	timedOut bool          // the node reported that one of its timers ran out
	died     bool          // the node reported the end of the channel
	opened   bool          // info open has come
	closing  bool          // info closing has come
	reported bool          // the first co-signed state has been reported
	watched  string        // the last transaction that was reported as on its way to the chain
	closed   int           // the close code of the last socket, 0 before
	goneAt   time.Duration // when the channel died, or the last socket ended
	stopped  bool          // its stop was answered

	// For the resuming of open: which frames came since the socket is there.
	seen   map[string]bool
	paused bool     // create transactions are not answered
	held   []*asked // those that wait for it

	states []coSignedState // those that were reported, for post

	ahead *ahead // the next signature; nil when it is not foreseen

	blamed *wire.Frame // the last request to sign that broke a rule when it came

	query url.Values // the connection parameters of the last new channel

	rests []*rest // answers that are not finished

	log        []string  // names of frames since the last step that is no wait
	nth        tagCounts // signing requests
	lastSigned string    // what was signed before, for tampering
	owed       []string  // ids of signatures that are not acknowledged yet

	asks      map[string][]*asked // requests to sign by tag, for answer steps
	forgotten int                 // of the oldest ones
	inbox     []string            // names of frames that no frames in order have taken
	behind    bool                // frames are those of a channel that is over
	dropped   bool                // its client closed the last socket
	rejoined  bool                // frames may have come while no socket was there
	distorted bool                // a fault has changed frames of the channel: nobody is to blame for what follows
}

func newEnd(p *pair, r outcome.Role, number int) *end {
	side := r.String()
	if number > 1 {
		side += "." + strconv.Itoa(number)
	}
	e := &end{p: p, role: r, number: number, side: side}
	n := number - 1
	if n >= len(p.parties) {
		n = 0
	}
	e.belong(&p.parties[n])
	return e
}

// belong gives the end its accounts.
func (e *end) belong(x *party) { e.party, e.key = x, x.keys[e.role.Index()] }

// peer returns the end of the other role that its channel is judged by: that
// with its number or else the first one, unless another has displaced it.
func (e *end) peer() *end {
	var other *end
	for _, x := range e.p.ends {
		if x.role != e.role.Peer() || x.sock == nil || x.joins {
			continue
		}
		if x.number == e.number {
			return x
		}
		if other == nil {
			other = x
		}
	}
	if other == nil {
		other = e.p.first(e.role.Peer())
	}
	return other
}

// silent says whether a family of notifications was switched off.
func (e *end) silent(name string) bool { return e.query.Get(name) == "false" }

// live says that the end has a socket whose channel has not died.
func (e *end) live() bool { return e.sock != nil && !e.died }

// attached takes a new connection into use.
func (e *end) attached(conn *websocket.Conn, reconnect bool) *socket {
	s := &socket{end: e, conn: conn, lastOut: e.p.now()}
	e.sock = s
	if e.dropped || e.died || e.stopped { // what the socket before still got came or did not
		e.dropped, e.inbox = false, nil
	}
	e.sawUp, e.timedOut, e.died, e.closed, e.stopped = false, false, false, 0, false
	e.paused, e.held, e.ahead = false, nil, nil
	e.seen = map[string]bool{}
	e.owed = nil
	e.rejoined, e.behind = reconnect, false
	if !reconnect {
		e.opened, e.closing, e.reported = false, false, false
		e.nth, e.lastSigned = nil, ""
		e.asks, e.forgotten, e.inbox, e.states = nil, 0, nil, nil
	}
	if !e.joins {
		e.client.Connected(reconnect)
	}
	e.p.record(e.p.now(), e.side, results.DirOpened, nil, true)
	e.keepAlive(s)
	e.p.fleet.gauge.Sockets.Add(1)
	return s
}

// keepAlive arms the timer of a socket that pings the node when nothing else
// was sent, and notes its pongs.
func (e *end) keepAlive(s *socket) {
	every := e.p.fleet.cfg.KeepAlive
	if own := e.p.fleet.cfg.Scenario.Channel.KeepAlive; own != 0 {
		every = own
	}
	if every <= 0 {
		return
	}
	s.conn.SetPongHandler(func(string) error {
		e.p.lock()
		defer e.p.unlock()
		e.p.record(e.p.now(), e.side, results.DirPong, nil, true)
		s.pongs, s.probe = max(s.pongs+1, s.pings), nil
		return nil
	})
	s.pinger = time.AfterFunc(every, func() {
		e.p.lock()
		silent := e.p.now() - s.lastOut
		due := silent >= every
		if e.sock != s || s.ownClose || s.broken {
			e.p.unlock()
			return
		}
		if due {
			s.lastOut = e.p.now()
			e.p.record(s.lastOut, e.side, results.DirPing, nil, true)
			s.pinger.Reset(every)
		} else {
			s.pinger.Reset(every - silent)
		}
		e.p.unlock()
		if due {
			// A ping that cannot be written tells nothing that reading does not.
			err := s.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
			e.p.lock()
			if err == nil {
				s.pings++
			}
			e.p.unlock()
		}
	})
}

// frames are for those that nobody keeps: all but the requests to sign.
var frames = sync.Pool{New: func() any { return new(wire.Frame) }}

// send puts a frame of the client on the wire. The model is told before it
// goes. raw must not be changed afterwards. It reports false when there is no
// socket to send on.
func (e *end) send(raw []byte, req wire.Request) bool { return e.sendWith(raw, req, nil) }

// sendWith is send of an answer with a transaction that is known, not only its
// text, unless signed is nil.
func (e *end) sendWith(raw []byte, req wire.Request, signed *tx.SignedTx) bool {
	s := e.sock
	if s == nil || s.ownClose {
		return false
	}
	if s.pings > s.pongs && s.probe == nil {
		s.probe = idOf(raw)
	}
	e.sent(raw, req, signed)
	e.p.record(e.p.now(), e.side, results.DirOut, raw, true)
	e.p.enqueue(s, outgoing{outText, raw})
	return true
}

// idOf returns the id of a request, nil for none or several.
func idOf(raw []byte) wire.ID {
	if reqs, _, _ := wire.ParseRequests(raw); len(reqs) == 1 {
		return reqs[0].ID
	}
	return nil
}

// sent tells the model a frame that is about to be sent.
func (e *end) sent(raw []byte, req wire.Request, signed *tx.SignedTx) {
	if e.joins {
		return
	}
	if tell := e.p.fleet.cfg.Cells; tell != nil {
		reqs := []wire.Request{req}
		if req.Method == "" {
			reqs, _, _ = wire.ParseRequests(raw)
		}
		for i := range reqs {
			if cell, ok := e.client.Cell(&reqs[i]); ok {
				tell(e.p.number, e.role, cell)
			}
		}
	}
	e.client.SentSigned(raw, req, signed)
}

// close ends the socket from this side.
func (e *end) close(cut strategy.Cut) {
	s := e.sock
	if s == nil || s.ownClose {
		return
	}
	s.ownClose = true
	if e.client != nil && !e.joins {
		e.client.HangsUp()
	}
	if cut == strategy.CutReset {
		s.ownCut = true
		e.p.enqueue(s, outgoing{kind: outReset})
		return
	}
	if cut == strategy.CutHalf {
		e.p.enqueue(s, outgoing{kind: outHalf})
	} else {
		e.p.enqueue(s, outgoing{outClose, websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")})
	}
	s.giveUp = time.AfterFunc(closeTimeout, func() { s.conn.Close() })
}

// lost is told when a socket has ended.
func (e *end) lost(s *socket, how ending) {
	if s.pinger != nil {
		s.pinger.Stop()
	}
	if s.giveUp != nil {
		s.giveUp.Stop()
	}
	s.broken = true
	e.p.fleet.gauge.Sockets.Add(-1)
	if s.ownCut || s.ownClose && how.code == 1006 {
		how.code, how.reason = 1005, ""
	}
	e.p.record(e.p.now(), e.side, results.DirClose, closeText(how), true)
	if e.sock != s {
		return
	}
	e.sock, e.dropped = nil, s.ownClose
	e.closed = how.code
	e.goneAt = e.p.now()
	e.p.recount()
	if how.rule != "" && !s.ownClose {
		e.p.violate(e, model.Violation{Role: e.role, Rule: how.rule, Expected: how.expected, Got: how.reason})
	}
	if !e.joins {
		for _, v := range e.client.Closed(how.code, how.err) {
			e.p.violate(e, v)
		}
	}
	e.see("close " + strconv.Itoa(how.code))
	if !s.ownClose {
		e.post("close " + strconv.Itoa(how.code))
	}
	e.forget(func(x *rest) bool { return x.a.s == s })
	for _, o := range e.p.ops {
		o.closed(e, s, how)
	}
	for _, r := range e.p.runs {
		r.closed(e, s, how)
	}
	e.p.sweep()
}

func closeText(how ending) []byte {
	return fmt.Appendf(nil, `{"code":%d,"reason":%s}`, how.code, results.FrameOf([]byte(how.reason)))
}
