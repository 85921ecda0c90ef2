package nodeapi

import (
	"context"
	"errors"
	"math/big"
	"net/url"

	"chanbot/tx"
)

// Account is an account on chain, which the pool does not change (http-api 4).
type Account struct {
	ID      tx.ID
	Balance *big.Int // aettos
	Nonce   uint64   // of its last transaction in a block
	// Basic is false for a generalized account, which signs by a contract.
	Basic bool
	Top   uint64 // height of the chain when this was asked, 0 if the node did not say
}

// Account asks for an account. One that never got a coin is not there: see
// [NotFound].
func (c *Client) Account(ctx context.Context, id tx.ID) (Account, error) {
	a, err := c.get(ctx, "/v3/accounts/"+id.String(), nil)
	if err != nil {
		return Account{}, err
	}
	acc, err := readAccount(a.body)
	if err == nil && acc.ID != id {
		err = errors.New("account: another one than asked for")
	}
	if err != nil {
		return Account{}, a.malformed(err)
	}
	acc.Top = a.top
	return acc, nil
}

func readAccount(b []byte) (Account, error) {
	f := readObject("account", b)
	a := Account{
		ID:      f.id("id", tx.AccountID, tx.ContractID),
		Balance: f.amount("balance"),
		Nonce:   f.uint("nonce"),
		Basic:   f.text("kind") == "basic",
	}
	return a, f.err
}

// NextNonce asks for the nonce above the account's and all of its transactions
// in the node's pool. It reserves nothing: two callers get the same.
func (c *Client) NextNonce(ctx context.Context, id tx.ID) (uint64, error) {
	return c.nonce(ctx, id, "max")
}

// FreeNonce asks for the lowest nonce above the account's that none of its
// transactions in the node's pool has. Nothing behind a gap of nonces gets into
// a block, so this is the one to fill it.
func (c *Client) FreeNonce(ctx context.Context, id tx.ID) (uint64, error) {
	return c.nonce(ctx, id, "continuity")
}

func (c *Client) nonce(ctx context.Context, id tx.ID, strategy string) (uint64, error) {
	a, err := c.get(ctx, "/v3/accounts/"+id.String()+"/next-nonce", url.Values{"strategy": {strategy}})
	if err != nil {
		return 0, err
	}
	f := readObject("next nonce", a.body)
	n := f.uint("next_nonce")
	if f.err != nil {
		return 0, a.malformed(f.err)
	}
	return n, nil
}

// PendingOf asks for the transactions of an account in the node's pool, in
// nonce order.
func (c *Client) PendingOf(ctx context.Context, id tx.ID) ([]Transaction, error) {
	return c.transactions(ctx, "/v3/accounts/"+id.String()+"/transactions/pending")
}

// GasPrice is the lowest price of a unit of gas in the micro blocks of the last
// Minutes, 0 if there was none, and how full they were (http-api 9).
type GasPrice struct {
	Minutes     uint64
	Min         *big.Int // aettos
	Utilization uint64   // percent
}

// DefaultGasPrice is the least that a miner with the default configuration
// takes, in aettos.
func DefaultGasPrice() *big.Int { return big.NewInt(1_000_000_000) }

// GasPrices asks what was paid lately, over 1, 5, 15 and 60 minutes.
func (c *Client) GasPrices(ctx context.Context) ([]GasPrice, error) {
	a, err := c.get(ctx, "/v3/recent-gas-prices", nil)
	if err != nil {
		return nil, err
	}
	prices, err := readGasPrices(a.body)
	if err != nil {
		return nil, a.malformed(err)
	}
	return prices, nil
}

func readGasPrices(b []byte) ([]GasPrice, error) {
	list, err := readList(b)
	if err != nil {
		return nil, err
	}
	var prices []GasPrice
	for _, raw := range list {
		f := readObject("gas price", raw)
		prices = append(prices, GasPrice{Minutes: f.uint("minutes"), Min: f.amount("min_gas_price"), Utilization: f.uint("utilization")})
		if f.err != nil {
			return nil, f.err
		}
	}
	return prices, nil
}
