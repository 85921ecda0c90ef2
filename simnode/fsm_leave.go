package simnode

import (
	"chanbot/tx"
	"chanbot/wire"
)

// Leaving a channel and coming back to it (fsm.md 6.8).

// saved is what the node keeps of a channel whose machine has ended.
type saved struct {
	fsmID    [32]byte
	params   connectParams
	terms    terms
	depth    depthSettings
	channel  tx.ID
	signed   *tx.SignedTx
	round    uint64
	balances balances
}

// snapshot returns what a machine can be reestablished from, and false when it
// has no co-signed state or the channel is closed.
func (f *fsm) snapshot() (saved, bool) {
	if f.signed == nil || f.state == channelClosed {
		return saved{}, false
	}
	s := saved{params: *f.p, terms: f.terms, depth: f.peerDepth, channel: f.channelID, signed: f.signed, round: f.round, balances: f.balances}
	for i := range f.bent {
		if fn := f.bent[i].saved; fn != nil {
			fn(&s)
		}
	}
	return s, true
}

// newReestablished returns the machine of a channel that the node knows from
// before. Its client may never leave without ending it (fsm.md 7).
func newReestablished(p *connectParams, s *saved, v view, cfg *Config, fsmID string) *fsm {
	f := &fsm{p: p, view: v, era: cfg.Era, forgiving: cfg.Forgiving, createVersion: cfg.createVersion(), fsmID: fsmID, hasClient: true,
		terms: s.terms, peerDepth: s.depth, channelID: s.channel, signed: s.signed, round: s.round, balances: s.balances, state: awaitingReestablish}
	f.setParties()
	if f.era != Era2020 {
		f.channelText = f.channelID.String()
	}
	if p.Role == roleInitiator {
		f.state = awaitingConnect
	}
	f.keptIn = f.state
	return f
}

func (f *fsm) leave() {
	f.reply(answer{})
	f.state = awaitingLeaveAck
	f.tell(peerMsg{kind: msgLeave})
}

// peerLeaves handles the peer's leave and tells whether it was expected.
func (f *fsm) peerLeaves(*peerMsg) bool {
	switch f.state {
	case open:
		f.reportLeave()
		f.tell(peerMsg{kind: msgLeaveAck})
		if f.p.Role == roleInitiator || !f.p.KeepRunning {
			f.end()
		}
		return true
	case awaitingLeaveAck:
		f.left()
		return true
	}
	return false
}

// left: the peer knows that this side goes.
func (f *fsm) left() {
	f.reportLeave()
	f.end()
}

func (f *fsm) reportLeave() {
	if f.signed != nil {
		f.report(famLeave, frameNotice(wire.AppendLeave(nil, f.channelText, f.signed.Text())))
	}
}

// reestablishAsked handles the initiator's return.
func (f *fsm) reestablishAsked(m *peerMsg) bool {
	if f.state != awaitingReestablish && f.state != open {
		return false
	}
	if m.channel != f.channelID || m.round != f.round || m.signed.Hash() != f.signed.Hash() {
		f.end() // differing states end both machines without a reason
		return true
	}
	f.tell(peerMsg{kind: msgReestAck, channel: f.channelID, signed: f.signed, round: f.round})
	f.becomeReestablished()
	return true
}

// reestablished: the responder holds the same state.
func (f *fsm) reestablished(m *peerMsg) {
	if m.signed.Hash() != f.signed.Hash() {
		f.end()
		return
	}
	f.becomeReestablished()
}

func (f *fsm) becomeReestablished() {
	stayed := f.state == open
	f.channelText = f.channelID.String()
	f.event(wire.EventChannelReestablished)
	f.status = statusAttached
	if !stayed || f.era != Era2020 {
		f.reported = 0 // update is shown again (ws-api 9, row 3)
	}
	if f.view.closing(f.channelID) && f.p.Role == roleInitiator {
		f.becomeClosing()
		return
	}
	f.becomeOpen()
}
