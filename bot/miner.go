package bot

import (
	"context"
	"sync"
	"time"
)

// blockPace is the time between two key blocks that are made on demand while
// several pairs run. An offer that is answered more than ten key blocks after
// it was made is lost (fsm.md 2), so blocks must not come faster than pairs
// answer.
const blockPace = 25 * time.Millisecond

// miner asks the embedded node for key blocks, one after the other, as long as
// somebody waits for depth.
type miner struct {
	make func(n int) // nil: blocks come by themselves
	pace time.Duration

	mu     sync.Mutex
	wanted int
	wake   chan struct{} // holds one token while wanted may have become positive
}

func newMiner(cfg *Config) *miner {
	m := &miner{wake: make(chan struct{}, 1), pace: time.Millisecond}
	if cfg.Embedded != nil && cfg.Embedded.OnDemand {
		m.make = cfg.Embedded.KeyBlocks
	}
	if cfg.Pairs > 1 {
		m.pace = blockPace
	}
	return m
}

// want changes how many wait for depth.
func (m *miner) want(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wanted += n
	if m.wanted > 0 {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// needed says whether anybody waits for depth.
func (m *miner) needed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wanted > 0
}

// run makes blocks until ctx is cancelled.
func (m *miner) run(ctx context.Context) {
	if m.make == nil {
		return
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
		for m.needed() {
			m.make(1)
			pause.Reset(m.pace)
			select {
			case <-ctx.Done():
				return
			case <-pause.C:
			}
		}
	}
}
