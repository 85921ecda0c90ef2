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
	s.renderPhases(&b, st)
	s.renderCounts(&b, st)
	s.renderGenerator(&b, st)
	s.renderThresholds(&b, st)
	s.renderChecks(&b, st)
	if len(s.Violations) > 0 {
		b.WriteString("\n")
		renderViolations(&b, st, s.Violations)
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// tableRow writes a row of a table whose first column is wide.
func tableRow(b *strings.Builder, st Style, code string, cells ...string) {
	var line strings.Builder
	line.WriteString("  " + pad(shorten(cells[0], 16), 16, false))
	for _, c := range cells[1:] {
		line.WriteString(" " + pad(c, 9, true))
	}
	b.WriteString(st.paint(code, strings.TrimRight(line.String(), " ")) + "\n")
}

// quantiles are the cells of a distribution.
func (l Latency) quantiles() []string {
	cells := make([]string, 0, 5)
	for _, us := range []float64{l.P50US, l.P90US, l.P99US, l.P999US, l.MaxUS} {
		cell := "-"
		if l.Count > 0 {
			cell = shortMicros(us)
		}
		cells = append(cells, cell)
	}
	return cells
}

// renderOperations writes the table of response times. Under load, where
// operations have to wait for their channel, the service times are below them.
func (s *Summary) renderOperations(b *strings.Builder, st Style) {
	if len(s.Operations) == 0 {
		b.WriteString("  nothing was attempted\n")
		return
	}
	tableRow(b, st, faint, "response", "attempts", "p50", "p90", "p99", "p99.9", "max")
	for _, name := range sortedKeys(s.Operations) {
		o := s.Operations[name]
		tableRow(b, st, "", append([]string{name, fmt.Sprint(o.Attempts)}, o.Response.quantiles()...)...)
		if len(s.Phases) > 0 && o.Wait.MaxUS > 0 {
			tableRow(b, st, faint, append([]string{"  service", ""}, o.Service.quantiles()...)...)
		}
	}
	b.WriteString("\n")
}

// renderPhases writes a row for each phase of a load, when there are several.
func (s *Summary) renderPhases(b *strings.Builder, st Style) {
	if len(s.Phases) < 2 {
		return
	}
	tableRow(b, st, faint, "phase", "attempts", "signed/s", "p50", "p99", "max", "lasted")
	for i := range s.Phases {
		p := &s.Phases[i]
		q := p.Response.quantiles()
		tableRow(b, st, "", p.Name, fmt.Sprint(p.Attempts), fmt.Sprintf("%.1f", p.Throughput.SignedPerS), q[0], q[2], q[4], short(seconds(p.DurationS)))
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
}

// renderGenerator says how well the generator kept up, and what is wrong with
// it.
func (s *Summary) renderGenerator(b *strings.Builder, st Style) {
	g := &s.Generator
	text := fmt.Sprintf("%.1f s CPU, %d MiB", g.CPUS, g.MaxRSSBytes>>20)
	if g.LateLimitUS > 0 {
		text = fmt.Sprintf("p99 %s late, %s", shortMicros(g.LateP99US), text)
	}
	if g.CPUShare > 0 {
		text += fmt.Sprintf(", at most %.0f%% of %s", 100*g.CPUShare, plural(g.Cores, "core"))
	}
	line(b, st, "generator", text, g.CPUS > 0)
	for _, p := range g.Problems() {
		for i, l := range wrap("not valid: "+p.Text+": "+p.Advice, st.width()-4) {
			mark := st.paint(yellow, "!")
			if i > 0 {
				mark = " "
			}
			b.WriteString("  " + mark + " " + l + "\n")
		}
	}
}

func (s *Summary) renderThresholds(b *strings.Builder, st Style) {
	for _, t := range s.Thresholds {
		mark := st.paint(green, "✓")
		if !t.Passed {
			mark = st.paint(red, "✗")
		}
		value := t.Measured()
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

// Measured writes the value of a threshold in the unit of its function, as
// "51.2ms", "83.3%", "398.3/s" or "7"; or why there is none.
func (t Threshold) Measured() string {
	if t.Problem != "" {
		return t.Problem
	}
	name, _, _ := strings.Cut(t.Expr, "(")
	switch strings.TrimSpace(name) {
	case "share":
		return number(100*t.Value) + "%"
	case "rate":
		return number(t.Value) + "/s"
	case "count":
		return number(t.Value)
	}
	return shortMicros(t.Value * 1e3)
}

// number writes a threshold's value without needless digits.
func number(f float64) string {
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", f), "0"), ".")
}

func seconds(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
