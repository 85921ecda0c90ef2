package simnode

import (
	"encoding/json"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"chanbot/wire"
)

// hanging makes hooks that leave every request and message without effect from
// the moment on at which stuck is set. The machine still ends with its client,
// its link, or a stop.
func hanging(build func(stuck *bool) machineHooks) func() hooks {
	return each(func() machineHooks {
		stuck := false
		h := build(&stuck)
		h.event = func(_ *fsm, ev *event) bool {
			switch ev.kind {
			case evRequest, evSigned, evPeer, evTimer, evMined, evDepth:
				return !stuck
			}
			return true
		}
		return h
	})
}

// hangsAfter makes hooks that hang once an operation was lost in this way.
func hangsAfter(why loss) func() hooks {
	return hanging(func(stuck *bool) machineHooks {
		return machineHooks{dropped: func(_ *fsm, _ *operation, lost loss) { *stuck = *stuck || lost == why }}
	})
}

// leakLimit is how many machines a node that does not free their places takes.
const leakLimit = 24

// deepest is how deep JSON may be nested for a node that cuts off what is deeper.
const deepest = 64

var livenessDefects = []Defect{
	{
		Name: "hangs-after-an-abort", Group: groupLiveness,
		Does:   "A side that has aborted answers nothing any more.",
		Breaks: "After an abort the channel is open and usable.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort},
		bend:  hangsAfter(lostAbort),
	},
	{
		Name: "hangs-after-the-peers-abort", Group: groupLiveness,
		Does:   "A starter whose operation was aborted by the acker answers nothing any more.",
		Breaks: "After an abort the channel is open and usable, on both sides.", Source: "fsm 5.5",
		Flows: []string{flowUpdate, flowAbort}, When: "the acker aborts",
		bend: hangsAfter(lostPeer),
	},
	{
		Name: "hangs-after-a-crossing", Group: groupLiveness,
		Does:   "A side that has detected a crossing answers nothing any more.",
		Breaks: "After a conflict the channel is open and usable.", Source: "fsm 5.1",
		Flows: []string{flowUpdate, flowConflict},
		bend:  hangsAfter(lostCrossing),
	},
	{
		Name: "hangs-after-a-wrong-signature", Group: groupLiveness,
		Does:   "A side whose client has given a wrong signature answers nothing any more.",
		Breaks: "After a wrong signature the channel is open and usable.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature},
		bend:  hangsAfter(lostSignature),
	},
	{
		Name: "hangs-in-round-six", Group: groupLiveness,
		Does:   "The initiator's side answers nothing any more once the channel has come to round 6.",
		Breaks: "An open channel takes any number of updates.", Source: "fsm 6.2",
		Flows: []string{flowUpdate}, When: "the channel has come to round 6",
		bend: hanging(func(stuck *bool) machineHooks {
			return machineHooks{adopted: func(f *fsm) { *stuck = f.round >= 6 && f.p.Role == roleInitiator }}
		}),
	},
	{
		Name: "dies-in-round-five", Group: groupLiveness,
		Does:   "The responder's side dies as soon as it has taken the state of round 5.",
		Breaks: "An open channel takes any number of updates.", Source: "fsm 6.2",
		Flows: []string{flowUpdate}, When: "the channel has come to round 5",
		bend: always(machineHooks{after: func(f *fsm, _ *event) {
			if f.state == open && f.round == 5 && f.p.Role == roleResponder {
				f.end()
			}
		}}),
	},
	{
		Name: "system-ping-unanswered", Group: groupLiveness,
		Does:   "channels.system ping gets no answer.",
		Breaks: "channels.system ping is answered by a pong in every state.", Source: "ws-api 5",
		Flows: []string{flowQuery},
		bend: onAnswer(func(_ *session, r *wire.Request, a answer, frame []byte) [][]byte {
			if r.Method == wire.MethodSystem && a.result != nil {
				return nil
			}
			return [][]byte{frame}
		}),
	},
	{
		Name: "websocket-ping-unanswered", Group: groupLiveness,
		Does:   "WebSocket pings get no pong.",
		Breaks: "A WebSocket ping is answered by a pong.", Source: "ws-api 1",
		Flows: []string{flowFrames},
		bend: func() hooks {
			return hooks{node: nodeHooks{pings: func(*session) bool { return false }}}
		},
	},
	{
		Name: "ended-channels-keep-their-place", Group: groupLiveness,
		Does:   "The node takes 24 machines in all, because the place of one that has ended is never free again.",
		Breaks: "A channel's place is free again as soon as its machine ends.", Source: "ws-api 1",
		Flows: []string{flowStop}, When: "twelve channels one after the other",
		bend: func() hooks {
			return hooks{node: nodeHooks{
				frees: func() bool { return false },
				full:  func(n int, full bool) bool { return full || n >= leakLimit },
			}}
		},
	},
	{
		Name: "closes-on-broken-json", Group: groupLiveness,
		Does:   "A text frame that is not JSON closes the socket.",
		Breaks: "What is not JSON is dropped silently.", Source: "ws-api 3.1",
		Flows: []string{flowFrames},
		bend: func() hooks {
			return hooks{node: nodeHooks{frame: func(s *session, b []byte) bool {
				if json.Valid(b) {
					return true
				}
				s.close(websocket.CloseInvalidFramePayloadData)
				return false
			}}}
		},
	},
	{
		Name: "cuts-the-socket-on-deep-json", Group: groupLiveness,
		Does:   "JSON that is nested more than 64 deep ends the connection without a close frame.",
		Breaks: "What the node cannot use is dropped or refused; the session goes on.", Source: "ws-api 3.1",
		Flows: []string{flowFrames}, When: "JSON nested more than 64 deep",
		bend: func() hooks {
			return hooks{node: nodeHooks{frame: func(s *session, b []byte) bool {
				if depthOf(b) <= deepest {
					return true
				}
				s.kill()
				return false
			}}}
		},
	},
	{
		Name: "dies-on-unicode", Group: groupLiveness,
		Does:   "An in-band message with a character beyond ASCII ends the channel.",
		Breaks: "A message is any text of up to 65000 bytes.", Source: "ws-api 4.1",
		Flows: []string{flowMessage}, When: "a message with a character beyond ASCII",
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			if ev.kind == evRequest && ev.request.method == wire.MethodMessage && utf8.RuneCountInString(ev.request.text) != len(ev.request.text) {
				f.end()
				return false
			}
			return true
		}}),
	},
	{
		Name: "long-messages-lost", Group: groupLiveness,
		Does:   "A message of more than 1000 bytes is answered with \"ok\" and not delivered.",
		Breaks: "A message is any text of up to 65000 bytes, and is delivered.", Source: "fsm 6.9",
		Flows: []string{flowMessage}, When: "a message of more than 1000 bytes",
		bend: always(machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
			if m.kind == msgInBand && len(m.text) > 1000 {
				return nil
			}
			return []peerMsg{m}
		}}),
	},
	{
		Name: "messages-lost-while-signing", Group: groupLiveness,
		Does:   "A message that comes while its receiver is asked to sign is lost.",
		Breaks: "In-band messages are delivered at once in every state.", Source: "fsm 3.4",
		Flows: []string{flowMessage, flowUpdate}, When: "a message while the receiver has a request to sign, and a later one",
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			return ev.kind != evPeer || ev.msg.kind != msgInBand || f.state != awaitingSignature
		}}),
	},
	{
		Name: "messages-delivered-twice", Group: groupLiveness,
		Does:   "Each in-band message is delivered twice.",
		Breaks: "A message is delivered once.", Source: "fsm 6.9",
		Flows: []string{flowMessage},
		bend: always(machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
			if m.kind == msgInBand {
				return []peerMsg{m, m}
			}
			return []peerMsg{m}
		}}),
	},
	{
		Name: "messages-overtake-each-other", Group: groupLiveness,
		Does:   "Of two in-band messages the second one is delivered first.",
		Breaks: "The link between the two machines keeps the order.", Source: "fsm 3.4",
		Flows: []string{flowMessage}, When: "two messages in one direction",
		bend: each(func() machineHooks {
			var held []peerMsg
			return machineHooks{tell: func(_ *fsm, m peerMsg) []peerMsg {
				if m.kind != msgInBand {
					return []peerMsg{m}
				}
				if held == nil {
					held = []peerMsg{m}
					return nil
				}
				list := append([]peerMsg{m}, held...)
				held = nil
				return list
			}}
		}),
	},
	{
		Name: "stop-does-not-end", Group: groupLiveness,
		Does:   "A stop is answered with \"ok\", and the channel goes on.",
		Breaks: "A stop ends the machine: \"ok\", died, close.", Source: "fsm 6.11",
		Flows: []string{flowStop},
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			if ev.kind == evStop {
				f.reply(answer{})
				return false
			}
			return true
		}}),
	},
}

// depthOf is how deep the brackets of a text are nested.
func depthOf(b []byte) int {
	depth, most := 0, 0
	for _, c := range b {
		switch c {
		case '[', '{':
			depth++
			most = max(most, depth)
		case ']', '}':
			depth--
		}
	}
	return most
}
