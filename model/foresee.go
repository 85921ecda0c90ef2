package model

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// foreseen is the state that one transfer leads to.
type foreseen struct {
	base     balances
	from, to string
	amount   *big.Int
	after    balances
	hash     tx.Hash
}

// foresee is [Client.apply] with the state hash of what comes of it. A transfer is
// worked out once, by the first client of the pair that looks at it.
func (c *Client) foresee(updates []wire.Update) (after balances, hash tx.Hash, ok bool, below *shortfall) {
	if len(updates) != 1 || updates[0].Op != wire.OpTransfer {
		if after, ok, below = c.apply(c.ledger.balances, updates); ok {
			hash = c.hash(after)
		}
		return after, hash, ok, below
	}
	u := &updates[0]
	if c.next.is(c.ledger.balances, u) {
		return c.next.after, c.next.hash, true, nil
	}
	if p := c.other; p != nil && p.parties == c.parties && p.reserve.Cmp(c.reserve) == 0 && p.next.is(c.ledger.balances, u) {
		return p.next.after, p.next.hash, true, nil
	}
	if after, ok, below = c.apply(c.ledger.balances, updates); !ok {
		return after, hash, false, nil
	}
	hash = c.hash(after)
	if below == nil {
		c.next = &foreseen{c.ledger.balances, u.From, u.To, u.Amount, after, hash}
	}
	return after, hash, true, below
}

// is reports whether it is what a transfer leads to.
func (f *foreseen) is(base balances, u *wire.Update) bool {
	return f != nil && u.Amount != nil && f.amount.Cmp(u.Amount) == 0 && f.from == u.From && f.to == u.To && f.base.equal(base)
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
	_, hash, ok, below := c.foresee([]wire.Update{{Op: w.op, From: w.from, To: w.to, Amount: w.amount}})
	if !ok || below != nil {
		return nil
	}
	return (&tx.OffChain{ChannelID: c.channelID, Round: c.ledger.round + 1, StateHash: hash}).Serialize()
}
