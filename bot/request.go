package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/wire"
)

// account returns the address that a scenario's account stands for.
func (e *end) account(a strategy.Account) string {
	switch a.Role() {
	case outcome.Initiator:
		return e.party.address[0]
	case outcome.Responder:
		return e.party.address[1]
	}
	if a == "other" {
		return e.p.fleet.stranger.ID().String()
	}
	return string(a)
}

// accountOr is account with a default.
func (e *end) accountOr(a strategy.Account, def outcome.Role) string {
	if a == "" {
		return e.party.address[def.Index()]
	}
	return e.account(a)
}

// accounts returns the addresses of a query, both sides' by default.
func (e *end) accounts(list []strategy.Account) []string {
	if len(list) == 0 {
		list = []strategy.Account{"initiator", "responder"}
	}
	out := make([]string, len(list))
	for i, a := range list {
		out[i] = e.account(a)
	}
	return out
}

// wanted returns the request of an action without its optional parameters.
func (p *pair) wanted(e *end, a *strategy.Action) wire.Params {
	switch a.Kind {
	case outcome.Transfer:
		return wire.UpdateNew{
			From: e.accountOr(a.From, e.role), To: e.accountOr(a.To, e.role.Peer()),
			Amount: a.Amount, Meta: a.Meta,
		}
	case outcome.Message:
		m := wire.Message{To: e.accountOr(a.To, e.role.Peer()), Info: a.Info}
		if a.From != "" {
			m.From = e.account(a.From)
		}
		return m
	case outcome.Balances:
		return wire.GetBalances{Accounts: e.accounts(a.Accounts)}
	case outcome.State:
		return wire.GetOffchainState{}
	case outcome.Proof:
		accounts := e.accounts(a.Accounts)
		if len(a.Accounts) == 0 && len(a.Contracts) > 0 {
			accounts = nil
		}
		return wire.GetPoI{Accounts: accounts, Contracts: a.Contracts}
	case outcome.History:
		return wire.HistoryFetch{}
	case outcome.Ping:
		return wire.System{Action: wire.ActionPing}
	case outcome.Deposit:
		return wire.Deposit{Amount: a.Amount, Meta: a.Meta}
	case outcome.Withdraw:
		return wire.Withdraw{Amount: a.Amount, Meta: a.Meta}
	case outcome.Close:
		return wire.Shutdown{}
	case outcome.Leave:
		return wire.Leave{}
	case outcome.Stop:
		return wire.System{Action: wire.ActionStop}
	case outcome.CloseSolo:
		return wire.CloseSolo{}
	case outcome.Slash:
		return wire.Slash{}
	case outcome.Settle:
		return wire.Settle{}
	case outcome.Snapshot:
		return wire.SnapshotSolo{}
	}
	return p.contractRequest(e, a)
}

// withID says whether requests of a kind carry an id, as in the recorded
// session.
func withID(kind outcome.Operation) bool {
	switch kind {
	case outcome.Balances, outcome.State, outcome.Proof, outcome.History, outcome.Stop,
		strategy.DryRun, strategy.ContractCall, strategy.Contract, strategy.CleanCalls, strategy.AssumeMinimumDepth:
		return true
	}
	return false
}

// requestID returns the id of a step's request, nil for none.
func (p *pair) requestID(kind outcome.Operation, policy strategy.IDPolicy) wire.ID {
	switch policy.Mode {
	case strategy.IDAlways:
		return p.id()
	case strategy.IDNever:
		return nil
	case strategy.IDValue:
		return wire.ID(policy.Value)
	}
	if withID(kind) {
		return p.id()
	}
	return nil
}

// frame returns the frame of an action and the request in it. Of one that is
// written as the scenario wants it, only the method is known.
func (p *pair) frame(e *end, a *strategy.Action, id wire.ID) (raw []byte, method string, known wire.Request) {
	req := p.wanted(e, a)
	if len(a.Options) == 0 && a.Params == nil {
		raw, known = wire.NewCall(id, req)
		return raw, known.Method, known
	}
	method = req.Method()
	params := req.AppendParams(nil)
	if len(a.Options) > 0 {
		params = withOptions(params, p.options(e, a))
	}
	if a.Params != nil {
		params = mergePatch(params, p.substitute(e, a.Params))
	}
	return wire.AppendRequest(nil, id, method, params), method, wire.Request{}
}

// options returns the options of an action with the addresses that they name.
func (p *pair) options(e *end, a *strategy.Action) []strategy.Option {
	list := slices.Clone(a.Options)
	for i, o := range list {
		name, isText := wire.Text(o.Value)
		switch {
		case o.Name == "caller_id" && isText:
			list[i].Value = text(e.account(strategy.Account(name)))
		case isText && strings.HasPrefix(name, "$"):
			list[i].Value = text(p.placeholder(e, name))
		}
	}
	return list
}

// withOptions adds members to an object, in alphabetical order.
func withOptions(params []byte, options []strategy.Option) []byte {
	members, _ := wire.Members(params)
	if members == nil {
		members = map[string]json.RawMessage{}
	}
	for _, o := range options {
		members[o.Name] = o.Value
	}
	return object(members)
}

// object writes the members of an object in alphabetical order.
func object(members map[string]json.RawMessage) []byte {
	b := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, text(name)...), ':')
		b = append(b, members[name]...)
	}
	return append(b, '}')
}

