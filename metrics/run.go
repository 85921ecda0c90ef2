package metrics

import (
	"context"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// Options say what a Run is about. The zero value measures, and keeps no
// journal.
type Options struct {
	// Manifest says what the run is; the summary takes its head from it.
	Manifest results.Manifest
	// Journal gets everything that is recorded; nil keeps none.
	Journal *results.Journal
	// Shards is the number of recorders; zero means one for each core.
	Shards int
	// Window is the longest window that anybody will ask for; zero means 10 s.
	Window time.Duration
	// Sockets returns how many sockets are open, for the samples; nil knows none.
	Sockets func() int
	// CountsOnly keeps how operations ended and nothing about times: distributions
	// are large, and most of what a short run of a few operations costs. Nobody may
	// watch such a run by a Live or a Collector; it takes no samples.
	CountsOnly bool
}

// TickEvery is how often a run is meant to be ticked.
const TickEvery = time.Second

// Run gathers everything that is measured in one run. Its methods may be called
// from any goroutine.
type Run struct {
	o       Options
	rec     *recorder
	process *process

	mu         sync.Mutex // guards what follows
	marks      []results.PhaseMark
	timeMarks  []results.TimeMark
	violations []results.Violation
	broken     int                       // violations, kept or not
	rule       string                    // of the last one
	samples    []results.GeneratorSample // without their lateness
	late       *hist
	end        results.End
	ticks      int           // how often it was ticked
	ticked     chan struct{} // closed by the next tick
}

// NewRun begins to measure.
func NewRun(o Options) *Run {
	if o.Window <= 0 {
		o.Window = 10 * time.Second
	}
	r := &Run{o: o, rec: newRecorder(&o), ticked: make(chan struct{})}
	if !o.CountsOnly {
		r.process, r.late = newProcess(), newHist(fineDigits)
	}
	return r
}

// Shard returns the recorder of worker n.
func (r *Run) Shard(n int) *Shard { return r.rec.shards[uint(n)%uint(len(r.rec.shards))] }

// Mark notes that a part of a phase begins or ends. The length of a phase is
// the time between its MarkMeasure and its MarkEnd, so the end is marked when
// the last of its operations has ended.
func (r *Run) Mark(m results.PhaseMark) {
	if r.o.Journal != nil {
		r.o.Journal.Mark(m)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks = append(r.marks, m)
}

// maxTimeMarks is how many marks of times a run keeps.
const maxTimeMarks = 1000

// TimeMark notes what explains the measurements at one time, as a fault that
// was caused on purpose. Only the first 1000 are kept.
func (r *Run) TimeMark(m results.TimeMark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	same := func(o results.TimeMark) bool { return o.TUS == m.TUS && o.Kind == m.Kind && o.Text == m.Text }
	switch i := slices.IndexFunc(r.timeMarks, same); {
	case i >= 0:
		r.timeMarks[i] = m
	case len(r.timeMarks) < maxTimeMarks:
		r.timeMarks = append(r.timeMarks, m)
	default:
		return
	}
	if r.o.Journal != nil {
		r.o.Journal.TimeMark(m)
	}
}

// maxViolations is how many violations a run keeps.
const maxViolations = 1000

// Violation notes what a correct node cannot do. Only the first 1000 are kept;
// all of them are counted.
func (r *Run) Violation(v results.Violation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.broken++
	r.rule = v.Rule
	if len(r.violations) == maxViolations {
		return
	}
	r.violations = append(r.violations, v)
	if r.o.Journal != nil {
		r.o.Journal.Violation(v)
	}
}

// Every ticks the run once a second until ctx ends, and calls each after every
// tick, if it is not nil, with the time since the start. A caller who aborts the
// run when a threshold breaks judges it there.
func (r *Run) Every(ctx context.Context, started time.Time, each func(now time.Duration)) {
	// Profiles tell what measuring costs.
	pprof.Do(ctx, pprof.Labels("part", "metrics"), func(ctx context.Context) { r.every(ctx, started, each) })
}

func (r *Run) every(ctx context.Context, started time.Time, each func(now time.Duration)) {
	tick := time.NewTicker(TickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := time.Since(started)
			r.Tick(now)
			if each != nil {
				each(now)
			}
		}
	}
}

// Tick collects what was recorded, and samples the generator.
func (r *Run) Tick(now time.Duration) {
	r.rec.collect(now)
	if !r.o.CountsOnly {
		r.sample(now)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ticks++
	close(r.ticked)
	r.ticked = make(chan struct{})
}

// sample samples the generator.
func (r *Run) sample(now time.Duration) {
	s := r.process.sample()
	s.TUS = now.Microseconds()
	s.Attempts, s.Ended = r.rec.counts()
	if r.o.Sockets != nil {
		s.Sockets = r.o.Sockets()
	}
	r.rec.mu.Lock()
	for _, bar := range r.rec.late.h.Distribution() {
		if bar.Count > 0 {
			s.Late = append(s.Late, results.LateCount{US: bar.To, N: bar.Count})
		}
	}
	r.rec.late.reset()
	r.rec.mu.Unlock()
	if r.o.Journal != nil {
		r.o.Journal.Sample(s)
	}
	r.sampled(s)
}

// tickCount returns how often the run was ticked, and what is closed by the next
// tick.
func (r *Run) tickCount() (n int, next <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ticks, r.ticked
}

// sampled takes a sample of the generator.
func (r *Run) sampled(s results.GeneratorSample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, l := range s.Late {
		if l.US >= 0 && l.N > 0 {
			_ = r.late.h.RecordValues(min(l.US, highestUS), l.N) // it is in range
		}
	}
	s.Late = nil
	r.samples = append(r.samples, s)
}

// End notes how the run ended, after a last tick. It fills in the attempts. The
// thresholds are judged before.
func (r *Run) End(e results.End) {
	r.Tick(time.Duration(e.TUS) * time.Microsecond)
	e.Attempts, _ = r.rec.counts()
	if r.o.Journal != nil {
		r.o.Journal.End(e)
	}
	r.ended(e)
}

func (r *Run) ended(e results.End) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.end = e
}

// judged is the length of the judged part of the run until now: of all phases
// together, or from the start when there are none.
func (r *Run) judged(now time.Duration) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	var sum time.Duration
	_, took := phases(r.marks, now)
	for _, d := range took {
		sum += d
	}
	if len(r.marks) == 0 {
		return now
	}
	return sum
}

