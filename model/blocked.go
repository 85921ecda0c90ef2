package model

import (
	"slices"

	"chanbot/wire"
)

// deaf reports whether the answer of this client to a request to sign has not
// been read and will not be: a request that it sent before waits for the state
// to change, which blocks the socket, and only that answer could change it
// (fsm 3.3). The node has nothing to do then until a timer runs out.
func (c *Client) deaf() bool {
	for _, o := range []*op{c.op, c.create} {
		if o == nil || o.answer == nil {
			continue
		}
		at := slices.Index(c.queue, o.answer)
		if at > 0 && slices.ContainsFunc(c.queue[:at], o.blocks) {
			return true
		}
	}
	return false
}

// blocks reports whether a request waits while this operation is pending: the
// fields "wait" of awaiting_signature (fsm 3.2).
func (o *op) blocks(r *request) bool {
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
