package results

import (
	"fmt"
	"strings"
	"time"

	"chanbot/outcome"
)

// Render draws the summary of a run: the verdict, each operation with its
// counts and latencies, the outcomes, and whatever failed.
func (s *Summary) Render(st Style) string {
	var b strings.Builder
	b.WriteString(st.paint(bold, shorten(s.Scenario, st.width()-14)) + "  " + st.verdict(s.Verdict) + "\n")
	where := fmt.Sprintf("node %s, %s, seed %d, %s, %s", s.Node, s.NetworkID, s.Seed, plural(s.Pairs, "pair"), short(seconds(s.DurationS)))
	b.WriteString(st.paint(faint, shorten(where, st.width())) + "\n\n")
	s.renderOperations(&b, st)
	s.renderCounts(&b, st)
	s.renderThresholds(&b, st)
	s.renderChecks(&b, st)
	if len(s.Violations) > 0 {
		b.WriteString("\n")
		renderViolations(&b, st, s.Violations)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// renderOperations writes the table of response times.
func (s *Summary) renderOperations(b *strings.Builder, st Style) {
	if len(s.Operations) == 0 {
		b.WriteString("  nothing was attempted\n")
		return
	}
	row := func(code string, cells ...string) {
		var line strings.Builder
		line.WriteString("  " + pad(shorten(cells[0], 16), 16, false))
		for _, c := range cells[1:] {
			line.WriteString(" " + pad(c, 9, true))
		}
		b.WriteString(st.paint(code, line.String()) + "\n")
	}
	row(faint, "response", "attempts", "p50", "p90", "p99", "p99.9", "max")
	for _, name := range sortedKeys(s.Operations) {
		o := s.Operations[name]
		cells := []string{name, fmt.Sprint(o.Attempts)}
		for _, us := range []float64{o.Response.P50US, o.Response.P90US, o.Response.P99US, o.Response.P999US, o.Response.MaxUS} {
			cell := "-"
			if o.Response.Count > 0 {
				cell = shortMicros(us)
			}
			cells = append(cells, cell)
		}
		row("", cells...)
	}
	b.WriteString("\n")
}

// renderCounts writes the outcomes in their fixed order, and the throughput.
func (s *Summary) renderCounts(b *strings.Builder, st Style) {
	var parts []string
	for _, k := range outcome.Kinds() {
		if n := s.Outcomes[k.String()]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %d", k, n))
		}
	}
	line(b, st, "outcomes", fmt.Sprintf("%d = %s", s.Attempts, strings.Join(parts, " + ")), len(parts) > 0)
	line(b, st, "signed", fmt.Sprintf("%.1f a second", s.Throughput.SignedPerS), s.Throughput.SignedPerS > 0)
	line(b, st, "warm-up", fmt.Sprintf("%d not judged", s.Warmup.Attempts), s.Warmup.Attempts > 0)
	late := seconds(s.Generator.LateP99US / 1e6)
	line(b, st, "generator", fmt.Sprintf("p99 %s late, %.1f s CPU, %d MiB", short(late), s.Generator.CPUS, s.Generator.MaxRSSBytes>>20), s.Generator.CPUS > 0)
}

func (s *Summary) renderThresholds(b *strings.Builder, st Style) {
	for _, t := range s.Thresholds {
		mark := st.paint(green, "✓")
		if !t.Passed {
			mark = st.paint(red, "✗")
		}
		value := number(t.Value)
		if t.Problem != "" {
			value = t.Problem
		}
		fmt.Fprintf(b, "  %s %s  (%s)\n", mark, shorten(t.Expr, st.width()-8-len(value)), value)
	}
}

// renderChecks writes the failed checks only; the others are in summary.json.
func (s *Summary) renderChecks(b *strings.Builder, st Style) {
	for _, c := range s.Checks {
		if c.Passed {
			continue
		}
		where := fmt.Sprintf("step %d", c.Step)
		if c.Side != "" {
			where += ", " + c.Side
		}
		text := fmt.Sprintf("%s: expected %s, got %s", where, c.Expected, c.Got)
		for i, l := range wrap(text, st.width()-4) {
			mark := st.paint(red, "✗")
			if i > 0 {
				mark = " "
			}
			b.WriteString("  " + mark + " " + l + "\n")
		}
	}
}

// line writes a named line of the summary when there is something to say.
func line(b *strings.Builder, st Style, name, text string, say bool) {
	if !say {
		return
	}
	for _, l := range wrap(text, st.width()-13) {
		b.WriteString("  " + st.paint(faint, pad(name, 10, false)) + " " + l + "\n")
		name = ""
	}
}

// number writes a threshold's value without needless digits.
func number(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", f), "0"), ".")
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
