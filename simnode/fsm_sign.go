package simnode

import (
	"bytes"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// content is the part of a transaction that a signed answer must share with
// the offer; fee, nonce, ttl and amounts are not compared (transactions.md,
// "What the node checks in a signed answer").
type content struct {
	kind    opKind
	channel tx.ID
	round   uint64
	state   tx.Hash
}

func contentOf(t tx.Tx) content {
	switch t := t.(type) {
	case *tx.Create:
		return content{kind: opCreate, state: t.StateHash}
	case *tx.OffChain:
		return content{kind: opUpdate, channel: t.ChannelID, round: t.Round, state: t.StateHash}
	case *tx.Deposit:
		return content{kind: opDeposit, channel: t.ChannelID, round: t.Round, state: t.StateHash}
	case *tx.Withdraw:
		return content{kind: opWithdraw, channel: t.ChannelID, round: t.Round, state: t.StateHash}
	case *tx.CloseMutual:
		return content{kind: opShutdown, channel: t.ChannelID}
	case *tx.Settle:
		return content{kind: opSettle, channel: t.ChannelID}
	}
	return content{}
}

// askToSign sends channels.sign.TAG for the pending operation.
func (f *fsm) askToSign() {
	f.report(famSign, &signNotice{f: f, tag: f.op.tag(), offer: f.op.offer, updates: f.op.updates})
}

// hasSigned tells whether id is among the signers. The list does not say whose
// a signature is, and a wrong guess costs as much as a right one, so those that
// are known to be another's are tried last.
func (f *fsm) hasSigned(s *tx.SignedTx, id tx.ID) bool {
	var others [8][]byte
	rest := others[:0]
	for _, sig := range s.Signatures {
		switch f.view.signer(s.Tx, sig) {
		case id:
			return true
		case tx.ID{}:
			if f.view.verify(id, s.Tx, sig) {
				return true
			}
		default:
			rest = append(rest, sig)
		}
	}
	return slices.ContainsFunc(rest, func(sig []byte) bool { return f.view.verify(id, s.Tx, sig) })
}

// signedExactly tells whether the signatures are one of each of the ids and
// nothing else.
func (f *fsm) signedExactly(s *tx.SignedTx, ids ...tx.ID) bool {
	if len(s.Signatures) != len(ids) {
		return false
	}
	for _, id := range ids {
		if !f.hasSigned(s, id) {
			return false
		}
	}
	return true
}

// answered handles a client's signature. The socket has acknowledged it
// already: "ok" comes before and regardless of the checks (ws-api 3.4).
func (f *fsm) answered(ev event) {
	f.note(historyReceive, historySigned, nil)
	switch f.judge(groupSigned, ev.tag) {
	case accept:
		f.takeAnswer(ev.signed)
	case park:
		f.keep(ev)
	case die:
		f.end()
	}
}

// takeAnswer checks the answer to the pending request (fsm.md 5.6).
func (f *fsm) takeAnswer(s *tx.SignedTx) {
	s = inOrder(s)
	inner, err := s.Decode()
	if err != nil {
		return // acknowledged, and still pending
	}
	if !bytes.Equal(s.Tx, f.op.offer.Tx) {
		s = rewritten(s)
	}
	same := contentOf(inner) == contentOf(f.op.inner)
	switch {
	case traits[f.op.kind].solo:
		f.soloSigned(s, same)
	case f.op.kind == opCreate && f.op.own:
		if f.passes(checkInitiatorSign, &f.op, s, same && f.signedExactly(s, f.own)) {
			f.createSigned(s, inner.(*tx.Create))
		}
	case f.op.kind == opCreate:
		if f.passes(checkResponderSign, &f.op, s, same && f.signedExactly(s, f.own, f.peer)) {
			f.createCoSigned(s)
		}
	case f.op.own:
		if !f.passes(checkOwn, &f.op, s, same && f.hasSigned(s, f.own)) {
			f.drops(lostSignature)
			f.conflict(wire.ConflictValidation, f.round)
			f.becomeOpen()
			return
		}
		f.ownSigned(s, inner)
	default:
		if !f.passes(checkAck, &f.op, s, same && f.signedExactly(s, f.own, f.peer)) {
			f.drops(lostSignature)
			f.conflict(wire.ConflictValidation, f.round)
			f.tell(peerMsg{kind: traits[f.op.kind].failed, code: wire.ConflictValidation, round: f.round})
			f.becomeOpen()
			return
		}
		f.acknowledge(s)
	}
}

// inOrder sorts the signatures, as the node does before it writes or hashes a
// transaction (encoding.md 3): clients may add theirs at the end. A repeated
// one stays, because it makes an answer wrong (fsm.md 5.6).
func inOrder(s *tx.SignedTx) *tx.SignedTx {
	if slices.IsSortedFunc(s.Signatures, bytes.Compare) {
		return s
	}
	signatures := slices.Clone(s.Signatures)
	slices.SortFunc(signatures, bytes.Compare)
	return &tx.SignedTx{Signatures: signatures, Tx: s.Tx}
}

// ownSigned sends the starter's half-signed operation to the peer.
func (f *fsm) ownSigned(s *tx.SignedTx, inner tx.Tx) {
	t := &traits[f.op.kind]
	f.half = f.op
	f.half.offer, f.half.inner = s, inner
	f.op = operation{}
	f.state = t.half
	f.tell(peerMsg{kind: t.offered, signed: s, updates: f.half.updates, pinned: f.half.pinned})
}

// acknowledge completes the acker's part: the operation is co-signed.
func (f *fsm) acknowledge(s *tx.SignedTx) {
	op := f.op
	f.tell(peerMsg{kind: traits[op.kind].acked, signed: s})
	switch op.kind {
	case opUpdate:
		f.adopt(s, op.round, op.after)
		f.becomeOpen()
	case opDeposit:
		f.onChain(wire.OnChainDepositCreated, s, op.inner.Type())
		f.becomeAwaitingLocked(op, s)
	case opWithdraw:
		f.onChain(wire.OnChainWithdrawCreated, s, op.inner.Type())
		f.becomeAwaitingLocked(op, s)
	case opShutdown:
		f.becomeMutualClosed(s, op.inner.Type())
	}
}

// acked completes the starter's part with the peer's signature.
func (f *fsm) acked(m *peerMsg) {
	op := f.half
	inner, err := m.signed.Decode()
	good := err == nil && contentOf(inner) == contentOf(op.inner) && f.signedExactly(m.signed, f.own, f.peer)
	if !f.passes(checkAcked, &op, m.signed, good) {
		f.end()
		return
	}
	if op.kind == opUpdate {
		f.adopt(m.signed, op.round, op.after)
		f.becomeOpen()
		return
	}
	f.half.offer = m.signed
	f.posting = op.kind
	f.emit(action{kind: actPost, post: m.signed})
}

// adopt makes a co-signed transaction the state of the channel.
func (f *fsm) adopt(s *tx.SignedTx, round uint64, b balances) {
	f.signed, f.round, f.balances = s, round, b
	for i := range f.bent {
		if fn := f.bent[i].adopted; fn != nil {
			fn(f)
		}
	}
}

// posted goes on after the mempool has taken or refused a transaction.
func (f *fsm) posted(ok bool) {
	kind := f.posting
	f.posting = opNone
	if f.state == mutualClosed {
		if !ok {
			f.conflict(f.peerCode, f.peerRound)
			f.becomeOpen()
		}
		return
	}
	if traits[kind].solo {
		if !ok {
			f.conflict(wire.ConflictRejected, f.round)
		}
		return
	}
	op := f.half
	switch {
	case kind == opCreate && !ok:
		f.end()
	case kind == opCreate:
		f.createPosted(op.offer)
	case !ok:
		f.conflict(wire.ConflictRejected, f.round)
		f.tell(peerMsg{kind: traits[kind].failed, code: wire.ConflictRejected, round: f.round})
		f.becomeOpen()
	case kind == opDeposit:
		f.onChain(wire.OnChainDepositSigned, op.offer, op.inner.Type())
		f.becomeAwaitingLocked(op, op.offer)
	case kind == opWithdraw:
		f.onChain(wire.OnChainWithdrawSigned, op.offer, op.inner.Type())
		f.becomeAwaitingLocked(op, op.offer)
	case kind == opShutdown:
		f.becomeMutualClosed(op.offer, op.inner.Type())
	}
}
