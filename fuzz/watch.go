package fuzz

import (
	"context"
	"time"

	"chanbot/bot"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/tx"
)

// Watch judges a run of a scenario by one pair by those rules of a search that
// need the chain or the times of all frames: RuleTimer, RuleDepth and RuleCoins.
// With it a file that a search has written fails in other runs, too.
type Watch struct {
	s       stage
	sc      *strategy.Scenario
	keys    []tx.KeyPair
	before  *purses
	tape    *tape
	started time.Time
}

// NewWatch looks at the accounts of a pair before its run. Of the place Account,
// Locked and Depth are used; what is nil is not judged.
func NewWatch(ctx context.Context, place *Place, sc *strategy.Scenario, keys []tx.KeyPair) *Watch {
	w := &Watch{s: stage{place: place, blocks: &place.blocks}, sc: sc, keys: keys, tape: newTape()}
	w.before = w.s.accounts(ctx, keys)
	return w
}

// Attach has a run tell everything that is judged, and judges it at its end. It
// is called once, when the configuration is complete.
func (w *Watch) Attach(cfg *bot.Config) {
	cfg.API = w.tape.watch(cfg.API)
	cfg.Embedded = w.s.blocks.watch(cfg.Embedded)
	if cfg.Frames == nil {
		cfg.Frames = w.tape
	} else {
		cfg.Frames = tee{cfg.Frames, w.tape}
	}
	if cfg.Started.IsZero() {
		cfg.Started = time.Now()
	}
	w.started = cfg.Started
	onDemand := cfg.Embedded != nil && cfg.Embedded.OnDemand
	cfg.Afterwards = func(ctx context.Context) []results.Violation {
		// What is seen late makes the time before it seem shorter.
		b := w.tape.earlyTimer(w.sc, 2)
		if b == nil && onDemand && w.s.place.Depth != nil {
			b = w.s.earlyDepth(ctx, w.tape, w.sc, w.started)
		}
		if b == nil {
			b = w.s.coins(ctx, w.keys, w.before, w.tape)
		}
		if b == nil {
			return nil
		}
		return []results.Violation{{Role: b.Role, Rule: b.Rule, Expected: b.Expected, Got: b.Got}}
	}
}

// tee gives frames to two.
type tee struct{ a, b results.Sink }

func (t tee) Record(f results.FrameRecord) { t.a.Record(f); t.b.Record(f) }

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
