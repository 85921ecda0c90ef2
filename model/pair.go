package model

import (
	"bytes"
	"math/big"
	"slices"
	"strconv"

	"chanbot/wire"
)

// Pair compares the two sides of one channel. It has no state but what its two
// clients remember between two checks, and that each knows the other one.
type Pair struct{ Initiator, Responder *Client }

// NewPair returns the pair of two clients. From then on the clients may only be
// used one at a time.
func NewPair(initiator, responder *Client) *Pair {
	initiator.other, responder.other = responder, initiator
	return &Pair{initiator, responder}
}

// peerCalm reports whether the peer's client has nothing to do with the end of
// the channel.
func (c *Client) peerCalm() bool {
	p := c.other
	return p != nil && p.other == c && p.certain() && !p.log.gap && !p.closed && !p.solo && !p.stopped && !p.leaveAsked && p.reestablish == reestablishNone && p.phase == PhaseOpen
}

// peerIdle reports whether it is certain that the peer's client has done nothing
// since the last check that could end an operation of this one.
func (c *Client) peerIdle() bool {
	p := c.other
	return p != nil && p.other == c && p.certain() && !p.log.gap && p.log.ops == 0 && !p.log.pending && p.op == nil && !p.stopped && !p.leaveAsked
}

// Check judges what holds between the sides at a quiet point: every frame that
// either socket had was told, and nothing is under way that either client knows
// how to wait for. It looks at what happened since the last Check and forgets
// it. Nobody may use the clients at the same time.
func (p *Pair) Check() []Violation {
	i, r := p.Initiator, p.Responder
	i.found, i.raw, r.found, r.raw = nil, nil, nil, nil
	if i.channel != "" && r.channel != "" && i.channel != r.channel {
		i.violate(RulePairChannel, r.channel, i.channel)
	} else {
		p.state()
		p.coins(i)
		p.coins(r)
		messages(i, r)
		messages(r, i)
		conflicts(i, r)
		conflicts(r, i)
		p.lostCalmly()
		p.refusedCalmly()
		p.deaths()
		p.leaves()
	}
	i.quiet()
	r.quiet()
	found := append(i.found, r.found...)
	i.found, r.found = nil, nil
	late := [2]bool{i.stillLate(r), r.stillLate(i)}
	i.nextLog()
	r.nextLog()
	i.log.late, r.log.late = late[0], late[1]
	return found
}

// stillLate reports whether the peer was told of a conflict that has not come to
// this side. It may take more than one check.
func (c *Client) stillLate(peer *Client) bool {
	return !c.log.told() && (peer.log.told() || c.log.late && peer.crossings.refused > c.crossings.refused)
}

// nextLog forgets what was judged. Messages on their way and aborts whose
// conflict has not come are kept.
func (c *Client) nextLog() {
	c.log = pairLog{messagesSent: c.log.messagesSent, aborts: c.log.aborts,
		pending: c.op != nil || len(c.asked) > 0 || len(c.queue) > 0, calm: c.settled() && len(c.asked) == 0, from: c.ledger.round,
	}
}

// settled reports whether this side is sure of its state.
func (c *Client) settled() bool { return c.certain() && c.idle() }

// idle reports whether nothing is under way that this side knows of.
func (c *Client) idle() bool {
	return c.phase == PhaseOpen && c.op == nil && c.owed == nil && c.ledger.signed != nil && c.reported
}

// state compares the co-signed states.
func (p *Pair) state() {
	i, r := p.Initiator, p.Responder
	if !i.settled() || !r.settled() {
		return
	}
	if bytes.Equal(i.ledger.signed.Tx, r.ledger.signed.Tx) {
		return
	}
	expected := "the same state as the responder, round " + number(r.ledger.round)
	got := "round " + number(i.ledger.round)
	ahead, behind := i, r
	if r.ledger.round > i.ledger.round {
		ahead, behind = r, i
	}
	if ahead.ledger.round == behind.ledger.round+1 && ahead.leads && behind.lost {
		i.quirk(QuirkSplitChannel, expected, got)
		return
	}
	i.violate(RulePairState, expected, got)
}

