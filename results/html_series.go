package results

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"chanbot/outcome"
)

// What a report draws at most, however long the run was.
const (
	// chartPoints is how many points a line over time has; an hour has one for
	// every second.
	chartPoints = 3600
	// chartOperations is how many operations can be chosen, and chartMarks how
	// many marks are drawn.
	chartOperations = 40
	chartMarks      = 400
)

// charts is what the script of a report draws. Times are seconds since the
// start of the run, latencies microseconds.
type charts struct {
	// Step is how long each point stands for, Last how long the last one does.
	Step   float64 `json:"step"`
	Last   float64 `json:"last"`
	Points int     `json:"points"`
	Length float64 `json:"length"`
	// Operations can be chosen; the first one is shown.
	Operations []string               `json:"operations"`
	Series     map[string]*lines      `json:"series"`
	Curves     map[string]*curveLines `json:"curves"`
	Phases     []chartPhase           `json:"phases"`
	Marks      []chartMark            `json:"marks"`
	Limits     []chartLimit           `json:"limits"`
	Generator  *generatorLines        `json:"generator,omitempty"`
	// Procs is how many CPUs the generator could use at once; 0 is not known.
	Procs int `json:"procs"`
}

// lines are those of one operation over time: counts of each point, and
// quantiles by clock.
type lines struct {
	Due      figures            `json:"due,omitempty"`
	Ended    figures            `json:"ended"`
	Outcomes []outcomeLine      `json:"outcomes"`
	Clocks   map[string]figures `json:"clocks"` // as "response.p50"
}

type outcomeLine struct {
	Name   string  `json:"name"`
	Counts figures `json:"counts"`
}

// curveLines are the distributions of one operation by clock.
type curveLines struct {
	Response *curveLine `json:"response,omitempty"`
	Service  *curveLine `json:"service,omitempty"`
	Wait     *curveLine `json:"wait,omitempty"`
}

type curveLine struct {
	Count int64 `json:"count"`
	// Q are the parts of the samples that are above the quantile, from 1 down
	// to 0; they keep their digits, which those near quantile 1 would not.
	Q  figures `json:"above"`
	US figures `json:"us"`
}

type chartPhase struct {
	Name string `json:"name"`
	// Warmup begins the part that is not judged, From the other; they are equal
	// when there is no warm-up.
	Warmup float64 `json:"warmup"`
	From   float64 `json:"from"`
	To     float64 `json:"to"`
}

type chartMark struct {
	At   float64 `json:"at"`
	Took float64 `json:"took"`
	Kind string  `json:"kind"`
	Text string  `json:"text"`
}

// figures are numbers as short JSON; NaN is null.
type figures []float64

func (f figures) MarshalJSON() ([]byte, error) {
	b := make([]byte, 0, 4*len(f)+2)
	b = append(b, '[')
	for i, v := range f {
		if i > 0 {
			b = append(b, ',')
		}
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			b = append(b, "null"...)
		case v == math.Trunc(v) && math.Abs(v) < 1e15:
			b = strconv.AppendInt(b, int64(v), 10)
		case math.Abs(v) < 1e-4:
			b = strconv.AppendFloat(b, v, 'g', 5, 64)
		default:
			b = strconv.AppendFloat(b, rounded(v), 'f', -1, 64)
		}
	}
	return append(b, ']'), nil
}

// rounded keeps five digits.
func rounded(v float64) float64 {
	scale := math.Pow(10, 4-math.Floor(math.Log10(math.Abs(v))))
	return math.Round(v*scale) / scale
}

// steps are the lengths of a point, in seconds; longer ones are whole days.
var steps = []int64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400}

// chart computes what is drawn. It holds for what damaged journals say, too:
// times may be anything.
func (r *RunReport) chart() *charts {
	end := r.end()
	c := &charts{Step: 1, Length: end, Operations: r.chartOperations(), Series: map[string]*lines{}, Curves: map[string]*curveLines{}}
	step := steps[len(steps)-1]
	for _, s := range steps {
		if end/float64(s) <= chartPoints {
			step = s
			break
		}
	}
	step = max(step, int64(math.Ceil(end/chartPoints)))
	c.Step = float64(step)
	if end > 0 && len(r.Series) > 0 {
		c.Points = int(math.Ceil(end / c.Step))
		c.Last = end - float64(c.Points-1)*c.Step
	}
	for _, op := range c.Operations {
		c.Series[op] = &lines{Ended: make(figures, c.Points), Clocks: map[string]figures{}}
		c.Curves[op] = new(curveLines)
	}
	c.addSeries(r.Series, step)
	c.addDue(r.Due, step)
	c.addCurves(r.Curves)
	c.addPhases(r.Marks)
	c.addMarks(r.TimeMarks)
	c.Limits = chartLimits(r.Summary.Thresholds)
	c.Generator, c.Procs = generatorOf(r.Generator), r.Manifest.Host.Procs
	return c
}

// longest is how long a run is at most that is drawn, ten years in seconds.
const longest = 10 * 366 * 86400

// end is when the run was over, in seconds.
func (r *RunReport) end() float64 {
	end := r.Missing.After.Seconds()
	for _, m := range r.Marks {
		end = max(end, float64(m.TUS)/1e6)
	}
	if n := len(r.Series); n > 0 {
		end = max(end, float64(r.Series[n-1].Second))
	}
	return min(max(finite(end), 0), longest)
}

