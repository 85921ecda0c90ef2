package bot

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/fault"
	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/tx"
)

// loadSignTimeout is how long a node waits for a signature under load when the
// scenario names no timeouts: its own default is so long that one lost answer
// would stop a channel for the rest of the run.
const loadSignTimeout = 20 * time.Second

// fleet is one run: all its pairs and what they share.
type fleet struct {
	cfg      Config
	log      *slog.Logger
	started  time.Time
	nodes    [2]string // the URLs without a query, by role
	dialer   *dialer
	proxy    *fault.Proxy // for the faults of the scenario; nil without any
	source   *strategy.Source
	stranger tx.KeyPair // of an account that takes no part
	standing [2][]strategy.Layer
	timeouts map[string]time.Duration // of the node, by their name without "timeout_"

	setups  chan struct{} // a token for each channel that is being set up
	miner   *miner
	metrics *metrics.Run
	gauge   *metrics.Gauge
	report  *reporter

	connected atomic.Bool // some connection came about
	ordered   bool        // a step has frames in order
	posts     bool        // a step posts a transaction
	replies   bool        // a step answers a request to sign
	answers   bool        // something says how to answer, beyond to accept

	pairs    []*pair
	ring     *ring     // nil when they do not take turns
	campaign *campaign // nil in a run through steps

	mu        sync.Mutex // guards what follows
	firstMiss *UnreachableError
}

func newFleet(cfg Config, nodes [2]string) (*fleet, error) {
	steps := stepsOf(cfg.Scenario)
	f := &fleet{
		cfg: cfg, log: cfg.Log, started: cfg.Started, nodes: nodes,
		metrics: cfg.Metrics, gauge: cfg.Gauge,
		dialer:   newDialer(cfg.Dial, cfg.TLS, cfg.Header),
		stranger: tx.DeriveKeyPair([]byte("chanbot"), "stranger"),
		setups:   make(chan struct{}, setupsInFlight(&cfg)),
		miner:    newMiner(&cfg),
		report:   newReporter(&cfg),
		ordered:  anyOrder(steps),
		posts:    anyPost(steps),
		timeouts: cfg.Scenario.Channel.Timeouts,
		replies:  anyStep(steps, func(s *strategy.Step) bool { return s.Action.Kind == strategy.Reply }),
	}
	f.answers = f.replies || anyAnswers(cfg.Scenario, steps)
	f.source = strategy.NewSource(cfg.Seed, f.decided)
	var err error
	if f.proxy, err = f.newProxy(); err != nil {
		return nil, err
	}
	f.dialer.proxy = f.proxy
	for i, r := range outcome.Roles {
		f.standing[i] = cfg.Scenario.Layers(r, nil, nil, nil)
	}
	for n := range cfg.Pairs {
		f.pairs = append(f.pairs, newPair(f, n))
	}
	if cfg.Scenario.InTurn {
		f.ring = newRing(cfg.Pairs)
	}
	f.gauge.Begin(cfg.Pairs)
	if cfg.Scenario.Load == nil {
		f.gauge.Enter(metrics.StageLoad)
		return f, nil
	}
	if len(f.timeouts) == 0 {
		f.timeouts = map[string]time.Duration{"sign": loadSignTimeout}
	}
	f.campaign, err = newCampaign(f)
	return f, err
}

// Outsider is the account that $outsider stands for: it takes no part and is
// meant to be on chain. An embedded node has to endow it.
func Outsider() tx.ID { return tx.DeriveKeyPair([]byte("chanbot"), "outsider").ID() }

// now is the time since the start of the run, on the monotonic clock.
func (f *fleet) now() time.Duration { return time.Since(f.started) }

// order returns the roles in the order in which they connect.
func (f *fleet) order() []outcome.Role {
	first := f.cfg.Scenario.Channel.First
	if first == outcome.NoRole {
		first = f.cfg.First
	}
	return []outcome.Role{first, first.Peer()}
}

// unreachable is told that a connection did not come about.
func (f *fleet) unreachable(node string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.firstMiss == nil {
		f.firstMiss = &UnreachableError{Node: node, Err: err}
	}
	f.log.Warn("no connection", "node", node, "err", err)
}

// run takes all pairs through the scenario, or plays its load, and returns when
// nothing of them is left.
func (f *fleet) run(ctx context.Context) {
	hard, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	var helpers sync.WaitGroup
	over := make(chan struct{})
	helpers.Go(func() {
		f.deadline(ctx, over)
		giveUp()
	})
	mining, stopMining := context.WithCancel(context.Background())
	helpers.Go(func() { f.miner.run(mining) })

	if f.campaign != nil {
		f.campaign.run(ctx, hard)
	} else {
		var pairs sync.WaitGroup
		for _, p := range f.pairs {
			pairs.Go(func() { p.live(&turn{p: p, work: ctx, hard: hard}) })
		}
		pairs.Wait()
	}
	if f.proxy != nil {
		f.proxy.Close()
	}
	close(over)
	stopMining()
	helpers.Wait()
}

// deadline returns when what is under way has to be given up, or when the run
// is over.
func (f *fleet) deadline(ctx context.Context, over <-chan struct{}) {
	select {
	case <-over:
		return
	case <-f.cfg.Leave:
		return
	case <-ctx.Done():
	}
	grace := time.NewTimer(f.cfg.Grace)
	defer grace.Stop()
	select {
	case <-over:
	case <-f.cfg.Leave:
	case <-grace.C:
	}
}

// setupsInFlight is how many channels may be set up at one time.
func setupsInFlight(cfg *Config) int {
	if l := cfg.Scenario.Load; l != nil && l.Setup.InFlight > 0 {
		return l.Setup.InFlight
	}
	return cfg.MaxInFlightSetups
}

// anyAnswers says whether a scenario with these steps says anywhere how to answer
// a request to sign.
func anyAnswers(s *strategy.Scenario, steps []strategy.Step) bool {
	for _, st := range standings(s) {
		if !st.Sign.Empty() || st.Strategy != nil {
			return true
		}
	}
	if s.Load != nil && slices.ContainsFunc(s.Load.Phases, func(ph strategy.Phase) bool { return !ph.Sign.Empty() }) {
		return true
	}
	return anyStep(steps, func(s *strategy.Step) bool { return !s.Sign.Empty() })
}
