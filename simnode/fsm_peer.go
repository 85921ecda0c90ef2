package simnode

import (
	"chanbot/tx"
	"chanbot/wire"
)

// msgKind is a kind of message between the two machines of a channel.
type msgKind uint8

const (
	msgNone msgKind = iota
	msgChannelOpen
	msgChannelAccept
	msgFundingCreated
	msgFundingSigned
	msgFundingLocked
	msgUpdate
	msgUpdateAck
	msgUpdateError
	msgDepositCreated
	msgDepositSigned
	msgDepositLocked
	msgDepositError
	msgWithdrawCreated
	msgWithdrawSigned
	msgWithdrawLocked
	msgWithdrawError
	msgShutdown
	msgShutdownAck
	msgShutdownError
	msgLeave
	msgLeaveAck
	msgReestablish
	msgReestAck
	msgInBand
	msgForeign // a frame that belongs to the sender's client; only defects send it
)

var msgNames = [...]string{
	"none", "channel_open", "channel_accept", "funding_created", "funding_signed", "funding_locked",
	"update", "update_ack", "update_error", "deposit_created", "deposit_signed", "deposit_locked", "deposit_error",
	"withdraw_created", "withdraw_signed", "withdraw_locked", "withdraw_error", "shutdown", "shutdown_ack", "shutdown_error",
	"leave", "leave_ack", "channel_reestablish", "channel_reest_ack", "inband_msg", "foreign",
}

// String names the message as fsm.md does, without the leading >.
func (k msgKind) String() string { return msgNames[k] }

// peerMsg is a message between the two machines.
type peerMsg struct {
	kind    msgKind
	terms   *terms        // channel_open
	depth   depthSettings // channel_accept
	signed  *tx.SignedTx
	updates []update
	pinned  uint64
	code    int
	round   uint64
	// in-band message
	channel        tx.ID
	from, to, text string
}

// peerMessage handles a message of the peer's machine in the present state.
func (f *fsm) peerMessage(ev event) {
	m := ev.msg
	switch m.kind {
	case msgInBand:
		f.inBand(m)
		return
	case msgForeign:
		f.pass(famMessage, frameNotice(m.text))
		return
	case msgChannelOpen:
		if f.state == awaitingOpen {
			f.channelOpened(m)
			return
		}
	case msgChannelAccept:
		if f.state == initialized {
			f.channelAccepted(m)
			return
		}
	case msgFundingCreated:
		if f.state == accepted {
			f.fundingCreated(m)
			return
		}
	case msgFundingSigned:
		if f.state == halfSigned {
			f.fundingSigned(m)
			return
		}
	case msgFundingLocked, msgDepositLocked, msgWithdrawLocked:
		if f.peerLocked(ev) {
			return
		}
	case msgUpdate, msgDepositCreated, msgWithdrawCreated:
		if f.offered(m) {
			return
		}
	case msgShutdown:
		if f.shutdownOffered(m) {
			return
		}
	case msgLeave:
		if f.peerLeaves(m) {
			return
		}
	case msgLeaveAck:
		if f.state == awaitingLeaveAck {
			f.left()
			return
		}
	case msgReestablish:
		if f.reestablishAsked(m) {
			return
		}
	case msgReestAck:
		if f.state == reestablishInit {
			f.reestablished(m)
			return
		}
	case msgUpdateAck, msgDepositSigned, msgWithdrawSigned, msgShutdownAck:
		if f.state == traits[ackOf(m.kind)].half {
			f.acked(m)
			return
		}
	case msgUpdateError, msgDepositError, msgWithdrawError, msgShutdownError:
		if f.failedByPeer(m) {
			return
		}
		if m.code == wire.ConflictConflict && m.kind != msgShutdownError {
			return // a straggler that nothing waits for (fsm.md 3.4)
		}
	}
	switch f.stray() {
	case die:
		f.end()
	case park:
		f.keep(ev)
	}
}

func ackOf(k msgKind) opKind {
	for kind := opCreate; kind <= opShutdown; kind++ {
		if traits[kind].acked == k {
			return kind
		}
	}
	return opNone
}

func offerOf(k msgKind) opKind {
	for kind := opCreate; kind <= opShutdown; kind++ {
		if traits[kind].offered == k {
			return kind
		}
	}
	return opNone
}

