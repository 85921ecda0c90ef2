package simnode

import (
	"chanbot/tx"
	"chanbot/wire"
)

// misnumber makes hooks whose own updates are offered with another round than
// the next; the peer's machine takes them.
func misnumber(h machineHooks, next func(f *fsm) uint64) machineHooks {
	h.offer = func(f *fsm, op *operation) {
		if op.kind != opUpdate || !op.own {
			return
		}
		if round := next(f); round != op.round {
			op.round = round
			op.rewrite(func(t tx.Tx) { t.(*tx.OffChain).Round = round })
		}
	}
	h.check = anyRound
	return h
}

// anyRound takes a peer's update with any round.
func anyRound(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
	if good || at != checkOffer || op.kind != opUpdate || !f.hasSigned(s, f.peer) {
		return good
	}
	c := contentOf(op.inner)
	op.round = c.round
	return f.fits(op)
}

var roundDefects = []Defect{
	{
		Name: "round-not-increased", Group: groupRounds,
		Does:   "An update is offered with the round of the last state.",
		Breaks: "Each co-signed state has exactly the round of the last one + 1.", Source: "fsm 2",
		Flows: []string{flowUpdate},
		bend:  always(misnumber(machineHooks{}, func(f *fsm) uint64 { return f.round })),
	},
	{
		Name: "round-increased-twice", Group: groupRounds,
		Does:   "An update is offered with the round of the last state + 2.",
		Breaks: "Each co-signed state has exactly the round of the last one + 1.", Source: "fsm 2",
		Flows: []string{flowUpdate},
		bend:  always(misnumber(machineHooks{}, func(f *fsm) uint64 { return f.round + 2 })),
	},
	{
		Name: "round-skipped-after-an-abort", Group: groupRounds,
		Does:   "The first update that a side starts after it has aborted one leaves out a round.",
		Breaks: "An abort changes nothing; the next state has the round of the last co-signed one + 1.", Source: "fsm 2",
		Flows: []string{flowUpdate, flowAbort},
		bend: each(func() machineHooks {
			aborted := false
			return misnumber(machineHooks{dropped: func(_ *fsm, _ *operation, why loss) { aborted = aborted || why == lostAbort }}, func(f *fsm) uint64 {
				if aborted {
					aborted = false
					return f.round + 2
				}
				return f.round + 1
			})
		}),
	},
	{
		Name: "round-after-seven-is-nine", Group: groupRounds,
		Does:   "The update that follows round 7 is offered with round 9.",
		Breaks: "Each co-signed state has exactly the round of the last one + 1.", Source: "fsm 2",
		Flows: []string{flowUpdate}, When: "the channel has come to round 7",
		bend: always(misnumber(machineHooks{}, func(f *fsm) uint64 {
			if f.round == 7 {
				return 9
			}
			return f.round + 1
		})),
	},
	{
		Name: "round-of-a-deposit-used-again", Group: groupRounds,
		Does:   "The first update after a deposit is offered with the deposit's round.",
		Breaks: "A deposit is a co-signed state; the next one has its round + 1.", Source: "fsm 2",
		Flows: []string{flowDeposit, flowUpdate},
		bend: always(misnumber(machineHooks{}, func(f *fsm) uint64 {
			if isDeposit(f.signed) {
				return f.round
			}
			return f.round + 1
		})),
	},
	{
		Name: "round-falls-back-after-a-conflict", Group: groupRounds,
		Does:   "After a crossing of two updates a side counts from the state before the last one.",
		Breaks: "After a conflict the state is the last co-signed one; the round never decreases.", Source: "fsm 2",
		Flows: []string{flowUpdate, flowConflict},
		bend: each(func() machineHooks {
			back := false
			return misnumber(machineHooks{
				dropped: func(f *fsm, _ *operation, why loss) { back = why == lostCrossing && f.round > 1 },
				adopted: func(*fsm) { back = false },
			}, func(f *fsm) uint64 {
				if back {
					return f.round
				}
				return f.round + 1
			})
		}),
	},
	{
		Name: "round-wrong-in-a-conflict", Group: groupRounds,
		Does:   "A conflict names the round that the lost operation would have had.",
		Breaks: "A conflict names the round of the last co-signed state.", Source: "ws-api 6.5",
		Flows: []string{flowUpdate, flowConflict},
		bend: onNotify(func(_ *fsm, n wire.Frame) []wire.Frame {
			if n.Conflict != nil {
				n.Conflict.Round++
			}
			return []wire.Frame{n}
		}),
	},
}

func isDeposit(s *tx.SignedTx) bool {
	if s == nil {
		return false
	}
	inner, err := s.Decode()
	_, ok := inner.(*tx.Deposit)
	return err == nil && ok
}
