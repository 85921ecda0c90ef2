package simnode

import (
	"bytes"
	"strconv"

	"chanbot/wire"
)

// isInfo tells whether a notification is channels.info with this event.
func isInfo(n *wire.Frame, event string) bool { return n.Info != nil && n.Info.Event == event }

// onFrame makes hooks that replace the notifications for which is is true.
func onFrame(is func(f *fsm, n *wire.Frame) bool, instead func(f *fsm, n wire.Frame) []wire.Frame) func() hooks {
	return onNotify(func(f *fsm, n wire.Frame) []wire.Frame {
		if is(f, &n) {
			return instead(f, n)
		}
		return []wire.Frame{n}
	})
}

func infoIs(name string) func(*fsm, *wire.Frame) bool {
	return func(_ *fsm, n *wire.Frame) bool { return isInfo(n, name) }
}

func nothing(*fsm, wire.Frame) []wire.Frame { return nil }

func twice(_ *fsm, n wire.Frame) []wire.Frame { return []wire.Frame{n, n} }

// raw is a notification that is sent as it is.
func raw(b []byte) wire.Frame { return wire.Frame{Raw: b} }

// exchanging makes hooks that send a notification after the next one that
// follows it.
func exchanging(first, second func(f *fsm, n *wire.Frame) bool) func() hooks {
	return each(func() machineHooks {
		var held []wire.Frame
		return machineHooks{notify: func(f *fsm, n wire.Frame) []wire.Frame {
			if first(f, &n) {
				held = append(held, n)
				return nil
			}
			list := []wire.Frame{n}
			if second(f, &n) {
				list = append(list, held...)
				held = nil
			}
			return list
		}}
	})
}

