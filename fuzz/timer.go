package fuzz

import (
	"fmt"
	"regexp"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/wire"
)

// leastDefault is the shortest timer of a channel that sets none (fsm 4).
const leastDefault = 120 * time.Second

// earlyTimer judges that no timer of the node ran out before the shortest one
// that the channel has. A state machine starts its timer again with everything
// that happens to it, so what a side has seen last is not later than that.
func (t *tape) earlyTimer(sc *strategy.Scenario) *breach {
	least := leastDefault
	for _, after := range sc.Channel.Timeouts {
		if after > 0 {
			least = min(least, after)
		}
	}
	least -= least / 10
	var last [2]time.Duration
	for i := range t.frames {
		f := &t.frames[i]
		r, err := outcome.ParseRole(f.Side)
		if err != nil {
			continue
		}
		if f.Dir == results.DirOut && abortsLikeATimer.Match(f.Frame) {
			return nil // its code may be what the peer is told
		}
		since := f.T - last[r.Index()]
		if f.Dir == results.DirIn {
			if w := wire.DecodeFrame(f.Frame); ranOut(&w) && since < least && last[r.Index()] > 0 {
				return &breach{
					Rule: RuleTimer, Role: r, Cell: t.last[r.Index()],
					Expected: fmt.Sprintf("no timer before %v", least), Got: fmt.Sprintf("%s after %v", w.Name(), since.Round(time.Millisecond)),
				}
			}
		}
		last[r.Index()] = f.T
	}
	return nil
}

var abortsLikeATimer = regexp.MustCompile(`"error"\s*:\s*"?3\b`)

// ranOut says that a frame tells of a timer.
func ranOut(f *wire.Frame) bool {
	return f.Conflict != nil && f.Conflict.Code == wire.ConflictTimeout || f.Info != nil && f.Info.Event == wire.EventTimeout
}
