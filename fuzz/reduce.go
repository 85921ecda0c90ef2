package fuzz

import (
	"slices"
	"sync"
	"time"
)

// reduce makes a finding that was seen again small.
func (e *exam) reduce() {
	small := e.smaller()
	if e.several(small) {
		e.f.Text = small
	} else {
		e.again(e.f.Text) // what both sides see of it
	}
	if e.f.Rule == RuleTimerLate {
		// Other runs do not judge it by themselves.
		if text := timerExpected(e.f.Text); text != nil {
			if p := e.l.play(e.ctx, text); p.breach != nil && p.breach.Rule == RuleExpectation {
				e.f.Text = text
			}
		}
	}
}

// smaller returns the smallest scenario that was found to break the rule.
func (e *exam) smaller() []byte {
	if e.l.rooms {
		return e.l.fewestRounds(e.ctx, e.f.Text)
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
	small := sh.shrink(e.f.Text)
	if e.l.fresh && !e.several(small) {
		// It needed what the plays before had left at the node.
		sh.width, sh.keeps = 1, oneByOne(e.several)
		small = sh.shrink(e.f.Text)
	}
	return small
}

// firstOf plays scenarios beside each other, each at a node of its own, and
// returns which is the first that breaks the rule, -1 for none.
func (e *exam) firstOf(bench []*lab, texts [][]byte) int {
	all := make([]*played, len(texts))
	var playing sync.WaitGroup
	for i, text := range texts {
		playing.Go(func() {
			for n := 0; n < e.plays() && all[i] == nil && !e.stopped(); n++ {
				if p := bench[i].play(e.ctx, text); e.is(p.breach) {
					all[i] = &p
				}
			}
		})
	}
	playing.Wait()
	i := slices.IndexFunc(all, func(p *played) bool { return p != nil })
	if i >= 0 {
		e.note(all[i])
	}
	return i
}
