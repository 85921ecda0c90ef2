package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// member is one key of a mapping and its value, in the order of the file.
type member struct {
	key   string
	value any
}

// mapping is a YAML mapping that keeps its order.
type mapping []member

// plainText finds texts that YAML reads back as they are, without quotes.
var plainText = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_.$-]*( [A-Za-z0-9_.$-]+)*$`)

// flow writes a value on one line, as a flow collection or a scalar. Texts and
// JSON come out so that YAML reads the same value again.
func flow(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return scalar(v)
	case bool, int, int64, uint64:
		return fmt.Sprint(v)
	case rawScalar:
		return string(v)
	case json.Number:
		return v.String()
	case json.RawMessage:
		return flowJSON(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = scalar(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = flow(x)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case mapping:
		parts := make([]string, len(v))
		for i, m := range v {
			parts[i] = scalar(m.key) + ": " + flow(m.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return scalar(fmt.Sprint(v))
}

// scalar writes a text, in quotes when YAML would read it as something else.
func scalar(s string) string {
	if plainText.MatchString(s) && !strings.Contains(s, "${") {
		switch strings.ToLower(s) {
		case "true", "false", "null", "yes", "no", "on", "off", "y", "n", "nan", "inf":
		default:
			return s
		}
	}
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '$' && strings.HasPrefix(s[i:], "${"):
			b.WriteString("$$")
		case r == unicode.ReplacementChar || r != ' ' && !unicode.IsPrint(r):
			if r > 0xffff {
				fmt.Fprintf(&b, `\U%08x`, r)
			} else {
				fmt.Fprintf(&b, `\u%04x`, r)
			}
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// flowJSON writes JSON as a flow collection that keeps the order of members and
// the digits of numbers.
func flowJSON(raw json.RawMessage) string {
	v, ok := decodeOrdered(raw)
	if !ok {
		return scalar(string(raw))
	}
	return flow(v)
}

// decodeOrdered reads JSON; objects become mappings. It is false for what is no
// JSON, or holds a key twice, or goes too deep.
func decodeOrdered(raw []byte) (any, bool) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	v, ok := decodeValue(d, 0)
	if !ok || d.More() {
		return nil, false
	}
	return v, true
}

// longestKey is the length of the longest key that is written: YAML takes no more
// than 1024 characters on one line, escapes included.
const longestKey = 150

// deepest is how deep JSON may be nested in a scenario.
const deepest = 32

func decodeValue(d *json.Decoder, depth int) (any, bool) {
	t, err := d.Token()
	if err != nil || depth > deepest {
		return nil, false
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, ok := decodeValue(d, depth+1)
			if !ok {
				return nil, false
			}
			list = append(list, v)
		}
		_, err = d.Token()
		return list, err == nil
	case json.Delim('{'):
		m := mapping{}
		for d.More() {
			k, err := d.Token()
			key, ok := k.(string)
			if err != nil || !ok || m.get(key) != nil || len(key) > longestKey {
				return nil, false
			}
			v, ok := decodeValue(d, depth+1)
			if !ok {
				return nil, false
			}
			m = append(m, member{key, v})
		}
		_, err = d.Token()
		return m, err == nil
	}
	return t, true
}

// get returns the member with a key, or nil.
func (m mapping) get(key string) *member {
	for i := range m {
		if m[i].key == key {
			return &m[i]
		}
	}
	return nil
}
