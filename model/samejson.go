package model

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// sameJSON reports whether two texts are the same JSON value to a node, which
// reads and writes it anew: the order of keys, escapes and the notation of
// fractions do not matter. Doubtful cases count as the same.
func sameJSON(a, b []byte) bool {
	x, ok := anyJSON(a)
	y, ok2 := anyJSON(b)
	return ok && ok2 && sameValue(x, y)
}

func anyJSON(b []byte) (v any, ok bool) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return v, d.Decode(&v) == nil
}

func sameValue(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for k, v := range x {
			w, ok := y[k]
			if !ok && strings.ContainsRune(k, '\uFFFD') {
				return true
			}
			if !ok || !sameValue(v, w) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !sameValue(x[i], y[i]) {
				return false
			}
		}
		return true
	case string:
		y, ok := b.(string)
		return ok && (x == y || strings.ContainsRune(x, '\uFFFD') || strings.ContainsRune(y, '\uFFFD'))
	case json.Number:
		y, ok := b.(json.Number)
		return ok && sameNumber(x.String(), y.String())
	}
	return a == b
}

// sameNumber compares integers exactly and everything else roughly.
func sameNumber(x, y string) bool {
	if x == y {
		return true
	}
	if !strings.ContainsAny(x+y, ".eE") {
		return x == "-0" && y == "0" || x == "0" && y == "-0"
	}
	f, err := strconv.ParseFloat(x, 64)
	g, err2 := strconv.ParseFloat(y, 64)
	if err != nil || err2 != nil {
		return true
	}
	d := f - g
	return d == 0 || d*d <= 1e-18*f*f
}
