package results

import (
	"fmt"
	"slices"
	"strings"
)

// judgement is the verdict of a run as a report says it, with the reasons.
type judgement struct {
	Verdict Verdict
	Word    string // the verdict in a headline
	Icon    string
	Why     []string
}

func (r *RunReport) judgement() judgement {
	s := r.Summary
	j := judgement{Verdict: s.Verdict, Why: r.reasons()}
	switch s.Verdict {
	case Passed:
		j.Word, j.Icon = "Passed", "✓"
	case Failed:
		j.Word, j.Icon = "Failed", "✕"
	case Invalid:
		j.Word, j.Icon = "Not valid", "!"
	default:
		j.Verdict, j.Word, j.Icon = Interrupted, "Interrupted", "■"
	}
	return j
}

// reasons says why the verdict is what it is, in sentences.
func (r *RunReport) reasons() []string {
	s := r.Summary
	var out []string
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	problems := s.Generator.Problems()
	for i, p := range problems {
		if s.Verdict == Invalid {
			say("%s.", capital(p.Text))
		}
		if s.Verdict == Invalid && i == len(problems)-1 {
			say("So the numbers say as much about this machine as about the node: %s.", p.Advice)
		}
	}
	if s.Verdict == Invalid && len(problems) == 0 {
		say("The generator could not make the load that it was asked for, so the numbers say as much about this machine as about the node.")
	}
	if r.Problem != "" {
		say("%s.", capital(strings.TrimSuffix(r.Problem, ".")))
	}
	if s.Verdict != Failed && r.Missing.End {
		say("%s", r.cutOff())
	} else if s.Verdict == Interrupted && r.Problem == "" {
		say("The run was stopped before its end. What had ended by then is reported; it is not a measurement of the whole plan.")
	}
	if n := len(s.Violations); n > 0 {
		rules, names := make(map[string]bool), []string(nil)
		for _, v := range s.Violations {
			if !rules[v.Rule] {
				rules[v.Rule] = true
				names = append(names, v.Rule)
			}
		}
		slices.Sort(names)
		say("The node did what a correct node cannot do, %s: %s.", inTimes(n), listed(names, 8))
	}
	if failed := r.failedSteps(); len(failed) > 0 {
		say("%s of %s went wrong: %s.", grouped(int64(len(failed))), counted(int64(len(r.Steps)), "step"), listed(failed, 5))
	} else if n, all := failedChecks(s.Checks); n > 0 {
		say("%s of %s %s not met.", grouped(int64(n)), counted(int64(all), "expectation"), were(n))
	}
	for i, t := range broken(s.Thresholds) {
		if i == 5 {
			say("More thresholds are broken; all are below.")
			break
		}
		if t.Problem != "" {
			say("%s cannot be judged: %s.", t.Expr, t.Problem)
		} else {
			say("%s is broken: it was %s.", t.Expr, t.measured())
		}
	}
	if s.Verdict == Failed && r.Missing.End {
		say("%s", r.cutOff())
	}
	if s.Verdict != Invalid && len(problems) > 0 {
		say("Besides, the generator did not keep up: %s.", problems[0].Text)
	}
	if len(out) > 0 && s.Attempts > 0 {
		return out
	}
	switch {
	case s.Verdict == Failed && len(out) == 0:
		say("The run failed; nothing that was recorded says why.")
	case s.Attempts == 0 && len(r.Steps) == 0 && len(s.Checks) == 0:
		say("Nothing was attempted, so nothing can be said about the node.")
	case s.Verdict == Passed && len(out) == 0:
		say("%s", r.allWell())
	}
	return out
}

func (r *RunReport) cutOff() string {
	return fmt.Sprintf("The run was cut off: nothing after %s is known.", periodOf(r.Missing.After))
}

// allWell says what was looked at when nothing was wrong.
func (r *RunReport) allWell() string {
	s := r.Summary
	parts := []string{"no violation"}
	if n := int64(len(r.Steps)); n > 0 && !r.underLoad() {
		parts = append(parts, "all of "+counted(n, "step")+" as expected")
	} else if n := int64(len(s.Checks)); n > 0 {
		parts = append(parts, "all of "+counted(n, "expectation")+" met")
	}
	if n := int64(len(s.Thresholds)); n > 0 {
		parts = append(parts, "all of "+counted(n, "threshold")+" hold")
	} else {
		parts = append(parts, "no threshold was set")
	}
	return capital(strings.Join(parts, ", ")) + "."
}

func (r *RunReport) failedSteps() []string {
	var out []string
	for _, s := range r.Steps {
		if s.Index > 0 && !s.Passed && !s.Skipped {
			out = append(out, fmt.Sprintf("step %d (%s)", s.Index, s.Label))
		}
	}
	return out
}

func failedChecks(checks []Check) (failed, all int) {
	for _, c := range checks {
		if !c.Passed {
			failed++
		}
	}
	return failed, len(checks)
}

func broken(thresholds []Threshold) []Threshold {
	var out []Threshold
	for _, t := range thresholds {
		if !t.Passed {
			out = append(out, t)
		}
	}
	return out
}

// measured writes the value of a threshold in the unit of its function.
func (t *Threshold) measured() string {
	if t.Problem != "" {
		return t.Problem
	}
	name, _, _ := strings.Cut(t.Expr, "(")
	switch strings.TrimSpace(name) {
	case "share":
		return figure(100*t.Value) + thin + "%"
	case "rate":
		return figure(t.Value) + thin + "/s"
	case "count":
		return figure(t.Value)
	}
	return period(t.Value * 1e3)
}

// inTimes writes "once", "3 times".
func inTimes(n int) string {
	if n == 1 {
		return "once"
	}
	return grouped(int64(n)) + " times"
}

func were(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

func capital(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// listed joins at most n names with commas.
func listed(names []string, n int) string {
	if extra := len(names) - n; extra > 0 {
		return strings.Join(names[:n], ", ") + " and " + grouped(int64(extra)) + " more"
	}
	return strings.Join(names, ", ")
}
