package model

import (
	"bytes"
	"slices"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// onChainTypes is which type stands beside which info (ws-api 6.2; the second
// one of channel_changed also in older nodes: 9, 6).
var onChainTypes = map[string][]string{
	wire.OnChainFundingCreated:  {wire.TxTypeCreate},
	wire.OnChainFundingSigned:   {wire.TxTypeCreate},
	wire.OnChainDepositCreated:  {wire.TxTypeDeposit},
	wire.OnChainDepositSigned:   {wire.TxTypeDeposit},
	wire.OnChainWithdrawCreated: {wire.TxTypeWithdraw},
	wire.OnChainWithdrawSigned:  {wire.TxTypeWithdraw},
	wire.OnChainChannelChanged: {wire.TxTypeCreate, wire.TxTypeDeposit, wire.TxTypeWithdraw, wire.TxTypeSnapshotSolo,
		wire.TxTypeForceProgress, "channel_set_delegates_tx"},
	wire.OnChainCloseMutual:            {wire.TxTypeCloseMutual},
	wire.OnChainChannelClosed:          {wire.TxTypeCloseMutual, wire.TxTypeSettle},
	wire.OnChainSoloClosing:            {wire.TxTypeCloseSolo, wire.TxTypeSlash, wire.TxTypeForceProgress},
	wire.OnChainCanSlash:               nil, // the client's own latest state, or a force progress
	wire.OnChainCanSnapshot:            nil,
	wire.OnChainConsumedForcedProgress: {wire.TxTypeForceProgress},
}

// onChain judges channels.on_chain_tx.
func (c *Client) onChain(f *wire.Frame) {
	x, name := f.OnChainTx, f.Name()
	types, known := onChainTypes[x.Info]
	if !known {
		c.violate(RuleUnknownFrame, "an info of the API", name)
		return
	}
	if types != nil && !slices.Contains(types, x.Type) {
		c.violate(RuleOnChainShape, types[0]+" in "+name, quoted(x.Type))
	}
	signed, err := tx.ParseSigned(x.Tx)
	if err != nil {
		c.violate(RuleOnChainShape, "a signed_tx in "+name, quoted(x.Tx))
		return
	}
	inner, err := signed.Decode()
	if err != nil {
		c.violate(RuleOnChainShape, "a transaction in "+name, quoted(x.Tx))
		return
	}
	if _, general := inner.(*tx.GAMeta); !general && inner.Type() != x.Type {
		c.violate(RuleOnChainShape, x.Type+" in "+name, "a "+inner.Type())
	}
	if id, about := tx.ChannelOf(inner); about && c.channel != "" && inner.Type() != wire.TxTypeCreate {
		if got := id.String(); got != c.channel {
			c.violate(RuleOnChainShape, "a transaction of "+c.channel+" in "+name, "one of "+got)
		}
	}
	switch t := inner.(type) {
	case *tx.Create:
		if x.Info != wire.OnChainCanSlash && x.Info != wire.OnChainCanSnapshot {
			c.createOnChain(name, x.Tx, signed, t)
		}
	case *tx.Deposit:
		c.amountOnChain(x, name, t.Round, signed)
	case *tx.Withdraw:
		c.amountOnChain(x, name, t.Round, signed)
	case *tx.CloseMutual:
		if x.Tx != c.chainText && !c.verified(signed, true, c.parties[:]...) {
			c.violate(RuleOnChainShape, "a signature of each party in "+name, number(uint64(len(signed.Signatures)))+" signatures, not both good")
		}
		c.chainText = x.Tx
	case *tx.SnapshotSolo:
		c.snapshotOnChain(name, x.Tx, signed, t)
	}
	c.steps(x, name, signed, inner)
}

// steps goes on with what the info is about.
func (c *Client) steps(x *wire.OnChainTx, name string, signed *tx.SignedTx, inner tx.Tx) {
	if l, ok := lockFrames[x.Info]; ok {
		c.locking(l, name, signed)
		return
	}
	switch x.Info {
	case wire.OnChainChannelChanged:
		switch x.Type {
		case wire.TxTypeDeposit, wire.TxTypeWithdraw:
			c.locking(lockFrame{step: lockOnChain, txType: x.Type}, name, signed)
		case wire.TxTypeForceProgress:
			c.forced() // an older node (ws-api 9, 6)
		}
	case wire.OnChainChannelClosed:
		c.channelClosed(name, signed, inner)
	case wire.OnChainCloseMutual:
		c.closeMutual(name, signed)
	case wire.OnChainSoloClosing:
		c.soloClosing(name, signed, inner)
	case wire.OnChainCanSlash:
		c.canSlash(x, name, signed, inner)
	case wire.OnChainConsumedForcedProgress:
		c.forced()
	}
}

// forced follows a forced progress: a round + 1 without a report, and what was
// pending is gone (fsm 6.7).
func (c *Client) forced() {
	c.op, c.stale, c.calmLoss, c.ledger.known, c.deposited, c.chainRound = nil, true, false, false, nil, 0
}

// createOnChain judges the create transaction on its way to the chain
// (fsm 6.1).
func (c *Client) createOnChain(name, text string, s *tx.SignedTx, create *tx.Create) {
	if c.reconnected && c.resume == PhaseDead {
		return // history of a reestablished channel
	}
	c.opening(name)
	c.unsigned(name)
	if c.create != nil && c.cfg.Role == outcome.Responder {
		c.signedFor(c.create, name) // its answer comes before funding_created
	}
	c.becomeFunding()
	if name == channelChanged {
		c.onChainRound(1)
	}
	if c.create == nil {
		return
	}
	if !c.create.holds(s.Tx) && !c.resigned(c.create, s) {
		c.violate(RuleOnChainCreate, "the transaction that was signed", "another one in "+name)
	}
	// The channel is that of the transaction which the initiator signed. A
	// responder with both keys can exchange the nonce (fsm 5.6).
	id := tx.ChannelIDOf(create.InitiatorID, create.Nonce, create.ResponderID).String()
	signed := c.cfg.Role == outcome.Initiator && c.create.holds(s.Tx) || c.create.offer != nil && bytes.Equal(c.create.offer.Tx, s.Tx)
	if c.channel != "" && id != c.channel && signed {
		c.violate(RuleChannelIDWrong, id, c.channel)
	}
	if text != c.ledger.text && !c.verified(s, true, c.parties[:]...) {
		c.violate(RuleOnChainCreate, "a signature of each party", number(uint64(len(s.Signatures)))+" signatures, not both good")
	}
	c.ledger = ledger{round: 1, known: c.create.known, balances: c.ledger.balances, signed: s, text: text}
}
