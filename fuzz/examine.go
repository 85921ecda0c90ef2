package fuzz

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gopkg.in/yaml.v3"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
)

// Finding is something that a correct node does not do, and how to see it.
type Finding struct {
	// Rule is the rule that was broken; State and Input are where.
	Rule, State, Input string
	Role               outcome.Role
	Expected, Got      string
	// Case is the number of the case that found it, of the seed.
	Case int
	Seed uint64
	// Pairs is how many channels have to play the scenario beside each other; 1
	// when it shows with one alone.
	Pairs int
	// Hits of Tries plays of the case broke the rule again.
	Hits, Tries int
	// Text is the scenario, as small as it could be made; Steps is how many it
	// has.
	Text  []byte
	Steps int
	// Frames are what both sides saw when it was played last.
	Frames []results.FrameRecord
	// Found is when, since the start of the search, and after how many actions;
	// Shrunk is how long it took to confirm it and to make it small.
	Found   time.Duration
	Actions int64
	Shrunk  time.Duration

	key string // of the breach that it began with
}

// Unrepeated says that it was not seen again: it did not show any more, or there
// was no time left to play it again. It may have taken what other channels did
// at that moment, or a busy machine.
func (f *Finding) Unrepeated() bool {
	return f.Hits == 0 && f.Rule != RuleNodeGone && f.Rule != RuleNodeHung
}

// besides is how many channels play a finding that one alone does not show.
const besides = 4

// timed are the rules about how long things take, which a machine that is too
// busy breaks in the node's place.
var timed = map[string]bool{
	RuleTimer: true, RuleTimerLate: true, RuleDepth: true,
	model.RuleStuck: true, model.RulePairUnanswered: true, model.RulePairMessageLost: true,
}

// examine plays a suspect again, makes it small and notes it.
func (s *search) examine(ctx context.Context, x suspect) {
	started := time.Now()
	f := &Finding{
		Rule: x.b.Rule, State: x.b.Cell.State, Input: x.b.Cell.Input, Role: x.b.Role, Expected: x.b.Expected, Got: x.b.Got,
		Case: x.c.Number, Seed: s.cfg.Seed, Text: x.c.Text, Pairs: 1, Found: x.at, Actions: x.before, key: x.b.key(),
	}
	confirm, limit, ok := s.leisure()
	if !ok || ctx.Err() != nil {
		f.Steps = steps(f.Text)
		s.found(f) // as it was drawn
		return
	}
	confirming, stop := context.WithTimeout(ctx, confirm)
	defer stop()
	l := s.lab(ctx)
	defer l.close()
	texts := [][]byte{x.c.Text}
	if x.b.Rule == RuleRoom && l.fresh {
		texts = nil
		for _, end := range ways {
			texts = append(texts, rounds(end, timesIn(x.c.Text)))
		}
	}
	l.rooms = x.b.Rule == RuleRoom
	if x.b.Rule == RuleNodeGone || x.b.Rule == RuleNodeHung {
		texts = append(texts, s.flying()...)
	}
	// given up: the search has what it wants, and this is not part of it.
	counted := false
	stopped := func() bool { return ctx.Err() != nil || !counted && s.full() }
	// same says whether a scenario breaks the rule in one of some plays.
	cell := x.b.Cell
	is := func(b *breach) bool {
		return b != nil && b.Rule == f.Rule && (f.Rule != RuleExpectation || b.Cell == cell)
	}
	note := func(p *played) {
		f.Expected, f.Got, f.Role, f.Frames = p.breach.Expected, p.breach.Got, p.breach.Role, p.frames
		f.State, f.Input = p.breach.Cell.State, p.breach.Cell.Input
	}
	same := func(text []byte, plays int) bool {
		for range plays {
			if stopped() {
				return false
			}
			p := l.play(ctx, text)
			if is(p.breach) {
				note(&p)
				return true
			}
			if p.breach != nil && f.Hits == 0 && !l.rooms && p.breach.Rule != model.QuirkOldBlock {
				// A node that owes something breaks another rule where less
				// patience is had with it. That one has to show again, then; but
				// what is judged here alone shows nowhere else.
				f.Rule, cell = p.breach.Rule, p.breach.Cell
			}
		}
		return false
	}
	// again plays at a node that no play before has left channels at.
	again := func(text []byte) bool {
		if l.fresh {
			l.renew(ctx)
		}
		return same(text, 1)
	}
	for _, text := range texts {
		if len(texts) > 1 && !same(text, 1) {
			continue // one of many that were there
		}
		for range s.cfg.Confirm {
			if f.Tries > 0 && confirming.Err() != nil {
				break
			}
			f.Tries++
			if again(text) {
				f.Hits++
				f.Text = text
			}
		}
		if f.Hits > 0 {
			break
		}
	}
	if f.Hits == 0 && l.fresh && !l.rooms && !stopped() && confirming.Err() == nil {
		// It may take other channels at the same node.
		l.pairs = besides
		for _, text := range [][]byte{x.c.Text, staggered(x.c.Text)} {
			f.Tries = 0
			for range s.cfg.Confirm {
				if f.Tries > 0 && confirming.Err() != nil {
					break
				}
				f.Tries++
				if again(text) {
					f.Hits++
					f.Pairs, f.Text = besides, text
				}
			}
			if f.Hits > 0 {
				break
			}
		}
	}
	if f.Hits == 0 {
		f.Rule = x.b.Rule
	}
	if f.Hits > 0 {
		plays := 1
		if f.Hits < s.cfg.Confirm {
			plays = 3
		}
		if counted = s.enough(); !counted {
			s.repeat(x.b.Rule, x.b.key())
			return
		}
		until := time.Now().Add(limit)
		bench := []*lab{l}
		for l.fresh && !l.rooms && len(bench) < s.cfg.Beside {
			other := s.lab(ctx)
			defer other.close()
			other.pairs = l.pairs
			bench = append(bench, other)
		}
		sh := shrinker{
			width: len(bench),
			over:  func() bool { return stopped() || time.Now().After(until) },
			keeps: func(texts [][]byte) int {
				all := make([]*played, len(texts))
				var playing sync.WaitGroup
				for i, text := range texts {
					playing.Go(func() {
						for n := 0; n < plays && all[i] == nil && !stopped(); n++ {
							if p := bench[i].play(ctx, text); is(p.breach) {
								all[i] = &p
							}
						}
					})
				}
				playing.Wait()
				i := slices.IndexFunc(all, func(p *played) bool { return p != nil })
				if i >= 0 {
					note(all[i])
				}
				return i
			},
		}
		several := func(text []byte) bool {
			for range plays {
				if again(text) {
					return true
				}
			}
			return false
		}
		var small []byte
		if l.rooms {
			small = l.fewestRounds(ctx, f.Text)
		} else {
			small = sh.shrink(f.Text)
		}
		if !several(small) && l.fresh && !l.rooms {
			// It needed what the plays before had left at the node.
			sh.width, sh.keeps = 1, oneByOne(several)
			small = sh.shrink(f.Text)
		}
		if several(small) {
			f.Text = small
		} else {
			again(f.Text) // what both sides see of it
		}
		if f.Rule == RuleTimerLate {
			// Other runs do not judge it by themselves.
			if text := timerExpected(f.Text); text != nil {
				if p := l.play(ctx, text); p.breach != nil && p.breach.Rule == RuleExpectation {
					f.Text = text
				}
			}
		}
	} else if stopped() && ctx.Err() == nil || !s.forget(x.b) || x.b.Rule == RuleExpectation || l.fresh && timed[x.b.Rule] {
		s.repeat(x.b.Rule, x.b.key())
		return // a machine that was busy: nothing that was seen is impossible
	}
	f.Shrunk = time.Since(started)
	f.Steps = steps(f.Text)
	s.found(f)
}

