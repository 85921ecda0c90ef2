package accounts

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"time"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// When a nonce counts as used by somebody else's transaction: after that many
// looks and that much time, for nodes behind one address may lag behind each
// other, and after the key blocks of the terms.
const (
	voidLooks = 3
	voidTime  = 15 * time.Second
)

// maxReplaced bounds how many transactions one nonce of a payment may get.
const maxReplaced = 8

// best is the transaction of a payment with the highest fee.
func (p *payment) best() *tx.SignedTx { return p.signed[len(p.signed)-1] }

// push takes care that a payment whose nonce is not used yet is in the pool.
func (r *funder) push(ctx context.Context, m *moving) error {
	m.looks, m.mined = 0, false
	if m.posted == 0 && r.price { // a higher price may be what was missing
		if err := r.raise(m); err != nil {
			return err
		}
	}
	known := false
	if m.posted == len(m.signed) {
		_, err := r.Node.Transaction(ctx, m.best().Hash())
		if !nodeapi.NotFound(err) {
			return err
		}
		known = true // and dropped
	}
	posted, err := r.Node.Post(ctx, m.best())
	switch code := nodeapi.Code(err); {
	case err == nil && posted == nodeapi.PostedKnown && known:
		// It is remembered and gone for good, so another one takes its place.
		return r.replace(ctx, m)
	case err == nil:
		m.posted = len(m.signed)
		return nil
	case code == nodeapi.CodeNonceTooLow, code == nodeapi.CodeNonceTooHigh:
		return nil // the next look at the account tells more
	case code == nodeapi.CodeFeeTooLow, code == nodeapi.CodeGasPriceTooLow:
		before := len(m.signed)
		if raised := r.raise(m); raised != nil {
			return raised
		}
		if len(m.signed) == before {
			return fmt.Errorf("a gas price of %s aettos is too low for this node: %w", r.GasPrice, err)
		}
		return nil
	}
	return err
}

// raise signs a payment anew if the price of now is higher.
func (r *funder) raise(m *moving) error {
	s := r.spend(r.id, m.to, m.amount, m.nonce)
	if s.Fee.Cmp(feeOf(m.best())) <= 0 {
		return nil
	}
	return r.resign(m, s)
}

// replace signs a payment anew with a slightly better fee, and posts that.
func (r *funder) replace(ctx context.Context, m *moving) error {
	s := r.spend(r.id, m.to, m.amount, m.nonce)
	if least := new(big.Int).Add(feeOf(m.best()), big.NewInt(1)); s.Fee.Cmp(least) < 0 {
		s.Fee = least
	}
	if err := r.resign(m, s); err != nil {
		return err
	}
	return r.push(ctx, m)
}

func (r *funder) resign(m *moving, s *tx.Spend) error {
	if len(m.signed) >= maxReplaced {
		return fmt.Errorf("the node has dropped %d transactions of nonce %d", len(m.signed), m.nonce)
	}
	return r.Progress.sign(r.sign(s, r.From))
}

// settle looks at a payment whose nonce is used on chain: by one of its own
// transactions, which is what one expects, or by somebody else's.
func (r *funder) settle(ctx context.Context, m *moving, top uint64) error {
	if m.mined && top < m.height+r.Depth {
		return nil
	}
	for _, s := range slices.Backward(m.signed) {
		t, err := r.Node.Transaction(ctx, s.Hash())
		switch {
		case nodeapi.NotFound(err):
			continue
		case err != nil:
			return err
		case t.Pending:
			continue
		}
		if top >= t.Height+r.Depth {
			return r.arrived(m, s, t.Height)
		}
		if !m.mined || m.height != t.Height {
			r.moved = time.Now()
		}
		m.looks, m.mined, m.height = 0, true, t.Height
		return nil
	}
	m.mined = false
	if m.looks == 0 {
		m.since, m.sinceAt = time.Now(), top
	}
	m.looks++
	if m.looks < voidLooks || time.Since(m.since) < voidTime || top < m.sinceAt+r.Depth {
		return nil
	}
	if err := r.Progress.void(m.payment); err != nil {
		return err
	}
	r.drop(m)
	r.todo = append(r.todo, Payment{m.to, m.amount})
	r.moved = time.Now()
	return nil
}

func (r *funder) arrived(m *moving, s *tx.SignedTx, height uint64) error {
	if err := r.Progress.confirm(m.payment, s.Hash(), height); err != nil {
		return err
	}
	r.drop(m)
	r.sum.Paid++
	r.sum.Fees.Add(r.sum.Fees, feeOf(s))
	r.moved = time.Now()
	r.report()
	return nil
}

func (r *funder) drop(m *moving) {
	r.open = slices.DeleteFunc(r.open, func(o *moving) bool { return o == m })
}

// feeOf returns the fee of a transaction that this package made.
func feeOf(s *tx.SignedTx) *big.Int {
	t, err := s.Decode()
	if err != nil {
		return new(big.Int)
	}
	return tx.FeeOf(t)
}
