package fuzz

import (
	"context"
	"fmt"
	"time"

	"chanbot/model"
)

// besides is how many channels play a finding at once that one alone does not
// show, besidesInTurn how many do so in turn.
const (
	besides       = 4
	besidesInTurn = 2
)

// silent are the rules that a node breaks by saying nothing for too long.
var silent = map[string]bool{
	model.RuleStuck: true, model.RulePairUnanswered: true, model.RulePairMessageLost: true, model.RuleAbortSwallowed: true,
}

// timed says of a rule that it is about how long things take: a machine that is
// too busy breaks it in the node's place.
func timed(rule string) bool {
	return rule == RuleTimer || rule == RuleTimerLate || rule == RuleDepth || silent[rule]
}

// exam is what is done with one suspect: it is played again, made small and
// noted.
type exam struct {
	s   *search
	ctx context.Context
	x   suspect
	f   *Finding
	l   *lab
	// rule and cell are what has to be broken again.
	rule string
	cell model.Cell
	// until is when no more plays may begin that confirm it, limit how long it may
	// be made smaller.
	until time.Time
	limit time.Duration
	// steady says that the case broke the rule in every play: what is made of it
	// has to do so, too.
	steady bool
	// inTurn says that the channels of the plays take turns.
	inTurn bool
	// counted says that it is one of the findings that are wanted.
	counted bool
}

// examine plays a suspect again, makes it small and notes it.
func (s *search) examine(ctx context.Context, x suspect) {
	started := time.Now()
	f := &Finding{
		Rule: x.b.Rule, State: x.b.Cell.State, Input: x.b.Cell.Input, Role: x.b.Role, Expected: x.b.Expected, Got: x.b.Got, Frames: x.frames,
		Case: x.c.Number, Seed: s.cfg.Seed, Text: x.c.Text, Steps: steps(x.c.Text), Pairs: 1, Found: x.at, Actions: x.before, key: x.b.key(),
	}
	confirm, limit, ok := s.leisure()
	final := lostNode(x.b.Rule) && s.cfg.Fresh == nil // there is no node to play it at
	if lostNode(x.b.Rule) {
		f.Beside = s.flying(x.c.Number)
	}
	if !ok || ctx.Err() != nil || final {
		s.found(f) // as it was drawn
		return
	}
	l := s.lab(ctx)
	defer l.close()
	l.rooms = x.b.Rule == RuleRoom
	e := &exam{s: s, ctx: ctx, x: x, f: f, l: l, rule: x.b.Rule, cell: x.b.Cell, until: started.Add(confirm), limit: limit}
	if e.confirm(); f.Hits == 0 {
		f.Rule = x.b.Rule
		if e.stopped() && ctx.Err() == nil || !s.forget(x.b) || x.b.Rule == RuleExpectation || l.fresh && timed(x.b.Rule) {
			s.repeat(x.b.Rule, x.b.key())
			return // a machine that was busy: nothing that was seen is impossible
		}
	} else {
		f.Beside = nil
		// What takes luck is wanted only if what is made of it takes less.
		if e.steady = f.Hits == f.Tries; !e.steady {
			e.reduce()
		}
		if f.Seldom() {
			e.finish(started)
			s.shelve(f, x.b)
			return
		}
		if e.counted = s.enough(f); !e.counted {
			s.repeat(x.b.Rule, x.b.key())
			return
		}
		if e.steady {
			e.reduce()
		}
	}
	e.finish(started)
	s.found(f)
}

// finish notes what a finding has come to.
func (e *exam) finish(started time.Time) {
	f := e.f
	f.Shrunk, f.Steps = time.Since(started), steps(f.Text)
	if f.Hits > 0 && silent[f.Rule] {
		f.Text = patient(f.Text, e.l.patience())
	}
}

// stopped says that the search is over, or has what it wants and this is not
// part of it.
func (e *exam) stopped() bool { return e.ctx.Err() != nil || !e.counted && e.s.full() }

// late says that no more plays may begin that confirm it.
func (e *exam) late() bool { return e.ctx.Err() != nil || time.Now().After(e.until) }

// is says whether a breach is the one that is looked for.
func (e *exam) is(b *breach) bool {
	return b != nil && b.Rule == e.rule && (e.rule != RuleExpectation || b.Cell == e.cell)
}

// note takes over what was seen when it was broken again.
func (e *exam) note(p *played) {
	f, b := e.f, p.breach
	f.Rule, f.State, f.Input, f.Role = b.Rule, b.Cell.State, b.Cell.Input, b.Role
	f.Expected, f.Got, f.Frames = b.Expected, b.Got, p.frames
}

