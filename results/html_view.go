package results

import (
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// htmlView is a report in the texts that its page shows, in the order of the
// page. Empty parts are left out.
type htmlView struct {
	Title      string
	Scenario   string
	Judgement  judgement
	Tiles      []htmlTile
	Facts      []htmlFact
	Missing    []string
	Thresholds []htmlThreshold
	Plan       *htmlPlan
	Timeline   []htmlMoment
	OverTime   bool // there is something to draw over time
	Step       string
	Curves     bool
	Stages     []htmlWaterfall
	Operations []htmlOperation
	Outcomes   *htmlOutcomes
	Phases     []htmlPhaseRow
	Steps      []htmlStep
	Checks     *htmlChecks
	Violations *htmlViolations
	Generator  *htmlGenerator
	Again      string
	Setup      []htmlFact
	Source     string
	SourceCut  bool
	SHA256     string
}

// htmlTile is one of the numbers at the head of a report.
type htmlTile struct {
	Name, Value, Unit, Note string
	Bad                     bool
}

type htmlFact struct{ Name, Value string }

type htmlThreshold struct {
	Expr, Measured string
	Passed         bool
	Unjudged       bool
}

// htmlMoment is a line of the list of what happened when.
type htmlMoment struct {
	At, Took, Kind, Text string
	us                   int64
}

// maxSource is how much of a scenario is shown.
const maxSource = 256 << 10

func (r *RunReport) view() *htmlView {
	s := r.Summary
	v := &htmlView{
		Scenario: s.Scenario, Judgement: r.judgement(), Missing: r.Missing.Lines(),
		Thresholds: htmlThresholds(s.Thresholds), Plan: r.htmlPlan(), Timeline: r.timeline(),
		OverTime: r.drawnOverTime(), Curves: slices.ContainsFunc(r.Curves, drawnAsCurve),
		Stages: waterfalls(s.Operations), Operations: htmlOperations(s.Operations), Outcomes: htmlOutcomesOf(s),
		Phases: htmlPhases(s.Phases), Steps: r.htmlSteps(), Checks: htmlChecksOf(s.Checks),
		Violations: htmlViolationsOf(s.Violations), Generator: r.htmlGenerator(),
		Source: r.Manifest.Scenario.Text, SHA256: r.Manifest.Scenario.SHA256,
	}
	if v.Scenario == "" {
		v.Scenario = "unknown scenario"
	}
	v.Title = v.Judgement.Icon + " " + strings.ToLower(v.Judgement.Word) + ": " + v.Scenario
	if len(v.Source) > maxSource {
		v.Source, v.SourceCut = strings.ToValidUTF8(v.Source[:maxSource], ""), true
	}
	v.tiles(r)
	v.facts(r)
	if r.Manifest.Scenario.Name != "" {
		v.Again = again(&r.Manifest)
	}
	return v
}

// drawnOverTime says that the run was long enough to show how it went on.
func (r *RunReport) drawnOverTime() bool { return len(r.Series) > 0 && r.end() >= 3 }

// drawnAsCurve says that there are enough samples for percentiles.
func drawnAsCurve(c Curve) bool { return c.Count >= 10 && len(c.Points) > 0 }

// tiles chooses the numbers for the head.
func (v *htmlView) tiles(r *RunReport) {
	s := r.Summary
	tile := func(t htmlTile) { v.Tiles = append(v.Tiles, t) }
	if n := len(s.Violations); n > 0 {
		tile(htmlTile{Name: "violations", Value: grouped(int64(n)), Note: "what a correct node cannot do", Bad: true})
	}
	load := r.underLoad()
	if len(r.Steps) > 0 {
		passed, failed := 0, 0
		for _, p := range r.Steps {
			switch {
			case p.Skipped || p.Index == 0:
			case p.Passed:
				passed++
			default:
				failed++
			}
		}
		if !load || failed > 0 {
			tile(htmlTile{Name: "steps as expected", Value: strconv.Itoa(passed), Unit: "of " + strconv.Itoa(len(r.Steps)), Note: skipped(len(r.Steps) - passed - failed), Bad: failed > 0})
		}
	}
	if load {
		tile(htmlTile{Name: "signed", Value: figure(s.Throughput.SignedPerS), Unit: "/s", Note: "over " + period(s.DurationS*1e6)})
	}
	if name, o := mainOperation(s.Operations); name != "" && load {
		for _, q := range []struct {
			name                    string
			response, service, wait float64
		}{{"p50", o.Response.P50US, o.Service.P50US, o.Wait.P50US}, {"p99", o.Response.P99US, o.Service.P99US, o.Wait.P99US}} {
			value, unit, _ := strings.Cut(period(q.response), thin)
			tile(htmlTile{Name: name + " response " + q.name, Value: value, Unit: unit, Note: "service " + period(q.service)})
		}
	}
	if s.Attempts > 0 {
		note := share(s.Outcomes["signed"], s.Attempts) + " signed"
		if done := s.Outcomes["done"]; done > 0 {
			note += ", " + share(done, s.Attempts) + " done"
		}
		tile(htmlTile{Name: "attempts", Value: grouped(s.Attempts), Note: note})
	}
	if !load && s.DurationS > 0 {
		value, unit, _ := strings.Cut(period(s.DurationS*1e6), thin)
		tile(htmlTile{Name: "took", Value: value, Unit: unit})
	}
	if len(v.Thresholds) > 0 {
		bad := len(broken(s.Thresholds))
		tile(htmlTile{Name: "thresholds hold", Value: strconv.Itoa(len(v.Thresholds) - bad), Unit: "of " + strconv.Itoa(len(v.Thresholds)), Bad: bad > 0})
	}
}

// underLoad says that the run was a measurement, and not steps of a scenario.
func (r *RunReport) underLoad() bool {
	return r.Manifest.Plan != nil || len(r.Summary.Phases) > 0 || len(r.Steps) == 0 && len(r.Series) > 0
}

func skipped(n int) string {
	if n == 0 {
		return ""
	}
	return grouped(int64(n)) + " did not run"
}

// mainOperation is the one with the most measured operations.
func mainOperation(operations map[string]Operation) (string, Operation) {
	best := ""
	for _, name := range sortedKeys(operations) {
		if n := operations[name].Response.Count; n > 0 && (best == "" || n > operations[best].Response.Count) {
			best = name
		}
	}
	return best, operations[best]
}

// facts say what the run was about.
func (v *htmlView) facts(r *RunReport) {
	s, m := r.Summary, &r.Manifest
	add := func(to *[]htmlFact, name, value string) {
		if value != "" {
			*to = append(*to, htmlFact{name, value})
		}
	}
	head := &v.Facts
	add(head, "node", s.Node)
	add(head, "version of the node", m.NodeVersion)
	add(head, "network", s.NetworkID)
	if !s.Started.IsZero() {
		add(head, "started", s.Started.UTC().Format("2006-01-02 15:04:05")+" UTC")
	}
	if s.Pairs > 0 {
		add(head, "pairs", grouped(int64(s.Pairs)))
	}
	add(head, "seed", strconv.FormatUint(s.Seed, 10))
	add(head, "chanbot", s.Chanbot)
	if s.Warmup.Attempts > 0 {
		add(head, "warm-up", counted(s.Warmup.Attempts, "operation")+", not judged")
	}

	all := &v.Setup
	add(all, "scenario", m.Scenario.Name)
	add(all, "file", m.Scenario.File)
	add(all, "seed", strconv.FormatUint(s.Seed, 10))
	add(all, "node", s.Node)
	add(all, "network", s.NetworkID)
	add(all, "chanbot", s.Chanbot)
	h := &m.Host
	if h.OS != "" {
		add(all, "machine", strings.TrimSpace(h.Name+" "+h.OS+"/"+h.Arch)+fmt.Sprintf(", %s, of which %d may be used at once, %s", counted(int64(h.CPUs), "CPU"), h.Procs, h.Go))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		add(all, "--"+name, m.Options[name])
	}
}

// lists are the flags that may be given several times; their values are kept
// as a list in brackets.
var lists = map[string]bool{"allow-host": true, "header": true, "strategy": true, "param": true, "set": true, "threshold": true, "objective": true, "defect": true}

// again is the command that runs the same once more.
func again(m *Manifest) string {
	what := m.Scenario.File
	if what == "" {
		what = m.Scenario.Name
	}
	command := m.Command
	if command == "" {
		command = "run"
	}
	words := []string{"chanbot", command, what}
	if _, given := m.Options["seed"]; !given {
		words = append(words, "--seed", strconv.FormatUint(m.Seed, 10))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Options)) {
		value := m.Options[name]
		inner, isList := strings.CutPrefix(value, "[")
		inner, closed := strings.CutSuffix(inner, "]")
		switch {
		case name == "header": // only their names are known
			for n := range strings.FieldsSeq(inner) {
				words = append(words, "--header", n+":…")
			}
		case lists[name] && isList && closed:
			fields, err := csv.NewReader(strings.NewReader(inner)).Read()
			if err != nil {
				fields = []string{inner}
			}
			for _, f := range fields {
				words = append(words, "--"+name, f)
			}
		case value == "true":
			words = append(words, "--"+name)
		case value == "false":
			words = append(words, "--"+name+"=false")
		default:
			words = append(words, "--"+name, value)
		}
	}
	for i, w := range words {
		words[i] = shellWord(w)
	}
	return strings.Join(words, " ")
}

