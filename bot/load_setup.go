package bot

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"chanbot/load"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

var openStep = strategy.Step{Action: strategy.Action{Kind: outcome.Open}}

// setUp opens the channels, paced and with a limit in flight, and returns how
// many are open. When none has opened for as long as one may take, and some more,
// the others are not tried.
func (c *campaign) setUp() (open int) {
	f := c.f
	began := f.now()
	c.opened.began = began
	defer func() { c.opened.took = f.now() - began }()
	var (
		wg    sync.WaitGroup
		ended = make(chan struct{}, f.cfg.Pairs) // room for each, so that none waits
		good  atomic.Int64
		last  atomic.Int64 // when one was opened
		timer = time.NewTimer(time.Hour)
	)
	defer timer.Stop()
	last.Store(int64(began))
	progress := load.Progress{}
	for progress.Started < f.cfg.Pairs && c.work.Err() == nil {
		now := f.now()
		wait, full := c.setup.Next(progress, now-began)
		if !full && wait == 0 {
			if now-time.Duration(last.Load()) > f.cfg.Timeout+f.cfg.Grace {
				break
			}
			p := f.pairs[progress.Started]
			progress.Started++
			progress.InFlight++
			progress.Last = now - began
			wg.Go(func() {
				if p.setUp() {
					good.Add(1)
					last.Store(int64(f.now()))
				}
				ended <- struct{}{}
			})
			continue
		}
		due := (<-chan time.Time)(nil)
		if !full {
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-due:
		case <-ended:
			progress.InFlight--
		case <-c.work.Done():
		}
	}
	wg.Wait()
	c.opened.tried, c.opened.left = progress.Started, f.cfg.Pairs-progress.Started
	for _, p := range f.pairs[progress.Started:] {
		p.lock()
		p.work.missing = outcome.Outcome{Kind: outcome.Refused, Detail: "the channel was never opened"}
		p.recount()
		p.unlock()
	}
	return int(good.Load())
}

// setUp opens the channel of a pair, and ends what is left of it when that did
// not work. It is called without the lock.
func (p *pair) setUp() bool {
	t := *p.turn
	r := p.play(&t, &openStep)
	p.lock()
	if r.violation == nil {
		p.compare()
	}
	out := r.ops[0].out
	open := out.Kind == outcome.Signed && !p.bad
	p.work.c.opened.count(r)
	if !open {
		p.work.missing = outcome.Outcome{Kind: outcome.Refused, Detail: "the channel never opened: " + shortly(out)}
		if p.bad {
			p.work.missing = outcome.Outcome{Kind: outcome.Cancelled, Detail: "the pair has stopped at a violation"}
		}
	}
	for _, e := range p.ends {
		e.slim()
	}
	p.recount()
	p.unlock()
	if !open {
		p.teardown(&t, true)
	}
	return open
}

// slim forgets what only the opening of a channel needs, because there are many
// of them.
func (e *end) slim() {
	e.seen, e.held = nil, nil
	var silent url.Values
	for name, values := range e.query {
		if strings.HasPrefix(name, "report_") {
			if silent == nil {
				silent = url.Values{}
			}
			silent[name] = values
		}
	}
	e.query, e.log = silent, nil
}

// count takes a step into account that opens or ends a channel, and says whether
// it was as it should be.
func (s *stretch) count(r *run) bool {
	for _, o := range r.main() {
		x := r.step.Expect
		switch {
		case x != nil && x.Match(o.out), x == nil && r.fine(o, o.out):
			continue
		case o.out.Kind == outcome.Cancelled && r.p.work.c.interrupted():
		default:
			s.judged.failed.Add(1)
			s.judged.kinds.add(shortly(o.out))
		}
		return false
	}
	s.judged.worked.Add(1)
	return true
}

// tearDown ends all channels, as many at a time as were opened at a time. When
// none has ended for as long as that may take, and some more, the others are cut.
func (c *campaign) tearDown() {
	f := c.f
	began := f.now()
	c.closed.began = began
	hard, cut := context.WithCancel(c.hard)
	defer cut()
	stuck := time.AfterFunc(f.cfg.Timeout+f.cfg.Grace, cut)
	defer stuck.Stop()
	var wg sync.WaitGroup
	slots := make(chan struct{}, c.setup.InFlight)
	for _, p := range f.pairs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if p.tearDown(hard) && hard.Err() == nil {
				stuck.Reset(f.cfg.Timeout + f.cfg.Grace)
			}
		})
	}
	wg.Wait()
	c.closed.took = f.now() - began
}

