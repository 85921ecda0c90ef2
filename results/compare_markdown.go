package results

import (
	"fmt"
	"strings"
)

// Markdown writes the comparison for a pull request: the verdict, the remarks
// and what was judged or stands out, with the whole table folded away.
func (c *Comparison) Markdown() string {
	var b strings.Builder
	for i := range c.Comparisons {
		if i > 0 {
			b.WriteString("\n")
		}
		c.markdown(&b, &c.Comparisons[i])
	}
	fmt.Fprintf(&b, "\n<sub>≈ no difference that the data can show. 95%% intervals from %d resamples of whole intervals, seed %d; by chance alone 1 of 20 stands out.</sub>\n",
		c.Method.Resamples, c.Method.Seed)
	return b.String()
}

var verdictSigns = map[CompareVerdict]string{NotJudged: "", NoRegression: "✅ ", Undecided: "❔ ", Regressed: "❌ "}

func (c *Comparison) markdown(b *strings.Builder, a *Against) {
	verdict := ""
	if a.Verdict != NotJudged {
		verdict = fmt.Sprintf(": %s (at most %s worse)", a.Verdict, amount(*c.MaxRegression))
	}
	fmt.Fprintf(b, "### %s%s%s\n\n", verdictSigns[a.Verdict], inMarkdown(c.title()), verdict)
	b.WriteString("| | run | verdict | judged | operations | chanbot |\n|---|---|---|---:|---:|---|\n")
	for side, runs := range [][]RunFacts{c.Base, a.New} {
		for _, r := range runs {
			fmt.Fprintf(b, "| %s | %s | %s | %s | %d | %s |\n", []string{"base", "new"}[side], inMarkdown(r.Path), r.Verdict, short(seconds(r.JudgedS)), r.Attempts, inMarkdown(r.Chanbot))
		}
	}
	b.WriteString("\n")
	for _, r := range a.Remarks {
		sign := "⚠️"
		if r.Refuses {
			sign = "🛑"
		}
		fmt.Fprintf(b, "- %s %s\n", sign, inMarkdown(r.Text))
	}
	var first, rest []*Change
	for i := range a.Changes {
		ch := &a.Changes[i]
		if ch.Verdict != NotJudged || ch.Finding == Higher || ch.Finding == Lower {
			first = append(first, ch)
		} else {
			rest = append(rest, ch)
		}
	}
	if len(first) == 0 {
		b.WriteString("\nNothing stands out.\n")
	} else {
		b.WriteString("\n")
		markdownTable(b, first)
	}
	if len(rest) > 0 {
		fmt.Fprintf(b, "\n<details><summary>%d more</summary>\n\n", len(rest))
		markdownTable(b, rest)
		b.WriteString("\n</details>\n")
	}
}

func markdownTable(b *strings.Builder, changes []*Change) {
	b.WriteString("| measure | base | new | change | 95% interval | |\n|---|---:|---:|---:|---|---|\n")
	for _, ch := range changes {
		interval, words := ch.interval(), ch.words()
		if ch.Low == nil {
			interval, words = inMarkdown(ch.Problem), ""
		}
		by := ch.by(ch.Change)
		switch ch.Verdict {
		case Regressed:
			by, words = "**"+by+"**", "❌ "+words
		case NoRegression:
			words = "✅ " + words
		case Undecided:
			words = "❔ " + words
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", inCode.Replace(Printable(ch.Measure)), ch.shown(ch.Base), ch.shown(ch.New), by, interval, strings.TrimSpace(words))
	}
}

// inCode keeps text within the backticks around it, and within its column.
var inCode = strings.NewReplacer("|", "/", "`", "'")

// inMarkdown keeps text from being read as Markdown or HTML.
func inMarkdown(text string) string {
	var b strings.Builder
	for _, r := range Printable(text) {
		if strings.ContainsRune("\\`*_{}[]<>#!|~&", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}
