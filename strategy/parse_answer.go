package strategy

import (
	"encoding/json"
	"slices"
	"strings"

	"chanbot/outcome"
)

// answerForms are the keys that say what an answer is; exactly one is there.
var answerForms = []key{
	{name: "accept", doc: "Sign it.", form: yesForm},
	{name: "abort", doc: "Give the request back with an error code, 1 to 65535.", form: anyForm},
	{name: "ignore", doc: "Say nothing.", form: yesForm},
	{name: "hold", doc: "Say nothing yet; an answer step does.", form: yesForm},
	{name: "delay", doc: "Wait, then answer.", form: anyOf(durationForm, ref("delay"))},
	{name: "tamper", doc: "Sign something wrong.", form: anyOf(wordForm(tamperWords()...), ref("field"), ref("made"))},
	{name: "propose", doc: "Start an operation of its own.", form: ref("roleAction")},
	{name: "stop", doc: "Stop the FSM.", form: yesForm},
	{name: "disconnect", doc: "End the socket.", form: anyOf(wordForm(cutNames...), nullForm)},
	{name: "reconnect", doc: "Drop the socket and connect again.", form: yesForm},
	{name: "choose", doc: "One of several, drawn from the seed.", form: listOf(ref("answerChoice"))},
	{name: "do", doc: "Any answer, with when or expect beside it.", form: ref("answer")},
	{name: "params", doc: "With raw: any JSON as the parameters of the answer.", form: anyForm},
}

var answerBeside = []key{
	{name: "when", doc: "When it holds; otherwise the next layer answers.", form: object("when")},
	{name: "expect", doc: "What this frame must lead to.", form: ref("expect")},
	{name: "raw", doc: "Sends abort or params unchecked.", form: boolForm},
}

// answerWords are the answers that need nothing else.
var answerWords = []string{"accept", "ignore", "hold", "stop", "disconnect", "reconnect"}

var wordKinds = map[string]AnswerKind{
	"accept": AnswerAccept, "ignore": AnswerIgnore, "hold": AnswerHold, "stop": AnswerStop,
	"disconnect": AnswerDisconnect, "reconnect": AnswerReconnect,
}

var tamperKinds = []TamperKind{
	BadSignature, OtherKey, OtherTransaction, StaleTransaction, Unsigned, Garbage,
	PeerTwice, OwnOnly, BothKeys, Truncated, EmptyText, NotBase64, NoPrefix, OtherNetwork,
}

// tamperWords are the names of the ways to tamper, also with spaces.
func tamperWords() []string {
	var all []string
	for _, k := range tamperKinds {
		all = append(all, string(k))
		if spaced := strings.ReplaceAll(string(k), "_", " "); spaced != string(k) {
			all = append(all, spaced)
		}
	}
	return all
}

// signs reads answers by tag, or by role and then tag.
func (p *parser) signs(n *node) Answers {
	var out Answers
	if n.bad {
		return out
	}
	before := p.raw
	p.raw = false
	defer func() { p.raw = before }()
	tags := &node{pos: n.pos, width: n.width, kind: n.kind, text: n.text, tag: n.tag, items: n.items}
	for _, pr := range n.pairs {
		r, err := outcome.ParseRole(pr.key.text)
		if err != nil {
			tags.pairs = append(tags.pairs, pr)
			continue
		}
		if pr.value.isNull() {
			continue
		}
		out.ByRole[r.Index()] = p.byTag(pr.value, tagsOf(r), "sign of the "+r.String())
	}
	words := slices.Concat(signTags, roleNames)
	out.ByTag = p.byTag(tags, words, "sign")
	return out
}

// byTag reads a mapping from tags to answers.
func (p *parser) byTag(n *node, tags []string, what string) map[string]*Answer {
	table := make([]key, len(tags))
	for i, t := range tags {
		table[i] = key{name: t}
	}
	for _, pr := range n.pairs {
		if slices.Contains(signTags, pr.key.text) && !slices.Contains(tags, pr.key.text) {
			// The table would call it unknown, which it is not.
			p.reportNode(pr.key, "%s is asked of the other role", pr.key.text)
			table = append(table, key{name: pr.key.text})
		}
	}
	m := p.fields(n, what, table)
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]*Answer, len(m))
	for tag, v := range m {
		out[tag] = p.answer(v)
	}
	return out
}

