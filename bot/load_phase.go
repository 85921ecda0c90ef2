package bot

import (
	"fmt"
	"sync/atomic"
	"time"

	"chanbot/load"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// phase is one of the phases of the load, with what its arrivals do.
type phase struct {
	of       *strategy.Phase
	number   int // from 1
	name     string
	mix      load.Mix
	jobs     []*job              // one for each entry of the mix, or one for the steps
	standing [2][]strategy.Layer // by role: the answers when no step is under way
	closed   load.Closed         // of the closed model
	isClosed bool
	loop     loop // of the closed model with a think time

	// left counts the arrivals that are due and not done, and one more until
	// the time of the phase is over. The phase ends when it comes to 0.
	left    atomic.Int64
	entered bool // the load has come to it
	cut     bool // the work was over before its time was
	began   time.Duration
	ended   time.Duration // read when left is 0
	judged  verdicts
}

// job is what an arrival does: the step of an entry of a mix, or the steps of the
// scenario.
type job struct {
	phase *phase
	tasks []*task
	quick bool // none of them needs a goroutine of its own
}

// task is one step of a job.
type task struct {
	phase  *phase
	step   *strategy.Step
	layers [2][]strategy.Layer // by role: the answers that hold in it
	// Expectations of the scenario and what became of them.
	outcomes expectation
	others   expectations
}

// cause is what operations are asked for by. The zero value is a run through
// steps, and the set-up and the teardown of a load.
type cause struct {
	phase  *phase
	task   *task
	warmup bool
}

func (c cause) name() string {
	if c.phase == nil {
		return ""
	}
	return c.phase.name
}

// newPhases works out what the phases of a load do.
func newPhases(s *strategy.Scenario, sched *load.Schedule) []*phase {
	var all []*phase
	for i := range s.Load.Phases {
		ph := &phase{of: &s.Load.Phases[i], number: i + 1}
		if ph.name = ph.of.Name; ph.name == "" {
			ph.name = fmt.Sprintf("phase %d", i+1)
		}
		ph.closed, ph.isClosed = sched.Closed(i)
		for r, role := range outcome.Roles {
			ph.standing[r] = s.Layers(role, nil, nil, ph.of)
		}
		if len(ph.of.Mix) > 0 {
			ph.mix = ph.of.Weights()
			for e := range ph.of.Mix {
				ph.jobs = append(ph.jobs, newJob(s, ph, []*strategy.Step{&ph.of.Mix[e].Step}))
			}
		} else {
			ph.mix = load.NewMix(1)
			var steps []*strategy.Step
			for n := range s.Steps {
				steps = append(steps, &s.Steps[n])
			}
			ph.jobs = []*job{newJob(s, ph, steps)}
		}
		ph.left.Store(1)
		all = append(all, ph)
	}
	return all
}

func newJob(s *strategy.Scenario, ph *phase, steps []*strategy.Step) *job {
	j := &job{phase: ph, quick: true}
	for _, step := range steps {
		k := &task{phase: ph, step: step}
		for r, role := range outcome.Roles {
			k.layers[r] = s.Layers(role, step, nil, ph.of)
		}
		j.tasks = append(j.tasks, k)
		j.quick = j.quick && quick(step)
	}
	return j
}

// quick says that a step needs nothing but to send its requests, so that whoever
// comes across can begin it.
func quick(s *strategy.Step) bool {
	switch s.Action.Kind {
	case outcome.Open, outcome.Reconnect, outcome.Reestablish, strategy.Post, outcome.Blocks, outcome.Wait,
		strategy.Repeat, strategy.Choose, strategy.Parallel:
		return false
	}
	return !s.HasOffset
}

// leading returns the first step in a step that is no group of others.
func leading(s *strategy.Step) *strategy.Step {
	a := &s.Action
	switch {
	case len(a.Steps) > 0:
		return leading(&a.Steps[0])
	case len(a.Choices) > 0 && len(a.Choices[0].Steps) > 0:
		return leading(&a.Choices[0].Steps[0])
	case len(a.Branches) > 0 && len(a.Branches[0]) > 0:
		return leading(&a.Branches[0][0])
	}
	return s
}

// add counts an arrival that is due.
func (ph *phase) add() { ph.left.Add(1) }

// done counts an arrival that is done, or the end of the time of the phase.
func (ph *phase) done(f *fleet) {
	if ph.left.Add(-1) > 0 {
		return
	}
	ph.ended = f.now()
	f.metrics.Mark(results.PhaseMark{TUS: ph.ended.Microseconds(), Phase: ph.name, What: results.MarkEnd})
}

// stepsOf returns all steps of a scenario, those of its mixes included.
func stepsOf(s *strategy.Scenario) []strategy.Step {
	if s.Load == nil {
		return s.Steps
	}
	all := append([]strategy.Step(nil), s.Steps...)
	for _, ph := range s.Load.Phases {
		for _, e := range ph.Mix {
			all = append(all, e.Step)
		}
	}
	return all
}
