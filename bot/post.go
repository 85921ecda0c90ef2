package bot

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/tx"
)

// API is what the bot needs of the node's HTTP API.
type API struct {
	// Post puts a transaction into the node's pool. What the node refuses is a
	// *PostRefusal.
	Post func(ctx context.Context, s *tx.SignedTx) error
	// NextNonce returns the nonce of the next transaction of an account.
	NextNonce func(ctx context.Context, id tx.ID) (uint64, error)
	// Height returns the height of the chain, for waiting for blocks that come by
	// themselves.
	Height func(ctx context.Context) (uint64, error)
}

// PostRefusal says that the node does not take a transaction.
type PostRefusal struct {
	Status int // of HTTP
	Reason string
}

// Error returns the reason.
func (e *PostRefusal) Error() string { return e.Reason }

// postCloseSolo stands for a solo close by a state that is not the last one: the
// one before it, or that of a round which follows it. It is made by the role
// that posts, past its machine in the node.
const postCloseSolo = "$close_solo"

// coSignedState is a state that both sides have signed.
type coSignedState struct {
	round    uint64
	signed   *tx.SignedTx
	balances [2]*big.Int
}

// keepState keeps the state that was reported last, for post.
func (e *end) keepState() {
	s := coSignedState{round: e.client.Round(), signed: e.client.LastSigned()}
	s.balances[0], s.balances[1] = e.client.Balances()
	if n := len(e.states); s.signed == nil || s.balances[0] == nil || n > 0 && e.states[n-1].round == s.round {
		return
	}
	e.states = append(e.states, s)
}

// playPost posts a transaction. It is done when the node has taken it; what
// becomes of it on the chain the next steps wait for.
func (p *pair) playPost(t *turn, r *run) {
	a := &r.step.Action
	p.lock()
	e := p.first(outcome.Initiator)
	if r.step.Who.Party != strategy.Nobody {
		e = p.party(r.step.Who)
	}
	o := p.begin(r, strategy.Post, e, quietTrack{})
	limit := r.until - p.now()
	p.unlock()
	ctx, cancel := context.WithTimeout(t.hard, limit)
	defer cancel()
	s, err := p.posted(ctx, e, a.Tx)
	if err == nil {
		err = p.fleet.cfg.API.Post(ctx, s)
	}
	out := outcome.Outcome{Kind: outcome.Done}
	if err != nil {
		out = outcome.Outcome{Kind: outcome.Disconnected, Detail: err.Error()}
	}
	refusal, refused := errors.AsType[*PostRefusal](err)
	switch {
	case refused:
		out = outcome.Outcome{Kind: outcome.Rejected, Code: refusal.Status, Detail: refusal.Reason}
	case err == nil:
	case t.hard.Err() != nil:
		out = outcome.Outcome{Kind: outcome.Cancelled}
	case errors.Is(err, context.DeadlineExceeded):
		out = outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByBot}
	}
	p.lock()
	defer p.unlock()
	o.tell(out)
}

// posted returns the transaction that a text stands for.
func (p *pair) posted(ctx context.Context, e *end, text string) (*tx.SignedTx, error) {
	kind, round, _ := strings.Cut(text, " ")
	if kind == postCloseSolo {
		return p.closeSolo(ctx, e, round)
	}
	s, err := tx.ParseSigned(text)
	if err != nil {
		return nil, &PostRefusal{Reason: "not a transaction: " + err.Error()}
	}
	return s, nil
}

// closeSolo makes a solo close by an old state.
func (p *pair) closeSolo(ctx context.Context, e *end, round string) (*tx.SignedTx, error) {
	p.lock()
	state := e.stateOf(round)
	channel, err := tx.ParseID(p.channelID(e))
	p.unlock()
	if err != nil || state == nil {
		return nil, &PostRefusal{Reason: strings.TrimSpace("no such state to close with " + round)}
	}
	ids := []tx.ID{e.party.keys[0].ID(), e.party.keys[1].ID()}
	accounts := []tx.Balance{{ID: ids[0], Amount: state.balances[0]}, {ID: ids[1], Amount: state.balances[1]}}
	proof, err := tx.ProofOfInclusion(accounts, ids)
	if err != nil {
		return nil, fmt.Errorf("prove the balances: %w", err)
	}
	c := &tx.CloseSolo{ChannelID: channel, FromID: e.key.ID(), PoI: proof, Fee: new(big.Int)}
	if inner, err := state.signed.Decode(); err == nil {
		if _, offChain := inner.(*tx.OffChain); offChain {
			c.Payload = state.signed.Bytes()
		}
	}
	if c.Nonce, err = p.fleet.cfg.API.NextNonce(ctx, c.FromID); err != nil {
		return nil, err
	}
	tx.SetFee(c, tx.MinFee(c, big.NewInt(gasPrice)))
	return tx.NewSigned(c).Sign(e.key, p.fleet.cfg.NetworkID, p.fleet.cfg.SignForm), nil
}

// gasPrice is what a transaction of the bot's own pays for its gas, in aettos:
// the least that nodes take by default.
const gasPrice = 1_000_000_000

// stateOf returns the state of a round, by default the one before the last, or
// nil.
func (e *end) stateOf(round string) *coSignedState {
	if round == "" {
		if n := len(e.states); n > 1 {
			return &e.states[n-2]
		}
		return nil
	}
	n, err := strconv.ParseUint(round, 10, 64)
	for i := range e.states {
		if err == nil && e.states[i].round == n {
			return &e.states[i]
		}
	}
	return nil
}

// anyPost says whether any step of a list posts a transaction.
func anyPost(steps []strategy.Step) bool {
	return anyStep(steps, func(s *strategy.Step) bool { return s.Action.Kind == strategy.Post })
}