// shellWord quotes a word for a POSIX shell where that is needed.
func shellWord(w string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("-_./:=,@%+…", c)
	}
	if w != "" && strings.IndexFunc(w, func(c rune) bool { return !plain(c) }) < 0 {
		return w
	}
	return "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
}

func htmlThresholds(thresholds []Threshold) []htmlThreshold {
	var out []htmlThreshold
	for i := range thresholds {
		t := &thresholds[i]
		out = append(out, htmlThreshold{Expr: t.Expr, Measured: t.measured(), Passed: t.Passed, Unjudged: t.Problem != ""})
	}
	return out
}

// timeline lists the marks on the time axis.
func (r *RunReport) timeline() []htmlMoment {
	var out []htmlMoment
	words := map[string]string{MarkWarmup: "the warm-up begins", MarkMeasure: "measuring begins", MarkEnd: "over"}
	for _, m := range r.Marks {
		what := words[m.What]
		if what == "" {
			what = m.What
		}
		out = append(out, htmlMoment{us: m.TUS, At: period(float64(m.TUS)), Kind: "phase", Text: strings.TrimSpace(m.Phase + ": " + what)})
	}
	for _, m := range r.TimeMarks {
		o := htmlMoment{us: m.TUS, At: period(float64(m.TUS)), Kind: m.Kind, Text: m.Text}
		if m.TookUS > 0 {
			o.Took = period(float64(m.TookUS))
		}
		out = append(out, o)
	}
	slices.SortStableFunc(out, func(a, b htmlMoment) int { return int(max(min(a.us-b.us, 1), -1)) })
	return out[:min(len(out), 2*chartMarks)]
}

