package simnode_test

import (
	"math/big"

	"chanbot/tx"
)

// rechange applies to here the changes that lead from one recorded transaction
// to another of the same type. It returns false for a type that nobody changed.
func rechange(here, from, to tx.Tx) bool {
	switch h := here.(type) {
	case *tx.Create:
		f, t := from.(*tx.Create), to.(*tx.Create)
		amount(&h.InitiatorAmount, f.InitiatorAmount, t.InitiatorAmount)
		amount(&h.ResponderAmount, f.ResponderAmount, t.ResponderAmount)
		amount(&h.Fee, f.Fee, t.Fee)
		hash(&h.StateHash, f.StateHash, t.StateHash)
		number(&h.Nonce, f.Nonce, t.Nonce)
	case *tx.OffChain:
		f, t := from.(*tx.OffChain), to.(*tx.OffChain)
		hash(&h.ChannelID.Key, f.ChannelID.Key, t.ChannelID.Key)
		number(&h.Round, f.Round, t.Round)
		hash(&h.StateHash, f.StateHash, t.StateHash)
	case *tx.Deposit:
		f, t := from.(*tx.Deposit), to.(*tx.Deposit)
		hash(&h.ChannelID.Key, f.ChannelID.Key, t.ChannelID.Key)
		amount(&h.Amount, f.Amount, t.Amount)
		amount(&h.Fee, f.Fee, t.Fee)
		number(&h.Round, f.Round, t.Round)
		number(&h.Nonce, f.Nonce, t.Nonce)
		hash(&h.StateHash, f.StateHash, t.StateHash)
	case *tx.Withdraw:
		f, t := from.(*tx.Withdraw), to.(*tx.Withdraw)
		hash(&h.ChannelID.Key, f.ChannelID.Key, t.ChannelID.Key)
		amount(&h.Amount, f.Amount, t.Amount)
		amount(&h.Fee, f.Fee, t.Fee)
		number(&h.Round, f.Round, t.Round)
		number(&h.Nonce, f.Nonce, t.Nonce)
		hash(&h.StateHash, f.StateHash, t.StateHash)
	case *tx.CloseMutual:
		f, t := from.(*tx.CloseMutual), to.(*tx.CloseMutual)
		amount(&h.InitiatorAmountFinal, f.InitiatorAmountFinal, t.InitiatorAmountFinal)
		amount(&h.ResponderAmountFinal, f.ResponderAmountFinal, t.ResponderAmountFinal)
		amount(&h.Fee, f.Fee, t.Fee)
		number(&h.Nonce, f.Nonce, t.Nonce)
	case *tx.Settle:
		f, t := from.(*tx.Settle), to.(*tx.Settle)
		amount(&h.InitiatorAmountFinal, f.InitiatorAmountFinal, t.InitiatorAmountFinal)
		amount(&h.ResponderAmountFinal, f.ResponderAmountFinal, t.ResponderAmountFinal)
		amount(&h.Fee, f.Fee, t.Fee)
		number(&h.Nonce, f.Nonce, t.Nonce)
	case *tx.CloseSolo:
		f, t := from.(*tx.CloseSolo), to.(*tx.CloseSolo)
		amount(&h.Fee, f.Fee, t.Fee)
		number(&h.Nonce, f.Nonce, t.Nonce)
	default:
		return false
	}
	return true
}

// amount adds the difference of two recorded amounts to one of this run.
func amount(here **big.Int, from, to *big.Int) {
	if from == nil || to == nil || *here == nil {
		return
	}
	*here = new(big.Int).Add(*here, new(big.Int).Sub(to, from))
}

func number(here *uint64, from, to uint64) { *here += to - from }

// hash replaces a hash by another one where the recorded client did.
func hash(here *tx.Hash, from, to tx.Hash) {
	if from != to {
		*here = tx.Blake2b(to[:])
	}
}
