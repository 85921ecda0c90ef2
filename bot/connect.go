package bot

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"slices"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/wire"
)

// playOpen connects the sides that are not connected yet, one after the other,
// and follows the opening.
func (p *pair) playOpen(t *turn, r *run) {
	a := &r.step.Action
	p.lock()
	track := &openTrack{until: a.Until}
	o := p.begin(r, outcome.Open, nil, track)
	p.recount()
	order := p.fleet.order()
	if r.step.Who.Party != strategy.Nobody && r.step.Who.Party != strategy.Both {
		order = []outcome.Role{r.step.Who.Role()}
	}
	fresh := false
	for _, role := range order {
		p.end(role, max(r.step.Who.Socket, 1)).leaveBehind()
	}
	p.unlock()
	t.until(r, func() bool { return !p.ending(order, r.step.Who.Socket) })
	p.lock()
	for _, role := range order {
		e := p.first(role)
		if r.step.Who.Socket > 1 {
			e = p.party(r.step.Who)
		}
		track.ends[role.Index()] = e
		fresh = fresh || e.sock == nil
	}
	p.prepare(track, a.Query)
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
		if !p.connectForOpen(t, r, o, e) {
			break
		}
		t.until(r, func() bool { return o.told || e.sawUp || e.silent("report_info") || r.framesSeen() })
	}
	p.lock()
	if r.over {
		track.end(o)
	} else if !o.told {
		track.resume(o)
	}
	p.unlock()
}

// prepare sets the connection parameters of the sides that will connect, and
// forgets those of a side that has no socket and stays away.
func (p *pair) prepare(track *openTrack, params []strategy.Param) {
	for _, role := range outcome.Roles {
		if e := p.first(role); e.sock == nil {
			e.query = nil
		}
		if e := track.ends[role.Index()]; e != nil && e.sock == nil {
			e.query = p.params(e, params)
		}
	}
}

// ending says whether a socket of the roles is about to be closed by the node:
// its channel has died, or is about to because of a stop that was answered.
func (p *pair) ending(roles []outcome.Role, number int) bool {
	for _, e := range p.ends {
		if slices.Contains(roles, e.role) && e.number == max(number, 1) && e.sock != nil && (e.died || e.stopped) {
			return true
		}
	}
	return false
}

// connectForOpen connects one side of a new channel.
func (p *pair) connectForOpen(t *turn, r *run, o *op, e *end) bool {
	p.lock()
	e.client, e.joins, e.distorted = model.NewClient(p.modelConfig(e, e.query)), false, false
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
	conn, err := p.fleet.dialer.dial(ctx, address, p.number, e.role)
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
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
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

// rejoin connects an end to the channel that it had, or, when it had none or that
// is over, to the one that the first socket of its role has.
func (p *pair) rejoin(t *turn, r *run, e *end, params []strategy.Param, w *watch) {
	p.lock()
	o := p.begin(r, outcome.Reconnect, e, joinTrack{})
	if o.answer = w; w != nil {
		o.due = o.sent
	}
	first := p.first(e.role)
	if e.client != nil && (!e.died || !first.live()) {
		first = e
	}
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
	e.belong(first.party)
	e.joins = false
	for _, x := range p.ends {
		e.joins = e.joins || x != e && x.client == e.client && x.sock != nil
	}
	q := p.joinParams(e, params)
	p.unlock()
	p.connect(t, r, o, e, q, true)
}

// comeBack closes the socket of an end and connects again, as an answer to a
// signing request.
func (e *end) comeBack(r *run, w *watch) {
	p, old := e.p, e.sock
	e.close(strategy.CutClose)
	if r == nil || r.over || p.leaving {
		w.resolve(outcome.Outcome{Kind: outcome.Disconnected})
		return
	}
	r.pending++
	t := p.turn
	p.readers.Go(func() {
		t.until(r, func() bool { return e.sock != old })
		p.lock()
		lost := r.over || e.sock != nil
		p.unlock()
		if !lost {
			p.rejoin(t, r, e, nil, w)
		}
		p.lock()
		defer p.unlock()
		r.begun()
		p.sweep()
	})
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
