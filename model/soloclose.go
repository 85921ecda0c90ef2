package model

import (
	"bytes"
	"slices"

	"chanbot/tx"
)

// examineSolo judges the transaction of a solo operation: its payload is the
// last co-signed state, and its proof, if it has one, proves both balances in
// that state (transactions 2, 4.4).
func (c *Client) examineSolo(o *op, channel, from tx.ID, payload, proof []byte) {
	c.examineChannel(o, channel)
	c.examinePayer(o, from)
	if !c.certain() || c.ledger.signed == nil {
		return
	}
	c.examinePayload(o, payload)
	if _, snapshot := o.inner.(*tx.SnapshotSolo); snapshot {
		return
	}
	last, err := c.ledger.signed.Decode()
	if err != nil {
		return
	}
	hash, ok := stateHash(last)
	if !ok {
		return
	}
	p, err := tx.DecodeProof(proof)
	if err != nil {
		o.fail(RuleOfferProof, "a proof", excerpt(err.Error()))
		return
	}
	if got := p.StateHash(); got != hash {
		o.fail(RuleOfferProof, stateText(hash)+" of round "+number(c.ledger.round), stateText(got))
		return
	}
	for i, id := range c.parties {
		got, err := p.Balance(id)
		switch {
		case id.IsZero():
		case err != nil:
			o.fail(RuleOfferProof, "a proof of the balance of "+id.String(), excerpt(err.Error()))
		case c.ledger.known && got.Cmp(c.ledger.balances[i]) != 0:
			o.fail(RuleOfferProof, c.ledger.balances[i].String()+" for "+id.String(), got.String())
		}
	}
}

// examinePayload judges a payload: empty exactly when the latest round is the
// one on chain, otherwise, and in slash and snapshot always, the last co-signed
// transaction.
func (c *Client) examinePayload(o *op, payload []byte) {
	round := number(c.ledger.round)
	_, closing := o.inner.(*tx.CloseSolo)
	if len(payload) == 0 {
		switch {
		case !closing:
			o.fail(RuleOfferPayload, "the co-signed state of round "+round, "an empty payload")
		case c.chainRound != 0 && c.chainRound < c.ledger.round && !c.assumed:
			c.quirk(QuirkChainAhead, "the co-signed state of round "+round+", on chain is "+number(c.chainRound), "an empty payload")
		}
		return
	}
	if closing && c.chainRound == c.ledger.round && !c.assumed && !c.lost && !c.chainMayBeAhead() {
		o.fail(RuleOfferPayload, "an empty payload: round "+round+" is on chain", number(uint64(len(payload)))+" bytes")
		return
	}
	s, err := tx.DecodeSigned(payload)
	switch {
	case err != nil:
		o.fail(RuleOfferPayload, "a signed_tx", excerpt(err.Error()))
	case !bytes.Equal(s.Tx, c.ledger.signed.Tx):
		other, _ := stateRound(s)
		o.fail(RuleOfferPayload, "the co-signed state of round "+round, "another one, round "+number(other))
	case !holdsAll(s.Signatures, c.ledger.signed.Signatures) && !c.verified(s, true, c.parties[:]...):
		o.fail(RuleOfferPayload, "the signatures of both parties", number(uint64(len(s.Signatures)))+" signatures, not both good")
	}
}

// chainMayBeAhead reports whether a deposit or withdrawal that this client signed
// lately may be in a block already, which a node tells it later than it offers
// the next transaction.
func (c *Client) chainMayBeAhead() bool {
	return slices.ContainsFunc(c.seen[:], func(o *op) bool {
		return o != nil && o.spec.kind == kindOnChain && (o.signed || o.given) && o.round > c.ledger.round
	})
}
