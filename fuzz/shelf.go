package fuzz

import (
	"cmp"
	"slices"
)

// shelved is a finding that shows so seldom that its file would mostly pass, and
// what it began with.
type shelved struct {
	f *Finding
	b *breach
}

// shelve keeps a finding that shows seldom until the search has ended, and lets
// other cases be played again that may show the same more surely.
func (s *search) shelve(f *Finding, b *breach) {
	s.forget(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shelf = append(s.shelf, shelved{f, b})
}

// clearShelf notes, at the end, the shelved findings of rules that no other
// finding shows. The others are cases that broke a rule once more.
func (s *search) clearShelf() {
	s.mu.Lock()
	slices.SortStableFunc(s.shelf, func(a, b shelved) int { return cmp.Compare(b.f.Hits*a.f.Tries, a.f.Hits*b.f.Tries) })
	var noted []*Finding
	for _, x := range s.shelf {
		s.shown[x.b.key()] = true
		if slices.ContainsFunc(s.findings, func(other *Finding) bool {
			return other.Rule == x.f.Rule && !other.Unrepeated() && (!other.Seldom() || other.like(x.f))
		}) {
			s.repeatLocked(x.b.Rule, x.b.key())
			continue
		}
		s.findings = append(s.findings, x.f)
		noted = append(noted, x.f)
	}
	s.shelf = nil
	s.mu.Unlock()
	if s.cfg.Found != nil {
		for _, f := range noted {
			s.cfg.Found(f)
		}
	}
}
