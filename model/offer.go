package model

import (
	"math/big"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// examine reads a request to sign and says what is wrong with the transaction
// in it, without a change to the view. It returns nil for an unknown tag.
func (c *Client) examine(s *wire.Sign) *op {
	spec, ok := tagSpecs[s.Tag]
	if !ok {
		return nil
	}
	o := &op{tag: s.Tag, spec: spec, text: s.SignedTx}
	signed, err := c.parse(s.SignedTx)
	if err != nil {
		o.fail(RuleSignShape, "a signed_tx", quoted(s.SignedTx))
		return o
	}
	o.offer = signed
	inner, err := c.decode(o)
	if err != nil {
		o.fail(RuleSignShape, "a "+spec.txType, quoted(s.SignedTx))
		return o
	}
	if _, general := inner.(*tx.GAMeta); general {
		return o // generalized accounts are not judged
	}
	if inner.Type() != spec.txType {
		o.fail(RuleSignShape, "a "+spec.txType, "a "+inner.Type())
		return o
	}
	o.inner = inner
	switch o.spec.kind {
	case kindCreate, kindShutdown, kindSolo:
		if len(s.Updates) > 0 && s.Tag != wire.TagForceProgressTx {
			o.fail(RuleSignShape, "no updates", describe(s.Updates))
		}
	}
	switch t := inner.(type) {
	case *tx.Create:
		c.examineCreate(o, t)
	case *tx.OffChain:
		c.examineState(o, s.Updates, t.ChannelID, t.Round, t.StateHash)
	case *tx.Deposit:
		c.examineState(o, s.Updates, t.ChannelID, t.Round, t.StateHash)
		c.examinePayer(o, t.FromID)
		c.examineAmount(o, s.Updates, t.Amount)
	case *tx.Withdraw:
		c.examineState(o, s.Updates, t.ChannelID, t.Round, t.StateHash)
		c.examinePayer(o, t.ToID)
		c.examineAmount(o, s.Updates, t.Amount)
	case *tx.CloseMutual:
		c.examineMutual(o, t)
	case *tx.CloseSolo:
		c.examineSolo(o, t.ChannelID, t.FromID, t.Payload, t.PoI)
	case *tx.Slash:
		c.examineSolo(o, t.ChannelID, t.FromID, t.Payload, t.PoI)
	case *tx.Settle:
		c.examineSettle(o, t)
	case *tx.SnapshotSolo:
		c.examineSolo(o, t.ChannelID, t.FromID, t.Payload, nil)
	case *tx.ForceProgress:
		c.examineChannel(o, t.ChannelID)
	}
	c.examineSignatures(o)
	return o
}

func (c *Client) examineChannel(o *op, id tx.ID) {
	if c.channel == "" || id == c.channelID {
		return
	}
	if got := id.String(); got != c.channel {
		o.fail(RuleOfferChannel, c.channel, got)
		return
	}
	c.channelID = id
}

// examineState judges a transaction that makes a new state.
func (c *Client) examineState(o *op, updates []wire.Update, id tx.ID, round uint64, hash tx.Hash) {
	c.examineChannel(o, id)
	o.round, o.moved = round, moved(updates)
	for i := range updates {
		u := &updates[i]
		if a := u.Amount; a != nil && a.Sign() < 0 {
			o.fail(RuleOfferBalance, "an amount of 0 or more", a.String()) // refused with 1002 (ws-api 4.2)
		}
		if u.Op == wire.OpTransfer && !c.betweenAccounts(u.From, u.To) {
			o.fail(RuleOfferBalance, "a transfer from one party to the other", describe(updates[i:i+1])) // refused with 1003
		}
	}
	if want := c.ledger.round + 1; round != want {
		if !c.stale || c.kept() {
			o.fail(RuleOfferRound, "round "+number(want), "round "+number(round))
		} else if round < want {
			o.fail(RuleOfferRound, "round "+number(want)+" or later", "round "+number(round))
		}
		return
	}
	if !c.ledger.known {
		return
	}
	after, got, ok, below := c.foresee(updates)
	if !ok {
		return
	}
	if got != hash {
		if !c.stale || c.kept() {
			o.fail(RuleOfferStateHash, stateText(got)+" for "+after.String(), stateText(hash))
		}
		return
	}
	o.known, o.after = true, after
	if below != nil {
		o.fail(RuleOfferBalance, "at least the reserve of "+c.reserve.String()+" left for the "+below.role.String(), below.left.String())
	}
}

// examineSignatures judges the signatures that an offer comes with.
func (c *Client) examineSignatures(o *op) {
	switch {
	case o.spec.own:
		if n := len(o.offer.Signatures); n > 0 {
			o.fail(RuleOfferSignatures, "no signature yet", number(uint64(n))+" signatures")
		}
	case len(o.offer.Signatures) == 0:
		o.fail(RuleOfferSignatures, "the peer's signature", "no signature")
	default:
		peer := c.parties[c.cfg.Role.Peer().Index()]
		if create, ok := o.inner.(*tx.Create); ok && peer.IsZero() {
			peer = create.InitiatorID
		}
		if !c.verified(o.offer, o.spec.kind != kindUpdate, peer) {
			o.fail(RuleOfferSignatures, "the peer's signature", "none that verifies")
		}
		o.checked = true
	}
}

// examineCreate judges the create transaction. The node makes the initiator's
// from its own connection parameters; the responder's node compares only the
// state hash (ws-api 2.1).
func (c *Client) examineCreate(o *op, t *tx.Create) {
	o.round = 1
	if c.cfg.Role == outcome.Initiator {
		c.compareCreate(o, t)
	}
	if !c.ledger.known {
		return
	}
	ids := c.parties
	c.learnParties(t)
	if got := c.hash(c.ledger.balances); got != t.StateHash {
		o.fail(RuleOfferStateHash, stateText(got)+" for "+c.ledger.balances.String(), stateText(t.StateHash))
	} else {
		o.known, o.after = true, c.ledger.balances
	}
	for i, id := range ids {
		c.setParty(outcome.Roles[i], id)
	}
}

// compareCreate compares a create transaction with the connection parameters.
func (c *Client) compareCreate(o *op, t *tx.Create) {
	id := func(what string, want, got tx.ID) {
		if !want.IsZero() && want != got {
			o.fail(RuleOfferCreate, what+" "+want.String(), got.String())
		}
	}
	amount := func(what string, want, got *big.Int) {
		if want != nil && got != nil && want.Cmp(got) != 0 {
			o.fail(RuleOfferCreate, what+" "+want.String(), got.String())
		}
	}
	id("initiator_id", c.cfg.Initiator, t.InitiatorID)
	id("responder_id", c.cfg.Responder, t.ResponderID)
	amount("initiator_amount", c.cfg.InitiatorAmount, t.InitiatorAmount)
	amount("responder_amount", c.cfg.ResponderAmount, t.ResponderAmount)
	amount("channel_reserve", c.cfg.ChannelReserve, t.ChannelReserve)
	if want := c.cfg.LockPeriod; want != nil && *want != t.LockPeriod {
		o.fail(RuleOfferCreate, "lock_period "+number(*want), number(t.LockPeriod))
	}
	if t.TTL != 0 {
		o.fail(RuleOfferCreate, "ttl 0", number(t.TTL))
	}
}

// learnParties takes an account that was not configured from the transaction.
func (c *Client) learnParties(t *tx.Create) {
	for i, id := range [2]tx.ID{t.InitiatorID, t.ResponderID} {
		if c.parties[i].IsZero() {
			c.setParty(outcome.Roles[i], id)
		}
	}
}

// createSeen takes from the create transaction what it decides for both sides.
func (c *Client) createSeen(o *op) {
	t, ok := o.inner.(*tx.Create)
	if !ok {
		return
	}
	c.learnParties(t)
	if t.ChannelReserve != nil {
		c.reserve = t.ChannelReserve // the initiator's value wins (ws-api 2.1)
	}
	if c.cfg.Role == outcome.Responder {
		c.expectChannel(o.offer)
		c.matchChannel("sign." + o.tag)
	}
}
