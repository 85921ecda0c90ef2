package reclaim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// dials is how often a side connects when the node closes the socket without a
// word: it may have no place for one more, or not have noticed yet that the
// client of before is gone.
const dials = 3

// abortCode is what requests to sign of before are answered with. Nodes give it
// no meaning.
const abortCode = "200"

// join brings the sides that can sign back to the channel, the responder first,
// or else the initiator finds nobody (fsm.md 6.8). Without an error at least one
// side is there.
func (l *link) join(ctx context.Context) error {
	var first error
	for _, i := range []int{outcome.Responder.Index(), outcome.Initiator.Index()} {
		p := l.sides[i]
		if p.key.IsZero() || l.known.FSMIDs[i] == "" {
			continue
		}
		err := l.connect(ctx, p)
		if _, ok := errors.AsType[*UnreachableError](err); ok || ctx.Err() != nil {
			return err
		}
		if err == nil && p.live {
			// What was asked before must not wait any longer, or the channel
			// takes no other request.
			err = l.abortAll(ctx, p)
		}
		if err != nil && first == nil {
			first = fmt.Errorf("the %s: %w", p.role, err)
		}
	}
	for _, p := range l.sides {
		if p.here() {
			return nil
		}
	}
	if first == nil {
		first = errors.New("no side can come back")
	}
	return first
}

// connect brings one side back.
func (l *link) connect(ctx context.Context, p *party) error {
	var last error
	for try := range dials {
		if try > 0 {
			if err := l.pause(ctx, time.Duration(try)*time.Second); err != nil {
				return err
			}
		}
		if err := l.dial(ctx, p); err != nil {
			return err
		}
		refused, err := l.upOrOut(ctx, p)
		if err == nil || refused || ctx.Err() != nil {
			return err
		}
		last = err
	}
	return last
}

// upOrOut waits until the node has taken a connection or not. A refusal is for
// good.
func (l *link) upOrOut(ctx context.Context, p *party) (refused bool, err error) {
	end := time.Now().Add(answerTime)
	for {
		ev, err := l.next(ctx, end)
		switch {
		case err != nil:
			if p.conn != nil {
				p.conn.Close()
				p.conn = nil
				p.num++ // nobody listens to it any more
			}
			return false, err
		case ev.side != p:
		case ev.err != nil:
			return false, errors.New("the node knows no state of the channel, or has no place for the connection")
		case ev.frame.Kind == wire.KindError && ev.frame.Error != nil:
			return true, fmt.Errorf("the node refuses the connection: %s (%d)", ev.frame.Error.Message, ev.frame.Error.SubCode())
		case p.up:
			return false, nil
		}
	}
}

// together waits until both sides are at the channel: a side whose machine had
// ended has to find the other one first.
func (l *link) together(ctx context.Context) error {
	i, r := l.sides[0], l.sides[1]
	end := time.Now().Add(min(l.Bound, 3*answerTime))
	for {
		switch {
		case !i.here():
			return i.gone()
		case !r.here():
			return r.gone()
		case i.live && r.live:
			return nil
		case i.live:
			return errors.New("the machine of the responder has ended, and that of the initiator has not")
		case i.open && (r.live || r.open):
			return nil
		}
		if _, err := l.next(ctx, end); err != nil {
			return err
		}
	}
}

// abortable are the tags of the requests to sign that can be under way, as far
// as they can be aborted.
func abortable() []string {
	return slices.DeleteFunc(slices.Clone(wire.SignTags()), func(tag string) bool {
		return tag == wire.TagInitiatorSign || tag == wire.TagResponderSign
	})
}

// abortAll aborts whatever the side was asked to sign before. A node does not
// repeat such a request, so each kind is tried; the answer to those that are not
// there is a harmless error (fsm.md 5.5).
func (l *link) abortAll(ctx context.Context, p *party) error {
	waiting := make(map[string]bool)
	for _, tag := range abortable() {
		id := l.requestID()
		if err := l.send(p, wire.AppendAbort(nil, id, tag, []byte(abortCode))); err != nil {
			return err
		}
		waiting[string(id)] = true
	}
	for end := time.Now().Add(answerTime); len(waiting) > 0; {
		ev, err := l.next(ctx, end)
		switch {
		case err != nil:
			return err
		case ev.side == p && !p.here():
			return p.gone()
		case ev.side == p:
			delete(waiting, string(ev.frame.ID))
		}
	}
	return nil
}

// askState asks a side for its state and returns the round, 0 when it does not
// tell.
func (l *link) askState(ctx context.Context, p *party) (uint64, error) {
	id := l.requestID()
	if err := l.send(p, wire.AppendCall(nil, id, wire.GetOffchainState{})); err != nil {
		return 0, err
	}
	for end := time.Now().Add(answerTime); ; {
		ev, err := l.next(ctx, end)
		switch {
		case err != nil:
			return 0, err
		case ev.side == p && !p.here():
			return 0, p.gone()
		case ev.side != p || string(ev.frame.ID) != string(id):
			continue
		}
		state, err := wire.DecodeReply[wire.OffchainState](ev.frame.Result)
		if err != nil {
			return 0, nil // not ready, it says "ok" then
		}
		return l.keepState(state.SignedTx, l.balancesOf(state.Trees)), nil
	}
}

// balancesOf reads the balances of state trees, none when they hold more than
// those.
func (l *link) balancesOf(trees string) []tx.Balance {
	b, err := tx.DecodeAs(tx.PrefixStateTrees, trees)
	if err != nil {
		return nil
	}
	t, err := tx.DecodeStateTrees(b)
	if err != nil || t.Hash() != tx.StateHash(t.Accounts()...) {
		return nil
	}
	return t.Accounts()
}

// keepState keeps a state that the node has shown, with its balances if they are
// known, and returns its round. What the sides have not signed is no state: it
// must not take the place of one with which the channel can be closed.
func (l *link) keepState(text string, balances []tx.Balance) uint64 {
	signed, err := tx.ParseSigned(text)
	if err != nil {
		return 0
	}
	inner, _, err := signed.Innermost()
	if err != nil {
		return 0
	}
	round, hash, ok := tx.StateOf(inner)
	if id, named := tx.ChannelOf(inner); !ok || named && id != l.job.id {
		return 0
	}
	who, _ := signed.Signers(l.Terms.NetworkID, l.parties[:]...)
	if len(who) == 0 || len(who) == 1 && tx.NeedsBoth(inner) {
		return 0
	}
	r := results.ChannelRecord{Round: round, Signed: text}
	if tx.StateHash(balances...) == hash {
		for _, party := range l.parties {
			for _, b := range balances {
				if b.ID == party {
					r.Balances = append(r.Balances, b.Amount)
				}
			}
		}
	}
	if len(r.Balances) != 2 {
		r.Balances = nil
	}
	if round > l.known.Round || round == l.known.Round && r.Balances != nil {
		l.keep(r)
	}
	return round
}
