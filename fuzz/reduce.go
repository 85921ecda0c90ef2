package fuzz

import (
	"slices"
	"sync"
	"time"
)

// reduce makes a finding that was seen again small, and counts how often what
// came of it breaks the rule.
func (e *exam) reduce() {
	switch m := e.smaller(); {
	case m != nil:
		e.take(m)
	case e.steady:
		e.again(e.f.Text) // what both sides see of it
	default:
		m = e.measure(e.f.Text)
		m.hits, m.tries = m.hits+e.f.Hits, m.tries+e.f.Tries
		e.take(m)
	}
	e.fewerPairs()
	if e.f.Rule == RuleTimerLate {
		// Other runs do not judge it by themselves.
		if text := timerExpected(e.f.Text); text != nil {
			if p := e.l.play(e.ctx, text); p.breach != nil && p.breach.Rule == RuleExpectation {
				e.f.Text = text
			}
		}
	}
}

// measured is how often a scenario breaks a rule.
type measured struct {
	text        []byte
	hits, tries int
	seen        *played // when it did so last; nil when it never did
}

// measure plays a scenario at fresh nodes and counts in how many plays it breaks
// the rule. It ends as soon as those that are wanted cannot be reached.
func (e *exam) measure(text []byte) *measured {
	plays := e.s.cfg.Confirm
	switch {
	case e.l.rooms || lostNode(e.rule):
		plays = 1 // they take long, and no luck
	case !e.steady:
		plays *= 2
	}
	m := &measured{text: text}
	for m.tries < plays && m.hits+plays-m.tries >= e.wanted(plays) && (m.tries == 0 || !e.stopped()) {
		m.tries++
		if e.l.fresh {
			e.l.renew(e.ctx)
		}
		if p := e.l.play(e.ctx, text); e.is(p.breach) {
			m.hits++
			m.seen = &p
		}
	}
	return m
}

// wanted is in how many of some plays a scenario has to break the rule: in all
// of them, as the case did, or in half of them if that takes a race.
func (e *exam) wanted(plays int) int {
	if e.steady {
		return plays
	}
	return (plays + 1) / 2
}

// sure says that a scenario breaks the rule as often as is wanted.
func (e *exam) sure(m *measured) bool { return m.hits > 0 && m.hits >= e.wanted(m.tries) }

// take makes a scenario that of the finding.
func (e *exam) take(m *measured) {
	e.f.Text, e.f.Hits, e.f.Tries = m.text, m.hits, m.tries
	if m.seen != nil {
		e.note(m.seen)
	}
}

// smaller returns the smallest scenario that was found to break the rule as
// surely as is wanted, nil when that is none but the case.
func (e *exam) smaller() *measured {
	if e.l.rooms {
		if m := e.measure(e.l.fewestRounds(e.ctx, e.f.Text)); e.sure(m) {
			return m
		}
		return nil
	}
	until := time.Now().Add(e.limit)
	bench := []*lab{e.l}
	for e.l.fresh && len(bench) < e.s.cfg.Beside {
		other := e.s.lab(e.ctx)
		defer other.close()
		other.pairs = e.l.pairs
		bench = append(bench, other)
	}
	sh := shrinker{
		width: len(bench),
		over:  func() bool { return e.stopped() || time.Now().After(until) },
		keeps: func(texts [][]byte) int { return e.firstOf(bench, texts) },
	}
	last := sh.shrink(e.f.Text)
	best := e.surest(sh.steps)
	if m := e.byLuck(sh.steps, best); m != nil {
		return m
	}
	if len(sh.steps) == 0 || best != nil && string(best.text) == string(last) || !e.l.fresh || sh.over() {
		return best
	}
	// The rest needed what the plays before had left at the node.
	text := e.f.Text
	if best != nil {
		text = best.text
	}
	sh.width, sh.keeps, sh.steps = 1, oneByOne(e.surely), nil
	sh.shrink(text)
	if m := e.surest(sh.steps); m != nil {
		return m
	}
	return best
}

// surest returns which scenario of some, each of them made smaller by one change
// than the one before, is the last that breaks the rule as surely as is wanted,
// nil for none. It takes for granted that none before that one is less sure.
func (e *exam) surest(steps [][]byte) *measured {
	var best *measured
	// Mostly it is the last of all, so that is looked at first.
	for low, next, high := 0, len(steps)-1, len(steps)-1; low <= high && (best == nil || !e.stopped()); next = (low + high) / 2 {
		if m := e.measure(steps[next]); e.sure(m) {
			best, low = m, next+1
		} else {
			high = next - 1
		}
	}
	return best
}

// byLuck returns a scenario of at most half as many steps as the best one that
// breaks the rule as surely as a race has to, nil for none. What the case did in a
// few plays one after the other may have been luck, and then little that is made of
// it does so.
func (e *exam) byLuck(all [][]byte, best *measured) *measured {
	text := e.f.Text
	if best != nil {
		text = best.text
	}
	half := steps(text) / 2
	if !e.steady || len(all) == 0 || steps(all[len(all)-1]) > half {
		return nil
	}
	e.steady = false
	if m := e.surest(all); m != nil && steps(m.text) <= half {
		return m
	}
	e.steady = true
	return nil
}

// fewerPairs looks whether two channels beside each other are enough.
func (e *exam) fewerPairs() {
	if e.f.Pairs <= 2 || e.stopped() {
		return
	}
	e.l.pairs = 2
	if m := e.measure(e.f.Text); e.sure(m) && m.hits*e.f.Tries >= e.f.Hits*m.tries {
		e.f.Pairs = 2
		e.take(m)
	}
	e.l.pairs = e.f.Pairs
}

// surely says whether a scenario breaks the rule at nodes that no play before
// has left anything at.
func (e *exam) surely(text []byte) bool { return e.holds(func() bool { return e.again(text) }) }

// holds says whether something shows in both of two plays, or in two of three if
// it takes a race.
func (e *exam) holds(shows func() bool) bool {
	misses := 1
	if e.steady {
		misses = 0
	}
	for hits := 0; hits < 2; {
		if shows() {
			hits++
		} else if misses--; misses < 0 || e.stopped() {
			return false
		}
	}
	return true
}

// firstOf plays scenarios beside each other, each at a node of its own, and
// returns which is the first that breaks the rule, -1 for none.
func (e *exam) firstOf(bench []*lab, texts [][]byte) int {
	kept := make([]bool, len(texts))
	var playing sync.WaitGroup
	for i, text := range texts {
		playing.Go(func() {
			kept[i] = e.holds(func() bool {
				l := bench[i]
				if l.pairs > 1 {
					l.renew(e.ctx) // what a play leaves there is another channel, too
				}
				return e.is(l.play(e.ctx, text).breach)
			})
		})
	}
	playing.Wait()
	return slices.Index(kept, true)
}
