package model

import (
	"math/big"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// balances are the coins of initiator and responder. The numbers are never
// changed in place.
type balances [2]*big.Int

// ledger is the last co-signed state as this side knows it.
type ledger struct {
	round    uint64
	known    bool // balances are known
	balances balances
	signed   *tx.SignedTx // nil until a co-signed transaction was seen
	text     string       // of signed
}

// hash returns the state hash of the two balances (transactions 4.1).
func (c *Client) hash(b balances) tx.Hash {
	return tx.StateHash(tx.Balance{ID: c.parties[0], Amount: b[0]}, tx.Balance{ID: c.parties[1], Amount: b[1]})
}

// party returns the index of an account, -1 for somebody else.
func (c *Client) party(account string) int {
	switch account {
	case "":
	case c.accounts[0]:
		return 0
	case c.accounts[1]:
		return 1
	}
	return -1
}

// own and peer return the text of an account.
func (c *Client) own() string  { return c.accounts[c.cfg.Role.Index()] }
func (c *Client) peer() string { return c.accounts[c.cfg.Role.Peer().Index()] }

// shortfall says who would fall below the reserve.
type shortfall struct {
	role outcome.Role
	left *big.Int
}

// apply returns the balances after the updates. ok is false when they cannot be
// computed, for example after a contract call. below is set when an update
// takes its sender under the reserve (transactions 6).
func (c *Client) apply(b balances, updates []wire.Update) (after balances, ok bool, below *shortfall) {
	take := func(i int, amount *big.Int) {
		b[i] = new(big.Int).Sub(b[i], amount)
		if b[i].Cmp(c.reserve) < 0 && amount.Sign() > 0 {
			below = &shortfall{outcome.Roles[i], b[i]}
		}
	}
	for i := range updates {
		u := &updates[i]
		from, to := c.party(u.From), c.party(u.To)
		switch u.Op {
		case wire.OpMeta:
			continue
		case wire.OpTransfer:
			if from < 0 || to < 0 || from == to || u.Amount == nil {
				return b, false, nil
			}
			take(from, u.Amount)
			b[to] = new(big.Int).Add(b[to], u.Amount)
		case wire.OpDeposit:
			if from < 0 || u.Amount == nil {
				return b, false, nil
			}
			b[from] = new(big.Int).Add(b[from], u.Amount)
		case wire.OpWithdrawal:
			if to < 0 || u.Amount == nil {
				return b, false, nil
			}
			take(to, u.Amount)
		default:
			return b, false, nil
		}
	}
	return b, true, below
}

// moved returns how many coins the updates put into the channel or take out, nil
// for none.
func moved(updates []wire.Update) (sum *big.Int) {
	for i := range updates {
		u := &updates[i]
		switch {
		case u.Amount == nil || u.Op != wire.OpDeposit && u.Op != wire.OpWithdrawal:
			continue
		case sum == nil:
			sum = new(big.Int)
		}
		if u.Op == wire.OpDeposit {
			sum.Add(sum, u.Amount)
		} else {
			sum.Sub(sum, u.Amount)
		}
	}
	return sum
}
