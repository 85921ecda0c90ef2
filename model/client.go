package model

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// Client is one side's view of one channel, over all the sockets that this
// side uses one after the other. Create it with NewClient. It takes one caller
// at a time. Frames must be told in the order in which they were put on the
// socket and taken from it, and a sent frame before it is written. The frames
// are kept: nobody may change their bytes afterwards.
type Client struct {
	cfg      Config
	parties  [2]tx.ID
	accounts [2]string // the texts of parties

	// The session.
	phase         Phase
	resume        Phase // where the socket before was when it ended
	untold        bool  // it died while the peer left, and was not told
	calmLoss      bool  // the socket before was lost while the channel was open and idle
	reconnected   bool  // this socket continues an earlier one
	stale         bool  // frames may have been missed: rules that need them wait
	missed        bool  // the next socket starts stale
	sawUp         bool  // on this socket
	closing       bool  // this client has broken a rule of WebSocket
	hangsUp       bool  // this client ends this socket
	carrier       bool  // this socket has shown the channel id
	fsmID         string
	channel       string
	channelID     tx.ID    // of channel, zero until it was compared
	channelIDs    []string // what the create transactions that were signed give
	step          int      // how much of the opening has come
	ending        string   // the last word that only "died" may follow
	reported      bool     // the state of ledger has been reported
	closed        bool     // a closing was ever announced
	shut          closeFlow
	errored       bool // channels.error came
	refusedSettle bool // the last conflict was a 1 in a channel that closes
	fellBack      bool // the last notification was aborted_update
	crossing      bool // a solo transaction was signed, and no notification has come since

	// Leave and reestablish.
	reestablish reestablishStep
	stayed      bool // this state machine lived on while the peer's came back
	leaveAsked  bool // this client ever asked to leave
	leaveSent   bool // and no notification has come since
	leaving     bool // channels.leave came
	hasLeft     bool // the same, until this side comes back
	alone       bool // the peer's state machine has gone

	// Requests.
	queue    []*request  // sent on this socket and not known to be handled
	few      [2]*request // room of queue when there are not more
	asked    []*request  // own operations that were not offered yet
	collided *request    // own request that ended another one, which the peer had not heard of
	other    *Client     // the peer's, set by NewPair
	raw      []byte      // the frame that is being judged
	found    []Violation
	checks   int // signatures that could have been verified

	// The pending operation and the last state.
	op         *op
	announced  string   // the info event whose request to sign has not come
	owed       *request // an accepted abort whose aborted_update has not come
	batched    *request // the same of a batch, which may abort what came with it
	seen       [4]*op   // the last offers, the newest before seenNext
	seenNext   int
	create     *op // the create transaction, while it is not open
	ledger     ledger
	deposited  *big.Int // all coins put in; nil when not known
	reserve    *big.Int
	leads      bool       // the peer may not have the last state: it was started by it, or waited for depth
	chainText  string     // the last co-signed transaction seen on its way to the chain
	lostClose  bool       // a mutual close that this side signed ended without being reported
	lost       bool       // an operation that this side signed ended without a state since then
	astray     *op        // the last own one of them that the node said is gone
	chainRound uint64     // of the last state that is known to be on chain, 0 when not known
	snapshots  int        // own snapshots on chain whose depth was not reported
	assumedTx  []string   // hashes of assume_minimum_depth
	given      [8]tx.Hash // the last transactions that this client signed
	givenNext  int

	next *foreseen // what the transfer that was looked at last leads to, until it is reported

	crossings crossings

	// What makes rules milder.
	loose   bool // a signature was sent that nothing asked for
	solo    bool // a solo operation was asked for
	assumed bool // assume_minimum_depth was sent
	ended   bool // this client did something that can end the channel
	stopped bool // a system stop was sent

	log pairLog
}

// NewClient returns the view of a side that has no socket yet. It panics if
// cfg has no role, which is a bug of the caller.
func NewClient(cfg Config) *Client {
	_ = cfg.Role.Index()
	c := &Client{cfg: cfg.withDefaults()}
	c.becomeOffline()
	c.reset()
	return c
}

// Connected tells that a socket of this side was opened. With reconnect it
// continues the channel of the sockets before (existing_channel_id), otherwise
// everything known so far is forgotten.
func (c *Client) Connected(reconnect bool) {
	dead := c.over()
	c.calmLoss = c.calmLoss && c.phase == PhaseOffline
	switch {
	case !reconnect:
		c.reset()
	case dead:
		c.op, c.create, c.stale = nil, nil, c.stale || c.missed
		c.loseMessages()
		c.chainRound, c.shut = 0, closeFlow{before: c.shut.said || c.shut.before, past: true, mutual: c.shut.mutual}
	default:
		c.stale, c.shut.gap = true, true
		c.chainRound = 0
	}
	c.reestablish, c.leaving, c.hasLeft, c.errored = reestablishNone, false, false, false
	if dead && reconnect {
		c.reestablish, c.alone, c.stopped = reestablishWaits, false, false
	}
	c.missed, c.reconnected, c.untold = false, reconnect, false
	c.sawUp, c.carrier, c.hangsUp = false, false, false
	c.queue, c.owed, c.batched, c.announced, c.ending, c.closing = nil, nil, nil, "", "", false
	c.becomeConnecting()
}

