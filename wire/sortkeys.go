package wire

import (
	"errors"
	"slices"
	"strings"
)

var errNotJSON = errors.New("not one JSON value, or nested too deep or too long")

// SortKeys returns the canonical text of a JSON value, the way a node writes it:
// keys sorted by their bytes at every level, no spaces, strings with the
// fewest escapes. The text of numbers is kept, the last of duplicate keys wins.
// Sorting twice changes nothing.
func SortKeys(raw []byte) ([]byte, error) {
	v := trim(raw)
	if v == nil {
		return nil, errNotJSON
	}
	return appendSorted(make([]byte, 0, len(v)), v), nil
}

// appendSorted appends the canonical text of a value that the scanner has
// accepted.
func appendSorted(dst, v []byte) []byte {
	s := sorter{dst: dst}
	s.value(v, 0)
	return s.dst
}

// sorter reads a value once from front to back. It writes the members of an
// object in the order of the input, and puts them in order when the object
// ends.
type sorter struct {
	dst     []byte
	members []member // of all objects that are open
	scratch []byte
}

// member is where a written member is in dst, from its key to its value, and
// its key.
type member struct {
	key        string
	start, end int
}

// value writes the value at i and returns the index behind it.
func (s *sorter) value(v []byte, i int) int {
	switch v[i] {
	case '{':
		return s.object(v, i)
	case '[':
		return s.array(v, i)
	}
	end := scanValue(v, i, 1)
	if v[i] == '"' {
		s.text(v[i:end])
	} else {
		s.dst = append(s.dst, v[i:end]...)
	}
	return end
}

func (s *sorter) text(raw []byte) string {
	t, _ := Text(raw)
	s.dst = appendString(s.dst, t)
	return t
}

func (s *sorter) array(v []byte, i int) int {
	s.dst = append(s.dst, '[')
	for i = skipSpace(v, i+1); v[i] != ']'; {
		i = skipSpace(v, s.value(v, i))
		if v[i] == ',' {
			s.dst = append(s.dst, ',')
			i = skipSpace(v, i+1)
		}
	}
	s.dst = append(s.dst, ']')
	return i + 1
}

func (s *sorter) object(v []byte, i int) int {
	s.dst = append(s.dst, '{')
	first, begin := len(s.members), len(s.dst)
	for i = skipSpace(v, i+1); v[i] != '}'; {
		m := member{start: len(s.dst)}
		end := scanString(v, i)
		m.key = s.text(v[i:end])
		s.dst = append(s.dst, ':')
		i = skipSpace(v, end)
		i = skipSpace(v, s.value(v, skipSpace(v, i+1)))
		m.end = len(s.dst)
		s.members = append(s.members, m)
		if v[i] == ',' {
			s.dst = append(s.dst, ',')
			i = skipSpace(v, i+1)
		}
	}
	s.order(s.members[first:], begin)
	s.members = s.members[:first]
	s.dst = append(s.dst, '}')
	return i + 1
}

// order rewrites dst from begin so that the members are sorted and each key is
// there once.
func (s *sorter) order(list []member, begin int) {
	sorted := true
	for i := 1; i < len(list) && sorted; i++ {
		sorted = list[i-1].key < list[i].key
	}
	if sorted {
		return
	}
	slices.SortStableFunc(list, func(a, b member) int { return strings.Compare(a.key, b.key) })
	s.scratch = append(s.scratch[:0], s.dst[begin:]...)
	s.dst = s.dst[:begin]
	for i, m := range list {
		if i+1 < len(list) && list[i+1].key == m.key {
			continue
		}
		if len(s.dst) > begin {
			s.dst = append(s.dst, ',')
		}
		s.dst = append(s.dst, s.scratch[m.start-begin:m.end-begin]...)
	}
}
