package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// What one side can do alone: close_solo, slash, settle and snapshot_solo
// (fsm.md 6.5, 6.6).

// solo offers one of the four to the client.
func (f *fsm) solo(r *clientRequest) {
	kind, t, refusal := f.soloTx(r)
	if refusal != nil {
		f.reply(*refusal)
		return
	}
	fee := chosenFee(t, r.fee, r.gasPrice)
	tx.SetFee(t, fee)
	if feeTooLow(t, fee) {
		f.reply(internalError())
		return
	}
	f.half = operation{} // whatever was under way is given up
	f.reply(answer{})
	f.start(operation{kind: kind, own: true, offer: tx.NewSigned(t), inner: t, after: f.balances, round: f.round, pinned: f.view.top()})
}

func (f *fsm) soloTx(r *clientRequest) (opKind, tx.Tx, *answer) {
	nonce := f.nonceFor(r)
	if f.signed == nil {
		return opNone, nil, new(internalError())
	}
	latest, err := f.signed.Decode()
	if err != nil {
		return opNone, nil, new(internalError())
	}
	round, _ := f.view.onChain(f.channelID)
	_, offChain := latest.(*tx.OffChain)
	switch {
	case r.method == wire.MethodSettle:
		return opSettle, &tx.Settle{ChannelID: f.channelID, FromID: f.own, InitiatorAmountFinal: f.balances.initiator,
			ResponderAmountFinal: f.balances.responder, TTL: f.p.TTL, Fee: new(big.Int), Nonce: nonce}, nil
	case round == 0:
		// It has gone from the chain, and this side has not been told yet.
		return opNone, nil, new(internalError())
	case r.method != wire.MethodSnapshotSolo:
	case !offChain:
		return opNone, nil, new(rejected(wire.CodeOffchainTxExpected))
	case f.round <= round:
		return opNone, nil, new(rejected(wire.CodeTxAlreadyOnChain))
	default:
		return opSnapshot, &tx.SnapshotSolo{ChannelID: f.channelID, FromID: f.own, Payload: f.signed.Bytes(), TTL: f.p.TTL, Fee: new(big.Int), Nonce: nonce}, nil
	}
	poi, err := tx.ProofOfInclusion(f.balances.list(&f.terms), []tx.ID{f.terms.initiator, f.terms.responder})
	if err != nil {
		return opNone, nil, new(internalError())
	}
	if r.method == wire.MethodSlash {
		return opSlash, &tx.Slash{ChannelID: f.channelID, FromID: f.own, Payload: f.signed.Bytes(), PoI: poi, TTL: f.p.TTL, Fee: new(big.Int), Nonce: nonce}, nil
	}
	payload := f.signed.Bytes()
	if f.round == round {
		payload = nil // the round that is on chain already
	}
	return opCloseSolo, &tx.CloseSolo{ChannelID: f.channelID, FromID: f.own, Payload: payload, PoI: poi, TTL: f.p.TTL, Fee: new(big.Int), Nonce: nonce}, nil
}

// soloSigned takes the client's signature of a solo transaction. The pool
// judges close_solo and slash; a wrong signature of a snapshot is lost without a
// word, one of a settle is a conflict (fsm.md 5.6).
func (f *fsm) soloSigned(s *tx.SignedTx, same bool) {
	kind := f.op.kind
	if kind == opSettle {
		if !same || !f.hasSigned(s, f.own) {
			f.conflict(wire.ConflictValidation, f.round)
			f.becomeOpen()
			return
		}
		f.settle = s
		f.becomeClosing()
		if _, lockedUntil := f.view.onChain(f.channelID); lockedUntil >= f.view.top() {
			f.emit(action{kind: actDepth, height: lockedUntil + 1})
			return
		}
		f.postSettle()
		return
	}
	if kind == opSlash {
		f.becomeClosing()
	} else {
		f.becomeOpen()
	}
	if kind == opSnapshot && !f.hasSigned(s, f.own) {
		return
	}
	if kind == opCloseSolo && f.view.closing(f.channelID) {
		return // signed without effect: the nonce stays free
	}
	f.posting = kind
	f.emit(action{kind: actPost, post: s})
}

// postSettle pushes the settle that waited for the end of the lock period.
func (f *fsm) postSettle() {
	if f.settle == nil || f.state == channelClosed {
		return
	}
	f.posting = opSettle
	f.emit(action{kind: actPost, post: f.settle})
	f.settle = nil
}

// soloClosing: a close_solo or slash is in a block. It is contested when the
// client's own state is newer (fsm.md 6.5) than the one that it closes with,
// whatever the chain has come to since.
func (f *fsm) soloClosing(ev event, t tx.Tx) {
	if f.state == channelClosed || f.signed == nil {
		return
	}
	if f.round > ev.round {
		typ := wire.TxTypeOffChain
		if own, err := f.signed.Decode(); err == nil {
			typ = own.Type()
		}
		f.onChain(wire.OnChainCanSlash, f.signed, typ)
	} else {
		f.onChain(wire.OnChainSoloClosing, ev.signed, t.Type())
	}
	if f.state == mutualClosed {
		f.announceClosing()
		return
	}
	f.becomeClosing()
}
