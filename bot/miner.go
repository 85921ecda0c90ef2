package bot

import (
	"context"
	"sync"
	"time"

	"chanbot/strategy"
)

// blockPace is the time between two key blocks that are made on demand while
// several pairs run. An offer that is answered more than ten key blocks after
// it was made is lost (fsm.md 2), so blocks must not come faster than pairs
// answer.
const blockPace = 25 * time.Millisecond

const (
	// expectPace is the time that an expected frame has to come without a
	// block, and after each one.
	expectPace = 10 * time.Millisecond
	// mostExpected is how often blocks are made for one expected frame: a
	// single one at first and, when fewExpected were not enough, manyBlocks at a
	// time, because some depths are thousands of blocks.
	mostExpected = 600
	fewExpected  = 60
	manyBlocks   = 20
	// glance is the time between two looks for a transaction that only has to
	// get into a block, so that the block comes right behind it.
	glance = time.Millisecond / 2
	// patience is how long the blocks of an expected frame are held back for
	// frames of other sides that need none.
	patience = 100 * time.Millisecond
)

// miner asks the embedded node for blocks, one after the other, as long as
// somebody waits for depth, or for a frame that comes with a block.
type miner struct {
	make  func(n int) // key blocks; nil: blocks come by themselves
	more  func()      // asks for a key block that somebody waits for
	micro func()      // a micro block; nil: they come by themselves
	pace  time.Duration

	mu     sync.Mutex
	wanted int           // by those who wait for depth
	first  int           // by those whom a micro block may be enough for
	held   int           // by those to whom frames that need no block are still to come
	wake   chan struct{} // holds one token while something may have become positive
}

func newMiner(cfg *Config) *miner {
	m := &miner{wake: make(chan struct{}, 1), pace: time.Millisecond}
	if cfg.Embedded == nil {
		return m
	}
	if cfg.Embedded.OnDemand {
		m.make, m.more = cfg.Embedded.KeyBlocks, cfg.Embedded.Wanted
		if m.more == nil {
			m.more = func() { m.make(1) }
		}
	}
	if n := cfg.Scenario.Node; n != nil && n.Blocks == strategy.BlocksExpected {
		m.make, m.micro = cfg.Embedded.KeyBlocks, cfg.Embedded.MicroBlock
	}
	if cfg.Pairs > 1 {
		m.pace = blockPace
	}
	return m
}

// want changes how many wait for depth.
func (m *miner) want(n int) { m.change(&m.wanted, n) }

// wantMicro changes how many wait for what comes with a micro block, or, when
// it does not, with a key block.
func (m *miner) wantMicro(n int) { m.change(&m.first, n) }

// hold changes how many of those who want blocks have frames to come that need
// none, and that the blocks should not overtake.
func (m *miner) hold(n int) { m.change(&m.held, n) }

func (m *miner) change(which *int, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	*which += n
	if *which > 0 {
		select {
		case m.wake <- struct{}{}:
		default:
		}
	}
}

// needed says how many wait for key blocks, and how many for a block at all, and
// for how many the blocks are held back.
func (m *miner) needed() (key, first, held int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.wanted, m.first, m.held
}

// run makes blocks until ctx is cancelled.
func (m *miner) run(ctx context.Context) {
	if m.make == nil {
		return
	}
	pause := time.NewTimer(0)
	defer pause.Stop()
	wait := func(d time.Duration) bool {
		pause.Reset(d)
		select {
		case <-ctx.Done():
			return false
		case <-pause.C:
			return true
		}
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.wake:
		}
		if m.micro != nil {
			if !m.expected(wait) {
				return
			}
			continue
		}
		for key, _, _ := m.needed(); key > 0; key, _, _ = m.needed() {
			m.more()
			if !wait(m.pace) {
				return
			}
		}
	}
}

// expected makes the blocks of a scenario whose blocks come when a frame needs
// them. It returns false when the run is over.
func (m *miner) expected(wait func(time.Duration) bool) bool {
	for n := range mostExpected {
		if !m.look(wait) {
			return false
		}
		key, first, _ := m.needed()
		if key+first == 0 {
			return true
		}
		m.micro()
		switch {
		case n >= fewExpected:
			m.make(manyBlocks)
		case key > 0 || n > 0: // a micro block was not enough
			m.make(1)
		}
	}
	return true
}

// look waits for the pace of blocks, and longer as long as they are held back.
// Meanwhile a transaction gets into a micro block as soon as it is there, when
// that is what somebody waits for and nothing is held back.
func (m *miner) look(wait func(time.Duration) bool) bool {
	pace := max(m.pace, expectPace)
	for waited := time.Duration(0); ; waited += glance {
		key, first, held := m.needed()
		switch {
		case key+first == 0:
			return true
		case waited >= pace && (held == 0 || waited >= patience):
			return true
		case first > 0 && held == 0:
			m.micro()
		}
		if !wait(glance) {
			return false
		}
	}
}