// timerExpected is a scenario whose last step that leaves something unsigned
// expects that the node gives it up. It returns nil when there is no such step.
func timerExpected(text []byte) []byte {
	doc := new(yaml.Node)
	if yaml.Unmarshal(text, doc) != nil {
		return nil
	}
	list := member(doc.Content[0], "steps")
	if list == nil {
		return nil
	}
	for _, step := range slices.Backward(list.Content) {
		sign, expect := member(step, "sign"), member(step, "expect")
		if sign == nil || expect == nil || !bytes.Contains(render(sign), []byte("ignore")) {
			continue
		}
		timeout := new(yaml.Node)
		if yaml.Unmarshal([]byte("{timeout: null, by: node}"), timeout) != nil {
			return nil
		}
		*expect = *timeout.Content[0]
		return render(doc)
	}
	return nil
}

// staggered is a scenario with pauses that differ from channel to channel, so
// that several that play it beside each other are not all at the same step.
func staggered(text []byte) []byte {
	doc, pause := new(yaml.Node), new(yaml.Node)
	const times = "choose: [{weight: 1, do: {wait: 1ms}}, {weight: 1, do: {wait: 20ms}}, {weight: 1, do: {wait: 60ms}}]"
	if yaml.Unmarshal(text, doc) != nil || yaml.Unmarshal([]byte(times), pause) != nil {
		return text
	}
	list := member(doc.Content[0], "steps")
	if list == nil {
		return text
	}
	var all []*yaml.Node
	for _, step := range list.Content {
		all = append(all, clone(pause.Content[0]), step)
	}
	list.Content = all
	return render(doc)
}

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
// are as many as were wanted. It returns false for one too many.
func (s *search) enough() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.confirmed >= s.cfg.Findings {
		return false
	}
	if s.confirmed++; s.confirmed == s.cfg.Findings {
		s.closeLocked(fmt.Sprintf("as many findings as were wanted (%d)", s.confirmed))
		s.stopPlaying() // what else is going on can find nothing more
	}
	return true
}

// found notes a finding, unless it is the same as one before once it is small.
func (s *search) found(f *Finding) {
	s.mu.Lock()
	s.shown[f.key] = s.shown[f.key] || f.Hits > 0
	for _, other := range s.findings {
		if other.Rule == f.Rule && bytes.Equal(withoutName(other.Text), withoutName(f.Text)) {
			s.repeatLocked(f.Rule, f.key)
			s.mu.Unlock()
			return
		}
	}
	if f.Tries == 0 && s.confirmed >= s.cfg.Findings {
		s.repeatLocked(f.Rule, f.key)
		s.mu.Unlock()
		return
	}
	s.findings = append(s.findings, f)
	s.mu.Unlock()
	if s.cfg.Found != nil {
		s.cfg.Found(f)
	}
}

// withoutName returns a scenario without the line of its name.
func withoutName(text []byte) []byte {
	before, after, _ := bytes.Cut(text, []byte("name: "))
	_, after, _ = bytes.Cut(after, []byte("\n"))
	return append(bytes.Clone(before), after...)
}

// steps counts the steps of a scenario, those inside others included.
func steps(text []byte) int {
	doc := new(yaml.Node)
	if yaml.Unmarshal(text, doc) != nil || len(doc.Content) == 0 {
		return 0
	}
	n := 0
	walk(doc, nil, func(at *yaml.Node, _ []int) {
		if list := member(at, "steps"); list != nil {
			n += len(list.Content)
		}
	})
	return n
}
