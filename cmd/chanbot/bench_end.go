package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"chanbot/metrics"
	"chanbot/results"
)

// end works out what the search came to, writes it and says it. The error is a
// complaint beside what the ending says.
func (b *benching) end(s *search) (ending, error) {
	d := b.doc
	d.TookS = time.Since(d.Started).Seconds()
	b.conclude(s)
	var errs []error
	if d.Result != nil {
		summary, err := b.confirming()
		if err == nil {
			d.Result.Response, d.Result.Service = latencies(summary, d.Operation)
			err = b.folder.WriteSummary(summary)
		}
		errs = append(errs, err)
	}
	d.Line = d.Quote()
	errs = append(errs, b.folder.WriteBench(d), writeBenchPage(b.folder, d, b.manifest(d.Started, d.Seed)))
	b.say("\n" + d.Render(b.p.term.style, fmt.Sprintf("%-10s  %s", "results", b.folder.Path())))
	if b.p.s.json {
		errs = append(errs, b.p.c.writeBench(d))
	}
	if err := errors.Join(errs...); err != nil {
		return b.ending(), cannotRun("is the disk full?", "%v", err)
	}
	return b.ending(), nil
}

// writeBenchPage writes the page for people.
func writeBenchPage(folder *results.Folder, d *results.Bench, m results.Manifest) error {
	var page bytes.Buffer
	if err := d.WriteHTML(&page, &m); err != nil {
		return err
	}
	return results.WriteFile(folder.File(results.HTMLFile), page.Bytes())
}

// conclude works out the verdict, and the result if there is one.
func (b *benching) conclude(s *search) {
	d := b.doc
	rate, confirmed := s.result()
	d.Limit, d.Reasons = s.limit(), nil
	say := func(format string, args ...any) { d.Reasons = append(d.Reasons, fmt.Sprintf(format, args...)) }
	switch {
	case confirmed:
		d.Result = b.result(rate, s.high)
		if d.Verdict = results.BenchFound; d.Limit != results.LimitNode {
			d.Verdict = results.BenchAtLeast
		}
	case d.Limit == results.LimitInterrupted || !s.over:
		d.Verdict, d.Limit = results.BenchStopped, results.LimitInterrupted
	case rate > 0:
		d.Verdict = results.BenchUnconfirmed
	default:
		d.Verdict = results.BenchNothing
	}
	if d.Violations > 0 {
		say("The node did what a correct node cannot, %s; the reports of the steps show the frames.", count(d.Violations, "time"))
	}
	if n := len(d.Steps); n > 0 && d.Verdict == results.BenchStopped {
		for _, r := range d.Steps[n-1].Reasons {
			say("Step %d: %s.", n, r)
		}
	}
	switch d.Limit {
	case results.LimitGenerator:
		for _, p := range b.generatorProblems(s.high) {
			say("At %s %s. So nothing is known about the node there: %s.", results.RateText(s.high), p.Text, p.Advice)
		}
	case results.LimitTo:
		say("No rate above --to %s was tried.", b.o.to)
	case results.LimitSteps:
		say("The search has used its %s; --max-steps allows more.", count(d.Search.MaxSteps, "step"))
	case results.LimitUnusable:
		last := d.Steps[len(d.Steps)-1]
		for _, r := range last.Reasons {
			say("%s could not be tried: %s.", results.RateText(last.RatePerS), r)
		}
	case results.LimitNode:
		if d.Verdict == results.BenchNothing && d.Violations == 0 {
			say("Even %s does not hold, and less cannot be judged in %v: a longer --step-duration, or another --objective, goes further down.", results.RateText(s.high), b.o.step)
		}
	}
}

// generatorProblems are those of the last step at a rate.
func (b *benching) generatorProblems(rate float64) []results.GeneratorProblem {
	for i := len(b.doc.Steps) - 1; i >= 0; i-- {
		if s := &b.doc.Steps[i]; s.RatePerS == rate && s.Verdict == results.StepInvalid {
			return s.Generator.Problems()
		}
	}
	return nil
}