// phases returns the names of the phases in their order, and how long each was
// judged. A phase that has not ended lasts until now.
func phases(marks []results.PhaseMark, now time.Duration) (names []string, took map[string]time.Duration) {
	took = make(map[string]time.Duration)
	since := make(map[string]time.Duration)
	for _, m := range marks {
		t := time.Duration(m.TUS) * time.Microsecond
		if _, known := took[m.Phase]; !known {
			names = append(names, m.Phase)
			took[m.Phase] = 0
		}
		switch m.What {
		case results.MarkMeasure:
			since[m.Phase] = t
		case results.MarkEnd:
			if from, ok := since[m.Phase]; ok {
				took[m.Phase] += max(t-from, 0)
				delete(since, m.Phase)
			}
		}
	}
	for name, from := range since {
		took[name] += max(now-from, 0)
	}
	return names, took
}

// Summary returns what the run has come to: complete after End, before that
// what was collected by the last tick.
func (r *Run) Summary() *results.Summary {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := &r.o.Manifest
	s := &results.Summary{
		Version: results.SummaryVersion, Chanbot: m.Chanbot, Scenario: m.Scenario.Name, Seed: m.Seed,
		Node: m.Node, NetworkID: m.NetworkID, Started: m.Started, Pairs: max(m.Pairs, r.end.Pairs),
		Decisions: r.end.Decisions, Verdict: r.end.Verdict, Checks: r.end.Checks, Thresholds: r.end.Thresholds, Violations: r.violations,
	}
	now := time.Duration(r.end.TUS) * time.Microsecond
	names, took := phases(r.marks, now)
	judged := now
	if len(r.marks) > 0 {
		judged = 0
		for _, d := range took {
			judged += d
		}
	}
	s.DurationS = judged.Seconds()

	rec := r.rec
	rec.mu.Lock()
	defer rec.mu.Unlock()
	all, byName := rec.groupLocked(func(k key) bool { return !k.warmup })
	s.Attempts, s.Outcomes, s.Operations = all.Attempts, all.Outcomes, byName
	loaded := rec.sumLocked(r.inLoad).summary()
	s.Throughput = throughput(loaded.Outcomes, judged)
	s.Warmup.Attempts = rec.sumLocked(func(k key) bool { return k.warmup }).attempts
	for _, name := range names {
		all, byName := rec.groupLocked(func(k key) bool { return !k.warmup && k.phase == name })
		s.Phases = append(s.Phases, results.Phase{
			Name: name, DurationS: took[name].Seconds(),
			Operation: all, Operations: byName, Throughput: throughput(all.Outcomes, took[name]),
		})
	}
	s.Generator = r.generatorLocked(loaded.Service)
	return s
}

// inLoad says that operations under a key are part of what a run measures: of
// its phases or, when it has none, of all of it. The set-ups and the end of the
// channels are no part of a load.
func (r *Run) inLoad(k key) bool { return !k.warmup && (len(r.marks) == 0 || k.phase != "") }

func throughput(c results.Counts, took time.Duration) results.Throughput {
	if took <= 0 {
		return results.Throughput{}
	}
	return results.Throughput{SignedPerS: float64(c[outcome.Signed.String()]) / took.Seconds()}
}
