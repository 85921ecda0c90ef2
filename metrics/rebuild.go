package metrics

import (
	"fmt"
	"io"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// RebuildOptions say what to make of a journal beside the report.
type RebuildOptions struct {
	// HistogramLog gets the interval log; nil writes none.
	HistogramLog io.Writer
	// Thresholds reads the conditions of the manifest, for a run whose end is
	// missing; nil leaves them out.
	Thresholds func(texts []string) []Threshold
	// Manifest stands in for that of a journal whose first block is missing.
	Manifest *results.Manifest
}

// Rebuild computes from the journal of a run what the run came to. It works for
// any journal, however it was cut; RunReport.Missing says what it lacks. The
// summary of a complete one equals the one of Run.Summary. The error is one of
// reading or writing, or tells of an unknown version of the format; the report
// of what was read is there all the same.
//
// It reads the journal once and keeps neither operations nor intervals.
func Rebuild(journal io.Reader, o RebuildOptions) (*results.RunReport, error) {
	run := NewRun(Options{Shards: 1})
	shard := run.Shard(0)
	rep := new(results.RunReport)
	secs := newSeconds()
	var due dues
	if o.HistogramLog != nil {
		secs.out = o.HistogramLog
	}
	begin := func(m results.Manifest) {
		rep.Manifest, run.o.Manifest = m, m
		secs.manifest = m
	}
	if o.Manifest != nil {
		begin(*o.Manifest)
	}
	missing, err := results.ReadJournal(journal, results.Visitor{
		Manifest: begin,
		Operation: func(r *results.OperationRecord) {
			c := shard.cellLocked(r.Operation, r.Phase, r.Warmup)
			c.attempts++
			c.record(r)
			secs.add(r)
			due.add(r)
		},
		Sample: func(s results.GeneratorSample) {
			rep.Generator = append(rep.Generator, s)
			run.sampled(s)
		},
		Violation: run.Violation,
		Mark:      run.Mark,
		TimeMark:  run.TimeMark,
		End:       run.ended,
	})
	missing.Manifest = missing.Manifest && o.Manifest == nil
	rep.Missing = missing
	rep.Marks, rep.TimeMarks = run.marks, run.timeMarks
	series, logErr := secs.close()
	rep.Series, rep.Due = series, due.points()
	run.rec.window.span = missing.After + 1
	run.rec.collect(missing.After)
	if missing.End {
		run.cut(missing.After, o, secs)
	}
	rep.Steps, rep.Problem = run.end.Steps, run.end.Problem
	rep.Summary = run.Summary()
	rep.Curves = run.curves()
	if err != nil {
		return rep, fmt.Errorf("rebuild the report: %w", err)
	}
	if logErr != nil {
		return rep, fmt.Errorf("rebuild the report: %w", logErr)
	}
	return rep, nil
}

// cut ends a run whose end nobody wrote down.
func (r *Run) cut(after time.Duration, o RebuildOptions, secs *seconds) {
	e := results.End{TUS: after.Microseconds(), Verdict: results.Interrupted}
	if o.Thresholds != nil {
		r.rec.mu.Lock()
		r.rec.window = secs.window(after)
		r.rec.mu.Unlock()
		for _, t := range r.Judge(after, o.Thresholds(r.o.Manifest.Thresholds)) {
			e.Thresholds = append(e.Thresholds, t.Summary())
		}
	}
	if len(r.violations) > 0 {
		e.Verdict = results.Failed
	}
	r.ended(e)
}

// curves returns the distributions of the judged operations.
func (r *Run) curves() []results.Curve {
	rec := r.rec
	rec.mu.Lock()
	defer rec.mu.Unlock()
	var out []results.Curve
	add := func(name string, belongs func(key) bool) {
		c := rec.sumLocked(func(k key) bool { return !k.warmup && belongs(k) })
		for i, h := range c.clocks {
			if h.count() > 0 {
				out = append(out, results.Curve{Operation: name, Clock: outcome.Clock(i), Count: h.count(), Points: h.curve()})
			}
		}
	}
	add(results.AllOperations, func(key) bool { return true })
	seen := make(map[outcome.Operation]bool)
	for _, c := range rec.totals {
		if op := c.operation; !seen[op] {
			seen[op] = true
			add(string(op), func(k key) bool { return k.operation == op })
		}
	}
	return out
}
