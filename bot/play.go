package bot

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/wire"
)

// play runs one step that is not made of steps, and returns when it is over.
// It is called without the lock.
func (p *pair) play(t *turn, step *strategy.Step) *run {
	p.lock()
	r := p.start(step, t.index)
	p.unlock()
	switch step.Action.Kind {
	case outcome.Open:
		p.playOpen(t, r)
	case outcome.Reconnect:
		p.playReconnect(t, r)
	case outcome.Blocks:
		p.playBlocks(r, step.Action.KeyBlocks, step.Action.MicroBlocks)
	case outcome.Wait:
		p.playWait(t, r)
	default:
		p.playRequest(t, r)
	}
	p.lock()
	r.begun()
	p.sweep()
	p.unlock()
	select {
	case <-r.done:
	case <-t.hard.Done():
		p.lock()
		r.cancel()
		p.sweep()
		p.unlock()
		<-r.done
	}
	return r
}

// party returns the end that acts in a step.
func (p *pair) party(w strategy.Who) *end { return p.end(w.Role(), max(w.Socket, 1)) }

// playRequest starts an action that needs no more than to send something.
func (p *pair) playRequest(t *turn, r *run) {
	step := r.step
	p.lock()
	if step.Who.Party != strategy.Both {
		p.act(p.party(step.Who), r)
		p.unlock()
		return
	}
	if !step.HasOffset {
		if step.Action.Kind == outcome.Transfer {
			r.hold = &hold{}
		}
		p.act(p.first(outcome.Initiator), r)
		p.act(p.first(outcome.Responder), r)
		p.unlock()
		return
	}
	p.act(p.first(outcome.Initiator), r)
	due := p.now() + step.Offset
	p.unlock()
	t.sleep(step.Offset, r)
	p.lock()
	defer p.unlock()
	if !r.over {
		p.act(p.first(outcome.Responder), r).due = due
	}
}

// act does the action of a step on one end.
func (p *pair) act(e *end, r *run) *op {
	a := &r.step.Action
	switch a.Kind {
	case outcome.Disconnect:
		o := p.begin(r, a.Kind, e, cutTrack{})
		r.cut = true
		if e.sock == nil {
			o.tell(outcome.Outcome{Kind: outcome.Done, Detail: "the socket was closed already"})
		} else {
			e.close(a.Cut)
		}
		return o
	case outcome.Send:
		return p.send(e, r)
	}
	return p.ask(e, r, a, r.step.ID)
}

// send writes what a step wants, past every check.
func (p *pair) send(e *end, r *run) *op {
	what := r.step.Action.Send
	o := p.begin(r, outcome.Send, e, sendTrack{expecting: expecting(r.step.Expect)})
	o.began = true
	if e.sock == nil {
		o.tell(e.without(outcome.Send))
		return o
	}
	tell := func(raw []byte, kind outgoingKind, shown []byte) {
		p.record(p.now(), e.side, results.DirOut, shown, false)
		p.enqueue(e.sock, outgoing{kind, raw})
	}
	switch {
	case what.Frame != nil, what.Text != nil:
		raw := []byte(p.substitute(e, what.Frame))
		if what.Text != nil {
			raw = []byte(*what.Text)
		}
		if reqs, batch, ok := wire.ParseRequests(raw); ok && !batch {
			o.id, o.method = reqs[0].ID, reqs[0].Method
		}
		if !e.joins {
			e.client.Sent(raw, wire.Request{})
		}
		tell(raw, outText, raw)
	case what.Binary != nil:
		tell(what.Binary, outBinary, what.Binary)
	case what.Bytes != nil:
		tell(what.Bytes, outRaw, what.Bytes)
	default:
		var whole []byte
		for _, part := range what.Fragments {
			whole = append(whole, part...)
		}
		if !e.joins {
			e.client.Sent(whole, wire.Request{})
		}
		tell(fragments(what.Fragments), outRaw, whole)
	}
	if t := o.track.(sendTrack); o.id == nil && !t.expecting {
		o.tell(outcome.Outcome{Kind: outcome.Done})
	}
	return o
}

// expecting says whether an outcome is expected that a frame has to bring.
func expecting(x *strategy.Expect) bool {
	if x == nil {
		return false
	}
	for _, w := range x.Outcomes {
		if w.Kind == outcome.Done {
			return false
		}
	}
	return len(x.Outcomes) > 0
}

