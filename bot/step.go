package bot

import (
	"slices"
	"time"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/wire"
)

// run is one step under way, of one pair.
type run struct {
	p      *pair
	step   *strategy.Step
	index  int // of the step of the scenario that it is, or is a part of, from 1
	layers *[2][]strategy.Layer
	cause  cause         // under load: what asked for it
	quick  bool          // under load: only the load waits for its end
	due    time.Duration // when it should have begun

	ops     []*op // all that were attempted in this step
	watches []*watch
	nth     [2]tagCounts // signing requests in this step
	hold    *hold        // answers that wait for each other; nil when none do
	from    []int        // where the log of each end stood
	odd     bool         // an answer was given that was not to accept
	silent  bool         // a signing request was left without an answer
	cut     bool         // an answer or the step closed a socket
	pending int          // what still runs: its own work, delayed answers
	waiting int          // answers that wait for a time or for the node

	violation *model.Violation
	ordered   []inOrder // when it is over
	wrong     bool      // what the step wants cannot be done
	mining    bool      // key blocks are being asked for
	minting   bool      // a block of any kind is
	busy      bool      // but frames that need none come first
	expired   bool
	cancelled bool
	problems  []string

	started  time.Duration
	ended    time.Duration
	linger   *time.Timer // bounds the waiting for acknowledgements; nil when there was none
	lingered bool
	until    time.Duration // when its time is over
	wake     chan struct{} // closed when something may have changed; nil while nobody waits
	done     chan struct{} // closed when the step is over; nil for a quick one
	over     bool
}

// hold keeps the answers of a step of both until each side has its request.
type hold struct {
	asks []*asked
}

// tagCounts counts by tag. There are few tags.
type tagCounts []struct {
	tag string
	n   int
}

// next returns how many of a tag there are with this one.
func (c *tagCounts) next(tag string) int {
	for i := range *c {
		if (*c)[i].tag == tag {
			(*c)[i].n++
			return (*c)[i].n
		}
	}
	*c = append(*c, struct {
		tag string
		n   int
	}{tag, 1})
	return 1
}

// of returns how many of a tag there were.
func (c tagCounts) of(tag string) int {
	for i := range c {
		if c[i].tag == tag {
			return c[i].n
		}
	}
	return 0
}

// start puts a step among those under way. Its own work counts as pending until
// the caller says that it has begun.
func (p *pair) start(step *strategy.Step, t *turn) *run {
	r := &run{p: p, step: step, index: t.index, layers: t.layers(step), cause: t.cause, pending: 1, started: p.now()}
	if r.due = r.started; t.due > 0 {
		r.due, t.due = t.due, 0 // what follows in the same turn is due when it begins
	}
	p.begun(r)
	r.done = make(chan struct{})
	return r
}

// begun puts a step among those under way.
func (p *pair) begun(r *run) {
	step := r.step
	if len(p.runs) == 0 && step.Action.Kind != outcome.Wait {
		for _, e := range p.ends {
			e.log = e.log[:0] // nobody has kept it
		}
	}
	for i, e := range p.ends {
		if len(e.log) > 0 && r.from == nil {
			r.from = make([]int, len(p.ends))
		}
		if r.from != nil {
			r.from[i] = len(e.log)
		}
	}
	limit := step.Timeout
	if limit == 0 {
		limit = p.fleet.cfg.Timeout
	}
	if step.Timeout == 0 {
		limit += max(step.Offset, 0)
		if w := step.Action.Wait; w != nil {
			limit += w.For
		}
	}
	r.until = r.started + limit
	p.runs = append(p.runs, r)
	p.arm(r.nextLook())
}

// extend gives the step more time, because waiting is part of it.
func (r *run) extend(d time.Duration) { r.until += d }

// notify wakes those who wait for something to change.
func (r *run) notify() {
	if r.wake != nil {
		close(r.wake)
		r.wake = nil
	}
}

// changes returns a channel that is closed at the next change.
func (r *run) changes() <-chan struct{} {
	if r.wake == nil {
		r.wake = make(chan struct{})
	}
	return r.wake
}

// begun says that the step's own work is done.
func (r *run) begun() { r.pending-- }

// saw returns the names of the frames that an end got during the step.
func (r *run) saw(e *end) []string {
	for i, x := range r.p.ends {
		if x != e {
			continue
		}
		if i < len(r.from) {
			return e.log[min(r.from[i], len(e.log)):]
		}
		return e.log
	}
	return nil
}

// main returns the operations that the step itself asked for.
func (r *run) main() []*op {
	var list []*op
	for _, o := range r.ops {
		if o.answer == nil {
			list = append(list, o)
		}
	}
	return list
}

