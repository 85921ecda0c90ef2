package model

import (
	"chanbot/outcome"
	"chanbot/wire"
)

// reestablishStep is how far a reestablish has come on this side (fsm 6.8).
type reestablishStep uint8

const (
	reestablishNone   reestablishStep = iota
	reestablishWaits                  // a new state machine, channel_reestablished has not come
	reestablishShaken                 // it came; info open follows
	reestablishOpen                   // it came too; the report of the state follows
)

// leave judges channels.leave: the last co-signed state (ws-api 6.6), once, and
// not in a channel that closes (fsm 3.2).
func (c *Client) leave(f *wire.Frame) {
	const got = "channels.leave"
	switch {
	case !c.certain() || c.loose:
	case c.leaving:
		c.violate(RuleLeaveOrder, "channels.leave once", got+" again")
	case c.op != nil && !c.op.maybe:
		c.violate(RuleLeaveOrder, "the end of "+c.op.tag+" first", got)
	case c.phase == PhaseClosing || c.phase == PhaseClosed:
		c.violate(RuleLeaveOrder, "no leave in a channel that is "+c.phase.String(), got)
	}
	c.leaving, c.hasLeft, c.alone = true, true, true
	c.log.left++
	if p := c.other; p != nil && p.other == c && p.untold && c.certain() && !c.log.gap {
		c.violate(RulePairLeave, "channels.leave on both sides", "info "+wire.EventDied+" on the other one")
	}
	if f.Leave.State != c.ledger.text {
		c.sameState(f.Leave.State, got)
	}
}

// left judges what comes after channels.leave. The initiator's state machine
// ends with it; a responder's may stay.
func (c *Client) left(f *wire.Frame) {
	if c.cfg.Role != outcome.Initiator || !c.certain() || f.Message != nil || f.ErrorReport != nil || f.Leave != nil {
		return
	}
	if f.Info != nil && (f.Info.Event == wire.EventDied || f.Info.Event == wire.EventTimeout) {
		return
	}
	c.violate(RuleLeaveOrder, "info died after channels.leave", f.Name())
	c.leaving = false
}

// reestablished judges info channel_reestablished.
func (c *Client) reestablished() {
	const got = "info " + wire.EventChannelReestablished
	switch {
	case !c.certain() || c.reestablish == reestablishWaits:
	case c.reestablish != reestablishNone:
		c.violate(RuleReestablishOrder, "info channel_reestablished once", got+" again")
	// Nobody is told of the loss of the peer while the channel closes (fsm 7).
	case c.cfg.Role == outcome.Initiator || !c.alone && !c.closed:
		c.violate(RuleReestablishOrder, "no reestablish of a living channel", got)
	}
	c.stayed = c.reestablish == reestablishNone
	c.log.messagesSent = doubtful(c.log.messagesSent, nil) // the peer's machine of then may have got them
	c.reestablish = reestablishShaken
	c.leaving, c.hasLeft, c.alone = false, false, false
	c.op, c.create = nil, nil
	c.skipOpening()
}

// closesEarly reports whether a solo close has come to the chain while a new
// state machine waits for its peer: then there may be no reestablish any more.
func (c *Client) closesEarly() bool { return c.reestablish == reestablishWaits && c.shut.said }

// reestablishing judges what may come during a reestablish. Events of the chain,
// messages and the end may come at any time, and a channel that closes does not
// open.
func (c *Client) reestablishing(f *wire.Frame) {
	if c.closesEarly() {
		return
	}
	want, name := "", f.Name()
	switch c.reestablish {
	case reestablishWaits:
		want = "info " + wire.EventChannelReestablished
	case reestablishShaken:
		want = "info " + wire.EventOpen
	case reestablishOpen:
		want = "update"
	}
	switch {
	case f.Info != nil:
		switch f.Info.Event {
		case wire.EventOpen, wire.EventUpdate, wire.EventDepositCreated, wire.EventWithdrawCreated, wire.EventShutdown, wire.EventAbortedUpdate,
			wire.EventOwnDepositLocked, wire.EventDepositLocked, wire.EventOwnWithdrawLocked, wire.EventWithdrawLocked:
		default:
			return
		}
	case f.Sign == nil && f.Update == nil && f.Conflict == nil && f.Leave == nil:
		return
	}
	if name == want || want == "update" && c.stayed && f.Update == nil && (f.Info == nil || f.Info.Event != wire.EventOpen) {
		return // older nodes do not report to a responder that stayed (ws-api 9)
	}
	if c.certain() && !c.loose {
		c.violate(RuleReestablishOrder, want, name)
	}
	c.reestablish = reestablishNone
}
