package model

import (
	"strconv"

	"chanbot/wire"
)

// conflict judges channels.conflict (ws-api 6.5, fsm 5) and drops what it ends.
func (c *Client) conflict(f *wire.Frame) {
	k := f.Conflict
	got := "conflict " + strconv.Itoa(k.Code)
	if k.ChannelID != f.ChannelID {
		c.violate(RuleConflictShape, "the channel id of the frame", quoted(k.ChannelID))
	}
	if k.Code < 1 || k.Code > 65535 {
		c.violate(RuleConflictShape, "a code in 1..65535", got)
	} else if want := wire.ConflictMessage(k.Code); k.Message != want {
		c.violate(RuleConflictShape, "error_msg "+quoted(want), quoted(k.Message))
	}
	c.refusedSettle = k.Code == wire.ConflictValidation && c.shut.by == closeSolo
	c.provoked(k.Code, got)
	c.conflictRound(k)
	c.log.conflict(c, k.Code)
	if k.Code <= wire.ConflictConflict {
		c.crossings.refused++
	}
	c.collided = nil
	// Two requests, the one that was offered and the one that ended it.
	if o := c.op; k.Code == wire.ConflictConflict && o != nil && o.spec.own && o.answer == nil && len(c.asked) == 1 && c.log.ops <= 2 && c.peerIdle() {
		c.collided = c.asked[0]
	}
	c.lose()
	c.owed = nil
	for _, r := range c.asked {
		r.swallowed = true
	}
}

// provoked judges that there was something to end (fsm 5.1). Codes 1 and 2 also
// reach an acker that knows of nothing: its node refused the peer's request.
func (c *Client) provoked(code int, got string) {
	if !c.certain() {
		return
	}
	switch o := c.op; code {
	case wire.ConflictValidation, wire.ConflictConflict:
	case wire.ConflictRejected:
		// A solo operation is not pending any more when its push fails.
		switch {
		case c.solo || c.closed:
		case o == nil:
			c.violate(RuleConflictUnprovoked, "a transaction that the chain can reject", got+" with nothing pending")
		case o.spec.kind == kindUpdate && !o.spec.own || !o.signed && !o.given && !o.maybe: // an abort may have this code too
			c.violate(RuleConflictUnprovoked, "a transaction that the chain can reject", got+" while "+o.tag+" is pending")
		}
	case wire.ConflictTimeout:
		// Its signature may wait behind another request (fsm 3.3).
		solo := c.find(func(r *request) bool { return r.kind == callSignature && r.op != nil && r.op.spec.kind == kindSolo }) >= 0
		switch {
		case o != nil || c.closed:
		case c.crossing: // the timer ran out first, and what comes now nothing asks for
			c.loose, c.ended = true, true
		case !solo:
			c.violate(RuleConflictUnprovoked, "an operation that can time out", got+" with nothing pending")
		}
	default:
		if c.closed {
			return
		}
		switch {
		case o == nil:
			c.violate(RuleConflictUnprovoked, "an own operation that the peer can abort", got+" with nothing pending")
		case o.maybe:
		case !o.spec.own || o.spec.kind == kindSolo:
			c.violate(RuleConflictUnprovoked, "an own operation that the peer can abort", got+" while "+o.tag+" is pending")
		case !o.signed && !o.given:
			c.violate(RuleConflictUnprovoked, "an own operation that the peer has seen", got+" while "+o.tag+" is not signed")
		}
	}
}

// conflictRound judges the round. The peer's may differ when the channel is
// split (fsm 4, 5.2): it is behind if this side was the acker of the last
// state, or the state waited for depth, ahead if an operation that this side
// signed got lost.
func (c *Client) conflictRound(k *wire.Conflict) {
	want := c.ledger.round
	if k.Round == want || !c.certain() {
		return
	}
	expected, got := "round "+number(want), "round "+number(k.Round)
	if c.leads && k.Round+1 == want || c.lost && k.Round == want+1 {
		c.log.oddRound(k.Round)
		c.quirk(QuirkSplitChannel, expected, got)
		return
	}
	c.violate(RuleConflictRound, expected, got)
}