// complete says whether nothing more is to come.
func (r *run) complete() bool {
	if r.violation != nil {
		return true
	}
	r.release()
	seen, wrong := r.orderly()
	if wrong || r.wrong {
		return true
	}
	if r.pending == 0 && r.reached() {
		return true
	}
	if r.pending > 0 || r.waiting > 0 {
		return false
	}
	if !seen {
		return r.deaf()
	}
	if r.framesOnly() {
		return !r.cutting()
	}
	for _, o := range r.ops {
		if !o.over {
			return false
		}
	}
	for _, w := range r.watches {
		if !w.told {
			return false
		}
	}
	return (len(r.missing()) == 0 || r.missed()) && !r.lingers()
}

// missed says that an operation has not ended as the step expects. Frames that
// belong to the end that was expected are not waited for then.
func (r *run) missed() bool {
	x := r.step.Expect
	return x != nil && len(x.Outcomes) > 0 && slices.ContainsFunc(r.main(), func(o *op) bool { return o.over && !x.Match(o.out) })
}

// deaf says that every operation is over, and that the frames in order that are
// still missing belong to sides without a socket: nothing can come any more.
func (r *run) deaf() bool {
	for _, o := range r.ops {
		if !o.over {
			return false
		}
	}
	for _, o := range r.inOrders() {
		if o.missing != nil && o.e.sock != nil {
			return false
		}
	}
	return len(r.ops) > 0
}

// missing returns the frames that are expected and have not been seen.
func (r *run) missing() []missingFrame {
	if r.step.Expect == nil {
		return nil
	}
	var list []missingFrame
	for i, role := range outcome.Roles {
		rule := &r.step.Expect.Frames[i]
		if len(rule.Must) == 0 {
			continue
		}
		saw := r.saw(r.p.first(role))
		used := make([]bool, len(saw))
		for _, want := range rule.Must {
			if !take(saw, used, want) {
				list = append(list, missingFrame{role, want})
			}
		}
	}
	return list
}

type missingFrame struct {
	role outcome.Role
	name strategy.FrameName
}

// take marks the first name that matches and was not used yet.
func take(names []string, used []bool, want strategy.FrameName) bool {
	for i, n := range names {
		if !used[i] && want.Matches(n) {
			used[i] = true
			return true
		}
	}
	return false
}

// frame is told every frame of the pair.
func (r *run) frame(e *end, f *wire.Frame, name string) {
	for _, w := range r.watches {
		w.frame(e, f, name)
	}
}

// closed is told the end of every socket of the pair.
func (r *run) closed(e *end, s *socket, how ending) {
	for _, w := range r.watches {
		w.closed(e, s, how)
	}
}

// release lets the held answers go when each side has its request, or when one
// side will not get it any more.
func (r *run) release() {
	h := r.hold
	if h == nil {
		return
	}
	alone := false
	for _, o := range r.main() {
		alone = alone || o.told
	}
	if len(h.asks) < 2 && !alone {
		return
	}
	r.hold = nil
	for _, a := range h.asks {
		a.e.answer(a)
	}
}

// expire ends the step because its time is over. What was told stands.
func (r *run) expire() {
	r.expired = true
	for _, o := range r.ops {
		o.tell(outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByBot})
	}
	r.finish()
}

// cancel ends the step because the run ends.
func (r *run) cancel() {
	if r.over {
		return
	}
	r.cancelled = true
	for _, o := range r.ops {
		o.tell(outcome.Outcome{Kind: outcome.Cancelled})
	}
	r.finish()
}

// finish ends the step and everything in it.
func (r *run) finish() {
	if r.over {
		return
	}
	r.over = true
	if r.linger != nil {
		r.linger.Stop()
	}
	r.takeOrdered()
	if (r.framesOnly() || r.reached()) && r.violation == nil {
		for _, o := range r.ops {
			o.tell(outcome.Outcome{Kind: outcome.Done, Detail: "followed no further"})
		}
	}
	for _, o := range r.ops {
		if r.violation != nil {
			o.tell(violated(r.violation))
		}
		if !o.over && o.told {
			o.track.settled(o) // gives back what it holds
		}
		o.finish()
	}
	for _, e := range r.p.ends {
		e.forget(func(x *rest) bool { return x.a.run == r })
	}
	r.hold = nil
	r.ended = r.p.now()
	r.p.runs = drop(r.p.runs, r)
	if r.quick {
		r.p.quickOver(r)
		return
	}
	close(r.done)
}

// tooLate is the outcome of an operation that begins when the step is over.
func (r *run) tooLate() outcome.Outcome {
	switch {
	case r.violation != nil:
		return violated(r.violation)
	case r.expired:
		return outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByBot}
	}
	return outcome.Outcome{Kind: outcome.Cancelled}
}

// violated is the outcome of an operation during which the node did what a
// correct node cannot do.
func violated(v *model.Violation) outcome.Outcome {
	return outcome.Outcome{Kind: outcome.Violation, Detail: v.Rule + ": expected " + v.Expected + ", got " + v.Got}
}
