package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// onExecute makes hooks that bend the execution of updates without a memory.
func onExecute(executed func(f *fsm, updates []update, after balances, ok bool) (balances, bool)) func() hooks {
	return always(machineHooks{executed: executed})
}

var one = big.NewInt(1)

// plus returns the balances with amount, which may be negative, added for id.
func (b balances) plus(t *terms, id tx.ID, amount *big.Int) balances {
	side := b.of(t, id)
	*side = new(big.Int).Add(*side, amount)
	return b
}

// least is the smaller of the two.
func (b balances) least() *big.Int {
	if b.initiator.Cmp(b.responder) < 0 {
		return b.initiator
	}
	return b.responder
}

// isTransfer tells whether the first of the updates is a transfer.
func isTransfer(updates []update) bool { return len(updates) > 0 && updates[0].kind == updTransfer }

// current is the operation that is being completed.
func (f *fsm) current() *operation {
	if f.op.kind != opNone {
		return &f.op
	}
	return &f.half
}

var balanceDefects = []Defect{
	{
		Name: "pays-the-wrong-side", Group: groupBalances,
		Does:   "A transfer takes the coins from its receiver and gives them to its sender.",
		Breaks: "A transfer moves the amount from \"from\" to \"to\".", Source: "transactions 6",
		Flows: []string{flowUpdate},
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if !isTransfer(updates) || !ok {
				return after, ok
			}
			u := updates[0]
			u.from, u.to = u.to, u.from
			return f.balances.apply(&f.terms, []update{u})
		}),
	},
	{
		Name: "pays-one-coin-too-much", Group: groupBalances,
		Does:   "The receiver of a transfer gets one aetto more than was sent.",
		Breaks: "The balances add up to what was put in.", Source: "transactions 4.2",
		Flows: []string{flowUpdate},
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if isTransfer(updates) && ok {
				after = after.plus(&f.terms, updates[0].to, one)
			}
			return after, ok
		}),
	},
	{
		Name: "ignores-the-reserve", Group: groupBalances,
		Does:   "A transfer may take its sender below the channel reserve.",
		Breaks: "A transfer that would leave less than channel_reserve is refused with 1001.", Source: "ws-api 4.2",
		Flows: []string{flowUpdate, flowRefusal}, When: "an amount that leaves less than the reserve, but not less than nothing",
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if ok || !isTransfer(updates) {
				return after, ok
			}
			free := f.terms
			free.reserve = new(big.Int)
			return f.balances.apply(&free, updates)
		}),
	},
	{
		Name: "keeps-one-coin-over-the-reserve", Group: groupBalances,
		Does:   "A transfer that leaves its sender exactly the channel reserve is refused.",
		Breaks: "Down to exactly the reserve is allowed.", Source: "ws-api 4.2",
		Flows: []string{flowUpdate}, When: "an amount that leaves exactly the reserve",
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if !ok || !isTransfer(updates) {
				return after, ok
			}
			left := *after.of(&f.terms, updates[0].from)
			return after, left.Cmp(f.terms.reserve) > 0
		}),
	},
	{
		Name: "loses-the-push-amount", Group: groupBalances,
		Does:   "The first balances are what each side has put in, without push_amount.",
		Breaks: "push_amount passes from the initiator to the responder with the first state.", Source: "ws-api 7",
		Flows: []string{flowOpen}, When: "push_amount is not 0",
		bend: always(machineHooks{begun: func(f *fsm) {
			if f.signed == nil {
				f.balances = balances{f.terms.initiatorAmount, f.terms.responderAmount}
			}
		}}),
	},
	{
		Name: "accepts-negative-amounts", Group: groupBalances,
		Does:   "A transfer of a negative amount is offered and takes coins from its receiver.",
		Breaks: "A negative amount is refused with 1002.", Source: "ws-api 4.2",
		Flows: []string{flowUpdate, flowRefusal},
		bend: func() hooks {
			return hooks{
				node: nodeHooks{decoded: func(c *clientRequest, bad *answer) *answer {
					if c.method == wire.MethodUpdateNew && bad != nil && len(bad.sub) == 1 && bad.sub[0] == wire.CodeNegativeAmount {
						return nil
					}
					return bad
				}},
				machine: func() machineHooks {
					return machineHooks{executed: func(_ *fsm, _ []update, after balances, ok bool) (balances, bool) {
						return after, ok && after.least().Sign() >= 0
					}}
				},
			}
		},
	},
	{
		Name: "repeated-transfer-moves-nothing", Group: groupBalances,
		Does:   "A transfer of the same amount as the last co-signed one makes a new state with the same balances.",
		Breaks: "The state hash is that of the balances with the updates applied.", Source: "transactions 4.1",
		Flows: []string{flowUpdate}, When: "two transfers of one amount follow each other",
		bend: each(func() machineHooks {
			var last *big.Int
			return machineHooks{
				adopted: func(f *fsm) {
					if updates := f.current().updates; isTransfer(updates) {
						last = updates[0].amount
					}
				},
				executed: func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
					if ok && isTransfer(updates) && last != nil && last.Cmp(updates[0].amount) == 0 {
						return f.balances, true
					}
					return after, ok
				},
			}
		}),
	},
	{
		Name: "amounts-wrap-at-32-bits", Group: groupBalances,
		Does:   "Of the amount of a transfer only the lowest 32 bits count.",
		Breaks: "Amounts are integers of any size.", Source: "ws-api 5",
		Flows: []string{flowUpdate}, When: "an amount from 2^32 on",
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if !ok || !isTransfer(updates) || updates[0].amount.BitLen() <= 32 {
				return after, ok
			}
			u := updates[0]
			u.amount = new(big.Int).And(u.amount, big.NewInt(1<<32-1))
			return f.balances.apply(&f.terms, []update{u})
		}),
	},
	{
		Name: "meta-costs-a-coin", Group: groupBalances,
		Does:   "Each entry of meta takes one aetto from the sender of the transfer, and nobody gets it.",
		Breaks: "Meta has no effect on the balances.", Source: "transactions 6",
		Flows: []string{flowUpdate, flowMeta},
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if !ok || !isTransfer(updates) {
				return after, ok
			}
			paid := after.plus(&f.terms, updates[0].from, big.NewInt(int64(1-len(updates))))
			return paid, paid.least().Sign() >= 0
		}),
	},
	{
		Name: "loses-a-coin-in-round-five", Group: groupBalances,
		Does:   "With the state of round 5 the responder's balance becomes one aetto less than that state says.",
		Breaks: "The balances are those of the last co-signed state.", Source: "transactions 4.1",
		Flows: []string{flowUpdate}, When: "the channel has come to round 5",
		bend: always(machineHooks{adopted: func(f *fsm) {
			if f.round == 5 {
				f.balances = f.balances.plus(&f.terms, f.terms.responder, big.NewInt(-1))
			}
		}}),
	},
	{
		Name: "withdraw-taken-from-the-peer", Group: groupBalances,
		Does:   "A withdrawal is taken from the balance of the side that did not ask for it.",
		Breaks: "A withdrawal takes the amount from the balance of \"to\".", Source: "transactions 6",
		Flows: []string{flowWithdraw},
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if !ok || len(updates) == 0 || updates[0].kind != updWithdraw {
				return after, ok
			}
			u := updates[0]
			if u.to == f.terms.initiator {
				u.to = f.terms.responder
			} else {
				u.to = f.terms.initiator
			}
			return f.balances.apply(&f.terms, []update{u})
		}),
	},
}
