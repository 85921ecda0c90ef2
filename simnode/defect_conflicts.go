package simnode

import (
	"chanbot/tx"
	"chanbot/wire"
)

// crossing makes hooks that know whether the own operation has just met the
// peer's.
func crossing(build func(now *bool) machineHooks) func() hooks {
	return each(func() machineHooks {
		now := false
		h := build(&now)
		h.event = func(*fsm, *event) bool { now = false; return true }
		h.dropped = func(_ *fsm, _ *operation, why loss) { now = now || why == lostCrossing }
		return h
	})
}

// wins makes hooks that take the peer's offer while an own update is with the
// peer, as if there were none.
func wins(offer msgKind) func() hooks {
	return always(machineHooks{event: func(f *fsm, ev *event) bool {
		if ev.kind == evPeer && ev.msg.kind == offer && f.state == awaitingUpdateAck {
			f.half, f.ongoing, f.state = operation{}, false, open
		}
		return true
	}})
}

var conflictDefects = []Defect{
	{
		Name: "crossing-not-told-to-the-own-client", Group: groupConflicts,
		Does:   "A side that detects a crossing of two operations tells the peer but not its own client.",
		Breaks: "In a crossing each client gets one conflict with code 2.", Source: "fsm 5.2",
		Flows: []string{flowUpdate, flowConflict},
		bend: crossing(func(now *bool) machineHooks {
			return machineHooks{notify: func(_ *fsm, n wire.Frame) []wire.Frame {
				if *now && n.Conflict != nil {
					return nil
				}
				return []wire.Frame{n}
			}}
		}),
	},
	{
		Name: "crossing-not-told-to-the-peer", Group: groupConflicts,
		Does:   "A side that detects a crossing of two operations tells its own client but not the peer, which waits if only it has signed.",
		Breaks: "If only one side signs, it gets its conflict 2 by the other side's error message.", Source: "fsm 5.3",
		Flows: []string{flowUpdate, flowConflict}, When: "both start, and only one signs",
		bend: crossing(func(now *bool) machineHooks {
			return machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
				if *now && m.kind.isError() {
					return nil
				}
				return []peerMsg{m}
			}}
		}),
	},
	{
		Name: "crossing-has-the-code-of-an-abort", Group: groupConflicts,
		Does:   "A crossing is reported with code 42.",
		Breaks: "In a crossing each client gets one conflict with code 2.", Source: "fsm 5.2",
		Flows: []string{flowUpdate, flowConflict},
		bend: onNotify(func(_ *fsm, n wire.Frame) []wire.Frame {
			if n.Conflict != nil && n.Conflict.Code == wire.ConflictConflict {
				n.Conflict.Code, n.Conflict.Message = 42, wire.ConflictMessage(42)
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "conflict-with-the-text-of-another-code", Group: groupConflicts,
		Does:   "A conflict with code 2 stands beside the text of code 1.",
		Breaks: "Each code stands beside its own text.", Source: "ws-api 6.5",
		Flows: []string{flowUpdate, flowConflict},
		bend: onNotify(func(_ *fsm, n wire.Frame) []wire.Frame {
			if n.Conflict != nil && n.Conflict.Code == wire.ConflictConflict {
				n.Conflict.Message = wire.ConflictMessage(wire.ConflictValidation)
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "conflict-names-another-channel", Group: groupConflicts,
		Does:   "The data of a conflict name another channel than its frame.",
		Breaks: "A conflict repeats the id of its channel.", Source: "ws-api 6.5",
		Flows: []string{flowUpdate, flowConflict},
		bend: onNotify(func(f *fsm, n wire.Frame) []wire.Frame {
			if n.Conflict != nil {
				n.Conflict.ChannelID = another(f.channelID).String()
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "both-sides-win-a-crossing", Group: groupConflicts,
		Does:   "A side whose own signed update meets the peer's forgets its own, says nothing, and takes the peer's.",
		Breaks: "Of two operations that cross none is made: both clients get a conflict.", Source: "fsm 5.2",
		Flows: []string{flowUpdate, flowConflict},
		bend:  wins(msgUpdate),
	},
	{
		Name: "deposit-wins-over-an-update", Group: groupConflicts,
		Does:   "A side whose own signed update meets the peer's deposit forgets the update, says nothing, and takes the deposit.",
		Breaks: "Of two operations that cross none is made, in any mix of updates, deposits and withdrawals.", Source: "fsm 5.2",
		Flows: []string{flowUpdate, flowDeposit, flowConflict}, When: "an update crosses a deposit",
		bend: wins(msgDepositCreated),
	},
	{
		Name: "crossing-applies-the-own-update", Group: groupConflicts,
		Does:   "After a crossing each side keeps the balances that its own update would have made.",
		Breaks: "After a conflict the state is the last co-signed one.", Source: "fsm 2",
		Flows: []string{flowUpdate, flowConflict, flowQuery},
		bend: always(machineHooks{dropped: func(f *fsm, op *operation, why loss) {
			if why == lostCrossing && op.kind == opUpdate {
				f.balances = op.after
			}
		}}),
	},
	{
		Name: "crossing-told-twice", Group: groupConflicts,
		Does:   "After a crossing a side reports the peer's message about it as a second conflict.",
		Breaks: "There is exactly one conflict on each side; the peer's message meets an idle machine and is dropped.", Source: "fsm 5.2",
		Flows: []string{flowUpdate, flowConflict}, When: "both start and both sign",
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			if ev.kind == evPeer && ev.msg.kind.isError() && ev.msg.code == wire.ConflictConflict && f.state == open {
				f.conflict(ev.msg.code, ev.msg.round)
			}
			return true
		}}),
	},
	{
		Name: "collision-starts-the-new-update", Group: groupConflicts,
		Does:   "A client that asks for an update while another one waits for its signature gets the conflict, and is then asked to sign the new one all the same.",
		Breaks: "The request that gives up a pending operation is not executed.", Source: "fsm 5.4",
		Flows: []string{flowUpdate, flowConflict}, When: "an own request while a request to sign is pending",
		bend: each(func() machineHooks {
			collided := false
			return machineHooks{
				dropped: func(_ *fsm, _ *operation, why loss) { collided = why == lostCollision },
				after: func(f *fsm, ev *event) {
					if collided && ev.kind == evRequest && f.state == open {
						collided = false
						f.serve(ev.request)
					}
				},
			}
		}),
	},
	{
		Name: "conflict-opens-the-channel-again", Group: groupConflicts,
		Does:   "After a crossing the client is told info open again.",
		Breaks: "After a conflict neither open nor update follows.", Source: "fsm 5.1",
		Flows: []string{flowUpdate, flowConflict},
		bend: always(machineHooks{dropped: func(f *fsm, _ *operation, why loss) {
			if why == lostCrossing {
				f.status = statusAttached
			}
		}}),
	},
}

// another is an id that is not this one.
func another(id tx.ID) tx.ID {
	id.Key[0] ^= 1
	return id
}
