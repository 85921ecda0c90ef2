package strategy

import (
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"chanbot/outcome"
)

var accountRE = regexp.MustCompile(accountPattern)

const (
	maxInfo   = 1 << 20
	maxTimes  = 1_000_000_000
	maxBlocks = 1_000_000
)

// action reads the parameters of an action. value is nil when there are none.
func (p *parser) action(d *actionDef, name, value *node, w Who) Action {
	a := Action{Pos: name.pos, Kind: d.kind}
	switch d.kind {
	case Choose:
		a.Choices = p.stepChoices(value, name)
		return a
	case Parallel:
		a.Branches = p.branches(value, name)
		return a
	case outcome.Wait:
		a.Wait = p.wait(value, name)
		return a
	}
	if value != nil && value.bad {
		return a
	}
	n := p.long(d, name, value)
	if n == nil {
		return a
	}
	if n.get("params") != nil && d.request && !p.raw {
		p.reportNode(n.get("params"), "params are sent unchecked; that needs raw: true on the step")
	}
	m := p.fields(n, string(d.kind), d.table())
	for _, pr := range n.pairs {
		if v := m[pr.key.text]; v != nil {
			p.parameter(&a, pr.key, v, w)
		} else if pr.key.text == "params" && d.request {
			a.Params = json.RawMessage("null")
		}
	}
	p.finish(&a, n)
	return a
}

// long returns the parameters as a mapping: a value without one is the short
// form of an action. It returns nil after a problem.
func (p *parser) long(d *actionDef, name, value *node) *node {
	switch {
	case value.isNull():
		return &node{pos: name.pos, width: name.width, kind: mapNode}
	case value.kind == mapNode:
		return value
	case d.short == "" && len(d.table()) == 0:
		p.reportNode(value, "%s takes no parameters, found %s", d.kind, found(value))
		return nil
	case d.short == "":
		p.reportNode(value, "%s takes a mapping with the keys %s; found %s", d.kind, strings.Join(names(d.table()), ", "), found(value))
		return nil
	}
	key := &node{pos: value.pos, width: value.width, text: d.short, tag: "!!str"}
	return &node{pos: value.pos, width: value.width, kind: mapNode, pairs: []pair{{key, value}}}
}

// parameter reads one parameter. A key means the same in every action.
func (p *parser) parameter(a *Action, key, v *node, w Who) {
	if a.Kind == Reply && key.text != "params" {
		p.reply(a, key, v)
		return
	}
	switch name := key.text; name {
	case "amount":
		least := int64(0)
		if a.Kind == outcome.Deposit || a.Kind == outcome.Withdraw {
			least = 1
		}
		a.Amount = p.amount(v, least)
	case "from":
		a.From = p.account(v)
	case "to":
		a.To = p.account(v)
	case "meta":
		a.Meta = p.texts(v, "a text", maxInfo)
	case "info":
		a.Info = p.text(v, "a text", maxInfo)
	case "accounts":
		for _, item := range p.list(v, "a list of accounts") {
			a.Accounts = append(a.Accounts, p.account(item))
		}
	case "contracts":
		a.Contracts = p.texts(v, "a contract", 200)
	case "params":
		if a.Kind == outcome.Open || a.Kind == outcome.Reconnect || a.Kind == outcome.Reestablish {
			a.Query = p.params(v)
		} else {
			a.Params = p.json(v)
		}
	case "until":
		a.Until = p.until(v, w)
	case "tx", "tx_hash":
		a.Tx = p.text(v, "a text", maxInfo)
	case "steps":
		a.Steps = p.steps(v)
	case "times":
		a.Times, _ = p.whole(v, "times", 1, maxTimes)
	case "for":
		a.For = p.positiveTime(v)
	case "key":
		a.KeyBlocks, _ = p.whole(v, "key", 1, maxBlocks)
	case "micro":
		a.MicroBlocks, _ = p.whole(v, "micro", 1, maxBlocks)
	case "how":
		p.how(a, v)
	case "frame", "text", "binary", "bytes", "fragments":
		p.send(a, key, v)
	default:
		p.option(a, key, v)
	}
}

func (p *parser) how(a *Action, v *node) {
	if a.Kind == outcome.Close {
		p.word(v, "way to close", []string{"mutual"})
		return
	}
	a.Cut = p.cut(v)
}

func (p *parser) cut(v *node) Cut {
	w, ok := p.word(v, "way to disconnect", cutNames)
	if !ok {
		return CutClose
	}
	return Cut(slices.Index(cutNames, w))
}

