package model

import (
	"slices"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// sign judges channels.sign.TAG and makes it the pending operation.
func (c *Client) sign(f *wire.Frame) {
	s, name := f.Sign, f.Name()
	o := c.examine(s)
	if o == nil {
		c.violate(RuleUnknownFrame, "a tag of the API", name)
		return
	}
	if o.spec.role != outcome.NoRole && o.spec.role != c.cfg.Role {
		c.violate(RuleWrongRole, "no "+name+" for the "+c.cfg.Role.String(), name)
		return
	}
	if o.spec.kind == kindCreate {
		c.opening(name)
		c.becomeAccepted()
	} else {
		c.beforeOffer(o, name)
	}
	if o.spec.own {
		c.asks(o, s)
	} else {
		if c.announced != o.spec.announce && c.certain() {
			c.violate(RuleSignUnannounced, "info "+o.spec.announce+" before "+name, name)
		}
		c.announced = ""
		if o.spec.proposes() {
			c.crossings.shown++
		}
	}
	for _, x := range o.faults {
		c.violate(x.rule, x.expected, x.got)
	}
	c.settle(o)
}

// settle makes an examined offer the pending one.
func (c *Client) settle(o *op) {
	// A signature that crossed with a conflict may meet the same transaction,
	// offered again.
	c.seen[c.seenNext], c.seenNext = o, (c.seenNext+1)%len(c.seen)
	if o.offer != nil {
		if o.twin == nil {
			o.hash = tx.Blake2b(o.offer.Tx)
		} else {
			o.hash, o.twin = o.twin.hash, nil
		}
		o.given = slices.Contains(c.given[:], o.hash)
		o.ahead = c.find(func(r *request) bool { return r.kind == callSignature && r.tag == o.tag }) >= 0
	}
	if o.spec.kind == kindCreate {
		c.create = o
		if o.offer != nil {
			c.createSeen(o)
		}
		return
	}
	if p := c.op; p != nil && p.signed && p.spec.kind != kindSolo && o.spec.kind == kindSolo {
		c.lose() // it gives way, whatever the peer makes of it (fsm 3.2, column X)
	}
	c.op = o
	if c.stale && o.known && len(o.faults) == 0 {
		c.stale = false // the offer fits the last state: nothing was missed
	}
}

// beforeOffer judges whether anything can be offered now.
func (c *Client) beforeOffer(o *op, name string) {
	if c.owed != nil {
		c.violate(RuleAbortSwallowed, "info aborted_update after the accepted abort", name)
		c.owed, c.op = nil, nil
	}
	if c.stale {
		c.skipOpening()
		if c.phase < PhaseOpen {
			c.becomeOpen()
		}
		return
	}
	if o.spec.kind != kindShutdown && (c.phase < PhaseOpen || !c.openingDone()) && !c.cfg.Unreported {
		c.violate(RuleNotOpen, "nothing to sign before the channel is open and its first update is reported", name)
		c.skipOpening()
		c.becomeOpen()
	}
	c.fitsPhase(o, name)
	p := c.op
	if p == nil || p.maybe || !c.certain() || c.closed {
		return
	}
	// The acker of a close may still wait for the depth of a deposit (fsm 6.4).
	if o.spec.kind == kindShutdown && p.signed {
		return
	}
	// A solo close and a snapshot take the place of what is pending (fsm 3.2).
	if o.tag == wire.TagCloseSoloSign || o.tag == wire.TagSnapshotSoloTx {
		return
	}
	c.violate(RuleSignPending, "the end of "+p.tag+" first", name)
}

// fitsPhase judges what the end of a channel allows (fsm 3.2): settle and slash
// while a solo close is on the chain, nothing that makes a state or a snapshot
// while any close is under way, and nothing at all after it. A solo close that
// comes to the chain after a mutual one was agreed on need not move the state
// machine out of mutual_closed, and whatever waits for a signature or the peer
// gives way to one.
func (c *Client) fitsPhase(o *op, name string) {
	if !c.judging() || c.reconnected {
		return
	}
	switch closing := c.phase == PhaseClosing; {
	case c.phase == PhaseClosed:
		c.violate(RuleNotOpen, "nothing to sign in a closed channel", name)
	case o.tag == wire.TagSettleSign || o.tag == wire.TagSlashTx:
		if !closing || c.shut.by != closeSolo {
			c.violate(RuleNotOpen, "settle and slash after a solo close only", name)
		} else if !c.shut.solo && !c.shut.past {
			c.quirk(QuirkChainAhead, "on_chain_tx solo_closing before "+name, name)
		}
	case closing && (o.spec.kind == kindUpdate || o.spec.kind == kindOnChain):
		c.violate(RuleNotOpen, "no new state in a channel that closes", name)
	case closing && c.shut.by == closeSolo && c.shut.mutual == nil && c.op == nil && (o.tag == wire.TagCloseSoloSign || o.tag == wire.TagSnapshotSoloTx) && !c.signedBehind(o):
		c.violate(RuleNotOpen, "no solo close or snapshot after a solo close", name)
	}
}

// signedBehind reports whether the client has signed a solo operation after it
// asked for o, and the node has not got to that signature yet: what it is for was
// still pending when the request for o was read, which may have waited for long
// (fsm 3.3).
func (c *Client) signedBehind(o *op) bool {
	from := 0
	for _, r := range c.asked {
		if slices.Contains(o.spec.asks, r.req.Method) {
			from = max(slices.Index(c.queue, r), 0) // not there any more: it was answered
			break
		}
	}
	return slices.ContainsFunc(c.queue[min(from, len(c.queue)):], func(r *request) bool {
		return r.kind == callSignature && r.op != nil && r.op.spec.kind == kindSolo
	})
}

// asks judges that an own operation was asked for, and as it is offered.
func (c *Client) asks(o *op, s *wire.Sign) {
	if o.spec.kind == kindCreate {
		return
	}
	// A request that a conflict swallowed may still wait before the right one.
	other, near := -1, -1
	for i, r := range c.asked {
		if !slices.Contains(o.spec.asks, r.req.Method) {
			continue
		}
		if r.wish == nil || r.wish.is(s.Updates) {
			if len(c.examineOptions(o, r)) > 0 {
				near = i
				continue
			}
			if r == c.collided && len(c.asked) == 1 {
				c.violate(RuleSignUnasked, "no request to sign for "+r.name()+", which ended the one before (fsm 5.4)", "sign."+o.tag+" after the conflict")
			}
			c.asked = c.asked[i+1:]
			c.caused(r, "sign."+o.tag)
			c.accepted(r, "sign."+o.tag, nil)
			return
		}
		other = i
	}
	if near >= 0 {
		r := c.asked[near]
		c.asked = c.asked[near+1:]
		c.caused(r, "sign."+o.tag)
		o.faults = append(o.faults, c.examineOptions(o, r)...)
		return
	}
	if other < 0 {
		if !c.stale {
			o.fail(RuleSignUnasked, "no sign."+o.tag+" without a request", "sign."+o.tag)
		}
		return
	}
	r := c.asked[other]
	c.asked = c.asked[other+1:]
	c.caused(r, "sign."+o.tag)
	o.fail(RuleSignOther, r.wish.String(), describe(s.Updates))
}
