package bot

import (
	"sync"
	"time"

	"chanbot/load"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// retryPace is the time until a pair of the closed model whose channel has gone
// tries its next operation, unless it has to wait longer anyway.
const retryPace = time.Second

// arrival is one piece of work of a pair.
type arrival struct {
	due    time.Duration // since the start of the run
	job    *job          // nil: none
	warmup bool
	prompt bool // the pair had nothing else to do when it came
}

// workload is what a pair has to do under load.
type workload struct {
	c *campaign

	// The lock of the pair guards these.
	now     arrival         // under way
	step    int             // of its steps, from 0
	busy    bool            // the step is under way; otherwise it is about to begin
	in      uint64          // the section of the pair in which the arrival began
	missing outcome.Outcome // of arrivals when the channel was never open, else pending
	ending  bool            // the load is over, the channel is being ended

	mu         sync.Mutex // guards what follows; taken after the lock of the pair
	queue      load.Queue[arrival]
	waiting    int  // in the queue
	active     bool // something is under way, and the queue is looked at after it
	called     bool // the pair is among those that are called to begin
	turn       bool // it may begin at once, or has begun, and counts as one of those
	chosen     digests
	operations int64 // of the closed model so far
}

// arrive puts an arrival of the open model into the queue of the pair. It is
// called without the lock, by the dispatcher alone.
func (p *pair) arrive(ph *phase, k int64, due time.Duration, warmup bool) {
	w, f := p.work, p.fleet
	choice := ph.mix.Of(f.cfg.Seed, k)
	w.mu.Lock()
	f.chosen(p.number, &w.chosen, streamOpen, k, choice)
	prompt := p.enqueueLocked(arrival{due: due, job: ph.jobs[choice], warmup: warmup})
	w.mu.Unlock()
	if !prompt {
		p.shard.Late(f.now()-due, warmup)
	}
}

// operate puts the next operation of the closed model into the queue of the
// pair.
func (p *pair) operate(ph *phase, due time.Duration) {
	w, f := p.work, p.fleet
	w.mu.Lock()
	choice := ph.mix.OfPair(f.cfg.Seed, p.number, w.operations)
	f.chosen(p.number, &w.chosen, streamClosed, w.operations, choice)
	w.operations++
	p.enqueueLocked(arrival{due: due, job: ph.jobs[choice], warmup: ph.closed.Warmup(due - w.c.start)})
	w.mu.Unlock()
}

// enqueueLocked counts an arrival and calls the pair if it has nothing to do.
func (p *pair) enqueueLocked(a arrival) (prompt bool) {
	w := p.work
	a.prompt = !w.active && w.waiting == 0
	w.waiting++
	w.c.left.Add(1)
	a.job.phase.add()
	p.fleet.gauge.Waiting.Add(1)
	w.queue.Enqueue(a.due, a)
	if !w.active {
		p.callLocked()
	}
	return a.prompt
}

// callLocked has one of the workers begin what the pair has to do.
func (p *pair) callLocked() {
	if w := p.work; !w.called {
		w.called = true
		if !w.turn && w.c.crowded() {
			w.c.queueUp(p)
			return
		}
		w.turnLocked()
		w.c.ready <- p // it has room for every pair
	}
}

// take takes the next arrival out of the queue.
func (w *workload) take() (a arrival, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.queue.Done()
	if a, ok = w.queue.Next(0); ok {
		w.waiting--
	}
	w.active = ok
	if ok {
		w.turnLocked()
	} else {
		w.overLocked()
	}
	return a, ok
}

// next begins what the pair has to do under load if it has nothing under way. It
// reports whether something was begun, which may be over already.
func (p *pair) next() bool {
	w := p.work
	if w == nil || w.busy {
		return false
	}
	if w.now.job != nil {
		p.quickly()
		return true
	}
	if w.in == p.section {
		// What was begun in this section is over: nobody else had a chance.
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.active {
			p.callLocked()
		}
		return false
	}
	if w.c.crowded() && p.yield() {
		return false
	}
	a, ok := w.take()
	if !ok {
		if len(p.runs) == 0 {
			p.restNow()
		}
		return false
	}
	p.fleet.gauge.Waiting.Add(-1)
	w.now, w.step, w.in = a, 0, p.section
	p.standing = &a.job.phase.standing
	if out := p.fate(); out.Kind != outcome.Pending {
		p.skip(out)
		return true
	}
	if a.prompt {
		p.shard.Late(p.now()-a.due, a.warmup)
	}
	if a.job.quick {
		p.quickly()
		return true
	}
	w.busy = true
	w.c.slow.Go(func() { p.playArrival(a) })
	return true
}

// yield lets others go before the next arrival, if there is one.
func (p *pair) yield() bool {
	w := p.work
	if p.fate().Kind != outcome.Pending {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.turn || w.waiting == 0 {
		return false
	}
	w.active = false
	p.callLocked()
	return true
}

// fate is how arrivals end that are not begun any more, or pending.
func (p *pair) fate() outcome.Outcome {
	w := p.work
	switch {
	case w.missing.Kind != outcome.Pending:
		return w.missing
	case p.bad:
		return outcome.Outcome{Kind: outcome.Cancelled, Detail: "the pair has stopped at a violation"}
	case w.c.work.Err() == nil:
		return outcome.Outcome{}
	case w.c.overdue.Load():
		return outcome.Outcome{Kind: outcome.Cancelled, Detail: "still waiting when the time to drain was over"}
	}
	return outcome.Outcome{Kind: outcome.Cancelled}
}

// skip ends the arrival under way without doing anything.
func (p *pair) skip(out outcome.Outcome) {
	w := p.work
	k := w.now.job.tasks[0]
	step := leading(k.step)
	roles := []outcome.Role{step.Who.Role()}
	if step.Who.Party == strategy.Both {
		roles = outcome.Roles[:]
	}
	now := p.now()
	for _, role := range roles {
		p.shard.Begin(step.Action.Kind, k.phase.name, w.now.warmup)
		p.rec = results.OperationRecord{
			Due: w.now.due, Sent: now, Done: now, Pair: p.number, Role: role,
			Operation: step.Action.Kind, Phase: k.phase.name, Warmup: w.now.warmup, Outcome: out,
		}
		p.shard.Record(&p.rec)
		k.judge(w.c, step, w.now.warmup, out, false)
	}
	p.arrivalOver(true)
}

// quickly begins the step of the arrival under way.
func (p *pair) quickly() {
	w := p.work
	k := w.now.job.tasks[w.step]
	r := &run{
		p: p, step: k.step, index: k.phase.number, layers: &k.layers, quick: true, pending: 1, started: p.now(),
		cause: cause{phase: k.phase, task: k, warmup: w.now.warmup},
	}
	if r.due = r.started; w.step == 0 {
		r.due = w.now.due
	}
	w.busy = true
	p.begun(r)
	p.request(r)
	r.pending--
}

// quickOver is told that the step of the arrival under way is over.
func (p *pair) quickOver(r *run) {
	w := p.work
	ok := p.judgeTask(r)
	w.step++
	if ok && !p.bad && w.step < len(w.now.job.tasks) && w.c.work.Err() == nil {
		w.busy = false
		return
	}
	p.arrivalOver(r.unsent())
}

// unsent says that nothing was sent, because there was no channel.
func (r *run) unsent() bool {
	for _, o := range r.ops {
		if !o.lacking {
			return false
		}
	}
	return len(r.ops) > 0
}

// playArrival does an arrival that takes a goroutine. It is called without the
// lock.
func (p *pair) playArrival(a arrival) {
	t := *p.turn
	t.due = a.due
	for _, k := range a.job.tasks {
		t.index, t.cause = k.phase.number, cause{phase: k.phase, task: k, warmup: a.warmup}
		rep, _ := p.perform(&t, k.step)
		if !rep.Passed || p.broken() || t.work.Err() != nil {
			break
		}
	}
	p.lock()
	defer p.unlock()
	p.arrivalOver(false)
	p.sweep()
}

// arrivalOver ends the arrival under way. In the closed model the pair has then
// its next one, later when nothing could be sent.
func (p *pair) arrivalOver(unsent bool) {
	w := p.work
	c, ph := w.c, w.now.job.phase
	w.now, w.busy = arrival{}, false
	if ph.isClosed && p.fate().Kind == outcome.Pending {
		done := p.now() - c.start
		if unsent {
			done += max(retryPace-max(ph.closed.Think, 0), 0)
		}
		if due, ok := ph.closed.Next(done); ok {
			c.later(p, ph, c.start+due)
		}
	}
	ph.done(p.fleet)
	w.mu.Lock()
	w.overLocked()
	w.mu.Unlock()
	c.replace()
	c.left.Done()
}
