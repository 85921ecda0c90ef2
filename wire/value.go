package wire

import (
	"encoding/json"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"
)

// A walk visits the members of an object or the elements of an array that the
// scanner has accepted.
type walk struct {
	b []byte
	i int
}

func isObject(v []byte) bool { return len(v) > 0 && v[0] == '{' }
func isArray(v []byte) bool  { return len(v) > 0 && v[0] == '[' }
func isString(v []byte) bool { return len(v) > 0 && v[0] == '"' }
func isNull(v []byte) bool   { return string(v) == "null" }

// walkOf starts a walk; v is an object or array without space around it.
func walkOf(v []byte) walk { return walk{b: v, i: 1} }

// element returns the next element of an array, nil at its end.
func (w *walk) element() []byte {
	i := skipSpace(w.b, w.i)
	if i < len(w.b) && w.b[i] == ',' {
		i = skipSpace(w.b, i+1)
	}
	end := scanValue(w.b, i, MaxDepth)
	if end < 0 {
		return nil
	}
	w.i = end
	return w.b[i:end:end]
}

// member returns the next key, decoded, and value of an object; a nil value at
// its end.
func (w *walk) member() (key, value []byte) {
	raw := w.element()
	if !isString(raw) {
		return nil, nil
	}
	i := skipSpace(w.b, w.i)
	if i >= len(w.b) || w.b[i] != ':' {
		return nil, nil
	}
	w.i = i + 1
	value = w.element()
	key = raw[1 : len(raw)-1]
	if plainEnd(key, 0) < len(key) {
		s, _ := Text(raw)
		key = []byte(s)
	}
	return key, value
}

// Text returns the content of a JSON string, and false when raw is none.
// Invalid UTF-8 and lone surrogates become U+FFFD, as in encoding/json.
func Text(raw []byte) (string, bool) {
	if !isString(raw) {
		return "", false
	}
	switch end := plainEnd(raw, 1); {
	case end == len(raw)-1:
		return string(raw[1:end]), true
	case scanString(raw, 0) != len(raw):
		return "", false
	}
	inner := raw[1 : len(raw)-1]
	if slices.Contains(inner, '\\') {
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err == nil
	}
	if utf8.Valid(inner) {
		return string(inner), true
	}
	return string([]rune(string(inner))), true
}

// Integer returns a JSON integer of any size, and false for everything else:
// a fraction, an exponent or a numeric string is none, as for the node (sub-code
// 1008), and so is a number of more than ten thousand digits. Minus zero counts
// as zero.
func Integer(raw []byte) (*big.Int, bool) {
	n := new(big.Int)
	if u, ok := smallNatural(raw); ok {
		return n.SetUint64(u), true
	}
	if len(raw) > maxDigits || len(raw) == 0 || scanNumber(raw, 0) != len(raw) {
		return nil, false
	}
	for _, c := range raw {
		if c == '.' || c == 'e' || c == 'E' {
			return nil, false
		}
	}
	return n.SetString(string(raw), 10)
}

// smallNatural reads a JSON integer of at most 19 digits and no sign.
func smallNatural(raw []byte) (uint64, bool) {
	if len(raw) == 0 || len(raw) > 19 || raw[0] == '0' && len(raw) > 1 {
		return 0, false
	}
	var u uint64
	for _, c := range raw {
		if c < '0' || c > '9' {
			return 0, false
		}
		u = u*10 + uint64(c-'0')
	}
	return u, true
}

// smallInt reads a JSON integer that fits an int.
func smallInt(raw []byte) (int, bool) {
	if len(raw) == 0 || len(raw) > 20 || scanNumber(raw, 0) != len(raw) {
		return 0, false
	}
	n, err := strconv.Atoi(string(raw))
	return n, err == nil
}

// Members returns the members of a JSON object by key, the last one of a
// duplicate, and false when raw is no object. The values are parts of raw.
func Members(raw []byte) (map[string]json.RawMessage, bool) {
	v := trim(raw)
	if !isObject(v) {
		return nil, false
	}
	m := make(map[string]json.RawMessage)
	for w := walkOf(v); ; {
		key, value := w.member()
		if value == nil {
			return m, true
		}
		m[string(key)] = value
	}
}
