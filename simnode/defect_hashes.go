package simnode

import (
	"math/big"

	"chanbot/tx"
)

// misstate makes hooks whose own operations of a kind are offered with another
// state hash; the peer's machine takes that one too. wrong returns the right
// hash where the defect does not show.
func misstate(kind opKind, wrong func(f *fsm, op *operation) tx.Hash) machineHooks {
	return machineHooks{
		offer: func(f *fsm, op *operation) {
			if op.kind != kind || !op.own {
				return
			}
			hash := wrong(f, op)
			op.rewrite(func(t tx.Tx) {
				switch t := t.(type) {
				case *tx.Create:
					t.StateHash = hash
				case *tx.OffChain:
					t.StateHash = hash
				case *tx.Deposit:
					t.StateHash = hash
				}
			})
		},
		check: func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
			switch {
			case at == checkCreateState && kind == opCreate:
				return true
			case good || at != checkOffer || op.kind != kind || !f.hasSigned(s, f.peer):
				return good
			}
			c := contentOf(op.inner)
			return c.channel == f.channelID && c.round == op.round && c.state == wrong(f, op)
		},
	}
}

var stateHashDefects = []Defect{
	{
		Name: "state-hash-of-the-state-before", Group: groupStateHashes,
		Does:   "An update is offered with the state hash of the balances that it starts from.",
		Breaks: "The state hash is that of the balances with the updates applied.", Source: "transactions 4.1",
		Flows: []string{flowUpdate},
		bend:  always(misstate(opUpdate, func(f *fsm, _ *operation) tx.Hash { return f.balances.hash(&f.terms) })),
	},
	{
		Name: "state-hash-of-exchanged-accounts", Group: groupStateHashes,
		Does:   "The state hash of an update has each balance at the other account.",
		Breaks: "The state hash is that of the balances with the updates applied.", Source: "transactions 4.2",
		Flows: []string{flowUpdate},
		bend: always(misstate(opUpdate, func(f *fsm, op *operation) tx.Hash {
			return balances{op.after.responder, op.after.initiator}.hash(&f.terms)
		})),
	},
	{
		Name: "state-hash-of-a-deposit-without-it", Group: groupStateHashes,
		Does:   "A deposit is offered with the state hash of the balances before it.",
		Breaks: "The state hash is that of the balances with the updates applied.", Source: "transactions 4.1",
		Flows: []string{flowDeposit},
		bend:  always(misstate(opDeposit, func(f *fsm, _ *operation) tx.Hash { return f.balances.hash(&f.terms) })),
	},
	{
		Name: "state-hash-of-the-create-without-push", Group: groupStateHashes,
		Does:   "The create transaction has the state hash of the amounts before push_amount.",
		Breaks: "The first state hash is that of the amounts after push_amount.", Source: "transactions 4.2",
		Flows: []string{flowOpen}, When: "push_amount is not 0",
		bend: always(misstate(opCreate, func(f *fsm, _ *operation) tx.Hash {
			return balances{f.terms.initiatorAmount, f.terms.responderAmount}.hash(&f.terms)
		})),
	},
	{
		Name: "state-hash-damaged-by-meta", Group: groupStateHashes,
		Does:   "The state hash of an update with more than one entry of meta has one bit wrong.",
		Breaks: "Meta has no effect on the state hash.", Source: "transactions 6",
		Flows: []string{flowUpdate, flowMeta}, When: "two entries of meta or more",
		bend: always(misstate(opUpdate, func(f *fsm, op *operation) tx.Hash {
			hash := op.after.hash(&f.terms)
			if n := len(op.updates); n > 2 {
				hash[0] ^= 1
			}
			return hash
		})),
	},
	{
		Name: "state-hash-wrong-when-balances-are-equal", Group: groupStateHashes,
		Does:   "When an update makes both balances equal, its state hash is that of one aetto less for each.",
		Breaks: "The state hash is that of the balances with the updates applied.", Source: "transactions 4.1",
		Flows: []string{flowUpdate}, When: "an amount that makes the two balances equal",
		bend: always(misstate(opUpdate, func(f *fsm, op *operation) tx.Hash {
			b := op.after
			if b.initiator.Cmp(b.responder) == 0 && b.initiator.Sign() > 0 {
				less := new(big.Int).Sub(b.initiator, one)
				b = balances{less, less}
			}
			return b.hash(&f.terms)
		})),
	},
	{
		Name: "sides-hold-different-balances", Group: groupStateHashes,
		Does:   "From round 4 on the responder's side counts one aetto of the initiator as its own.",
		Breaks: "Both sides hold the same co-signed state.", Source: "fsm 2",
		Flows: []string{flowUpdate}, When: "the channel has come to round 4",
		bend: always(machineHooks{adopted: func(f *fsm) {
			if f.p.Role == roleResponder && f.round == 4 {
				f.balances = f.balances.plus(&f.terms, f.terms.responder, one).plus(&f.terms, f.terms.initiator, big.NewInt(-1))
			}
		}}),
	},
}
