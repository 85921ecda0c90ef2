package results

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// WriteHTML writes the comparison as one HTML file that needs nothing else and
// asks for nothing, with the curves of all sides. Equal comparisons give equal
// bytes.
func (c *Comparison) WriteHTML(w io.Writer) error {
	curves := []comparedCurve{}
	for n, runs := range c.sides {
		curves = append(curves, comparedCurves(n, runs)...)
	}
	v := c.view()
	v.Curves = len(curves) > 0
	data := struct {
		Sides      []string        `json:"sides"`
		Operations []string        `json:"operations"`
		Curves     []comparedCurve `json:"curves"`
	}{c.sideNames(), notNil(curvedOperations(curves)), curves}
	if err := writeHTML(w, "compare", v.Title, v, data); err != nil {
		return fmt.Errorf("write comparison: %w", err)
	}
	return nil
}

// compareView is a comparison in the texts that its page shows.
type compareView struct {
	Title, Scenario, Word, Icon, Class string
	Why                                []string
	Runs                               []compareRunRow
	Sides                              []compareSide
	Curves                             bool
	Method                             string
}

type compareRunRow struct {
	Side, Name, Verdict, Class, Judged, Operations, Source, Chanbot, Node, Started string
}

type compareSide struct {
	ID, Name, Word, Icon, Class string
	Remarks                     []Remark
	Judged                      []compareJudged
	Tables                      []compareTable
}

type compareJudged struct{ Mark, Class, Text string }

type compareTable struct {
	Operation string
	// Scale is where the bars end.
	Scale string
	Rows  []compareRow
}

// compareRow is one change. The bar is the interval, drawn between −100 and
// 100 around no change.
type compareRow struct {
	Name, Base, New, Change, Interval, Words, Class, Samples, Problem string
	Bar                                                               bool
	X, Width, At                                                      string
	First                                                             bool // of a group
}

var compareWords = map[CompareVerdict][3]string{
	NotJudged: {"Compared", "≈", "verdict-none"}, NoRegression: {"No regression", "✓", "verdict-passed"},
	Undecided: {"Undecided", "?", "verdict-interrupted"}, Regressed: {"Regressed", "✕", "verdict-failed"},
}

func (c *Comparison) view() *compareView {
	w := compareWords[c.Verdict]
	v := &compareView{Scenario: c.title(), Word: w[0], Icon: w[1], Class: w[2]}
	v.Title = v.Icon + " " + v.Word + ": " + v.Scenario
	names := c.sideNames()
	runs := func(side string, facts []RunFacts) {
		for i := range facts {
			v.Runs = append(v.Runs, facts[i].row(side))
		}
	}
	runs(names[0], c.Base)
	for i := range c.Comparisons {
		a := &c.Comparisons[i]
		runs(names[i+1], a.New)
		v.Sides = append(v.Sides, c.sideView(a, names[i+1], "side"+strconv.Itoa(i+1)))
		v.Why = append(v.Why, a.why(names[i+1], len(c.Comparisons) > 1, c.MaxRegression)...)
	}
	v.Method = fmt.Sprintf("Intervals of %g%% from %d resamples, seed %d: %s.", c.Method.Confidence*100, c.Method.Resamples, c.Method.Seed, c.Method.Text)
	return v
}

// why says in a sentence what the comparison came to.
func (a *Against) why(name string, several bool, limit *float64) []string {
	stand, sure, judged, worse, unknown := 0, 0, 0, 0, 0
	for i := range a.Changes {
		switch ch := &a.Changes[i]; ch.Finding {
		case Higher, Lower:
			stand++
			sure++
		case NoDifference:
			sure++
		}
		switch a.Changes[i].Verdict {
		case Regressed:
			worse++
			judged++
		case NoRegression:
			judged++
		case Undecided:
			unknown++
		}
	}
	prefix := ""
	if several {
		prefix = capital(name) + ": "
	}
	var out []string
	switch {
	case worse > 0:
		out = append(out, fmt.Sprintf("%s%d of %s that are judged changed for the worse by more than %s, as surely as the intervals say.", prefix, worse, plural(judged, "measure"), amount(*limit)))
	case judged > 0:
		out = append(out, fmt.Sprintf("%sNone of %s is shown to be worse by more than %s.", prefix, plural(judged, "measure"), amount(*limit)))
	}
	if unknown > 0 {
		out = append(out, fmt.Sprintf("%s%s could not be judged.", prefix, plural(unknown, "measure")))
	}
	return append(out, fmt.Sprintf("%s%d of %s stand out; by chance alone about %.0f would.", prefix, stand, plural(sure, "change"), math.Ceil(float64(sure)*(1-Confidence))))
}

