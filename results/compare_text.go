package results

import (
	"fmt"
	"math"
	"strings"
	"time"

	"chanbot/outcome"
)

// Render draws a comparison for a terminal: for each new side the remarks, the
// table of all changes, and what was judged.
func (c *Comparison) Render(st Style) string {
	var b strings.Builder
	for i := range c.Comparisons {
		if i > 0 {
			b.WriteString("\n")
		}
		c.renderAgainst(&b, st, &c.Comparisons[i])
	}
	c.renderFoot(&b, st)
	return b.String()
}

func (c *Comparison) renderAgainst(b *strings.Builder, st Style, a *Against) {
	b.WriteString(st.paint(bold, shorten(c.title(), st.width()-14)))
	if a.Verdict != NotJudged {
		b.WriteString("  " + st.compareVerdict(a.Verdict))
	}
	b.WriteString("\n")
	for i, r := range c.Base {
		b.WriteString(r.line(st, []string{"base", ""}[min(i, 1)]))
	}
	for i, r := range a.New {
		b.WriteString(r.line(st, []string{"new", ""}[min(i, 1)]))
	}
	for _, r := range a.Remarks {
		mark := st.paint(yellow, "!")
		if r.Refuses {
			mark = st.paint(red, "✗")
		}
		marked(b, st, mark, r.Text)
	}
	b.WriteString("\n")
	table(b, st, a)
	c.renderJudged(b, st, a)
}

// marked writes a text of several lines with a mark before the first.
func marked(b *strings.Builder, st Style, mark, text string) {
	for i, l := range wrap(text, st.width()-4) {
		if i > 0 {
			mark = " "
		}
		b.WriteString("  " + mark + " " + l + "\n")
	}
}

func (s Style) compareVerdict(v CompareVerdict) string {
	switch v {
	case NoRegression:
		return s.paint(green, string(v))
	case Regressed:
		return s.paint(red, string(v))
	}
	return s.paint(yellow, string(v))
}

// line names a run and says what it was.
func (r *RunFacts) line(st Style, side string) string {
	what := fmt.Sprintf("%s, %s, %d operations", r.Verdict, short(seconds(r.JudgedS)), r.Attempts)
	name := shorten(r.Path, max(st.width()-len([]rune(what))-9, 20))
	if strings.HasSuffix(name, "…") { // the end tells runs apart
		runes := []rune(Printable(r.Path))
		name = "…" + string(runes[len(runes)-max(st.width()-len([]rune(what))-10, 19):])
	}
	return fmt.Sprintf("%s %s  %s\n", st.paint(faint, pad(side, 5, false)), name, st.paint(faint, what))
}

// renderJudged writes what was judged: what is worse than allowed, what could
// not be said, and how much was in order.
func (c *Comparison) renderJudged(b *strings.Builder, st Style, a *Against) {
	if c.MaxRegression == nil {
		return
	}
	b.WriteString("\n")
	var fine []string
	var problems []string
	undecided := make(map[string][]string) // by problem
	for i := range a.Changes {
		switch ch := &a.Changes[i]; ch.Verdict {
		case Regressed:
			marked(b, st, st.paint(red, "✗"), fmt.Sprintf("%s changed by %s, surely by more than the %s allowed: %s",
				ch.Measure, ch.by(ch.Change), amount(*c.MaxRegression), ch.interval()))
		case Undecided:
			if undecided[ch.Problem] == nil {
				problems = append(problems, ch.Problem)
			}
			undecided[ch.Problem] = append(undecided[ch.Problem], ch.Measure)
		case NoRegression:
			fine = append(fine, ch.Measure)
		}
	}
	for _, p := range problems {
		marked(b, st, st.paint(yellow, "?"), fmt.Sprintf("cannot be judged, %s: %s", p, strings.Join(undecided[p], ", ")))
	}
	if len(fine) > 0 {
		marked(b, st, st.paint(green, "✓"), fmt.Sprintf("no regression of more than %s shown: %s", amount(*c.MaxRegression), strings.Join(fine, ", ")))
	}
}

// amount writes a limit.
func amount(part float64) string { return number(part*100) + "%" }

// table writes all changes, by operation.
func table(b *strings.Builder, st Style, a *Against) {
	operation := ""
	for i := range a.Changes {
		ch := &a.Changes[i]
		if ch.Operation != operation {
			operation = ch.Operation
			head := shorten(operation, 18)
			if operation == AllOperations {
				head = "all operations"
			}
			b.WriteString(st.paint(bold, pad(head, 18, false)) + st.paint(faint, cells("", "base", "new", "change")[16:]+"  95% interval") + "\n")
		}
		b.WriteString("  " + cells(shorten(ch.row(), 16), ch.shown(ch.Base), ch.shown(ch.New), ch.by(ch.Change)) + "  " + ch.finding(st) + "\n")
	}
	if len(a.Changes) == 0 {
		b.WriteString("  nothing to compare\n")
	}
}

