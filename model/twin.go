package model

import (
	"bytes"

	"chanbot/tx"
)

// Both sides of a channel read the same transactions, one after the other. What
// the clients of a pair find out about the bytes alone is found out once. What a
// side compares with its own view it compares itself.

// parse is [tx.ParseSigned]; it looks first whether the peer's client has sent
// this text, or was shown it.
func (c *Client) parse(text string) (*tx.SignedTx, error) {
	if p := c.other; p != nil {
		if p.op != nil {
			if s := p.op.answeredWith(text); s != nil {
				return s, nil
			}
		}
		if p.ledger.signed != nil && p.ledger.text == text {
			return p.ledger.signed, nil
		}
	}
	return tx.ParseSigned(text)
}

// decode returns what is inside an offer, and notes where the peer's client has
// read the same.
func (c *Client) decode(o *op) (tx.Tx, error) {
	if p := c.other; p != nil && p.op != nil && p.op.inner != nil && bytes.Equal(p.op.offer.Tx, o.offer.Tx) {
		o.twin = p.op
		return p.op.inner, nil
	}
	return o.offer.Decode()
}