// chartOperations are the operations that can be chosen: the one with the most
// attempts first, all together last.
func (r *RunReport) chartOperations() []string {
	ended := make(map[string]int64)
	for i := range r.Series {
		if p := &r.Series[i]; p.Operation != AllOperations {
			ended[p.Operation] += p.Ended
		}
	}
	names := sortedKeys(ended)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(ended[b], ended[a]) })
	names = names[:min(len(names), chartOperations)]
	if len(names) != 1 && len(ended) > 0 {
		names = append(names, AllOperations)
	}
	return names
}

// point returns which point a second belongs to, and false when it is not
// drawn.
func (c *charts) point(second, step int64) (int, bool) {
	i := second / step
	return int(i), second >= 0 && i < int64(c.Points)
}

// addSeries puts the seconds into points. A point of several seconds has the
// highest p90, p99 and maximum of them; its p50 is the average of theirs by
// count.
func (c *charts) addSeries(series []SeriesPoint, step int64) {
	var seen [outcome.Unknown + 1]bool
	for i := range series {
		for k, n := range series[i].Outcomes {
			seen[k] = seen[k] || n > 0
		}
	}
	for _, l := range c.Series {
		for _, k := range outcome.Kinds() {
			if seen[k] {
				l.Outcomes = append(l.Outcomes, outcomeLine{k.String(), make(figures, c.Points)})
			}
		}
	}
	weights := make(map[string]figures)
	for i := range series {
		p := &series[i]
		l, at := c.Series[p.Operation], 0
		if l != nil {
			var ok bool
			at, ok = c.point(p.Second, step)
			if !ok {
				l = nil
			}
		}
		if l == nil {
			continue
		}
		l.Ended[at] += float64(p.Ended)
		line := 0
		for _, k := range outcome.Kinds() {
			if seen[k] {
				l.Outcomes[line].Counts[at] += float64(p.Outcomes[k])
				line++
			}
		}
		for clock, lat := range []*Latency{outcome.Response: &p.Response, outcome.Service: &p.Service, outcome.Waiting: &p.Wait} {
			if lat.Count == 0 {
				continue
			}
			name := outcome.Clock(clock).String()
			highest(c.line(l, name+".p90"), at, lat.P90US)
			highest(c.line(l, name+".p99"), at, lat.P99US)
			highest(c.line(l, name+".max"), at, lat.MaxUS)
			p50 := c.line(l, name+".p50")
			weight := weights[p.Operation+"\x00"+name]
			if weight == nil {
				weight = make(figures, c.Points)
				weights[p.Operation+"\x00"+name] = weight
			}
			if weight[at] == 0 {
				p50[at] = 0
			}
			weight[at] += float64(lat.Count)
			p50[at] += (lat.P50US - p50[at]) * float64(lat.Count) / weight[at]
		}
	}
	for _, l := range c.Series {
		l.Outcomes = slices.DeleteFunc(l.Outcomes, func(o outcomeLine) bool {
			return !slices.ContainsFunc(o.Counts, func(v float64) bool { return v > 0 })
		})
	}
}

// line returns a line of a clock, which knows nothing at first.
func (c *charts) line(l *lines, name string) figures {
	f := l.Clocks[name]
	if f == nil {
		f = make(figures, c.Points)
		for i := range f {
			f[i] = math.NaN()
		}
		l.Clocks[name] = f
	}
	return f
}

func highest(f figures, at int, v float64) {
	if math.IsNaN(f[at]) || f[at] < v {
		f[at] = v
	}
}

func (c *charts) addDue(due []DuePoint, step int64) {
	for _, p := range due {
		l := c.Series[p.Operation]
		if l == nil {
			continue
		}
		if l.Due == nil {
			l.Due = make(figures, c.Points)
		}
		if at, ok := c.point(p.Second, step); ok {
			l.Due[at] += float64(p.Count)
		}
	}
}

func (c *charts) addCurves(curves []Curve) {
	for i := range curves {
		curve := &curves[i]
		l := c.Curves[curve.Operation]
		if l == nil || !drawnAsCurve(*curve) {
			continue
		}
		line := &curveLine{Count: curve.Count}
		for _, p := range curve.Points {
			line.Q = append(line.Q, 1-p.Quantile)
			line.US = append(line.US, p.US)
		}
		switch curve.Clock {
		case outcome.Response:
			l.Response = line
		case outcome.Service:
			l.Service = line
		case outcome.Waiting:
			l.Wait = line
		}
	}
}

func (c *charts) addPhases(marks []PhaseMark) {
	c.Phases = []chartPhase{}
	open := make(map[string]int)
	for _, m := range marks {
		at := min(max(float64(m.TUS)/1e6, 0), c.Length)
		i, known := open[m.Phase]
		switch {
		case m.What == MarkEnd && known:
			c.Phases[i].To = at
			delete(open, m.Phase)
		case m.What == MarkMeasure && known:
			c.Phases[i].From = at
		case m.What != MarkEnd && len(c.Phases) < chartMarks:
			open[m.Phase] = len(c.Phases)
			p := chartPhase{Name: m.Phase, Warmup: at, From: at, To: c.Length}
			if m.What == MarkWarmup {
				p.From = c.Length
			}
			c.Phases = append(c.Phases, p)
		}
	}
}

func (c *charts) addMarks(marks []TimeMark) {
	c.Marks = []chartMark{}
	for _, m := range marks[:min(len(marks), chartMarks)] {
		c.Marks = append(c.Marks, chartMark{At: float64(m.TUS) / 1e6, Took: float64(max(m.TookUS, 0)) / 1e6, Kind: m.Kind, Text: m.Text})
	}
}
