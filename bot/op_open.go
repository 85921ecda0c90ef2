package bot

import (
	"encoding/json"
	"time"

	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/wire"
)

// Names of frames that mark how far an opening has come.
const (
	nameChannelChanged = "on_chain_tx " + wire.OnChainChannelChanged
	nameFundingCreated = "on_chain_tx " + wire.OnChainFundingCreated
	nameFundingSigned  = "on_chain_tx " + wire.OnChainFundingSigned
)

// openTrack follows the opening of a channel by one side or both: fsm.md 6.1.
type openTrack struct {
	ends   [2]*end // by role; nil for a side that this step leaves alone
	until  *[2]*strategy.FrameName
	done   [2]bool
	agreed bool // the responder has signed: the channel may come into being
	event  string
	slot   bool // a place among the set-ups is taken

	marks [2]openMarks
}

// openMarks is when a side came how far.
type openMarks struct{ dial, opened, up, accepted, asked, signed time.Duration }

// asks says whether a tag is one of the opening.
func (t *openTrack) asks(_ *op, e *end, tag string) bool {
	return opOfTag[tag] == outcome.Open && t.ends[e.role.Index()] == e
}

// gave is told of a signature.
func (t *openTrack) gave(o *op, e *end) {
	t.marks[e.role.Index()].signed = o.p.now()
	t.agreed = t.agreed || e.role == outcome.Responder
}

// took is told of an abort, which changes nothing.
func (*openTrack) took(*op, *end, json.RawMessage) {}

// resume looks at what the sides saw before this step, and answers what was
// held for it.
func (t *openTrack) resume(o *op) {
	for i, e := range t.ends {
		if e == nil {
			continue
		}
		e.paused = false
		for name := range e.seen {
			t.mark(o, i, e, name)
		}
		t.check(o, i, e)
		if !e.paused {
			held := e.held
			e.held = nil
			for _, a := range held {
				a.op, a.run = o, o.run
				e.answer(a)
			}
		}
	}
	t.progress(o)
}

// mark notes that a side has seen the frame at which it goes no further.
func (t *openTrack) mark(_ *op, i int, e *end, name string) {
	if t.until != nil && t.until[i] != nil && t.until[i].Matches(name) {
		t.done[i], e.paused = true, true
	}
}

// check notes that a side is open.
func (t *openTrack) check(o *op, i int, e *end) {
	switch {
	case t.until != nil:
		if t.until[i] == nil {
			t.done[i] = true
		}
	case e.opened && (e.reported || e.silent("report_update")),
		e.reported && e.silent("report_info"):
		t.done[i] = true
	}
}

func (t *openTrack) frame(o *op, e *end, f *wire.Frame, name string) {
	i := e.role.Index()
	if t.ends[i] != e || o.told {
		return
	}
	t.note(o, i, f)
	if f.Kind == wire.KindError && !e.sawUp && f.Error != nil {
		o.tell(outcome.Outcome{Kind: outcome.Refused, Code: f.Error.SubCode(), Detail: f.Error.Message})
		o.settleSoon()
		return
	}
	if out := gone(e, f); out.Kind != outcome.Pending {
		if t.event != "" {
			out.Detail = t.event
		}
		o.tell(out)
		o.settleSoon()
		return
	}
	t.mark(o, i, e, name)
	t.check(o, i, e)
	t.progress(o)
}

// note keeps the times of a side, and why it may be about to die.
func (t *openTrack) note(o *op, i int, f *wire.Frame) {
	m := &t.marks[i]
	switch {
	case f.Sign != nil:
		m.asked = o.p.now()
	case f.Info == nil:
	case f.Info.Event == wire.EventFSMUp:
		m.up = o.p.now()
	case f.Info.Event == wire.EventChannelOpen, f.Info.Event == wire.EventChannelAccept:
		m.accepted = o.p.now()
	case f.Info.Event == wire.EventBadStateHash, f.Info.Event == wire.EventBadSignature, f.Info.Event == wire.EventNotCreateTx:
		t.event = f.Info.Event
	case f.Info.Event == wire.EventOpen:
		t.measure(o, i)
	}
}

// progress ends the opening when every side is there, gives its place to the
// next one when the chain has it, and asks for blocks when it needs them.
func (t *openTrack) progress(o *op) {
	all, funded, changed := true, true, true
	for i, e := range t.ends {
		if e == nil {
			continue
		}
		all = all && t.done[i]
		funded = funded && (e.seen[nameFundingCreated] || e.seen[nameFundingSigned] || e.rejoined)
		changed = changed && (e.seen[nameChannelChanged] || e.rejoined)
	}
	if all {
		out := outcome.Outcome{Kind: outcome.Done}
		if t.until == nil {
			out = outcome.Outcome{Kind: outcome.Signed, Round: 1}
		}
		o.tell(out)
	}
	if t.slot && (funded || o.told) {
		t.release(o)
	}
	if changed && !o.told {
		o.mine(true)
	}
	if o.told {
		t.end(o)
	}
}

// release gives back the place among the set-ups.
func (t *openTrack) release(o *op) {
	if t.slot {
		t.slot = false
		<-o.p.fleet.setups
	}
}

// end gives back everything that the opening holds.
func (t *openTrack) end(o *op) {
	t.release(o)
	o.mine(false)
}

func (t *openTrack) closed(o *op, e *end, s *socket, how ending) {
	i := e.role.Index()
	if t.ends[i] != e || o.told {
		return
	}
	out := lostSocket(s, how, t.agreed)
	if !e.sawUp && !s.ownClose {
		out.Kind = outcome.Refused
	}
	o.tell(out)
	o.settleSoon()
}

func (t *openTrack) settled(o *op) bool {
	t.end(o)
	if o.out.Kind == outcome.Signed || o.out.Kind == outcome.Done {
		return true
	}
	for _, e := range t.ends {
		if e != nil && e.sock != nil {
			o.settleSoon()
			return false
		}
	}
	return true
}

// measure records the parts of the opening of one side.
func (t *openTrack) measure(o *op, i int) {
	m, role := t.marks[i], outcome.Roles[i].String()
	part := func(name string, from, to time.Duration) {
		if from > 0 && to >= from {
			o.stage(role+"_"+name, to-from)
		}
	}
	part("connect", m.dial, m.opened)
	part("fsm_up", m.opened, m.up)
	part("accept", m.up, m.accepted)
	part("sign_request", m.accepted, m.asked)
	part("open", m.signed, o.p.now())
}

// joinTrack follows a reconnect to its fsm_up.
type joinTrack struct{}

func (joinTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if e != o.e || o.told {
		return
	}
	switch {
	case f.Kind == wire.KindError && f.Error != nil:
		o.tell(outcome.Outcome{Kind: outcome.Refused, Code: f.Error.SubCode(), Detail: f.Error.Message})
		o.settleSoon()
	case f.Info != nil && f.Info.Event == wire.EventFSMUp:
		o.tell(outcome.Outcome{Kind: outcome.Done})
		o.stage("fsm_up", o.p.now()-o.sent)
	}
}

func (joinTrack) closed(o *op, e *end, s *socket, how ending) {
	if e != o.e || o.told {
		return
	}
	out := lostSocket(s, how, false)
	if !s.ownClose {
		out.Kind = outcome.Refused
	}
	o.tell(out)
}

func (joinTrack) settled(o *op) bool {
	return o.out.Kind != outcome.Refused || o.e.sock == nil
}
