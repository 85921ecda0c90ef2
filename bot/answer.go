package bot

import (
	"encoding/json"
	"errors"
	"math/big"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// asked is a signing request that an end has to answer.
type asked struct {
	e   *end
	s   *socket
	f   *wire.Frame
	tag string
	op  *op  // the operation that it belongs to; nil when none is known
	run *run // the step whose answers hold; nil when none is under way

	offer   *tx.SignedTx // what the model said when it came, if a step may answer it
	refusal error

	done  bool // it was answered by a step
	again bool // it was signed before
	// How a step wants its answer to be sent; zero is the usual way.
	as     string
	policy strategy.IDPolicy
	params json.RawMessage
}

// opOfTag says which operation asks for the signature of a tag.
var opOfTag = map[string]outcome.Operation{
	wire.TagInitiatorSign: outcome.Open, wire.TagResponderSign: outcome.Open,
	wire.TagUpdate: outcome.Transfer, wire.TagUpdateAck: outcome.Transfer,
	wire.TagDepositTx: outcome.Deposit, wire.TagDepositAck: outcome.Deposit,
	wire.TagWithdrawTx: outcome.Withdraw, wire.TagWithdrawAck: outcome.Withdraw,
	wire.TagShutdownSign: outcome.Close, wire.TagShutdownSignAck: outcome.Close,
	wire.TagCloseSoloSign: outcome.CloseSolo, wire.TagSlashTx: outcome.Slash,
	wire.TagSettleSign: outcome.Settle, wire.TagSnapshotSoloTx: outcome.Snapshot,
	wire.TagForceProgressTx: outcome.ForceProgress,
}

// asked is told a signing request.
func (e *end) asked(f *wire.Frame) {
	a := &asked{e: e, s: e.sock, f: f, tag: f.Sign.Tag}
	a.op, a.run = e.p.asker(e, a.tag)
	e.remember(a)
	create := a.tag == wire.TagInitiatorSign || a.tag == wire.TagResponderSign
	if create && e.paused {
		e.held = append(e.held, a)
		return
	}
	if r := a.run; r != nil && r.hold != nil && a.op != nil && a.op.e == e {
		r.hold.asks = append(r.hold.asks, a)
		return
	}
	if !e.p.park(a) {
		e.answer(a)
	}
}

// asker returns the operation that a signing request belongs to, and the step
// whose answers hold for it.
func (p *pair) asker(e *end, tag string) (*op, *run) {
	for _, o := range p.ops {
		if t, ok := o.track.(signing); ok && !o.over && t.asks(o, e, tag) {
			return o, o.run
		}
	}
	if n := len(p.runs); n > 0 {
		return nil, p.runs[n-1]
	}
	return nil, nil
}

// answer decides about a signing request and does it.
func (e *end) answer(a *asked) {
	if e.sock != a.s {
		return
	}
	nth := e.nth.next(a.tag)
	layers := e.p.standing[e.role.Index()]
	stepNth := 0
	if a.run != nil {
		layers = a.run.layers[e.role.Index()]
		stepNth = a.run.nth[e.role.Index()].next(a.tag)
	}
	if len(layers) == 0 {
		e.accept(a, nil)
		return
	}
	req := strategy.Request{Role: e.role, Tag: a.tag, Op: opOfTag[a.tag], Nth: nth, StepNth: stepNth}
	req.Round, req.Amount = offered(a)
	moves := strategy.Decide(layers, req, e.p.draws[e.role.Index()])
	e.play(a, moves, len(moves) > 1)
}

// offered returns the round of the offered transaction and what it moves.
func offered(a *asked) (round uint64, amount *big.Int) {
	if s, err := tx.ParseSigned(a.f.Sign.SignedTx); err == nil {
		if t, err := s.Decode(); err == nil {
			round, _, _ = tx.StateOf(t)
		}
	}
	for _, u := range a.f.Sign.Updates {
		if u.Amount != nil {
			return round, u.Amount
		}
	}
	return round, nil
}

// do makes one move. The watch that it returns tells what came of it.
func (e *end) do(a *asked, m strategy.Move) *watch {
	w := &watch{e: e, tag: a.tag, kind: m.Kind, expect: m.Expect}
	switch m.Kind {
	case strategy.MoveAccept:
		e.accept(a, w)
	case strategy.MoveAbort:
		e.abort(a, w, m.Code)
	case strategy.MoveIgnore, strategy.MoveHold:
		w.resolve(outcome.Outcome{Kind: outcome.Done})
	case strategy.MoveTamper:
		sendSigned(e, a, w, e.tampered(a, m.Tamper), nil)
	case strategy.MovePropose:
		w.started = true
		e.p.propose(e, a.run, m.Propose, w)
	case strategy.MoveStop:
		w.started = true
		e.p.stopAsAnswer(e, a.run, w)
	case strategy.MoveDisconnect:
		e.cutBy(a.run)
		e.close(m.Cut)
	case strategy.MoveReconnect:
		w.started = true
		e.cutBy(a.run)
		e.comeBack(a.run, w)
	case strategy.MoveParams:
		w.id, w.method = a.id(true), a.method()
		params := e.p.substitute(e, m.Params)
		e.send(wire.AppendRequest(nil, w.id, w.method, params), wire.Request{})
	}
	if a.run != nil && m.Expect != nil {
		a.run.watches = append(a.run.watches, w)
	}
	return w
}

func (e *end) cutBy(r *run) {
	if r != nil {
		r.cut = true
	}
}

// accept signs what is offered if the model agrees, and otherwise refuses it.
func (e *end) accept(a *asked, w *watch) {
	offer, err := a.offer, a.refusal
	if offer == nil && err == nil {
		offer, err = e.client.CheckSign(a.f)
	}
	if err != nil && a.again { // it was checked when it was answered first
		offer, err = tx.ParseSigned(a.f.Sign.SignedTx)
	}
	if err != nil {
		e.refuse(a, err)
		return
	}
	a.again = true
	signed := e.sign(a.tag, offer)
	var room [768]byte // for the texts of a channel without contracts
	sendSigned(e, a, w, signed.AppendText(room[:0]), signed)
	if a.tag == wire.TagUpdate && a.op != nil {
		e.peer().signsNext(a.run, offer.Tx)
	}
}

// refuse does not sign. What can be aborted is aborted with the code of a
// validation error, so that the node does not wait for an answer. Where the
// peer's client has made it so, no rule is broken; the step has a problem.
func (e *end) refuse(a *asked, err error) {
	v := model.Violation{Role: e.role, Rule: ruleRefused, Expected: "an offer that can be signed", Got: err.Error(), Frame: a.f.Raw}
	r, ok := errors.AsType[*model.Refusal](err)
	if ok {
		v.Rule, v.Expected, v.Got = r.Rule, r.Expected, r.Got
	}
	switch {
	case a.f == e.blamed: // that was told when it came
	case !ok || r.NodeAtFault:
		e.p.violate(e, v)
	case a.run != nil:
		a.run.problems = append(a.run.problems, "the "+e.side+" has not signed "+a.tag+": "+err.Error())
	}
	if opOfTag[a.tag] != outcome.Open {
		e.abort(a, nil, json.RawMessage(`1`))
	}
}

// sendSigned answers with the text of a transaction: of signed, or of another one
// when that is nil.
func sendSigned[T string | []byte](e *end, a *asked, w *watch, text T, signed *tx.SignedTx) {
	id, method := a.id(true), a.method()
	if w != nil {
		w.id, w.method = id, method
	}
	var raw []byte
	var req wire.Request
	if a.usual() {
		raw, req = wire.NewSigned(id, a.tag, text)
	} else {
		raw = a.call(id, "signed_tx", quotedText(string(text)))
		req = wire.Request{Method: method, ID: id, SignedTx: string(text), HasSignedTx: true, Raw: raw}
	}
	if !e.sendWith(raw, req, signed) {
		return
	}
	if e.p.fleet.answers {
		e.lastSigned = req.SignedTx
	}
	e.owe(id)
	if a.op == nil {
		return
	}
	if t, ok := a.op.track.(signing); ok {
		t.gave(a.op, e)
	}
}

// abort answers with an error code.
func (e *end) abort(a *asked, w *watch, code json.RawMessage) {
	id, method := a.id(false), a.method()
	if w != nil {
		w.code, w.method, w.id = code, method, id
	}
	raw := wire.AppendAbort(nil, id, a.tag, code)
	if !a.usual() {
		raw = a.call(id, "error", code)
	}
	if !e.send(raw, wire.Request{}) || a.op == nil {
		return
	}
	if t, ok := a.op.track.(signing); ok {
		t.took(a.op, e, code)
	}
}
