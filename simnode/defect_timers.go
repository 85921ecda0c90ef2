package simnode

import (
	"time"

	"chanbot/tx"
)

// inState makes hooks that change the timer of a state.
func inState(s state, other func(d time.Duration) time.Duration) func() hooks {
	return always(machineHooks{timer: func(f *fsm, d time.Duration) time.Duration {
		if f.state == s {
			return other(d)
		}
		return d
	}})
}

func never(time.Duration) time.Duration { return 0 }

func part(n time.Duration) func(time.Duration) time.Duration {
	return func(d time.Duration) time.Duration { return d / n }
}

var timerDefects = []Defect{
	{
		Name: "sign-timer-never-runs-out", Group: groupTimers,
		Does:   "A request to sign that is not answered stays pending for ever.",
		Breaks: "After timeout_sign the operation ends in conflict 3.", Source: "fsm 4",
		Flows: []string{flowUpdate, flowTimeout},
		bend:  inState(awaitingSignature, never),
	},
	{
		Name: "sign-timer-runs-out-early", Group: groupTimers,
		Does:   "A request to sign is given up after a quarter of timeout_sign.",
		Breaks: "A request to sign is given up after timeout_sign, not before.", Source: "fsm 4",
		Flows: []string{flowUpdate, flowTimeout},
		bend:  inState(awaitingSignature, part(4)),
	},
	{
		Name: "ack-timer-never-runs-out", Group: groupTimers,
		Does:   "A starter whose acker does not answer waits for ever.",
		Breaks: "After timeout_accept in awaiting_update_ack the starter gets conflict 3.", Source: "fsm 4",
		Flows: []string{flowUpdate, flowTimeout},
		bend:  inState(awaitingUpdateAck, never),
	},
	{
		Name: "ack-timer-kills", Group: groupTimers,
		Does:   "A starter whose acker does not answer in time dies.",
		Breaks: "After timeout_accept in awaiting_update_ack the starter gets conflict 3 and is open again.", Source: "fsm 4",
		Flows: []string{flowUpdate, flowTimeout},
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			if ev.kind == evTimer && f.state == awaitingUpdateAck {
				f.end()
				return false
			}
			return true
		}}),
	},
	{
		Name: "idle-timer-runs-out-early", Group: groupTimers,
		Does:   "An idle open channel is given up after a tenth of timeout_idle.",
		Breaks: "An idle open channel is given up after timeout_idle, not before.", Source: "fsm 4",
		Flows: []string{flowTimeout},
		bend:  inState(open, part(10)),
	},
	{
		Name: "deposit-never-locks", Group: groupTimers,
		Does:   "The responder's side never notices that a deposit has its depth.",
		Breaks: "Each side reports own_deposit_locked when the deposit is as deep as it wants.", Source: "fsm 6.3",
		Flows: []string{flowDeposit},
		bend: always(machineHooks{event: func(f *fsm, ev *event) bool {
			return ev.kind != evDepth || f.p.Role != roleResponder || !isDeposit(ev.signed)
		}}),
	},
	{
		Name: "withdrawal-locks-in-its-block", Group: groupTimers,
		Does:   "A withdrawal counts as locked as soon as it is in a block.",
		Breaks: "A withdrawal is locked at the depth that minimum_depth asks for.", Source: "ws-api 2.3",
		Flows: []string{flowWithdraw},
		bend: always(machineHooks{after: func(f *fsm, ev *event) {
			if _, is := ev.mined.(*tx.Withdraw); is && ev.kind == evMined && f.state == awaitingLocked {
				f.confirmed(ev.signed.Hash())
			}
		}}),
	},
}
