package model

import (
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/wire"
)

// openings is what each role gets, in this order (fsm 6.1).
var openings = map[outcome.Role][]string{
	outcome.Initiator: {
		"info " + wire.EventFSMUp, "info " + wire.EventChannelAccept, "sign." + wire.TagInitiatorSign,
		"info " + wire.EventFundingSigned, "on_chain_tx " + wire.OnChainFundingSigned,
		"on_chain_tx " + wire.OnChainChannelChanged, "info " + wire.EventOwnFundingLocked,
		"info " + wire.EventFundingLocked, "info " + wire.EventOpen, "update",
	},
	outcome.Responder: {
		"info " + wire.EventFSMUp, "info " + wire.EventChannelOpen, "info " + wire.EventFundingCreated,
		"sign." + wire.TagResponderSign, "on_chain_tx " + wire.OnChainFundingCreated,
		"on_chain_tx " + wire.OnChainChannelChanged, "info " + wire.EventOwnFundingLocked,
		"info " + wire.EventFundingLocked, "info " + wire.EventOpen, "update",
	},
}

const channelChanged = "on_chain_tx " + wire.OnChainChannelChanged

// opening judges the place of a frame in the opening and moves it on. It
// returns false when the frame cannot come here.
func (c *Client) opening(name string) bool {
	order := openings[c.cfg.Role]
	i := slices.Index(order, name)
	switch {
	case i < 0:
		c.violate(RuleWrongRole, "no "+name+" for the "+c.cfg.Role.String(), name)
		return false
	case c.reconnected && c.resume == PhaseDead:
		// A state machine that was started anew opens nothing.
		c.violate(RuleOpeningOrder, "no opening in a reestablished channel", name)
		return false
	case i < c.step:
		if name == channelChanged { // its block may have been replaced, or its depth assumed
			c.quirk(QuirkOnChainAgain, "each block once", name+" again")
			return true
		}
		c.violate(RuleOpeningOrder, c.nextOf(order), name+" again or too late")
		return false
	case i > c.step && c.certain() && !(c.assumed && !slices.ContainsFunc(order[c.step:i], func(s string) bool { return s != channelChanged })):
		c.violate(RuleOpeningOrder, c.nextOf(order), name)
	}
	c.step = i + 1
	return true
}

func (c *Client) nextOf(order []string) string {
	if c.step >= len(order) {
		return "no frame of an opening in an open channel"
	}
	return order[c.step]
}

// openingDone reports whether everything up to "update" has come.
func (c *Client) openingDone() bool { return c.step >= len(openings[c.cfg.Role]) }

// skipOpening notes that the channel is open although frames were missed.
func (c *Client) skipOpening() { c.step = len(openings[c.cfg.Role]) }

// unsigned judges that the node goes on with the opening only after this
// client has signed.
func (c *Client) unsigned(name string) {
	if c.create != nil && !c.create.signed && !c.loose && c.certain() {
		c.violate(RuleFundingUnsigned, "nothing before the client signs "+c.create.tag, name)
	}
}

// opened handles info open.
func (c *Client) opened() {
	switch {
	case c.reestablish == reestablishShaken:
		c.reestablish = reestablishOpen
		c.shut = closeFlow{before: c.shut.before, past: true, mutual: c.shut.mutual}
	case !c.openingDone() && c.step < len(openings[c.cfg.Role])-1:
		c.opening("info " + wire.EventOpen)
	case c.stale:
		if c.reconnected && c.calmLoss && !c.closed && !c.shut.said && !c.solo && c.reestablish == reestablishNone && c.peerCalm() {
			c.violate(RuleOpeningOrder, "fsm_up alone after a reconnect (fsm 7)", "info open again")
		}
	case c.closed:
		if c.refusedSettle {
			c.quirk(QuirkSettleReopens, "a closing channel after a wrong settle signature", "info open")
		}
		c.quirk(QuirkOpenAgain, "open once", "info open again")
		c.openedAgain()
	default:
		c.violate(RuleOpeningOrder, "info open once", "info open again: "+strings.TrimSpace(c.phase.String()))
	}
	c.becomeOpen()
}
