package model

import (
	"chanbot/tx"
	"chanbot/wire"
)

// foreseen is the state that an own transfer leads to.
type foreseen struct {
	after balances // nil for none
	hash  tx.Hash
}

// Foresee returns the transaction that a correct node offers this client next: that
// of the one transfer which it has asked for and which was not offered yet. It
// returns nil where it takes more to know, or where the request cannot be carried
// out. What is offered is judged as if nobody had looked ahead.
func (c *Client) Foresee() []byte {
	if c.phase != PhaseOpen || c.op != nil || len(c.asked) != 1 || !c.certain() || !c.ledger.known || c.channelID.IsZero() {
		return nil
	}
	w := c.asked[0].wish
	if w == nil || w.op != wire.OpTransfer || len(w.meta) > 0 || w.amount.Sign() < 0 {
		return nil
	}
	after, ok, below := c.apply(c.ledger.balances, []wire.Update{{Op: w.op, From: w.from, To: w.to, Amount: w.amount}})
	if !ok || below != nil {
		return nil
	}
	c.next = foreseen{after, c.hash(after)}
	return (&tx.OffChain{ChannelID: c.channelID, Round: c.ledger.round + 1, StateHash: c.next.hash}).Serialize()
}