// offered handles a peer's half-signed update, deposit or withdraw and tells
// whether the state had an answer to it (fsm.md 5.1).
func (f *fsm) offered(m *peerMsg) bool {
	kind := offerOf(m.kind)
	switch f.state {
	case open:
		f.takeOffer(kind, m)
		return true
	case awaitingSignature:
		// Before 2020-08 an own solo operation gave way, too (ws-api 9, row 5).
		if f.ongoing && f.op.own && (f.op.kind.coSigned() || f.era == Era2020) {
			f.crossed(kind)
			return true
		}
	case awaitingUpdateAck, depHalfSigned, wdrawHalfSigned:
		f.crossed(kind)
		return true
	}
	return false
}

// crossed is the conflict of an own operation with the peer's.
func (f *fsm) crossed(peers opKind) {
	f.drops(lostCrossing)
	f.conflict(wire.ConflictConflict, f.round)
	f.tell(peerMsg{kind: traits[peers].failed, code: wire.ConflictConflict, round: f.round})
	f.becomeOpen()
}

// takeOffer verifies the peer's offer, and asks the client to sign it.
func (f *fsm) takeOffer(kind opKind, m *peerMsg) {
	op, ok := f.checkOffer(kind, m)
	answers := f.hasClient
	if ok && !answers {
		// Without a client the machine goes on only if the transaction already
		// carries this side's signature (fsm.md 7).
		answers = f.hasSigned(op.offer, f.own)
	}
	if !ok || !answers {
		f.conflict(wire.ConflictConflict, f.round)
		f.tell(peerMsg{kind: traits[kind].failed, code: wire.ConflictConflict, round: f.round})
		f.becomeOpen()
		return
	}
	f.ongoing = true
	f.event(traits[kind].arrived)
	if !f.hasClient {
		f.op = op
		f.state = awaitingSignature
		f.acknowledge(op.offer)
		return
	}
	f.becomeAwaitingSignature(op)
}

// checkOffer repeats the peer's operation on the own state.
func (f *fsm) checkOffer(kind opKind, m *peerMsg) (operation, bool) {
	op := operation{kind: kind, offer: m.signed, updates: m.updates, round: f.round + 1, pinned: m.pinned}
	inner, err := m.signed.Decode()
	if err != nil {
		return op, false
	}
	op.inner = inner
	good := f.pinInRange(m.pinned) && f.hasSigned(m.signed, f.peer)
	if good || f.bent != nil {
		after, ok := f.execute(m.updates)
		op.after = after
		c := contentOf(inner)
		good = good && ok && c.kind == kind && c.channel == f.channelID && c.round == op.round && c.state == after.hash(&f.terms)
	}
	return op, f.passes(checkOffer, &op, m.signed, good)
}

// pinInRange tells whether a block may be pinned by a peer's operation: it lies
// in [top - not_older, top - not_newer] (ws-api 2.1, bh_delta_*).
func (f *fsm) pinInRange(pinned uint64) bool {
	top := f.view.top()
	return pinned+f.p.NotNewerThan <= top && pinned+f.p.NotOlderThan >= top
}

// failedByPeer handles the peer's error message for an operation.
func (f *fsm) failedByPeer(m *peerMsg) bool {
	switch f.state {
	case awaitingUpdateAck, depHalfSigned, wdrawHalfSigned:
		if m.kind == msgShutdownError {
			return false
		}
	case mutualClosing:
		if m.kind != msgShutdownError {
			return false
		}
	case mutualClosed:
		if m.kind != msgShutdownError {
			return false
		}
		// The acker tries to push the close itself before it gives up (fsm.md 5.1).
		f.peerCode, f.peerRound = m.code, m.round
		f.posting = opShutdown
		f.emit(action{kind: actPost, post: f.locked})
		return true
	case awaitingLocked:
		if m.code != wire.ConflictRejected {
			return false
		}
		f.dropLocked()
	case open:
		if f.era != Era2020 || m.code != wire.ConflictConflict {
			return false
		}
		// Before 2021-09 a straggler met the next own request (ws-api 9, row 4).
		f.stale = append(f.stale, peerMsg{kind: m.kind, code: m.code, round: m.round})
		return true
	default:
		return false
	}
	f.drops(lostPeer)
	f.conflict(m.code, m.round)
	f.becomeOpen()
	return true
}

// inBand delivers an in-band message in every state (fsm.md 6.9).
func (f *fsm) inBand(m *peerMsg) {
	if m.channel != f.channelID {
		return
	}
	if f.p.MsgForwarding {
		if m.to != f.ownText && m.from != f.peerTxt {
			return
		}
	} else if m.to != f.ownText || m.from != f.peerTxt {
		return
	}
	f.report(famMessage, frameNotice(wire.AppendMessage(nil, f.channelText, wire.Message{ChannelID: f.channelText, From: m.from, To: m.to, Info: m.text})))
}
