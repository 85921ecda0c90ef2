package bot

import (
	"context"
	"errors"

	"chanbot/results"
)

// Report is what a run came to.
type Report struct {
	// Scenario tells step by step what happened. Where several pairs, or
	// iterations, ran the same step, it shows the first one that went wrong.
	Scenario results.ScenarioReport
	// Summary holds the counts and latencies of all pairs. Its fields Chanbot
	// and Started and its thresholds are left to the caller.
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

// ConfigError says what in a Config, or in the scenario, cannot be run. Its
// text is one sentence for each mistake.
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
// The error is not nil only if nothing could be run: a *ConfigError before
// anything was touched, an *UnreachableError when the first connection of the
// run failed. What goes wrong later is part of the report.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	return nil, &ConfigError{errors.New("not runnable yet")}
}
