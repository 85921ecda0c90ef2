package fuzz

import (
	"context"
	"time"

	"chanbot/bot"
	"chanbot/results"
	"chanbot/tx"
)

// Watch judges a run of a scenario by one pair by those rules of a search that
// need the chain or the times of all frames: RuleTimer, RuleDepth, RuleCoins, and
// RuleRoom if nobody else uses the node.
// With it a file that a search has written fails in other runs, too.
type Watch struct {
	s      stage
	before *purses
	tape   *tape
}

// NewWatch looks at the accounts of a pair before its run. Of the place Account,
// Locked and Depth are used; what is nil is not judged.
func NewWatch(ctx context.Context, place *Place, keys []tx.KeyPair) *Watch {
	w := &Watch{s: stage{place: place, blocks: &place.blocks}, tape: newTape()}
	w.before = w.s.accounts(ctx, keys)
	return w
}

// Attach has a run tell everything that is judged, and judges it at its end. It
// is called once, when the configuration is complete.
func (w *Watch) Attach(cfg *bot.Config) {
	cfg.API = w.tape.watch(cfg.API)
	cfg.Embedded = w.s.blocks.watch(cfg.Embedded)
	cfg.Frames = results.Tee(cfg.Frames, w.tape)
	if cfg.Started.IsZero() {
		cfg.Started = time.Now()
	}
	run := *cfg
	cfg.Afterwards = func(ctx context.Context) []results.Violation {
		// What is seen late makes the time before it seem shorter.
		b := w.tape.earlyTimer(run.Scenario, 2, 0)
		if no := w.tape.seats.refused; b == nil && no != nil {
			b = no.alone
		}
		if b == nil {
			b = w.s.chain(ctx, &run, w.tape, w.before)
		}
		if b == nil {
			return nil
		}
		return []results.Violation{{Role: b.Role, Rule: b.Rule, Expected: b.Expected, Got: b.Got}}
	}
}

// watch returns an API whose posts are noted.
func (t *tape) watch(api *bot.API) *bot.API {
	if api == nil || api.Post == nil {
		return api
	}
	own := *api
	own.Post = func(ctx context.Context, s *tx.SignedTx) error {
		t.posted.Store(true)
		return api.Post(ctx, s)
	}
	return &own
}