// option reads a parameter that is passed to the node with its type.
func (p *parser) option(a *Action, key, v *node) {
	o := Option{Pos: key.pos, Name: key.text}
	switch {
	case slices.Contains(numberOptions, key.text):
		x := p.integer(v, key.text)
		if x == nil {
			return
		}
		if x.Sign() < 0 && !p.raw {
			p.reportNode(v, "%s is %s; it must not be negative (raw: true on the step sends it anyway)", key.text, x)
			return
		}
		o.Value = json.RawMessage(x.String())
	case slices.Contains(listOptions, key.text):
		p.texts(v, "a word", 100)
		o.Value = p.json(v)
	case key.text == "caller_id":
		o.Value = quoted(string(p.account(v)))
	default:
		o.Value = quoted(p.text(v, "a text", maxInfo))
	}
	a.Options = append(a.Options, o)
}

func quoted(text string) json.RawMessage {
	var b strings.Builder
	writeJSONText(&b, text)
	return json.RawMessage(b.String())
}

// finish checks what no single parameter shows.
func (p *parser) finish(a *Action, n *node) {
	switch a.Kind {
	case outcome.Transfer:
		p.checkTransfer(a, n)
	case Repeat:
		switch times, during := n.get("times"), n.get("for"); {
		case times.isNull() && during.isNull():
			p.reportNode(n, "repeat needs times or for")
		case !times.isNull() && !during.isNull():
			p.reportNode(n, "repeat has times and for; only one of them is possible")
		}
	case outcome.Blocks:
		switch {
		case len(n.pairs) == 0:
			a.KeyBlocks = 1
		case !n.get("key").isNull() && !n.get("micro").isNull():
			p.reportNode(n, "blocks has key and micro; only one of them is possible")
		}
	case outcome.Send:
		if a.Send == nil && len(n.pairs) == 0 {
			p.reportNode(n, "send needs %s", oneOf("", names(action("send").keys)))
		}
	}
}

// checkTransfer refuses what every node refuses with 1003.
func (p *parser) checkTransfer(a *Action, n *node) {
	if p.raw {
		return
	}
	for _, end := range []struct {
		name string
		who  Account
	}{{"from", a.From}, {"to", a.To}} {
		if end.who == "other" {
			p.reportNode(n.get(end.name), "%s is not a participant (raw: true on the step sends it anyway)", end.name)
		}
	}
	if a.From != "" && a.From == a.To {
		p.reportNode(n, "the transfer goes from %s to %s (raw: true on the step sends it anyway)", a.From, a.To)
	}
}

func (p *parser) account(n *node) Account {
	text, ok := p.scalar(n, "an account")
	if !ok {
		return ""
	}
	if !accountRE.MatchString(text) && !p.raw {
		p.reportNode(n, "the account %s; expected initiator, responder, other or an address (ak_…)", found(n))
		return ""
	}
	return Account(text)
}

// until reads a frame for both sides, or one for each.
func (p *parser) until(n *node, w Who) *[2]*FrameName {
	out := &[2]*FrameName{}
	if n.kind == mapNode {
		m := p.fields(n, "until", frameSides)
		for _, r := range outcome.Roles {
			v := m[r.String()]
			if v == nil {
				continue
			}
			if w.Party != Nobody && w.Role() != r {
				p.reportNode(v, "only the %s connects in this step", w.Role())
				continue
			}
			out[r.Index()] = p.frame(v)
		}
		return out
	}
	f := p.frame(n)
	for _, r := range outcome.Roles {
		if w.Party == Nobody || w.Role() == r {
			out[r.Index()] = f
		}
	}
	return out
}

// send reads the one thing that is written.
func (p *parser) send(a *Action, key, v *node) {
	if a.Send != nil {
		p.reportNode(key, "send writes one thing; %s needs a step of its own", key.text)
		return
	}
	a.Send = &Send{}
	switch key.text {
	case "frame":
		a.Send.Frame = p.json(v)
	case "text":
		a.Send.Text = new(p.text(v, "a text", maxInfo))
	case "binary":
		a.Send.Binary = p.hex(v)
	case "bytes":
		a.Send.Bytes = p.hex(v)
	case "fragments":
		a.Send.Fragments = p.texts(v, "a text", maxInfo)
		if len(a.Send.Fragments) == 0 {
			a.Send.Fragments = []string{""}
		}
	}
}

func (p *parser) hex(n *node) []byte {
	text, ok := p.scalar(n, "bytes in hexadecimal")
	if !ok {
		return nil
	}
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		p.reportNode(n, "expected bytes in hexadecimal, found %s", found(n))
	}
	return b
}
