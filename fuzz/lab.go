package fuzz

import (
	"context"
	"time"

	"chanbot/model"
)

// lab plays findings again, at a node of its own where there can be one.
type lab struct {
	s     *search
	place *Place
	n     int
	fresh bool
	pairs int // of the plays to come
	// rooms says that a node without room is judged even if others use it, too.
	rooms bool
}

// seedOfRuns is the seed of other runs if none is given, so that a file chooses
// there what it has chosen here.
const seedOfRuns = 1

// labPatience is how long a node may take to react that has nothing else to do.
const labPatience = 600 * time.Millisecond

func (s *search) lab(ctx context.Context) *lab {
	l := &lab{s: s, n: 1 << 20}
	l.renew(ctx)
	return l
}

// renew starts another node.
func (l *lab) renew(ctx context.Context) {
	if l.s.cfg.Fresh != nil {
		if place, err := l.s.cfg.Fresh(ctx); err == nil {
			l.close()
			l.place, l.fresh = place, true
			return
		}
	}
	l.s.mu.Lock()
	defer l.s.mu.Unlock()
	l.place, l.fresh = l.s.place, false
}

func (l *lab) close() {
	if l.fresh {
		l.place.close()
		l.fresh = false
	}
}

// patience is how long the node may take to react.
func (l *lab) patience() time.Duration {
	if l.fresh {
		return min(l.s.cfg.Patience, labPatience)
	}
	return l.s.cfg.Patience
}

// play plays a scenario and returns what it broke.
func (l *lab) play(ctx context.Context, text []byte) played {
	sc, err := parse(text)
	if err != nil {
		return played{err: err}
	}
	patience := l.patience()
	deny := l.s.cfg.Deny
	if e := l.place.Bot.Embedded; l.fresh && e != nil && e.OnDemand {
		// Nobody else has blocks made here, so none gets too old by itself.
		deny = append(deny[:len(deny):len(deny)], model.QuirkOldBlock)
	}
	st := l.s.stage(l.place)
	st.timeout, st.patience, st.deny, st.pairs, st.seed = patience+400*time.Millisecond, patience, deny, l.pairs, seedOfRuns
	if l.fresh {
		st.gate = nil
	}
	st.alone, st.rooms = l.fresh && l.pairs <= 1, l.rooms
	var p played
	began := time.Now()
	if l.fresh {
		l.n++
		p = st.play(ctx, sc, l.n)
	} else {
		p = st.play(ctx, sc, l.s.plays.next())
	}
	if p.breach != nil && l.s.mayBeOurs(p.breach, began) {
		p.breach = nil
	}
	if p.unreached != nil || l.fresh && gone(l.place) {
		if b := l.s.lost(ctx, l.place, p.unreached); b != nil {
			p.breach = b
		}
		l.renew(ctx)
	}
	return p
}
