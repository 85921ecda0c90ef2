package reclaim

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"chanbot/nodeapi"
	"chanbot/tx"
	"chanbot/wire"
)

// mutual tries to close the channel by agreement. That it does not work is no
// error but the reason of what is done instead; that the node cannot be reached
// is one, because a solo close is worse than waiting for the node.
func (j *job) mutual(ctx context.Context, ch *nodeapi.Channel) error {
	j.tries[tryMutual]++
	hash, err := j.agree(ctx)
	if _, ok := errors.AsType[*UnreachableError](err); ok && !ch.Closing() {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		j.result.Reason = "not by agreement: " + err.Error()
		j.Log.Info("no mutual close", "id", j.known.Channel, "err", err)
		return nil
	}
	j.how, j.last = ClosedMutually, hash
	return nil
}

// agree closes the channel by agreement and returns the transaction, which is in
// a block.
func (j *job) agree(ctx context.Context) (tx.Hash, error) {
	l := j.newLink()
	defer l.close()
	if err := l.join(ctx); err != nil {
		return tx.Hash{}, err
	}
	if err := l.together(ctx); err != nil {
		return tx.Hash{}, err
	}
	for _, p := range l.sides { // should it not work, the newest state is kept
		if _, err := l.askState(ctx, p); err != nil {
			return tx.Hash{}, err
		}
	}
	hash, err := l.shutdown(ctx)
	if err != nil {
		return hash, err
	}
	over, err := j.vanished(ctx)
	if err == nil && !over {
		err = fmt.Errorf("the transaction %s is not in a block after %v", hash.Text(tx.PrefixTxHash), j.Bound)
	}
	return hash, err
}

// shutdown asks for the close, from one side after the other, until it is agreed
// on or the time is up.
func (l *link) shutdown(ctx context.Context) (tx.Hash, error) {
	end := time.Now().Add(l.Bound)
	conflicts := 0
	for try := 0; ; try++ {
		hash, err := l.shutdownFrom(ctx, l.sides[try%2], end)
		if err == nil {
			return hash, nil
		}
		if _, ok := errors.AsType[conflictError](err); ok {
			conflicts++
		} else if _, ok := errors.AsType[refusalError](err); !ok {
			return hash, err
		}
		if conflicts > most || !time.Now().Before(end) {
			return hash, err
		}
		if err := l.pause(ctx, time.Second); err != nil {
			return hash, err
		}
	}
}

// conflictError is a request that ended with a conflict.
type conflictError int

func (e conflictError) Error() string { return fmt.Sprintf("the close ended with conflict %d", int(e)) }

// refusalError is a request that the node did not take: the channel may not be
// ready for it yet.
type refusalError struct{ err *wire.Error }

func (e refusalError) Error() string {
	return fmt.Sprintf("the node refuses the close: %s (%d)", e.err.Message, e.err.SubCode())
}

// shutdownFrom lets one side ask for the close and both of them sign.
func (l *link) shutdownFrom(ctx context.Context, starter *party, end time.Time) (hash tx.Hash, err error) {
	id := l.requestID()
	if err := l.send(starter, wire.AppendCall(nil, id, wire.Shutdown{})); err != nil {
		return hash, err
	}
	for {
		ev, err := l.next(ctx, end)
		if err != nil {
			return hash, err
		}
		f := &ev.frame
		switch {
		case !ev.side.here():
			return hash, ev.side.gone()
		case f.Kind == wire.KindError && f.Error != nil && string(f.ID) == string(id):
			if f.Error.SubCode() == wire.CodeInsufficientBalance {
				return hash, errors.New("its balances cannot pay the fee of a close")
			}
			return hash, refusalError{f.Error}
		case f.Conflict != nil && ev.side == starter:
			return hash, conflictError(f.Conflict.Code)
		case f.Sign != nil:
			if err := l.signClose(ctx, ev.side, starter, f.Sign); err != nil {
				return hash, err
			}
		case f.OnChainTx != nil && f.OnChainTx.Type == wire.TxTypeCloseMutual && ev.side == starter:
			signed, err := tx.ParseSigned(f.OnChainTx.Tx)
			if err != nil {
				return hash, err
			}
			return signed.Hash(), nil
		}
	}
}

