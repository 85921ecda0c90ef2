package results

import (
	"strings"
	"unicode/utf8"
)

// Printable puts a space in place of every character that could drive a terminal,
// turn the order of the words around, break a line, or that XML cannot hold: what a
// node sends is shown to people, and written where programs read.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, r == utf8.RuneError,
			r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069, // separators of lines, direction
			r >= 0xfdd0 && r <= 0xfdef, r&0xfffe == 0xfffe: // no characters
			return ' '
		}
		return r
	}, text)
}

// OneLine is Printable for a place that has one line, such as a comment in YAML,
// which takes no byte order mark either. Spaces next to each other become one.
func OneLine(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(Printable(text), "\ufeff", " ")), " ")
}

// PrintableLines is Printable for a text of several lines.
func PrintableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = Printable(lines[i])
	}
	return strings.Join(lines, "\n")
}
