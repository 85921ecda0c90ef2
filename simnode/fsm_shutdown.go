package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// Mutual close (fsm.md 6.4).

// shutdown starts a mutual close.
func (f *fsm) shutdown(r *clientRequest) {
	t := f.closeTx(f.own, f.nonceFor(r))
	fee := chosenFee(t, r.fee, r.gasPrice)
	initiator, responder, ok := splitFee(f.balances, fee)
	if !ok {
		f.reply(rejected(wire.CodeInsufficientBalance))
		return
	}
	if feeTooLow(t, fee) {
		f.reply(internalError())
		return
	}
	t.Fee, t.InitiatorAmountFinal, t.ResponderAmountFinal = fee, initiator, responder
	f.reply(answer{})
	f.start(operation{kind: opShutdown, own: true, offer: tx.NewSigned(t), inner: t, after: f.balances, round: f.round, pinned: f.view.top()})
}

// closeTx is the close_mutual with the full balances as finals, which its fee
// is computed for (transactions.md 5.4).
func (f *fsm) closeTx(from tx.ID, nonce uint64) *tx.CloseMutual {
	return &tx.CloseMutual{
		ChannelID: f.channelID, FromID: from,
		InitiatorAmountFinal: f.balances.initiator, ResponderAmountFinal: f.balances.responder,
		TTL: f.p.TTL, Fee: new(big.Int), Nonce: nonce,
	}
}

// splitFee takes the fee of a mutual close from the two balances: half from
// each, the larger half from the initiator, and what one side cannot pay from
// the other (transactions.md 5.4).
func splitFee(b balances, fee *big.Int) (initiator, responder *big.Int, ok bool) {
	floor := new(big.Int).Rsh(fee, 1)
	ceil := new(big.Int).Sub(fee, floor)
	sum := new(big.Int).Add(b.initiator, b.responder)
	switch {
	case sum.Cmp(fee) < 0:
		return nil, nil, false
	case b.initiator.Cmp(ceil) >= 0 && b.responder.Cmp(floor) >= 0:
		return new(big.Int).Sub(b.initiator, ceil), new(big.Int).Sub(b.responder, floor), true
	case b.responder.Cmp(ceil) >= 0 && b.initiator.Cmp(floor) >= 0:
		return new(big.Int).Sub(b.initiator, floor), new(big.Int).Sub(b.responder, ceil), true
	case b.initiator.Cmp(b.responder) > 0:
		return sum.Sub(sum, fee), new(big.Int), true
	}
	return new(big.Int), sum.Sub(sum, fee), true
}

// shutdownOffered handles the peer's half-signed close and tells whether the
// state had an answer to it.
func (f *fsm) shutdownOffered(m *peerMsg) bool {
	switch f.state {
	case open, signed, depSigned, wdrawSigned, channelClosing:
	default:
		return false
	}
	inner, err := m.signed.Decode()
	offer, isClose := inner.(*tx.CloseMutual)
	good := err == nil && isClose && offer.ChannelID == f.channelID && f.hasSigned(m.signed, f.peer) && f.pinInRange(m.pinned)
	if good {
		want := f.closeTx(offer.FromID, offer.Nonce)
		i, r, ok := splitFee(f.balances, offer.Fee)
		good = ok && offer.InitiatorAmountFinal.Cmp(i) == 0 && offer.ResponderAmountFinal.Cmp(r) == 0 && offer.TTL == want.TTL &&
			offer.FromID == f.peer
	}
	if isClose {
		good = f.passes(checkShutdown, nil, m.signed, good)
	}
	soloClosing := f.state == channelClosing
	switch {
	case !f.hasClient && !(good && f.hasSigned(m.signed, f.own)):
		return true // nobody to ask, and nothing is said (fsm.md 6.4)
	case !good && soloClosing:
		return true
	case !good:
		f.conflict(wire.ConflictValidation, f.round)
		f.tell(peerMsg{kind: msgShutdownError, code: wire.ConflictValidation, round: f.round})
		f.becomeOpen()
		return true
	}
	f.event(wire.EventShutdown)
	op := operation{kind: opShutdown, offer: m.signed, inner: offer, after: f.balances, round: f.round, pinned: m.pinned}
	if !f.hasClient {
		f.op = op
		f.state = awaitingSignature
		f.acknowledge(m.signed)
		return true
	}
	f.becomeAwaitingSignature(op)
	return true
}