// tearDown ends the channel of a pair as the load says, and waits until nothing
// of it is left. It reports whether the channel was there and has ended so. It
// is called without the lock.
func (p *pair) tearDown(hard context.Context) (ended bool) {
	w := p.work
	t := &turn{p: p, work: context.WithoutCancel(hard), hard: hard}
	p.lock()
	w.ending = true
	there := p.isOpen() && !p.bad && hard.Err() == nil
	p.unlock()
	step := lastSteps[w.c.plan.Teardown]
	if there = there && step != nil; there {
		r := p.play(t, step)
		p.lock()
		ended = w.c.closed.count(r)
		p.unlock()
	}
	p.teardown(t, w.c.plan.Teardown != strategy.TeardownNone && w.c.plan.Teardown != strategy.TeardownLeave)
	p.hush()
	return ended || !there
}

// lastSteps are the steps by which channels end.
var lastSteps = map[strategy.Teardown]*strategy.Step{
	strategy.TeardownDefault: closeStep, strategy.TeardownMutual: closeStep,
	strategy.TeardownStop: {
		Who: strategy.Who{Party: strategy.Both}, Action: strategy.Action{Kind: outcome.Stop},
		Expect: &strategy.Expect{Outcomes: []strategy.Wanted{{Kind: outcome.Done}, {Kind: outcome.Died}, {Kind: outcome.Disconnected}}},
	},
	strategy.TeardownLeave: {Who: strategy.Who{Party: strategy.Initiator, Socket: 1}, Action: strategy.Action{Kind: outcome.Leave}},
}

var closeStep = &strategy.Step{Who: strategy.Who{Party: strategy.Initiator, Socket: 1}, Action: strategy.Action{Kind: outcome.Close}}

// teardownWords say how the channels end.
var teardownWords = map[strategy.Teardown]string{
	strategy.TeardownDefault: "close the channels", strategy.TeardownMutual: "close the channels",
	strategy.TeardownStop: "stop the channels", strategy.TeardownLeave: "leave the channels", strategy.TeardownNone: "leave the channels as they are",
}

// report returns what the run came to, stage by stage, and its checks.
func (c *campaign) report() (steps []results.StepReport, checks []results.Check) {
	add := func(label string, took time.Duration, skipped bool, found ...results.Check) {
		s := results.StepReport{Index: len(steps) + 1, Label: label, Took: took, Passed: !skipped, Skipped: skipped}
		for _, check := range found {
			if !check.Passed {
				s.Passed = false
				s.Problems = append(s.Problems, fmt.Sprintf("%s: %s", check.Expected, check.Got))
			}
		}
		steps = append(steps, s)
		checks = append(checks, found...)
	}
	every := c.opened.judged.check(1, "every channel opens")
	if c.opened.left > 0 {
		every.Got += fmt.Sprintf("; %d were not tried", c.opened.left)
		every.Passed = every.Passed && c.cut
	}
	label := fmt.Sprintf("open %d channels", c.f.cfg.Pairs)
	if c.opened.left > 0 {
		label += fmt.Sprintf(", %d of them not tried", c.opened.left)
	}
	add(label, c.opened.took, false, every)
	thresholds := judgesOutcomes(c.f.cfg.Scenario)
	for _, ph := range c.phases {
		text := fmt.Sprintf("%s: %v for %v", ph.name, ph.of.Arrivals.Arrivals, ph.of.Duration)
		if !ph.entered {
			add(text, 0, true)
			continue
		}
		if ph.cut {
			text += ", cut short"
		}
		add(text, ph.ended-ph.began, false, ph.checks(len(steps)+1, thresholds)...)
	}
	if c.plan.Teardown == strategy.TeardownNone {
		add(teardownWords[c.plan.Teardown], c.closed.took, false)
		return steps, checks
	}
	add(teardownWords[c.plan.Teardown], c.closed.took, false, c.closed.judged.check(len(steps)+1, "every channel ends as it should"))
	return steps, checks
}
