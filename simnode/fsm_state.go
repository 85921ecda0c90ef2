package simnode

import (
	"fmt"
	"slices"
	"time"

	"chanbot/wire"
)

// state is a condition that a channel's machine is in (fsm.md 1). The comment
// of each says what is true in it and how it is left.
type state uint8

const (
	// awaitingOpen: the responder waits for the initiator's connection; left by channel_open.
	awaitingOpen state = iota
	// awaitingConnect: the initiator dials the responder's node; left when the link stands.
	awaitingConnect
	// initialized: the initiator has sent channel_open; left by channel_accept.
	initialized
	// accepted: the responder has sent channel_accept; left by funding_created.
	accepted
	// awaitingSignature: the client was asked to sign f.op; left by its answer, an abort, a conflict or the timer.
	awaitingSignature
	// halfSigned: the initiator's signed create is with the peer; left by funding_signed.
	halfSigned
	// awaitingLocked: f.locked is co-signed and waits for its depth; left when this side sees it.
	awaitingLocked
	// signed: the own depth of the create is reached; left by the peer's funding_locked.
	signed
	// open: nothing is under way; left by requests, peer messages and the chain.
	open
	// awaitingUpdateAck: the own half-signed update is with the peer; left by update_ack, an error or the timer.
	awaitingUpdateAck
	// depHalfSigned: the own half-signed deposit is with the peer; left by deposit_signed, an error or the timer.
	depHalfSigned
	// wdrawHalfSigned: the own half-signed withdraw is with the peer; left by withdraw_signed, an error or the timer.
	wdrawHalfSigned
	// depSigned: the own depth of the deposit is reached; left by the peer's deposit_locked.
	depSigned
	// wdrawSigned: the own depth of the withdraw is reached; left by the peer's withdraw_locked.
	wdrawSigned
	// mutualClosing: the own half-signed close_mutual is with the peer; left by shutdown_ack, an error or the timer.
	mutualClosing
	// mutualClosed: the close_mutual is co-signed; left when it is in a block.
	mutualClosed
	// channelClosing: a solo closing was seen on chain; left by a closing transaction.
	channelClosing
	// channelClosed: the closing transaction is in a block; left at its depth.
	channelClosed
	// awaitingLeaveAck: the own leave is with the peer; left by leave_ack, the peer's leave or the timer.
	awaitingLeaveAck
	// awaitingReestablish: the responder of a known channel waits for the initiator; left by channel_reestablish.
	awaitingReestablish
	// reestablishInit: the initiator has sent channel_reestablish; left by channel_reest_ack.
	reestablishInit
	// ended: the machine is gone.
	ended
)

var stateNames = [...]string{
	"awaiting_open", "awaiting_connect", "initialized", "accepted", "awaiting_signature", "half_signed",
	"awaiting_locked", "signed", "open", "awaiting_update_ack", "dep_half_signed", "wdraw_half_signed",
	"dep_signed", "wdraw_signed", "mutual_closing", "mutual_closed", "channel_closing", "channel_closed",
	"awaiting_leave_ack", "awaiting_reestablish", "reestablish_init", "ended",
}

// String returns the name that fsm.md uses.
func (s state) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state(%d)", uint8(s))
}

// timer returns how long the machine may stay in its state without an event;
// 0 is no limit (fsm.md 4).
func (f *fsm) timer() time.Duration {
	t := &f.p.Timeouts
	switch f.state {
	case awaitingOpen:
		return t.AwaitingOpen
	case open, mutualClosed, channelClosing, channelClosed, awaitingReestablish:
		return t.Idle
	case initialized:
		return t.Initialized
	case awaitingConnect, awaitingUpdateAck, mutualClosing, awaitingLeaveAck, reestablishInit:
		return t.Accept
	case accepted:
		return t.FundingCreate
	case halfSigned, depHalfSigned, wdrawHalfSigned:
		return t.FundingSign
	case awaitingLocked, signed, depSigned, wdrawSigned:
		return t.FundingLock
	case awaitingSignature:
		return t.Sign
	}
	return 0
}

