package simnode

import (
	"math/big"

	"chanbot/tx"
)

// onOffer makes hooks that change the transactions of the own operations of a
// kind before the client is shown them.
func onOffer(kind opKind, change func(f *fsm, t tx.Tx)) func() hooks {
	return always(machineHooks{offer: func(f *fsm, op *operation) {
		if op.kind == kind && op.own {
			op.rewrite(func(t tx.Tx) { change(f, t) })
		}
	}})
}

// closeWith makes hooks with which a mutual close pays otherwise; the peer's
// machine agrees.
func closeWith(pay func(f *fsm, t *tx.CloseMutual) (initiator, responder *big.Int)) func() hooks {
	return always(machineHooks{
		offer: func(f *fsm, op *operation) {
			if op.kind == opShutdown && op.own {
				op.rewrite(func(t tx.Tx) {
					c := t.(*tx.CloseMutual)
					c.InitiatorAmountFinal, c.ResponderAmountFinal = pay(f, c)
				})
			}
		},
		check: func(f *fsm, at checkpoint, _ *operation, s *tx.SignedTx, good bool) bool {
			return good || at == checkShutdown && f.hasSigned(s, f.peer)
		},
	})
}

func double(n *big.Int) *big.Int { return new(big.Int).Lsh(n, 1) }

// remembering makes hooks that know the state before the last co-signed one.
func remembering(build func(before *saved) machineHooks) func() hooks {
	return each(func() machineHooks {
		var before, last saved
		h := build(&before)
		h.begun = func(f *fsm) { last = f.stateNow() }
		h.adopted = func(f *fsm) { before, last = last, f.stateNow() }
		return h
	})
}

// stateNow is the last co-signed state.
func (f *fsm) stateNow() saved { return saved{signed: f.signed, round: f.round, balances: f.balances} }

