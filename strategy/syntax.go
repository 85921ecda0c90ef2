package strategy

import (
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	yamlErrorLine = regexp.MustCompile(`^yaml: line (\d+): (.*)$`)
	yamlAnchor    = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
	bareVariable  = regexp.MustCompile(`(^|[^"'$\w])\$\{`)
)

// syntax reports what the YAML reader could not read. Its place is as near as
// that reader tells: parts of it count lines from zero, others name none.
func (s *source) syntax(err error) {
	if errors.Is(err, io.EOF) {
		s.report(Pos{File: s.file, Line: 1, Col: 1}, 1, "the file is empty")
		return
	}
	line, col, width, text := 1, 1, 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := yamlErrorLine.FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
		if countsFromZero(text) {
			line++
		}
		line = s.lastWith(line)
	} else if m := yamlAnchor.FindStringSubmatch(text); m != nil {
		line, col = s.first("*" + m[1])
		width = 1 + utf8.RuneCountInString(m[1])
	} else if !countsFromZero(text) {
		line, col = s.unreadable()
	}
	s.report(Pos{File: s.file, Line: line, Col: col}, width, "not YAML: %s", text+s.remedy(line, text))
}

// countsFromZero tells whether a message comes from the part of the YAML reader
// that counts lines from zero; the line is left out when it is the first one.
func countsFromZero(text string) bool {
	switch text {
	case "did not find expected key", "did not find expected '-' indicator", "did not find expected node content",
		"did not find expected ',' or '}'", "did not find expected ',' or ']'", "did not find expected <document start>",
		"found undefined tag handle", "found duplicate %YAML directive", "found incompatible YAML document", "found duplicate %TAG directive":
		return true
	}
	return false
}

// remedy says more about mistakes that are often made, "" about others.
func (s *source) remedy(line int, text string) string {
	switch found := s.lines[line-1]; {
	case strings.HasPrefix(text, "did not find expected ','") && bareVariable.MatchString(found):
		return `; a variable inside {} or [] needs quotes, as in "${name}"`
	case strings.HasPrefix(text, "found character that cannot start") && strings.HasPrefix(strings.TrimLeft(found, " "), "\t"):
		return "; lines are indented with spaces, not with tabs"
	}
	return ""
}

// lastWith returns a line with something in it: this one, or the last before it.
func (s *source) lastWith(line int) int {
	line = min(max(line, 1), len(s.lines))
	for line > 1 && strings.TrimSpace(s.lines[line-1]) == "" {
		line--
	}
	return line
}

// first returns where a text is found first, the beginning when it is not.
func (s *source) first(text string) (line, col int) {
	for i, l := range s.lines {
		if before, _, ok := strings.Cut(l, text); ok {
			return i + 1, utf8.RuneCountInString(before) + 1
		}
	}
	return 1, 1
}

// unreadable returns where the first character is that cannot be in a YAML
// file, the beginning when there is none.
func (s *source) unreadable() (line, col int) {
	for i, l := range s.lines {
		col := 1
		for at := 0; at < len(l); col++ {
			r, size := utf8.DecodeRuneInString(l[at:])
			if r == utf8.RuneError && size == 1 || !readable(r) {
				return i + 1, col
			}
			at += size
		}
	}
	return 1, 1
}

func readable(r rune) bool {
	return r == '\t' || r == '\r' || r == 0x85 || r >= ' ' && r <= '~' || r >= 0xA0 && r != 0xFFFE && r != 0xFFFF
}
