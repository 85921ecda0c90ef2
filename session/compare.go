package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Divergence is the first place where two sessions differ on one side.
type Divergence struct {
	// Side is the side, or two sides with a "/" between them when they disagree
	// about what they share.
	Side string
	// WantIndex and GotIndex are the entries that differ, -1 where a session
	// has no more.
	WantIndex, GotIndex int
	// Want and Got are the lines in symbols, "" where a session has no more.
	Want, Got string
	// Before are the last lines that are equal, the latest one last.
	Before []string
}

// String shows the place in lines for people.
func (d Divergence) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s differs at entry %s of the first session, %s of the second\n", d.Side, place(d.WantIndex), place(d.GotIndex))
	for _, line := range d.Before {
		b.WriteString("  = " + line + "\n")
	}
	for _, side := range []struct{ mark, line string }{{"- want ", d.Want}, {"+ got  ", d.Got}} {
		if side.line == "" {
			side.line = "(nothing more)"
		}
		b.WriteString("  " + side.mark + side.line + "\n")
	}
	return b.String()
}

func place(i int) string {
	if i < 0 {
		return "end"
	}
	return fmt.Sprint(i)
}

// context is how many equal lines a Divergence shows.
const context = 3

// Compare tells whether two sessions are the same on each side, after their
// ids, keys, hashes and fees were replaced by symbols. How the sides interleave
// does not count. It returns the first divergence of each side, and none when
// the sessions are the same.
func Compare(want, got []Entry, o Options) []Divergence {
	ws, gs := NewSymbols(o), NewSymbols(o)
	w, g := ws.Lines(want), gs.Lines(got)
	var all []Divergence
	for _, side := range sidesOf(w, g) {
		if d, differs := diverge(w[side], g[side]); differs {
			d.Side = side
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		all = shared(ws, gs)
	}
	return all
}

func sidesOf(a, b map[string][]Line) []string {
	all := slices.Collect(maps.Keys(a))
	for side := range b {
		if _, ok := a[side]; !ok {
			all = append(all, side)
		}
	}
	slices.Sort(all)
	return all
}

func diverge(want, got []Line) (Divergence, bool) {
	for i := range max(len(want), len(got)) {
		d := Divergence{WantIndex: -1, GotIndex: -1}
		if i < len(want) {
			d.WantIndex, d.Want = want[i].Entry, want[i].String()
		}
		if i < len(got) {
			d.GotIndex, d.Got = got[i].Entry, got[i].String()
		}
		if d.Want == d.Got {
			continue
		}
		for _, l := range want[max(0, min(i, len(want))-context):min(i, len(want))] {
			d.Before = append(d.Before, l.String())
		}
		return d, true
	}
	return Divergence{}, false
}

// String shows the line with its direction.
func (l Line) String() string { return strings.TrimRight(l.Dir+" "+l.Text, " ") }

// shared compares what the sides of a session have in common: when a symbol of
// one side and a symbol of another stand for the same thing in one session,
// they must in the other.
func shared(want, got *Symbols) []Divergence {
	w, g := want.common(), got.common()
	for _, pair := range slices.Sorted(maps.Keys(w)) {
		if !g[pair] {
			return []Divergence{{Side: sidesOfPair(pair), WantIndex: -1, GotIndex: -1, Want: "the same: " + pair, Got: "different"}}
		}
	}
	for _, pair := range slices.Sorted(maps.Keys(g)) {
		if !w[pair] {
			return []Divergence{{Side: sidesOfPair(pair), WantIndex: -1, GotIndex: -1, Want: "different", Got: "the same: " + pair}}
		}
	}
	return nil
}

func sidesOfPair(pair string) string {
	a, b, _ := strings.Cut(pair, " = ")
	return strings.Fields(a)[0] + "/" + strings.Fields(b)[0]
}

// common returns the pairs of symbols of different sides that stand for the
// same channel, account, transaction or state.
func (s *Symbols) common() map[string]bool {
	at := make(map[value][]string)
	for _, side := range slices.Sorted(maps.Keys(s.sides)) {
		for v, symbol := range s.sides[side].symbols {
			switch v.kind {
			case kindChannel, kindAccount, kindTx, kindState:
				at[v] = append(at[v], side+" "+symbol)
			}
		}
	}
	pairs := make(map[string]bool)
	for _, names := range at {
		for i := 1; i < len(names); i++ {
			pairs[names[i-1]+" = "+names[i]] = true
		}
	}
	return pairs
}
