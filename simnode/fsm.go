package simnode

import (
	"math/big"
	"sync"
	"time"

	"chanbot/tx"
	"chanbot/wire"
)

// fsm is one participant's state machine of one channel: a plain value without
// a clock, a network or goroutines. Step takes one event and returns what has
// to be done because of it. The two sides of a channel are two values that only
// know each other through peer messages, like the real node's processes.
//
// Source of its behaviour: fsm.md; the section is named where it matters.
type fsm struct {
	p    *connectParams
	view view
	era  Era
	// forgiving switches the deadly quirks of fsm.md 3.2 and 3.4 off.
	forgiving bool
	// createVersion is the version of the create transactions it writes.
	createVersion int

	own, peer        tx.ID
	ownText, peerTxt string
	fsmID            string

	state  state
	op     operation // valid in awaitingSignature
	half   operation // the own, signed operation that waits for the peer
	locked *tx.SignedTx
	// lockedKind tells what awaiting_locked and the *_signed states wait for.
	lockedKind opKind

	// ongoing is the flag "an update is in progress" (fsm.md 1).
	ongoing bool
	status  channelStatus
	// clientMayLeave is false until this client has answered its create request.
	clientMayLeave bool
	hasClient      bool

	channelID   tx.ID
	channelText string

	// terms are the conditions of the channel; the responder takes over the
	// initiator's with channel_open.
	terms terms
	// depth settings that the responder sent with channel_accept.
	peerDepth depthSettings

	signed   *tx.SignedTx // last co-signed state, nil before the create is signed
	round    uint64
	balances balances
	reported uint64 // round of the last channels.update, 0 for none

	// postponed holds, in order, the events that this state keeps for the next;
	// keptIn is the state in which they were offered last.
	postponed []event
	keptIn    state
	posting   opKind // what evPosted answers
	// peerCode and peerRound are what the peer gave as the reason of its shutdown_error.
	peerCode  int
	peerRound uint64
	// assumed are the hashes that assume_minimum_depth has confirmed early.
	assumed map[tx.Hash]bool
	// settle is the signed settle that waits for the end of the lock period.
	settle *tx.SignedTx

	// stale holds code-2 notices that came too late, until the channel goes on
	// to another round (era 2020 only).
	stale []peerMsg

	// now is when the present event happened; it only dates the history.
	now     time.Time
	history []historyEntry // a ring: entry n stands at n % len
	noted   int

	ended bool
	out   *[]action // of the present Step; nil once done

	// bent are the defects; nil without any.
	bent []machineHooks
}

// terms are what both sides have to agree on.
type terms struct {
	initiator, responder             tx.ID
	initiatorAmount, responderAmount *big.Int
	push, reserve                    *big.Int
	lockPeriod                       uint64
}

// view is what a state machine may look up on the chain. Reading only.
type view interface {
	// top is the height of the newest key block.
	top() uint64
	// nextNonce is the nonce for the next transaction of an account.
	nextNonce(id tx.ID) uint64
	// blockHeight finds a key or micro block by its hash.
	blockHeight(h tx.Hash) (uint64, bool)
	// verify tells whether sig is id's signature of the unsigned transaction, in raw or hash form.
	verify(id tx.ID, unsigned, sig []byte) bool
	// signer is who is known, without another look, to have made sig; the zero
	// value when nobody is.
	signer(unsigned, sig []byte) tx.ID
	// closing tells whether the channel is solo-closing on chain.
	closing(channel tx.ID) bool
	// onChain is the state of a channel on chain: its round and, while it is
	// solo-closing, the height until which it is locked.
	onChain(channel tx.ID) (round, lockedUntil uint64)
}

// channelStatus drives the one-time open and closing events.
type channelStatus uint8

const (
	statusNone channelStatus = iota
	statusAttached
	statusOpen
	statusClosing
)

// operation is a transaction on its way to be co-signed.
type operation struct {
	kind opKind
	own  bool // requested by this side's client
	// offer is the transaction as it was shown to the client to be signed, and
	// once signed as it goes to the peer.
	offer   *tx.SignedTx
	inner   tx.Tx
	updates []update
	after   balances
	round   uint64
	// pinned is the height of the block that the operation is pinned to.
	pinned uint64
}

// newFSM returns the machine of a new channel in its first state.
func newFSM(p *connectParams, v view, cfg *Config, fsmID string) *fsm {
	f := &fsm{p: p, view: v, era: cfg.Era, forgiving: cfg.Forgiving, createVersion: cfg.createVersion(), fsmID: fsmID, hasClient: true}
	f.terms = terms{
		initiator: p.InitiatorID, responder: p.ResponderID,
		initiatorAmount: p.InitiatorAmount, responderAmount: p.ResponderAmount,
		push: p.PushAmount, reserve: p.ChannelReserve, lockPeriod: p.LockPeriod,
	}
	f.balances = f.terms.first()
	f.setParties()
	if p.Role == roleInitiator {
		f.state = awaitingConnect
	} else {
		f.state = awaitingOpen
	}
	f.keptIn = f.state
	return f
}

func (f *fsm) setParties() {
	if f.p.Role == roleInitiator {
		f.own, f.peer = f.terms.initiator, f.terms.responder
	} else {
		f.own, f.peer = f.terms.responder, f.terms.initiator
	}
	f.ownText, f.peerTxt = f.own.String(), f.peer.String()
}

// first returns the balances of round 1 (ws-api 7).
func (t terms) first() balances {
	return balances{
		initiator: new(big.Int).Sub(t.initiatorAmount, t.push),
		responder: new(big.Int).Add(t.responderAmount, t.push),
	}
}

