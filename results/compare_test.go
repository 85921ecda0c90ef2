package results

import (
	"bytes"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/google/go-cmp/cmp"

	"chanbot/outcome"
)

// readRun reads a run folder and wants no error.
func readRun(t testing.TB, folder *Folder) *ComparedRun {
	t.Helper()
	r, err := ReadComparedRun(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// compared compares two runs and returns the changes by measure.
func compared(t testing.TB, base, new *ComparedRun, o CompareOptions) (Against, map[string]Change) {
	t.Helper()
	if o.Resamples == 0 {
		o.Resamples = 400 // for speed
	}
	c := Compare([]*ComparedRun{base}, [][]*ComparedRun{{new}}, o)
	checkNumbers(t, c)
	a := c.Comparisons[0]
	byName := make(map[string]Change)
	for _, ch := range a.Changes {
		byName[ch.Measure] = ch
	}
	return a, byName
}

// checkNumbers wants a comparison that can be written as JSON and drawn, whose
// intervals hold together.
func checkNumbers(t testing.TB, c *Comparison) {
	t.Helper()
	text, err := c.JSON()
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range c.Comparisons {
		for _, ch := range a.Changes {
			if (ch.Low == nil) != (ch.High == nil) || (ch.Low == nil) != (ch.Finding == NotKnown) || (ch.Low == nil) != (ch.Problem != "") || ch.Low != nil && (*ch.Low > *ch.Change || *ch.Change > *ch.High) {
				t.Errorf("comparison %d, %s does not hold together: %+v", i, ch.Measure, ch)
			}
		}
	}
	for _, text := range []string{string(text), c.Render(Style{}), c.Markdown()} {
		if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("a number is none:\n%s", text)
		}
	}
}

func TestBinsAreThoseOfTheRecordedHistograms(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	dense := hdrhistogram.New(1, longestUS, 3)
	var got times
	for i := range 5000 {
		us := int64(rng.ExpFloat64() * 3000)
		if i%100 == 0 {
			us = rng.Int64N(2 * longestUS)
		}
		_ = dense.RecordValue(min(us, longestUS))
		got.record(us)
	}
	got.pack()
	for _, q := range []float64{0.0001, .1, .5, .9, .99, .999, .9999} {
		if want := min(dense.ValueAtPercentile(q*100), got.max); got.at(q) != float64(want) {
			t.Errorf("p%g is %v, want %d", q*100, got.at(q), want)
		}
	}
	if fromLog := packedTimes(dense); !slices.Equal(fromLog.bins, got.bins) || !slices.Equal(fromLog.upTo, got.upTo) {
		t.Error("a decoded histogram has other bins than recorded times")
	}
	for _, us := range []int64{0, 1, 2047, 2048, 4095, 4096, 1 << 20, longestUS} {
		if from, width := binFrom(binOf(us)); us < from || us >= from+width {
			t.Errorf("%d µs are in the bin from %d, %d wide", us, from, width)
		}
	}
}

func TestPackingInPartsIsPackingAtOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 1))
	var whole, parts times
	for range 20 {
		var part times
		for range rng.IntN(50) {
			us := rng.Int64N(300)
			whole.record(us)
			part.record(us)
			if rng.IntN(10) == 0 {
				part.pack()
			}
		}
		parts.add(&part)
	}
	whole.pack()
	if diff := cmp.Diff(whole, parts, cmp.AllowUnexported(times{})); diff != "" {
		t.Error(diff)
	}
}

func TestLongRunsHaveLongerIntervals(t *testing.T) {
	for _, c := range []struct {
		name  string
		every time.Duration
		n     int
		unit  time.Duration
		cells int
	}{
		{"ten seconds", 50 * time.Millisecond, 200, 100 * time.Millisecond, 100},
		{"a minute", 50 * time.Millisecond, 1200, time.Second, 60},
		{"an hour", 500 * time.Millisecond, 7200, 4 * time.Second, 900},
		{"ten seconds in an hour", 6 * time.Minute, 10, 100 * time.Millisecond, 10},
		{"ages", 1000 * time.Hour, 2500, 0, 0},
	} {
		s := newSeries(fineInterval)
		for i := range c.n {
			s.cell(time.Duration(i) * c.every).clocks[0].record(int64(i))
		}
		s.finish()
		var count int64
		for _, v := range s.inOrder {
			count += v.clocks[0].count()
		}
		if count != int64(c.n) || c.cells > 0 && (s.unit != c.unit || len(s.inOrder) != c.cells) || len(s.inOrder) > mostIntervals {
			t.Errorf("%s: %d times in %d intervals of %v", c.name, count, len(s.inOrder), s.unit)
		}
	}
}

