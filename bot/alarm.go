package bot

import (
	"slices"
	"time"
)

// The time of the steps under way is kept by one timer of the pair, which goes
// off at the first moment at which one of them has to be looked at. Under load it
// is hardly ever set anew: it goes off, finds a later step, and goes on.

// vigil tells how long a node has been silent, as far as that could be heard: while
// this process stands still, because the machine is busy or was suspended, nobody
// listens, and an embedded node does nothing either. It is noticed by looks that come
// late, for which a silence is looked at several times before it is judged.
type vigil struct {
	stood time.Duration // when the process was found to have stood still last
}

// looksPerSilence is how many looks there are in a silence that is judged. Where one
// comes later than half of the time between two, the silence begins again.
const looksPerSilence = 4

// look notes a look that was due at a moment and came now.
func (v *vigil) look(due, now, patience time.Duration) {
	if now-due > patience/(2*looksPerSilence) {
		v.stood = now
	}
}

// over reports whether the silence since a moment is longer than the patience.
func (v *vigil) over(since, now, patience time.Duration) bool {
	return now-max(since, v.stood) >= patience
}

// next returns when the silence since a moment is to be looked at next.
func (v *vigil) next(since, now, patience time.Duration) time.Duration {
	at := now + patience/looksPerSilence
	if end := max(since, v.stood) + patience; end > now {
		return min(at, end)
	}
	return at // nothing was owed
}

// nextLook is when the step is to be looked at: when its time is over, and before
// that when the node may have been silent for too long.
func (r *run) nextLook() time.Duration {
	if r.violation != nil {
		return r.until
	}
	return min(r.until, r.p.vigil.next(r.quietSince(), r.p.now(), r.p.fleet.cfg.Patience))
}

// quietSince is since when nothing has come in the step.
func (r *run) quietSince() time.Duration { return max(r.started, r.p.last) }

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
	now := p.now()
	if p.alarmAt > 0 {
		p.vigil.look(p.alarmAt, now, p.fleet.cfg.Patience)
	}
	p.alarmAt = 0
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
