package simnode

import (
	"crypto/ed25519"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// always makes hooks that remember nothing of a machine.
func always(h machineHooks) func() hooks {
	return func() hooks { return hooks{machine: func() machineHooks { return h }} }
}

// each makes hooks that remember something of each machine.
func each(machine func() machineHooks) func() hooks {
	return func() hooks { return hooks{machine: machine} }
}

// onNotify makes hooks that bend notifications without a memory.
func onNotify(notify func(f *fsm, n wire.Frame) []wire.Frame) func() hooks {
	return always(machineHooks{notify: notify})
}

// onCheck makes hooks that bend checks without a memory.
func onCheck(check func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool) func() hooks {
	return always(machineHooks{check: check})
}

// like tells whether a signed transaction has the content of an operation.
func like(op *operation, s *tx.SignedTx) bool {
	inner, err := s.Decode()
	return err == nil && contentOf(inner) == contentOf(op.inner)
}

// fits tells whether a peer's offer is what the own execution gives, whoever
// has signed it.
func (f *fsm) fits(op *operation) bool {
	c := contentOf(op.inner)
	return c.kind == op.kind && c.channel == f.channelID && c.round == op.round && c.state == op.after.hash(&f.terms)
}

// hasRaw tells whether id has signed the transaction itself and not its hash.
func (f *fsm) hasRaw(s *tx.SignedTx, id tx.ID) bool {
	v, ok := f.view.(*nodeView)
	if !ok {
		return true
	}
	message := append([]byte(v.networkID), s.Tx...)
	return slices.ContainsFunc(s.Signatures, func(sig []byte) bool { return ed25519.Verify(id.Key[:], message, sig) })
}

var signatureDefects = []Defect{
	{
		Name: "accepts-create-unsigned-by-the-initiator", Group: groupSignatures,
		Does:   "The node takes a create transaction that the initiator has not signed, and goes on with the opening.",
		Breaks: "A wrong answer to initiator_sign has no effect on either side and may be repeated.", Source: "fsm 5.6",
		Flows: []string{flowOpen, flowSignature},
		bend: onCheck(func(_ *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
			switch at {
			case checkInitiatorSign, checkCreateAck:
				return good || like(op, s)
			case checkCreateOffer:
				return true
			}
			return good
		}),
	},
	{
		Name: "accepts-create-unsigned-by-the-responder", Group: groupSignatures,
		Does:   "The node takes a create transaction that the responder has not signed, and calls it co-signed.",
		Breaks: "A wrong answer to responder_sign has no effect on either side and may be repeated.", Source: "fsm 5.6",
		Flows: []string{flowOpen, flowSignature},
		bend: onCheck(func(_ *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
			if at == checkResponderSign || at == checkCreateAck {
				return good || like(op, s)
			}
			return good
		}),
	},
	{
		Name: "accepts-unsigned-update", Group: groupSignatures,
		Does:   "An update that its starter sends back without any signature goes on to the acker.",
		Breaks: "An update without its starter's signature ends in conflict 1 for the starter, and the acker hears nothing.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature},
		bend:  onCheck(acceptsUpdateFrom(func(s *tx.SignedTx) bool { return len(s.Signatures) == 0 })),
	},
	{
		Name: "accepts-update-signed-by-a-stranger", Group: groupSignatures,
		Does:   "The node does not check whose the signature of the starter of an update is.",
		Breaks: "An update that a stranger has signed ends in conflict 1 for the starter, and the acker hears nothing.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature},
		bend:  onCheck(acceptsUpdateFrom(func(s *tx.SignedTx) bool { return len(s.Signatures) > 0 })),
	},
	{
		Name: "accepts-unsigned-ack", Group: groupSignatures,
		Does:   "An update counts as co-signed when the acker sends it back as it came, without a signature of its own.",
		Breaks: "An update_ack without the acker's signature ends in conflict 1 on both sides.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature},
		bend:  onCheck(acceptsAckWith(opUpdate, func(s *tx.SignedTx) bool { return len(s.Signatures) == 1 })),
	},
	{
		Name: "counts-signatures", Group: groupSignatures,
		Does:   "An update counts as co-signed when it has two signatures, whoever made them.",
		Breaks: "An update_ack with a stranger's signature ends in conflict 1 on both sides.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature}, When: "the acker adds a signature that is not its own",
		bend: onCheck(acceptsAckWith(opUpdate, func(s *tx.SignedTx) bool { return len(s.Signatures) == 2 })),
	},
	{
		Name: "accepts-another-update", Group: groupSignatures,
		Does:   "The node takes another off-chain transaction than the one that it has asked the starter to sign.",
		Breaks: "Channel, round and state hash of the answer are compared with the offer; a difference is a wrong signature.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature},
		bend: onCheck(func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
			switch {
			case good || op == nil || op.kind != opUpdate:
				return good
			case at == checkOwn:
				return isOffChain(s) && !like(op, s) && f.hasSigned(s, f.own)
			case at == checkOffer:
				return isOffChain(s) && f.hasSigned(s, f.peer)
			}
			return false
		}),
	},
	{
		Name: "accepts-another-ack", Group: groupSignatures,
		Does:   "The node takes another off-chain transaction than the one that it has asked the acker to sign, and reports it as the co-signed state.",
		Breaks: "Channel, round and state hash of the answer are compared with the offer; a difference is a wrong signature.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature},
		bend: onCheck(func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
			switch {
			case good || op == nil || op.kind != opUpdate || !isOffChain(s) || like(op, s):
				return good
			case at == checkAck:
				return f.hasSigned(s, f.own)
			case at == checkAcked:
				return f.hasSigned(s, f.peer)
			}
			return false
		}),
	},
	{
		Name: "forwards-update-without-signature", Group: groupSignatures,
		Does:   "An update with meta reaches the acker without the signature of its starter.",
		Breaks: "A peer's offer carries the peer's signature.", Source: "ws-api 6.3",
		Flows: []string{flowUpdate, flowMeta},
		bend: always(machineHooks{
			tell: func(_ *fsm, m peerMsg) []peerMsg {
				if m.kind == msgUpdate && hasMeta(m.updates) {
					m.signed = &tx.SignedTx{Tx: m.signed.Tx}
				}
				return []peerMsg{m}
			},
			check: func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
				return good || at == checkOffer && len(s.Signatures) == 0 && f.fits(op)
			},
		}),
	},
	{
		Name: "reports-update-before-the-ack", Group: groupSignatures,
		Does:   "The starter's client is told the new state as soon as it has signed, before the acker has.",
		Breaks: "The starter is told the state only after the acker's signature, and a reported state has both.", Source: "fsm 6.2",
		Flows: []string{flowUpdate},
		bend: always(machineHooks{after: func(f *fsm, ev *event) {
			if ev.kind == evSigned && f.state == awaitingUpdateAck {
				f.pass(famUpdate, updateNotice{f.half.offer})
			}
		}}),
	},
	{
		Name: "reports-update-without-the-peers-signature", Group: groupSignatures,
		Does:   "The state that the initiator is told lacks the responder's signature.",
		Breaks: "channels.update shows the latest co-signed state.", Source: "ws-api 6.4",
		Flows: []string{flowUpdate},
		bend: onNotify(func(f *fsm, n wire.Frame) []wire.Frame {
			if n.Update != nil && f.p.Role == roleInitiator && f.signed != nil && f.round > 1 {
				s := *f.signed
				s.Signatures = slices.DeleteFunc(slices.Clone(s.Signatures), func(sig []byte) bool { return f.view.verify(f.peer, s.Tx, sig) })
				n.Update.State = s.Text()
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "asks-nobody-when-both-signed", Group: groupSignatures,
		Does:   "An update whose starter has added a signature in the acker's name becomes the state at once, while its acker is still asked.",
		Breaks: "The acker is asked as usual when the starter has signed for both.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature}, When: "the starter's answer has the signatures of both",
		bend: always(machineHooks{after: func(f *fsm, ev *event) {
			if ev.kind == evPeer && ev.msg.kind == msgUpdate && f.state == awaitingSignature && !f.op.own && f.hasSigned(f.op.offer, f.own) {
				f.acknowledge(f.op.offer)
			}
		}}),
	},
	{
		Name: "accepts-unsigned-deposit-ack", Group: groupSignatures,
		Does:   "A deposit counts as co-signed when its acker sends it back without a signature of its own.",
		Breaks: "A deposit_ack without the acker's signature ends in conflict 1 on both sides.", Source: "fsm 5.6",
		Flows: []string{flowDeposit, flowSignature},
		bend:  onCheck(acceptsAckWith(opDeposit, func(*tx.SignedTx) bool { return true })),
	},
	{
		Name: "accepts-unsigned-close-ack", Group: groupSignatures,
		Does:   "A mutual close counts as co-signed when its acker sends it back without a signature of its own.",
		Breaks: "A shutdown_sign_ack without the acker's signature ends in conflict 1 on both sides.", Source: "fsm 5.6",
		Flows: []string{flowClose, flowSignature},
		bend:  onCheck(acceptsAckWith(opShutdown, func(*tx.SignedTx) bool { return true })),
	},
	{
		Name: "refuses-signatures-of-the-hash", Group: groupSignatures,
		Does:   "The node refuses the signature of an update when it was made over the transaction's hash.",
		Breaks: "Signatures in raw and in hash form are equally right.", Source: "fsm 5.6",
		Flows: []string{flowUpdate, flowSignature}, When: "a client signs the hash",
		bend: onCheck(func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
			if (at == checkOwn || at == checkAck) && op.kind == opUpdate {
				return good && f.hasRaw(s, f.own)
			}
			return good
		}),
	},
}

// acceptsUpdateFrom takes updates from the starter whose signatures are not
// right, if which says so.
func acceptsUpdateFrom(which func(*tx.SignedTx) bool) func(*fsm, checkpoint, *operation, *tx.SignedTx, bool) bool {
	return func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
		switch {
		case good || op == nil || op.kind != opUpdate || !which(s):
			return good
		case at == checkOwn:
			return like(op, s)
		case at == checkOffer:
			return f.fits(op)
		}
		return false
	}
}

// acceptsAckWith takes the acker's answer to a kind of operation whatever its
// signatures are, if which says so.
func acceptsAckWith(kind opKind, which func(*tx.SignedTx) bool) func(*fsm, checkpoint, *operation, *tx.SignedTx, bool) bool {
	return func(_ *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
		if (at == checkAck || at == checkAcked) && op.kind == kind && which(s) {
			return good || like(op, s)
		}
		return good
	}
}

func isOffChain(s *tx.SignedTx) bool {
	inner, err := s.Decode()
	_, ok := inner.(*tx.OffChain)
	return err == nil && ok
}

func hasMeta(updates []update) bool {
	return slices.ContainsFunc(updates, func(u update) bool { return u.kind == updMeta })
}
