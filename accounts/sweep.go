package accounts

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// Swept is what became of one account of [Sweep]. Its Amount and Fee are 0 if
// there was nothing to move.
type Swept struct {
	ID     tx.ID
	Amount *big.Int // aettos that arrived
	Fee    *big.Int
	Left   *big.Int // aettos that stay, because a fee costs as much
	Hash   tx.Hash  // th_, zero if there was nothing to move
	Err    error    // why its coins could not be moved, or nobody knows whether they were
}

// Sweep moves all that the accounts have, less the fee, to one account, and
// returns when it is in blocks, as deep as the terms say. The results are in the
// order of the keys. An account that fails does not keep the others from being
// swept; the error is about all of them, such as a node of another network.
//
// Coins that an account gets meanwhile may stay. The call may be repeated after
// anything: a transaction that is still on its way has the account's next nonce,
// and so has the one that the repetition makes, so only one of them can ever be
// in a block.
func Sweep(ctx context.Context, terms Terms, keys []tx.KeyPair, to tx.ID) ([]Swept, error) {
	if to.Kind != tx.AccountID {
		return nil, fmt.Errorf("sweep accounts: %s is no account", to)
	}
	terms, _, err := terms.agree(ctx)
	if err != nil {
		return nil, fmt.Errorf("sweep accounts: %w", err)
	}
	swept := make([]Swept, len(keys))
	for i, key := range keys {
		swept[i] = Swept{ID: key.ID(), Amount: new(big.Int), Fee: new(big.Int), Left: new(big.Int), Err: errNotBegun}
	}
	err = forAll(ctx, len(keys), func(ctx context.Context, i int) error {
		s := &sweeper{Terms: terms, key: keys[i], to: to, result: &swept[i]}
		swept[i].Err = s.run(ctx)
		return nil
	})
	if err != nil {
		return swept, fmt.Errorf("sweep accounts: %w", err)
	}
	return swept, nil
}

var errNotBegun = errors.New("the sweep ended before it was the turn of this account")

// sweeper empties one account.
type sweeper struct {
	Terms
	key    tx.KeyPair
	to     tx.ID
	result *Swept
	extra  int64 // added to the fee, to replace what the pool does not take back
}

func (s *sweeper) run(ctx context.Context) error {
	if s.key.IsZero() {
		return errors.New("no key")
	}
	if s.key.ID() == s.to {
		return nil
	}
	end := time.Now().Add(s.Patience)
	for {
		done, err := s.step(ctx, end)
		if done || err != nil {
			return err
		}
		if !time.Now().Before(end) {
			return &StalledError{After: s.Patience, Waiting: 1}
		}
		if _, err := s.pause(ctx, s.Every); err != nil {
			return err
		}
	}
}

// step posts the transaction that fits the account as it is now, and waits for
// it. It is not done if the account turned out to be another one by then.
func (s *sweeper) step(ctx context.Context, end time.Time) (done bool, err error) {
	account, err := s.Node.Account(ctx, s.key.ID())
	if nodeapi.NotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	spend := s.spend(s.key.ID(), s.to, account.Balance, account.Nonce+1) // the amount becomes smaller, the fee does not
	spend.Fee.Add(spend.Fee, big.NewInt(s.extra))
	spend.Amount = new(big.Int).Sub(account.Balance, spend.Fee)
	if spend.Amount.Sign() <= 0 {
		s.result.Left = account.Balance
		return true, nil
	}
	signed := s.sign(spend, s.key)
	if others, err := s.othersWait(ctx, account, signed.Hash()); others || err != nil {
		return false, err
	}
	posted, err := s.Node.Post(ctx, signed)
	switch nodeapi.Code(err) {
	case nodeapi.CodeNonceTooLow: // the account has moved on
		return false, nil
	case nodeapi.CodeFeeTooLow, nodeapi.CodeGasPriceTooLow:
		return false, fmt.Errorf("a gas price of %s aettos is too low for this node: %w", s.GasPrice, err)
	}
	if err != nil {
		return false, err
	}
	waiting, cancel := context.WithDeadlineCause(ctx, end, &StalledError{After: s.Patience, Waiting: 1})
	defer cancel()
	if _, err := s.Node.Wait(waiting, signed.Hash(), nodeapi.Wait{Depth: s.Depth, Every: s.Every}); err != nil {
		if !nodeapi.NotFound(err) {
			return false, err
		}
		if posted == nodeapi.PostedKnown { // the pool has dropped it for good
			s.extra++
		}
		return false, nil
	}
	s.result.Amount, s.result.Fee, s.result.Hash = spend.Amount, spend.Fee, signed.Hash()
	return true, nil
}

// othersWait tells whether the pool has transactions of the account that this
// one did not make. They come first, and change what there is to move.
func (s *sweeper) othersWait(ctx context.Context, account nodeapi.Account, own tx.Hash) (bool, error) {
	next, err := s.Node.NextNonce(ctx, account.ID)
	if err != nil || next <= account.Nonce+1 {
		return false, err
	}
	if next > account.Nonce+2 {
		return true, nil
	}
	_, err = s.Node.Transaction(ctx, own)
	if nodeapi.NotFound(err) {
		return true, nil
	}
	return false, err
}
