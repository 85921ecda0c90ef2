package bot

import (
	"slices"
	"unicode/utf8"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
	"chanbot/wire"
)

// play runs one step that is not made of steps, and returns when it is over.
// It is called without the lock.
func (p *pair) play(t *turn, step *strategy.Step) *run {
	p.lock()
	r := p.start(step, t)
	p.unlock()
	switch step.Action.Kind {
	case outcome.Open:
		p.playOpen(t, r)
	case outcome.Reconnect:
		p.playReconnect(t, r)
	case outcome.Reestablish:
		p.playReestablish(t, r)
	case strategy.Post:
		p.playPost(t, r)
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
	if step.Who.Party != strategy.Both || !step.HasOffset {
		p.request(r)
		p.unlock()
		return
	}
	p.act(p.first(outcome.Initiator), r)
	due := r.due + step.Offset
	p.unlock()
	t.sleep(step.Offset, r)
	p.lock()
	defer p.unlock()
	if !r.over {
		p.act(p.first(outcome.Responder), r).due = due
	}
}

// request starts the action of a step without an offset.
func (p *pair) request(r *run) {
	if r.step.Who.Party != strategy.Both {
		p.act(p.party(r.step.Who), r)
		return
	}
	if coSigned(r.step.Action.Kind) {
		r.hold = &hold{}
	}
	p.act(p.first(outcome.Initiator), r)
	p.act(p.first(outcome.Responder), r)
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
	case strategy.Reply:
		return p.reply(e, r)
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
		o.unsent()
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
		e.sent(raw, wire.Request{}, nil)
		tell(raw, outText, raw)
	case what.Binary != nil:
		tell(what.Binary, outBinary, what.Binary)
	case what.Bytes != nil:
		texts, spoils := messages(what.Bytes)
		for _, text := range texts {
			e.sent(text, wire.Request{}, nil)
			spoils = spoils || !utf8.Valid(text) // RFC 6455, 8.1: the node may close
		}
		if spoils && e.client != nil {
			e.client.Closing() // nothing can be said of what comes on this socket
		}
		tell(what.Bytes, outRaw, what.Bytes)
	default:
		var whole []byte
		for _, part := range what.Fragments {
			whole = append(whole, part...)
		}
		e.sent(whole, wire.Request{}, nil)
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
		if cfg := &p.fleet.cfg; cfg.Embedded == nil || cfg.Embedded.KeyBlocks == nil {
			p.awaitBlocks(t, r, w.Blocks)
			return
		}
		p.playBlocks(r, w.Blocks, 0)
		return
	}
	p.lock()
	o := p.begin(r, outcome.Wait, nil, quietTrack{})
	o.mine(w.Frame != nil && needsDepth[w.Frame.Name])
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
		return slices.ContainsFunc(e.log, name.Matches)
	}
	if r.step.Who.Party == strategy.Nobody {
		return seen(p.first(outcome.Initiator)) && seen(p.first(outcome.Responder))
	}
	return seen(p.party(r.step.Who))
}
