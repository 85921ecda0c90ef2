package bot

import (
	"slices"
	"time"
)

// The time of the steps under way is kept by one timer of the pair, which goes
// off at the first moment at which one of them has to be looked at. Under load it
// is hardly ever set anew: it goes off, finds a later step, and goes on.

// nextLook is when the step is to be looked at: when its time is over, and before
// that when the node has been silent for too long.
func (r *run) nextLook() time.Duration {
	if r.violation != nil {
		return r.until
	}
	patience := r.p.fleet.cfg.Patience
	silent := max(r.started, r.p.last) + patience
	if now := r.p.now(); silent <= now { // nothing was owed
		silent = now + patience
	}
	return min(r.until, silent)
}

// arm sees to it that the pair looks at its steps when the time of one is over.
func (p *pair) arm(at time.Duration) {
	if p.alarmAt > 0 && p.alarmAt <= at {
		return
	}
	p.alarmAt = at
	if in := at - p.now(); p.alarm == nil {
		p.alarm = time.AfterFunc(in, p.ring)
	} else {
		p.alarm.Reset(in)
	}
}

// ring ends the steps whose time is over, or whose node has been silent for too
// long. It is called without the lock.
func (p *pair) ring() {
	p.lock()
	defer p.unlock()
	p.alarmAt = 0
	now := p.now()
	for _, r := range slices.Clone(p.runs) {
		if r.over {
			continue
		}
		if p.overdue(r); r.until <= now {
			r.expire()
		}
	}
	for _, r := range p.runs {
		p.arm(r.nextLook())
	}
	p.sweep()
}

// hush stops what would look at the steps later.
func (p *pair) hush() {
	p.lock()
	defer p.unlock()
	if p.alarm != nil {
		p.alarm.Stop()
		p.alarmAt = 0
	}
}
