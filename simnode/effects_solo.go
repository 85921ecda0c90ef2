package simnode

import (
	"math"
	"math/big"

	"chanbot/tx"
)

// closeSolo starts a solo closing, with the state on chain or a newer one.
func (l *ledger) closeSolo(payer *accountState, s *channelState, t *tx.CloseSolo, p *poolTx, height uint64) error {
	switch {
	case !s.participant(t.FromID):
		return notPeer
	case !s.active():
		return channelNotActive
	case !owns(payer, t.Fee):
		return insufficientFunds
	}
	state := &tx.OffChain{Round: s.Round, StateHash: s.StateHash}
	if len(t.Payload) > 0 {
		var err error
		if state, err = l.payload(p, s, t.Payload); err != nil {
			return err
		}
	}
	initiator, responder, err := s.proven(t.PoI, state.StateHash)
	if err != nil {
		return err
	}
	l.charge(payer, t.Fee)
	s.closeWith(state, len(t.Payload) > 0, initiator, responder, height)
	return nil
}

// slash replaces the state of a solo closing by a newer one and starts the
// lock anew. It stays possible after the lock has run out.
func (l *ledger) slash(payer *accountState, s *channelState, t *tx.Slash, p *poolTx, height uint64) error {
	switch {
	case !s.participant(t.FromID) && !s.delegate(t.FromID):
		return notPeerOrDelegate
	case s.active():
		return channelNotClosing
	case len(t.Payload) == 0:
		return slashNeedsPayload
	case !owns(payer, t.Fee):
		return insufficientFunds
	}
	state, err := l.payload(p, s, t.Payload)
	if err != nil {
		return err
	}
	initiator, responder, err := s.proven(t.PoI, state.StateHash)
	if err != nil {
		return err
	}
	l.charge(payer, t.Fee)
	s.closeWith(state, true, initiator, responder, height)
	return nil
}

// closeWith stores the state that a solo closing claims. One without payload
// claims the state on chain, which may be a forced one.
func (s *channelState) closeWith(state *tx.OffChain, payload bool, initiator, responder *big.Int, height uint64) {
	if payload {
		s.advance(state.Round, state.StateHash)
	}
	s.InitiatorAmount, s.ResponderAmount = initiator, responder
	if s.LockPeriod > math.MaxUint64-height {
		s.LockedUntil = math.MaxUint64
		return
	}
	s.LockedUntil = height + s.LockPeriod
}

// settle pays out the stored amounts once the lock has run out.
func (l *ledger) settle(payer *accountState, s *channelState, t *tx.Settle, height uint64) error {
	switch {
	case !s.participant(t.FromID):
		return notPeer
	case s.active(), s.LockedUntil > height:
		return channelNotClosed
	case t.InitiatorAmountFinal.Cmp(s.InitiatorAmount) != 0, t.ResponderAmountFinal.Cmp(s.ResponderAmount) != 0:
		return wrongAmounts
	case s.ChannelAmount.Cmp(sum(t.InitiatorAmountFinal, t.ResponderAmountFinal)) < 0:
		return amountTooSmall
	case !owns(payer, t.Fee):
		return insufficientFunds
	}
	l.charge(payer, t.Fee)
	initiator, responder := l.finals(t, t.InitiatorAmountFinal, t.ResponderAmountFinal)
	l.payOut(s, s.ChannelAmount, initiator, responder)
	return nil
}

// snapshotSolo puts a newer co-signed state on chain. Delegates may do it from
// Iris on.
func (l *ledger) snapshotSolo(payer *accountState, s *channelState, t *tx.SnapshotSolo, p *poolTx) error {
	switch {
	case !s.participant(t.FromID) && (!l.iris || !s.delegate(t.FromID)):
		return notPeerOrDelegate
	case !s.active():
		return channelNotActive
	case len(t.Payload) == 0:
		return snapshotNeedsPayload
	case !owns(payer, t.Fee):
		return insufficientFunds
	}
	state, err := l.payload(p, s, t.Payload)
	if err != nil {
		return err
	}
	l.charge(payer, t.Fee)
	s.advance(state.Round, state.StateHash)
	return nil
}

// payload reads the co-signed off-chain transaction that a solo transaction
// carries: of this channel, signed by exactly both participants, and newer than
// the state on chain. A co-signed create, deposit or withdraw is refused.
func (l *ledger) payload(p *poolTx, s *channelState, payload []byte) (*tx.OffChain, error) {
	if !p.offchainRead {
		p.offchain, p.offchainErr = l.readPayload(s, payload)
		p.offchainRead = true
	}
	switch {
	case p.offchainErr != nil:
		return nil, p.offchainErr
	case s.supersededBy(p.offchain.Round):
		return p.offchain, nil
	case p.offchain.Round == s.Round:
		return nil, sameRound
	}
	return nil, oldRound
}

func (l *ledger) readPayload(s *channelState, payload []byte) (*tx.OffChain, error) {
	signed, err := tx.DecodeSigned(payload)
	if err != nil {
		return nil, brokenPayload
	}
	signed = rewritten(signed)
	inner, err := signed.Decode()
	if err != nil {
		return nil, brokenPayload
	}
	state, ok := inner.(*tx.OffChain)
	switch {
	case !ok, state.Version != 2: // version 1 ends with Lima
		return nil, brokenPayload
	case state.ChannelID != s.ID:
		return nil, payloadOfOther
	case !l.noVerify && !signedBy(signed, l.networkID, s.InitiatorID, s.ResponderID):
		return nil, payloadNotCosigned
	}
	return state, nil
}

// proven reads both balances out of a proof of inclusion that belongs to a
// state, and checks that the channel can pay them.
func (s *channelState) proven(poi []byte, state tx.Hash) (initiator, responder *big.Int, err error) {
	proof, err := tx.DecodeProof(poi)
	if err != nil {
		return nil, nil, brokenPoI
	}
	if proof.StateHash() != state {
		if state == s.StateHash {
			return nil, nil, wrongStateHash
		}
		return nil, nil, wrongPayloadHash
	}
	if initiator, err = proof.Balance(s.InitiatorID); err != nil {
		return nil, nil, brokenPoI
	}
	if responder, err = proof.Balance(s.ResponderID); err != nil {
		return nil, nil, brokenPoI
	}
	if s.ChannelAmount.Cmp(sum(initiator, responder)) < 0 {
		return nil, nil, amountTooSmall
	}
	return initiator, responder, nil
}

// signedBy tells whether a transaction carries a right signature of each of
// the given accounts and no other, in raw or hash form.
func signedBy(s *tx.SignedTx, networkID string, want ...tx.ID) bool {
	if len(s.Signatures) != len(want) {
		return false
	}
	signed, strangers := s.Signers(networkID, want...)
	return len(signed) == len(want) && strangers == 0
}
