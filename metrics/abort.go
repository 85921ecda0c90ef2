package metrics

import (
	"context"
	"fmt"
	"time"
)

// BrokenError is why a run was aborted: a threshold broke before the end.
type BrokenError struct{ Result Result }

// Error names the threshold and what was measured.
func (e *BrokenError) Error() string {
	t := e.Result.Summary()
	return fmt.Sprintf("threshold broken: %s (measured %s)", t.Expr, t.Measured())
}

// AbortWhenBroken returns a function for Every that cancels the run with a
// *BrokenError as soon as one of the thresholds is broken, but not in the first
// part of the run, given by after. Too few samples break nothing. A condition
// that only holds at the end, as count(signed) == 1000 does, is not for this.
func (r *Run) AbortWhenBroken(cancel context.CancelCauseFunc, thresholds []Threshold, after time.Duration) func(now time.Duration) {
	return func(now time.Duration) {
		if now < after {
			return
		}
		for _, t := range r.Judge(now, thresholds) {
			if t.State == Broken {
				cancel(&BrokenError{t})
				return
			}
		}
	}
}
