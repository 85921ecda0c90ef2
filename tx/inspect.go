package tx

import "math/big"

// FeeOf returns the fee of t in aettos, never nil: 0 for an off-chain
// transaction and where none is set. The result must not be changed.
func FeeOf(t Tx) *big.Int {
	if field := t.feeField(); field != nil && *field != nil {
		return *field
	}
	return new(big.Int)
}

// ChannelOf returns the channel that t is about; a create transaction names it
// only through its parties and nonce (transactions.md section 3). ok is false
// for a transaction that is about no channel.
func ChannelOf(t Tx) (id ID, ok bool) {
	switch t := t.(type) {
	case *Create:
		return ChannelIDOf(t.InitiatorID, t.Nonce, t.ResponderID), true
	case *Deposit:
		return t.ChannelID, true
	case *Withdraw:
		return t.ChannelID, true
	case *CloseMutual:
		return t.ChannelID, true
	case *CloseSolo:
		return t.ChannelID, true
	case *Slash:
		return t.ChannelID, true
	case *Settle:
		return t.ChannelID, true
	case *SnapshotSolo:
		return t.ChannelID, true
	case *OffChain:
		return t.ChannelID, true
	case *SetDelegates:
		return t.ChannelID, true
	case *ForceProgress:
		return t.ChannelID, true
	}
	return ID{}, false
}

// StateOf returns round and hash of the state that t holds. ok is false for a
// transaction that is no state: once co-signed, only create (round 1), deposit,
// withdraw and off-chain transactions are states of a channel, and a forced
// progress is one (transactions.md section 2).
func StateOf(t Tx) (round uint64, hash Hash, ok bool) {
	switch t := t.(type) {
	case *Create:
		return 1, t.StateHash, true
	case *Deposit:
		return t.Round, t.StateHash, true
	case *Withdraw:
		return t.Round, t.StateHash, true
	case *OffChain:
		return t.Round, t.StateHash, true
	case *ForceProgress:
		return t.Round, t.StateHash, true
	}
	return 0, Hash{}, false
}

// OriginOf returns the account whose nonce t uses, and that nonce (transactions.md
// section 1): the initiator of a create transaction, from_id or to_id of the
// others, the sender of a spend. ok is false for an off-chain transaction and
// for ga_meta_tx, which have no nonce.
func OriginOf(t Tx) (account ID, nonce uint64, ok bool) {
	switch t := t.(type) {
	case *Create:
		return t.InitiatorID, t.Nonce, true
	case *Deposit:
		return t.FromID, t.Nonce, true
	case *Withdraw:
		return t.ToID, t.Nonce, true
	case *CloseMutual:
		return t.FromID, t.Nonce, true
	case *CloseSolo:
		return t.FromID, t.Nonce, true
	case *Slash:
		return t.FromID, t.Nonce, true
	case *Settle:
		return t.FromID, t.Nonce, true
	case *SnapshotSolo:
		return t.FromID, t.Nonce, true
	case *SetDelegates:
		return t.FromID, t.Nonce, true
	case *ForceProgress:
		return t.FromID, t.Nonce, true
	case *Spend:
		return t.SenderID, t.Nonce, true
	}
	return ID{}, 0, false
}

// NeedsBoth reports whether both parties must sign t; otherwise only the
// account of [OriginOf] signs (transactions.md section 1).
func NeedsBoth(t Tx) bool {
	switch t.(type) {
	case *Create, *Deposit, *Withdraw, *CloseMutual, *OffChain, *SetDelegates:
		return true
	}
	return false
}