// coins judges that the balances add up.
func (p *Pair) coins(c *Client) {
	if !c.ledger.known || c.deposited == nil || c.ledger.round == 0 || !c.certain() {
		return
	}
	sum := new(big.Int).Add(c.ledger.balances[0], c.ledger.balances[1])
	if sum.Cmp(c.deposited) != 0 {
		c.violate(RulePairCoins, c.deposited.String()+" in both balances", c.ledger.balances.String())
	}
}

// doubtLimit bounds how many messages are kept that may have been lost.
const doubtLimit = 64

// messages compares what from sent with what to got. The link between the two
// state machines keeps the order.
func messages(from, to *Client) {
	if from.log.gap || to.log.gap || !from.certain() || !to.certain() {
		from.log.messagesSent = doubtful(from.log.messagesSent, to.log.messagesGot)
		return
	}
	sent := from.log.messagesSent
	doubtTwins(sent)
	for _, got := range to.log.messagesGot {
		n := slices.IndexFunc(sent, func(r *request) bool { return r.carries(got) })
		if n < 0 {
			to.violate(RulePairMessage, "a message that the "+from.cfg.Role.String()+" sent", quoted(got))
			continue
		}
		if lost := slices.IndexFunc(sent[:n], (*request).deliverable); lost >= 0 && !from.cfg.MsgForwarding && !to.cfg.MsgForwarding {
			to.violate(RulePairMessageLost, excerpt(sent[lost].req.Params), "the later "+quoted(got))
		}
		sent = sent[n+1:]
	}
	if from.over() || to.over() {
		sent = doubtful(sent, nil) // nobody delivers what was on its way
	}
	from.log.messagesSent = slices.Clone(sent)
}

// loseMessages notes that the state machine of this side has ended: what was on
// its way to it or from it need not come.
func (c *Client) loseMessages() {
	c.log.messagesSent = doubtful(c.log.messagesSent, nil)
	if c.other != nil {
		c.other.log.messagesSent = doubtful(c.other.log.messagesSent, nil)
	}
}

// over reports whether the state machine of this side has ended, and no other has
// taken its place.
func (c *Client) over() bool {
	return c.phase == PhaseDead || c.phase == PhaseOffline && c.resume == PhaseDead
}

// doubtful returns the messages of which nobody knows whether they are still on
// their way, because a side has not seen everything: they may come, and need not.
// What has come is not among them, nor what the order says is lost.
func doubtful(sent []*request, got []string) []*request {
	for _, info := range got {
		if n := slices.IndexFunc(sent, func(r *request) bool { return r.carries(info) }); n >= 0 {
			sent = sent[n+1:]
		}
	}
	sent = slices.Clone(sent[max(len(sent)-doubtLimit, 0):])
	for _, r := range sent {
		r.apart = true
	}
	return sent
}

// doubtTwins marks the messages that say the same as an earlier one which need
// not come: which of them came cannot be told. What may be said in other words may
// be any of the later ones.
func doubtTwins(sent []*request) {
	for i, r := range sent {
		if !r.apart {
			continue
		}
		info, ok := r.info()
		for _, later := range sent[i+1:] {
			later.apart = later.apart || !ok || later.carries(info)
		}
	}
}

// info returns what a message says; ok is false when that is no plain text, which
// the node may pass on in other words (ws-api 4.1).
func (r *request) info() (text string, ok bool) {
	members, _ := wire.Members(r.req.Params)
	text, ok = wire.Text(members["info"])
	return text, ok && plain(text)
}

// carries reports whether a message was sent with this info, as far as that can
// be told.
func (r *request) carries(info string) bool {
	text, ok := r.info()
	return !ok || text == info
}

// deliverable reports whether a message was certainly one that the node sends
// on: answered with "ok" or without an id, in a channel that both have signed.
// Before that, and before a reestablish is done, the peer's state machine need
// not know of this one.
func (r *request) deliverable() bool {
	_, ok := r.info()
	return ok && !r.early && !r.apart
}

