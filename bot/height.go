package bot

import (
	"context"
	"time"

	"chanbot/outcome"
)

// heightPace is the time between two looks at the height of a chain whose
// blocks come by themselves.
const heightPace = 250 * time.Millisecond

// awaitBlocks waits until the chain has some more key blocks.
func (p *pair) awaitBlocks(t *turn, r *run, n int) {
	p.lock()
	o := p.begin(r, outcome.Wait, nil, quietTrack{})
	limit := r.until - p.now()
	p.unlock()
	ctx, cancel := context.WithTimeout(t.hard, limit)
	defer cancel()
	height := p.fleet.cfg.API.Height
	first, err := height(ctx)
	for now := first; err == nil && now < first+uint64(n); now, err = height(ctx) {
		if !t.sleep(heightPace, r) {
			err = context.Canceled
			break
		}
	}
	p.lock()
	defer p.unlock()
	switch {
	case r.over:
	case err == nil:
		o.tell(outcome.Outcome{Kind: outcome.Done})
	case t.work.Err() != nil:
		r.cancel()
	case ctx.Err() == nil:
		o.tell(outcome.Outcome{Kind: outcome.Disconnected, Detail: err.Error()})
	}
}
