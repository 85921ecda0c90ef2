package bot

import (
	"strconv"

	"chanbot/outcome"
	"chanbot/wire"
)

// replyTrack follows a request that ends with its own answer: a query, a ping.
// Without an id the answer is a notification with the name reply.
type replyTrack struct{ reply string }

func (t replyTrack) frame(o *op, e *end, f *wire.Frame, name string) {
	if e != o.e || o.told {
		return
	}
	ok, refused := o.answers(e, f)
	switch {
	case refused != nil:
		o.tell(rejected(refused))
	case ok:
		t.done(o, f.Result)
	case o.id == nil && f.Kind == wire.KindNotification && f.Method == t.reply:
		t.done(o, f.Data)
	default:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
		}
	}
}

func (t replyTrack) done(o *op, data []byte) {
	o.tell(outcome.Outcome{Kind: outcome.Done})
	if o.kind == outcome.Balances {
		// A wrong shape is the model's to report; values are then missing.
		o.values, _ = wire.DecodeReply[[]wire.Balance](data)
	}
	o.stage("answer", o.p.now()-o.sent)
}

func (replyTrack) closed(o *op, e *end, s *socket, how ending) {
	if e == o.e {
		o.tell(lostSocket(s, how, false))
	}
}

func (replyTrack) settled(*op) bool { return true }

// stopTrack follows a stop, which ends at its answer or without one at the end
// of the channel.
type stopTrack struct{}

func (stopTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if e != o.e {
		return
	}
	ok, refused := o.answers(e, f)
	switch {
	case refused != nil:
		o.tell(rejected(refused))
	case ok:
		e.stopped = true
		o.tell(outcome.Outcome{Kind: outcome.Done})
	case f.Info != nil && f.Info.Event == wire.EventDied:
		o.tell(outcome.Outcome{Kind: outcome.Done, Detail: "died"})
	}
}

func (stopTrack) closed(o *op, e *end, s *socket, how ending) {
	if e != o.e {
		return
	}
	if how.code == 1006 && !s.ownClose {
		o.tell(lostSocket(s, how, false))
		return
	}
	o.tell(outcome.Outcome{Kind: outcome.Done, Detail: "closed with " + strconv.Itoa(how.code)})
}

func (stopTrack) settled(*op) bool { return true }

// messageTrack follows an in-band message to its delivery.
type messageTrack struct{ info string }

func (t messageTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if o.told {
		return
	}
	ok, refused := o.answers(e, f)
	switch {
	case refused != nil:
		o.tell(rejected(refused))
	case ok && o.e.peer().sock == nil:
		o.tell(outcome.Outcome{Kind: outcome.Done, Detail: "nobody to deliver it to"})
	case e == o.e.peer() && f.Message != nil && f.Message.Info == t.info:
		o.tell(outcome.Outcome{Kind: outcome.Done})
		o.stage("delivery", o.p.now()-o.sent)
	case e == o.e:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
		}
	}
}

func (messageTrack) closed(o *op, e *end, s *socket, how ending) {
	switch e {
	case o.e:
		o.tell(lostSocket(s, how, true))
	case o.e.peer():
		o.tell(outcome.Outcome{Kind: outcome.Unknown, Detail: "the peer's socket ended before the message came"})
	}
}

func (messageTrack) settled(*op) bool { return true }

// sendTrack follows what was sent past all checks. With expecting it waits for
// the first thing that can be an outcome, otherwise only for the answer to its
// id.
type sendTrack struct{ expecting bool }

func (t sendTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if e != o.e || o.told {
		return
	}
	ok, refused := o.answers(e, f)
	switch {
	case refused != nil, t.expecting && f.Kind == wire.KindError && f.Error != nil:
		o.tell(rejected(f.Error))
	case ok:
		o.tell(outcome.Outcome{Kind: outcome.Done})
	case !t.expecting:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
		}
	case f.Conflict != nil:
		o.tell((&updateTrack{}).conflict(o, f.Conflict))
	case f.Update != nil:
		o.tell(outcome.Outcome{Kind: outcome.Signed, Round: e.client.Round()})
	case f.Info != nil && f.Info.Event == wire.EventAbortedUpdate:
		o.tell(outcome.Outcome{Kind: outcome.Aborted, By: outcome.ByRole(e.role)})
	default:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
		}
	}
}

func (sendTrack) closed(o *op, e *end, s *socket, how ending) {
	if e == o.e {
		o.tell(lostSocket(s, how, false))
	}
}

func (sendTrack) settled(*op) bool { return true }

// quietTrack follows what no frame is the answer to: wait, blocks, disconnect.
type quietTrack struct{}

func (quietTrack) frame(*op, *end, *wire.Frame, string) {}
func (quietTrack) closed(*op, *end, *socket, ending)    {}
func (quietTrack) settled(*op) bool                     { return true }
