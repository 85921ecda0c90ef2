package metrics

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// screen is a terminal of a fixed width that understands what the bars use:
// colours, cursor up, erase to the end. What scrolls out at the top is kept.
type screen struct {
	t       *testing.T
	columns int

	mu     sync.Mutex // guards what follows
	lines  []string   // without trailing spaces
	row    int
	col    int
	colors int // SGR sequences seen
	writes int
}

func newScreen(t *testing.T, columns int) *screen { return &screen{t: t, columns: columns} }

// Write draws.
func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.writes++
	n := len(b)
	for len(b) > 0 {
		if seq, ok := bytes.CutPrefix(b, []byte("\x1b[")); ok {
			end := bytes.IndexFunc(seq, func(r rune) bool { return r >= '@' && r <= '~' })
			if end < 0 {
				s.t.Errorf("a control sequence is cut: %q", b)
				return n, nil
			}
			s.control(string(seq[:end]), seq[end])
			b = seq[end+1:]
			continue
		}
		r, size := utf8.DecodeRune(b)
		b = b[size:]
		s.put(r)
	}
	return n, nil
}

func (s *screen) control(arg string, what byte) {
	switch what {
	case 'A':
		var up int
		if _, err := fmt.Sscan(arg, &up); err != nil || up < 1 || up > s.row {
			s.t.Errorf("cursor up %q from row %d", arg, s.row)
			return
		}
		s.row -= up
	case 'J':
		if s.row < len(s.lines) {
			s.lines = s.lines[:s.row]
		}
		if s.col != 0 {
			s.t.Errorf("erased from column %d", s.col)
		}
	case 'm':
		s.colors++
	default:
		s.t.Errorf("control sequence %q %q", arg, what)
	}
}

func (s *screen) put(r rune) {
	if r == '\n' {
		s.row, s.col = s.row+1, 0
		return
	}
	if r == '\r' {
		s.col = 0
		return
	}
	if r < ' ' {
		s.t.Errorf("control character %q", r)
	}
	for len(s.lines) <= s.row {
		s.lines = append(s.lines, "")
	}
	if have := utf8.RuneCountInString(s.lines[s.row]); have != s.col {
		s.t.Errorf("%q is written at column %d of %q", r, s.col, s.lines[s.row])
	}
	s.lines[s.row] += string(r)
	if s.col++; s.col > s.columns {
		s.t.Errorf("the line %q wraps at %d columns", s.lines[s.row], s.columns)
	}
}

// text returns what stands there.
func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, l := range s.lines {
		b.WriteString(strings.TrimRight(l, " ") + "\n")
	}
	return b.String()
}

func (s *screen) seen() (colors, writes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.colors, s.writes
}
