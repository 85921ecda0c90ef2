package bot

import (
	"context"
	"sync"
)

// ring lets the pairs of a run take turns: one plays a step while all others
// wait. A nil ring lets everybody play at once.
type ring struct {
	turn []chan struct{} // of the pairs: holds something when it is theirs

	mu   sync.Mutex
	left []bool // which pairs want no other turn
}

// newRing returns a ring in which it is the turn of the first of some pairs.
func newRing(pairs int) *ring {
	r := &ring{left: make([]bool, pairs)}
	for range pairs {
		r.turn = append(r.turn, make(chan struct{}, 1)) // there is one turn
	}
	r.turn[0] <- struct{}{}
	return r
}

// take waits for the turn of a pair, or for the end of ctx.
func (r *ring) take(ctx context.Context, pair int) {
	if r == nil {
		return
	}
	select {
	case <-r.turn[pair]:
	case <-ctx.Done():
	}
}

// pass ends the turn of a pair; leaving says that it wants no other.
func (r *ring) pass(pair int, leaving bool) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left[pair] = leaving
	for i := range r.left {
		next := (pair + 1 + i) % len(r.left)
		if r.left[next] {
			continue
		}
		select {
		case r.turn[next] <- struct{}{}:
		default: // a run that is cancelled: nobody has waited for it
		}
		return
	}
}
