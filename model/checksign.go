package model

import (
	"slices"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// CheckSign says whether the transaction of a request to sign may be signed,
// and returns it without this client's signature. The frame must have been told
// to Received before. An operation that got lost since then may still be signed:
// the node ignores it. The error is a *Refusal: the transaction is not what this
// client asked for, breaks a rule, or differs from the client's own connection
// parameters. Whether a correct operation of the peer is wanted is up to the
// caller. Only a refusal with NodeAtFault is a violation.
func (c *Client) CheckSign(f *wire.Frame) (*tx.SignedTx, error) {
	if f == nil || f.Sign == nil {
		return nil, &Refusal{Rule: RuleSignShape, Expected: "a request to sign", Got: "none"}
	}
	o := c.offered(f.Sign)
	if o == nil {
		return nil, &Refusal{Rule: RuleSignUnasked, Expected: "one of the last operations that were offered", Got: "another one for " + quoted(f.Sign.Tag)}
	}
	if id, general := generalized(o); general {
		return nil, &Refusal{Rule: RefusalGeneralized, Expected: "an account that signs with a key",
			Got: "the generalized account " + id.String() + ", which signs by a contract; chanbot does not support these"}
	}
	faults, node := o.faults, true
	if len(faults) == 0 {
		faults, node = c.disagreement(o), o.spec.own
	}
	if len(faults) > 0 {
		return nil, &Refusal{Rule: faults[0].rule, Expected: faults[0].expected, Got: faults[0].got, NodeAtFault: node}
	}
	return o.offer, nil
}

// RefusalGeneralized is why nothing is signed in a channel with a generalized
// account (transactions 2). No node breaks a rule with it, so it is not among
// Rules.
const RefusalGeneralized = "generalized-account"

// generalized returns the generalized account that has wrapped an offer.
func generalized(o *op) (tx.ID, bool) {
	if o.offer == nil || o.inner != nil {
		return tx.ID{}, false
	}
	t, err := o.offer.Decode()
	if err != nil {
		return tx.ID{}, false
	}
	meta, ok := t.(*tx.GAMeta)
	if !ok {
		return tx.ID{}, false
	}
	return meta.GAID, true
}

// offered returns the latest operation with this offer, or nil.
func (c *Client) offered(s *wire.Sign) *op {
	for i := range c.seen {
		o := c.seen[(c.seenNext+len(c.seen)-1-i)%len(c.seen)]
		if o != nil && o.tag == s.Tag && o.text == s.SignedTx {
			return o
		}
	}
	return nil
}

// disagreement judges what a correct node may offer and a careful client does
// not sign all the same.
func (c *Client) disagreement(o *op) []fault {
	own := &op{spec: o.spec, faults: slices.Clone(o.doubts)}
	if o.inner == nil {
		return own.faults
	}
	if fee := tx.FeeOf(o.inner); fee.Cmp(c.cfg.MaxFee) > 0 {
		own.fail(RuleOfferFee, "a fee of at most "+c.cfg.MaxFee.String(), fee.String())
	}
	if t, ok := o.inner.(*tx.Create); ok && c.cfg.Role == outcome.Responder {
		c.compareCreate(own, t)
	}
	return own.faults
}