func (r *RunFacts) row(side string) compareRunRow {
	row := compareRunRow{
		Side: side, Name: r.Path, Verdict: string(r.Verdict), Judged: plannedTime(r.JudgedS), Operations: grouped(r.Attempts),
		Source: r.Source, Chanbot: r.Chanbot, Node: r.Node,
	}
	switch r.Verdict {
	case Passed:
		row.Class = "ok"
	case Failed, Invalid:
		row.Class = "no"
	}
	if r.NodeVersion != "" {
		row.Node += " (" + r.NodeVersion + ")"
	}
	if !r.Started.IsZero() {
		row.Started = r.Started.UTC().Format("2006-01-02 15:04:05") + " UTC"
	}
	return row
}

func (c *Comparison) sideView(a *Against, name, id string) compareSide {
	w := compareWords[a.Verdict]
	s := compareSide{ID: id, Name: name, Word: w[0], Icon: w[1], Class: w[2], Remarks: a.Remarks}
	scale := map[bool]float64{} // by whether it is a share
	for i := range a.Changes {
		if ch := &a.Changes[i]; ch.Low != nil {
			share := ch.Unit == "share"
			scale[share] = max(scale[share], math.Abs(*ch.Low), math.Abs(*ch.High))
		}
	}
	for share, most := range scale {
		scale[share] = min(max(most, 0.01), 0.5)
	}
	var ends []string
	if most, ok := scale[false]; ok {
		ends = append(ends, "±"+digits(most*100)+"%")
	}
	if most, ok := scale[true]; ok {
		ends = append(ends, "±"+digits(most*100)+"pt")
	}
	subject := ""
	for i := range a.Changes {
		ch := &a.Changes[i]
		if j, ok := ch.judged(*orZero(c.MaxRegression)); ok {
			s.Judged = append(s.Judged, j)
		}
		if n := len(s.Tables); n == 0 || s.Tables[n-1].Operation != ch.title() {
			s.Tables = append(s.Tables, compareTable{Operation: ch.title(), Scale: strings.Join(ends, ", ")})
			subject = ""
		}
		t := &s.Tables[len(s.Tables)-1]
		row := ch.htmlRow(scale[ch.Unit == "share"])
		group := ch.Subject
		if ch.Unit != "us" {
			group = ch.Unit
		}
		row.First = group != subject && subject != ""
		subject = group
		t.Rows = append(t.Rows, row)
	}
	return s
}

func orZero(f *float64) *float64 {
	if f == nil {
		return new(float64)
	}
	return f
}

func (c *Change) title() string {
	if c.Operation == AllOperations {
		return "all operations"
	}
	return c.Operation
}

// judged says what became of what was judged.
func (c *Change) judged(limit float64) (compareJudged, bool) {
	switch c.Verdict {
	case Regressed:
		return compareJudged{"✕", "no", fmt.Sprintf("changed by %s, %s: more than %s", c.by(c.Change), c.interval(), amount(limit))}.of(c), true
	case NoRegression:
		return compareJudged{"✓", "ok", fmt.Sprintf("changed by %s, %s", c.by(c.Change), c.interval())}.of(c), true
	case Undecided:
		return compareJudged{"?", "no", "cannot be judged: " + c.Problem}.of(c), true
	}
	return compareJudged{}, false
}

func (j compareJudged) of(c *Change) compareJudged {
	j.Text = c.Measure + " " + j.Text
	return j
}

func (c *Change) htmlRow(scale float64) compareRow {
	row := compareRow{
		Name: c.row(), Base: c.shown(c.Base), New: c.shown(c.New), Change: c.by(c.Change), Interval: c.interval(), Problem: c.Problem,
		Samples: grouped(c.BaseSamples) + " / " + grouped(c.NewSamples),
	}
	if c.Low == nil {
		row.Class = "unknown"
		return row
	}
	row.Words = c.words()
	switch {
	case c.Finding == NoDifference:
		row.Class = "same"
	case c.neutral():
		row.Class = "neutral"
	case c.Worse:
		row.Class = "worse"
	default:
		row.Class = "better"
	}
	at := func(v float64) float64 { return 100 * min(max(v/scale, -1), 1) }
	place := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
	low, high := at(*c.Low), at(*c.High)
	if high-low < 1 { // so that it can be seen
		low, high = (low+high-1)/2, (low+high+1)/2
	}
	row.Bar, row.X, row.Width, row.At = true, place(low), place(high-low), place(at(*c.Change)-.75)
	return row
}
