package model

import (
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/wire"
)

// frameLimit is far above the longest notification that the API has, a message
// of 65,000 bytes in the longest escapes, or a state with contracts.
const frameLimit = 4 << 20

// envelope judges what all frames have in common (ws-api 3.2).
func (c *Client) envelope(f *wire.Frame) {
	if !f.Enveloped {
		c.violate(RuleEnvelope, `jsonrpc "2.0" and version 1`, excerpt(f.Raw))
	}
	if len(f.Raw) > frameLimit && f.Kind == wire.KindNotification && f.Method != wire.MethodHistoryFetchReply {
		c.violate(RuleFrameSize, "at most "+number(frameLimit)+" bytes", number(uint64(len(f.Raw))))
	}
	c.channelOf(f)
}

// channelOf judges channel_id (ws-api 3.3).
func (c *Client) channelOf(f *wire.Frame) {
	id := f.ChannelID
	switch {
	case id == "" && c.carrier:
		c.violate(RuleChannelIDMissing, "channel_id "+c.channel, "null in "+f.Name())
	case id == "":
		if f.Kind == wire.KindNotification && c.needsChannel(f) {
			c.violate(RuleChannelIDMissing, "a channel_id", "null in "+f.Name())
		}
	case c.channel == "":
		c.carrier = true
		c.channel = id
		if c.beforeChannel() {
			c.violate(RuleChannelIDEarly, "null before the create transaction is signed", excerpt(id)+" in "+f.Name())
		}
		c.matchChannel(f.Name())
	case id != c.channel:
		c.carrier = true
		c.violate(RuleChannelIDChanged, c.channel, excerpt(id)+" in "+f.Name())
	default:
		c.carrier = true
	}
}

// needsChannel reports whether every node writes the id in this notification.
func (c *Client) needsChannel(f *wire.Frame) bool {
	late := func(name string) bool {
		c.quirk(QuirkLateChannelID, "a channel_id", "null in "+name)
		return false
	}
	switch {
	case f.Info != nil:
		switch f.Info.Event {
		case wire.EventFundingCreated, wire.EventFundingSigned:
			return late(f.Name())
		case wire.EventOwnFundingLocked, wire.EventFundingLocked, wire.EventOpen, wire.EventUpdate, wire.EventAbortedUpdate,
			wire.EventDepositCreated, wire.EventWithdrawCreated, wire.EventShutdown, wire.EventClosing, wire.EventChannelReestablished:
			return true
		}
		return false
	case f.Sign != nil:
		if f.Sign.Tag == wire.TagResponderSign {
			return late(f.Name())
		}
		return f.Sign.Tag != wire.TagInitiatorSign
	}
	return f.OnChainTx != nil || f.Update != nil || f.Conflict != nil || f.Leave != nil
}

// beforeChannel reports whether no create transaction can have been signed by
// the initiator yet.
func (c *Client) beforeChannel() bool {
	if c.reconnected || !c.certain() {
		return false
	}
	if c.cfg.Role == outcome.Initiator {
		return c.create == nil || !c.create.signed
	}
	return c.phase < PhaseAccepted
}

// matchChannel compares the channel id with those that the create transactions
// give.
func (c *Client) matchChannel(where string) {
	if c.channel != "" && len(c.channelIDs) > 0 && !slices.Contains(c.channelIDs, c.channel) {
		c.violate(RuleChannelIDWrong, strings.Join(c.channelIDs, " or "), excerpt(c.channel)+" in "+where)
		c.channelIDs = nil
	}
}

var replyMethods = func() map[string]string {
	m := map[string]string{wire.MethodSystemPong: wire.MethodSystem}
	for _, q := range queries {
		m[wire.ReplyMethod(q)] = q
	}
	return m
}()

// notification judges a frame without an answer in it.
func (c *Client) notification(f *wire.Frame) {
	if query, ok := replyMethods[f.Method]; ok {
		c.reply(f, query)
		return
	}
	if f.ID != nil {
		c.violate(RuleEnvelope, "a notification without id", excerpt(f.Raw))
	}
	if f.Info == nil && f.OnChainTx == nil && f.Sign == nil && f.Update == nil && f.Conflict == nil &&
		f.Message == nil && f.Leave == nil && f.ErrorReport == nil && f.Method != wire.MethodDebug && f.Method != wire.MethodError {
		c.violate(RuleUnknownFrame, "a notification of the API", excerpt(f.Raw))
		return
	}
	if !c.alive(f) {
		return
	}
	switch {
	case f.Info != nil:
		c.info(f)
	case f.Sign != nil:
		c.sign(f)
	case f.Update != nil:
		c.update(f)
	case f.Conflict != nil:
		c.conflict(f)
	case f.OnChainTx != nil:
		c.onChain(f)
	case f.Message != nil:
		c.message(f)
	case f.Leave != nil:
		c.leave(f)
	}
	c.fellBack = f.Info != nil && f.Info.Event == wire.EventAbortedUpdate
	c.crossing = false
}

// alive judges whether the state machine can speak at all.
func (c *Client) alive(f *wire.Frame) bool {
	event := ""
	if f.Info != nil {
		event = f.Info.Event
	}
	if c.phase == PhaseDead {
		c.violate(RuleAfterDied, "nothing after info died", f.Name())
		return false
	}
	if c.reestablish != reestablishNone {
		c.reestablishing(f)
	}
	if c.leaving {
		c.left(f)
	}
	if f.ErrorReport != nil {
		c.errored = true
	}
	if c.ending != "" && event != wire.EventDied {
		c.violate(RuleAfterEnd, "info died after info "+c.ending, f.Name())
		c.ending = ""
	}
	// What a returning client missed on the chain may come before fsm_up
	// (ws-api 9, 13).
	if !c.sawUp && event != wire.EventFSMUp && !(c.reconnected && (f.OnChainTx != nil || event == wire.EventDied || event == wire.EventTimeout)) && !c.cfg.Unreported {
		c.violate(RuleFSMUp, "info fsm_up first", f.Name())
		c.sawUp = true
		c.becomeStarted()
	}
	return true
}
