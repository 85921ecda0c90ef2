package bot

import (
	"chanbot/outcome"
	"chanbot/wire"
)

// leaveTrack follows a leave, after which the channel can be reestablished:
// fsm.md 6.8. A responder that keeps running stays; it is told
// peer_disconnected.
type leaveTrack struct {
	left [2]bool // by role: the last state was reported
	told bool    // the peer knows that the leaver has gone
}

func (t *leaveTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	i := e.role.Index()
	switch {
	case e != o.e && e != o.e.peer():
	case f.Leave != nil:
		t.left[i] = true
		if e != o.e {
			o.stage("peer_leave", o.p.now()-o.sent)
		}
	case e != o.e:
		if f.Info != nil && (f.Info.Event == wire.EventDied || f.Info.Event == wire.EventPeerDisconnected) {
			t.told = true
		}
	case o.told:
	default:
		if _, refused := o.answers(e, f); refused != nil {
			o.tell(rejected(refused))
			return
		}
		out := gone(e, f)
		switch {
		case out.Kind == outcome.Pending:
		case out.Kind == outcome.Died && (t.left[i] || e.silent("report_leave")):
			o.tell(outcome.Outcome{Kind: outcome.Done})
			o.stage("died", o.p.now()-o.sent)
		default:
			o.tell(out)
		}
	}
}

func (t *leaveTrack) closed(o *op, e *end, s *socket, how ending) {
	if e != o.e || o.told {
		return
	}
	if t.left[e.role.Index()] && !s.ownClose {
		o.tell(outcome.Outcome{Kind: outcome.Done})
		return
	}
	o.tell(lostSocket(s, how, true))
}

func (t *leaveTrack) settled(o *op) bool {
	peer := o.e.peer()
	switch o.out.Kind {
	case outcome.Rejected:
		return true
	case outcome.Done:
		if !t.told && !peer.asleep() {
			return false
		}
	default:
		if !peer.asleep() {
			o.settleSoon()
			return false
		}
	}
	if peer.died && peer.sock != nil {
		return o.closes(o.e, peer)
	}
	return o.closes(o.e)
}
