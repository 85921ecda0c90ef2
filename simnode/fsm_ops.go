package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// opKind is a kind of operation that clients sign.
type opKind uint8

const (
	opNone opKind = iota
	opCreate
	opUpdate
	opDeposit
	opWithdraw
	opShutdown
	opCloseSolo
	opSlash
	opSettle
	opSnapshot
)

// opTraits is what sets the co-signed operations apart.
type opTraits struct {
	ownTag, ackTag string
	arrived        string // info event at the acker
	half           state  // of the starter once it has signed
	offered        msgKind
	acked          msgKind
	failed         msgKind
	// solo marks an operation that only its starter signs and pushes; the
	// fields of a peer are empty.
	solo bool
}

var traits = [...]opTraits{
	opCreate:   {ownTag: wire.TagInitiatorSign, ackTag: wire.TagResponderSign, arrived: wire.EventFundingCreated, half: halfSigned, offered: msgFundingCreated, acked: msgFundingSigned},
	opUpdate:   {ownTag: wire.TagUpdate, ackTag: wire.TagUpdateAck, arrived: wire.EventUpdate, half: awaitingUpdateAck, offered: msgUpdate, acked: msgUpdateAck, failed: msgUpdateError},
	opDeposit:  {ownTag: wire.TagDepositTx, ackTag: wire.TagDepositAck, arrived: wire.EventDepositCreated, half: depHalfSigned, offered: msgDepositCreated, acked: msgDepositSigned, failed: msgDepositError},
	opWithdraw: {ownTag: wire.TagWithdrawTx, ackTag: wire.TagWithdrawAck, arrived: wire.EventWithdrawCreated, half: wdrawHalfSigned, offered: msgWithdrawCreated, acked: msgWithdrawSigned, failed: msgWithdrawError},
	opShutdown: {ownTag: wire.TagShutdownSign, ackTag: wire.TagShutdownSignAck, arrived: wire.EventShutdown, half: mutualClosing, offered: msgShutdown, acked: msgShutdownAck, failed: msgShutdownError},

	opCloseSolo: {ownTag: wire.TagCloseSoloSign, solo: true},
	opSlash:     {ownTag: wire.TagSlashTx, solo: true},
	opSettle:    {ownTag: wire.TagSettleSign, solo: true},
	opSnapshot:  {ownTag: wire.TagSnapshotSoloTx, solo: true},
}

// coSigned tells whether both sides sign an operation of this kind after the
// channel is open.
func (k opKind) coSigned() bool {
	return k == opUpdate || k == opDeposit || k == opWithdraw || k == opShutdown
}

// tag is the TAG of channels.sign.TAG for this operation.
func (o *operation) tag() string {
	if o.own {
		return traits[o.kind].ownTag
	}
	return traits[o.kind].ackTag
}

// balances are the coins of the two participants inside the channel. The
// numbers are never changed in place.
type balances struct{ initiator, responder *big.Int }

// hash is the state hash over the two accounts (transactions.md 4).
func (b balances) hash(t *terms) tx.Hash {
	return tx.StateHash(tx.Balance{ID: t.initiator, Amount: b.initiator}, tx.Balance{ID: t.responder, Amount: b.responder})
}

func (b balances) list(t *terms) []tx.Balance {
	return []tx.Balance{{ID: t.initiator, Amount: b.initiator}, {ID: t.responder, Amount: b.responder}}
}

// updateKind is what an update does to the balances.
type updateKind uint8

const (
	updTransfer updateKind = iota
	updDeposit
	updWithdraw
	updMeta
)

// update is one entry of an operation's updates.
type update struct {
	kind     updateKind
	from, to tx.ID
	amount   *big.Int
	meta     string
}

// wire is the update as frames show it; text writes ids.
func (u *update) wire(text func(tx.ID) string) wire.Update {
	switch u.kind {
	case updDeposit:
		return wire.Update{Op: wire.OpDeposit, From: text(u.from), Amount: u.amount}
	case updWithdraw:
		return wire.Update{Op: wire.OpWithdrawal, To: text(u.to), Amount: u.amount}
	case updMeta:
		return wire.Update{Op: wire.OpMeta, Data: u.meta}
	}
	return wire.Update{Op: wire.OpTransfer, From: text(u.from), To: text(u.to), Amount: u.amount}
}

// apply executes the updates on the balances. ok is false when a sender would
// fall below the channel reserve (ws-api 4.2, code 1001).
func (b balances) apply(t *terms, updates []update) (after balances, ok bool) {
	for i := range updates {
		u := &updates[i]
		if u.kind == updMeta {
			continue
		}
		if u.kind == updTransfer || u.kind == updWithdraw {
			payer := u.from
			if u.kind == updWithdraw {
				payer = u.to
			}
			side := b.of(t, payer)
			left := new(big.Int).Sub(*side, u.amount)
			if left.Cmp(t.reserve) < 0 {
				return b, false
			}
			*side = left
		}
		if u.kind == updTransfer || u.kind == updDeposit {
			payee := u.to
			if u.kind == updDeposit {
				payee = u.from
			}
			side := b.of(t, payee)
			*side = new(big.Int).Add(*side, u.amount)
		}
	}
	return b, true
}

func (b *balances) of(t *terms, id tx.ID) **big.Int {
	if id == t.initiator {
		return &b.initiator
	}
	return &b.responder
}

// participant tells whether id is one of the two.
func (t *terms) participant(id tx.ID) bool { return id == t.initiator || id == t.responder }
