package model

import (
	"slices"

	"chanbot/wire"
)

// A request that waits for the state to change blocks its socket: nothing that
// the client sends later is read, and nothing is told to it (fsm 3.3). When only
// an answer of this client could change the state, the node has nothing to do
// until a timer runs out.

// deaf reports whether the answer of this client to a request to sign has not
// been read, because of a request that it sent before.
func (c *Client) deaf() bool {
	for _, o := range []*op{c.op, c.create} {
		if o == nil || o.answer == nil {
			continue
		}
		at := slices.Index(c.queue, o.answer)
		if at > 0 && slices.ContainsFunc(c.queue[:at], o.holdsUp) {
			return true
		}
	}
	return false
}

// deafTo reports whether this client may not have been asked to sign what its
// peer has signed, because it sent a request that waits since. What the peer has
// lost to a conflict may still be on its way here (fsm 5.2).
func (c *Client) deafTo(peer *Client) bool {
	for _, o := range []*op{peer.op, peer.create, peer.astray} {
		if o == nil || !o.spec.own || !o.signed || o.spec.kind == kindSolo {
			continue
		}
		acks := &op{tag: ackTags[o.tag], spec: tagSpecs[ackTags[o.tag]]}
		if c.pendingFor(acks.tag) != nil || o == peer.astray && c.wasShown(o) {
			continue // it has been asked
		}
		if slices.ContainsFunc(c.queue, acks.holdsUp) {
			return true
		}
	}
	return false
}

// wasShown reports whether one of the last offers to this client was this operation
// of its peer's. An own one may have the same transaction.
func (c *Client) wasShown(o *op) bool {
	return slices.ContainsFunc(c.seen[:], func(x *op) bool { return x != nil && !x.spec.own && x.offer != nil && o.holds(x.offer.Tx) })
}

// ackTags is what the peer is asked under when one side has signed.
var ackTags = map[string]string{
	wire.TagInitiatorSign: wire.TagResponderSign, wire.TagUpdate: wire.TagUpdateAck, wire.TagDepositTx: wire.TagDepositAck,
	wire.TagWithdrawTx: wire.TagWithdrawAck, wire.TagShutdownSign: wire.TagShutdownSignAck,
}

// holdsUp reports whether a request waits while this operation waits for its
// signature: the fields "wait" of awaiting_signature (fsm 3.2).
func (o *op) holdsUp(r *request) bool {
	if r.early || r.batch {
		return true // whatever is in it
	}
	switch inputOf[r.req.Method] {
	case InputContractCall, InputShutdown, InputLeave, InputForceProgress, InputAssume:
		return true
	case InputUpdate:
		// It ends an operation that both sides sign, but not these.
		return o.spec.kind == kindCreate || o.spec.kind == kindSolo || o.tag == wire.TagShutdownSignAck
	}
	return false
}

// waitsForLock reports whether a request waits in awaiting_locked (fsm 3.2).
func (r *request) waitsForLock() bool {
	switch inputOf[r.req.Method] {
	case InputUpdate, InputContractCall, InputShutdown, InputLeave, InputForceProgress, InputAssume:
		return true
	}
	return r.early || r.batch
}