// same says whether a scenario breaks the rule in one of some plays.
func (e *exam) same(text []byte, plays int) bool {
	for range plays {
		if e.stopped() {
			return false
		}
		p := e.l.play(e.ctx, text)
		if e.is(p.breach) {
			e.note(&p)
			return true
		}
		if p.breach != nil && e.f.Hits == 0 && !e.l.rooms && !e.inTurn && p.breach.Rule != model.QuirkOldBlock {
			// A node that owes something breaks another rule where less
			// patience is had with it. That one has to show again, then; but
			// what is judged here alone shows nowhere else.
			e.rule, e.cell = p.breach.Rule, p.breach.Cell
		}
	}
	return false
}

// again plays at a node that no play before has left channels at.
func (e *exam) again(text []byte) bool {
	if e.l.fresh {
		e.l.renew(e.ctx)
	}
	return e.same(text, 1)
}

// confirm plays the case again, and for a node that was lost or had no room
// whatever else can be the reason. Hits of the finding says whether it showed.
func (e *exam) confirm() {
	texts := [][]byte{e.x.c.Text}
	switch {
	case e.l.rooms && e.l.fresh:
		texts = nil
		for _, end := range ways {
			texts = append(texts, rounds(end, timesIn(e.x.c.Text)))
		}
	case lostNode(e.x.b.Rule):
		e.until = e.until.Add(longer)
		texts = append(texts, e.f.Beside...)
	}
	for _, text := range texts {
		if len(texts) > 1 && (e.late() || !e.same(text, 1)) {
			continue // one of many that were there
		}
		if e.count(text); e.f.Hits > 0 {
			return
		}
	}
	if lostNode(e.x.b.Rule) {
		e.f.Tries = max(e.f.Tries, 1) // each of them
		return
	}
	if !e.l.fresh || e.l.rooms || e.stopped() || e.late() {
		return
	}
	e.confirmBeside()
}

// confirmBeside plays the case with other channels beside it: it may take what
// they do. The way in which it shows most often counts.
func (e *exam) confirmBeside() {
	type way struct {
		text   []byte
		pairs  int
		inTurn bool
	}
	text := e.x.c.Text
	ways := []way{{text, besides, false}, {staggered(text), besides, false}}
	if !timed(e.rule) && e.rule != RuleExpectation { // the others' turns take time
		ways = append([]way{{inTurn(text), besidesInTurn, true}, {[]byte(everyday), besidesInTurn, true}}, ways...)
	}
	f, best := e.f, way{pairs: 1}
	hits, tries := 0, f.Tries
	for _, w := range ways {
		e.l.pairs, e.inTurn = w.pairs, w.inTurn
		f.Hits, f.Tries = 0, 0
		if e.inTurn && !e.again(w.text) {
			continue // no play is different
		}
		if e.count(w.text); f.Hits > hits {
			best, hits, tries = w, f.Hits, f.Tries
		}
		if f.Hits == e.s.cfg.Confirm || e.late() {
			break
		}
	}
	f.Hits, f.Tries, f.Pairs, e.l.pairs, e.inTurn = hits, tries, best.pairs, best.pairs, best.inTurn
	if hits > 0 {
		f.Text = best.text
	}
}

// count plays a scenario as often as findings are, and counts.
func (e *exam) count(text []byte) {
	for range e.s.cfg.Confirm {
		if e.f.Tries > 0 && e.late() {
			return
		}
		e.f.Tries++
		if e.again(text) {
			e.f.Hits++
			e.f.Text = text
		}
	}
}

// longer is how much more time there is for finding out which of many cases has
// ended a node.
const longer = time.Minute

// afterwards bounds how long findings are played again once no new cases begin.
const afterwards = 40 * time.Second

// leisure returns for how long plays may be begun that confirm a finding, and
// how long it may be made smaller; ok is false when there is no time even to
// play it again.
func (s *search) leisure() (confirm, shrink time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open || s.confirmed >= s.cfg.Findings {
		return afterwards, s.cfg.Shrink, s.open
	}
	left := s.closed + afterwards - time.Since(s.started)
	return left / 2, min(s.cfg.Shrink, left/2), left > 0
}

// full says that as many findings as were wanted have been seen again.
func (s *search) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.confirmed >= s.cfg.Findings
}

// enough counts a finding that was seen again, and ends the search when there
// are as many as were wanted. It returns false for one too many, and for one
// that turned out to be the same as another.
func (s *search) enough(f *Finding) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.confirmed >= s.cfg.Findings || s.same[f.is()] {
		return false
	}
	s.same[f.is()] = true
	if s.confirmed++; s.confirmed == s.cfg.Findings {
		s.closeLocked(fmt.Sprintf("as many findings as were wanted (%d)", s.confirmed))
		s.stopPlaying() // what else is going on can find nothing more
	}
	return true
}