// timeout applies the rules of fsm.md 4 in their order.
func (f *fsm) timeout() {
	soloClosing := f.view.closing(f.channelID)
	switch {
	case f.state == mutualClosed:
		f.end()
	case soloClosing && (f.state == mutualClosing || f.state == awaitingSignature && f.op.kind == opShutdown):
		f.becomeIdle()
	case f.ongoing && f.signed == nil:
		// The responder between its create signature and open: nothing to fall back to.
		f.end()
	case f.ongoing:
		f.drops(lostTimeout)
		f.conflict(wire.ConflictTimeout, f.round)
		f.becomeOpen()
	case f.p.Role == roleResponder && f.p.KeepRunning:
	default:
		f.event(wire.EventTimeout)
		f.end()
	}
}

// becomeAwaitingSignature asks the client to sign op.
func (f *fsm) becomeAwaitingSignature(op operation) {
	f.op = op
	for i := range f.bent {
		if fn := f.bent[i].offer; fn != nil {
			fn(f, &f.op)
		}
	}
	f.state = awaitingSignature
	f.askToSign()
}

// becomeOpen enters open: ongoing is cleared, open is announced once and
// update whenever the co-signed round has not been reported yet (ws-api 6.4).
func (f *fsm) becomeOpen() {
	f.op, f.half = operation{}, operation{}
	f.ongoing = false
	f.state = open
	if f.status != statusOpen {
		f.status = statusOpen
		f.event(wire.EventOpen)
	}
	f.reportUpdate()
}

func (f *fsm) becomeClosing() {
	f.op, f.half = operation{}, operation{}
	f.ongoing = false
	f.state = channelClosing
	f.announceClosing()
	f.reportUpdate()
}

// becomeIdle falls back to where the channel rests: open, or channel_closing
// while the channel is solo-closing on chain.
func (f *fsm) becomeIdle() {
	if f.view.closing(f.channelID) {
		f.becomeClosing()
		return
	}
	f.becomeOpen()
}

func (f *fsm) announceClosing() {
	if f.status != statusClosing {
		f.status = statusClosing
		f.event(wire.EventClosing)
	}
}

func (f *fsm) reportUpdate() {
	if f.signed == nil || f.round == f.reported {
		return
	}
	f.reported = f.round
	f.report(famUpdate, updateNotice{f.signed})
}

// linkDown is the loss of the peer's machine (fsm.md 7).
func (f *fsm) linkDown() {
	f.forget(evPeer) // whoever sent them has gone
	if f.status == statusClosing {
		return
	}
	stays := f.p.Role == roleResponder && f.p.KeepRunning
	switch {
	case stays && f.status == statusOpen:
		f.event(wire.EventPeerDisconnected)
		f.becomeOpen()
	case stays && f.clientMayLeave:
		// Meant to stay, but there is no co-signed state to fall back to.
		f.event(wire.EventPeerDisconnected)
		f.end()
	default:
		f.end()
	}
}

// clientLost is the loss of the client's socket (fsm.md 7).
func (f *fsm) clientLost() {
	f.hasClient = false
	f.forget(evRequest)
	if !f.clientMayLeave {
		f.end()
	}
}

// forget drops the kept events of a kind.
func (f *fsm) forget(kind eventKind) {
	f.postponed = slices.DeleteFunc(f.postponed, func(ev event) bool { return ev.kind == kind })
}

// clientBack: another client has the machine. What the one before still waited
// for is gone with it.
func (f *fsm) clientBack() {
	f.forget(evRequest)
	f.hasClient = true
	f.info(wire.Info{Event: wire.EventFSMUp, FSMID: f.fsmID})
}

// takesCalls tells whether the state answers anything but queries; a client
// can reconnect only then (ws-api 2.2).
func (f *fsm) takesCalls() bool {
	switch f.state {
	case initialized, accepted, halfSigned, signed, awaitingOpen, awaitingConnect, awaitingReestablish, reestablishInit, ended:
		return false
	}
	return true
}