var notificationDefects = []Defect{
	{
		Name: "update-not-announced", Group: groupNotifications,
		Does:   "The acker of an update is asked to sign without info update.",
		Breaks: "A peer's update is announced by info update before sign.update_ack.", Source: "fsm 6.2",
		Flows: []string{flowUpdate},
		bend:  onFrame(infoIs(wire.EventUpdate), nothing),
	},
	{
		Name: "update-announced-after-the-request-to-sign", Group: groupNotifications,
		Does:   "The acker of an update gets info update after sign.update_ack.",
		Breaks: "A peer's update is announced by info update before sign.update_ack.", Source: "fsm 6.2",
		Flows: []string{flowUpdate},
		bend: exchanging(infoIs(wire.EventUpdate), func(_ *fsm, n *wire.Frame) bool {
			return n.Sign != nil && n.Sign.Tag == wire.TagUpdateAck
		}),
	},
	{
		Name: "close-not-announced", Group: groupNotifications,
		Does:   "The acker of a mutual close is asked to sign without info shutdown.",
		Breaks: "A peer's shutdown is announced by info shutdown before sign.shutdown_sign_ack.", Source: "fsm 6.4",
		Flows: []string{flowClose},
		bend:  onFrame(infoIs(wire.EventShutdown), nothing),
	},
	{
		Name: "third-update-not-reported", Group: groupNotifications,
		Does:   "The responder is not told every third co-signed state.",
		Breaks: "Both sides are told each co-signed state.", Source: "fsm 6.2",
		Flows: []string{flowUpdate}, When: "the third state of a channel, the create included",
		bend: onFrame(func(f *fsm, n *wire.Frame) bool {
			return n.Update != nil && f.p.Role == roleResponder && f.round%3 == 0
		}, nothing),
	},
	{
		Name: "update-reported-twice", Group: groupNotifications,
		Does:   "Each co-signed state is reported twice.",
		Breaks: "channels.update comes only when the round has changed.", Source: "ws-api 6.4",
		Flows: []string{flowOpen},
		bend:  onFrame(func(_ *fsm, n *wire.Frame) bool { return n.Update != nil }, twice),
	},
	{
		Name: "aborted-update-told-to-the-peer", Group: groupNotifications,
		Does:   "aborted_update goes to the peer's client instead of the one that aborts.",
		Breaks: "aborted_update is for the client that aborts.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend: onFrame(infoIs(wire.EventAbortedUpdate), func(f *fsm, n wire.Frame) []wire.Frame {
			f.send(peerMsg{kind: msgForeign, text: string(encodeNotification(&n))})
			return nil
		}),
	},
	{
		Name: "own-lock-called-the-peers", Group: groupNotifications,
		Does:   "own_funding_locked is called funding_locked.",
		Breaks: "Reaching the own depth is own_funding_locked; funding_locked is the peer's.", Source: "fsm 6.1",
		Flows: []string{flowOpen},
		bend: onFrame(infoIs(wire.EventOwnFundingLocked), func(_ *fsm, n wire.Frame) []wire.Frame {
			n.Info.Event = wire.EventFundingLocked
			return []wire.Frame{n}
		}),
	},
	{
		Name: "fsm-up-without-id", Group: groupNotifications,
		Does:   "info fsm_up has no fsm_id.",
		Breaks: "fsm_up carries the id of the state machine.", Source: "ws-api 6.1",
		Flows: []string{flowOpen},
		bend: onFrame(infoIs(wire.EventFSMUp), func(_ *fsm, n wire.Frame) []wire.Frame {
			n.Info.FSMID = ""
			return []wire.Frame{n}
		}),
	},
	{
		Name: "conflict-without-channel-id", Group: groupNotifications,
		Does:   "The frame of a conflict has null for channel_id.",
		Breaks: "After the first frame with a channel_id every frame has it.", Source: "ws-api 3.3",
		Flows: []string{flowUpdate, flowConflict},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool { return n.Conflict != nil }, func(_ *fsm, n wire.Frame) []wire.Frame {
			n.ChannelID = ""
			return []wire.Frame{n}
		}),
	},
	{
		Name: "leave-with-an-unknown-method", Group: groupNotifications,
		Does:   "channels.leave is called channels.left.",
		Breaks: "The methods of notifications are a closed list.", Source: "ws-api 6",
		Flows: []string{flowLeave},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool { return n.Leave != nil }, func(_ *fsm, n wire.Frame) []wire.Frame {
			return []wire.Frame{raw(bytes.Replace(encodeNotification(&n), []byte(`"channels.leave"`), []byte(`"channels.left"`), 1))}
		}),
	},
	{
		Name: "updates-show-another-amount", Group: groupNotifications,
		Does:   "The updates that the acker is shown have an amount of one aetto more than the transaction.",
		Breaks: "The updates beside a request to sign are those that lead to its state hash.", Source: "ws-api 6.3",
		Flows: []string{flowUpdate},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool {
			return n.Sign != nil && n.Sign.Tag == wire.TagUpdateAck && len(n.Sign.Updates) > 0 && n.Sign.Updates[0].Amount != nil
		}, func(_ *fsm, n wire.Frame) []wire.Frame {
			n.Sign.Updates[0].Amount = sum(n.Sign.Updates[0].Amount, one)
			return []wire.Frame{n}
		}),
	},
	{
		Name: "meta-not-shown-to-the-starter", Group: groupNotifications,
		Does:   "The updates that the starter is shown lack their meta.",
		Breaks: "Both sides are shown all updates of the operation.", Source: "ws-api 6.3",
		Flows: []string{flowUpdate, flowMeta},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool {
			return n.Sign != nil && n.Sign.Tag == wire.TagUpdate && len(n.Sign.Updates) > 1
		}, func(_ *fsm, n wire.Frame) []wire.Frame {
			n.Sign.Updates = n.Sign.Updates[:1]
			return []wire.Frame{n}
		}),
	},
	{
		Name: "deposit-reported-as-a-withdrawal", Group: groupNotifications,
		Does:   "on_chain_tx says of a deposit in a block that it is a channel_withdraw_tx.",
		Breaks: "on_chain_tx says the type of its transaction.", Source: "ws-api 6.2",
		Flows: []string{flowDeposit},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool {
			return n.OnChainTx != nil && n.OnChainTx.Info == wire.OnChainChannelChanged && n.OnChainTx.Type == wire.TxTypeDeposit
		}, func(_ *fsm, n wire.Frame) []wire.Frame {
			n.OnChainTx.Type = wire.TxTypeWithdraw
			return []wire.Frame{n}
		}),
	},
	{
		Name: "closing-not-told", Group: groupNotifications,
		Does:   "The initiator is not told info closing.",
		Breaks: "info closing follows close_mutual or solo_closing at once, on both sides.", Source: "fsm 6.4",
		Flows: []string{flowClose},
		bend:  onFrame(func(f *fsm, n *wire.Frame) bool { return isInfo(n, wire.EventClosing) && f.p.Role == roleInitiator }, nothing),
	},
	{
		Name: "closed-confirmed-not-told", Group: groupNotifications,
		Does:   "A channel whose closing is deep enough dies without info closed_confirmed.",
		Breaks: "info closed_confirmed comes before info died.", Source: "fsm 6.4",
		Flows: []string{flowClose},
		bend:  onFrame(infoIs(wire.EventClosedConfirmed), nothing),
	},
	{
		Name: "update-without-version", Group: groupNotifications,
		Does:   "The frames of channels.update have no version.",
		Breaks: "Every frame says version 1.", Source: "ws-api 3.2",
		Flows: []string{flowOpen},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool { return n.Update != nil }, func(_ *fsm, n wire.Frame) []wire.Frame {
			return []wire.Frame{raw(bytes.Replace(encodeNotification(&n), []byte(`,"version":1`), nil, 1))}
		}),
	},
	{
		Name: "message-not-escaped", Group: groupNotifications,
		Does:   "The text of an in-band message is written without escapes, so that a quotation mark in it breaks the frame.",
		Breaks: "Every frame is JSON text.", Source: "ws-api 1",
		Flows: []string{flowMessage}, When: "a message with a quotation mark, a backslash or a control character",
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool { return n.Message != nil }, func(_ *fsm, n wire.Frame) []wire.Frame {
			const mark = "\x01mark\x01"
			text := n.Message.Info
			n.Message.Info = mark
			quoted := strconv.AppendQuote(nil, mark)
			quoted = bytes.ReplaceAll(quoted, []byte(`\x`), []byte(`\u00`))
			return []wire.Frame{raw(bytes.Replace(encodeNotification(&n), quoted, []byte(`"`+text+`"`), 1))}
		}),
	},
	{
		Name: "open-before-the-lock", Group: groupNotifications,
		Does:   "info open comes before info funding_locked.",
		Breaks: "info open comes immediately after info funding_locked.", Source: "fsm 6.1",
		Flows: []string{flowOpen},
		bend:  exchanging(infoIs(wire.EventFundingLocked), infoIs(wire.EventOpen)),
	},
	{
		Name: "deposit-reported-before-its-lock", Group: groupNotifications,
		Does:   "The state of a deposit is reported before info deposit_locked.",
		Breaks: "own_deposit_locked, deposit_locked and the update come in this order.", Source: "fsm 6.3",
		Flows: []string{flowDeposit},
		bend:  exchanging(infoIs(wire.EventDepositLocked), func(_ *fsm, n *wire.Frame) bool { return n.Update != nil }),
	},
	{
		Name: "speaks-after-died", Group: groupNotifications,
		Does:   "After info died the client is told info timeout.",
		Breaks: "died is the last frame of a session but for the answer to a stop.", Source: "ws-api 3.4",
		Flows: []string{flowStop},
		bend: onFrame(infoIs(wire.EventDied), func(_ *fsm, n wire.Frame) []wire.Frame {
			late := n
			late.Info = &wire.Info{Event: wire.EventTimeout}
			return []wire.Frame{n, late}
		}),
	},
}
