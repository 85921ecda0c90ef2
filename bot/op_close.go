package bot

import (
	"chanbot/outcome"
	"chanbot/wire"
)

// closeTrack follows a mutual close, which ends both sides: fsm.md 6.4. Until
// the transaction is agreed on it is like an update.
type closeTrack struct {
	updateTrack
	inBlock [2]bool // by role: the closing transaction is on the chain
}

func newCloseTrack() *closeTrack {
	return &closeTrack{updateTrack: updateTrack{own: wire.TagShutdownSign, ack: wire.TagShutdownSignAck}}
}

func (t *closeTrack) frame(o *op, e *end, f *wire.Frame, name string) {
	if e != o.e && e != o.e.peer() || f.Update != nil {
		return
	}
	if f.Conflict != nil && (e == o.e && !t.asked || e != o.e && t.peer == peerUnaware) {
		return // of the operation that the close has to wait for
	}
	i := e.role.Index()
	if closedBy(f) {
		t.inBlock[i] = true
		o.mine(true)
	}
	if e == o.e && t.inBlock[i] && f.Info != nil && f.Info.Event == wire.EventDied {
		t.done(o)
		return
	}
	t.updateTrack.frame(o, e, f, name)
}

// closedBy says that f tells of a closing transaction in a block.
func closedBy(f *wire.Frame) bool {
	return f.OnChainTx != nil && f.OnChainTx.Info == wire.OnChainChannelClosed ||
		f.Info != nil && f.Info.Event == wire.EventClosedConfirmed
}

func (t *closeTrack) done(o *op) {
	if o.told {
		return
	}
	o.tell(outcome.Outcome{Kind: outcome.Done})
	if t.askedAt > 0 {
		o.stage("sign_request", t.askedAt-o.sent)
	}
	if t.signedAt > 0 && t.peerAskedAt > 0 {
		o.stage("peer_sign_request", t.peerAskedAt-t.signedAt)
	}
	if t.ackedAt > 0 {
		o.stage("closed", o.p.now()-t.ackedAt)
	}
}

func (t *closeTrack) closed(o *op, e *end, s *socket, how ending) {
	if e == o.e && t.inBlock[e.role.Index()] && !s.ownClose {
		t.done(o)
		return
	}
	t.updateTrack.closed(o, e, s, how)
}

func (t *closeTrack) settled(o *op) bool {
	if o.out.Kind != outcome.Done {
		return t.updateTrack.settled(o)
	}
	return o.e.peer().asleep() && o.closes(o.e, o.e.peer())
}
