package bot

import (
	"strconv"
	"strings"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/wire"
)

// settleTime is how long an operation that went wrong waits for what the other
// side may still be told about it. Nothing tells whether anything comes.
const settleTime = time.Second

// op is one operation that was attempted. It is told when it is known what
// became of it: what its starter heard. It is over when the other side has
// seen it too. Each op ends in exactly one outcome.
type op struct {
	p      *pair
	run    *run
	kind   outcome.Operation
	action *strategy.Action
	e      *end // who asked for it; nil when it is both sides' or nobody's
	// answer is the answer to a signing request that started it, nil for the
	// operation of a step.
	answer *watch
	track  tracker

	id     wire.ID // of its request; nil when it has none
	method string  // of its request
	due    time.Duration
	sent   time.Duration // when its request was sent, or its work began
	began  bool
	// lacking says that there was no socket to send its request on.
	lacking bool

	told   bool
	toldAt time.Duration
	out    outcome.Outcome
	over   bool
	values []wire.Balance  // what balances returned
	stages []results.Stage // its parts that were measured
	settle *time.Timer
	mining bool // key blocks are being asked for
}

// tracker follows an operation of one kind through the frames.
type tracker interface {
	// frame is told every frame of the pair.
	frame(o *op, e *end, f *wire.Frame, name string)
	// closed is told the end of every socket of the pair.
	closed(o *op, e *end, s *socket, how ending)
	// settled says, of an operation that was told, whether nothing more is to
	// come on any side.
	settled(o *op) bool
}

// begin counts an operation and puts it among those under way. In a step that was
// over before it could begin it ends at once.
func (p *pair) begin(r *run, kind outcome.Operation, e *end, track tracker) *op {
	o := &op{p: p, run: r, kind: kind, e: e, track: track, due: r.due, sent: p.now()}
	p.ops = append(p.ops, o)
	r.ops = append(r.ops, o)
	p.shard.Begin(kind, r.cause.name(), r.cause.warmup)
	p.fleet.gauge.Busy.Add(1)
	if r.over {
		o.tell(r.tooLate())
		o.finish()
	}
	return o
}

// unsent ends an operation whose side has no socket to send its request on.
func (o *op) unsent() {
	o.lacking = true
	o.tell(o.e.without(o.kind))
	o.sent = o.toldAt
}

// stage notes how long a part of the operation took.
func (o *op) stage(name string, took time.Duration) {
	if o.stages == nil {
		o.stages = make([]results.Stage, 0, 3) // those of a transfer
	}
	o.stages = append(o.stages, results.Stage{Name: name, Took: took})
}

// frame is told every frame of the pair.
func (o *op) frame(e *end, f *wire.Frame, name string) {
	if !o.over {
		o.track.frame(o, e, f, name)
	}
}

// closed is told the end of every socket of the pair.
func (o *op) closed(e *end, s *socket, how ending) {
	if !o.over {
		o.track.closed(o, e, s, how)
	}
}

// tell sets what became of the operation; only the first call counts.
func (o *op) tell(out outcome.Outcome) {
	if o.told {
		return
	}
	o.told, o.toldAt, o.out = true, o.p.now(), out
}

// settleSoon bounds the waiting for the other side.
func (o *op) settleSoon() {
	if o.settle != nil || o.over {
		return
	}
	o.settle = time.AfterFunc(settleTime, func() {
		o.p.lock()
		defer o.p.unlock()
		if !o.over {
			o.finish()
			o.p.sweep()
		}
	})
}

// finish ends the operation and counts its outcome. One that was told nothing
// ends as unknown.
func (o *op) finish() {
	if o.over {
		return
	}
	o.tell(outcome.Outcome{Kind: outcome.Unknown})
	o.over = true
	o.mine(false)
	if o.settle != nil {
		o.settle.Stop()
	}
	end := o.toldAt
	if o.out.Kind == outcome.Signed {
		end = o.p.now()
	}
	if o.p.ops = drop(o.p.ops, o); o.kind == outcome.Open {
		o.p.recount()
	}
	o.record(end)
	if o.answer != nil {
		o.answer.resolve(o.out)
	}
}

