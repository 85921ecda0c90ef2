package bot

import (
	"encoding/json"
	"strconv"
	"time"

	"chanbot/outcome"
	"chanbot/wire"
)

// peerState is what the peer of an update's starter knows about it.
type peerState uint8

const (
	peerUnaware  peerState = iota
	peerAsked              // it has a signing request
	peerAnswered           // and has answered it, in whatever way
	peerTold               // it has heard how the update ended
)

// updateTrack follows an operation that both sides sign: fsm.md 6.2, 6.3.
type updateTrack struct {
	own, ack string // the tags of the starter's and the peer's signing request

	asked  bool // the starter has its signing request
	signed bool // the starter has answered with a transaction
	acked  bool // the peer has answered with a transaction
	peer   peerState
	aborts [2]json.RawMessage // the last abort of each role

	abortedAt   [2]time.Duration // by role: when it was sent
	conflicting [2]bool          // by role: it was told channels.conflict

	askedAt, signedAt, peerAskedAt, ackedAt, chainAt time.Duration
}

// onChainTypes are the transactions that wait for their depth.
var onChainTypes = map[outcome.Operation]string{
	outcome.Deposit: wire.TxTypeDeposit, outcome.Withdraw: wire.TxTypeWithdraw,
}

func newUpdateTrack(kind outcome.Operation) *updateTrack {
	switch kind {
	case outcome.Deposit:
		return &updateTrack{own: wire.TagDepositTx, ack: wire.TagDepositAck}
	case outcome.Withdraw:
		return &updateTrack{own: wire.TagWithdrawTx, ack: wire.TagWithdrawAck}
	}
	return &updateTrack{own: wire.TagUpdate, ack: wire.TagUpdateAck}
}

// asks says whether a tag is one of the operation.
func (t *updateTrack) asks(o *op, e *end, tag string) bool {
	return tag == t.own && o.e == e || tag == t.ack && o.e.peer() == e
}

// gave is told of a signature.
func (t *updateTrack) gave(o *op, e *end) {
	if o.e == e {
		t.signed, t.signedAt = true, o.p.now()
		return
	}
	t.acked, t.ackedAt, t.peer = true, o.p.now(), max(t.peer, peerAnswered)
}

// took is told of an abort.
func (t *updateTrack) took(o *op, e *end, code json.RawMessage) {
	t.aborts[e.role.Index()], t.abortedAt[e.role.Index()] = code, o.p.now()
	if o.e != e {
		t.peer = max(t.peer, peerAnswered)
	}
}

func (t *updateTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if t.acked && f.OnChainTx != nil && f.OnChainTx.Info == wire.OnChainChannelChanged && onChainTypes[o.kind] == f.OnChainTx.Type {
		o.mine(true)
		if e == o.e && t.chainAt == 0 {
			t.chainAt = o.p.now()
		}
	}
	switch e {
	case o.e:
		t.starter(o, e, f)
	case o.e.peer():
		t.acker(o, e, f)
	}
}

// starter is told the frames of the side that asked for the update.
func (t *updateTrack) starter(o *op, e *end, f *wire.Frame) {
	if o.told {
		return
	}
	if _, refused := o.answers(e, f); refused != nil {
		o.tell(rejected(refused))
		return
	}
	switch {
	case f.Sign != nil && f.Sign.Tag == t.own:
		if !t.asked {
			t.asked, t.askedAt = true, o.p.now()
		}
	case f.Update != nil:
		// An update report before the own signature is another's.
		if t.signed {
			o.tell(outcome.Outcome{Kind: outcome.Signed, Round: e.client.Round()})
			t.measure(o)
		}
	case f.Conflict != nil:
		o.tell(t.conflict(o, f.Conflict))
		t.collided(o, e)
		if o.out.Kind == outcome.Conflict && t.peer == peerUnaware && t.signed && o.out.Code == wire.ConflictConflict {
			o.settleSoon()
		}
	case f.Info == nil:
	case f.Info.Event == wire.EventAbortedUpdate:
		t.tookBack(o, e)
		code, _ := strconv.Atoi(string(t.aborts[e.role.Index()]))
		o.tell(outcome.Outcome{Kind: outcome.Aborted, Code: code, By: outcome.ByRole(e.role)})
	case f.Info.Event == wire.EventPeerDisconnected:
		o.tell(outcome.Outcome{Kind: outcome.Died, Detail: "the peer has gone"})
		o.settleSoon()
	default:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
			o.settleSoon()
		}
	}
}

