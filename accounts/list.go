package accounts

import (
	"context"
	"fmt"
	"math/big"
	"sync"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// Balance is what an account has on chain.
type Balance struct {
	ID      tx.ID
	Amount  *big.Int // aettos, never nil
	Nonce   uint64   // of its last transaction in a block
	Unknown bool     // the account never got a coin
}

// atOnce is how many accounts are asked for at the same time.
const atOnce = 8

// List asks a node for accounts and returns them in the same order. It ends
// with the first error.
func List(ctx context.Context, node *nodeapi.Client, ids []tx.ID) ([]Balance, error) {
	balances := make([]Balance, len(ids))
	err := forAll(ctx, len(ids), func(ctx context.Context, i int) error {
		account, err := node.Account(ctx, ids[i])
		switch {
		case nodeapi.NotFound(err):
			balances[i] = Balance{ID: ids[i], Amount: new(big.Int), Unknown: true}
			return nil
		case err != nil:
			return fmt.Errorf("account %s: %w", ids[i], err)
		}
		balances[i] = Balance{ID: ids[i], Amount: account.Balance, Nonce: account.Nonce}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return balances, nil
}

// forAll calls work for 0 to n-1, a few at a time, until one fails, and waits
// for all that were begun. It returns the first error.
func forAll(ctx context.Context, n int, work func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(atOnce, n) {
		wg.Go(func() {
			for i := range next {
				if err := work(ctx, i); err != nil {
					cancel(err) // the first cause stays
				}
			}
		})
	}
	for i := range n {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wg.Wait()
	return context.Cause(ctx)
}
