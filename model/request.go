package model

import (
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// queueLimit bounds how many requests without an id are remembered: nothing
// tells when one of them was handled.
const queueLimit = 4096

// callKind is what the answer to a request can be.
type callKind uint8

const (
	callAction    callKind = iota + 1 // "ok"
	callQuery                         // data
	callSignature                     // "ok"
	callAbort                         // "ok", then aborted_update
	callStop                          // "ok", perhaps after the end
	callUnknown                       // refused
)

// request is one call of the client.
type request struct {
	kind  callKind
	req   wire.Request
	batch bool // its answer may be left out (ws-api 3.1)
	early bool // sent before fsm_up: nothing is certain

	tag  string // of a signature or an abort
	op   *op    // the operation that was pending under that tag
	late bool   // that operation was signed already
	wish *wish  // of update.new, deposit and withdraw, when it is well formed

	readable  bool // the text of a signature could be decoded
	taken     bool // it was judged that the node took it with its parameters
	swallowed bool // a conflict came that may have ended it
	apart     bool // sent while the two state machines need not be linked
}

// mustAnswer reports whether the node owes an answer whatever happens.
// assume_minimum_depth with a hash that cannot be decoded gets none (ws-api 4.4).
func (r *request) mustAnswer() bool {
	return r.req.ID != nil && !r.batch && !r.early && r.kind != callStop && r.req.Method != wire.MethodAssumeMinimumDepth
}

// mustReply reports whether a query without an id is owed its data or an error.
func (r *request) mustReply() bool {
	return r.req.ID == nil && r.kind == callQuery && !r.batch && !r.early && !r.mayBeSilent()
}

// mayBeSilent reports whether a query can crash inside the node without an
// error (ws-api 4.4).
func (r *request) mayBeSilent() bool {
	switch r.req.Method {
	case wire.MethodGetBalances, wire.MethodGetPoI, wire.MethodSystem:
		return false
	}
	return true
}

// kinds of the methods that are no answers and have one kind only.
var kinds = func() map[string]callKind {
	m := make(map[string]callKind)
	for _, method := range wire.Methods() {
		m[method] = callAction
	}
	for _, q := range queries {
		m[q] = callQuery
	}
	delete(m, wire.MethodSystem)
	return m
}()

var queries = []string{
	wire.MethodGetBalances, wire.MethodGetOffchainState, wire.MethodGetContract, wire.MethodGetContractCall,
	wire.MethodGetPoI, wire.MethodDryRunCallContract, wire.MethodHistoryFetch, wire.MethodCleanContractCalls,
}

func kindOf(req *wire.Request) callKind {
	switch {
	case wire.AnsweredTag(req.Method) != "" || req.Method == wire.MethodSnapshotSoloTx:
		if req.Abort != nil && !req.HasSignedTx {
			return callAbort
		}
		return callSignature
	case req.Method == wire.MethodSystem:
		switch action(req) {
		case wire.ActionPing:
			return callQuery
		case wire.ActionStop:
			return callStop
		}
		return callUnknown
	}
	if kind, known := kinds[req.Method]; known {
		return kind
	}
	return callUnknown
}

func action(req *wire.Request) string {
	members, _ := wire.Members(req.Params)
	a, _ := wire.Text(members["action"])
	return a
}

// Sent tells a frame that this client is about to put on its socket, legal or
// not. req is the request in it; with the zero Request the frame is read as the
// node reads it, batches and text that it ignores included. Binary frames,
// which the node ignores, are not to be told.
func (c *Client) Sent(frame []byte, req wire.Request) { c.SentSigned(frame, req, nil) }

// SentSigned is [Client.Sent] for a request whose signed_tx is the text of
// signed, which is then not read again. signed must not be changed afterwards.
func (c *Client) SentSigned(frame []byte, req wire.Request, signed *tx.SignedTx) {
	if c.phase == PhaseOffline {
		c.Connected(false)
	}
	if req.Method != "" {
		if req.Raw == nil {
			req.Raw = frame
		}
		c.sent(req, signed, false)
		return
	}
	reqs, batch, ok := wire.ParseRequests(frame)
	if !ok {
		return
	}
	for _, r := range reqs {
		c.sent(r, nil, batch)
	}
}

func (c *Client) sent(req wire.Request, signed *tx.SignedTx, batch bool) {
	r := &request{kind: kindOf(&req), req: req, batch: batch, early: !c.sawUp, apart: c.phase < PhaseFunding || c.alone || c.reestablish == reestablishWaits}
	switch r.kind {
	case callSignature:
		c.sentSignature(r, signed)
	case callAbort:
		c.sentAbort(r)
	case callStop:
		c.ended, c.stopped = true, true
	case callAction:
		c.sentAction(r)
	case callQuery:
		// A dry run is one of the requests that abort what is pending (fsm 5.4),
		// which is then reported by a conflict.
	case callUnknown:
	}
	c.log.sent(r)
	if len(c.queue) >= queueLimit {
		c.queue = slices.DeleteFunc(c.queue, func(q *request) bool { return q.req.ID == nil })
	}
	if c.queue == nil {
		c.queue = c.few[:0]
	}
	c.queue = append(c.queue, r)
}

func (c *Client) sentAction(r *request) {
	switch m := r.req.Method; m {
	case wire.MethodUpdateNew, wire.MethodDeposit, wire.MethodWithdraw:
		r.wish = parseWish(m, c.own(), r.req.Params)
		c.ask(r)
	case wire.MethodUpdateNewContract, wire.MethodUpdateCallContract:
		c.ask(r)
	case wire.MethodShutdown:
		c.ended = true
		c.ask(r)
	case wire.MethodCloseSolo, wire.MethodSnapshotSolo, wire.MethodSlash, wire.MethodSettle, wire.MethodForceProgress:
		// These replace what is pending (fsm 3.2, columns X and Z).
		if c.op != nil {
			c.op.maybe = true
		}
		c.solo = true
		c.ended = c.ended || m != wire.MethodSnapshotSolo
		c.ask(r)
	case wire.MethodLeave:
		c.ended, c.leaveAsked, c.leaveSent = true, true, true
	case wire.MethodAssumeMinimumDepth:
		c.assumed = true
		c.assume(r)
	}
}

func (c *Client) ask(r *request) {
	if len(c.asked) >= 256 {
		c.asked = c.asked[1:]
	}
	c.asked = append(c.asked, r)
}

// forget drops an own request that was refused.
func (c *Client) forget(r *request) {
	c.asked = slices.DeleteFunc(c.asked, func(a *request) bool { return a == r })
}

// find returns where the first request of the queue is that fits, -1 for none.
func (c *Client) find(fits func(*request) bool) int { return slices.IndexFunc(c.queue, fits) }

// take removes the request at i. Requests are handled in order, so those before
// it were handled too; one that was owed an answer has lost it.
func (c *Client) take(i int) *request {
	r := c.queue[i]
	for _, skipped := range c.queue[:i] {
		switch {
		case c.phase == PhaseDead: // it came too late for the machine; only a stop is answered then (ws-api 3.4)
		case skipped.kind == callAbort && skipped.req.ID == nil && !skipped.batch && c.owed == nil && skipped.op != nil:
			c.owed = skipped // not refused, so accepted; its event may come later
		case skipped.kind == callAbort && skipped.batch && c.batched == nil:
			c.batched = skipped // the same, beside an answer of its batch (ws-api 3.1)
		case skipped.mustAnswer() || skipped.mustReply() && c.sawUp:
			c.violate(RuleAnswerMissing, "the answer to "+skipped.name(), "the answer to or an effect of the later "+r.name())
		}
	}
	c.queue = c.queue[i+1:]
	if len(c.queue) == 0 {
		c.queue, c.few = nil, [2]*request{}
	}
	return r
}

// caused tells that a frame came which r causes: its answer came before.
func (c *Client) caused(r *request, effect string) {
	if r == nil {
		return
	}
	i := slices.Index(c.queue, r)
	if i < 0 {
		return
	}
	if r.mustAnswer() {
		c.violate(RuleEffectFirst, "the answer to "+r.name(), effect)
	}
	c.take(i)
}

// signedFor tells that a frame came which a signature for o causes. That may be
// any of several ones, and one that was meant for an offer before.
func (c *Client) signedFor(o *op, effect string) {
	switch {
	case o.ahead: // which one it was is not known; those that are never answered go
		c.queue = slices.DeleteFunc(c.queue, func(r *request) bool { return r.kind == callSignature && r.tag == o.tag && r.req.ID == nil })
	case !o.given:
		c.caused(o.first, effect)
	}
}

func (r *request) name() string {
	s := excerpt(r.req.Method)
	if r.kind == callAbort {
		s += " (abort " + excerpt(r.req.Abort) + ")"
	}
	if r.req.ID != nil {
		s += " with id " + excerpt(r.req.ID)
	}
	return s
}