// conflicts judges the conflicts of one side by what the other one did.
func conflicts(c, peer *Client) {
	if c.log.gap || peer.log.gap || !c.certain() || !peer.certain() {
		peer.log.aborts = nil
		return
	}
	aborting := peer.owed != nil || peer.find(func(r *request) bool { return r.kind == callAbort }) >= 0
	for _, code := range c.log.conflicts {
		if i := slices.Index(peer.log.aborts, code); i >= 0 {
			peer.log.aborts = slices.Delete(peer.log.aborts, i, i+1)
			continue
		}
		switch code {
		case wire.ConflictValidation, wire.ConflictConflict, wire.ConflictTimeout, wire.ConflictRejected:
		default:
			if !aborting {
				c.violate(RulePairConflict, "an abort "+strconv.Itoa(code)+" of the "+peer.cfg.Role.String(), "conflict "+strconv.Itoa(code))
			}
		}
	}
	for _, round := range c.log.oddRounds {
		if round < peer.log.from || round > peer.ledger.round {
			c.violate(RulePairConflict, "a round that the "+peer.cfg.Role.String()+" has", "round "+number(round))
		}
	}
	// One that the peer was told of before may come late: it is that of then. And
	// what the peer proposed may never be shown here, but refused at once, whatever
	// has become of it there: its twin may be co-signed (fsm 5.1).
	unseen := peer.crossings.proposed - c.crossings.shown - c.crossings.refused
	if c.log.unprovoked > 0 && unseen < 0 && c.log.ops == 0 && peer.log.ops == 0 && !c.log.pending && !peer.log.pending && !(c.log.late && c.log.unprovoked == 1) {
		c.violate(RulePairConflict, "no conflict without an operation", strconv.Itoa(c.log.unprovoked)+" conflicts")
	}
	if o := c.op; o != nil && o.spec.own && o.signed && !o.maybe && c.phase == PhaseOpen && peer.phase == PhaseOpen {
		switch {
		case len(peer.log.aborts) > 0:
			c.violate(RulePairAbort, "a conflict "+strconv.Itoa(peer.log.aborts[0])+" for "+o.tag, "it is still pending")
		case o.spec.kind == kindUpdate && peer.ledger.signed != nil && peer.reported && o.holds(peer.ledger.signed.Tx):
			c.violate(RulePairState, "the report of round "+number(o.round)+" that the "+peer.cfg.Role.String()+" has", "none")
		}
	}
}

// deaths judges the end of both sides.
func (p *Pair) deaths() {
	i, r := p.Initiator, p.Responder
	crossing := func(a, b *Client) bool { return a.log.death == deathShutdown && b.log.death == deathProposal }
	const expected = "an open channel until somebody ends it"
	switch {
	case i.log.timeout || r.log.timeout:
	case i.log.death == deathShutdown && r.log.death == deathShutdown:
		i.quirk(QuirkBothShutdown, expected, "info died on both sides, which both signed a shutdown")
	case crossing(i, r), crossing(r, i):
		i.quirk(QuirkDeadlyCrossing, expected, "info died on both sides: a shutdown met another operation")
	case i.log.deadOpen && r.log.deadOpen:
		i.quirk(QuirkDiedUnexplained, expected, "info died on both sides")
	}
}

// leaves judges that somebody asked to leave.
func (p *Pair) leaves() {
	i, r := p.Initiator, p.Responder
	if !i.certain() || !r.certain() {
		return
	}
	for _, c := range []*Client{i, r} {
		peer := i
		if c == i {
			peer = r
		}
		switch {
		case c.log.left == 0:
		case !i.leaveAsked && !r.leaveAsked:
			c.violate(RulePairLeave, "no channels.leave before a client asks", "channels.leave")
		case c.leaveAsked && !peer.hasLeft && peer.log.left == 0 && (peer.phase == PhaseDead || peer.alone) && !peer.log.gap && !c.log.gap:
			c.violate(RulePairLeave, "channels.leave on both sides", "channels.leave on one")
		}
	}
}

// quiet judges what one side must have got when nothing is under way.
func (c *Client) quiet() {
	if c.phase != PhaseOpen || c.op != nil || !c.certain() {
		return
	}
	if c.owed != nil {
		c.violate(RuleAbortSwallowed, "info aborted_update after the accepted abort", "nothing")
		c.owed = nil
	}
	for _, r := range c.queue {
		if r.mustAnswer() {
			c.violate(RulePairUnanswered, "the answer to "+r.name(), "none")
		}
	}
}