// playBlocks makes blocks.
func (p *pair) playBlocks(r *run, key, micro int) {
	p.lock()
	o := p.begin(r, r.step.Action.Kind, nil, quietTrack{})
	p.unlock()
	if key > 0 {
		p.fleet.cfg.Embedded.KeyBlocks(key)
	}
	for range micro {
		p.fleet.cfg.Embedded.MicroBlock()
	}
	p.lock()
	o.tell(outcome.Outcome{Kind: outcome.Done})
	p.unlock()
}

// playWait waits for a time, a frame or blocks.
func (p *pair) playWait(t *turn, r *run) {
	w := r.step.Action.Wait
	if w.Blocks > 0 {
		p.playBlocks(r, w.Blocks, 0)
		return
	}
	p.lock()
	o := p.begin(r, outcome.Wait, nil, quietTrack{})
	p.unlock()
	var whole bool
	if w.Frame != nil {
		whole = t.until(r, func() bool { return p.waited(r, w.Frame) })
	} else {
		whole = t.sleep(w.For, r)
	}
	p.lock()
	defer p.unlock()
	if !whole && !r.over {
		r.cancel()
		return
	}
	o.tell(outcome.Outcome{Kind: outcome.Done})
}

// waited says whether the frame that a step waits for has been seen, by the role
// that acts or by both.
func (p *pair) waited(r *run, name *strategy.FrameName) bool {
	seen := func(e *end) bool {
		for _, n := range e.log {
			if name.Matches(n) {
				return true
			}
		}
		return false
	}
	if r.step.Who.Party == strategy.Nobody {
		return seen(p.first(outcome.Initiator)) && seen(p.first(outcome.Responder))
	}
	return seen(p.party(r.step.Who))
}

// playOpen connects the sides that are not connected yet, one after the other,
// and follows the opening.
func (p *pair) playOpen(t *turn, r *run) {
	a := &r.step.Action
	p.lock()
	track := &openTrack{until: a.Until}
	o := p.begin(r, outcome.Open, nil, track)
	order := p.fleet.order()
	if r.step.Who.Party != strategy.Nobody && r.step.Who.Party != strategy.Both {
		order = []outcome.Role{r.step.Who.Role()}
	}
	fresh := false
	for _, role := range order {
		e := p.first(role)
		if r.step.Who.Socket > 1 {
			e = p.party(r.step.Who)
		}
		track.ends[role.Index()] = e
		fresh = fresh || e.sock == nil
	}
	p.unlock()

	if fresh && t.acquire(r) {
		p.lock()
		track.slot = true
		o.sent = p.now()
		p.unlock()
	}
	for _, role := range order {
		e := track.ends[role.Index()]
		p.lock()
		skip := e.sock != nil || o.told || r.over
		p.unlock()
		if skip {
			continue
		}
		if !p.connectForOpen(t, r, o, e, a.Query) {
			break
		}
		t.until(r, func() bool { return o.told || e.sawUp || p.silent(role, "report_info") })
	}
	p.lock()
	if r.over {
		track.end(o)
	} else if !o.told {
		track.resume(o)
	}
	p.unlock()
}

// connectForOpen connects one side of a new channel.
func (p *pair) connectForOpen(t *turn, r *run, o *op, e *end, params []strategy.Param) bool {
	p.lock()
	e.query = p.params(e, params)
	e.client, e.joins = model.NewClient(p.modelConfig(e, e.query)), false
	e.seen = map[string]bool{}
	track := o.track.(*openTrack)
	track.marks[e.role.Index()].dial = p.now()
	p.unlock()
	if !p.connect(t, r, o, e, e.query, false) {
		return false
	}
	p.lock()
	track.marks[e.role.Index()].opened = p.now()
	p.unlock()
	return true
}

// connect opens a socket for an end and starts its reader. A failure becomes
// the outcome of the operation.
func (p *pair) connect(t *turn, r *run, o *op, e *end, q url.Values, reconnect bool) bool {
	p.lock()
	address := p.url(e, q)
	p.record(p.now(), e.side, results.DirConnect, []byte(address), false)
	limit := r.until - p.now()
	p.unlock()
	ctx, cancel := context.WithTimeout(t.hard, limit)
	defer cancel()
	conn, err := p.fleet.dialer.dial(ctx, address)
	p.lock()
	defer p.unlock()
	if err != nil {
		p.notConnected(t, o, e, err)
		return false
	}
	p.fleet.connected.Store(true)
	if r.over || p.leaving {
		conn.Close()
		return false
	}
	s := e.attached(conn, reconnect)
	p.readers.Add(1)
	go e.readAll(s)
	return true
}

