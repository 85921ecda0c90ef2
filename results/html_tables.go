package results

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"chanbot/outcome"
)

// htmlOperation is one operation in the table of latencies.
type htmlOperation struct {
	Name     string
	Attempts string
	Clocks   []htmlClock
}

// htmlClock is one clock of it; nothing but the name when it never ran.
type htmlClock struct {
	Clock                           string
	Count                           string
	Mean, P50, P90, P99, P999, Most string
	Measured                        bool
}

func htmlClocks(o *Operation) []htmlClock {
	var out []htmlClock
	for c, l := range []*Latency{outcome.Response: &o.Response, outcome.Service: &o.Service, outcome.Waiting: &o.Wait} {
		row := htmlClock{Clock: outcome.Clock(c).String(), Measured: l.Count > 0}
		if row.Measured {
			row.Count = grouped(l.Count)
			row.Mean, row.P50, row.P90 = period(l.MeanUS), period(l.P50US), period(l.P90US)
			row.P99, row.P999, row.Most = period(l.P99US), period(l.P999US), period(l.MaxUS)
		}
		out = append(out, row)
	}
	return out
}

// byAttempts returns the names of operations, those with the most attempts
// first.
func byAttempts(operations map[string]Operation) []string {
	names := sortedKeys(operations)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(operations[b].Attempts, operations[a].Attempts) })
	return names
}

func htmlOperations(operations map[string]Operation) []htmlOperation {
	var out []htmlOperation
	for _, name := range byAttempts(operations) {
		o := operations[name]
		out = append(out, htmlOperation{Name: name, Attempts: grouped(o.Attempts), Clocks: htmlClocks(&o)})
	}
	return out
}

// htmlOutcomes is the table of how operations ended; only outcomes that
// occurred have a column.
type htmlOutcomes struct {
	Kinds []string
	Rows  []htmlOutcomeRow
}

type htmlOutcomeRow struct {
	Name, Attempts string
	Cells          []htmlOutcomeCell
	Total          bool
}

type htmlOutcomeCell struct {
	Kind, Count, Share string
	X, Width           string // of its part of the bar
	Zero               bool
}

func htmlOutcomesOf(s *Summary) *htmlOutcomes {
	if s.Attempts == 0 {
		return nil
	}
	t := &htmlOutcomes{}
	for _, k := range outcome.Kinds() {
		if s.Outcomes[k.String()] > 0 {
			t.Kinds = append(t.Kinds, k.String())
		}
	}
	row := func(name string, attempts int64, counts Counts, total bool) {
		r := htmlOutcomeRow{Name: name, Attempts: grouped(attempts), Total: total}
		var before int64
		for _, k := range t.Kinds {
			n := counts[k]
			r.Cells = append(r.Cells, htmlOutcomeCell{
				Kind: k, Count: grouped(n), Share: share(n, attempts), Zero: n == 0,
				X: percent(before, attempts), Width: percent(n, attempts),
			})
			before += n
		}
		t.Rows = append(t.Rows, r)
	}
	for _, name := range byAttempts(s.Operations) {
		row(name, s.Operations[name].Attempts, s.Operations[name].Outcomes, false)
	}
	if len(t.Rows) != 1 {
		row("all", s.Attempts, s.Outcomes, true)
	}
	return t
}

// percent writes a part of a whole as a length of a drawing.
func percent(part, whole int64) string {
	if whole <= 0 || part <= 0 {
		return "0%"
	}
	return trimmed(100*math.Min(float64(part)/float64(whole), 1), 3) + "%"
}

// htmlPhaseRow is one line of the table of phases: a phase, and behind it each
// of its operations.
type htmlPhaseRow struct {
	Phase, Operation, Duration, Signed, Attempts string
	Rows                                         int // lines of the phase, in its first one
	Response, Service                            htmlClock
	Outcomes                                     string
}

func htmlPhases(phases []Phase) []htmlPhaseRow {
	var out []htmlPhaseRow
	for _, p := range phases {
		names := byAttempts(p.Operations)
		first := len(out)
		add := func(name string, o *Operation) {
			clocks := htmlClocks(o)
			out = append(out, htmlPhaseRow{
				Operation: name, Attempts: grouped(o.Attempts), Outcomes: countsText(o.Outcomes),
				Response: clocks[outcome.Response], Service: clocks[outcome.Service],
			})
		}
		if len(names) != 1 {
			add("all", &p.Operation)
		}
		for _, name := range names {
			o := p.Operations[name]
			add(name, &o)
		}
		out[first].Phase, out[first].Rows = p.Name, len(out)-first
		out[first].Duration, out[first].Signed = period(p.DurationS*1e6), figure(p.Throughput.SignedPerS)
	}
	return out
}

// countsText writes counts as "signed 9 990 · conflict 10".
func countsText(counts Counts) string {
	var parts []string
	for _, k := range outcome.Kinds() {
		if n := counts[k.String()]; n > 0 {
			parts = append(parts, k.String()+" "+grouped(n))
		}
	}
	return strings.Join(parts, " · ")
}

// htmlStep is a step of a scenario.
type htmlStep struct {
	Index    int
	Label    string
	State    string // passed, failed or skipped
	Outcome  string
	Expected string
	Took     string
	Width    string // of the bar that shows how long it took
	X        string
	Problems []string
	Saw      []htmlFact
}

func (r *RunReport) htmlSteps() []htmlStep {
	var all time.Duration
	for _, s := range r.Steps {
		all += max(s.Took, 0)
	}
	var before time.Duration
	var out []htmlStep
	for _, s := range r.Steps {
		if s.Index == 0 { // it was never come to
			continue
		}
		row := htmlStep{Index: s.Index, Label: s.Label, State: "passed", Outcome: s.Outcome.String(), Took: periodOf(s.Took), Problems: s.Problems}
		row.X, row.Width = percent(int64(before), int64(all)), percent(int64(s.Took), int64(all))
		before += max(s.Took, 0)
		switch {
		case s.Skipped:
			row.State, row.Took, row.Outcome = "skipped", "–", "did not run"
		case !s.Passed:
			row.State, row.Expected = "failed", s.Expected
			for _, side := range sortedKeys(s.Saw) {
				saw := strings.Join(s.Saw[side], " · ")
				if saw == "" {
					saw = "nothing"
				}
				row.Saw = append(row.Saw, htmlFact{side + " saw", saw})
			}
		case s.Outcome.Kind == outcome.Pending:
			row.Outcome = ""
		}
		out = append(out, row)
	}
	return out
}

// htmlChecks are the expectations, those that were not met first.
type htmlChecks struct {
	Failed, Passed []Check
	Summary        string
	More           string
}

// maxChecks is how many expectations of each sort are listed.
const maxChecks = 1000

func htmlChecksOf(checks []Check) *htmlChecks {
	if len(checks) == 0 {
		return nil
	}
	c := &htmlChecks{}
	for _, one := range checks {
		if one.Passed {
			c.Passed = append(c.Passed, one)
		} else {
			c.Failed = append(c.Failed, one)
		}
	}
	c.Summary = grouped(int64(len(c.Passed))) + " of " + counted(int64(len(checks)), "expectation") + " met"
	if extra := max(len(c.Failed)-maxChecks, 0) + max(len(c.Passed)-maxChecks, 0); extra > 0 {
		c.More = counted(int64(extra), "more expectation") + " in " + SummaryFile
	}
	c.Failed, c.Passed = c.Failed[:min(len(c.Failed), maxChecks)], c.Passed[:min(len(c.Passed), maxChecks)]
	return c
}
