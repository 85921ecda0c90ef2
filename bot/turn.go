package bot

import (
	"context"
	"time"

	"chanbot/outcome"
	"chanbot/strategy"
)

// turn is what the goroutine that runs the steps of a pair carries along.
type turn struct {
	p     *pair
	work  context.Context // cancelled: nothing new is begun
	hard  context.Context // cancelled: what is under way is given up
	index int             // of the step of the scenario, from 1

	cause cause         // under load: what asks for its steps
	due   time.Duration // under load: when the next step was due; 0 is when it begins
}

// layers returns the answers that hold in a step, by role.
func (t *turn) layers(step *strategy.Step) *[2][]strategy.Layer {
	var phase *strategy.Phase
	if k := t.cause.task; k != nil {
		if k.step == step {
			return &k.layers
		}
		phase = k.phase.of
	}
	all := new([2][]strategy.Layer)
	for i, role := range outcome.Roles {
		all[i] = t.p.fleet.cfg.Scenario.Layers(role, step, nil, phase)
	}
	return all
}

// sleep waits; it returns false when the step or the run ends before.
func (t *turn) sleep(d time.Duration, r *run) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.done:
	case <-t.work.Done():
	}
	return false
}

// until waits for a condition, which it looks at with the lock held. It returns
// false when the step or the run ends before.
func (t *turn) until(r *run, holds func() bool) bool {
	for {
		t.p.lock()
		ok, over := holds(), r.over
		changed := r.changes()
		t.p.unlock()
		if ok || over {
			return ok
		}
		select {
		case <-changed:
		case <-r.done:
		case <-t.hard.Done():
			return false
		}
	}
}

// acquire takes a place among the set-ups; it returns false when the step or
// the run ends before.
func (t *turn) acquire(r *run) bool {
	select {
	case t.p.fleet.setups <- struct{}{}:
		return true
	case <-r.done:
	case <-t.hard.Done():
	}
	return false
}