// acker is told the frames of the other side.
func (t *updateTrack) acker(o *op, e *end, f *wire.Frame) {
	switch {
	case f.Sign != nil && f.Sign.Tag == t.ack:
		if t.signed && t.peer == peerUnaware {
			t.peer, t.peerAskedAt = peerAsked, o.p.now()
		}
	case f.Update != nil:
		if t.acked {
			t.peer = peerTold
			t.measure(o)
		}
	case f.Conflict != nil:
		t.peer = peerTold
		t.collided(o, e)
	case f.Info == nil:
	case f.Info.Event == wire.EventAbortedUpdate:
		if t.peer != peerUnaware {
			t.peer = peerTold
			t.tookBack(o, e)
		}
	case f.Info.Event == wire.EventDied, f.Info.Event == wire.EventPeerDisconnected:
		t.peer = peerTold
	}
}

// tookBack measures the abort of a side that is told aborted_update.
func (t *updateTrack) tookBack(o *op, e *end) {
	if at := t.abortedAt[e.role.Index()]; at > 0 {
		o.stage("aborted_update", o.p.now()-at)
	}
}

// collided measures a conflict that a side is told: that of the starter from the
// abort of its peer, and when both sides are told one from the request.
func (t *updateTrack) collided(o *op, e *end) {
	if at := t.abortedAt[e.role.Peer().Index()]; at > 0 && e == o.e {
		o.stage("conflict", o.p.now()-at)
	}
	i := e.role.Index()
	if !t.conflicting[i] && t.conflicting[1-i] && o.told && o.out.Kind == outcome.Conflict {
		o.stage("conflicts", o.p.now()-o.sent)
	}
	t.conflicting[i] = true
}

// conflict is the outcome of an update whose starter got channels.conflict.
func (t *updateTrack) conflict(o *op, c *wire.Conflict) outcome.Outcome {
	peer := o.e.role.Peer()
	if code := t.aborts[peer.Index()]; code != nil && string(code) == strconv.Itoa(c.Code) {
		return outcome.Outcome{Kind: outcome.Conflict, Code: c.Code, By: outcome.ByRole(peer), Round: c.Round}
	}
	out := outcome.Outcome{Kind: outcome.Conflict, Code: c.Code, By: outcome.ByNode, Round: c.Round}
	if c.Code == wire.ConflictTimeout {
		out.Kind = outcome.Timeout
	}
	return out
}

func (t *updateTrack) closed(o *op, e *end, s *socket, how ending) {
	switch e {
	case o.e:
		o.tell(lostSocket(s, how, t.acked))
		if !s.ownClose {
			o.settleSoon()
		}
	case o.e.peer():
		t.peer = peerTold
	}
}

func (t *updateTrack) settled(o *op) bool {
	peer := o.e.peer()
	if t.peer == peerTold || peer.sock == nil {
		return true
	}
	switch o.out.Kind {
	case outcome.Aborted, outcome.Rejected:
		return true
	case outcome.Signed:
		return false
	case outcome.Conflict, outcome.Timeout, outcome.Disconnected:
		// The peer hears of it if it was asked, or if both sides are told.
		return t.peer == peerUnaware && o.settle == nil
	}
	return o.settle == nil
}

// measure records the parts of an update that both sides have reported.
func (t *updateTrack) measure(o *op) {
	if !o.told || o.out.Kind != outcome.Signed || t.peer != peerTold {
		return
	}
	if t.askedAt > 0 {
		o.stage("sign_request", t.askedAt-o.sent)
	}
	if t.signedAt > 0 && t.peerAskedAt > 0 {
		o.stage("peer_sign_request", t.peerAskedAt-t.signedAt)
	}
	if t.chainAt > 0 {
		o.stage("on_chain", t.chainAt-t.ackedAt)
	}
	if t.ackedAt > 0 {
		o.stage("update", o.p.now()-t.ackedAt)
	}
}
