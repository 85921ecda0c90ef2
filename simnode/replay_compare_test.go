package simnode_test

import (
	"slices"

	"chanbot/results"
	"chanbot/session"
)

// compare lays what came beside what was recorded.
func (r *replay) compare(want []session.Entry) []string {
	want = slices.Clone(want)
	for _, at := range r.unsent {
		want[at].Dir = results.DirNote
	}
	var got []session.Entry
	used := make(map[string]int)
	for _, st := range r.steps {
		s := r.sides[st.entry.Side]
		s.mu.Lock()
		switch {
		case st.event < 0:
			got = append(got, st.entry)
		case st.event < len(s.events):
			got = append(got, s.events[st.event].Entry)
			used[st.entry.Side] = st.event + 1
		}
		s.mu.Unlock()
	}
	for side, s := range r.sides {
		if r.how.goesOn {
			break
		}
		s.mu.Lock()
		for _, ev := range s.events[used[side]:] {
			got = append(got, ev.Entry)
		}
		s.mu.Unlock()
	}
	var lines []string
	for _, d := range session.Compare(r.comparable(want), r.comparable(got), session.Options{NetworkID: network, NodeOnly: true, Stops: true, Doubles: true}) {
		lines = append(lines, d.String())
	}
	return lines
}

// comparable keeps the entries that a replay has too.
func (r *replay) comparable(all []session.Entry) []session.Entry {
	var kept []session.Entry
	for _, e := range all {
		switch e.Dir {
		case results.DirIn, results.DirOut, results.DirClose, results.DirConnect:
			if e.Dir != results.DirIn || !r.may(name(e)) {
				kept = append(kept, e)
			}
		}
	}
	return kept
}
