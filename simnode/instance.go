package simnode

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/tx"
)

// instance runs one machine: it owns what the machine must not have (its
// mailbox, its timer, the client's session, the link to the peer). Events are
// handled strictly in order by whichever goroutine finds the mailbox idle.
type instance struct {
	node  *Node
	role  role
	fsmID [32]byte
	port  int

	mu     sync.Mutex
	queue  *[]item // nil while it is empty
	late   []item  // with Config.Latency: not taken up yet, oldest first
	waking *time.Timer
	// underway is what the link still delays, oldest first.
	underway []item
	arriving *time.Timer
	running  bool
	ended    bool

	// Only the goroutine that runs the mailbox touches what follows.
	f        *fsm
	session  *session
	caller   *session    // whose call is unanswered
	link     *connection // to the peer's machine
	timer    *time.Timer
	deadline time.Time // of the state; zero for none
	rings    time.Time // when timer goes off; zero if it has
	watching bool
	unwatch  func()
	waits    []depthWait

	dialTimer *time.Timer // guarded by node.mu
	knownAs   atomic.Pointer[tx.ID]
}

// take hands an item to the machine, unless it came too late for that.
func (in *instance) take(it *item, work *worklist) {
	if in.f.ended {
		it.unanswered(work)
		return
	}
	switch it.ev.kind {
	case evTimer:
		in.rings = time.Time{}
		if in.deadline.IsZero() {
			return
		}
		if time.Now().Before(in.deadline) { // an event came between
			in.ring()
			return
		}
	case evRequest, evStop:
		in.caller = it.caller
	case evPeer:
		if in.link != it.link {
			return // the connection is gone
		}
	case evLinkDown:
		if in.link != it.link {
			return // it was another one, or is known to be gone
		}
		in.link = nil
		defer in.node.waitAgain(in)
	case evLinkUp:
		in.link = it.link
		if peer := it.link.ends[1-in.role]; in.role == roleInitiator && peer.node == in.node {
			in.f.view = peer.f.view // both sides share what they know of signatures
		}
		defer func() {
			if it.link.broken.Load() {
				in.push(item{ev: event{kind: evLinkDown}, link: it.link}, work)
			}
		}()
	case evDepth:
		in.reached(it.ev.signed)
	case evClientLost:
		if in.session != it.caller {
			return // displaced long ago
		}
		in.session = nil
	case evClientBack:
		if !in.takeOver(it.caller) {
			return
		}
	}
	in.step(it.ev, work)
}

// step runs the machine on one event and carries its actions out.
func (in *instance) step(ev event, work *worklist) {
	var post *tx.SignedTx
	ended := false
	ev.at = time.Now()
	acts := in.f.Step(ev)
	if in.node.bent != nil {
		acts = in.bendActions(acts, work)
	}
	if in.session != nil && slices.ContainsFunc(acts, func(a action) bool { return a.kind == actEnd }) {
		in.session.lastWords()
	}
	// What the peer is told is on its way before a client can react to what it
	// is told, so that a client which waits for both sides meets no straggler.
	for i := range acts {
		switch a := &acts[i]; {
		case a.kind == actWatch:
			in.watch()
		case a.kind == actPeer && in.link != nil:
			in.link.send(in, event{kind: evPeer, msg: a.msg}, work)
		}
	}
	for i := range acts {
		switch a := &acts[i]; a.kind {
		case actNotify:
			if in.session != nil {
				in.session.notify(a.frame, in.f.channelText, work)
			}
		case actReply:
			if c := in.caller; c != nil {
				in.caller = nil
				c.answers <- a.reply
			}
		case actPost:
			post = a.post
		case actDepth:
			in.awaitDepth(a.height, a.deep)
		case actNoMachine:
			in.node.log.Warn("no contract machine: answered with an internal error", "method", a.method, "channel", in.f.channelText)
		case actEnd:
			ended = true
		}
	}
	in.f.done()
	switch {
	case ended:
		in.finish(work)
	case post != nil:
		in.watch() // a block may come before post returns
		err := in.node.chain.post(post)
		if err != nil {
			in.node.log.Info("mempool refused a transaction", "channel", in.f.channelText, "role", in.role, "error", err)
		}
		in.step(event{kind: evPosted, ok: err == nil}, work)
	default:
		in.arm()
	}
}