// htmlPlan is what the run was meant to do.
type htmlPlan struct {
	Facts  []htmlFact
	Phases []htmlPlanned
	Counts bool // some phase knows how many operations were to be due
}

type htmlPlanned struct {
	Name, Arrivals, Warmup, Duration, Count string
	Mix                                     []string
}

func (r *RunReport) htmlPlan() *htmlPlan {
	plan := r.Manifest.Plan
	if plan == nil {
		return nil
	}
	p := &htmlPlan{}
	if n := r.Manifest.Pairs; n > 0 {
		p.Facts = append(p.Facts, htmlFact{"pairs", grouped(int64(n)) + " of two bots, " + counted(2*int64(n), "socket")})
	}
	for _, f := range []htmlFact{{"opening the channels", plan.Setup}, {"ending them", plan.Teardown}} {
		if f.Value != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	for _, ph := range plan.Phases {
		row := htmlPlanned{Name: ph.Name, Arrivals: ph.Arrivals, Duration: plannedTime(ph.DurationS), Mix: ph.Mix, Warmup: "–", Count: "–"}
		if ph.WarmupS > 0 {
			row.Warmup = plannedTime(ph.WarmupS)
		}
		if ph.Count > 0 || ph.WarmupCount > 0 {
			row.Count, p.Counts = grouped(ph.Count), true
			if ph.WarmupCount > 0 {
				row.Count = grouped(ph.WarmupCount) + " + " + row.Count
			}
		}
		p.Phases = append(p.Phases, row)
	}
	return p
}

// plannedTime writes seconds as people plan them: 30 s, 1.5 s, 10 min.
func plannedTime(s float64) string {
	switch {
	case s >= 120:
		return clock(s)
	case s >= 1:
		return figure(s) + thin + "s"
	}
	return period(s * 1e6)
}
