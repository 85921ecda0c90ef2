package accounts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// Payment is what an account shall get, in aettos.
type Payment struct {
	To     tx.ID
	Amount *big.Int
}

// Funding is a call of [Fund].
type Funding struct {
	Terms
	From tx.KeyPair
	// Progress remembers what was signed and what arrived. Whoever is in it is
	// not paid again; those who are new in a longer list are.
	Progress *Progress
	// Report is called after each payment that arrived, and once at the start,
	// with how many there are in all; nil is not.
	Report func(done, total int)
}

// Funded says what a call of [Fund] did.
type Funded struct {
	Before int      // payments of the list that had arrived before
	Paid   int      // payments that arrived now
	Fees   *big.Int // of those, in aettos
}

// InsufficientError says that an account cannot pay all of it. Nothing was
// signed because of the payments that are missing.
type InsufficientError struct {
	ID         tx.ID
	Have, Need *big.Int // aettos, fees included
}

// Error names the amounts.
func (e *InsufficientError) Error() string {
	return fmt.Sprintf("account %s has %s aettos; the payments and their fees need %s", e.ID, e.Have, e.Need)
}

// StalledError says that nothing happened for too long.
type StalledError struct {
	After   time.Duration
	Waiting int    // transactions that have not arrived
	Why     string // what the node says about the first one, "" if nothing
}

// Error says what is waited for.
func (e *StalledError) Error() string {
	text := fmt.Sprintf("nothing happened on the chain for %v; %d transactions wait", e.After, e.Waiting)
	if e.Why != "" {
		text += ", the first one with: " + e.Why
	}
	return text
}

// Fund pays each recipient once and returns when all payments are in blocks, as
// deep as the terms say. Up to [nodeapi.NonceWindow] are on their way at a time.
//
// A transaction is on the disk before it is posted. After a crash, or an error
// of any kind, the same call with the same progress file goes on: it posts the
// same bytes again and waits for them. If the node has dropped a transaction and
// does not take it back, it is replaced by one with the same nonce, and only one
// of the two can ever be in a block. A payment gets another nonce only after its
// own was seen used by a transaction that is none of its own.
//
// Recipients may be in the list once. Payments of the progress file that are
// not in the list are brought to their end, too. On an error, what had arrived
// before is returned with it.
func Fund(ctx context.Context, f Funding, payments []Payment) (Funded, error) {
	f.Terms = f.withDefaults()
	r := &funder{Funding: f, sum: Funded{Fees: new(big.Int)}}
	if err := r.run(ctx, payments); err != nil {
		return r.sum, fmt.Errorf("fund accounts: %w", err)
	}
	return r.sum, nil
}

// funder is a run of Fund.
type funder struct {
	Funding
	id    tx.ID
	todo  []Payment // not signed yet
	open  []*moving // signed and not confirmed
	total int
	sum   Funded
	top   uint64    // height that was seen last
	moved time.Time // when something happened last
	price bool      // the price was chosen by the caller
}

// moving is an open payment as this run sees it.
type moving struct {
	*payment
	posted  int       // how many of its transactions were posted in this run
	mined   bool      // one of them was seen in a block
	height  uint64    // of its generation
	looks   int       // since its nonce was seen used by another transaction
	since   time.Time // of the first of these looks
	sinceAt uint64    // and the height then
}

func (r *funder) run(ctx context.Context, payments []Payment) error {
	if r.From.IsZero() {
		return errors.New("no key to pay with")
	}
	r.id, r.price = r.From.ID(), r.GasPrice != nil
	terms, status, err := r.agree(ctx)
	if err != nil {
		return err
	}
	r.Terms = terms
	header := progressHeader{NetworkID: r.NetworkID, Genesis: status.GenesisKeyBlock.Text(tx.PrefixKeyBlock), From: r.id}
	if err := r.Progress.belongs(header); err != nil {
		return err
	}
	if err := r.plan(payments); err != nil {
		return err
	}
	if err := r.Progress.begin(header); err != nil {
		return err
	}
	if err := r.sameChain(ctx); err != nil {
		return err
	}
	r.report()
	if len(r.todo)+len(r.open) == 0 {
		return nil
	}
	if err := r.afford(ctx); err != nil {
		return err
	}
	wait := r.Every / eager
	for r.moved = time.Now(); ; {
		moved := r.moved
		if err := r.round(ctx); err != nil {
			return err
		}
		if r.moved.After(moved) {
			wait = r.Every / eager
		}
		if len(r.todo)+len(r.open) == 0 {
			return nil
		}
		if waited := time.Since(r.moved); waited >= r.Patience {
			return &StalledError{After: waited.Round(time.Second), Waiting: len(r.open), Why: r.diagnosis(ctx)}
		}
		if wait, err = r.pause(ctx, wait); err != nil {
			return err
		}
	}
}

