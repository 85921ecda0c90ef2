package strategy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Problem is one mistake in a file.
type Problem struct {
	Pos     Pos
	Message string
	// Line is the text of the line, "" when there is none to show; Width is
	// how many characters of it, from Pos.Col on, are meant.
	Line  string
	Width int
}

// String returns "file:line:col: message", and the line with a caret under it
// when there is one.
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", p.Pos, strings.Map(plain, p.Message))
	if p.Line == "" || p.Pos.Line == 0 {
		return b.String()
	}
	text, col := window([]rune(p.Line), p.Pos.Col-1)
	num := fmt.Sprint(p.Pos.Line)
	pad := strings.Repeat(" ", len(num))
	room := max(utf8.RuneCountInString(text)-col, 1)
	fmt.Fprintf(&b, "\n%s |\n%s | %s\n%s | %s^%s", pad, num, text, pad,
		strings.Repeat(" ", col), strings.Repeat("~", min(max(p.Width-1, 0), room-1)))
	return b.String()
}

// shownLine is the most characters of a line that a problem shows.
const shownLine = 160

// window returns the part of a line that is shown and where col is in it. Tabs
// and control characters become spaces, so that the caret stands below what it
// means.
func window(line []rune, col int) (text string, at int) {
	col = min(max(col, 0), len(line))
	from := 0
	if len(line) > shownLine && col > shownLine/2 {
		from = min(col-shownLine/2, len(line)-shownLine)
	}
	shown := slices.Clone(line[from:min(from+shownLine, len(line))])
	for i, r := range shown {
		shown[i] = plain(r)
	}
	return string(shown), col - from
}

// plain is a space for what could drive a terminal.
func plain(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// Problems are all the mistakes of a file and of the strategies it uses, in
// the order of their positions. It is an error when there are any.
type Problems []Problem

// Error returns all problems, one below the other.
func (ps Problems) Error() string {
	all := make([]string, len(ps))
	for i, p := range ps {
		all[i] = p.String()
	}
	return strings.Join(all, "\n")
}

// Err returns the problems as an error, or nil when there are none.
func (ps Problems) Err() error {
	if len(ps) == 0 {
		return nil
	}
	return ps
}

// Of the problems that are found, at most keptProblems are kept and
// shownProblems shown.
const (
	keptProblems  = 10_000
	shownProblems = 100
)

// tidy sorts the problems and drops those that were found twice, as happens
// behind an alias. Those of the file that was asked for come first.
func (ps Problems) tidy(file string) Problems {
	elsewhere := func(p Problem) int {
		if p.Pos.File == file {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(elsewhere(a)-elsewhere(b), a.Pos.compare(b.Pos))
	})
	ps = slices.CompactFunc(ps, func(a, b Problem) bool { return a.Pos == b.Pos && a.Message == b.Message })
	if len(ps) > shownProblems {
		rest := len(ps) - shownProblems
		last := ps[shownProblems-1].Pos
		ps = append(ps[:shownProblems:shownProblems], Problem{
			Pos: last, Message: fmt.Sprintf("and %d more", rest),
		})
	}
	return ps
}
