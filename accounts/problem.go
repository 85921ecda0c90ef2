package accounts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a key file. Line and Col count from 1; Col is 0
// where only the line is known, and both are where the place is not.
type Problem struct {
	Line, Col int
	Message   string
}

// String returns "line:col: message".
func (p Problem) String() string {
	switch {
	case p.Line == 0:
		return p.Message
	case p.Col == 0:
		return fmt.Sprintf("%d: %s", p.Line, p.Message)
	}
	return fmt.Sprintf("%d:%d: %s", p.Line, p.Col, p.Message)
}

// Problems are all the mistakes of a key file, in the order of their places.
type Problems []Problem

// Error returns all problems, one below the other.
func (ps Problems) Error() string {
	all := make([]string, len(ps))
	for i, p := range ps {
		all[i] = p.String()
	}
	return strings.Join(all, "\n")
}

// shownProblems is the most problems that are reported at once.
const shownProblems = 50

func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
	if more := len(ps) - shownProblems; more > 0 {
		last := ps[shownProblems-1]
		last.Message = fmt.Sprintf("%s; and %d more problems", last.Message, more)
		ps = append(ps[:shownProblems-1:shownProblems-1], last)
	}
	return ps
}
