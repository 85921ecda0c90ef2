package model

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// afterFee is the fee split of a mutual close (transactions 5.4). ok is false
// when both balances together cannot pay it.
func afterFee(b balances, fee *big.Int) (final balances, ok bool) {
	floor := new(big.Int).Rsh(fee, 1)
	ceil := new(big.Int).Sub(fee, floor)
	for _, share := range []balances{{ceil, floor}, {floor, ceil}} {
		if b[0].Cmp(share[0]) >= 0 && b[1].Cmp(share[1]) >= 0 {
			return balances{new(big.Int).Sub(b[0], share[0]), new(big.Int).Sub(b[1], share[1])}, true
		}
	}
	rest := new(big.Int).Add(b[0], b[1])
	if rest.Sub(rest, fee).Sign() < 0 {
		return balances{}, false
	}
	if b[0].Cmp(b[1]) > 0 {
		return balances{rest, new(big.Int)}, true
	}
	return balances{new(big.Int), rest}, true
}

func (b balances) equal(x balances) bool {
	return b[0] != nil && b[1] != nil && x[0] != nil && x[1] != nil && b[0].Cmp(x[0]) == 0 && b[1].Cmp(x[1]) == 0
}

// examineMutual judges a mutual close. The acker's node computes the finals
// anew, so they are right on both sides (fsm 5.6); it does not look at from_id.
func (c *Client) examineMutual(o *op, t *tx.CloseMutual) {
	c.examineChannel(o, t.ChannelID)
	c.examinePayer(o, t.FromID)
	if !c.certain() || !c.ledger.known || t.Fee == nil {
		return
	}
	bases := []balances{c.ledger.balances}
	if p := c.op; p != nil && p.spec.kind == kindOnChain {
		// The acker may be at the end of a deposit (fsm 6.4).
		if !p.known {
			return
		}
		bases = append(bases, p.after)
	}
	got := balances{t.InitiatorAmountFinal, t.ResponderAmountFinal}
	for _, b := range bases {
		if want, ok := afterFee(b, t.Fee); ok && want.equal(got) {
			return
		}
	}
	if want, ok := afterFee(bases[0], t.Fee); ok {
		o.fail(RuleOfferFinals, want.String(), got.String())
	} else {
		o.fail(RuleOfferFinals, "a fee that "+bases[0].String()+" can pay", t.Fee.String())
	}
}

// examineSettle judges a settlement: the full latest balances (transactions 2).
func (c *Client) examineSettle(o *op, t *tx.Settle) {
	c.examineChannel(o, t.ChannelID)
	c.examinePayer(o, t.FromID)
	got := balances{t.InitiatorAmountFinal, t.ResponderAmountFinal}
	if c.certain() && c.ledger.known && !got.equal(c.ledger.balances) {
		o.fail(RuleOfferFinals, c.ledger.balances.String(), got.String())
	}
}

// examinePayer judges from_id or to_id: the party that asked. What the peer
// signed its node does not compare with anything, so there it is only a reason
// not to sign.
func (c *Client) examinePayer(o *op, id tx.ID) {
	side := c.cfg.Role
	if !o.spec.own {
		side = side.Peer()
	}
	want := c.parties[side.Index()]
	switch {
	case want.IsZero() || want == id:
	case o.spec.own:
		o.fail(RuleOfferPayer, want.String(), id.String())
	default:
		o.doubt(RuleOfferPayer, want.String(), id.String())
	}
}

// examineAmount compares the amount of a deposit or withdrawal with its first
// update. A starter may sign another amount, and its peer's node lets it pass
// (fsm 5.6).
func (c *Client) examineAmount(o *op, updates []wire.Update, amount *big.Int) {
	judge := o.doubt
	if o.spec.own {
		judge = o.fail
	}
	switch {
	case amount == nil || len(updates) == 0:
		judge(RuleOfferAmount, "an amount, and an update with it", describe(updates))
	case updates[0].Amount != nil && updates[0].Amount.Cmp(amount) != 0:
		judge(RuleOfferAmount, updates[0].Amount.String()+" as in the updates", amount.String())
	case amount.Sign() == 0:
		judge(RuleOfferAmount, "an amount above 0", "0") // refused with -32603 (ws-api 4.3)
	}
}
