package wire

import (
	"math/big"
	"strconv"
	"unicode/utf8"
)

// appendString appends s as a JSON string. Only what JSON demands is escaped,
// as a node does: no HTML, nothing outside ASCII. Invalid UTF-8 becomes U+FFFD.
func appendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := len(dst)
	dst = append(dst, s...)
	if end := plainEnd(dst, start); end < len(dst) {
		dst = appendEscaped(dst[:end], string(s[end-start:]))
	}
	return append(dst, '"')
}

func appendEscaped(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	for i := 0; i < len(s); {
		c := s[i]
		if c >= 0x80 {
			r, size := utf8.DecodeRuneInString(s[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		}
		i++
		switch c {
		case '"', '\\':
			dst = append(dst, '\\', c)
		case '\b':
			dst = append(dst, `\b`...)
		case '\f':
			dst = append(dst, `\f`...)
		case '\n':
			dst = append(dst, `\n`...)
		case '\r':
			dst = append(dst, `\r`...)
		case '\t':
			dst = append(dst, `\t`...)
		default:
			if c < 0x20 {
				dst = append(dst, `\u00`...)
				c, dst = hex[c&15], append(dst, hex[c>>4])
			}
			dst = append(dst, c)
		}
	}
	return dst
}

// appendNullable appends s, and null when it is empty.
func appendNullable(dst []byte, s string) []byte {
	if s == "" {
		return append(dst, "null"...)
	}
	return appendString(dst, s)
}

// appendAmount appends n, and 0 when it is nil.
func appendAmount(dst []byte, n *big.Int) []byte {
	if n == nil {
		return append(dst, '0')
	}
	if n.IsInt64() {
		return strconv.AppendInt(dst, n.Int64(), 10)
	}
	return n.Append(dst, 10)
}

// appendTexts appends a list of strings; nil is the empty list.
func appendTexts(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, s := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, s)
	}
	return append(dst, ']')
}

// fields appends the members of one object.
type fields struct {
	dst   []byte
	empty bool
}

func openObject(dst []byte) fields { return fields{append(dst, '{'), true} }

func (f *fields) close() []byte { return append(f.dst, '}') }

func (f *fields) key(name string) {
	if !f.empty {
		f.dst = append(f.dst, ',')
	}
	f.empty = false
	f.dst = append(appendString(f.dst, name), ':')
}

func (f *fields) text(name, s string) {
	f.key(name)
	f.dst = appendString(f.dst, s)
}

func (f *fields) textUnlessEmpty(name, s string) {
	if s != "" {
		f.text(name, s)
	}
}

func (f *fields) texts(name string, list []string) {
	f.key(name)
	f.dst = appendTexts(f.dst, list)
}

func (f *fields) textsUnlessNil(name string, list []string) {
	if list != nil {
		f.texts(name, list)
	}
}

func (f *fields) amount(name string, n *big.Int) {
	f.key(name)
	f.dst = appendAmount(f.dst, n)
}

func (f *fields) amountUnlessNil(name string, n *big.Int) {
	if n != nil {
		f.amount(name, n)
	}
}

func (f *fields) number(name string, n int64) {
	f.key(name)
	f.dst = strconv.AppendInt(f.dst, n, 10)
}

func (f *fields) raw(name string, v []byte) {
	f.key(name)
	f.dst = append(f.dst, v...)
}
