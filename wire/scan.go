package wire

import (
	"encoding/binary"
	"math/bits"
)

// The scanner walks over JSON text without building anything. All its
// functions take the index of the first byte of what they read and return the
// index behind it, or -1 when the text is not JSON there. They accept exactly
// what encoding/json accepts, up to MaxDepth.

const (
	lowBits  = 0x0101010101010101
	highBits = 0x8080808080808080
)

// plainEnd returns the index of the first byte at or after i that needs care
// inside a string: a quote, a backslash, a control character or a byte of a
// character outside ASCII; len(b) when there is none.
func plainEnd(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		// Eight bytes at once. A borrow can mark bytes above a hit by
		// mistake, never below one, and only the lowest mark is used.
		w := binary.LittleEndian.Uint64(b[i:])
		quote, slash := w^lowBits*'"', w^lowBits*'\\'
		hits := ((quote-lowBits)&^quote | (slash-lowBits)&^slash | (w-lowBits*0x20)&^w | w) & highBits
		if hits != 0 {
			return i + bits.TrailingZeros64(hits)>>3
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 && b[i] < 0x80 {
		i++
	}
	return i
}

func skipSpace(b []byte, i int) int {
	for i < len(b) && (b[i] == ' ' || b[i] == '\n' || b[i] == '\r' || b[i] == '\t') {
		i++
	}
	return i
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// scanString reads the string whose opening quote is at i.
func scanString(b []byte, i int) int {
	for i++; ; {
		i = plainEnd(b, i)
		switch {
		case i >= len(b) || b[i] < 0x20:
			return -1
		case b[i] == '"':
			return i + 1
		case b[i] != '\\':
			i++
		case i+1 >= len(b):
			return -1
		default:
			switch b[i+1] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
				i += 2
			case 'u':
				if i+6 > len(b) || !isHex(b[i+2]) || !isHex(b[i+3]) || !isHex(b[i+4]) || !isHex(b[i+5]) {
					return -1
				}
				i += 6
			default:
				return -1
			}
		}
	}
}

// scanDigits reads at least one digit.
func scanDigits(b []byte, i int) int {
	start := i
	for i < len(b) && '0' <= b[i] && b[i] <= '9' {
		i++
	}
	if i == start {
		return -1
	}
	return i
}

func scanNumber(b []byte, i int) int {
	if i < len(b) && b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if i = scanDigits(b, i); i < 0 {
		return -1
	}
	if i < len(b) && b[i] == '.' {
		if i = scanDigits(b, i+1); i < 0 {
			return -1
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		return scanDigits(b, i)
	}
	return i
}

func scanWord(b []byte, i int, word string) int {
	if len(b)-i < len(word) || string(b[i:i+len(word)]) != word {
		return -1
	}
	return i + len(word)
}

// scanValue reads the value that starts at i; depth is how many more levels
// may open.
func scanValue(b []byte, i, depth int) int {
	if i >= len(b) {
		return -1
	}
	switch b[i] {
	case '"':
		return scanString(b, i)
	case '{', '[':
		if depth == 0 {
			return -1
		}
		return scanComposite(b, i, depth-1)
	case 't':
		return scanWord(b, i, "true")
	case 'f':
		return scanWord(b, i, "false")
	case 'n':
		return scanWord(b, i, "null")
	}
	return scanNumber(b, i)
}

// scanComposite reads the object or array whose bracket is at i.
func scanComposite(b []byte, i, depth int) int {
	object := b[i] == '{'
	closing := byte(']')
	if object {
		closing = '}'
	}
	i = skipSpace(b, i+1)
	if i < len(b) && b[i] == closing {
		return i + 1
	}
	for {
		if object {
			if i >= len(b) || b[i] != '"' {
				return -1
			}
			if i = scanString(b, i); i < 0 {
				return -1
			}
			if i = skipSpace(b, i); i >= len(b) || b[i] != ':' {
				return -1
			}
			i = skipSpace(b, i+1)
		}
		if i = scanValue(b, i, depth); i < 0 {
			return -1
		}
		if i = skipSpace(b, i); i >= len(b) {
			return -1
		}
		switch b[i] {
		case closing:
			return i + 1
		case ',':
			i = skipSpace(b, i+1)
		default:
			return -1
		}
	}
}

// trim returns the one JSON value that b consists of, without the white space
// around it, and nil when b is anything else.
func trim(b []byte) []byte {
	if len(b) > MaxFrame {
		return nil
	}
	start := skipSpace(b, 0)
	end := scanValue(b, start, MaxDepth)
	if end < 0 || skipSpace(b, end) != len(b) {
		return nil
	}
	return b[start:end:end]
}