// cells writes the columns of a row but the last.
func cells(name, base, new, change string) string {
	return pad(name, 16, false) + " " + pad(base, 9, true) + " " + pad(new, 9, true) + " " + pad(change, 9, true)
}

// row is the name of a change below its operation.
func (c *Change) row() string {
	switch c.Statistic {
	case funcShare:
		return c.Subject
	case funcRate:
		return c.Subject + " a second"
	}
	return c.Subject + " " + c.Statistic
}

// shown writes a value in its unit.
func (c *Change) shown(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case c.Unit == "us":
		return short(time.Duration(min(*v, longestUS) * float64(time.Microsecond)))
	case c.Unit == "share":
		return shareText(*v)
	}
	return rateText(*v)
}

func shareText(v float64) string {
	switch {
	case v == 0 || v == 1:
		return number(v*100) + "%"
	case v < 0.0001:
		return "<0.01%"
	case v > 0.9999:
		return ">99.99%"
	}
	return fmt.Sprintf("%.2f%%", v*100)
}

func rateText(v float64) string {
	if v >= 999.5 {
		return fmt.Sprintf("%.0f", v)
	}
	return digits(v)
}

// by writes a change.
func (c *Change) by(v *float64) string {
	switch {
	case v == nil:
		return "-"
	case c.Unit == "share":
		return signedNumber(*v*100) + "pt"
	case *v >= 9.995:
		return "×" + rateText(*v+1)
	}
	return signedNumber(*v*100) + "%"
}

// signedNumber writes a number with two or three digits and its sign.
func signedNumber(v float64) string {
	a := math.Abs(v)
	text := fmt.Sprintf("%.0f", a)
	switch {
	case a < 9.995:
		text = fmt.Sprintf("%.2f", a)
	case a < 99.95:
		text = fmt.Sprintf("%.1f", a)
	}
	if strings.Trim(text, "0.") == "" {
		return "0"
	}
	if v < 0 {
		return "−" + text
	}
	return "+" + text
}

// interval writes the interval of the change.
func (c *Change) interval() string {
	if c.Low == nil || c.High == nil {
		return ""
	}
	return c.by(c.Low) + " … " + c.by(c.High)
}

// words names the finding for the kind of measure.
func (c *Change) words() string {
	switch {
	case c.Finding == NoDifference:
		return "≈"
	case c.Finding == NotKnown:
		return "?"
	case c.Unit == "us" && c.Finding == Higher:
		return "▲ slower"
	case c.Unit == "us":
		return "▼ faster"
	case c.Finding == Higher:
		return "▲ more"
	}
	return "▼ less"
}

// neutral tells of an outcome that is neither good nor bad by itself: a
// scenario may ask for it.
func (c *Change) neutral() bool {
	return c.Unit == "share" && (c.m.Kind == outcome.Conflict || c.m.Kind == outcome.Aborted || c.m.Kind == outcome.Rejected)
}

// finding writes the interval and the finding, or why there is none.
func (c *Change) finding(st Style) string {
	if c.Low == nil {
		return st.paint(faint, shorten(c.Problem, 31))
	}
	code := green
	switch {
	case c.Finding == NoDifference:
		code = faint
	case c.neutral():
		code = yellow
	case c.Worse:
		code = red
	}
	return pad(c.interval(), 20, false) + " " + st.paint(code, c.words())
}

// renderFoot explains the marks and the method.
func (c *Comparison) renderFoot(b *strings.Builder, st Style) {
	sure, stand := 0, 0
	for i := range c.Comparisons {
		for _, ch := range c.Comparisons[i].Changes {
			if ch.Low != nil {
				sure++
			}
			if ch.Finding == Higher || ch.Finding == Lower {
				stand++
			}
		}
	}
	b.WriteString("\n")
	text := "No change has an interval, so none of them says anything by itself."
	if sure > 0 {
		text = fmt.Sprintf("≈ no difference that the data can show. %d of %d changes stand out; by chance alone about %.0f would. %d resamples of whole intervals, seed %d; docs/compare.md says how.",
			stand, sure, math.Ceil(float64(sure)*(1-Confidence)), c.Method.Resamples, c.Method.Seed)
	}
	for _, l := range wrap(text, st.width()) {
		b.WriteString(st.paint(faint, l) + "\n")
	}
}

// JSON returns the comparison as chanbot compare --json prints it.
func (c *Comparison) JSON() ([]byte, error) { return indented(c) }