// record hands the operation to whoever measures the run.
func (o *op) record(done time.Duration) {
	rec := &o.p.rec
	*rec = results.OperationRecord{
		Due: o.due, Sent: o.sent, Done: done, Pair: o.p.number, Role: o.role(),
		Operation: o.kind, Phase: o.run.cause.name(), Warmup: o.run.cause.warmup, Outcome: o.out, Stages: o.stages,
	}
	o.p.shard.Record(rec)
	o.p.fleet.gauge.Busy.Add(-1)
	rec.Stages, rec.Outcome.Detail = nil, ""
}

// role is that of the side that started it, NoRole when it is both sides' or
// nobody's.
func (o *op) role() outcome.Role {
	if o.e == nil {
		return outcome.NoRole
	}
	return o.e.role
}

// answers reports whether f is the answer to the operation's request, and what
// it means when it is a refusal.
func (o *op) answers(e *end, f *wire.Frame) (ok bool, refused *wire.Error) {
	if e != o.e || !o.began {
		return false, nil
	}
	switch f.Kind {
	case wire.KindResult:
		return o.id != nil && string(f.ID) == string(o.id), nil
	case wire.KindError:
		mine := echoed(f) == o.method
		if o.id != nil {
			mine = string(f.ID) == string(o.id)
		}
		if mine && f.Error != nil {
			return true, f.Error
		}
	}
	return false, nil
}

// echoed returns the method of the request that an error without an id echoes.
func echoed(f *wire.Frame) string {
	if f.Error == nil || f.ID != nil && string(f.ID) != "null" {
		return ""
	}
	reqs, _, ok := wire.ParseRequests(f.Error.Request)
	if !ok || len(reqs) != 1 {
		return ""
	}
	return reqs[0].Method
}

// rejected is the outcome of a request that was refused.
func rejected(err *wire.Error) outcome.Outcome {
	return outcome.Outcome{Kind: outcome.Rejected, Code: err.SubCode(), Detail: err.Message}
}

// gone is the outcome of an operation whose side has lost its channel by f, or
// Pending when f does not say so.
func gone(e *end, f *wire.Frame) outcome.Outcome {
	if f.Info == nil {
		return outcome.Outcome{}
	}
	switch f.Info.Event {
	case wire.EventTimeout:
		return outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByNode, Detail: "the event timeout"}
	case wire.EventDied:
		if e.timedOut {
			return outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByNode, Detail: "the event timeout"}
		}
		return outcome.Outcome{Kind: outcome.Died}
	}
	return outcome.Outcome{}
}

// lostSocket is the outcome of an operation whose side has lost its socket.
// With maybe the operation may have gone through all the same.
func lostSocket(s *socket, how ending, maybe bool) outcome.Outcome {
	detail := "closed with " + strconv.Itoa(how.code)
	switch {
	case s.ownClose:
		detail = "the own socket was closed"
	case how.code == 1006:
		detail = strings.TrimPrefix(how.reason, "websocket: ")
	}
	kind := outcome.Disconnected
	if maybe {
		kind = outcome.Unknown
	}
	return outcome.Outcome{Kind: kind, Detail: detail}
}

// sweep ends what is over, and begins what is next under load. It is called
// after everything that was told to the pair.
func (p *pair) sweep() {
	for p.settle(); p.next(); p.settle() {
	}
}

// settle ends the operations, and then the steps, to which nothing more is to
// come.
func (p *pair) settle() {
	if len(p.parked) > 0 {
		p.unpark()
	}
	for i := 0; i < len(p.ops); {
		o := p.ops[i]
		if o.told && o.track.settled(o) {
			o.finish() // takes it out of the list
			continue
		}
		i++
	}
	for i := 0; i < len(p.runs); {
		r := p.runs[i]
		if r.complete() {
			r.finish()
			continue
		}
		i++
	}
}
