package reclaim

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// post puts a transaction that one side signs into the pool, and returns when it
// is in a block. A side that can pay the fee is chosen, the initiator first.
// What the pool has of that account already comes before; the caller then looks
// at the chain anew, so the error of a nonce that is used is none.
func (j *job) post(ctx context.Context, build func(from tx.ID, nonce uint64) tx.Tx) error {
	ctx, cancel := context.WithTimeoutCause(ctx, j.Bound, fmt.Errorf("its transaction is not in a block after %v", j.Bound))
	defer cancel()
	for extra := int64(0); ; extra++ {
		signed, err := j.paid(ctx, build, extra)
		if errors.Is(err, errMoved) {
			return nil
		}
		if err != nil {
			return err
		}
		posted, err := j.Terms.Node.Post(ctx, signed)
		if nodeapi.Code(err) == nodeapi.CodeNonceTooLow {
			return nil
		}
		if err != nil {
			return err
		}
		j.last = signed.Hash()
		_, err = j.Terms.Node.Wait(ctx, signed.Hash(), nodeapi.Wait{Every: j.Terms.Every})
		if nodeapi.NotFound(err) && posted == nodeapi.PostedKnown && extra < most {
			continue // the pool has dropped these very bytes, and takes them back never
		}
		if nodeapi.NotFound(err) {
			return errors.New("the chain does not take its transaction")
		}
		return err
	}
}

// paid returns the transaction of the side that pays, signed.
func (j *job) paid(ctx context.Context, build func(from tx.ID, nonce uint64) tx.Tx, extra int64) (*tx.SignedTx, error) {
	var poor *big.Int
	for i, key := range j.keys {
		if key.IsZero() {
			continue
		}
		account, err := j.Terms.Node.Account(ctx, j.parties[i])
		if err != nil && !nodeapi.NotFound(err) {
			return nil, err
		}
		if err != nil {
			continue
		}
		t := build(account.ID, account.Nonce+1)
		fee := tx.MinFee(t, j.Terms.GasPrice)
		tx.SetFee(t, fee.Add(fee, big.NewInt(extra)))
		if account.Balance.Cmp(fee) < 0 {
			poor = fee
			continue
		}
		if err := j.drained(ctx, account); err != nil {
			return nil, err
		}
		return tx.NewSigned(t).Sign(key, j.Terms.NetworkID, j.Form), nil
	}
	if poor != nil {
		return nil, fmt.Errorf("no account of it can pay the fee of %s aettos", poor)
	}
	return nil, errors.New("there is no key of any of its accounts")
}

// drained waits until the pool has nothing of the account.
func (j *job) drained(ctx context.Context, account nodeapi.Account) error {
	for {
		next, err := j.Terms.Node.NextNonce(ctx, account.ID)
		if err != nil {
			return err
		}
		if next <= account.Nonce+1 {
			return nil
		}
		if err := j.pause(ctx, j.Terms.Every); err != nil {
			return fmt.Errorf("%s has other transactions in the pool: %w", account.ID, err)
		}
		now, err := j.Terms.Node.Account(ctx, account.ID)
		if err != nil {
			return err
		}
		if now.Nonce != account.Nonce {
			return errMoved
		}
	}
}

var errMoved = errors.New("its account has made other transactions meanwhile")

// vanished waits until the chain has closed the channel, and says whether it
// has.
func (j *job) vanished(ctx context.Context) (bool, error) {
	return j.until(ctx, func() (bool, error) {
		_, err := j.Terms.Node.Channel(ctx, j.id)
		if nodeapi.NotFound(err) {
			return true, nil
		}
		return false, err
	})
}

// nowClosing waits until the chain has begun to close the channel.
func (j *job) nowClosing(ctx context.Context) (bool, error) {
	return j.until(ctx, func() (bool, error) {
		ch, err := j.Terms.Node.Channel(ctx, j.id)
		if nodeapi.NotFound(err) {
			return true, nil
		}
		return err == nil && ch.Closing(), err
	})
}

// until asks again and again, for as long as a step may take.
func (j *job) until(ctx context.Context, ask func() (bool, error)) (bool, error) {
	for end := time.Now().Add(j.Bound); ; {
		yes, err := ask()
		if yes || err != nil || !time.Now().Before(end) {
			return yes, err
		}
		if err := j.pause(ctx, j.Terms.Every); err != nil {
			return false, err
		}
	}
}
