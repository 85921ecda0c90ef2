package fuzz

import (
	"context"
	"sync"
	"time"
)

// gate bounds how fast plays begin. A nil gate lets everybody in.
type gate struct {
	every time.Duration

	mu   sync.Mutex
	next time.Time // when the next one may begin
}

// newGate returns a gate with a time between two plays, nil when that is 0.
func newGate(every time.Duration) *gate {
	if every <= 0 {
		return nil
	}
	return &gate{every: every}
}

// pass waits for the turn of a play, or for the end of ctx.
func (g *gate) pass(ctx context.Context) {
	if g == nil {
		return
	}
	g.mu.Lock()
	now := time.Now()
	if g.next.Before(now) {
		g.next = now
	}
	wait := g.next.Sub(now)
	g.next = g.next.Add(g.every)
	g.mu.Unlock()
	turn := time.NewTimer(wait)
	defer turn.Stop()
	select {
	case <-turn.C:
	case <-ctx.Done():
	}
}
