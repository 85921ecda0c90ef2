package bot

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// live runs the steps of the scenario as often as the configuration says. It is
// called without the lock and returns when nothing of the pair runs any more.
func (p *pair) live(t *turn) {
	for i := range p.fleet.cfg.Iterations {
		if t.work.Err() != nil {
			p.fleet.report.skipped(p, i, 0)
			break
		}
		p.lock()
		p.reset(i)
		p.turn = t
		p.unlock()
		ok := p.iterate(t, i)
		p.teardown(t, true)
		if !ok {
			break
		}
		if i+1 < p.fleet.cfg.Iterations {
			p.fleet.ring.pass(p.number, false)
		}
	}
	p.fleet.ring.pass(p.number, true)
	p.hush()
}

// iterate runs the steps once. It returns false when one of them went wrong. In
// a run in turn it returns when it is the turn of the pair.
func (p *pair) iterate(t *turn, iteration int) bool {
	steps := p.fleet.cfg.Scenario.Steps
	for n := range steps {
		p.fleet.ring.take(t.work, p.number)
		if t.work.Err() != nil {
			p.fleet.report.skipped(p, iteration, n)
			return false
		}
		t.index = n + 1
		rep, checks := p.perform(t, &steps[n])
		rep.Index = n + 1
		p.fleet.report.step(p, iteration, rep, checks)
		if !rep.Passed || p.broken() {
			p.fleet.report.skipped(p, iteration, n+1)
			return false
		}
		p.fleet.ring.pass(p.number, false)
	}
	p.fleet.ring.take(t.work, p.number)
	return true
}

// broken says whether the node did what a correct node cannot do, also between
// two steps. It is called without the lock.
func (p *pair) broken() bool {
	p.lock()
	defer p.unlock()
	return p.bad
}

// perform runs one step, which may be made of others, and judges it.
func (p *pair) perform(t *turn, step *strategy.Step) (results.StepReport, []results.Check) {
	a := &step.Action
	started := p.now()
	rep := results.StepReport{Label: Label(step), Passed: true, Outcome: outcome.Outcome{Kind: outcome.Done}}
	var checks []results.Check
	// each runs steps one after the other; false ends the whole.
	each := func(t *turn, steps []strategy.Step, where string) bool {
		for i := range steps {
			if t.work.Err() != nil {
				rep.Outcome = outcome.Outcome{Kind: outcome.Cancelled}
				return false
			}
			inner, more := p.perform(t, &steps[i])
			checks = append(checks, more...)
			if !inner.Passed {
				inner.Problems = append([]string{where + inner.Label + " (" + steps[i].Pos.String() + ")"}, inner.Problems...)
				inner.Label, inner.Took = rep.Label, 0
				rep = inner
				return false
			}
		}
		return true
	}
	switch a.Kind {
	case strategy.Repeat:
		for n := 0; ; n++ {
			if a.Times > 0 && n == a.Times || a.Times == 0 && p.now()-started >= a.For {
				break
			}
			if !each(t, a.Steps, fmt.Sprintf("round %d: ", n+1)) {
				break
			}
		}
	case strategy.Choose:
		weights := make([]uint64, len(a.Choices))
		for i, c := range a.Choices {
			weights[i] = c.Weight
		}
		if i := p.choose(step.Pos, weights); i >= 0 {
			each(t, a.Choices[i].Steps, "")
		}
	case strategy.Parallel:
		rep, checks = p.parallel(t, step)
	default:
		r := p.play(t, step)
		if t.cause.task != nil {
			rep.Passed = p.judgedTask(r)
			return rep, nil
		}
		return p.judgement(r)
	}
	rep.Took = p.now() - started
	if t.work.Err() != nil && rep.Outcome.Kind == outcome.Cancelled {
		rep.Passed = false
	}
	return rep, checks
}

// parallel runs the branches of a step beside each other.
func (p *pair) parallel(t *turn, step *strategy.Step) (results.StepReport, []results.Check) {
	rep := results.StepReport{Label: Label(step), Passed: true, Outcome: outcome.Outcome{Kind: outcome.Done}}
	var (
		mu     sync.Mutex
		checks []results.Check
		wg     sync.WaitGroup
	)
	for b, steps := range step.Action.Branches {
		wg.Go(func() {
			own := *t
			for i := range steps {
				if own.work.Err() != nil {
					return
				}
				inner, more := p.perform(&own, &steps[i])
				mu.Lock()
				checks = append(checks, more...)
				if !inner.Passed && rep.Passed {
					inner.Problems = append([]string{fmt.Sprintf("branch %d: %s (%s)", b+1, inner.Label, steps[i].Pos)}, inner.Problems...)
					inner.Label = rep.Label
					rep = inner
				}
				mu.Unlock()
				if !inner.Passed {
					return
				}
			}
		})
	}
	wg.Wait()
	return rep, checks
}

// choose draws a branch of the choose step at a place. It is called without the
// lock.
func (p *pair) choose(at strategy.Pos, weights []uint64) int {
	p.lock()
	defer p.unlock()
	s := p.choices[at]
	if s == nil {
		s = p.fleet.source.Stream(p.number, outcome.NoRole, fmt.Sprintf("choose %d:%d", at.Line, at.Col))
		if p.choices == nil {
			p.choices = make(map[strategy.Pos]*strategy.Stream)
		}
		p.choices[at] = s
	}
	return s.Pick(weights)
}

// teardown ends the sockets that are still there, of live channels by a stop if
// that is wanted, and waits until nothing of the channel is left. It is called
// without the lock.
func (p *pair) teardown(t *turn, stop bool) {
	p.lock()
	p.leaving = true
	for _, e := range p.ends {
		switch {
		case e.sock == nil:
		case !stop || p.bad || e.joins || t.hard.Err() != nil:
			e.close(strategy.CutClose)
		case e.live() && !e.stopped:
			raw, _, known := p.frame(e, &strategy.Action{Kind: outcome.Stop}, p.id())
			e.send(raw, known)
		}
	}
	p.unlock()

	ended := make(chan struct{})
	go func() {
		p.readers.Wait()
		close(ended)
	}()
	// The node closes a channel that was stopped. What it leaves is closed from
	// here, first politely and then at once.
	for _, polite := range []bool{true, false} {
		limit := closeTimeout
		if t.hard.Err() != nil {
			limit = 0
		}
		timer := time.NewTimer(limit)
		select {
		case <-ended:
			timer.Stop()
			return
		case <-timer.C:
		}
		p.lock()
		for _, e := range p.ends {
			if e.sock == nil {
				continue
			}
			if polite {
				e.close(strategy.CutClose)
				continue
			}
			e.sock.ownClose = true
			e.sock.conn.Close()
		}
		p.unlock()
	}
	<-ended
}

// anyStep says whether something holds for a step of a list, or for one of those
// that it is made of.
func anyStep(steps []strategy.Step, holds func(*strategy.Step) bool) bool {
	within := func(list []strategy.Step) bool { return anyStep(list, holds) }
	for i := range steps {
		s := &steps[i]
		if holds(s) || within(s.Action.Steps) || slices.ContainsFunc(s.Action.Branches, within) ||
			slices.ContainsFunc(s.Action.Choices, func(c strategy.StepChoice) bool { return within(c.Steps) }) {
			return true
		}
	}
	return false
}
