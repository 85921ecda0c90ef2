package model

import (
	"encoding/json"
	"math/big"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// refusedWish judges why a well-formed request was refused. The node may be one
// state ahead of what this side has seen.
func (c *Client) refusedWish(r *request, code int) {
	switch code {
	case wire.CodeNegativeAmount:
		if w := r.wish; w != nil && w.amount.Sign() >= 0 {
			c.violate(RuleBalanceRefused, "1002 for a negative amount only", "1002 for "+excerpt(w.amount.String()))
		}
	case wire.CodeInvalidPubkeys:
		if w := r.wish; w != nil && w.op == wire.OpTransfer && c.betweenParties(w) {
			c.violate(RuleBalanceRefused, "1003 for other parties only", "1003 from "+w.from+" to "+w.to)
		}
	case wire.CodeInsufficientBalance:
		switch {
		case r.wish != nil && r.wish.op == wire.OpTransfer:
			c.refusedTransfer(r.wish)
		case r.req.Method == wire.MethodShutdown:
			c.refusedShutdown(r)
		}
	case wire.CodeDoesNotExist:
		c.refusedProof(r)
	case wire.CodeOffchainTxExpected:
		if !c.certain() || c.op != nil || c.ledger.signed == nil {
			return
		}
		if t, err := c.ledger.signed.Decode(); err == nil {
			if _, offChain := t.(*tx.OffChain); offChain {
				c.violate(RuleErrorCode, "1012 only while the latest state is an on-chain transaction", "1012 in round "+number(c.ledger.round))
			}
		}
	case wire.CodeTxAlreadyOnChain:
		if c.certain() && c.op == nil && c.chainRound != 0 && c.chainRound < c.ledger.round {
			c.quirk(QuirkChainAhead, "1013 only for a round that is on chain", "1013 in round "+number(c.ledger.round)+", on chain is "+number(c.chainRound))
		}
	}
}

// betweenParties reports whether a transfer is between the two parties.
func (c *Client) betweenParties(w *wish) bool {
	from, to := c.party(w.from), c.party(w.to)
	return from >= 0 && to >= 0 && from != to
}

// betweenAccounts is betweenParties for a transfer that is offered; one of an
// account that is not known may be.
func (c *Client) betweenAccounts(from, to string) bool {
	if from == to {
		return false
	}
	known := c.accounts[0] != "" && c.accounts[1] != "" && !c.parties[0].IsZero() && !c.parties[1].IsZero()
	return !known || c.party(from) >= 0 && c.party(to) >= 0
}

func (c *Client) refusedTransfer(w *wish) {
	if c.affordable(w) {
		c.violate(RuleBalanceRefused, "a transfer of "+w.amount.String()+" from "+c.ledger.balances.String(), "1001")
	}
}

// affordable reports whether it is certain that a transfer between the parties
// takes nobody below the reserve.
func (c *Client) affordable(w *wish) bool {
	if !c.betweenParties(w) || w.amount.Sign() < 0 || !c.certain() || !c.ledger.known || c.op != nil && !c.op.known {
		return false
	}
	all := []balances{c.ledger.balances}
	if c.op != nil {
		all = append(all, c.op.after)
	}
	for _, b := range all {
		if _, _, below := c.apply(b, []wire.Update{{Op: wire.OpTransfer, From: w.from, To: w.to, Amount: w.amount}}); below != nil {
			return false
		}
	}
	return true
}

// refusedProof judges 100: both parties are in the tree of accounts (transactions
// 4.4).
func (c *Client) refusedProof(r *request) {
	members, _ := wire.Members(r.req.Params)
	var asked []string
	if r.req.Method != wire.MethodGetPoI || members["contracts"] != nil || json.Unmarshal(members["accounts"], &asked) != nil {
		return
	}
	if _, known := c.states(); !known || slices.ContainsFunc(asked, func(a string) bool { return c.party(a) < 0 }) {
		return
	}
	c.violate(RuleErrorCode, "a proof for the parties", wire.ErrorMessage(wire.CodeDoesNotExist))
}

// refusedShutdown judges 1001: both balances together cannot pay the fee
// (transactions 5.4). Only an explicit fee is known here.
func (c *Client) refusedShutdown(r *request) {
	o := parseOptions(r.req.Params)
	if o.odd || o.fee == nil || o.price != nil || !c.certain() || !c.ledger.known || c.op != nil {
		return
	}
	if sum := new(big.Int).Add(c.ledger.balances[0], c.ledger.balances[1]); sum.Cmp(o.fee) >= 0 {
		c.violate(RuleBalanceRefused, "a fee of "+o.fee.String()+" from "+c.ledger.balances.String(), "1001")
	}
}
