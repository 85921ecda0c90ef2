package model

import (
	"slices"
	"strconv"

	"chanbot/outcome"
	"chanbot/wire"
)

// Overdue judges a silence: no frame has come on either socket for longer than
// a correct node takes to react, and no timer of the node runs out in between.
// Then whatever the node can do by itself is done. What waits for a client (a
// request to sign that was not answered, or not with the offered transaction),
// for a peer that has gone, or for the end of a channel is not judged, and what
// waits for depth only if deep says that the chain has grown far beyond the
// minimum depth since. Nobody may use the clients at the same time.
func (p *Pair) Overdue(deep bool) []Violation {
	i, r := p.Initiator, p.Responder
	i.found, i.raw, r.found, r.raw = nil, nil, nil, nil
	if i.reactive() && r.reactive() && !i.deafTo(r) && !r.deafTo(i) {
		switch {
		case i.phase == PhaseOpen && r.phase == PhaseOpen:
			if !i.waitsForDepth() && !r.waitsForDepth() || deep {
				i.overdue(r)
				r.overdue(i)
			}
		case i.phase < PhaseOpen && r.phase < PhaseOpen:
			p.openingOverdue(deep)
		}
	}
	found := append(i.found, r.found...)
	i.found, r.found = nil, nil
	return found
}

// reactive reports whether this side has left nothing to do for the node to
// wait for, and has seen everything.
func (c *Client) reactive() bool {
	if c.phase < PhaseStarted || c.phase > PhaseOpen || !c.certain() || c.loose || c.ending != "" || c.closing ||
		c.solo || c.closed || c.stopped || c.leaveAsked || c.leaving || c.alone || c.assumed || c.reconnected || c.deaf() {
		return false
	}
	for _, o := range []*op{c.op, c.create} {
		if o != nil && (o.maybe || o.answer == nil || o.answer.kind == callSignature && !c.signedWell(o)) {
			return false
		}
	}
	return true
}

// exact reports whether the client answered once, with the offered transaction
// and one signature more.
func (o *op) exact() bool {
	return o.offer != nil && len(o.sent) == 1 && string(o.sent[0].Tx) == string(o.offer.Tx) &&
		len(o.sent[0].Signatures) == len(o.offer.Signatures)+1
}

// waitsForDepth reports whether a co-signed operation waits for the chain. A
// client that sent something right behind its signature may not be told.
func (c *Client) waitsForDepth() bool {
	o := c.op
	return o != nil && o.spec.kind == kindOnChain && (o.lock > lockNone || o.signed && slices.ContainsFunc(c.queue, (*request).waitsForLock))
}

// overdue judges what this side of an open channel waits for.
func (c *Client) overdue(peer *Client) {
	for _, r := range c.queue {
		switch {
		case r.batch || r.early:
		case r.mustAnswer() || r.mustReply():
			c.violate(RulePairUnanswered, "the answer to "+r.name(), "none")
		case r.kind == callAbort:
			c.violate(RuleAbortSwallowed, "info aborted_update or an error after "+r.name(), "nothing")
		}
	}
	if c.owed != nil {
		c.violate(RuleAbortSwallowed, "info aborted_update after the accepted abort", "nothing")
	}
	for _, r := range c.asked {
		if c.op == nil && peer.op == nil && !r.swallowed && !r.early && !r.batch {
			c.violate(RuleStuck, "a request to sign for "+r.name()+", or an error", "nothing")
		}
	}
	if c.announced != "" {
		c.violate(RuleStuck, "a request to sign after info "+c.announced, "nothing")
	}
	if o := c.op; o != nil && o.signed && len(c.found) == 0 {
		c.violate(RuleStuck, "the end of "+o.tag+", which was signed", "nothing")
	}
	if c.log.gap || peer.log.gap {
		return
	}
	for _, r := range c.log.messagesSent {
		if r.deliverable() && r.addressed(c, peer) {
			c.violate(RulePairMessageLost, "the delivery of "+excerpt(r.req.Params), "nothing")
			return
		}
	}
}

// addressed reports whether a message is one to the peer, plain enough that
// every node delivers it.
func (r *request) addressed(c, peer *Client) bool {
	members, _ := wire.Members(r.req.Params)
	to, ok := wire.Text(members["to"])
	if !ok || to == "" || to != peer.own() || r.batch {
		return false
	}
	from, given := members["from"]
	if !given {
		return true
	}
	text, ok := wire.Text(from)
	return ok && text == c.own()
}