var onChainDefects = []Defect{
	{
		Name: "deposit-not-credited", Group: groupOnChain,
		Does:   "A deposit is co-signed and locked, but the balances in the channel stay as they were.",
		Breaks: "A deposit adds the amount to the balance of its sender.", Source: "transactions 6",
		Flows: []string{flowDeposit, flowQuery},
		bend: each(func() machineHooks {
			var last balances
			return machineHooks{
				begun: func(f *fsm) { last = f.balances },
				adopted: func(f *fsm) {
					if isDeposit(f.signed) {
						f.balances = last
					}
					last = f.balances
				},
			}
		}),
	},
	{
		Name: "deposit-credited-to-the-peer", Group: groupOnChain,
		Does:   "A deposit is added to the balance of the side that has not paid it.",
		Breaks: "A deposit adds the amount to the balance of its sender.", Source: "transactions 6",
		Flows: []string{flowDeposit},
		bend: onExecute(func(f *fsm, updates []update, after balances, ok bool) (balances, bool) {
			if !ok || len(updates) == 0 || updates[0].kind != updDeposit {
				return after, ok
			}
			payee := f.terms.initiator
			if updates[0].from == payee {
				payee = f.terms.responder
			}
			return f.balances.plus(&f.terms, payee, updates[0].amount), true
		}),
	},
	{
		Name: "deposit-of-twice-the-amount", Group: groupOnChain,
		Does:   "The deposit transaction takes twice the amount that was asked for, and the balances get it once.",
		Breaks: "A deposit is of the amount in its updates.", Source: "transactions 2",
		Flows: []string{flowDeposit},
		bend:  onOffer(opDeposit, func(_ *fsm, t tx.Tx) { t.(*tx.Deposit).Amount = double(t.(*tx.Deposit).Amount) }),
	},
	{
		Name: "deposit-paid-by-the-peer", Group: groupOnChain,
		Does:   "The deposit transaction names the peer as the one who pays.",
		Breaks: "from_id of a deposit is the side that asks for it.", Source: "transactions 1",
		Flows: []string{flowDeposit},
		bend:  onOffer(opDeposit, func(f *fsm, t tx.Tx) { t.(*tx.Deposit).FromID = f.peer }),
	},
	{
		Name: "withdrawal-of-twice-the-amount", Group: groupOnChain,
		Does:   "The withdraw transaction pays twice the amount that was asked for, and the balances give it once.",
		Breaks: "A withdrawal is of the amount in its updates.", Source: "transactions 2",
		Flows: []string{flowWithdraw},
		bend:  onOffer(opWithdraw, func(_ *fsm, t tx.Tx) { t.(*tx.Withdraw).Amount = double(t.(*tx.Withdraw).Amount) }),
	},
	{
		Name: "close-pays-halves", Group: groupOnChain,
		Does:   "A mutual close pays each side half of what is in the channel.",
		Breaks: "A mutual close pays the balances less the split fee.", Source: "transactions 5.4",
		Flows: []string{flowClose},
		bend: closeWith(func(f *fsm, t *tx.CloseMutual) (initiator, responder *big.Int) {
			all := less(sum(f.balances.initiator, f.balances.responder), t.Fee)
			half := new(big.Int).Rsh(all, 1)
			return half, less(all, half)
		}),
	},
	{
		Name: "close-forgets-the-fee", Group: groupOnChain,
		Does:   "A mutual close pays the full balances, so that nothing is left for the fee.",
		Breaks: "The fee of a mutual close is taken from the two balances.", Source: "transactions 5.4",
		Flows: []string{flowClose},
		bend: closeWith(func(f *fsm, _ *tx.CloseMutual) (initiator, responder *big.Int) {
			return f.balances.initiator, f.balances.responder
		}),
	},
	{
		Name: "close-takes-the-fee-from-the-responder", Group: groupOnChain,
		Does:   "The whole fee of a mutual close is taken from the responder.",
		Breaks: "Each side pays half of the fee, the initiator the larger half.", Source: "transactions 5.4",
		Flows: []string{flowClose},
		bend: closeWith(func(f *fsm, t *tx.CloseMutual) (initiator, responder *big.Int) {
			if f.balances.responder.Cmp(t.Fee) < 0 {
				return t.InitiatorAmountFinal, t.ResponderAmountFinal
			}
			return f.balances.initiator, less(f.balances.responder, t.Fee)
		}),
	},
	{
		Name: "settle-pays-the-other-side", Group: groupOnChain,
		Does:   "The settle transaction has each final balance at the other side.",
		Breaks: "A settlement pays the balances of the state that closed the channel.", Source: "transactions 7",
		Flows: []string{flowSolo},
		bend: onOffer(opSettle, func(_ *fsm, t tx.Tx) {
			s := t.(*tx.Settle)
			s.InitiatorAmountFinal, s.ResponderAmountFinal = s.ResponderAmountFinal, s.InitiatorAmountFinal
		}),
	},
	{
		Name: "ignores-the-nonce", Group: groupOnChain,
		Does:   "A nonce that the client asks for is not used.",
		Breaks: "An on-chain transaction has the nonce that was asked for.", Source: "transactions 5.3",
		Flows: []string{flowDeposit}, When: "a request with a nonce that is not the next one",
		bend: always(machineHooks{request: func(_ *fsm, r *clientRequest) { r.nonce = nil }}),
	},
	{
		Name: "ignores-the-fee", Group: groupOnChain,
		Does:   "A fee that the client asks for is not used.",
		Breaks: "An on-chain transaction has the fee that was asked for.", Source: "transactions 5.2",
		Flows: []string{flowDeposit}, When: "a request with a fee",
		bend: always(machineHooks{request: func(_ *fsm, r *clientRequest) { r.fee = nil }}),
	},
	{
		Name: "snapshot-of-the-state-before", Group: groupOnChain,
		Does:   "snapshot_solo carries the state before the last co-signed one.",
		Breaks: "The payload of a snapshot is the last co-signed state.", Source: "transactions 2",
		Flows: []string{flowUpdate, flowSolo}, When: "two updates or more before the snapshot",
		bend: remembering(func(before *saved) machineHooks {
			return machineHooks{offer: func(_ *fsm, op *operation) {
				if op.kind == opSnapshot && before.round > 1 {
					op.rewrite(func(t tx.Tx) { t.(*tx.SnapshotSolo).Payload = before.signed.Bytes() })
				}
			}}
		}),
	},
	{
		Name: "solo-close-with-the-state-before", Group: groupOnChain,
		Does:   "close_solo carries and proves the state before the last co-signed one.",
		Breaks: "The payload and the proof of a solo close are those of the last co-signed state.", Source: "transactions 2",
		Flows: []string{flowUpdate, flowSolo}, When: "two updates or more before the close",
		bend: remembering(func(before *saved) machineHooks {
			return machineHooks{offer: func(f *fsm, op *operation) {
				if op.kind != opCloseSolo || before.round <= 1 {
					return
				}
				poi, err := tx.ProofOfInclusion(before.balances.list(&f.terms), []tx.ID{f.terms.initiator, f.terms.responder})
				if err == nil {
					op.rewrite(func(t tx.Tx) { t.(*tx.CloseSolo).Payload, t.(*tx.CloseSolo).PoI = before.signed.Bytes(), poi })
				}
			}}
		}),
	},
	{
		Name: "chain-loses-deposits", Group: groupOnChain,
		Does:   "The chain takes a deposit from its sender and burns it, instead of adding it to the channel.",
		Breaks: "A deposit adds its amount to channel_amount.", Source: "transactions 7",
		Flows: []string{flowDeposit, flowHTTP},
		bend: onChain(func(l *ledger, t tx.Tx, terms txTerms) {
			if d, is := t.(*tx.Deposit); is {
				c := l.channels[terms.channel]
				c.ChannelAmount = less(c.ChannelAmount, d.Amount)
				l.credit(burnt, d.Amount)
			}
		}),
	},
	{
		Name: "chain-pays-withdrawals-twice", Group: groupOnChain,
		Does:   "The chain pays a withdrawal twice out of the channel, as long as that has enough.",
		Breaks: "A withdrawal takes its amount from channel_amount once.", Source: "transactions 7",
		Flows: []string{flowWithdraw, flowHTTP},
		bend: onChain(func(l *ledger, t tx.Tx, terms txTerms) {
			if w, is := t.(*tx.Withdraw); is {
				if c := l.channels[terms.channel]; c.ChannelAmount.Cmp(w.Amount) >= 0 {
					c.ChannelAmount = less(c.ChannelAmount, w.Amount)
					l.credit(w.ToID.Key, w.Amount)
				}
			}
		}),
	},
	{
		Name: "chain-takes-a-deposits-fee-from-the-channel", Group: groupOnChain,
		Does:   "The chain takes the fee of a deposit from the channel instead of the account that pays it.",
		Breaks: "The fee of a deposit is paid by from_id.", Source: "transactions 7",
		Flows: []string{flowDeposit, flowHTTP},
		bend: onChain(func(l *ledger, t tx.Tx, terms txTerms) {
			if d, is := t.(*tx.Deposit); is {
				if c := l.channels[terms.channel]; c.ChannelAmount.Cmp(d.Fee) >= 0 {
					c.ChannelAmount = less(c.ChannelAmount, d.Fee)
					l.credit(d.FromID.Key, d.Fee)
				}
			}
		}),
	},
	{
		Name: "chain-pays-a-close-to-the-other-side", Group: groupOnChain,
		Does:   "The chain pays each side of a mutual close what the transaction gives the other.",
		Breaks: "A mutual close pays each participant its final amount.", Source: "transactions 7",
		Flows: []string{flowClose, flowHTTP},
		bend: func() hooks {
			return hooks{chain: chainHooks{finals: func(t tx.Tx, initiator, responder *big.Int) (*big.Int, *big.Int) {
				if _, is := t.(*tx.CloseMutual); is {
					return responder, initiator
				}
				return initiator, responder
			}}}
		},
	},
	{
		Name: "chain-skips-a-nonce", Group: groupOnChain,
		Does:   "The create transaction uses up two nonces of the initiator.",
		Breaks: "A transaction in a block raises the nonce of its account to its own.", Source: "transactions 7",
		Flows: []string{flowOpen, flowHTTP},
		bend: onChain(func(l *ledger, t tx.Tx, terms txTerms) {
			if _, is := t.(*tx.Create); is {
				l.accounts[terms.payer.Key].Nonce++
			}
		}),
	},
}

// onChain makes hooks that bend what a transaction does on the chain.
func onChain(applied func(l *ledger, t tx.Tx, terms txTerms)) func() hooks {
	return func() hooks { return hooks{chain: chainHooks{applied: applied}} }
}
