package main

import (
	"context"
	"errors"
	"testing"

	"chanbot/metrics"
	"chanbot/results"
)

func TestWhatEndsARunBadly(t *testing.T) {
	late := results.Generator{LateP99US: 20_000, LateLimitUS: 10_000}
	broken := []results.Threshold{{Expr: "count(signed) == 1"}, {Expr: "x", Passed: true}}
	aborted := &metrics.BrokenError{}
	for name, c := range map[string]struct {
		bot    results.Verdict
		cause  error
		g      results.Generator
		limits []results.Threshold
		want   results.Verdict
	}{
		"nothing":                              {results.Passed, nil, results.Generator{}, broken[1:], results.Passed},
		"a broken threshold":                   {results.Passed, nil, results.Generator{}, broken, results.Failed},
		"a threshold that cannot be judged":    {results.Passed, nil, results.Generator{}, []results.Threshold{{Problem: "not enough samples"}}, results.Failed},
		"a generator that fell behind":         {results.Passed, nil, late, nil, results.Invalid},
		"which says more than a threshold":     {results.Passed, nil, late, broken, results.Invalid},
		"but less than what the node does":     {results.Failed, nil, late, broken, results.Failed},
		"an interruption":                      {results.Interrupted, errInterrupted, late, broken, results.Interrupted},
		"one at the last moment":               {results.Passed, errInterrupted, results.Generator{}, nil, results.Interrupted},
		"a violation before it":                {results.Failed, errInterrupted, results.Generator{}, nil, results.Failed},
		"a threshold that ended the run":       {results.Interrupted, aborted, results.Generator{}, broken, results.Failed},
		"that of a generator that fell behind": {results.Interrupted, aborted, late, broken, results.Invalid},
		"a node that is gone":                  {results.Interrupted, errNodeGone, late, nil, results.Failed},
		"the end of the context":               {results.Interrupted, context.Canceled, results.Generator{}, nil, results.Interrupted},
	} {
		if got := verdictOf(c.bot, c.cause, c.g, c.limits); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTheWorseEndWins(t *testing.T) {
	limit := &results.Summary{Verdict: results.Failed, Thresholds: []results.Threshold{{}}, Checks: []results.Check{{Passed: true}}}
	invalid := &results.Summary{Verdict: results.Invalid}
	expectation := &results.Summary{Verdict: results.Failed, Thresholds: []results.Threshold{{}}, Checks: []results.Check{{Passed: false}}}
	violation := &results.Summary{Verdict: results.Failed, Thresholds: []results.Threshold{{}}, Violations: []results.Violation{{}}}
	other := &results.Summary{Verdict: results.Failed}
	for name, c := range map[string]struct {
		a, b ending
		want int
	}{
		"a scenario that could not run":     {passing, endingOf(exitNotRun), exitNotRun},
		"the first one of them":             {endingOf(exitNotRun), endingOf(exitUsage), exitNotRun},
		"a broken threshold over that":      {endingOf(exitNotRun), endingBy(limit), exitFailed},
		"an invalid run over a threshold":   {endingBy(limit), endingBy(invalid), exitInvalid},
		"an expectation over an invalid":    {endingBy(invalid), endingBy(expectation), exitFailed},
		"a violation over an invalid":       {endingBy(invalid), endingBy(violation), exitFailed},
		"a lost node over an invalid":       {endingBy(invalid), endingBy(other), exitFailed},
		"an invalid run under a violation":  {endingBy(violation), endingBy(invalid), exitFailed},
		"a bug over everything":             {endingBy(violation), endingOf(exitBug), exitBug},
		"and under nothing":                 {endingOf(exitBug), endingBy(violation), exitBug},
		"all that passed":                   {passing, endingBy(&results.Summary{Verdict: results.Passed}), exitPassed},
		"an interrupted one, if unexpected": {passing, endingBy(&results.Summary{Verdict: results.Interrupted}), exitFailed},
	} {
		if got := worse(c.a, c.b); got.code != c.want {
			t.Errorf("%s: %d, want %d", name, got.code, c.want)
		}
	}
}

func TestComplaintsTogether(t *testing.T) {
	a, b := misuse("", "a"), cannotRun("", "b")
	for _, c := range []struct {
		x, y error
		want string
	}{
		{nil, nil, ""}, {a, nil, "a"}, {nil, b, "b"}, {a, complaints{b, a}, "a\nb\na"}, {a, errors.New("c"), "a\nc"},
	} {
		got := ""
		if err := together(c.x, c.y); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%v and %v: %q, want %q", c.x, c.y, got, c.want)
		}
	}
}