// plan compares the list with the progress file.
func (r *funder) plan(payments []Payment) error {
	listed := make(map[tx.ID]bool)
	for _, p := range payments {
		known := r.Progress.payments[p.To]
		switch {
		case p.To.Kind != tx.AccountID:
			return fmt.Errorf("%s is no account", p.To)
		case p.Amount == nil || p.Amount.Sign() <= 0:
			return fmt.Errorf("%s shall get %v aettos; expected more than 0", p.To, p.Amount)
		case listed[p.To]:
			return fmt.Errorf("%s is in the list twice", p.To)
		case p.To == r.id:
			return fmt.Errorf("%s shall pay itself", p.To)
		case known == nil:
			r.todo = append(r.todo, p)
		case known.amount.Cmp(p.Amount) != 0:
			return fmt.Errorf("progress file %s: %s is to get %s aettos there, and now %s; %w", r.Progress.path, p.To, known.amount, p.Amount, ErrOtherPayments)
		case known.confirmed:
			r.sum.Before++
		}
		listed[p.To] = true
	}
	for _, known := range r.Progress.order {
		switch {
		case known.confirmed:
		case len(known.signed) == 0:
			r.todo = append(r.todo, Payment{known.to, known.amount})
		default:
			r.open = append(r.open, &moving{payment: known})
		}
	}
	r.total = r.sum.Before + len(r.todo) + len(r.open)
	return nil
}

// sameChain makes sure that a chain which begins alike was not started anew
// since: the newest payment must still be there.
func (r *funder) sameChain(ctx context.Context) error {
	if r.Progress.last == nil {
		return nil
	}
	_, err := r.Node.Transaction(ctx, *r.Progress.last)
	if nodeapi.NotFound(err) {
		return fmt.Errorf("progress file %s: its last payment %s is not on this chain; %w", r.Progress.path, r.Progress.last.Text(tx.PrefixTxHash), ErrOtherPayments)
	}
	return err
}

// afford compares what is still to be paid with what the account has.
func (r *funder) afford(ctx context.Context) error {
	account, err := r.Node.Account(ctx, r.id)
	if nodeapi.NotFound(err) {
		account.Balance, err = new(big.Int), nil
	}
	if err != nil {
		return err
	}
	need := new(big.Int)
	for _, p := range r.todo {
		// The nonce is not known yet; a large one costs a few bytes more.
		s := r.spend(r.id, p.To, p.Amount, account.Nonce+1<<16)
		need.Add(need, s.Amount).Add(need, s.Fee)
	}
	for _, m := range r.open {
		if m.nonce > account.Nonce {
			need.Add(need, m.amount).Add(need, r.spend(r.id, m.to, m.amount, m.nonce).Fee)
		}
	}
	if account.Balance.Cmp(need) < 0 {
		return &InsufficientError{ID: r.id, Have: account.Balance, Need: need}
	}
	return nil
}

// round looks at the chain once and does what can be done then.
func (r *funder) round(ctx context.Context) error {
	account, err := r.Node.Account(ctx, r.id)
	if err != nil {
		return err
	}
	top := account.Top
	if top == 0 { // a proxy may keep the header for itself
		if top, err = r.Node.Height(ctx); err != nil {
			return err
		}
	}
	if top > r.top { // what is in a block gets deeper
		r.top = top
		if slices.ContainsFunc(r.open, func(m *moving) bool { return m.mined }) {
			r.moved = time.Now()
		}
	}
	slices.SortFunc(r.open, func(a, b *moving) int { return cmp.Compare(a.nonce, b.nonce) })
	for _, m := range slices.Clone(r.open) {
		if m.nonce <= account.Nonce {
			err = r.settle(ctx, m, top)
		} else {
			err = r.push(ctx, m)
		}
		if err != nil {
			return fmt.Errorf("payment to %s: %w", m.to, err)
		}
	}
	return r.refill(ctx, account.Nonce)
}

// refill signs further payments, as many as the pool takes.
func (r *funder) refill(ctx context.Context, nonce uint64) error {
	for len(r.todo) > 0 {
		free, err := r.Node.FreeNonce(ctx, r.id)
		if err != nil {
			return err
		}
		for slices.ContainsFunc(r.open, func(m *moving) bool { return m.nonce == free }) {
			free++
		}
		if free > nonce+nodeapi.NonceWindow {
			return nil
		}
		p := r.todo[0]
		if err := r.Progress.sign(r.sign(r.spend(r.id, p.To, p.Amount, free), r.From)); err != nil {
			return err
		}
		m := &moving{payment: r.Progress.payments[p.To]}
		r.todo, r.open = r.todo[1:], append(r.open, m)
		if err := r.push(ctx, m); err != nil {
			return fmt.Errorf("payment to %s: %w", m.to, err)
		}
	}
	return nil
}

func (r *funder) report() {
	if r.Report != nil {
		r.Report(r.sum.Before+r.sum.Paid, r.total)
	}
}

// diagnosis asks the node why the first payment is in no block. Most nodes do
// not say.
func (r *funder) diagnosis(ctx context.Context) string {
	if len(r.open) == 0 || len(r.open[0].signed) == 0 {
		return ""
	}
	why, err := r.Node.CheckTx(ctx, r.open[0].best().Hash())
	if err != nil {
		return ""
	}
	return why
}
