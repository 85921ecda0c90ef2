package fuzz

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/tx"
)

// No two plays begin closer to each other than the gate says, a late one does
// not make those after it hurry, and whoever waits for nothing goes.
func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(100 * time.Millisecond)
		start := time.Now()
		var mu sync.Mutex
		at := make(map[time.Duration]int)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				g.pass(t.Context())
				mu.Lock()
				defer mu.Unlock()
				at[time.Since(start)]++
			})
		}
		all.Wait()
		for i := range 5 {
			if n := at[time.Duration(i)*100*time.Millisecond]; n != 1 {
				t.Errorf("%d began after %d turns: %v", n, i, at)
			}
		}
		time.Sleep(time.Second)
		start = time.Now()
		g.pass(t.Context())
		g.pass(t.Context())
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("two after a pause took %v", took)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		g.pass(ctx)
		if took := time.Since(start); took != 100*time.Millisecond {
			t.Errorf("one that is cancelled waited until %v", took)
		}
		newGate(0).pass(t.Context())
	})
}

// A search begins no more plays than it may, those that are played again
// included.
func TestASearchKeepsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place := fakePlace(drain)
		defer place.Close()
		var began []time.Time
		var mu sync.Mutex
		keys := place.Keys
		place.Keys = func(n int) ([2]tx.KeyPair, error) {
			mu.Lock()
			defer mu.Unlock()
			began = append(began, time.Now())
			return keys(n)
		}
		if _, err := Run(t.Context(), Config{Place: place, Seed: 1, Cases: 6, Pairs: 6, Every: 2 * time.Second, Shrink: 10 * time.Second, Findings: 1}); err != nil {
			t.Fatal(err)
		}
		for i := range began[1:] {
			if gap := began[i+1].Sub(began[i]); gap < 2*time.Second {
				t.Errorf("play %d began %v after the one before", i+2, gap)
			}
		}
		if len(began) < 7 {
			t.Errorf("%d plays", len(began))
		}
	})
}
