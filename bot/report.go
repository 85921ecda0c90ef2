package bot

import (
	"fmt"
	"sync"

	"chanbot/outcome"
	"chanbot/results"
)

// maxViolations is how many violations a report shows with their frames.
const maxViolations = 100

// reporter merges what became of the steps of all pairs. Its methods may be
// called from any goroutine.
type reporter struct {
	cfg *Config

	mu         sync.Mutex
	steps      []results.StepReport // by step; Index 0 until one is there
	checks     []results.Check
	byCheck    map[results.Check]int // by step, side and expectation
	violations []results.Violation
	dropped    int  // violations beyond the first ones
	failed     bool // something was wrong, beyond what was cancelled
	skips      bool
}

func newReporter(cfg *Config) *reporter {
	return &reporter{cfg: cfg, steps: make([]results.StepReport, len(cfg.Scenario.Steps)), byCheck: map[results.Check]int{}}
}

// step takes the report of a step of one pair. The first one that went wrong is
// shown, and the first of all if none did.
func (r *reporter) step(p *pair, iteration int, rep results.StepReport, checks []results.Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !rep.Passed && r.cfg.Pairs*r.cfg.Iterations > 1 {
		rep.Problems = append([]string{fmt.Sprintf("pair %d, iteration %d", p.number, iteration+1)}, rep.Problems...)
	}
	at := &r.steps[rep.Index-1]
	if at.Index == 0 || at.Skipped || at.Passed && !rep.Passed {
		*at = rep
	}
	r.failed = r.failed || !rep.Passed && rep.Outcome.Kind != outcome.Cancelled
	for _, c := range checks {
		key := results.Check{Step: c.Step, Side: c.Side, Expected: c.Expected}
		i, known := r.byCheck[key]
		if !known {
			r.byCheck[key] = len(r.checks)
			r.checks = append(r.checks, c)
		} else if r.checks[i].Passed && !c.Passed {
			r.checks[i] = c
		}
	}
	if r.cfg.Progress != nil {
		r.cfg.Progress(StepEvent{Pair: p.number, Iteration: iteration, Step: rep, Steps: len(r.steps)})
	}
}

// skipped notes that the steps from number from on, counted from 0, do not run
// in one pair.
func (r *reporter) skipped(_ *pair, _, from int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := from; i < len(r.steps); i++ {
		r.skips = true
		if r.steps[i].Index == 0 {
			step := &r.cfg.Scenario.Steps[i]
			r.steps[i] = results.StepReport{Index: i + 1, Label: Label(step), Expected: words(step.Expect), Skipped: true,
				Outcome: outcome.Outcome{Kind: outcome.Cancelled}}
		}
	}
}

// violation takes what a correct node does not do.
func (r *reporter) violation(v results.Violation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	r.cfg.Metrics.Violation(v)
	if len(r.violations) == maxViolations {
		r.dropped++
		return
	}
	r.violations = append(r.violations, v)
}

// broken says whether a rule was broken.
func (r *reporter) broken() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.violations) > 0
}

// load takes the stages of a run under load, and its checks.
func (r *reporter) load(steps []results.StepReport, checks []results.Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.steps, r.checks = steps, checks
	for _, s := range steps {
		r.skips = r.skips || s.Skipped
	}
	for _, c := range checks {
		r.failed = r.failed || !c.Passed
	}
}

// fill completes the report of the run.
func (r *reporter) fill(rep *Report, interrupted bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	verdict := results.Passed
	switch {
	case r.failed:
		verdict = results.Failed
	case interrupted:
		verdict = results.Interrupted
	}
	s := &rep.Scenario
	s.Steps, s.Violations, s.Verdict = r.steps, r.violations, verdict
	if r.dropped > 0 {
		s.Problem = fmt.Sprintf("%d more violations are not shown", r.dropped)
	}
	if interrupted && s.Problem == "" && r.skips {
		s.Problem = "interrupted"
	}
	rep.Summary.Checks, rep.Summary.Violations, rep.Summary.Verdict = r.checks, r.violations, verdict
}
