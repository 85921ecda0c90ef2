package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// shownKinds is how many different results a check of the load tells apart.
const shownKinds = 6

// tally counts results by their words.
type tally struct {
	mu     sync.Mutex // guards what follows
	counts map[string]int64
}

func (t *tally) add(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[string]int64{}
	}
	if _, known := t.counts[what]; !known && len(t.counts) == shownKinds {
		what = "something else"
	}
	t.counts[what]++
}

// String lists the results, the most frequent ones first: "timeout 3, died 1".
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	type one struct {
		what string
		n    int64
	}
	var all []one
	for what, n := range t.counts {
		all = append(all, one{what, n})
	}
	slices.SortFunc(all, func(a, b one) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.what, b.what)) })
	parts := make([]string, len(all))
	for i, x := range all {
		parts[i] = fmt.Sprintf("%s %d", x.what, x.n)
	}
	return strings.Join(parts, ", ")
}

// expectation is something that the scenario expects of many operations.
type expectation struct {
	met, unmet atomic.Int64
	instead    tally
}

func (x *expectation) count(met bool, got func() string) {
	if met {
		x.met.Add(1)
		return
	}
	x.unmet.Add(1)
	x.instead.add(got())
}

func (x *expectation) check(step int, side, expected string) results.Check {
	met, unmet := x.met.Load(), x.unmet.Load()
	c := results.Check{Step: step, Side: side, Expected: expected, Got: fmt.Sprintf("%d of %d", met, met+unmet), Passed: unmet == 0}
	if unmet > 0 {
		c.Got += "; instead: " + x.instead.String()
	}
	return c
}

// expectations are those of one step beside its outcome.
type expectations struct {
	mu  sync.Mutex // guards what follows
	all []*sided
}

type sided struct {
	side, what string
	expectation
}

func (x *expectations) of(side, what string) *expectation {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, s := range x.all {
		if s.side == side && s.what == what {
			return &s.expectation
		}
	}
	s := &sided{side: side, what: what}
	x.all = append(x.all, s)
	return &s.expectation
}

// verdicts is what became of the operations of a phase, or of the set-ups or
// the teardown, that are expected to work.
type verdicts struct {
	worked, failed atomic.Int64
	kinds          tally
}

// shortly says how an operation ended, so that equal ends have equal words.
func shortly(out outcome.Outcome) string {
	return outcome.Outcome{Kind: out.Kind, Code: out.Code, By: out.By}.String()
}

// judge counts how an operation of a step ended, which is the task or a part of
// it. fine says that it may end so where nothing is expected by name.
func (k *task) judge(c *campaign, step *strategy.Step, warmup bool, out outcome.Outcome, fine bool) (ok bool) {
	x := step.Expect
	named := x != nil && len(x.Outcomes) > 0
	if ok = fine; named {
		ok = x.Match(out)
	}
	switch {
	case warmup:
	case out.Kind == outcome.Cancelled && c.interrupted():
		ok = false
	case named && step == k.step:
		k.outcomes.count(ok, func() string { return shortly(out) })
	case named:
		k.others.of("", Label(step)+": "+words(x)).count(ok, func() string { return shortly(out) })
	case ok:
		k.phase.judged.worked.Add(1)
	default:
		k.phase.judged.failed.Add(1)
		k.phase.judged.kinds.add(shortly(out))
	}
	return ok
}

// judgeTask judges a step of the load that is over. What it expects, and what
// works or not, is counted, except in a warm-up. It reports whether the arrival
// goes on to its next step.
func (p *pair) judgeTask(r *run) bool {
	c, k := p.work.c, r.cause.task
	if r.violation == nil {
		p.compare()
	}
	ok := r.violation == nil && !r.wrong
	for _, o := range r.ops {
		if o.answer != nil {
			continue
		}
		fine := !r.wrong && r.fine(o, o.out) || r.framesOnly() && o.out.Kind == outcome.Done
		ok = k.judge(c, r.step, r.cause.warmup, o.out, fine) && ok
	}
	x := r.step.Expect
	if x == nil && len(r.watches) == 0 || r.cancelled {
		return ok
	}
	j := judge{r: r, p: p}
	j.values()
	j.frames()
	j.ordered()
	j.answers()
	for _, check := range j.checks {
		if !r.cause.warmup {
			k.others.of(check.Side, check.Expected).count(check.Passed, func() string { return check.Got })
		}
	}
	return ok && !j.failed
}

// judgedTask is judgeTask for a step that took a goroutine. It is called without
// the lock.
func (p *pair) judgedTask(r *run) bool {
	p.lock()
	defer p.unlock()
	return p.judgeTask(r)
}

// checks are what there is to say about the phase when the run is over. Where the
// scenario has thresholds on outcomes, they say how many have to work.
func (ph *phase) checks(step int, thresholds bool) (all []results.Check) {
	for _, j := range ph.jobs {
		for _, k := range j.tasks {
			x := k.step.Expect
			if x != nil && k.outcomes.met.Load()+k.outcomes.unmet.Load() > 0 {
				all = append(all, k.outcomes.check(step, "", Label(k.step)+": "+words(x)))
			}
			for _, s := range k.others.all {
				all = append(all, s.check(step, s.side, Label(k.step)+": "+s.what))
			}
		}
	}
	if v := &ph.judged; !thresholds {
		all = append(all, v.check(step, "every operation works, or ends as an answer explains"))
	}
	return all
}

func (v *verdicts) check(step int, expected string) results.Check {
	worked, failed := v.worked.Load(), v.failed.Load()
	got := fmt.Sprintf("%d of %d", worked, worked+failed)
	if failed > 0 {
		got += "; " + v.kinds.String()
	}
	return results.Check{Step: step, Expected: expected, Got: got, Passed: failed == 0}
}

// judgesOutcomes says whether a scenario has a threshold on outcomes. One on
// violations is none: a violation fails the run anyway.
func judgesOutcomes(s *strategy.Scenario) bool {
	return slices.ContainsFunc(s.Thresholds, func(t strategy.Threshold) bool {
		return (t.Func == "share" || t.Func == "count" || t.Func == "rate") && t.Kind != outcome.Violation
	})
}
