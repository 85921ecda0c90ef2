package bot

import (
	"time"

	"chanbot/strategy"
	"chanbot/wire"
)

// rest is what is left of an answer of several moves: it goes on after a time,
// or when the node has answered the move before.
type rest struct {
	a     *asked
	moves []strategy.Move
	timer *time.Timer // nil: it waits for the answer to after
	after *watch
}

// play does the moves one after the other. In a list each of them, the last one
// too, is waited for.
func (e *end) play(a *asked, moves []strategy.Move, list bool) {
	for i, m := range moves {
		if e.sock != a.s {
			return
		}
		if a.run != nil && a.run.over {
			a.run = nil
		}
		if r := a.run; r != nil && m.Kind != strategy.MoveAccept && m.Kind != strategy.MoveWait {
			r.odd = true
			r.silent = r.silent || m.Kind == strategy.MoveIgnore
		}
		left := moves[i+1:]
		if m.Kind == strategy.MoveWait {
			e.later(a, m.For, left)
			return
		}
		w := e.do(a, m)
		if list && w.method != "" {
			e.keep(&rest{a: a, moves: left, after: w})
			return
		}
	}
}

// park keeps a signing request while the other side is in the middle of a list
// of answers, so that their order does not depend on which socket is faster.
func (p *pair) park(a *asked) bool {
	if !p.playing(a) {
		return false
	}
	p.parked = append(p.parked, a)
	return true
}

// playing says whether the other side is in the middle of a list of answers in
// the same step. The node answers each of them at once, whatever this side does.
func (p *pair) playing(a *asked) bool {
	for _, e := range p.ends {
		if e == a.e || a.run == nil {
			continue
		}
		for _, x := range e.rests {
			if x.after != nil && x.a.run == a.run {
				return true
			}
		}
	}
	return false
}

// unpark answers what was kept and need not be any more.
func (p *pair) unpark() {
	for i := 0; i < len(p.parked); {
		a := p.parked[i]
		if p.playing(a) {
			i++
			continue
		}
		p.parked = drop(p.parked, a)
		a.e.answer(a)
	}
}

// later plays moves after a time.
func (e *end) later(a *asked, after time.Duration, moves []strategy.Move) {
	p, x := e.p, &rest{a: a, moves: moves}
	if a.run != nil {
		a.run.extend(after)
	}
	e.keep(x)
	x.timer = time.AfterFunc(after, func() {
		p.lock()
		defer p.unlock()
		if e.take(x) && !p.leaving {
			e.play(a, moves, true)
		}
		p.sweep()
	})
}

// proceed goes on with the answers that waited for f.
func (e *end) proceed(f *wire.Frame) {
	for i := 0; i < len(e.rests); {
		x := e.rests[i]
		if x.after != nil && x.after.answered(f) {
			e.take(x)
			e.play(x.a, x.moves, true)
			continue
		}
		i++
	}
}

func (e *end) keep(x *rest) {
	e.rests = append(e.rests, x)
	if x.a.run != nil {
		x.a.run.waiting++
	}
}

// take takes out one that waits; it returns false when it waits no more.
func (e *end) take(x *rest) bool {
	n := len(e.rests)
	if e.rests = drop(e.rests, x); len(e.rests) == n {
		return false
	}
	if x.a.run != nil {
		x.a.run.waiting--
	}
	return true
}

// forget takes out all that fit.
func (e *end) forget(fits func(*rest) bool) {
	for i := 0; i < len(e.rests); {
		x := e.rests[i]
		if !fits(x) {
			i++
			continue
		}
		if x.timer != nil {
			x.timer.Stop()
		}
		e.take(x)
	}
}
