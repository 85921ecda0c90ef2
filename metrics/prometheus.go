package metrics

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"chanbot/outcome"
)

// The metrics that Prometheus is told. The values of every label come from a
// closed list; docs/grafana-dashboard.json shows them.
var (
	attemptsDesc  = prometheus.NewDesc("chanbot_attempts_total", "Operations begun.", []string{"operation", "warmup"}, nil)
	outcomesDesc  = prometheus.NewDesc("chanbot_outcomes_total", "Operations ended, by outcome.", []string{"operation", "outcome", "warmup"}, nil)
	timesDesc     = prometheus.NewDesc("chanbot_operation_seconds", "Times of judged operations, as a native histogram.", []string{"operation", "clock"}, nil)
	quantilesDesc = prometheus.NewDesc("chanbot_operation_recent_seconds", "Quantiles of the last seconds.", []string{"operation", "clock", "quantile"}, nil)
	violationDesc = prometheus.NewDesc("chanbot_violations_total", "Things a correct node cannot do.", nil, nil)
	underWayDesc  = prometheus.NewDesc("chanbot_operations_under_way", "Operations begun and not ended.", nil, nil)
	lateDesc      = prometheus.NewDesc("chanbot_generator_late_p99_seconds", "Lateness of the generator's own schedule.", nil, nil)
	socketsDesc   = prometheus.NewDesc("chanbot_sockets", "Open sockets.", nil, nil)
	lostDesc      = prometheus.NewDesc("chanbot_journal_lost_total", "Operations that the journal had no room for.", nil, nil)

	pairsDesc    = prometheus.NewDesc("chanbot_pairs", "Pairs of the fleet.", nil, nil)
	channelsDesc = prometheus.NewDesc("chanbot_channels", "Channels that are being opened, are open, or were lost.", []string{"state"}, nil)
	queueDesc    = prometheus.NewDesc("chanbot_queue", "Operations that are due and wait for their channel, or are under way.", []string{"state"}, nil)
	stageDesc    = prometheus.NewDesc("chanbot_stage", "1 for the stage that the run is in, 0 for the others.", []string{"stage"}, nil)
	warmupDesc   = prometheus.NewDesc("chanbot_warmup", "1 while a phase warms up, else 0.", nil, nil)
)

// nativeSchema is the resolution of the native histograms: each bucket is
// 2^(1/16), about 4.4 %, wider than the one before.
const nativeSchema = 4

// Collector tells Prometheus about a run.
type Collector struct {
	run   *Run
	gauge *Gauge
}

// NewCollector returns a collector of a run, to be registered. Gauge tells how
// far the run is; nil leaves that out.
func NewCollector(run *Run, gauge *Gauge) *Collector { return &Collector{run, gauge} }

// Handler serves the metrics of a run, of the Go runtime and of the process;
// gauge may be nil. Native histograms are only sent to scrapers that ask for the
// protobuf format.
func Handler(run *Run, gauge *Gauge) (http.Handler, error) {
	reg := prometheus.NewRegistry()
	for _, c := range []prometheus.Collector{
		NewCollector(run, gauge), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return promhttp.HandlerFor(reg, promhttp.HandlerOpts{}), nil
}

// Describe names the metrics.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		attemptsDesc, outcomesDesc, timesDesc, quantilesDesc, violationDesc, underWayDesc, lateDesc, socketsDesc, lostDesc,
		pairsDesc, channelsDesc, queueDesc, stageDesc, warmupDesc,
	} {
		ch <- d
	}
}

// Collect reads the run as it was at its last tick, and the gauge as it is.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	tell := func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, t, v, labels...) // a bug if it does not fit
	}
	r := c.run
	began, ended := r.rec.counts()
	tell(underWayDesc, prometheus.GaugeValue, float64(began-ended))
	r.mu.Lock()
	tell(violationDesc, prometheus.CounterValue, float64(r.broken))
	tell(lateDesc, prometheus.GaugeValue, float64(r.late.h.ValueAtPercentile(99))/1e6)
	if n := len(r.samples); n > 0 {
		tell(socketsDesc, prometheus.GaugeValue, float64(r.samples[n-1].Sockets))
	}
	r.mu.Unlock()
	if r.o.Journal != nil {
		tell(lostDesc, prometheus.CounterValue, float64(r.o.Journal.Lost()))
	}

	rec := r.rec
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, g := range rec.labelledLocked() {
		warmup := strconv.FormatBool(g.warmup)
		op := string(g.operation)
		tell(attemptsDesc, prometheus.CounterValue, float64(g.attempts), op, warmup)
		for k, n := range g.outcomes {
			if n > 0 {
				tell(outcomesDesc, prometheus.CounterValue, float64(n), op, outcome.Kind(k).String(), warmup)
			}
		}
		if g.warmup {
			continue
		}
		for i, h := range g.clocks {
			if h.count() > 0 {
				ch <- native(h, op, outcome.Clock(i).String())
			}
		}
	}
	rec.recentLocked(tell)
	if c.gauge != nil {
		c.gauge.Read().tell(tell)
	}
}

