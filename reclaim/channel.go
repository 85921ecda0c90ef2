package reclaim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"chanbot/nodeapi"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
)

// job is one channel.
type job struct {
	*work
	known   results.ChannelRecord
	id      tx.ID
	parties [2]tx.ID
	keys    [2]tx.KeyPair // zero for a side that cannot sign
	bad     error         // the record cannot be used
	result  Result

	how   Status // how this call has closed it, "" if it has not
	last  tx.Hash
	tries [4]int // of each step
}

// steps of a job, for tries.
const (
	tryMutual = iota
	tryClose
	trySlash
	trySettle
)

// most is how often a step is tried, again because the chain still wants it.
const most = 3

func newJob(w *work, known results.ChannelRecord) *job {
	j := &job{work: w, known: known, result: Result{Channel: known.Channel, Pair: known.Pair}}
	j.id, j.bad = tx.ParseID(known.Channel)
	if j.bad == nil && j.id.Kind != tx.ChannelID {
		j.bad = errors.New("this is no id of a channel")
	}
	for i, text := range known.Parties {
		id, err := tx.ParseID(text)
		if err != nil && j.bad == nil {
			j.bad = fmt.Errorf("the account of the %s is not known", outcome.Roles[i])
		}
		j.parties[i], j.keys[i] = id, w.keys[id]
	}
	return j
}

// begin takes the channel as far as it can come without waiting for a lock
// period.
func (j *job) begin(ctx context.Context) {
	err := j.bad
	if err == nil {
		err = j.advance(ctx, time.Time{})
	}
	j.settle(ctx, err)
}

// finish waits for the lock period, no longer than until, and settles.
func (j *job) finish(ctx context.Context, until time.Time) {
	before := j.result
	j.settle(ctx, j.advance(ctx, until))
	if j.result.Status == Closing && j.result.Reason == "" {
		j.result.Reason = before.Reason
	}
}

// settle notes and tells what the channel has come to.
func (j *job) settle(ctx context.Context, err error) {
	if err != nil {
		j.result.Status, j.result.Reason = Failed, err.Error()
		_, j.result.Unreachable = errors.AsType[*UnreachableError](err)
		if ctx.Err() != nil {
			j.result.Reason = "broken off: " + context.Cause(ctx).Error()
		}
	}
	j.Log.Info("channel", "id", j.known.Channel, "status", j.result.Status, "reason", j.result.Reason)
	j.report(j.result)
}

// advance looks at the chain and does what comes next, until the channel is
// over, or locked for longer than until.
func (j *job) advance(ctx context.Context, until time.Time) error {
	for {
		ch, err := j.Terms.Node.Channel(ctx, j.id)
		switch {
		case nodeapi.NotFound(err):
			return j.gone(ctx)
		case err != nil:
			return err
		case ch.InitiatorID != j.parties[0] || ch.ResponderID != j.parties[1]:
			return errors.New("on the chain it belongs to other accounts")
		}
		if ch.Top == 0 { // a proxy may keep the header for itself
			if ch.Top, err = j.Terms.Node.Height(ctx); err != nil {
				return err
			}
		}
		done, err := j.next(ctx, &ch, until)
		if done || err != nil {
			return err
		}
	}
}

// next does what comes next for a channel that is on the chain.
func (j *job) next(ctx context.Context, ch *nodeapi.Channel, until time.Time) (done bool, err error) {
	switch {
	case j.wantsMutual():
		return false, j.mutual(ctx, ch)
	case !ch.Closing():
		return false, j.step(tryClose, func() error { return j.closeSolo(ctx, ch) })
	case j.newer(ch):
		return false, j.step(trySlash, func() error { return j.slash(ctx, ch) })
	case ch.Top < ch.LockedUntil:
		j.result.Status, j.result.SettlesAt, j.result.Height = Closing, ch.LockedUntil, ch.Top
		if !time.Now().Before(until) {
			return true, nil
		}
		return false, j.pause(ctx, 2*time.Second)
	case until.IsZero():
		j.result.Status, j.result.SettlesAt, j.result.Height = Closing, ch.LockedUntil, ch.Top
		return true, nil
	}
	return false, j.step(trySettle, func() error { return j.settleOnChain(ctx, ch) })
}

// step does something that changes the chain, but not for ever.
func (j *job) step(kind int, do func() error) error {
	if j.tries[kind]++; j.tries[kind] > most {
		return errors.New("the chain does not take its transactions")
	}
	return do()
}

// wantsMutual says that both sides can sign and have not tried it yet.
func (j *job) wantsMutual() bool {
	return j.tries[tryMutual] == 0 && !j.Solo && j.known.FSMIDs != [2]string{} && !j.keys[0].IsZero() && !j.keys[1].IsZero()
}

// gone says what a channel has come to that is not on the chain.
func (j *job) gone(ctx context.Context) error {
	j.result.SettlesAt, j.result.Height = 0, 0
	if j.how != "" {
		j.result.Status = j.how
		if !j.last.IsZero() {
			j.result.Tx = j.last.Text(tx.PrefixTxHash)
			if _, err := j.Terms.Node.Wait(ctx, j.last, nodeapi.Wait{Depth: j.Terms.Depth, Every: j.Terms.Every}); err != nil && !nodeapi.NotFound(err) {
				return err
			}
		}
		j.keep(results.ChannelRecord{Closed: true})
		return nil
	}
	created, err := j.created(ctx)
	if err != nil {
		return err
	}
	if !created {
		if j.known.Signed != "" || j.known.Closed {
			return errors.New("this chain has never had it; is the HTTP API that of the node of the run?")
		}
		j.result.Status = NeverOpened
		return nil
	}
	if _, err := j.Terms.Node.Channel(ctx, j.id); !nodeapi.NotFound(err) {
		if err != nil {
			return err
		}
		return j.advance(ctx, time.Time{}) // it came into a block a moment ago
	}
	j.result.Status = AlreadyClosed
	j.keep(results.ChannelRecord{Closed: true})
	return nil
}

// created waits until the create transaction is in a block and says whether it
// ever came there.
func (j *job) created(ctx context.Context) (bool, error) {
	hash, err := tx.ParseHash(tx.PrefixTxHash, j.known.Create)
	if err != nil {
		// Nothing tells but the account that paid for it.
		payer, err := j.Terms.Node.Account(ctx, j.parties[0])
		if nodeapi.NotFound(err) {
			return false, nil
		}
		return payer.Nonce > 0, err
	}
	bounded, cancel := context.WithTimeoutCause(ctx, j.Bound, errors.New("its create transaction waits in the pool"))
	defer cancel()
	_, err = j.Terms.Node.Wait(bounded, hash, nodeapi.Wait{Every: j.Terms.Every})
	if nodeapi.NotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// keep tells the sink, and remembers itself, what has changed.
func (j *job) keep(r results.ChannelRecord) {
	r.Channel, r.Pair = j.known.Channel, j.known.Pair
	j.known.Merge(r)
	if j.Channels != nil {
		j.Channels.Channel(r)
	}
}

// pause waits.
func (j *job) pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
