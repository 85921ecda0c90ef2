package fuzz

import (
	"bytes"
	"time"

	"gopkg.in/yaml.v3"

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
	// Hits of Tries plays of the scenario broke the rule again.
	Hits, Tries int
	// Text is the scenario, as small as it could be made; Steps is how many it
	// has.
	Text  []byte
	Steps int
	// Beside are the other cases, as they were drawn, that were under way when a
	// node was lost, and those that had ended shortly before, the newest first, if
	// nobody knows which of them is the reason.
	Beside [][]byte
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

// Seldom says that it was seen again, but in less than half of the plays: a file
// of it mostly passes.
func (f *Finding) Seldom() bool { return f.Hits > 0 && 2*f.Hits < f.Tries && !lostNode(f.Rule) }

// is says which findings are the same: those of a rule, a state and a request.
func (f *Finding) is() string { return f.Rule + "|" + f.State + "|" + f.Input }

// like says that two findings are the same, or that one scenario shows both.
func (f *Finding) like(other *Finding) bool {
	return f.is() == other.is() || f.Rule == other.Rule && bytes.Equal(withoutName(f.Text), withoutName(other.Text))
}

// found notes a finding, unless it is the same as one before now that it is
// small.
func (s *search) found(f *Finding) {
	s.mu.Lock()
	s.shown[f.key] = s.shown[f.key] || !f.Unrepeated()
	if s.foundLocked(f) {
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

// foundLocked says that a finding is one that is there already, or that nobody
// had the time to play again, and that nobody wants any more.
func (s *search) foundLocked(f *Finding) bool {
	if f.Tries == 0 && !lostNode(f.Rule) && s.confirmed >= s.cfg.Findings {
		return true
	}
	for _, other := range s.findings {
		if !f.like(other) || other.Unrepeated() && !f.Unrepeated() {
			continue
		}
		if f.Hits > 0 {
			if !s.open {
				return false // the search has ended for it
			}
			s.confirmed--
		}
		return true
	}
	return false
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
