package results

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"chanbot/outcome"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"plain, äöü €, 中文, 🎉":           "plain, äöü €, 中文, 🎉",
		"\x1b[2Jgone":                   " [2Jgone",
		"C1 \u009b31m":                  "C1  31m",
		"a\tb\r\nc\x7f":                 "a b  c ",
		"\u202egnp.exe":                 " gnp.exe",
		"a\u2066b\u2069c\u200fd\u2028e": "a b c d e",
		"\xff\xfe":                      "  ",
		"a\ufffeb\uffffc\U0001ffffd":    "a b c d",
	} {
		if got := Printable(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if got, _ := utf8.DecodeRuneInString(Printable(string(r))); unicode.IsControl(got) || unicode.Is(unicode.Bidi_Control, got) {
			t.Errorf("%U stays", r)
		}
	}
	if got, want := OneLine(" a\n\tb \u2028\ufeff\x1bc\u00a0d "), "a b c d"; got != want {
		t.Errorf("one line: %q, want %q", got, want)
	}
	if got, want := PrintableLines("a\x1b\nb\r\n"), "a \nb \n"; got != want {
		t.Errorf("lines: %q, want %q", got, want)
	}
}

// Whatever a node says, the report for continuous integration is XML.
func TestJUnitIsXMLWhateverANodeSays(t *testing.T) {
	for r := range rune(0x11000) {
		if r%64 != 0 {
			continue
		}
		var said strings.Builder
		for c := r; c < r+64; c++ {
			said.WriteRune(c)
		}
		text := said.String()
		s := &Summary{Verdict: Failed, Node: text, NetworkID: text, Checks: []Check{{Step: 1, Expected: text, Got: text}},
			Violations: []Violation{{Role: outcome.Initiator, Rule: text, Expected: text, Got: text}}}
		c := &Conformance{Cases: []Case{{Name: "x", Verdict: CaseFailed, Reason: text, Report: &ScenarioReport{
			Name: "x", Problem: text, Violations: s.Violations, Steps: []StepReport{{Label: text, Problems: []string{text}, Saw: map[string][]string{text: {text}}}},
		}}}}
		for _, write := range []func() ([]byte, error){s.JUnit, c.JUnit} {
			b, err := write()
			if err != nil {
				t.Fatalf("%U: %v", r, err)
			}
			for d := xml.NewDecoder(strings.NewReader(string(b))); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatalf("%U: %v", r, err)
				}
			}
		}
	}
}