// Step handles one event. The returned actions are valid until done or the next
// Step. An ended machine ignores everything.
func (f *fsm) Step(ev event) []action {
	f.done()
	if f.ended {
		return nil
	}
	f.out = actionLists.Get().(*[]action)
	f.now = ev.at
	if f.bent == nil {
		f.handle(ev)
	} else if !f.handleBent(ev) {
		return *f.out
	}
	// Kept events are offered again after every change of state, oldest first,
	// until a whole pass changes nothing. What the pool says to a transaction
	// comes before them.
	for f.posting == opNone && f.state != f.keptIn && !f.ended && len(f.postponed) > 0 {
		f.keptIn = f.state
		kept := f.postponed
		f.postponed = nil
		for i, k := range kept {
			if f.ended {
				break
			}
			f.handle(k)
			if f.state != f.keptIn || f.posting != opNone {
				f.postponed = append(f.postponed, kept[i+1:]...)
				break
			}
		}
	}
	if f.posting == opNone {
		f.keptIn = f.state
	}
	return *f.out
}

// handleBent is handle with the mistakes of defects. It returns false when they
// keep the event from the machine.
func (f *fsm) handleBent(ev event) bool {
	if !f.takes(&ev) {
		return false
	}
	f.handle(ev)
	f.handled(&ev)
	return true
}

// actionLists are for the actions of a Step. A machine has none while it waits,
// which is what most of them do.
var actionLists = sync.Pool{New: func() any { return new([]action) }}

// done says that the actions of the last Step are carried out.
func (f *fsm) done() {
	if f.out == nil {
		return
	}
	clear(*f.out)
	*f.out = (*f.out)[:0]
	actionLists.Put(f.out)
	f.out = nil
}

func (f *fsm) handle(ev event) {
	switch ev.kind {
	case evRequest:
		f.request(ev)
	case evSigned:
		f.answered(ev)
	case evPeer:
		f.note(historyReceive, ev.msg.kind.historyTag(), nil)
		f.peerMessage(ev)
	case evLinkUp:
		f.linkUp()
	case evLinkDown:
		f.linkDown()
	case evRefused:
		f.end()
	case evTimer:
		f.timeout()
	case evMined:
		f.mined(ev)
	case evDepth:
		f.depthReached(ev.signed)
	case evPosted:
		f.posted(ev.ok)
	case evClientLost:
		f.clientLost()
	case evClientBack:
		f.clientBack()
	case evForeign:
		f.pass(famMessage, frameNotice(ev.msg.text))
	case evStarted:
		f.note(historyReport, historyTag(famInfo), nil) // fsm_up
	case evStop:
		f.reply(answer{})
		f.end()
	}
}

// keep postpones an event until the state has changed.
func (f *fsm) keep(ev event) { f.postponed = append(f.postponed, ev) }

func (f *fsm) emit(a action) { *f.out = append(*f.out, a) }

func (f *fsm) reply(a answer) { f.emit(action{kind: actReply, reply: a}) }

func (f *fsm) tell(m peerMsg) {
	if f.bent != nil {
		f.bendMessage(m)
		return
	}
	f.send(m)
}

func (f *fsm) send(m peerMsg) {
	f.note(historySend, m.kind.historyTag(), nil)
	f.emit(action{kind: actPeer, msg: &m})
}

// report tells the client something.
func (f *fsm) report(fam family, n notice) {
	if f.bent == nil {
		f.pass(fam, n)
		return
	}
	for _, b := range f.notifications(frameOf(n, f.channelText)) {
		f.pass(fam, frameNotice(b))
	}
}

// pass sends a notification to the client, or keeps it in the history alone
// when there is no client or its family is switched off.
func (f *fsm) pass(fam family, n notice) {
	if fam == famSign {
		f.note(historyRequest, historyTag(famSign), n)
	} else {
		f.note(historyReport, historyTag(fam), n)
	}
	if f.reports(fam) {
		f.emit(action{kind: actNotify, frame: frameOf(n, f.channelText)})
	}
}

func (f *fsm) info(i wire.Info) {
	f.report(famInfo, frameNotice(wire.AppendInfo(nil, f.channelText, i)))
}

func (f *fsm) event(name string) { f.report(famInfo, eventNotice(name)) }

func (f *fsm) onChain(info string, s *tx.SignedTx, typ string) {
	f.report(famOnChain, frameNotice(wire.AppendOnChainTx(nil, f.channelText, wire.OnChainTx{Info: info, Type: typ, Tx: s.Text()})))
}

func (f *fsm) conflict(code int, round uint64) {
	f.report(famConflict, frameNotice(wire.AppendConflict(nil, f.channelText, wire.Conflict{
		ChannelID: f.channelText, Code: code, Message: wire.ConflictMessage(code), Round: round})))
}

func (f *fsm) reports(fam family) bool {
	if !f.hasClient {
		return false
	}
	switch fam {
	case famInfo:
		return f.p.ReportInfo
	case famUpdate:
		return f.p.ReportUpdate
	case famConflict:
		return f.p.ReportConflict
	case famOnChain:
		return f.p.ReportOnChainTx
	case famMessage:
		return f.p.ReportMessage
	case famLeave:
		return f.p.ReportLeave
	}
	return true
}

// end reports died and ends the machine.
func (f *fsm) end() {
	f.event(wire.EventDied)
	f.ended = true
	f.state = ended
	f.emit(action{kind: actEnd})
}