// result gathers what the confirming steps have measured. Above is the lowest
// rate that did not hold.
func (b *benching) result(rate, above float64) *results.BenchResult {
	r := &results.BenchResult{RatePerS: rate, Runs: b.doc.Search.Confirm, RunS: b.doc.Search.ConfirmS, AbovePerS: above}
	steps := b.doc.ConfirmedBy(rate, r.Runs)
	spread := func(of func(*results.BenchStep) float64) results.Spread {
		var all []float64
		for i := range steps {
			all = append(all, of(&steps[i]))
		}
		return results.SpreadOf(all)
	}
	r.Achieved = spread(func(s *results.BenchStep) float64 { return s.AchievedPerS })
	r.ResponseP50 = spread(func(s *results.BenchStep) float64 { return s.Response.P50US })
	r.ResponseP99 = spread(func(s *results.BenchStep) float64 { return s.Response.P99US })
	r.ServiceP50 = spread(func(s *results.BenchStep) float64 { return s.Service.P50US })
	r.ServiceP99 = spread(func(s *results.BenchStep) float64 { return s.Service.P99US })
	return r
}

// ending is the exit code. What the node did wrong outranks a generator that was
// the limit.
func (b *benching) ending() ending {
	d := b.doc
	gone := d.Verdict == results.BenchStopped && b.p.stopped.exitCode() == 0
	switch {
	case d.Violations > 0 || gone:
		return endingOf(exitFailed)
	case d.Limit == results.LimitGenerator:
		return endingOf(exitInvalid)
	case d.Result == nil && (d.Search.Confirm > 0 || d.Verdict == results.BenchNothing):
		return endingOf(exitFailed)
	}
	return passing
}

// confirming reads the journals of the confirming steps and returns the summary
// of all of them together.
func (b *benching) confirming() (*results.Summary, error) {
	d := b.doc
	m := b.manifest(d.Started, d.Seed)
	run := metrics.NewRun(metrics.Options{Manifest: m, Shards: 1})
	shard := run.Shard(0)
	end := results.End{Pairs: d.Pairs, Verdict: results.Passed}
	var generator results.Generator
	shift := time.Duration(0)
	for _, step := range d.Confirming() {
		file, err := os.Open(b.folder.File(step.Folder + "/" + results.JournalFile))
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		missing, err := results.ReadJournal(file, results.Visitor{
			Operation: func(r *results.OperationRecord) {
				shard.Begin(r.Operation, r.Phase, r.Warmup)
				shard.Record(r)
			},
			Mark: func(mark results.PhaseMark) {
				mark.TUS += shift.Microseconds()
				run.Mark(mark)
			},
			End: func(e results.End) {
				end.Checks = e.Checks
				end.Thresholds = e.Thresholds
			},
		})
		_ = file.Close() // it was only read
		if err != nil {
			return nil, fmt.Errorf("read journal: %w", err)
		}
		shift += missing.After + time.Second
		generator = worst(generator, step.Generator)
	}
	end.TUS = shift.Microseconds()
	limits := measuredThresholds(b.limits)
	end.Thresholds = nil
	for _, r := range run.Judge(shift, limits) {
		end.Thresholds = append(end.Thresholds, r.Summary())
	}
	run.End(end)
	s := run.Summary()
	s.Generator = generator
	return s, s.CheckSums()
}

// worst returns the worst of both in everything, and the CPU of both together.
func worst(a, b results.Generator) results.Generator {
	b.CPUS += a.CPUS
	b.MaxRSSBytes = max(a.MaxRSSBytes, b.MaxRSSBytes)
	b.LateP99US = max(a.LateP99US, b.LateP99US)
	b.GCPauseMaxUS = max(a.GCPauseMaxUS, b.GCPauseMaxUS)
	b.LateLimitUS = max(a.LateLimitUS, b.LateLimitUS)
	b.CPUShare = max(a.CPUShare, b.CPUShare)
	b.MaxSockets = max(a.MaxSockets, b.MaxSockets)
	return b
}

// latencies are the response and service times of an operation in the phases of
// a summary.
func latencies(s *results.Summary, op string) (response, service results.Latency) {
	for i := range s.Phases {
		o, ok := s.Phases[i].Operations[op]
		if op == results.AllOperations {
			o, ok = s.Phases[i].Operation, true
		}
		if ok {
			return o.Response, o.Service
		}
	}
	return results.Latency{}, results.Latency{}
}
