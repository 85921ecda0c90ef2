package fuzz

import (
	"fmt"
	"regexp"
	"strconv"
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
// that happens to it, so what a side was told last is not later than that. What
// the side has sent since may not have been read (fsm 3.3). One part in slack of
// the time is not judged, nor is how late this process may have read a frame.
func (t *tape) earlyTimer(sc *strategy.Scenario, slack int, late time.Duration) *breach {
	least := leastDefault
	for _, after := range sc.Channel.Timeouts {
		if after > 0 {
			least = min(least, after)
		}
	}
	least = min(least, t.leastTimer())
	least -= least/time.Duration(slack) + late
	var sides [2]quietness
	for i := range t.frames {
		f := &t.frames[i]
		r, err := outcome.ParseRole(f.Side)
		if err != nil {
			continue
		}
		if f.Dir == results.DirOut && abortsLikeATimer.Match(f.Frame) {
			return nil // its code may be what the peer is told
		}
		q := &sides[r.Index()]
		if f.Dir != results.DirIn {
			continue
		}
		w := wire.DecodeFrame(f.Frame)
		if since, known := q.before(f.T); ranOut(&w) && known && since < least {
			return &breach{
				Rule: RuleTimer, Role: r, Cell: t.last[r.Index()],
				Expected: fmt.Sprintf("no timer before %v", least), Got: fmt.Sprintf("%s after %v", w.Name(), since.Round(time.Millisecond)),
			}
		}
		// An answer may be that of the socket's handler alone, such as pong.
		if w.Kind != wire.KindResult && w.Kind != wire.KindError && w.Method != wire.MethodSystemPong {
			q.pass(f.T)
		}
	}
	return nil
}

// leastTimer is the shortest timer that a socket was opened with, whatever the
// scenario says about all of them: one of 0 is over at once.
func (t *tape) leastTimer() time.Duration {
	least := leastDefault
	for i := range t.frames {
		if t.frames[i].Dir != results.DirConnect {
			continue
		}
		for _, timer := range timerParam.FindAllSubmatch(t.frames[i].Text(), -1) {
			ms, err := strconv.Atoi(string(timer[1]))
			if err == nil && ms < int(least/time.Millisecond) {
				least = time.Duration(max(ms, 0)) * time.Millisecond
			}
		}
	}
	return least
}

var timerParam = regexp.MustCompile(`[?&]timeout_\w+=(-?\d+)`)

// burst is the time within which frames count as having come together. A socket
// that was blocked gives everything at once when it goes on (fsm 3.3).
const burst = 40 * time.Millisecond

// quietness is when one side was told something.
type quietness struct {
	last, earlier time.Duration // the last one, and the last one before its burst
}

func (q *quietness) pass(at time.Duration) {
	if at-q.last > burst {
		q.earlier = q.last
	}
	q.last = at
}

// before returns how long it had been quiet before a moment and the burst that
// it belongs to. It is not known when nothing came before that.
func (q *quietness) before(at time.Duration) (since time.Duration, known bool) {
	from := q.last
	if at-q.last <= burst {
		from = q.earlier
	}
	return at - from, from > 0
}

var abortsLikeATimer = regexp.MustCompile(`"error"\s*:\s*"?3\b`)

// ranOut says that a frame tells of a timer.
func ranOut(f *wire.Frame) bool {
	return f.Conflict != nil && f.Conflict.Code == wire.ConflictTimeout || f.Info != nil && f.Info.Event == wire.EventTimeout
}