// notConnected is told why a connection did not come about.
func (p *pair) notConnected(t *turn, o *op, e *end, err error) {
	out := outcome.Outcome{Kind: outcome.Refused, Detail: err.Error()}
	if h, ok := errors.AsType[*handshakeError](err); ok {
		out.Code, out.Detail = h.status, http.StatusText(h.status)
		p.record(p.now(), e.side, results.DirHTTP, httpText(h), true)
	}
	switch {
	case t.hard.Err() != nil:
		out = outcome.Outcome{Kind: outcome.Cancelled}
	case errors.Is(err, context.DeadlineExceeded):
		out = outcome.Outcome{Kind: outcome.Timeout, By: outcome.ByBot, Detail: "connecting"}
	default:
		p.fleet.unreachable(p.fleet.nodes[e.role.Index()], err)
	}
	o.tell(out)
	p.sweep()
}

// playReconnect brings an end back to its channel.
func (p *pair) playReconnect(t *turn, r *run) {
	e := p.party(r.step.Who)
	p.rejoin(t, r, e, r.step.Action.Query, nil)
}

// rejoin connects an end to the channel that it had, or that the first socket
// of its role has.
func (p *pair) rejoin(t *turn, r *run, e *end, params []strategy.Param, w *watch) {
	p.lock()
	o := p.begin(r, outcome.Reconnect, e, joinTrack{})
	o.answer = w
	first := p.first(e.role)
	switch {
	case e.sock != nil:
		o.tell(outcome.Outcome{Kind: outcome.Rejected, Detail: "the socket is still there"})
	case first.client == nil:
		o.tell(e.without(outcome.Reconnect))
	}
	if o.told {
		p.sweep()
		p.unlock()
		return
	}
	e.client = first.client
	e.joins = e != first && first.sock != nil
	q := p.joinParams(e, params)
	p.unlock()
	p.connect(t, r, o, e, q, true)
}

// comeBack closes the socket of an end and connects again, as an answer to a
// signing request.
func (e *end) comeBack(r *run) {
	p, old := e.p, e.sock
	e.close(strategy.CutClose)
	if r == nil || r.over || p.leaving {
		return
	}
	r.pending++
	t := p.turn
	p.readers.Add(1)
	go func() {
		defer p.readers.Done()
		t.until(r, func() bool { return e.sock != old })
		p.lock()
		lost := r.over || e.sock != nil
		p.unlock()
		if !lost {
			p.rejoin(t, r, e, nil, nil)
		}
		p.lock()
		defer p.unlock()
		r.begun()
		p.sweep()
	}()
}

// cutTrack follows a disconnect to the end of the own socket.
type cutTrack struct{}

func (cutTrack) frame(*op, *end, *wire.Frame, string) {}
func (cutTrack) closed(o *op, e *end, s *socket, _ ending) {
	if e == o.e && s.ownClose {
		o.tell(outcome.Outcome{Kind: outcome.Done})
	}
}
func (cutTrack) settled(*op) bool { return true }

func httpText(h *handshakeError) []byte {
	members := []byte(`{"status":`)
	members = append(members, text(http.StatusText(h.status))...)
	members = append(members, `,"body":`...)
	return append(append(members, text(string(h.body))...), '}')
}

// turn is what the goroutine that runs the steps of a pair carries along.
type turn struct {
	p     *pair
	work  context.Context // cancelled: nothing new is begun
	hard  context.Context // cancelled: what is under way is given up
	index int             // of the step of the scenario, from 1
}

// sleep waits; it returns false when the step or the run ends before.
func (t *turn) sleep(d time.Duration, r *run) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.done:
	case <-t.work.Done():
	}
	return false
}

// until waits for a condition, which it looks at with the lock held. It returns
// false when the step or the run ends before.
func (t *turn) until(r *run, holds func() bool) bool {
	for {
		t.p.lock()
		ok, over := holds(), r.over
		changed := r.changes()
		t.p.unlock()
		if ok || over {
			return ok
		}
		select {
		case <-changed:
		case <-r.done:
		case <-t.hard.Done():
			return false
		}
	}
}

// acquire takes a place among the set-ups; it returns false when the step or
// the run ends before.
func (t *turn) acquire(r *run) bool {
	select {
	case t.p.fleet.setups <- struct{}{}:
		return true
	case <-r.done:
	case <-t.hard.Done():
	}
	return false
}
