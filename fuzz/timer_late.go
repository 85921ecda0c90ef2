package fuzz

import (
	"fmt"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/wire"
)

// lateMargin is how much later than it should a timer may run out, which
// includes how late its frames may be seen.
const lateMargin = 1200 * time.Millisecond

// lateTimer judges that the timers of a co-signed operation run out, with
// conflict 3 and not with the end of the state machine (fsm 4, rule 2): that of
// a side that is asked to sign and sends nothing more, and that of a starter
// whose peer does so. end is when the last frame could have come.
func (t *tape) lateTimer(sc *strategy.Scenario, end time.Duration) *breach {
	l := lateness{sign: sc.Channel.Timeouts["sign"], accept: sc.Channel.Timeouts["accept"]}
	if l.sign <= 0 || l.accept <= 0 {
		return nil
	}
	for i := range t.frames {
		f := &t.frames[i]
		r, err := outcome.ParseRole(f.Side)
		if err != nil {
			continue
		}
		if b := l.judge(t, f.T); b != nil {
			return b
		}
		if b := l.take(t, f, r); b != nil {
			return b
		}
	}
	return l.judge(t, end)
}

// lateness is what timers run on each side, by role.
type lateness struct {
	sign, accept time.Duration
	running      [2]runningTimer
	signed       [2]bool // an own update, last of all
	gone         [2]bool
}

// runningTimer is a timer that nothing has started again since a moment.
type runningTimer struct {
	name  string // empty for none
	since time.Duration
	after time.Duration
}

// judge looks for a timer that should have run out before a moment.
func (l *lateness) judge(t *tape, now time.Duration) *breach {
	for _, r := range outcome.Roles {
		if w := l.running[r.Index()]; w.name != "" && now > w.since+w.after+lateMargin {
			return w.breach(t, r, "nothing for "+(now-w.since).Round(time.Millisecond).String())
		}
	}
	return nil
}

func (w runningTimer) breach(t *tape, r outcome.Role, got string) *breach {
	return &breach{Rule: RuleTimerLate, Role: r, Cell: t.last[r.Index()], Expected: fmt.Sprintf("conflict 3 by %s, %v after the last event", w.name, w.after), Got: got}
}

// dropping are the events after which no operation is pending any more: the
// timer ran out, the peer has gone (fsm 7), or the channel closes (fsm 6.5).
var dropping = map[string]bool{wire.EventTimeout: true, wire.EventPeerDisconnected: true, wire.EventClosing: true}

// take notes what a frame does to the timers.
func (l *lateness) take(t *tape, f *results.FrameRecord, r outcome.Role) *breach {
	own, peer := r.Index(), r.Peer().Index()
	switch f.Dir {
	case results.DirOut:
		l.running = [2]runningTimer{} // either state machine may hear of it
		sent, _, _ := wire.ParseRequests(f.Frame)
		l.signed[own] = len(sent) == 1 && sent[0].Method == wire.AnswerMethod(wire.TagUpdate) && sent[0].HasSignedTx
	case results.DirIn:
		w := wire.DecodeFrame(f.Frame)
		running := &l.running[own]
		switch {
		case w.Info != nil && w.Info.Event == wire.EventDied:
			was := *running
			*running, l.gone[own] = runningTimer{}, true
			if was.name != "" && !l.gone[peer] && f.T > was.since+was.after-was.after/10 {
				return was.breach(t, r, "info died")
			}
		case w.Info != nil && w.Info.Event == wire.EventFSMUp:
			l.gone[own] = false
		case w.Sign == nil:
			running.since = f.T
			if w.Conflict != nil || w.Info != nil && dropping[w.Info.Event] {
				// Even if the peer is asked to sign only now, it is over here.
				*running, l.signed[own] = runningTimer{}, false
			}
		case w.Sign.Tag == wire.TagUpdate || w.Sign.Tag == wire.TagDepositTx || w.Sign.Tag == wire.TagWithdrawTx:
			*running = runningTimer{"timeout_sign", f.T, l.sign}
		case w.Sign.Tag == wire.TagUpdateAck:
			*running = runningTimer{"timeout_sign", f.T, l.sign}
			if l.signed[peer] {
				l.running[peer] = runningTimer{"timeout_accept", f.T, l.accept}
			}
		default:
			*running = runningTimer{}
		}
	case results.DirClose:
		l.running[own], l.gone[own] = runningTimer{}, true
	}
	return nil
}
