package simnode_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// sequences is where the expected sequences of frames are; README.txt there
// explains their notation.
var sequences = filepath.Join("..", "session", "testdata", "sequences")

// seqLine is a line of a sequence.
type seqLine struct {
	n        int    // in its file, from 1
	side     string // "I" or "R", "" for a comment
	op       string // "<-", "->", "open", "close"
	text     string // frame, request, parameters, or the comment
	id       bool   // the request carries an id
	optional bool
	current  bool // of the current node only
}

func (l seqLine) String() string {
	switch l.op {
	case "open", "close":
		return fmt.Sprintf("line %d: %s==node %s %s", l.n, l.side, l.op, l.text)
	}
	return fmt.Sprintf("line %d: %s%snode %s", l.n, l.side, l.op, l.text)
}

var seqForm = regexp.MustCompile(`^([IR])(<-|->|==)node (.*)$`)

// readSequence reads one file, with those that its comments include.
func readSequence(name string) ([]seqLine, error) {
	b, err := os.ReadFile(filepath.Join(sequences, name+".txt"))
	if err != nil {
		return nil, err
	}
	var lines []seqLine
	n := 0
	for text := range strings.Lines(string(b)) {
		n++
		l := seqLine{n: n}
		text = strings.TrimSpace(text)
		for prefixed := true; prefixed; {
			var rest string
			if rest, prefixed = strings.CutPrefix(text, "& "); prefixed {
				text = rest
			} else if rest, prefixed = strings.CutPrefix(text, "? "); prefixed {
				text, l.optional = rest, true
			} else if rest, prefixed = strings.CutPrefix(text, "~ "); prefixed {
				text, l.current = rest, true
			}
		}
		m := seqForm.FindStringSubmatch(text)
		switch {
		case strings.HasPrefix(text, "#"):
			if strings.Contains(text, "... two transfers (07) ...") {
				inner, err := readSequence("07_transfer")
				if err != nil {
					return nil, err
				}
				lines = append(lines, inner...)
				continue
			}
			l.text = text
		case m == nil:
			return nil, fmt.Errorf("%s, line %d: %q is in no known form", name, n, text)
		case m[2] == "==":
			l.side = m[1]
			l.op, l.text, _ = strings.Cut(m[3], " ")
		default:
			l.side, l.op, l.text = m[1], m[2], m[3]
			if l.op == "->" {
				l.text, l.id = strings.CutSuffix(l.text, " [id]")
			}
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// until cuts the lines before the first one that contains text.
func until(lines []seqLine, text string) []seqLine {
	for i, l := range lines {
		if l.side != "" && strings.Contains(l.text, text) {
			return lines[:i]
		}
	}
	return lines
}
