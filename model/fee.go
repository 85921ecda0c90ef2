package model

import (
	"encoding/json"
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// options are the optional params of on-chain requests (ws-api 5). Numeric
// strings count as numbers there.
type options struct {
	nonce, fee, price *big.Int // nil when not given
	odd               bool     // one of them is no natural number
}

func parseOptions(params json.RawMessage) (o options) {
	members, _ := wire.Members(params)
	read := func(key string) *big.Int {
		raw, given := members[key]
		if !given {
			return nil
		}
		n, ok := wire.Integer(raw)
		if text, isText := wire.Text(raw); isText {
			n, ok = wire.Integer([]byte(text))
		}
		if !ok || n.Sign() < 0 {
			o.odd = true
			return nil
		}
		return n
	}
	o.nonce, o.fee, o.price = read("nonce"), read("fee"), read("gas_price")
	return o
}

// leastGasPrice is what every protocol since Minerva asks for, in aettos
// (transactions 5.1).
var leastGasPrice = big.NewInt(1_000_000)

// flatFee is what older nodes write into a mutual close (transactions 5.1).
var flatFee = big.NewInt(20_000_000_000_000)

// examineOptions judges amount, fee and nonce of an own on-chain offer by what was asked
// for (transactions 5.1 to 5.3).
func (c *Client) examineOptions(o *op, r *request) (faults []fault) {
	fail := func(rule, expected, got string) { faults = append(faults, fault{rule, expected, got}) }
	asked := func(amount *big.Int) {
		if r.wish != nil && amount != nil && amount.Cmp(r.wish.amount) != 0 {
			fail(RuleOfferAmount, excerpt(r.wish.amount.String())+" as asked for", amount.String())
		}
	}
	switch t := o.inner.(type) {
	case *tx.Deposit:
		asked(t.Amount)
	case *tx.Withdraw:
		asked(t.Amount)
	case nil, *tx.OffChain, *tx.ForceProgress:
		return faults
	}
	want := parseOptions(r.req.Params)
	if want.odd {
		return faults
	}
	if _, nonce, ok := tx.OriginOf(o.inner); ok && want.nonce != nil && (!want.nonce.IsUint64() || want.nonce.Uint64() != nonce) {
		fail(RuleOfferNonce, "nonce "+excerpt(want.nonce.String()), number(nonce))
	}
	full := o.inner
	if t, mutual := full.(*tx.CloseMutual); mutual {
		if !c.certain() || !c.ledger.known || want.fee == nil && c.op != nil {
			return faults
		}
		// The size is that of the transaction with the full balances.
		t := *t
		t.InitiatorAmountFinal, t.ResponderAmountFinal = c.ledger.balances[0], c.ledger.balances[1]
		full = &t
	}
	fee := tx.FeeOf(o.inner)
	if want.fee == nil && want.price == nil {
		if !defaultFee(full, fee) {
			fail(RuleOfferFee, "the gas of the transaction times a price of at least "+leastGasPrice.String(), fee.String())
		}
		return faults
	}
	least := new(big.Int)
	if want.fee != nil {
		least = want.fee
	}
	if want.price != nil {
		if f := tx.MinFee(full, want.price); f.Cmp(least) > 0 {
			least = f
		}
	}
	if fee.Cmp(least) != 0 {
		fail(RuleOfferFee, "a fee of "+least.String()+" as asked for", fee.String())
	} else if floor := new(big.Int).Mul(new(big.Int).SetUint64(tx.Gas(o.inner)), leastGasPrice); fee.Cmp(floor) < 0 {
		fail(RuleOfferFee, "at least "+floor.String()+", the gas at the least price", fee.String()) // refused with -32603 (transactions 5.2)
	}
	return faults
}

// defaultFee reports whether a node computes this fee by itself: the gas times
// the gas price of its configuration, which is not known here.
func defaultFee(t tx.Tx, fee *big.Int) bool {
	if _, mutual := t.(*tx.CloseMutual); mutual && fee.Cmp(flatFee) == 0 {
		return true
	}
	gas := tx.Gas(t)
	if gas == 0 || fee.Sign() <= 0 {
		return false
	}
	price, rest := new(big.Int).QuoRem(fee, new(big.Int).SetUint64(gas), new(big.Int))
	if price.Cmp(leastGasPrice) < 0 {
		return false
	}
	if rest.Sign() == 0 || tx.MinFee(t, price).Cmp(fee) == 0 {
		return true
	}
	return tx.MinFee(t, price.Add(price, big.NewInt(1))).Cmp(fee) == 0
}
