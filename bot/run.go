package bot

import (
	"context"
	"fmt"

	"chanbot/outcome"
	"chanbot/results"
)

// Report is what a run came to.
type Report struct {
	// Scenario tells step by step what happened. Where several pairs, or
	// iterations, ran the same step, it shows the first one that went wrong.
	Scenario results.ScenarioReport
	// Summary holds the counts and latencies of all pairs, as Config.Metrics has
	// measured them. Its fields Chanbot and Thresholds are left to the caller.
	Summary results.Summary
	// Decisions is the hash of all random choices.
	Decisions string
}

// UnreachableError says that no connection to a node came about.
type UnreachableError struct {
	Node string // the URL, without its query
	Err  error
}

// Error names the node and the reason.
func (e *UnreachableError) Error() string { return "connect to " + e.Node + ": " + e.Err.Error() }

// Unwrap returns the reason.
func (e *UnreachableError) Unwrap() error { return e.Err }

// ConfigError says what in a Config, or in its scenario, cannot be run. Its
// text has one line for each mistake.
type ConfigError struct{ Err error }

// Error lists the mistakes.
func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns the mistakes.
func (e *ConfigError) Unwrap() error { return e.Err }

// Run takes every pair through the steps of the scenario and returns when all
// of them have ended, or when ctx is cancelled: then no step is begun any more,
// the work under way has until Config.Grace to end, and the channels are
// stopped. The report is complete in every case.
//
// The error is not nil if nothing could be run: a *ConfigError before anything
// was touched, an *UnreachableError when no connection came about and the
// scenario did not expect that. What goes wrong later is part of the report.
// Any other error is a bug of chanbot; the report is there all the same.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	cfg = cfg.withDefaults()
	nodes, err := cfg.check()
	if err != nil {
		return nil, &ConfigError{err}
	}
	f, err := newFleet(cfg, nodes)
	if err != nil {
		return nil, &ConfigError{err}
	}
	f.run(ctx)
	took := f.now()
	if cfg.Afterwards != nil && ctx.Err() == nil && !left(cfg.Leave) && !f.report.broken() {
		for _, v := range cfg.Afterwards(ctx) {
			f.report.violation(v)
		}
	}

	rep := &Report{Decisions: f.decisions()}
	rep.Scenario = results.ScenarioReport{
		Name: cfg.Scenario.Name, Node: nodes[0], NetworkID: cfg.NetworkID, Seed: cfg.Seed, Took: took,
	}
	f.metrics.Tick(took)
	rep.Summary = *f.metrics.Summary()
	rep.Summary.Scenario, rep.Summary.Seed, rep.Summary.Node, rep.Summary.NetworkID = cfg.Scenario.Name, cfg.Seed, nodes[0], cfg.NetworkID
	rep.Summary.Started, rep.Summary.Pairs = f.started, cfg.Pairs
	if len(rep.Summary.Phases) == 0 {
		rep.Summary.DurationS = took.Seconds()
		rep.Summary.Throughput.SignedPerS = float64(rep.Summary.Outcomes[outcome.Signed.String()]) / max(took.Seconds(), 1e-9)
	}
	if f.campaign != nil {
		f.report.load(f.campaign.report())
	}
	f.report.fill(rep, ctx.Err() != nil || left(cfg.Leave))
	if f.firstMiss != nil && !f.connected.Load() && rep.Summary.Verdict != results.Passed {
		return nil, f.firstMiss
	}
	if err := rep.Summary.CheckSums(); err != nil {
		return rep, fmt.Errorf("count outcomes: %w", err)
	}
	return rep, nil
}

func left(leave <-chan struct{}) bool {
	select {
	case <-leave:
		return true
	default:
		return false
	}
}