// signClose signs the close that was asked for, and aborts anything else.
func (l *link) signClose(ctx context.Context, p, starter *party, s *wire.Sign) error {
	want := wire.TagShutdownSignAck
	if p == starter {
		want = wire.TagShutdownSign
	}
	if s.Tag != want {
		return l.send(p, wire.AppendAbort(nil, nil, s.Tag, []byte(abortCode)))
	}
	signed, err := tx.ParseSigned(s.SignedTx)
	if err != nil {
		return err
	}
	inner, err := signed.Decode()
	if err != nil {
		return err
	}
	t, ok := inner.(*tx.CloseMutual)
	if !ok {
		return fmt.Errorf("the node wants a %s signed instead of a close", inner.Type())
	}
	ch, err := l.Terms.Node.Channel(ctx, l.job.id) // a deposit may have come into a block meanwhile
	if err != nil {
		return err
	}
	sum := new(big.Int).Add(t.InitiatorAmountFinal, t.ResponderAmountFinal)
	if t.ChannelID != l.job.id || sum.Add(sum, t.Fee).Cmp(ch.Amount) != 0 {
		return errors.New("the node wants a close signed that does not pay out the channel")
	}
	if err := l.fair(t, t.Fee); err != nil {
		return err
	}
	return l.send(p, wire.AppendSigned(nil, l.requestID(), s.Tag, signed.Sign(p.key, l.Terms.NetworkID, l.Form).Text()))
}

// greedy bounds the fee that a node may ask for, in fees of the terms.
const greedy = 100

// fair refuses a fee that nobody would pay.
func (l *link) fair(t tx.Tx, fee *big.Int) error {
	most := new(big.Int).Mul(tx.MinFee(t, l.Terms.GasPrice), big.NewInt(greedy))
	if fee.Cmp(most) > 0 {
		return fmt.Errorf("the node wants a fee of %s aettos, more than %s", fee, most)
	}
	return nil
}

// soloOnSocket closes the channel from one side over the channel API, and
// reports whether the chain has begun to close it. Sides whose machine has ended
// are left alone: alone they cannot come back.
func (j *job) soloOnSocket(ctx context.Context, ch *nodeapi.Channel) (bool, error) {
	l := j.newLink()
	defer l.close()
	if err := l.join(ctx); err != nil {
		return false, err
	}
	// One side can be ahead of the other.
	var best *party
	var newest uint64
	for _, p := range l.sides {
		if !p.here() || !p.live {
			continue
		}
		round, err := l.askState(ctx, p)
		if err == nil && (best == nil || round > newest) {
			best, newest = p, round
		}
	}
	if best == nil || newest < max(ch.Round, j.known.Round) {
		return false, errors.New("no machine has the newest state")
	}
	id := l.requestID()
	if err := l.send(best, wire.AppendCall(nil, id, wire.CloseSolo{})); err != nil {
		return false, err
	}
	for end := time.Now().Add(answerTime); ; {
		ev, err := l.next(ctx, end)
		f := &ev.frame
		switch {
		case err != nil:
			return false, err
		case ev.side != best:
		case !best.here():
			return false, best.gone()
		case f.Kind == wire.KindError && f.Error != nil && string(f.ID) == string(id):
			return false, refusalError{f.Error}
		case f.Conflict != nil:
			return false, conflictError(f.Conflict.Code)
		case f.Sign != nil && f.Sign.Tag == wire.TagCloseSoloSign:
			if err := l.signSolo(best, f.Sign); err != nil {
				return false, err
			}
			return j.nowClosing(ctx)
		}
	}
}

// signSolo signs the solo close of a side.
func (l *link) signSolo(p *party, s *wire.Sign) error {
	signed, err := tx.ParseSigned(s.SignedTx)
	if err != nil {
		return err
	}
	inner, err := signed.Decode()
	if err != nil {
		return err
	}
	t, ok := inner.(*tx.CloseSolo)
	if !ok || t.ChannelID != l.job.id || t.FromID != p.key.ID() {
		return errors.New("the node wants something else signed than a close of this side")
	}
	if err := l.fair(t, t.Fee); err != nil {
		return err
	}
	return l.send(p, wire.AppendSigned(nil, l.requestID(), s.Tag, signed.Sign(p.key, l.Terms.NetworkID, l.Form).Text()))
}
