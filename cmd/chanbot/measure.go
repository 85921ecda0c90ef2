package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"chanbot/bot"
	"chanbot/metrics"
	"chanbot/results"
	"chanbot/strategy"
)

// measurement records a run while it goes on and judges it at its end.
type measurement struct {
	journal *results.Journal
	run     *metrics.Run
	gauge   *metrics.Gauge
	limits  []metrics.Threshold
	pairs   int
	started time.Time
	faults  *faultLog
	warn    func(format string, args ...any)
	abort   func(now time.Duration) // ends the run when a threshold is broken; nil does not

	stop   context.CancelFunc
	ticks  sync.WaitGroup
	warned bool // that the journal cannot be written; only for tick
}

// measure begins to record a run.
func (p *player) measure(j job, cfg *bot.Config, out *output, abort context.CancelCauseFunc) (*measurement, error) {
	journal, err := out.folder.CreateJournal(out.manifest)
	if err != nil {
		return nil, unwritable("--out", p.s.out, err)
	}
	m := &measurement{journal: journal, gauge: new(metrics.Gauge), pairs: cfg.Pairs, started: cfg.Started, warn: p.c.warn}
	m.limits = measuredThresholds(j.scenario.Thresholds)
	m.run = metrics.NewRun(metrics.Options{
		Manifest: out.manifest, Journal: journal, Window: span(j.scenario.Thresholds),
		Sockets: func() int { return int(m.gauge.Sockets.Load()) },
	})
	if p.s.abort {
		ended := false // only for the goroutine that ticks
		m.abort = m.run.AbortWhenBroken(func(why error) {
			if !ended {
				ended = true
				fmt.Fprintf(p.c.Stderr, "chanbot: %v; ending the channels and writing the results\n", why)
				abort(why)
			}
		}, slices.DeleteFunc(slices.Clone(m.limits), onlyAtTheEnd), 0)
	}
	m.faults = newFaultLog(m.run)
	cfg.Faults = m.faults.event
	cfg.Metrics, cfg.Gauge = m.run, m.gauge
	ctx, stop := context.WithCancel(context.Background())
	m.stop = stop
	m.ticks.Go(func() { m.run.Every(ctx, m.started, m.tick) })
	return m, nil
}

// tick is called once a second.
func (m *measurement) tick(now time.Duration) {
	if err := m.journal.Err(); err != nil && !m.warned {
		m.warned = true
		m.warn("%v; the run goes on, and what it comes to is in the summary at its end", err)
	}
	if m.abort != nil && settled(m.gauge.Read(), now) {
		m.abort(now)
	}
}

// settling is how long the first judged part of a load goes on before a broken
// threshold ends it.
const settling = 3 * time.Second

// settled says that the load has gone on for long enough to judge it.
func settled(p metrics.Progress, now time.Duration) bool {
	return p.Stage == metrics.StageLoad && (p.Phase.Number > 1 || !p.Phase.Warmup && now-p.Phase.Start >= settling)
}

// onlyAtTheEnd says that a condition may still come to hold after it did not.
func onlyAtTheEnd(t metrics.Threshold) bool {
	if t.Func != "count" {
		return false
	}
	return t.Op == ">" || t.Op == ">=" || t.Op == "!=" || t.Op == "==" && t.Limit > 0
}

// discard ends a measurement of nothing.
func (m *measurement) discard() {
	m.stop()
	m.ticks.Wait()
	_ = m.journal.Close() // it is about to be removed
}

// end judges the run and completes its report. Cause is why its context was
// cancelled, nil when it was not.
func (m *measurement) end(report *bot.Report, cause error) {
	m.stop()
	m.ticks.Wait()
	now := time.Since(m.started)
	var limits []results.Threshold
	for _, r := range m.run.Judge(now, m.limits) {
		if broken, ok := errors.AsType[*metrics.BrokenError](cause); ok && broken.Result.Text == r.Text {
			r = broken.Result // it ended the run, whatever it came to afterwards
		}
		limits = append(limits, r.Summary())
	}
	e := results.End{
		TUS: now.Microseconds(), Pairs: m.pairs, Verdict: report.Summary.Verdict,
		Checks: report.Summary.Checks, Thresholds: limits, Decisions: report.Decisions,
		Steps: report.Scenario.Steps, Problem: endedEarly(report, cause),
	}
	m.run.Tick(now)
	e.Verdict = verdictOf(report.Summary.Verdict, cause, m.run.Summary().Generator, limits)
	m.run.End(e)
	report.Summary = *m.run.Summary()
	report.Scenario.Verdict = e.Verdict
}

// verdictOf is what a run came to. What the node, or its loss, made wrong outranks
// an interruption, that a generator which could not keep up, and that a broken
// threshold.
func verdictOf(of results.Verdict, cause error, g results.Generator, limits []results.Threshold) results.Verdict {
	broken := slices.ContainsFunc(limits, func(t results.Threshold) bool { return !t.Passed })
	_, aborted := errors.AsType[*metrics.BrokenError](cause)
	switch {
	case of == results.Failed || errors.Is(cause, errNodeGone):
		return results.Failed
	case (of == results.Interrupted || cause != nil) && !aborted:
		return results.Interrupted
	case len(g.Problems()) > 0:
		return results.Invalid
	case broken:
		return results.Failed
	}
	return results.Passed
}

// span is how far the thresholds of a scenario look back.
func span(thresholds []strategy.Threshold) (longest time.Duration) {
	for _, t := range thresholds {
		longest = max(longest, t.Last)
	}
	return longest
}

// texts are the conditions as they were written.
func texts(thresholds []strategy.Threshold) []string {
	var all []string
	for _, t := range thresholds {
		all = append(all, t.Text)
	}
	return all
}

// measuredThresholds are conditions in the words of package metrics.
func measuredThresholds(thresholds []strategy.Threshold) []metrics.Threshold {
	var all []metrics.Threshold
	for _, t := range thresholds {
		all = append(all, metrics.Threshold{
			Text: t.Text, Func: t.Func, Quantile: t.Quantile, Operation: t.Operation, Clock: t.Clock,
			Kind: t.Kind, Last: t.Last, Op: t.Op, Limit: t.Limit,
		})
	}
	return all
}

// readThresholds reads the conditions of a manifest. They were accepted once,
// so one that cannot be read is of another version and is left out.
func readThresholds(texts []string) []metrics.Threshold {
	var all []strategy.Threshold
	for _, text := range texts {
		if t, err := strategy.ParseThreshold(text); err == nil {
			all = append(all, t)
		}
	}
	return measuredThresholds(all)
}
