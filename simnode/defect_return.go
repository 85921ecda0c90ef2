package simnode

import (
	"chanbot/wire"
)

var returnDefects = []Defect{
	{
		Name: "return-to-the-state-before", Group: groupReturn,
		Does:   "A channel that is reestablished has lost its last co-signed state, on both sides.",
		Breaks: "A reestablished channel goes on with its last co-signed state.", Source: "fsm 6.8",
		Flows: []string{flowUpdate, flowLeave},
		bend: remembering(func(before *saved) machineHooks {
			return machineHooks{saved: func(s *saved) {
				if before.round > 0 {
					s.signed, s.round, s.balances = before.signed, before.round, before.balances
				}
			}}
		}),
	},
	{
		Name: "takes-any-fsm-id", Group: groupReturn,
		Does:   "A client gets hold of a channel's machine whatever fsm_id it names.",
		Breaks: "A wrong existing_fsm_id is refused with 1016.", Source: "ws-api 2.2",
		Flows: []string{flowReconnect}, When: "a well-formed fsm_id that is wrong",
		bend: func() hooks {
			return hooks{node: nodeHooks{knows: func(bool) bool { return true }}}
		},
	},
	{
		Name: "leave-not-told-to-the-peer", Group: groupReturn,
		Does:   "The peer of a client that leaves dies without channels.leave.",
		Breaks: "channels.leave comes on both sides.", Source: "fsm 6.8",
		Flows: []string{flowLeave},
		bend:  onFrame(func(f *fsm, n *wire.Frame) bool { return n.Leave != nil && f.state == open }, nothing),
	},
	{
		Name: "leave-shows-the-state-before", Group: groupReturn,
		Does:   "channels.leave shows the state before the last update.",
		Breaks: "channels.leave shows the last co-signed state.", Source: "ws-api 6.6",
		Flows: []string{flowUpdate, flowLeave},
		bend: remembering(func(before *saved) machineHooks {
			return machineHooks{notify: func(_ *fsm, n wire.Frame) []wire.Frame {
				if n.Leave != nil && before.signed != nil {
					n.Leave.State = before.signed.Text()
				}
				return []wire.Frame{n}
			}}
		}),
	},
	{
		Name: "return-without-state", Group: groupReturn,
		Does:   "A reestablished channel opens without channels.update.",
		Breaks: "A reestablished channel shows channel_reestablished, open and the update.", Source: "fsm 6.8",
		Flows: []string{flowLeave},
		bend:  onFrame(func(f *fsm, n *wire.Frame) bool { return n.Update != nil && f.p.Reconnect }, nothing),
	},
	{
		Name: "return-opens-first", Group: groupReturn,
		Does:   "A reestablished channel tells open before channel_reestablished.",
		Breaks: "A reestablished channel shows channel_reestablished, open and the update.", Source: "fsm 6.8",
		Flows: []string{flowLeave},
		bend:  exchanging(infoIs(wire.EventChannelReestablished), infoIs(wire.EventOpen)),
	},
	{
		Name: "reconnect-opens-again", Group: groupReturn,
		Does:   "A client that reconnects is told open and the last state again.",
		Breaks: "After a reconnect only fsm_up comes; nothing is repeated.", Source: "fsm 7",
		Flows: []string{flowReconnect},
		bend: always(machineHooks{after: func(f *fsm, ev *event) {
			if ev.kind == evClientBack && f.state == open {
				f.event(wire.EventOpen)
				f.reported = 0
				f.reportUpdate()
			}
		}}),
	},
	{
		Name: "reconnect-forgets-the-balances", Group: groupReturn,
		Does:   "A side whose client reconnects counts with the balances of the opening.",
		Breaks: "The machine goes on with its last co-signed state when its client comes back.", Source: "fsm 7",
		Flows: []string{flowUpdate, flowReconnect}, When: "updates before the reconnect",
		bend: always(machineHooks{after: func(f *fsm, ev *event) {
			if ev.kind == evClientBack {
				f.balances = f.terms.first()
			}
		}}),
	},
}
