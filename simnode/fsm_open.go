package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// Opening a channel (fsm.md 6.1).

// linkUp: the initiator's link to the responder's machine stands.
func (f *fsm) linkUp() {
	if f.state != awaitingConnect {
		return
	}
	if f.signed != nil {
		f.state = reestablishInit
		f.tell(peerMsg{kind: msgReestablish, channel: f.channelID, signed: f.signed, round: f.round})
		return
	}
	f.state = initialized
	f.tell(peerMsg{kind: msgChannelOpen, terms: new(f.terms), depth: f.p.depthSettings(), pinned: f.view.top()})
}

// channelOpened: the responder takes over the initiator's terms. Its balances
// stay those of its own parameters, so that a mismatch shows in the state hash
// (ws-api 2.1).
func (f *fsm) channelOpened(m *peerMsg) {
	f.terms = *m.terms
	f.setParties()
	f.status = statusAttached
	f.event(wire.EventChannelOpen)
	f.tell(peerMsg{kind: msgChannelAccept, depth: f.p.depthSettings()})
	f.state = accepted
}

// channelAccepted: the initiator builds the create transaction.
func (f *fsm) channelAccepted(m *peerMsg) {
	f.peerDepth = m.depth
	f.status = statusAttached
	f.event(wire.EventChannelAccept)
	if f.terms.responderAmount.Sign() < 0 {
		// A push_amount lets it pass the checks; no transaction can hold it.
		f.end()
		return
	}
	nonce := f.view.nextNonce(f.own)
	if f.p.Nonce != nil {
		nonce = *f.p.Nonce
	}
	create := &tx.Create{
		Version:     f.createVersion,
		InitiatorID: f.terms.initiator, InitiatorAmount: f.terms.initiatorAmount,
		ResponderID: f.terms.responder, ResponderAmount: f.terms.responderAmount,
		ChannelReserve: f.terms.reserve, LockPeriod: f.terms.lockPeriod,
		Fee:       new(big.Int),
		StateHash: f.balances.hash(&f.terms), Nonce: nonce,
	}
	tx.SetFee(create, chosenFee(create, f.p.Fee, f.p.GasPrice))
	f.becomeAwaitingSignature(operation{kind: opCreate, own: true, offer: tx.NewSigned(create), inner: create, round: 1, after: f.balances, pinned: f.view.top()})
}

// createSigned: the initiator's client has signed the create transaction.
func (f *fsm) createSigned(s *tx.SignedTx, create *tx.Create) {
	f.clientMayLeave = true
	f.half = f.op
	f.half.offer, f.half.inner = s, create
	f.op = operation{}
	f.knowChannel(create)
	f.state = halfSigned
	f.tell(peerMsg{kind: msgFundingCreated, signed: s, pinned: f.half.pinned})
}

// knowChannel computes the channel id. Frames carry it from now on, in the era
// 2020 only from the first on_chain_tx on (ws-api 3.3).
func (f *fsm) knowChannel(create *tx.Create) {
	f.channelID = tx.ChannelIDOf(create.InitiatorID, create.Nonce, create.ResponderID)
	if f.era != Era2020 {
		f.channelText = f.channelID.String()
	}
}

// funding reports funding_created or funding_signed.
func (f *fsm) funding(name string) {
	i := wire.Info{Event: name}
	if f.era != Era2020 {
		i.FSMID = f.fsmID
	}
	f.info(i)
}

// fundingCreated: the responder checks the half-signed create transaction.
func (f *fsm) fundingCreated(m *peerMsg) {
	inner, err := m.signed.Decode()
	create, ok := inner.(*tx.Create)
	switch {
	case err != nil || !ok:
		f.event(wire.EventNotCreateTx)
		f.end()
		return
	case !f.passes(checkCreateState, nil, m.signed, create.StateHash == f.balances.hash(&f.terms)):
		f.event(wire.EventBadStateHash)
		f.end()
		return
	case !f.passes(checkCreateOffer, nil, m.signed, f.signedExactly(m.signed, f.peer)):
		f.event(wire.EventBadSignature)
		f.end()
		return
	case !f.pinInRange(m.pinned):
		f.end()
		return
	}
	f.knowChannel(create)
	f.funding(wire.EventFundingCreated)
	f.becomeAwaitingSignature(operation{kind: opCreate, offer: m.signed, inner: create, round: 1, after: f.balances, pinned: m.pinned})
}

// createCoSigned: the responder's client has signed the create transaction.
func (f *fsm) createCoSigned(s *tx.SignedTx) {
	f.clientMayLeave = true
	f.ongoing = true
	op := f.op
	f.channelText = f.channelID.String()
	// The peer may push the transaction, and a block may hold it, before this
	// machine has done anything more.
	f.emit(action{kind: actWatch})
	f.tell(peerMsg{kind: msgFundingSigned, signed: s})
	f.onChain(wire.OnChainFundingCreated, s, op.inner.Type())
	f.becomeAwaitingLocked(op, s)
}

// fundingSigned: the initiator pushes the co-signed create transaction.
func (f *fsm) fundingSigned(m *peerMsg) {
	inner, err := m.signed.Decode()
	good := err == nil && contentOf(inner) == contentOf(f.half.inner) && f.signedExactly(m.signed, f.own, f.peer)
	if !f.passes(checkCreateAck, &f.half, m.signed, good) {
		f.end()
		return
	}
	f.half.offer, f.half.inner = m.signed, inner
	f.posting = opCreate
	f.emit(action{kind: actPost, post: m.signed})
}

func (f *fsm) createPosted(s *tx.SignedTx) {
	op := f.half
	f.funding(wire.EventFundingSigned)
	f.channelText = f.channelID.String()
	f.onChain(wire.OnChainFundingSigned, s, op.inner.Type())
	f.becomeAwaitingLocked(op, s)
}

// chosenFee is the fee of an on-chain transaction (transactions.md 5.2): the
// minimum at the default or the given gas price, or the given fee; with both
// given, the larger.
func chosenFee(t tx.Tx, fee, gasPrice *big.Int) *big.Int {
	switch {
	case fee != nil && gasPrice != nil:
		if least := tx.MinFee(t, gasPrice); least.Cmp(fee) > 0 {
			return least
		}
		return fee
	case fee != nil:
		return fee
	case gasPrice != nil:
		return tx.MinFee(t, gasPrice)
	}
	return tx.MinFee(t, defaultGasPrice)
}