// text writes s as a JSON string without needless escapes.
func text(s string) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) != nil {
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// mergePatch applies a JSON merge patch (RFC 7396): null removes a member, and
// what is not an object replaces everything.
func mergePatch(target, patch []byte) []byte {
	changes, ok := wire.Members(patch)
	if !ok {
		return patch
	}
	members, ok := wire.Members(target)
	if !ok || members == nil {
		members = map[string]json.RawMessage{}
	}
	for name, change := range changes {
		if string(change) == "null" {
			delete(members, name)
			continue
		}
		members[name] = mergePatch(members[name], change)
	}
	return object(members)
}

// substitute replaces the texts in raw JSON that stand for something of the
// pair.
func (p *pair) substitute(e *end, raw json.RawMessage) json.RawMessage {
	if !bytes.Contains(raw, []byte(`"$`)) {
		return raw
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return raw
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(p.replaced(e, v)) != nil {
		return raw
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

func (p *pair) replaced(e *end, v any) any {
	switch v := v.(type) {
	case string:
		return p.placeholder(e, v)
	case []any:
		for i := range v {
			v[i] = p.replaced(e, v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = p.replaced(e, v[k])
		}
	}
	return v
}

// ask sends the request of an action and follows it as an operation.
func (p *pair) ask(e *end, r *run, a *strategy.Action, policy strategy.IDPolicy) *op {
	o := p.begin(r, a.Kind, e, trackOf(a))
	o.action = a
	if e.sock == nil {
		o.unsent()
		return o
	}
	o.id = p.requestID(a.Kind, policy)
	raw, method, known := p.frame(e, a, o.id)
	o.method, o.sent, o.began = method, p.now(), true
	if !e.send(raw, known) {
		o.unsent()
	} else if a.Kind == outcome.Transfer {
		e.asksNext(r)
	}
	return o
}

// NeverConnected is the detail of an outcome outcome.Disconnected that says
// nothing about the node: the client was not told to connect.
const NeverConnected = "never connected"

// without is the outcome of what cannot be sent because there is no socket.
func (e *end) without(kind outcome.Operation) outcome.Outcome {
	switch {
	case e.client == nil:
		return outcome.Outcome{Kind: outcome.Disconnected, Detail: NeverConnected}
	case kind == outcome.Stop && (e.died || e.closed == 1000):
		return outcome.Outcome{Kind: outcome.Done, Detail: "the socket was closed already"}
	case e.died && e.p.work != nil:
		return outcome.Outcome{Kind: outcome.Died, Detail: fmt.Sprintf("at %.3f s", e.goneAt.Seconds())}
	case e.died:
		return outcome.Outcome{Kind: outcome.Died, Detail: "before it was sent"}
	case e.p.work != nil:
		return outcome.Outcome{Kind: outcome.Disconnected, Detail: fmt.Sprintf("not connected since %.3f s", e.goneAt.Seconds())}
	}
	return outcome.Outcome{Kind: outcome.Disconnected, Detail: "not connected"}
}

// trackOf returns what follows an action.
func trackOf(a *strategy.Action) tracker {
	switch a.Kind {
	case outcome.Transfer, outcome.Deposit, outcome.Withdraw:
		return newUpdateTrack(a.Kind)
	case outcome.Close:
		return newCloseTrack()
	case strategy.CreateContract, strategy.CallContract:
		return newUpdateTrack(a.Kind)
	case strategy.DryRun:
		return replyTrack{reply: wire.MethodDryRunCallContractReply}
	case strategy.ContractCall:
		return replyTrack{reply: wire.MethodGetContractCallReply}
	case strategy.Contract:
		return replyTrack{reply: wire.MethodGetContractReply}
	case strategy.CleanCalls:
		return replyTrack{reply: wire.MethodCallsPrunedReply}
	case strategy.AssumeMinimumDepth:
		return &assumeTrack{}
	case outcome.Leave:
		return &leaveTrack{}
	case outcome.CloseSolo, outcome.Slash, outcome.Settle, outcome.Snapshot, outcome.ForceProgress:
		return &soloTrack{tag: soloTags[a.Kind]}
	case outcome.Message:
		return messageTrack{info: a.Info}
	case outcome.Stop:
		return stopTrack{}
	case outcome.Balances:
		return replyTrack{reply: wire.MethodGetBalancesReply}
	case outcome.State:
		return replyTrack{reply: wire.MethodGetOffchainStateReply}
	case outcome.Proof:
		return replyTrack{reply: wire.MethodGetPoIReply}
	case outcome.History:
		return replyTrack{reply: wire.MethodHistoryFetchReply}
	case outcome.Ping:
		return replyTrack{reply: wire.MethodSystemPong}
	}
	return quietTrack{}
}

// propose starts an operation as the answer to a signing request.
func (p *pair) propose(e *end, r *run, a *strategy.Action, w *watch) {
	if r == nil {
		// The step is over: the request goes out all the same, uncounted.
		raw, _, known := p.frame(e, a, p.requestID(a.Kind, strategy.IDPolicy{}))
		e.send(raw, known)
		w.resolve(outcome.Outcome{Kind: outcome.Unknown})
		return
	}
	o := p.ask(e, r, a, strategy.IDPolicy{})
	o.answer, o.due = w, o.sent
}

// stopAsAnswer stops the channel instead of signing.
func (p *pair) stopAsAnswer(e *end, r *run, w *watch) {
	p.propose(e, r, &strategy.Action{Kind: outcome.Stop}, w)
}

// wantedBalance returns the balance of an account that a query returned, or nil.
func wantedBalance(values []wire.Balance, account string) *big.Int {
	for _, v := range values {
		if v.Account == account {
			return v.Balance
		}
	}
	return nil
}
