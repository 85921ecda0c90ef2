package bot

import (
	"time"

	"chanbot/outcome"
	"chanbot/wire"
)

// reestablishTrack follows the return of a channel whose machines have ended:
// fsm.md 6.8. A side alone is followed as far as it can come: a responder to its
// fsm_up, where it waits for the initiator.
type reestablishTrack struct {
	sides [2]*end // by role
	joins [2]bool // those that connect in this step
	alone bool    // the responder comes back and the initiator is not there

	back    [2]bool // info channel_reestablished
	open    [2]bool // info open, or closing when a solo close is on the chain
	updated [2]bool // the state was reported
	dial    [2]time.Duration
}

func (t *reestablishTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	i := e.role.Index()
	if t.sides[i] != e {
		return
	}
	t.note(o, i, f)
	if !o.told {
		t.judge(o, i, e, f)
	}
}

func (t *reestablishTrack) note(o *op, i int, f *wire.Frame) {
	role := outcome.Roles[i].String()
	switch {
	case f.Update != nil:
		t.updated[i] = true
	case f.Info == nil:
	case f.Info.Event == wire.EventFSMUp && t.joins[i]:
		o.stage(role+"_fsm_up", o.p.now()-t.dial[i])
	case f.Info.Event == wire.EventChannelReestablished:
		t.back[i] = true
	case f.Info.Event == wire.EventOpen, f.Info.Event == wire.EventClosing:
		t.open[i] = t.back[i]
		if t.joins[i] {
			o.stage(role+"_open", o.p.now()-t.dial[i])
		}
	}
}

func (t *reestablishTrack) judge(o *op, i int, e *end, f *wire.Frame) {
	if f.Kind == wire.KindError && t.joins[i] && !e.sawUp && f.Error != nil {
		o.tell(outcome.Outcome{Kind: outcome.Refused, Code: f.Error.SubCode(), Detail: f.Error.Message})
		return
	}
	if out := gone(e, f); out.Kind != outcome.Pending {
		if t.sides[1-i].asleep() || t.joins[i] {
			o.tell(out)
		}
		return
	}
	if t.alone && t.joins[i] && (e.sawUp || e.silent("report_info")) || t.complete() {
		o.tell(outcome.Outcome{Kind: outcome.Done})
	}
}

// complete says whether both sides are open again.
func (t *reestablishTrack) complete() bool {
	for i, e := range t.sides {
		if !t.joins[i] && e.asleep() {
			continue // nobody looks at that side
		}
		if !t.open[i] && !e.silent("report_info") || t.joins[i] && !t.updated[i] && !e.silent("report_update") {
			return false
		}
	}
	return true
}

func (t *reestablishTrack) closed(o *op, e *end, s *socket, how ending) {
	i := e.role.Index()
	if t.sides[i] != e || o.told || !t.joins[i] {
		return
	}
	out := lostSocket(s, how, false)
	if !e.sawUp && !s.ownClose {
		out.Kind = outcome.Refused
	}
	o.tell(out)
}

func (t *reestablishTrack) settled(o *op) bool {
	if o.out.Kind != outcome.Done {
		var mine []*end
		for i, e := range t.sides {
			if t.joins[i] && (e.died || o.out.Kind == outcome.Refused) {
				mine = append(mine, e)
			}
		}
		return o.closes(mine...)
	}
	for i, e := range t.sides {
		// Older nodes do not report the state to a responder that stayed.
		if !t.joins[i] && !e.asleep() && !t.alone && !t.updated[i] && !e.silent("report_update") {
			o.settleSoon()
			return false
		}
	}
	return true
}
