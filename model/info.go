package model

import (
	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// info judges channels.info (ws-api 6.1).
func (c *Client) info(f *wire.Frame) {
	name := f.Name()
	switch event := f.Info.Event; event {
	case wire.EventFSMUp:
		c.fsmUp(f)
	case wire.EventChannelOpen, wire.EventChannelAccept:
		c.opening(name)
		c.becomeAccepted()
	case wire.EventFundingCreated:
		c.opening(name)
		c.sameFSMID(f)
		c.announced = event
		c.becomeAccepted()
	case wire.EventFundingSigned:
		c.opening(name)
		c.sameFSMID(f)
		c.unsigned(name)
		c.becomeAccepted()
	case wire.EventOwnFundingLocked:
		c.opening(name)
		c.becomeLocked()
	case wire.EventFundingLocked:
		c.opening(name)
	case wire.EventOpen:
		c.opened()
	case wire.EventUpdate, wire.EventDepositCreated, wire.EventWithdrawCreated, wire.EventShutdown:
		c.announce(event)
	case wire.EventOwnDepositLocked, wire.EventDepositLocked, wire.EventOwnWithdrawLocked, wire.EventWithdrawLocked:
		c.locking(lockFrames[event], name, nil)
	case wire.EventClosing:
		c.announceClosing()
	case wire.EventClosedConfirmed:
		c.closedConfirmed()
	case wire.EventAbortedUpdate:
		c.aborted()
	case wire.EventChannelReestablished:
		c.reestablished()
	case wire.EventPeerDisconnected:
		if c.cfg.Role == outcome.Initiator {
			c.violate(RuleWrongRole, "no "+name+" for the initiator", name)
		}
		c.alone, c.leaving = true, false
		if c.reestablish == reestablishOpen {
			c.reestablish = reestablishNone // nothing more follows on that one
		}
		c.lose()
	case wire.EventTimeout, wire.EventBadStateHash, wire.EventBadSignature, wire.EventNotCreateTx, wire.EventZombieChannel:
		c.ending = event
		c.log.timeout = true
	case wire.EventDied:
		c.diedClosing()
		c.diedUntold()
		c.deadlyDuplicate()
		c.log.died(c)
		c.ending = ""
		c.lose()
		c.becomeDead()
	case wire.EventMinDepthAchieved, wire.EventMinimumDepthAchieved:
		c.depth(f)
	case wire.EventCloseMutual:
		// Accepted without judgement.
	default:
		c.violate(RuleUnknownFrame, "an event of the API", name)
	}
}

// lose drops the pending operation: the node says by a frame that it is gone.
func (c *Client) lose() {
	if c.op != nil && c.op.signed {
		c.lost = true
		c.lostClose = c.lostClose || c.op.spec.kind == kindShutdown
		if c.op.spec.own {
			c.astray = c.op
		}
	}
	c.op, c.announced = nil, ""
}

// deadlyDuplicate notes the end of a state machine that got a signature too many.
func (c *Client) deadlyDuplicate() {
	if c.loose && c.ending == "" && !c.stopped && !c.closed && c.phase > PhaseStarted {
		c.quirk(QuirkDeadlyDuplicate, "each request to sign answered once", "info died after a signature that nothing asked for")
	}
}

func (c *Client) fsmUp(f *wire.Frame) {
	if c.sawUp {
		c.violate(RuleFSMUp, "info fsm_up once", "info fsm_up again")
		return
	}
	c.sawUp = true
	if b, err := tx.DecodeAs(tx.PrefixByteArray, f.Info.FSMID); err != nil || len(b) != 32 {
		c.violate(RuleFSMID, "an fsm_id of 32 bytes", quoted(f.Info.FSMID))
	} else {
		if c.reestablish == reestablishWaits && c.certain() && c.fsmID == f.Info.FSMID {
			c.violate(RuleFSMID, "a new fsm_id for a new state machine", "the one of before")
		}
		if c.reconnected && c.reestablish == reestablishNone && c.fsmID != "" && c.fsmID != f.Info.FSMID {
			// The state machine of before has ended with its client, and nobody was
			// told (fsm 7).
			c.reestablish = reestablishWaits
			c.loseMessages()
		}
		c.fsmID = f.Info.FSMID
	}
	c.becomeStarted()
	if !c.reconnected {
		c.step = max(c.step, 1)
	}
}

// sameFSMID judges the repetition of the id (ws-api 6.1; older nodes: 9, 1).
func (c *Client) sameFSMID(f *wire.Frame) {
	if id := f.Info.FSMID; id != "" && c.fsmID != "" && id != c.fsmID {
		c.violate(RuleFSMID, "the fsm_id of fsm_up", "another fsm_id in "+f.Name())
	}
}

// announce handles the event right before the request to sign of a peer's
// operation (fsm 6.2 to 6.4).
func (c *Client) announce(event string) {
	if c.announced != "" && c.certain() {
		c.violate(RuleSignUnannounced, "the request to sign after info "+c.announced, "info "+event)
	}
	switch p := c.op; {
	case !c.certain() || c.loose || c.closed:
	case event != wire.EventShutdown && (c.phase < PhaseOpen || !c.openingDone()):
		c.violate(RuleNotOpen, "no operation of the peer before the channel is open and its first update is reported", "info "+event)
	case p != nil && !p.maybe && (event != wire.EventShutdown || p.spec.kind != kindOnChain):
		c.violate(RuleSignPending, "the end of "+p.tag+" first", "info "+event)
	}
	c.announced = event
}

// aborted judges info aborted_update (fsm 5.5).
func (c *Client) aborted() {
	const got = "info aborted_update"
	r := c.owed
	if r == nil {
		r, c.batched = c.batched, nil
	}
	c.owed = nil
	if r == nil {
		i := c.find(func(r *request) bool { return r.kind == callAbort })
		if i < 0 {
			c.violate(RuleAbortedUnasked, "no aborted_update without an abort", got)
			return
		}
		r = c.queue[i]
		c.caused(r, got)
	}
	// The abort may have met a later operation of the same tag than the one it
	// was meant for.
	switch o := c.pendingFor(r.tag); {
	case o == nil && r.op != nil && r.op.spec.kind == kindSolo && !r.late:
		// Its signature was sent after the abort, and so too late.
	case o == nil:
		if c.certain() {
			c.violate(RuleAbortedUnasked, "1018: nothing was pending under "+r.tag, got)
		}
	case o.spec.kind == kindCreate:
		c.violate(RuleAbortedUnasked, "1018: a create transaction cannot be aborted", got)
		return
	case o == r.op && r.late && !o.maybe:
		c.violate(RuleAbortedSigned, "1018: it was signed before", got)
	case o.refused:
		c.violate(RuleAbortRefused, "no aborted_update after 1018", got)
	}
	c.accepted(r, got, nil)
	c.log.abort(r)
	c.leavesMutual()
	c.op, c.announced = nil, ""
}

// diedUntold notes the end of a side whose peer asked to leave, and judges it:
// channels.leave comes to both, when nothing was under way that may have kept it
// (fsm 6.8).
func (c *Client) diedUntold() {
	p := c.other
	c.untold = p != nil && p.other == c && p.leaveAsked && !c.hasLeft && !c.leaveAsked && c.phase == PhaseOpen && c.certain() &&
		!c.loose && c.op == nil && c.ending == "" && !c.stopped && !c.errored && !c.closed && !c.solo && !c.ended && len(c.asked) == 0
	if c.untold && p.hasLeft && !p.log.gap && p.certain() {
		c.violate(RulePairLeave, "channels.leave on both sides", "info "+wire.EventDied)
	}
}