// answer reads one answer. It never returns nil.
func (p *parser) answer(n *node) *Answer {
	a := &Answer{Pos: n.pos}
	if n.bad {
		return a
	}
	switch {
	case n.kind == listNode:
		p.answerList(a, n)
	case n.kind == mapNode:
		p.answerMap(a, n)
	case n.isNull():
		p.reportNode(n, "expected an answer, %s; found nothing", oneOf("", names(answerForms)))
	case slices.Contains(answerWords, n.text):
		a.Kind = wordKinds[n.text]
	case slices.Contains(names(answerForms), n.text):
		p.reportNode(n, "%s needs a value; write {%s: …}", n.text, n.text)
	default:
		p.reportNode(n, "unknown answer %q; expected %s", n.text, oneOf(n.text, names(answerForms)))
	}
	return a
}

// answerList reads several answers: all of them in order, or, when any of them
// has a condition, the first that holds.
func (p *parser) answerList(a *Answer, n *node) {
	a.Kind = AnswerList
	if len(n.items) == 0 {
		p.reportNode(n, "a list of no answers; ignore says nothing")
	}
	for _, item := range n.items {
		if !item.get("when").isNull() {
			a.Kind = AnswerCases
		}
		a.Items = append(a.Items, p.answer(item))
	}
}

func (p *parser) answerMap(a *Answer, n *node) {
	var form pair
	for _, pr := range n.pairs {
		switch {
		case slices.Contains(names(answerForms), pr.key.text):
			if form.key != nil {
				p.reportNode(pr.key, "the answer is %s already; a list gives several", form.key.text)
				continue
			}
			form = pr
		case !slices.Contains(names(answerBeside), pr.key.text):
			words := names(slices.Concat(answerForms, answerBeside))
			p.reportNode(pr.key, "unknown key %q; expected %s", pr.key.text, oneOf(pr.key.text, words))
		}
	}
	if v := n.get("raw"); !v.isNull() {
		a.Raw = p.bool(v)
	}
	if form.key == nil {
		if len(n.pairs) == 0 || !p.known(n) {
			p.reportNode(n, "the answer needs one of the keys %s", strings.Join(names(answerForms), ", "))
		}
	} else {
		p.answerForm(a, form)
	}
	if a.Raw && a.Kind != AnswerAbort && a.Kind != AnswerParams {
		p.reportNode(n.get("raw"), "raw means nothing here; it is for abort and params")
	}
	if v := n.get("when"); !v.isNull() {
		w := p.when(v)
		if a.When != nil {
			inner := *a
			*a = Answer{Pos: a.Pos, Kind: AnswerList, Items: []*Answer{&inner}}
		}
		a.When = w
	}
	if v := n.get("expect"); !v.isNull() {
		e := p.expect(v, nil)
		switch {
		case a.Kind == AnswerList || a.Kind == AnswerCases || a.Kind == AnswerPick || a.Kind == AnswerDelay:
			p.reportNode(v, "expect belongs to one frame; write it at each answer inside")
		default:
			a.Expect = e
		}
	}
}

// known says that the mapping has a key that was reported as unknown, so that
// a missing one is likely meant by it.
func (p *parser) known(n *node) bool {
	beside := names(answerBeside)
	return slices.ContainsFunc(n.pairs, func(pr pair) bool { return !slices.Contains(beside, pr.key.text) })
}

func (p *parser) answerForm(a *Answer, form pair) {
	v := form.value
	switch form.key.text {
	case "accept", "ignore", "hold", "stop", "reconnect":
		a.Kind = wordKinds[form.key.text]
		if !v.isNull() && !v.bad && !isTrue(v) {
			p.reportNode(v, "%s takes no value, found %s", form.key.text, found(v))
		}
	case "disconnect":
		a.Kind = AnswerDisconnect
		if !v.isNull() {
			a.Cut = p.cut(v)
		}
	case "abort":
		a.Kind = AnswerAbort
		a.Code = p.abortCode(v, a.Raw)
	case "params":
		a.Kind = AnswerParams
		if !a.Raw {
			p.reportNode(form.key, "params are sent unchecked; that needs raw: true beside them")
		}
		a.Params = p.json(v)
	case "delay":
		p.delay(a, v)
	case "tamper":
		a.Kind = AnswerTamper
		a.Tamper = p.tamper(v)
	case "propose":
		a.Kind = AnswerPropose
		a.Propose = p.propose(v)
	case "choose":
		p.answerChoices(a, v)
	case "do":
		pos, raw := a.Pos, a.Raw
		*a = *p.answer(v)
		a.Pos, a.Raw = pos, a.Raw || raw
	}
}

