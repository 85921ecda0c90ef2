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

// play does the moves one after the other.
func (e *end) play(a *asked, moves []strategy.Move) {
	for i, m := range moves {
		if e.sock != a.s {
			return
		}
		if a.run != nil && a.run.over {
			a.run = nil
		}
		if r := a.run; r != nil && m.Kind != strategy.MoveAccept && m.Kind != strategy.MoveWait {
			r.odd = true
		}
		left := moves[i+1:]
		if m.Kind == strategy.MoveWait {
			e.later(a, m.For, left)
			return
		}
		w := e.do(a, m)
		if len(left) > 0 && w.method != "" {
			e.keep(&rest{a: a, moves: left, after: w})
			return
		}
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
			e.play(a, moves)
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
			e.play(x.a, x.moves)
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
