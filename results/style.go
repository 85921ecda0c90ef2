package results

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Style says how text for people is drawn.
type Style struct {
	// Color switches ANSI colours on.
	Color bool
	// Width is the number of columns; zero means 80.
	Width int
}

func (s Style) width() int {
	if s.Width <= 0 {
		return 80
	}
	return max(s.Width, 40)
}

// The colours, as SGR numbers.
const (
	red    = "31"
	green  = "32"
	yellow = "33"
	bold   = "1"
	faint  = "2"
)

func (s Style) paint(code, text string) string {
	if !s.Color || code == "" || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// Bad paints what went wrong.
func (s Style) Bad(text string) string { return s.paint(red, text) }

// verdict paints a verdict in its colour.
func (s Style) verdict(v Verdict) string {
	switch v {
	case Passed:
		return s.paint(green, string(v))
	case Failed:
		return s.paint(red, string(v))
	}
	return s.paint(yellow, string(v))
}

// shorten cuts text to n columns and keeps it on one line.
func shorten(text string, n int) string {
	text = Printable(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	if n < 1 {
		return ""
	}
	return string([]rune(text)[:n-1]) + "…"
}

// pad fills text with spaces to n columns, on the left for numbers.
func pad(text string, n int, left bool) string {
	fill := strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
	if left {
		return fill + text
	}
	return text + fill
}

// wrap breaks text at spaces into lines of at most n columns; words that are
// longer are cut.
func wrap(text string, n int) []string {
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(Printable(text)) {
		for utf8.RuneCountInString(word) > n {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:n])), string(r[n:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= n:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// short writes a duration with three digits, as "1.24s", "310ms" or "12.5µs".
func short(d time.Duration) string {
	switch {
	case d < 0:
		return "-" + short(-d)
	case d == 0:
		return "0s"
	case d < time.Millisecond:
		return digits(float64(d)/float64(time.Microsecond)) + "µs"
	case d < time.Second:
		return digits(float64(d)/float64(time.Millisecond)) + "ms"
	case d < 100*time.Second:
		return digits(d.Seconds()) + "s"
	}
	return d.Round(time.Second).String()
}

// digits writes a number between 0 and 1000 with three significant digits.
func digits(f float64) string {
	switch {
	case f < 9.995:
		return fmt.Sprintf("%.2f", f)
	case f < 99.95:
		return fmt.Sprintf("%.1f", f)
	}
	return fmt.Sprintf("%.0f", f)
}

func shortMicros(us float64) string { return short(time.Duration(us * float64(time.Microsecond))) }

// plural writes "1 step", "2 steps".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
