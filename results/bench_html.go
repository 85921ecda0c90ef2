package results

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteHTML writes the search as one HTML file that needs nothing else and asks
// for nothing: the result, the curve over the rates, and every step with a link
// to its report. The manifest says how to search again; nil leaves that out.
// Equal searches give equal bytes.
func (b *Bench) WriteHTML(w io.Writer, m *Manifest) error {
	v := b.view()
	if m != nil && m.Scenario.Name != "" {
		v.Again = again(m)
	}
	if err := writeHTML(w, "bench", v.Title, v, b.chart()); err != nil {
		return fmt.Errorf("write %s: %w", HTMLFile, err)
	}
	return nil
}

// benchView is a search in the texts that its page shows.
type benchView struct {
	Title, Scenario, Word, Icon, Class string
	Head, Name                         string // of the page
	Line                               string
	Reasons                            []string
	Tiles                              []htmlTile
	Facts                              []htmlFact
	Curve                              bool
	Rows                               []benchRow
	Steps                              []benchStepRow
	Objective                          []string
	Method                             string
	Again                              string
}

// benchRow is one rate of the curve.
type benchRow struct {
	Rate, Achieved, Steps                            string
	ResponseP50, ResponseP99, ServiceP50, ServiceP99 string
	Mark, Class, Word                                string
	Result                                           bool
}

// benchStepRow is one step.
type benchStepRow struct {
	Number, Stage, Rate, Achieved, Measured, Mark, Class, Word string
	P50, P99, Max, Service, Late, CPU, Link                    string
	Reasons                                                    []string
}

var benchWords = map[BenchVerdict][3]string{
	BenchFound: {"Found", "✓", "verdict-passed"}, BenchAtLeast: {"At least", "≥", "verdict-invalid"},
	BenchUnconfirmed: {"Not confirmed", "?", "verdict-invalid"}, BenchNothing: {"Nothing held", "✕", "verdict-failed"},
	BenchStopped: {"Interrupted", "■", "verdict-interrupted"},
}

// html is the class and the word of a verdict in a table.
func (v StepVerdict) html() (mark, class string) {
	switch v {
	case StepHeld:
		return "✓", "ok"
	case StepBroke:
		return "✕", "no"
	}
	return "!", "mild"
}

func (b *Bench) view() *benchView {
	w, known := benchWords[b.Verdict]
	if !known {
		w = benchWords[BenchStopped]
	}
	if b.unmeasured() {
		w = [3]string{"Not measured", "!", "verdict-invalid"}
	}
	v := &benchView{Scenario: b.Scenario, Word: w[0], Icon: w[1], Class: w[2], Line: b.Line, Reasons: b.Reasons, Objective: b.Objective}
	v.Title = v.Icon + " " + b.Line
	v.Head, v.Name = v.Word, b.Scenario
	if r := b.Result; r != nil {
		v.Head, v.Name = figure(r.RatePerS)+" "+b.Unit+"/s", "sustained"
		if b.Verdict == BenchAtLeast {
			v.Head = "At least " + v.Head
		}
	}
	if b.AllExpected {
		v.Objective = append(v.Objective[:len(v.Objective):len(v.Objective)], "everything ends as expected")
	}
	b.tiles(v)
	fact := func(name, value string) {
		if value != "" {
			v.Facts = append(v.Facts, htmlFact{name, value})
		}
	}
	fact("node", b.nodeName())
	fact("network", b.NetworkID)
	fact("channels", grouped(int64(b.Pairs)))
	fact("arrivals", b.Arrivals)
	fact("seed", strconv.FormatUint(b.Seed, 10))
	fact("chanbot", b.Chanbot)
	if !b.Started.IsZero() {
		fact("started", b.Started.UTC().Format("2006-01-02 15:04:05")+" UTC")
	}
	fact("took", clock(b.TookS))
	if h := &b.Host; h.OS != "" {
		fact("machine", strings.TrimSpace(h.Name+" "+h.OS+"/"+h.Arch)+", "+counted(int64(h.Procs), "core"))
	}
	for _, p := range b.curve() {
		row := benchRow{
			Rate: rateHTML(p.rate), Achieved: rateHTML(p.achieved), Steps: grouped(int64(p.steps)), Word: string(p.verdict), Result: p.confirmed,
			ResponseP50: timeHTML(p.responseP50), ResponseP99: timeHTML(p.responseP99), ServiceP50: timeHTML(p.serviceP50), ServiceP99: timeHTML(p.serviceP99),
		}
		row.Mark, row.Class = p.verdict.html()
		v.Rows = append(v.Rows, row)
	}
	v.Curve = len(v.Rows) > 1
	for i := range b.Steps {
		v.Steps = append(v.Steps, b.Steps[i].html())
	}
	s := &b.Search
	v.Method = fmt.Sprintf("Each step is a run of its own on new channels, with %s of warm-up that is not judged and %s that are (%s when confirming). "+
		"The rate grows by a factor of %s until it does not hold, then the search goes between until %s are left, and the best rate has to hold %s in a row.",
		period(s.WarmupS*1e6), period(s.StepS*1e6), period(s.ConfirmS*1e6), figure(s.Growth), figure(100*s.Resolution)+thin+"%", inTimes(s.Confirm))
	return v
}

