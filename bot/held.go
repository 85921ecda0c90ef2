package bot

import (
	"encoding/json"

	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// mostAsks is how many requests to sign with one tag an end remembers.
const mostAsks = 256

// remember keeps a request to sign for the answer steps, if there are any.
func (e *end) remember(a *asked) {
	if !e.p.fleet.replies {
		return
	}
	if e.asks == nil {
		e.asks = map[string][]*asked{}
	}
	a.offer, a.refusal = e.client.CheckSign(a.f)
	list := e.asks[a.tag]
	if len(list) == mostAsks {
		list = append(list[:0], list[1:]...)
		e.forgotten++
	}
	e.asks[a.tag] = append(list, a)
}

// remembered returns the nth request with a tag, the latest for 0, or nil.
func (e *end) remembered(tag string, nth int) *asked {
	list := e.asks[tag]
	if nth == 0 {
		nth = len(list)
	} else {
		nth -= e.forgotten
	}
	if nth < 1 || nth > len(list) {
		return nil
	}
	return list[nth-1]
}

// reply gives the answer of a step to a request that was held, or once more to
// one that was answered.
func (p *pair) reply(e *end, r *run) *op {
	h := r.step.Action.Reply
	track := &replyStepTrack{}
	o := p.begin(r, strategy.Reply, e, track)
	o.began = true
	found := e.remembered(h.Tag, h.Nth)
	for _, other := range p.ends { // a socket may have taken over from another one
		if found == nil && other.role == e.role {
			found = other.remembered(h.Tag, h.Nth)
		}
	}
	switch {
	case e.sock == nil:
		o.unsent()
		return o
	case found == nil:
		r.problems = append(r.problems, "the node has not asked the "+e.side+" for the signature "+h.Tag)
		o.tell(outcome.Outcome{Kind: outcome.Rejected, Detail: "nothing to answer"})
		r.wrong = true
		return o
	}
	a := *found
	a.e, a.s, a.run, a.again, a.as, a.policy, a.params = e, e.sock, r, found.done, h.Method, r.step.ID, r.step.Action.Params
	a.op, _ = p.asker(e, a.tag)
	found.done = true
	layer := strategy.Layer{Answers: strategy.Answers{ByTag: map[string]*strategy.Answer{a.tag: h.Do}}, Step: true}
	req := strategy.Request{Role: e.role, Tag: a.tag, Op: opOfTag[a.tag], Nth: e.nth.of(a.tag), StepNth: 1}
	req.Round, req.Amount = offered(&a)
	moves := strategy.Decide([]strategy.Layer{layer}, req, p.draws[e.role.Index()])
	if len(moves) > 1 {
		e.play(&a, moves, true)
		o.tell(outcome.Outcome{Kind: outcome.Done})
		return o
	}
	r.odd = r.odd || moves[0].Kind != strategy.MoveAccept
	track.w = e.do(&a, moves[0])
	o.id, o.method = track.w.id, track.w.method
	if track.w.method == "" || track.w.id == nil && track.w.kind != strategy.MoveAbort {
		o.tell(outcome.Outcome{Kind: outcome.Done})
	}
	return o
}

// replyStepTrack follows the answer of a step to what the node says to it.
type replyStepTrack struct{ w *watch }

func (t *replyStepTrack) frame(o *op, e *end, f *wire.Frame, _ string) {
	if e != o.e || o.told || t.w == nil {
		return
	}
	switch {
	case f.Kind == wire.KindError && f.Error != nil && t.w.refuses(f):
		o.tell(rejected(f.Error))
	case t.w.answered(f):
		o.tell(outcome.Outcome{Kind: outcome.Done})
	default:
		if out := gone(e, f); out.Kind != outcome.Pending {
			o.tell(out)
		}
	}
}

func (t *replyStepTrack) closed(o *op, e *end, s *socket, how ending) {
	if e == o.e {
		o.tell(lostSocket(s, how, false))
	}
}

func (t *replyStepTrack) settled(*op) bool { return true }

// method is what the client calls to answer.
func (a *asked) method() string {
	if a.as != "" {
		return a.as
	}
	return wire.AnswerMethod(a.tag)
}

// id returns the id of an answer; def says whether it has one by default.
func (a *asked) id(def bool) wire.ID {
	switch a.policy.Mode {
	case strategy.IDAlways:
		return a.e.p.id()
	case strategy.IDNever:
		return nil
	case strategy.IDValue:
		return wire.ID(a.policy.Value)
	}
	if def && a.e.p.fleet.cfg.Scenario.Standing(a.e.role).SignID.Mode != strategy.IDNever {
		return a.e.p.id()
	}
	return nil
}

// usual says that an answer is sent as answers usually are.
func (a *asked) usual() bool { return a.as == "" && a.params == nil }

// call returns an answer with one parameter, and whatever the step adds.
func (a *asked) call(id wire.ID, name string, value json.RawMessage) []byte {
	params := object(map[string]json.RawMessage{name: value})
	if a.params != nil {
		params = mergePatch(params, a.e.p.substitute(a.e, a.params))
	}
	return wire.AppendRequest(nil, id, a.method(), params)
}

func quotedText(s string) json.RawMessage { return text(s) }

// made puts a transaction together as a scenario wants it.
func (e *end) made(offered *tx.SignedTx, t *strategy.Tamper) *tx.SignedTx {
	body := offered.Tx
	if len(t.Change) > 0 {
		if changed, err := offered.Decode(); err == nil {
			for _, c := range t.Change {
				setField(changed, c.Field, c.Value)
			}
			body = changed.Serialize()
		}
	}
	out := &tx.SignedTx{Tx: body}
	for _, s := range t.Signatures {
		if s.Given > 0 {
			if s.Given <= len(offered.Signatures) {
				out.Signatures = append(out.Signatures, offered.Signatures[s.Given-1])
			}
			continue
		}
		key := e.p.fleet.stranger
		if r := s.By.Role(); r != outcome.NoRole {
			key = e.party.keys[r.Index()]
		}
		network, form, what := e.p.fleet.cfg.NetworkID, e.p.fleet.cfg.SignForm, body
		if s.Hashed {
			form = tx.Hashed
		}
		if s.Inner {
			network += tx.InnerTxSuffix
		}
		if s.Offered {
			what = offered.Tx
		}
		out.Signatures = append(out.Signatures, tx.Sign(key, network, what, form))
	}
	return out
}