// awaitDepth tells the machine when the chain has reached a height.
func (in *instance) awaitDepth(height uint64, deep *tx.SignedTx) {
	cancel := in.node.chain.whenHeight(height, func() { in.node.dispatch(in, event{kind: evDepth, signed: deep}, nil) })
	in.waits = append(in.waits, depthWait{deep, cancel})
}

// depthWait is a wait for a height.
type depthWait struct {
	deep   *tx.SignedTx
	cancel func()
}

// reached forgets a wait that is over.
func (in *instance) reached(deep *tx.SignedTx) {
	if at := slices.IndexFunc(in.waits, func(w depthWait) bool { return w.deep == deep }); at >= 0 {
		in.waits = slices.Delete(in.waits, at, at+1)
	}
	if len(in.waits) == 0 {
		in.waits = nil
	}
}

// arm restarts the timer of the state; every event does (fsm.md 4).
func (in *instance) arm() {
	d := in.f.timer()
	for i := range in.f.bent {
		if fn := in.f.bent[i].timer; fn != nil {
			d = fn(in.f, d)
		}
	}
	if d == 0 {
		in.deadline = time.Time{}
		return
	}
	in.deadline = time.Now().Add(d)
	in.ring()
}

// ring has the timer go off at the deadline or before; then it is set again. So
// most events, which put the deadline off, have nothing to do with it.
func (in *instance) ring() {
	if !in.rings.IsZero() && !in.rings.After(in.deadline) {
		return
	}
	in.rings = in.deadline
	d := time.Until(in.deadline)
	if in.timer == nil {
		in.timer = time.AfterFunc(d, func() { in.node.dispatch(in, event{kind: evTimer}, nil) })
		return
	}
	in.timer.Reset(d)
}

// watch makes the chain report this channel's transactions; from now on the
// machine can be found by its channel id.
func (in *instance) watch() {
	if in.watching {
		return
	}
	in.watching = true
	in.node.known(in, in.f.channelID)
	in.unwatch = in.node.chain.watch(in.f.channelID, func(m minedTx) {
		in.node.dispatch(in, event{kind: evMined, signed: m.Signed, mined: m.Tx, height: m.Height, round: m.Round}, nil)
	})
}

// takeOver lets a reconnecting client take the machine over (ws-api 2.2). The
// client it displaces must have sent something in its life.
func (in *instance) takeOver(s *session) bool {
	old := in.session
	if !in.f.takesCalls() || old != nil && !old.spoke.Load() {
		s.answers <- answer{gone: true}
		return false
	}
	if old != nil {
		old.kill()
		if in.caller == old {
			in.caller = nil
			old.answers <- answer{gone: true}
		}
	}
	in.session = s
	s.answers <- answer{}
	return true
}

// finish takes an ended machine away: its client is closed, its peer loses the
// link, a waiting request stays without an answer (fsm.md 3.3).
func (in *instance) finish(work *worklist) {
	in.mu.Lock()
	in.ended = true
	var left []item
	if in.queue != nil {
		left = *in.queue
	}
	left = append(left, in.late...)
	in.queue, in.late, in.underway = nil, nil, nil
	for _, t := range []*time.Timer{in.waking, in.arriving} {
		if t != nil {
			t.Stop()
		}
	}
	in.mu.Unlock()
	for i := range left {
		left[i].unanswered(work)
	}
	if in.timer != nil {
		in.timer.Stop()
	}
	if in.unwatch != nil {
		in.unwatch()
	}
	for _, w := range in.waits {
		w.cancel()
	}
	in.node.keep(in)
	in.node.forget(in)
	if c := in.caller; c != nil {
		in.caller = nil
		c.abandon(websocket.CloseInternalServerErr)
		c.answers <- answer{gone: true}
	} else if in.session != nil {
		in.session.end(websocket.CloseNormalClosure, work)
	}
	if in.link != nil {
		in.link.send(in, event{kind: evLinkDown}, work)
	}
}

// detach tells the machine that a socket is gone.
func (in *instance) detach(s *session) {
	in.node.dispatch(in, event{kind: evClientLost}, s)
}

// channel is the id of the channel once it is known to the node, else zero.
func (in *instance) channel() tx.ID {
	if c := in.knownAs.Load(); c != nil {
		return *c
	}
	return tx.ID{}
}