// tiles chooses the numbers for the head.
func (b *Bench) tiles(v *benchView) {
	tile := func(t htmlTile) { v.Tiles = append(v.Tiles, t) }
	if b.Violations > 0 {
		tile(htmlTile{Name: "violations", Value: grouped(int64(b.Violations)), Note: "what a correct node cannot do", Bad: true})
	}
	r := b.Result
	if r == nil {
		return
	}
	name := "sustained"
	if b.Verdict == BenchAtLeast {
		name = "sustained, at least"
	}
	tile(htmlTile{Name: name, Value: figure(r.RatePerS), Unit: b.Unit + "/s", Note: spreadText(r.Achieved.around(r.RatePerS)) + " in " + counted(int64(r.Runs), "run")})
	for _, t := range []struct {
		name   string
		us     float64
		spread Spread
	}{
		{"response p50", r.Response.P50US, r.ResponseP50}, {"response p99", r.Response.P99US, r.ResponseP99},
		{"service p50", r.Service.P50US, r.ServiceP50}, {"service p99", r.Service.P99US, r.ServiceP99},
	} {
		value, unit, _ := strings.Cut(period(t.us), thin)
		tile(htmlTile{Name: t.name, Value: value, Unit: unit, Note: "from " + period(t.spread.Min) + " to " + period(t.spread.Max)})
	}
	if r.AbovePerS > 0 {
		tile(htmlTile{Name: "did not hold", Value: figure(r.AbovePerS), Unit: "/s", Note: "the lowest such rate"})
	}
}

func (s *BenchStep) html() benchStepRow {
	row := benchStepRow{
		Number: strconv.Itoa(s.Number), Stage: string(s.Stage), Rate: rateHTML(s.RatePerS), Achieved: "–", Word: string(s.Verdict), Reasons: s.Reasons,
		P50: "–", P99: "–", Max: "–", Service: "–", Late: period(s.Generator.LateP99US), CPU: "–", Link: s.Folder + "/" + HTMLFile,
	}
	row.Mark, row.Class = s.Verdict.html()
	if s.Again {
		row.Stage += ", again"
	}
	if s.MeasuredS > 0 {
		row.Achieved, row.Measured = rateHTML(s.AchievedPerS), period(s.MeasuredS*1e6)
	}
	if s.Cut {
		row.Measured += ", ended early"
	}
	if s.Response.Count > 0 {
		row.P50, row.P99, row.Max = period(s.Response.P50US), period(s.Response.P99US), period(s.Response.MaxUS)
		row.Service = period(s.Service.P99US)
	}
	if s.Generator.CPUShare > 0 {
		row.CPU = figure(100*s.Generator.CPUShare) + thin + "%"
	}
	if s.Verdict != StepHeld && s.Attempts > 0 {
		var ends []string
		for _, name := range sortedKeys(s.Outcomes) {
			ends = append(ends, name+" "+grouped(s.Outcomes[name]))
		}
		row.Reasons = append(row.Reasons[:len(row.Reasons):len(row.Reasons)], strings.Join(ends, ", "))
	}
	return row
}

func rateHTML(perS float64) string { return figure(perS) + thin + "/s" }

func timeHTML(us float64) string {
	if us <= 0 {
		return "–"
	}
	return period(us)
}

// benchChart is what the script of the page draws.
type benchChart struct {
	Rates      []float64    `json:"rates"`
	Achieved   []*float64   `json:"achieved"`
	Held       []bool       `json:"held"`
	Response50 []*float64   `json:"response_p50"`
	Response99 []*float64   `json:"response_p99"`
	Service50  []*float64   `json:"service_p50"`
	Service99  []*float64   `json:"service_p99"`
	Limits     []chartLimit `json:"limits"`
	// Result and Above are rates; 0 for none.
	Result float64 `json:"result"`
	Above  float64 `json:"above"`
	// Steps are the rates in the order in which they were tried.
	Steps []benchTried `json:"steps"`
}

type benchTried struct {
	Rate     float64  `json:"rate"`
	Achieved *float64 `json:"achieved"`
	Verdict  string   `json:"verdict"`
}

func (b *Bench) chart() *benchChart {
	known := func(v float64) *float64 {
		if v <= 0 {
			return nil
		}
		return &v
	}
	c := &benchChart{Rates: []float64{}, Steps: []benchTried{}, Limits: []chartLimit{}}
	for _, p := range b.curve() {
		c.Rates = append(c.Rates, p.rate)
		c.Held = append(c.Held, p.verdict == StepHeld)
		c.Achieved = append(c.Achieved, known(p.achieved))
		c.Response50, c.Response99 = append(c.Response50, known(p.responseP50)), append(c.Response99, known(p.responseP99))
		c.Service50, c.Service99 = append(c.Service50, known(p.serviceP50)), append(c.Service99, known(p.serviceP99))
	}
	var thresholds []Threshold
	for _, text := range b.Objective {
		thresholds = append(thresholds, Threshold{Expr: text})
	}
	for _, l := range chartLimits(thresholds) {
		if l.Operation == b.Operation && l.Clock != "wait" {
			c.Limits = append(c.Limits, l)
		}
	}
	if r := b.Result; r != nil {
		c.Result, c.Above = r.RatePerS, r.AbovePerS
	}
	for _, s := range b.Steps {
		c.Steps = append(c.Steps, benchTried{s.RatePerS, known(s.AchievedPerS), string(s.Verdict)})
	}
	return c
}
