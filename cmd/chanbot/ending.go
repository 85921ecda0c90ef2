package main

import (
	"slices"

	"chanbot/results"
)

// ending is how one scenario, or all of them, ended: the exit code, and how much
// it says. The same code can say more and less: that a node did wrong outranks
// a generator that could not keep up, and that a broken threshold.
type ending struct {
	code int
	rank int
}

// passing is the end of a run in which all was as expected.
var passing = ending{code: exitPassed}

// endingOf is the end that an exit code stands for.
func endingOf(code int) ending {
	switch code {
	case exitPassed:
		return passing
	case exitUsage, exitNotRun:
		return ending{code, 1}
	case exitInvalid:
		return ending{code, 3}
	case exitFailed:
		return ending{code, 4}
	}
	return ending{code, 5}
}

// endingBy is the end that a run's summary tells of.
func endingBy(s *results.Summary) ending {
	switch s.Verdict {
	case results.Passed:
		return passing
	case results.Invalid:
		return endingOf(exitInvalid)
	}
	onlyThresholds := s.Verdict == results.Failed && len(s.Violations) == 0 &&
		!slices.ContainsFunc(s.Checks, func(c results.Check) bool { return !c.Passed }) &&
		slices.ContainsFunc(s.Thresholds, func(t results.Threshold) bool { return !t.Passed })
	if onlyThresholds {
		return ending{exitFailed, 2}
	}
	return endingOf(exitFailed)
}

// worse returns the end that says more.
func worse(a, b ending) ending {
	if b.rank > a.rank {
		return b
	}
	return a
}
