package results

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"chanbot/outcome"
)

// ComparedRun is a run that was read for a comparison.
type ComparedRun struct {
	// Path is the run folder as it was named.
	Path string
	// Phase is the phase of the load that was read, "" for all of them.
	Phase string
	// Manifest is empty when neither the folder nor its journal has one.
	Manifest Manifest
	Verdict  Verdict
	// Problem says why the run ended before its time, "" when it did not.
	Problem string
	// Violations is how many there were.
	Violations int
	// Source says what the numbers come from: one of the Source constants.
	Source string
	// Missing says what the journal did not hold, in sentences.
	Missing []string
	// Judged is the length of the judged part.
	Judged time.Duration

	m       *measurements // nil when there is only a summary
	summary *Summary      // nil when there is none
}

// What the numbers of a compared run come from.
const (
	// SourceJournal: everything, in intervals.
	SourceJournal = "journal"
	// SourceLog: times in intervals from latency.hlog, the rest from summary.json.
	SourceLog = "latency.hlog"
	// SourceSummary: single numbers, which say nothing about their spread.
	SourceSummary = "summary.json"
)

// ReadComparedRun reads a run folder for a comparison: its journal; without
// one latency.hlog and summary.json; without these summary.json alone. With the
// name of a phase it reads that phase of the load only, which takes a journal.
// The error says why there is nothing to compare.
func ReadComparedRun(folder *Folder, phase string) (*ComparedRun, error) {
	r := &ComparedRun{Path: folder.Path(), Phase: phase}
	err := r.readManifest(folder)
	if err != nil {
		return nil, err
	}
	s, err := folder.Summary()
	switch {
	case err == nil:
		r.summary = s
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	found, err := r.readJournal(folder)
	if err == nil && !found && phase != "" {
		err = errors.New("there is no journal, and only that tells phases apart")
	}
	if err == nil && !found {
		found, err = r.readLog(folder)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.Path, err)
	}
	if found {
		return r, nil
	}
	if r.summary == nil {
		return nil, fmt.Errorf("%s holds neither a journal nor a summary: the run was cut off before its end", r.Path)
	}
	r.Source = SourceSummary
	r.takeSummary()
	return r, nil
}

func (r *ComparedRun) readManifest(folder *Folder) error {
	m, err := folder.Manifest()
	if err == nil {
		r.Manifest = m
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (r *ComparedRun) takeSummary() {
	r.Verdict, r.Violations = r.summary.Verdict, len(r.summary.Violations)
	r.Judged = time.Duration(min(max(finite(r.summary.DurationS), 0), longestRun.Seconds()) * float64(time.Second))
}

func (r *ComparedRun) readJournal(folder *Folder) (found bool, err error) {
	f, err := os.Open(folder.File(JournalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	m, facts, err := readJournalIntervals(f, r.Phase)
	if err != nil {
		return false, err
	}
	if r.Phase != "" && !slices.Contains(facts.phases, r.Phase) {
		return false, fmt.Errorf("there is no phase %q; phases are %s", r.Phase, cmp.Or(strings.Join(facts.phases, ", "), "not known"))
	}
	r.Source, r.m = SourceJournal, m
	r.Missing = facts.missing.Lines()
	r.Verdict, r.Violations, r.Problem = facts.end.Verdict, facts.violations, facts.end.Problem
	if facts.missing.End {
		r.Verdict = Interrupted
		if facts.violations > 0 {
			r.Verdict = Failed
		}
	}
	if r.Manifest.Started.IsZero() {
		r.Manifest = facts.manifest
	}
	for _, s := range m.judged {
		r.Judged += s.to - s.from
	}
	return true, nil
}

func (r *ComparedRun) readLog(folder *Folder) (found bool, err error) {
	if r.summary == nil {
		return false, nil // nothing would say how the run ended
	}
	f, err := os.Open(folder.File(HistogramLogFile))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	if r.m, err = readLogIntervals(f); err != nil {
		return false, err
	}
	r.Source = SourceLog
	r.takeSummary()
	return true, nil
}

// Name is what the run is called in tables: the name of its folder.
func (r *ComparedRun) Name() string { return filepath.Base(filepath.Clean(r.Path)) }

// operations returns the names of what was measured, sorted.
func (r *ComparedRun) operations() []outcome.Operation {
	var out []outcome.Operation
	if r.m != nil {
		for op := range r.m.operations {
			out = append(out, op)
		}
	}
	if r.summary != nil && r.Source != SourceJournal {
		for op := range r.summary.Operations {
			out = append(out, outcome.Operation(op))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// counts returns how many operations ended in each way; for "" all of them or,
// of a load, those of its phases.
func (r *ComparedRun) counts(op outcome.Operation) [kinds]int64 {
	var sum [kinds]int64
	if r.m != nil && r.m.counts {
		s := r.m.all
		if op != "" {
			s = r.m.operations[op]
		}
		if s != nil {
			for _, c := range s.inOrder {
				for k, n := range c.outcomes {
					sum[k] += n
				}
			}
		}
		return sum
	}
	if r.summary == nil {
		return sum
	}
	named := []Counts{r.summary.Outcomes}
	switch {
	case op != "":
		named = []Counts{r.summary.Operations[string(op)].Outcomes}
	case len(r.summary.Phases) > 0:
		named = nil
		for _, p := range r.summary.Phases {
			named = append(named, p.Outcomes)
		}
	}
	for _, k := range outcome.Kinds() {
		for _, counts := range named {
			sum[k] += counts[k.String()]
		}
	}
	return sum
}

// attempts returns how many judged operations ended.
func (r *ComparedRun) attempts() int64 {
	var n int64
	for _, op := range r.operations() {
		for _, c := range r.counts(op) {
			n += c
		}
	}
	return n
}

// readOutcome measures a share or a rate.
func (r *ComparedRun) readOutcome(m Measure, rng chance) reading {
	if m.Func == funcRate {
		return r.readRate(m, rng)
	}
	return r.readShare(m, rng)
}

// timesReader returns what measures one clock of one operation.
func (r *ComparedRun) timesReader(op outcome.Operation, clock outcome.Clock) func(Measure, chance) reading {
	if r.m != nil {
		s := r.m.operations[op]
		if s == nil {
			return func(Measure, chance) reading { return reading{} }
		}
		return newClockReader(s, clock).read
	}
	o := r.summary.Operations[string(op)]
	l := [...]Latency{outcome.Response: o.Response, outcome.Service: o.Service, outcome.Waiting: o.Wait}[clock]
	return func(m Measure, _ chance) reading { return summaryReading(m, l) }
}

// summaryReading is all that a summary says about a time.
func summaryReading(m Measure, l Latency) reading {
	r := reading{samples: l.Count, problem: "no intervals in " + SourceSummary}
	if l.Count <= 0 {
		return r
	}
	r.there = true
	switch m.Func {
	case funcMean:
		r.value = l.MeanUS
	case funcMax:
		r.value = l.MaxUS
	default:
		at := map[float64]float64{.5: l.P50US, .9: l.P90US, .99: l.P99US, .999: l.P999US}
		r.value, r.there = at[m.Quantile], slices.Contains(shownQuantiles, m.Quantile)
	}
	r.value = finite(r.value)
	r.exact = r.value
	return r
}
