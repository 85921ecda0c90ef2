package simnode

import (
	"chanbot/wire"
)

// isAborted tells whether a notification is info aborted_update.
func isAborted(n *wire.Frame) bool {
	return n.Info != nil && n.Info.Event == wire.EventAbortedUpdate
}

// isError tells whether a message gives an operation up.
func (k msgKind) isError() bool {
	return k == msgUpdateError || k == msgDepositError || k == msgWithdrawError || k == msgShutdownError
}

// noting adds a hook that notes the code of the abort that is being handled, 0 without one.
func (h machineHooks) noting(code *int) machineHooks {
	h.event = func(_ *fsm, ev *event) bool {
		if *code = 0; ev.kind == evRequest && ev.request.abort {
			*code = ev.request.code
		}
		return true
	}
	return h
}

var abortDefects = []Defect{
	{
		Name: "abort-without-aborted-update", Group: groupAborts,
		Does:   "A client that aborts is not told aborted_update.",
		Breaks: "An abort of a pending request to sign is answered with info aborted_update.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend: onNotify(func(_ *fsm, n wire.Frame) []wire.Frame {
			if isAborted(&n) {
				return nil
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "aborted-update-twice", Group: groupAborts,
		Does:   "A client that aborts is told aborted_update twice.",
		Breaks: "An abort is answered with one info aborted_update.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend: onNotify(func(_ *fsm, n wire.Frame) []wire.Frame {
			if isAborted(&n) {
				return []wire.Frame{n, n}
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "abort-code-plus-one", Group: groupAborts,
		Does:   "The starter of an operation that its acker aborts gets a conflict with the abort's code + 1.",
		Breaks: "The aborting client's code is passed to the peer unchanged.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend: each(func() machineHooks {
			code := 0
			return machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
				if code != 0 && m.kind.isError() {
					m.code++
				}
				return []peerMsg{m}
			}}.noting(&code)
		}),
	},
	{
		Name: "abort-code-cut-to-8-bits", Group: groupAborts,
		Does:   "Of an acker's abort code only the lowest 8 bits reach the starter.",
		Breaks: "Abort codes are 1 to 65535, and are passed to the peer unchanged.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort}, When: "an abort code above 255",
		bend: each(func() machineHooks {
			code := 0
			return machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
				if code != 0 && m.kind.isError() {
					m.code &= 0xff
				}
				return []peerMsg{m}
			}}.noting(&code)
		}),
	},
	{
		Name: "second-abort-has-the-first-code", Group: groupAborts,
		Does:   "From the second abort of an acker on, the starter gets the code of the first.",
		Breaks: "The aborting client's code is passed to the peer unchanged.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort}, When: "one side aborts twice, with different codes",
		bend: each(func() machineHooks {
			code, first := 0, 0
			return machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
				if code != 0 && m.kind.isError() {
					if first == 0 {
						first = code
					}
					m.code = first
				}
				return []peerMsg{m}
			}}.noting(&code)
		}),
	},
	{
		Name: "abort-is-a-conflict-for-the-aborter", Group: groupAborts,
		Does:   "A client that aborts gets a conflict with its own code, too.",
		Breaks: "The aborter gets no conflict.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend: each(func() machineHooks {
			code := 0
			return machineHooks{dropped: func(f *fsm, _ *operation, why loss) {
				if why == lostAbort {
					f.conflict(code, f.round)
				}
			}}.noting(&code)
		}),
	},
	{
		Name: "abort-not-told-to-the-starter", Group: groupAborts,
		Does:   "When the acker aborts, the starter hears nothing and waits.",
		Breaks: "An acker's abort is a conflict for the starter.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend: each(func() machineHooks {
			code := 0
			return machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
				if code != 0 && m.kind.isError() {
					return nil
				}
				return []peerMsg{m}
			}}.noting(&code)
		}),
	},
	{
		Name: "abort-applies-the-update", Group: groupAborts,
		Does:   "A starter that aborts its own update keeps the balances which that update would have made.",
		Breaks: "An abort falls back to the last co-signed state.", Source: "fsm 2",
		Flows: []string{flowUpdate, flowAbort, flowQuery},
		bend: always(machineHooks{dropped: func(f *fsm, op *operation, why loss) {
			if why == lostAbort && op.own && op.kind == opUpdate {
				f.balances = op.after
			}
		}}),
	},
	{
		Name: "starter-does-not-revert", Group: groupAborts,
		Does:   "When the acker aborts an update, the starter's side keeps the balances which that update would have made.",
		Breaks: "An abort falls back to the last co-signed state.", Source: "fsm 2",
		Flows: []string{flowUpdate, flowAbort}, When: "the acker aborts, and then the same side starts again",
		bend: always(machineHooks{dropped: func(f *fsm, op *operation, why loss) {
			if why == lostPeer && op.kind == opUpdate {
				f.balances = op.after
			}
		}}),
	},
	{
		Name: "aborts-what-was-signed", Group: groupAborts,
		Does:   "A starter can abort its update after it has signed it, while the acker goes on.",
		Breaks: "An abort of what is signed already is refused with 1018.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort}, When: "the abort comes between the own signature and the acker's",
		bend: always(machineHooks{verdict: func(f *fsm, g group, tag string, v verdict) verdict {
			if g == groupAbort && f.state == awaitingUpdateAck && tag == f.half.tag() {
				f.op = f.half
				return accept
			}
			return v
		}}),
	},
	{
		Name: "abort-ignores-the-tag", Group: groupAborts,
		Does:   "An abort gives up whatever is pending, also when it answers another request to sign.",
		Breaks: "The method of an abort must match the pending request, else it is refused with 1018.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort}, When: "the abort answers another tag than the pending one",
		bend: always(machineHooks{verdict: func(f *fsm, g group, _ string, v verdict) verdict {
			if g == groupAbort && v == notAllowed && f.state == awaitingSignature && f.op.kind.coSigned() {
				return accept
			}
			return v
		}}),
	},
	{
		Name: "abort-while-open-kills", Group: groupAborts,
		Does:   "An abort without anything to abort ends the channel.",
		Breaks: "An abort in an idle open channel is refused with 1018.", Source: "fsm 5.5",
		Flows: []string{flowAbort},
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			if ev.kind == evRequest && ev.request.abort && f.state == open {
				f.end()
				return false
			}
			return true
		}}),
	},
	{
		Name: "abort-with-the-largest-code-kills", Group: groupAborts,
		Does:   "An abort with the code 65535 ends the channel.",
		Breaks: "Abort codes are 1 to 65535, and all are treated alike.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort}, When: "the code is 65535",
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			if ev.kind == evRequest && ev.request.abort && ev.request.code == 65535 && f.state == awaitingSignature {
				f.end()
				return false
			}
			return true
		}}),
	},
	{
		Name: "aborted-update-can-still-be-signed", Group: groupAborts,
		Does:   "A signature that comes after the abort of an own update is taken, and the update goes on.",
		Breaks: "A late signature in an idle open channel is acknowledged and ignored.", Source: "fsm 3.2",
		Flows: []string{flowUpdate, flowAbort}, When: "the update is signed after it was aborted",
		bend: each(func() machineHooks {
			var lost operation
			return machineHooks{
				dropped: func(_ *fsm, op *operation, why loss) {
					if why == lostAbort && op.own && op.kind == opUpdate {
						lost = *op
					}
				},
				event: func(f *fsm, ev *event) bool {
					if ev.kind == evSigned && f.state == open && ev.tag == wire.TagUpdate && lost.round == f.round+1 {
						f.op, f.ongoing, f.state = lost, true, awaitingSignature
						lost = operation{}
					}
					return true
				},
			}
		}),
	},
}
