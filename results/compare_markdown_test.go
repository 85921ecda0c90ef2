package results

import (
	"strings"
	"testing"
)

func TestTextInMarkdownIsText(t *testing.T) {
	a, b := readRun(t, writeRun(t, 12, 20, 1)), readRun(t, writeRun(t, 12, 20, 1))
	b.Path = "runs/a|b *c* <b>d</b> [e](f)\n| g |"
	b.Manifest.Node = "`x`"
	limit := .05
	text := Compare([]*ComparedRun{a}, [][]*ComparedRun{{b}}, CompareOptions{Resamples: 100, MaxRegression: &limit}).Markdown()
	for _, want := range []string{`runs/a\|b \*c\* \<b\>d\</b\> \[e\](f) \| g \|`, "node: embedded and \\`x\\`", "### ✅ mixed-load: passed (at most 5% worse)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	columns := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if columns > 0 && n != columns {
			t.Errorf("%d columns instead of %d: %s", n-1, columns-1, line)
		}
		columns = n
	}
}

func TestMeasuresInMarkdownAreCode(t *testing.T) {
	var b strings.Builder
	markdownTable(&b, []*Change{{Measure: "p50(a` <img src=x> `|b.response)", Problem: "x"}})
	if want := "| `p50(a' <img src=x> '/b.response)` |"; !strings.Contains(b.String(), want) {
		t.Errorf("no %q in\n%s", want, b.String())
	}
}