const (
	leastCode = 1
	mostCode  = 65535
)

// abortCode reads the code of an abort: 1 to 65535, or any JSON with raw.
func (p *parser) abortCode(v *node, raw bool) json.RawMessage {
	switch {
	case v.bad:
		return json.RawMessage("1")
	case raw:
		return p.json(v)
	}
	x := p.integer(v, "the abort code")
	if x == nil {
		return json.RawMessage("1")
	}
	if x.Cmp(big64(leastCode)) < 0 || x.Cmp(big64(mostCode)) > 0 {
		p.reportNode(v, "the abort code %s; it must be from %d to %d (raw: true beside it sends it anyway)", x, leastCode, mostCode)
	}
	return json.RawMessage(x.String())
}

func (p *parser) delay(a *Answer, v *node) {
	a.Kind = AnswerDelay
	a.Then = &Answer{Pos: v.pos}
	if v.kind == scalarNode {
		a.For, _ = p.duration(v)
		return
	}
	m := p.fields(v, "delay", delayKeys)
	if f := m["for"]; f != nil {
		a.For, _ = p.duration(f)
	}
	if t := m["then"]; t != nil {
		a.Then = p.answer(t)
	}
}

func (p *parser) tamper(v *node) *Tamper {
	t := &Tamper{Pos: v.pos, Kind: BadSignature}
	if v.kind != mapNode {
		text, ok := p.scalar(v, "a way to tamper")
		kind := TamperKind(strings.ReplaceAll(text, " ", "_"))
		switch {
		case !ok:
		case slices.Contains(tamperKinds, kind):
			t.Kind = kind
		default:
			words := make([]string, len(tamperKinds))
			for i, k := range tamperKinds {
				words[i] = string(k)
			}
			p.reportNode(v, "unknown way to tamper %q; expected %s, or {field, value, resign}", text, oneOf(text, words))
		}
		return t
	}
	if v.get("signatures") != nil || v.get("change") != nil {
		return p.made(v)
	}
	m := p.fields(v, "tamper", fieldKeys)
	t.Kind = FieldChange
	if f := m["field"]; f != nil {
		t.Field = p.text(f, "the name of a field", 100)
	}
	if f := m["value"]; f != nil {
		t.Value = p.text(f, "a value", maxInfo)
	}
	if f := m["resign"]; f != nil {
		t.Resign = p.bool(f)
	}
	return t
}

// propose reads the operation that is started instead of an answer.
func (p *parser) propose(v *node) *Action {
	// The role is the one that is asked, which is not known here.
	st := Step{Who: Who{Initiator, 1}}
	p.roleAction(&st, &node{pos: v.pos, width: v.width, text: "propose"}, v)
	if d := action(string(st.Action.Kind)); d != nil && !d.request {
		p.reportNode(v, "propose %s; only a request can be proposed", d.kind)
	}
	return &st.Action
}

func (p *parser) answerChoices(a *Answer, v *node) {
	a.Kind = AnswerPick
	w := weights{p: p, at: v}
	for _, item := range p.list(v, "a list of {weight, do}") {
		c := AnswerChoice{Pos: item.pos, Do: &Answer{Pos: item.pos}}
		m := p.fields(item, "a choice", answerChoiceKeys)
		w.add(item, m["weight"])
		switch {
		case m["do"] != nil:
			c.Do = p.answer(m["do"])
		case m != nil:
			p.reportNode(item, "expected {weight, do}; there is no do")
		}
		if e := m["expect"]; e != nil {
			c.Do.Expect = p.expect(e, nil)
		}
		a.Choices = append(a.Choices, c)
	}
	for i, weight := range w.finish() {
		a.Choices[i].Weight = weight
	}
}

var answerChoiceKeys = []key{
	{name: "weight", doc: "A number, or a percentage; one may be left out and takes the rest.", form: weightForm},
	{name: "do", doc: "The answer.", form: ref("answer")},
	{name: "expect", doc: "What this frame must lead to.", form: ref("expect")},
}