// reset forgets the channel.
func (c *Client) reset() {
	keep := *c
	*c = Client{cfg: keep.cfg, phase: keep.phase, checks: keep.checks}
	c.setParty(outcome.Initiator, c.cfg.Initiator)
	c.setParty(outcome.Responder, c.cfg.Responder)
	if c.reserve = c.cfg.ChannelReserve; c.reserve == nil {
		c.reserve = new(big.Int)
	}
	if i, r := c.cfg.InitiatorAmount, c.cfg.ResponderAmount; i != nil && r != nil {
		c.deposited = new(big.Int).Add(i, r)
		c.ledger.known = true
		c.ledger.balances = balances{new(big.Int).Sub(i, c.cfg.PushAmount), new(big.Int).Add(r, c.cfg.PushAmount)}
	}
}

func (c *Client) setParty(r outcome.Role, id tx.ID) {
	c.parties[r.Index()], c.accounts[r.Index()] = id, id.String()
}

// Phase returns where the channel is in its life.
func (c *Client) Phase() Phase { return c.phase }

// Round returns the round of the last co-signed state that was reported to
// this side, 0 before the first one.
func (c *Client) Round() uint64 { return c.ledger.round }

// Balances returns the balances of that state, before the first one those that
// the connection parameters give, and nil, nil when they are not known, for
// example after a contract call. They must not be changed, and never are.
func (c *Client) Balances() (initiator, responder *big.Int) {
	if !c.ledger.known {
		return nil, nil
	}
	return c.ledger.balances[0], c.ledger.balances[1]
}

// LastSigned returns the last co-signed state that the node has shown to this
// side, or nil. It must not be changed.
func (c *Client) LastSigned() *tx.SignedTx { return c.ledger.signed }

// ChannelID returns the channel's id, "" while it is not known.
func (c *Client) ChannelID() string { return c.channel }

// FSMID returns the id that opens the node's saved state for a reconnect, ""
// while it is not known. It is to be treated like a secret.
func (c *Client) FSMID() string { return c.fsmID }

// Pending returns the tag of the operation that is under way: offered to this
// client and neither reported as co-signed nor lost. signed tells whether this
// client has answered it with a signature.
func (c *Client) Pending() (tag string, signed bool) {
	if c.op == nil {
		return "", false
	}
	return c.op.tag, c.op.signed
}

// Unanswered returns how many requests with an id wait for their answer.
func (c *Client) Unanswered() int {
	n := 0
	for _, r := range c.queue {
		if r.mustAnswer() {
			n++
		}
	}
	return n
}

// String shows the view in one line, for logs and test failures.
func (c *Client) String() string {
	tag, signed := c.Pending()
	return fmt.Sprintf("%s %s round %d pending %q signed %v unanswered %d", c.cfg.Role, c.phase, c.ledger.round, tag, signed, c.Unanswered())
}

// certain reports whether this side has seen everything that happened.
func (c *Client) certain() bool { return !c.stale && !c.cfg.Unreported }

// kept reports whether the last state is known to be the one from before a gap:
// nothing was under way then, and none is made without this side's signature but
// by a forced progress (fsm 6.7, 7).
func (c *Client) kept() bool {
	p := c.other
	return c.stale && c.calmLoss && c.reconnected && !c.lost && !c.loose && !c.solo &&
		p != nil && p.other == c && p.channel == c.channel && !p.solo
}

// current reports whether this side knows the last state.
func (c *Client) current() bool { return c.certain() || c.kept() && !c.cfg.Unreported }

func (c *Client) violate(rule, expected, got string) {
	c.found = append(c.found, Violation{Role: c.cfg.Role, Rule: rule, Expected: expected, Got: got,
		Frame: bytes.Clone(c.raw[:min(len(c.raw), keptFrame)])})
}

// quirk reports what is allowed unless Config.Deny names it.
func (c *Client) quirk(name, expected, got string) {
	if slices.Contains(c.cfg.Deny, name) || slices.Contains(c.cfg.Deny, "all") {
		c.violate(name, expected, got)
	}
}

// Received judges one frame from the node and updates the view. The result is
// empty when the frame is one that a correct node may send here.
func (c *Client) Received(f *wire.Frame) []Violation {
	if f == nil {
		return nil
	}
	c.raw, c.found = f.Raw, nil
	if c.phase == PhaseOffline {
		c.Connected(false)
	}
	c.judge(f)
	c.raw = nil
	return c.found
}

func (c *Client) judge(f *wire.Frame) {
	switch f.Kind {
	case wire.KindResult, wire.KindError:
		c.envelope(f)
		c.answer(f)
	case wire.KindNotification:
		c.leaveSent = false
		c.envelope(f)
		c.notification(f)
	case wire.KindBatch:
		c.batch(f)
	case wire.KindInvalid:
		c.violate(RuleNotJSON, "JSON text", excerpt(f.Raw))
	default:
		c.violate(RuleUnknownFrame, "an answer or a notification", excerpt(f.Raw))
	}
}

// batch judges the answers to a batch of requests (ws-api 3.1).
func (c *Client) batch(f *wire.Frame) {
	if len(f.Batch) < 2 {
		c.violate(RuleUnknownFrame, "two or more answers in a batch", excerpt(f.Raw))
	}
	for i := range f.Batch {
		m := &f.Batch[i]
		if m.Kind != wire.KindResult && m.Kind != wire.KindError {
			c.violate(RuleUnknownFrame, "answers in a batch", excerpt(m.Raw))
			continue
		}
		c.envelope(m)
		c.answer(m)
	}
}