// openingOverdue judges an opening whose create transaction was signed.
func (p *Pair) openingOverdue(deep bool) {
	i, r := p.Initiator, p.Responder
	if i.create == nil || !i.create.signed {
		return
	}
	switch {
	case r.create == nil:
		r.violate(RuleStuck, "sign."+wire.TagResponderSign+" after the initiator's signature", "nothing")
	case !r.create.signed:
	case r.phase < PhaseFunding:
		r.violate(RuleStuck, "on_chain_tx "+wire.OnChainFundingCreated, "nothing after both signatures")
	case i.phase < PhaseFunding:
		i.violate(RuleStuck, "on_chain_tx "+wire.OnChainFundingSigned, "nothing after both signatures")
	case deep:
		for _, c := range []*Client{i, r} {
			if c.phase < PhaseOpen {
				c.violate(RuleStuck, "info open: the create transaction is deep enough", "the phase "+c.phase.String())
			}
		}
	}
}

// refusedCalmly judges an internal error that answered a plain transfer which
// the sender can pay, in a channel that was and is open with nothing else under
// way (fsm 3.2: "open" handles it).
func (p *Pair) refusedCalmly() {
	for _, c := range []*Client{p.Initiator, p.Responder} {
		peer := p.Responder
		if c == peer {
			peer = p.Initiator
		}
		if c.log.internal == nil || !p.calm() || c.log.ops+peer.log.ops != 1 {
			continue
		}
		c.violate(RuleErrorCode, "ok for "+c.log.internal.name()+", which the sender can pay", strconv.Itoa(wire.CodeInternalError))
	}
}

// simple reports whether a transfer has nothing but its parties and its amount.
func (r *request) simple() bool {
	members, _ := wire.Members(r.req.Params)
	return len(members) == 3
}

// calm reports whether the channel was open and idle at the last check, and
// nothing has happened since that could disturb a single operation.
func (p *Pair) calm() bool {
	for _, c := range []*Client{p.Initiator, p.Responder} {
		if c.phase != PhaseOpen || !c.certain() || c.loose || c.solo || c.closed || c.leaveAsked || c.stopped || c.alone || c.assumed ||
			c.log.gap || c.log.timeout || !c.log.calm || len(c.log.aborts) > 0 || c.log.aborted {
			return false
		}
	}
	return p.Initiator.log.from == p.Responder.log.from
}

// lostCalmly judges a conflict 1 or 2 that ended the only operation of a calm
// channel, although both clients answered properly (fsm 5.1).
func (p *Pair) lostCalmly() {
	i, r := p.Initiator, p.Responder
	ops := append(i.log.lostOps[:len(i.log.lostOps):len(i.log.lostOps)], r.log.lostOps...)
	if len(ops) == 0 || i.log.ops+r.log.ops != 1 || !p.calm() {
		return
	}
	for _, l := range ops {
		if l.op.maybe || l.op.answer == nil && l.op.spec.own || l.op.answer != nil && !l.c.signedWell(l.op) {
			return
		}
	}
	for _, l := range ops {
		expected, got := "a co-signed state: "+l.op.tag+" met nothing else", "conflict "+strconv.Itoa(l.code)
		if l.op.spec.kind == kindUpdate && l.code == wire.ConflictValidation {
			l.c.violate(RulePairConflict, expected, got)
		} else {
			l.c.quirk(QuirkOldBlock, expected, got)
		}
	}
}

// lostOp is an operation that ended with a conflict 1 or 2.
type lostOp struct {
	c    *Client
	op   *op
	code int
}

// signedWell reports whether the client's answer was the offer with its own good
// signature.
func (c *Client) signedWell(o *op) bool {
	if !o.exact() {
		return false
	}
	if c.cfg.NetworkID == "" {
		return true
	}
	signers, strangers := o.sent[0].Signers(c.cfg.NetworkID, c.parties[:]...)
	if strangers > 0 {
		return false
	}
	me := c.parties[0]
	if c.cfg.Role == outcome.Responder {
		me = c.parties[1]
	}
	return slices.Contains(signers, me)
}
