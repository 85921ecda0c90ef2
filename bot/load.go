package bot

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/load"
	"chanbot/metrics"
	"chanbot/strategy"
)

// campaign is a run under load: the set-ups of the channels, the phases, and the
// end of the channels. One goroutine, the dispatcher, makes arrivals due; what
// they do is begun by workers on pairs that were idle, and by whoever ends the
// operation before on pairs that were busy.
type campaign struct {
	f      *fleet
	plan   *strategy.Load
	setup  load.Setup
	sched  *load.Schedule
	phases []*phase

	ctx      context.Context    // of the run: cancelled by an interruption
	work     context.Context    // cancelled: nothing new is begun
	stopWork context.CancelFunc // of work
	hard     context.Context    // cancelled: what is under way is given up
	overdue  atomic.Bool        // the time to drain is over

	ready    chan *pair     // those that have to begin; room for every pair
	crowd    chan *pair     // those that wait for their turn to begin; room for every pair
	turns    atomic.Int64   // of pairs that have begun, or may begin
	crowding chan struct{}  // holds a token when there may be somebody in the crowd
	left     sync.WaitGroup // of arrivals that are due and not done
	slow     sync.WaitGroup // of goroutines that do arrivals

	start time.Duration // of the first phase, since the start of the run

	// The dispatcher's own.
	timer   *time.Timer
	sleep   func(time.Duration) // nil for the timer alone
	current *phase
	stopped time.Duration // when it noticed that the work is over, 0 before

	opened, closed stretch // what became of the channels
	cut            bool    // the run was told to end before its time; known when it has ended
}

// stretch is the set-up or the teardown: how long it took and what came of it.
type stretch struct {
	began, took time.Duration
	tried, left int // channels; left were not tried
	judged      verdicts
}

func newCampaign(f *fleet) (*campaign, error) {
	l := f.cfg.Scenario.Load
	plan := l.Plan(f.cfg.Seed)
	plan.Pairs = f.cfg.Pairs
	sched, err := plan.Schedule()
	if err != nil {
		return nil, err
	}
	c := &campaign{f: f, plan: l, setup: l.Setup, sched: sched, ready: make(chan *pair, f.cfg.Pairs), crowd: make(chan *pair, f.cfg.Pairs), crowding: make(chan struct{}, 1)}
	c.setup.InFlight = setupsInFlight(&f.cfg)
	c.phases = newPhases(f.cfg.Scenario, sched)
	return c, nil
}

// interrupted says that the run was told to end before its time.
func (c *campaign) interrupted() bool { return c.ctx.Err() != nil || c.hard.Err() != nil }

// run opens the channels, plays the phases and ends the channels. It returns
// when nothing of them is left.
func (c *campaign) run(ctx, hard context.Context) {
	f := c.f
	c.ctx, c.hard = ctx, hard
	c.work, c.stopWork = context.WithCancel(ctx)
	defer c.stopWork()
	defer context.AfterFunc(hard, c.stopWork)()
	for _, p := range f.pairs {
		p.work = &workload{c: c}
		p.turn = &turn{p: p, work: c.work, hard: hard}
	}
	f.gauge.Enter(metrics.StageSetup)
	if c.setUp() > 0 && c.work.Err() == nil {
		f.gauge.Enter(metrics.StageLoad)
		c.play()
	}
	f.gauge.Enter(metrics.StageTeardown)
	c.tearDown()
	f.gauge.Enter(metrics.StageOver)
	c.cut = c.interrupted()
}

// play plays the phases and waits until what was due is done.
func (c *campaign) play() {
	var workers sync.WaitGroup
	over := make(chan struct{})
	for range 2*runtime.GOMAXPROCS(0) + 2 { // some more, because a write may block
		workers.Go(func() { c.begin(over) })
	}
	workers.Go(func() { c.watchCrowd(over) })
	c.start = c.f.now()
	c.dispatch()
	if c.work.Err() == nil {
		c.f.gauge.Enter(metrics.StageDrain)
	}
	c.drain()
	close(over)
	workers.Wait()
	c.slow.Wait()
}

// begin has pairs that are called begin their work, until over is closed.
func (c *campaign) begin(over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case p := <-c.ready:
			p.work.mu.Lock()
			p.work.called = false
			p.work.mu.Unlock()
			p.lock()
			p.sweep()
			p.unlock()
		}
	}
}

// drain waits until everything that was due is done, for a bounded time. When
// the run is interrupted, what was not begun is cancelled first.
func (c *campaign) drain() {
	drained := make(chan struct{})
	go func() {
		c.left.Wait()
		close(drained)
	}()
	limit := time.NewTimer(c.f.cfg.Timeout + c.f.cfg.Grace)
	defer limit.Stop()
	work := c.work.Done()
	for {
		select {
		case <-drained:
			return
		case <-work:
			work = nil
			c.f.gauge.Enter(metrics.StageDrain)
			c.each(func(p *pair) {}) // the queues
			continue
		case <-c.hard.Done():
		case <-limit.C:
			c.overdue.Store(true)
			c.stopWork()
		}
		c.each(func(p *pair) {
			for len(p.runs) > 0 {
				p.runs[0].cancel()
			}
		})
		<-drained
		return
	}
}

// each does something with every pair while its lock is held, and then sees to
// what the pair has to do.
func (c *campaign) each(do func(*pair)) {
	for _, p := range c.f.pairs {
		p.lock()
		do(p)
		p.sweep()
		p.unlock()
	}
}