// teller takes a number for Prometheus.
type teller func(d *prometheus.Desc, t prometheus.ValueType, v float64, labels ...string)

// tell tells how far a run is. A stage is a label, so that dashboards need not
// know their numbers.
func (p Progress) tell(tell teller) {
	set := func(d *prometheus.Desc, v float64, labels ...string) { tell(d, prometheus.GaugeValue, v, labels...) }
	set(pairsDesc, float64(p.Pairs))
	set(channelsDesc, float64(p.Opening), "opening")
	set(channelsDesc, float64(p.Open), "open")
	set(channelsDesc, float64(p.Lost), "lost")
	set(queueDesc, float64(p.Waiting), "waiting")
	set(queueDesc, float64(p.Busy), "busy")
	flag := func(on bool) float64 {
		if on {
			return 1
		}
		return 0
	}
	for s := StageSetup; s <= StageOver; s++ {
		set(stageDesc, flag(s == p.Stage), s.String())
	}
	set(warmupDesc, flag(p.Stage == StageLoad && p.Phase.Warmup))
}

// recentLocked tells the quantiles of the window, for those who look at the
// metrics without a database.
func (r *recorder) recentLocked(tell teller) {
	n := len(r.window.intervals)
	if n == 0 {
		return
	}
	now := r.window.intervals[n-1].end
	var seen []outcome.Operation
	for i := range r.window.intervals {
		for _, s := range r.window.intervals[i].slots {
			if s.warmup || slices.Contains(seen, s.operation) || label(s.operation) != string(s.operation) {
				continue
			}
			seen = append(seen, s.operation)
			c, _ := r.window.sum(s.operation, now, min(r.window.span, 10*time.Second))
			for k, h := range c.clocks {
				if h.count() == 0 {
					continue
				}
				for _, q := range []float64{0.5, 0.9, 0.99, 0.999} {
					tell(quantilesDesc, prometheus.GaugeValue, float64(h.at(q))/1e6, string(s.operation), outcome.Clock(k).String(), strconv.FormatFloat(q, 'f', -1, 64))
				}
			}
		}
	}
}

// labelledLocked adds up the totals by the labels they get.
func (r *recorder) labelledLocked() []*cell {
	var out []*cell
	byLabel := make(map[key]*cell)
	for _, c := range r.totals {
		k := key{operation: outcome.Operation(label(c.operation)), warmup: c.warmup}
		if byLabel[k] == nil {
			byLabel[k] = &cell{key: k}
			out = append(out, byLabel[k])
		}
		byLabel[k].add(c)
	}
	return out
}

// maxLabel bounds the names that become labels; operations come from the closed
// list of the scenario language, and anything that cannot be from there is
// "other".
const maxLabel = 24

func label(op outcome.Operation) string {
	if op == "" || len(op) > maxLabel {
		return "other"
	}
	for _, r := range string(op) {
		if (r < 'a' || r > 'z') && r != '_' {
			return "other"
		}
	}
	return string(op)
}

// native returns a histogram in the form of Prometheus. A bucket of the
// HdrHistogram goes where its upper end belongs, which is off by at most its
// own width.
func native(h *hist, labels ...string) prometheus.Metric {
	buckets := make(map[int]int64)
	var zero uint64
	for _, bar := range h.h.Distribution() {
		switch {
		case bar.Count == 0:
		case bar.To == 0:
			zero += uint64(bar.Count)
		default:
			i := math.Ceil(math.Log2(float64(bar.To)/1e6) * (1 << nativeSchema))
			buckets[int(i)] += bar.Count
		}
	}
	m, err := prometheus.NewConstNativeHistogram(timesDesc, uint64(h.count()), float64(h.sum)/1e6, buckets, nil, zero, nativeSchema, 1e-7, time.Time{}, labels...)
	if err != nil {
		return prometheus.NewInvalidMetric(timesDesc, err)
	}
	return m
}