func TestTheJudgedPartIsWhatPhasesMeasure(t *testing.T) {
	const s = int64(time.Second / time.Microsecond)
	for _, c := range []struct {
		name  string
		marks []PhaseMark
		want  []span
	}{
		{"no phases", nil, []span{{0, 60 * time.Second}}},
		{"one phase after its warm-up", []PhaseMark{{0, "a", MarkWarmup}, {10 * s, "a", MarkMeasure}, {40 * s, "a", MarkEnd}}, []span{{10 * time.Second, 40 * time.Second}}},
		{"a phase that was cut off", []PhaseMark{{10 * s, "a", MarkMeasure}}, []span{{10 * time.Second, 60 * time.Second}}},
		{"two phases that overlap", []PhaseMark{{10 * s, "a", MarkMeasure}, {15 * s, "b", MarkMeasure}, {20 * s, "a", MarkEnd}, {30 * s, "b", MarkEnd}},
			[]span{{10 * time.Second, 20 * time.Second}, {20 * time.Second, 30 * time.Second}}},
		{"marks of another world", []PhaseMark{{-1 << 60, "a", MarkMeasure}, {1 << 62, "a", MarkEnd}}, []span{{0, longestRun}}},
	} {
		got := judgedSpans(c.marks, 60*time.Second)
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRatesCountSecondsInWhichNothingHappened(t *testing.T) {
	folder := writeRun(t, 20, 100, 1)
	r := readRun(t, folder)
	r.m.judged = []span{{0, 40 * time.Second}}
	r.Judged = 40 * time.Second
	o := CompareOptions{Resamples: 200}
	got := r.readRate(Measure{Func: funcRate, Kind: outcome.Signed}, o.chance(0, 0, "x"))
	if got.value != 45 || got.exact != 45 || got.draws == nil {
		t.Errorf("%+v, want 1800 in 40 s", got)
	}
	low, high := slices.Min(got.draws), slices.Max(got.draws)
	if low > .95 || high < 1.05 {
		t.Errorf("the rate varies from %v to %v although half of the time was quiet", low, high)
	}

	// Half of the operations are those of set-ups, and the rest is steady.
	r.m.judged = []span{{10 * time.Second, 20 * time.Second}}
	r.Judged = 10 * time.Second
	got = r.readRate(Measure{Func: funcRate, Kind: outcome.Signed}, o.chance(0, 0, "x"))
	low, high = slices.Min(got.draws), slices.Max(got.draws)
	if got.value != 180 || low < .97 || high > 1.03 {
		t.Errorf("a rate of %v varies from %v to %v because of what was not judged", got.value, low, high)
	}
	r.m.judged = []span{{30 * time.Second, 40 * time.Second}}
	if got = r.readRate(Measure{Func: funcRate, Kind: outcome.Signed}, o.chance(0, 0, "x")); got.draws != nil || got.problem == "" {
		t.Errorf("%+v, and nothing was judged", got)
	}
}

// The same run as a journal, as a log with a summary, and as a summary alone.
func TestRunsAreReadFromWhatThereIs(t *testing.T) {
	folder := writeRun(t, 40, 50, 1)
	other := writeRun(t, 45, 50, 1.2)
	limit := .05
	o := CompareOptions{Seed: 1, MaxRegression: &limit}
	a, full := compared(t, readRun(t, folder), readRun(t, other), o)
	if p50 := full["p50(transfer.response)"]; a.Verdict != Regressed || p50.Verdict != Regressed || *p50.Low < .1 || *p50.High > .3 || p50.BaseSamples != 1800 {
		t.Errorf("%s, %+v", a.Verdict, p50)
	}
	if max, mean := full["max(transfer.response)"], full["mean(message.service)"]; max.Problem != "a single observation" || max.Change == nil || mean.Low == nil {
		t.Errorf("max %+v\nmean %+v", max, mean)
	}
	if tail := full["p99.9(transfer.response)"]; tail.Problem != "1800 samples of 10000 needed" {
		t.Errorf("%+v", tail)
	}

	var log bytes.Buffer
	l := NewHistogramLog(&log, time.Now(), "")
	r := readRun(t, folder)
	s := &Summary{Verdict: Passed, DurationS: 40, Attempts: 2000, Outcomes: Counts{"signed": 1800, "done": 200}, Operations: map[string]Operation{}}
	s.Throughput.SignedPerS = 45
	for op, series := range r.m.operations {
		var sum Operation
		for clock, latency := range map[outcome.Clock]*Latency{outcome.Response: &sum.Response, outcome.Service: &sum.Service} {
			whole := newClockReader(series, clock)
			for i, c := range series.inOrder {
				h := hdrhistogram.New(1, longestUS, 3)
				for j, bin := range c.clocks[clock].bins {
					us, _ := binFrom(bin)
					_ = h.RecordValues(us, int64(c.clocks[clock].upTo[j]-before(c.clocks[clock].upTo, j)))
				}
				l.Write(string(op)+"."+clock.String(), time.Duration(i)*time.Second, time.Second, h)
				l.Write("warmup."+string(op)+"."+clock.String(), time.Duration(i)*time.Second, time.Second, h)
			}
			*latency = Latency{Count: whole.total.count(), MeanUS: 1, P50US: whole.total.at(.5), P90US: whole.total.at(.9), P99US: whole.total.at(.99), P999US: whole.total.at(.999), MaxUS: float64(whole.total.max)}
		}
		sum.Attempts, sum.Outcomes = sum.Response.Count, Counts{"signed": sum.Response.Count}
		s.Operations[string(op)] = sum
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder.File(HistogramLogFile), log.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errorsOf(folder.WriteSummary(s), os.Remove(folder.File(JournalFile))); err != nil {
		t.Fatal(err)
	}
	_, logged := compared(t, readRun(t, folder), readRun(t, other), o)
	for _, name := range []string{"p50(transfer.response)", "p99(transfer.service)"} {
		want, got := full[name], logged[name]
		if *got.Base != *want.Base || *got.Change != *want.Change || got.Low == nil || *got.Low < *want.Low-.02 || *got.High > *want.High+.02 {
			t.Errorf("%s from the journal:\n%+v\nfrom the log:\n%+v", name, want, got)
		}
	}
	if rate := logged["rate(signed)"]; *rate.Base != 45 || rate.Problem != "no intervals in latency.hlog" {
		t.Errorf("%+v", rate)
	}

	if err := os.Remove(folder.File(HistogramLogFile)); err != nil {
		t.Fatal(err)
	}
	a, short := compared(t, readRun(t, folder), readRun(t, other), CompareOptions{MaxRegression: &limit, Judged: []Measure{{Func: funcQuantile, Quantile: .75, Operation: outcome.Transfer}}})
	if p50 := short["p50(transfer.response)"]; *p50.Base != *full["p50(transfer.response)"].Base || p50.Change == nil || p50.Problem != "no intervals in summary.json" {
		t.Errorf("%+v", p50)
	}
	if p75 := short["p75(transfer.response)"]; p75.Base != nil || p75.New == nil || a.Verdict != Undecided {
		t.Errorf("%s, %+v", a.Verdict, p75)
	}

	if err := os.Remove(folder.File(SummaryFile)); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadComparedRun(folder, ""); err == nil || !strings.Contains(err.Error(), "neither a journal nor a summary") {
		t.Errorf("%v", err)
	}
}

func errorsOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestWhatIsOnOneSideOnly(t *testing.T) {
	a, b := readRun(t, writeRun(t, 20, 100, 1)), readRun(t, writeRun(t, 20, 100, 1))
	delete(b.m.operations, outcome.Message)
	for _, c := range b.m.operations[outcome.Transfer].cells {
		c.outcomes[outcome.Timeout], c.outcomes[outcome.Signed] = c.outcomes[outcome.Signed], 0
	}
	for _, c := range b.m.all.cells {
		c.outcomes[outcome.Timeout], c.outcomes[outcome.Signed] = c.outcomes[outcome.Signed], 0
	}
	limit := .05
	against, ch := compared(t, a, b, CompareOptions{MaxRegression: &limit})
	if m := ch["p50(message.response)"]; m.New != nil || m.Base == nil || m.Problem != "not in the new run" || m.Verdict != Undecided {
		t.Errorf("%+v", m)
	}
	if r := ch["rate(signed)"]; *r.Change != -1 || r.Finding != Lower || r.Verdict != Regressed || against.Verdict != Regressed {
		t.Errorf("%s, %+v", against.Verdict, r)
	}
	if s := ch["share(transfer.timeout)"]; *s.Base != 0 || *s.New != 1 || s.Finding != Higher || !s.Worse {
		t.Errorf("%+v", s)
	}
	if !slices.ContainsFunc(against.Remarks, func(r Remark) bool { return r.Text == "operations: message only in the base" }) {
		t.Errorf("%+v", against.Remarks)
	}
	if _, ch = compared(t, b, a, CompareOptions{}); ch["rate(signed)"].Problem != "the base is 0" || ch["p50(message.service)"].Problem != "not in the base" {
		t.Errorf("%+v", ch["rate(signed)"])
	}
}

// A few timeouts more than none are found only when they are too many for
// chance.
func TestRareOutcomes(t *testing.T) {
	run := func(timeouts int) *ComparedRun {
		r := readRun(t, writeRun(t, 20, 100, 1))
		for i := range timeouts {
			for _, s := range []*series{r.m.all, r.m.operations[outcome.Transfer]} {
				s.inOrder[i*7].outcomes[outcome.Signed]--
				s.inOrder[i*7].outcomes[outcome.Timeout]++
			}
		}
		return r
	}
	for timeouts, want := range map[int]Finding{1: NoDifference, 2: NoDifference, 8: Higher, 20: Higher} {
		if _, ch := compared(t, run(0), run(timeouts), CompareOptions{Seed: 3}); ch["share(transfer.timeout)"].Finding != want {
			t.Errorf("%d timeouts: %+v, want %s", timeouts, ch["share(transfer.timeout)"], want)
		}
	}
}
