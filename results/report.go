package results

import (
	"strings"

	"chanbot/outcome"
)

// RunReport is everything that is known about a run, in plain values: what the
// renderers of reports are given.
type RunReport struct {
	Manifest Manifest
	Summary  *Summary
	// Series has a point for each second and operation, and one for all
	// operations together (AllOperations), in order. Seconds in which nothing
	// ended are left out.
	Series []SeriesPoint
	// Due has a point for each second and operation in which any was due, and
	// one for all together, in order.
	Due []DuePoint
	// Curves are the distributions of the judged operations.
	Curves []Curve
	// Marks are the moments at which phases began and ended.
	Marks []PhaseMark
	// TimeMarks are what explains the measurements at one time, as faults.
	TimeMarks []TimeMark
	// Generator holds what the generator knew about itself every second.
	Generator []GeneratorSample
	// Missing says what the journal did not hold.
	Missing Missing
	// Steps are those of a scenario that runs step by step.
	Steps []StepReport
	// Problem says why the run ended before its time, "" when it did not or
	// nobody knows.
	Problem string
}

// Curve is the distribution of one clock of one operation.
type Curve struct {
	// Operation is AllOperations for everything together.
	Operation string
	Clock     outcome.Clock
	Count     int64
	// Points rise in both coordinates and end at quantile 1.
	Points []CurvePoint
}

// CurvePoint says that this share of the operations took at most US.
type CurvePoint struct {
	Quantile float64
	US       float64
}

// Render draws the report for a terminal: the summary, and what is missing.
func (r *RunReport) Render(st Style) string {
	var b strings.Builder
	b.WriteString(r.Summary.Render(st))
	if lines := r.Missing.Lines(); len(lines) > 0 {
		b.WriteString("\n")
		for _, text := range lines {
			for i, l := range wrap(text, st.width()-4) {
				mark := st.paint(yellow, "!")
				if i > 0 {
					mark = " "
				}
				b.WriteString("  " + mark + " " + l + "\n")
			}
		}
	}
	return b.String()
}
