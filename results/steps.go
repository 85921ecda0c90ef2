package results

import (
	"fmt"
	"strings"
	"time"

	"chanbot/outcome"
)

// StepReport is what became of one step of a scenario.
type StepReport struct {
	// Index counts from 1.
	Index int `json:"index"`
	// Label is the step in short, as "initiator: transfer 1".
	Label   string          `json:"label"`
	Outcome outcome.Outcome `json:"outcome"`
	// Expected is the expectation in words; "" means that none was written.
	Expected string `json:"expected,omitempty"`
	Passed   bool   `json:"passed"`
	// Skipped steps did not run, because an earlier one went wrong.
	Skipped bool          `json:"skipped,omitempty"`
	Took    time.Duration `json:"took_ns"`
	// Problems say in words what was wrong besides the outcome.
	Problems []string `json:"problems,omitempty"`
	// Saw lists by side the names of the frames that came during the step.
	Saw map[string][]string `json:"saw,omitempty"`
}

// ScenarioReport is what became of a scenario that runs step by step.
type ScenarioReport struct {
	Name      string
	Node      string
	NetworkID string
	Seed      uint64
	Steps     []StepReport
	// Violations are those of the whole run.
	Violations []Violation
	Verdict    Verdict
	// Problem says why the run ended early, "" when it did not.
	Problem string
	Took    time.Duration
}

// Render draws the report: a line for each step, and for a step that went wrong
// what was expected, what came instead and what each side saw.
func (r ScenarioReport) Render(s Style) string {
	var b strings.Builder
	b.WriteString(s.paint(bold, shorten(r.Name, s.width())) + "\n")
	if where := r.where(); where != "" {
		b.WriteString(s.paint(faint, shorten(where, s.width())) + "\n")
	}
	b.WriteString("\n")
	for _, step := range r.Steps {
		step.render(&b, s)
	}
	if len(r.Steps) > 0 {
		b.WriteString("\n")
	}
	renderViolations(&b, s, r.Violations)
	for _, line := range wrapped(r.Problem, s.width()) {
		b.WriteString(s.paint(red, line) + "\n")
	}
	for i, line := range wrap(string(r.Verdict)+": "+r.tally(), s.width()) {
		if rest, ok := strings.CutPrefix(line, string(r.Verdict)); ok && i == 0 {
			line = s.verdict(r.Verdict) + rest
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}

func (r ScenarioReport) where() string {
	var parts []string
	if r.Node != "" {
		parts = append(parts, "node "+r.Node)
	}
	if r.NetworkID != "" {
		parts = append(parts, r.NetworkID)
	}
	if len(parts) > 0 {
		parts = append(parts, fmt.Sprintf("seed %d", r.Seed))
	}
	return strings.Join(parts, ", ")
}

// tally counts the steps for the last line.
func (r ScenarioReport) tally() string {
	var passed, failed, skipped int
	for _, step := range r.Steps {
		switch {
		case step.Skipped:
			skipped++
		case step.Passed:
			passed++
		default:
			failed++
		}
	}
	parts := []string{fmt.Sprintf("%d of %s passed", passed, plural(len(r.Steps), "step"))}
	if failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", failed))
	}
	if skipped > 0 {
		parts = append(parts, fmt.Sprintf("%d not run", skipped))
	}
	if n := len(r.Violations); n > 0 {
		parts = append(parts, plural(n, "violation"))
	}
	return strings.Join(append(parts, short(r.Took)), ", ")
}

func (p StepReport) render(b *strings.Builder, s Style) {
	mark, took := s.paint(green, "✓"), short(p.Took)
	switch {
	case p.Skipped:
		mark, took = s.paint(faint, "–"), "not run"
	case !p.Passed:
		mark = s.paint(red, "✗")
	}
	room := s.width() - 2 - 1 - 1 - 3 - 2 - 1 - 8
	fmt.Fprintf(b, "  %s %3d  %s %s\n", mark, p.Index, pad(shorten(p.Label, room), room, false), pad(took, 8, true))
	if p.Passed || p.Skipped {
		return
	}
	if p.Expected != "" {
		field(b, s, "expected", p.Expected)
	}
	name := "got"
	if p.Outcome.Kind != outcome.Pending { // a stage of a load has none
		field(b, s, name, p.Outcome.String())
		name = ""
	}
	for _, problem := range p.Problems {
		field(b, s, name, problem)
		name = ""
	}
	for _, side := range sortedKeys(p.Saw) {
		saw := strings.Join(p.Saw[side], " · ")
		if saw == "" {
			saw = "nothing"
		}
		field(b, s, side+" saw", saw)
	}
}

// fieldName is the width of the names under a step.
const fieldName = 16

// field writes an indented name and a text that may need several lines.
func field(b *strings.Builder, s Style, name, text string) {
	name = shorten(name, fieldName)
	for _, line := range wrap(text, s.width()-9-fieldName-1) {
		b.WriteString("         " + s.paint(faint, pad(name, fieldName, false)) + " " + line + "\n")
		name = ""
	}
}

func renderViolations(b *strings.Builder, s Style, violations []Violation) {
	for _, v := range violations {
		head := fmt.Sprintf("violation: %s, pair %d, seen by %s", v.Rule, v.Pair, v.Role)
		if v.Role == outcome.NoRole {
			head = fmt.Sprintf("violation: %s, pair %d", v.Rule, v.Pair)
		}
		b.WriteString("  " + s.paint(red, shorten(head, s.width()-2)) + "\n")
		field(b, s, "expected", v.Expected)
		field(b, s, "got", v.Got)
		if n := len(v.Frames); n > 0 {
			field(b, s, "frames", plural(n, "frame")+" in summary.json")
		}
		b.WriteString("\n")
	}
}

// wrapped is wrap without a line for no text.
func wrapped(text string, n int) []string {
	if text == "" {
		return nil
	}
	return wrap(text, n)
}
