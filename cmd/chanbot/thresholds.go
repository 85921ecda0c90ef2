package main

import (
	"fmt"
	"math"
	"time"

	"chanbot/bot"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// quantile returns the quantile of a threshold in microseconds, if a summary
// holds it.
func quantile(q float64, l results.Latency) (us float64, ok bool) {
	switch math.Round(q * 1e6) { // a reader's 99.9% need not be exactly 0.999
	case 500_000:
		return l.P50US, true
	case 900_000:
		return l.P90US, true
	case 990_000:
		return l.P99US, true
	case 999_000:
		return l.P999US, true
	}
	return 0, false
}

// measurable refuses a threshold that a summary has no number for.
func measurable(t strategy.Threshold) error {
	const hint = "p50, p90, p99, p99.9, mean and max of one operation, and share, count and rate of outcomes are measured"
	ok := true
	switch t.Func {
	case "quantile":
		_, ok = quantile(t.Quantile, results.Latency{})
		ok = ok && t.Operation != ""
	case "mean", "max":
		ok = t.Operation != ""
	case "share", "count", "rate":
	default:
		ok = false
	}
	if !ok || t.Last > 0 {
		return misuse(hint, "%s: %s is not measured by run", t.Pos, t.Text)
	}
	return nil
}

// judge measures the thresholds of a scenario against what came out; a broken
// one fails the run.
func judge(thresholds []strategy.Threshold, report *bot.Report) {
	s := &report.Summary
	for _, t := range thresholds {
		value, measured := measure(t, s)
		passed := measured && holds(value, t.Op, t.Limit)
		if value != 0 && isTime(t) {
			value /= float64(time.Millisecond)
		}
		s.Thresholds = append(s.Thresholds, results.Threshold{Expr: t.Text, Value: value, Passed: passed})
		if !passed && s.Verdict == results.Passed {
			s.Verdict, report.Scenario.Verdict = results.Failed, results.Failed
		}
	}
}

func isTime(t strategy.Threshold) bool {
	return t.Func == "quantile" || t.Func == "mean" || t.Func == "max"
}

// measure returns the value of a threshold in the unit of its limit, and
// whether there was anything to measure.
func measure(t strategy.Threshold, s *results.Summary) (float64, bool) {
	part := results.Operation{Attempts: s.Attempts, Outcomes: s.Outcomes}
	if t.Operation != "" {
		part = s.Operations[string(t.Operation)]
	}
	n := float64(part.Outcomes[t.Kind.String()])
	switch t.Func {
	case "count":
		return n, true
	case "share":
		if part.Attempts == 0 {
			return 0, false
		}
		return n / float64(part.Attempts), true
	case "rate":
		if s.DurationS <= 0 {
			return 0, false
		}
		return n / s.DurationS, true
	}
	l := part.Response
	switch t.Clock {
	case outcome.Service:
		l = part.Service
	case outcome.Waiting:
		l = part.Wait
	}
	if l.Count == 0 {
		return 0, false
	}
	us, ok := l.MaxUS, true
	switch t.Func {
	case "mean":
		us = l.MeanUS
	case "quantile":
		us, ok = quantile(t.Quantile, l)
	}
	return us * float64(time.Microsecond), ok
}

func holds(value float64, op string, limit float64) bool {
	switch op {
	case "<":
		return value < limit
	case "<=":
		return value <= limit
	case ">":
		return value > limit
	case ">=":
		return value >= limit
	case "==":
		return value == limit
	case "!=":
		return value != limit
	}
	return false
}

// broken says in words how a threshold was missed.
func broken(t results.Threshold) string {
	return fmt.Sprintf("threshold broken: %s (measured %g)", t.Expr, t.Value)
}
