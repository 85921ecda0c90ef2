package strategy

import (
	"slices"
	"strings"

	"chanbot/outcome"
)

// coded are the outcomes that have a code.
var coded = []outcome.Kind{outcome.Aborted, outcome.Conflict, outcome.Rejected, outcome.Refused, outcome.Timeout}

// caused are the outcomes that somebody causes.
var caused = []outcome.Kind{outcome.Conflict, outcome.Timeout}

func kindNames() []string {
	var all []string
	for _, k := range outcome.Kinds() {
		all = append(all, k.String())
	}
	return all
}

// expectTable is what a mapping of expect may have: the outcomes, and
// expectKeys.
func expectTable() []key {
	var all []key
	for _, k := range outcome.Kinds() {
		f := form(nullForm)
		if slices.Contains(coded, k) {
			f = anyOf(form{"type": "integer"}, nullForm, variable)
		}
		all = append(all, key{name: k.String(), doc: "The outcome " + k.String() + ".", form: f})
	}
	return append(all, expectKeys...)
}

// expect reads how a step must end. d is its action, nil for an answer.
func (p *parser) expect(n *node, d *actionDef) *Expect {
	e := &Expect{Pos: n.pos}
	if n.bad {
		return e
	}
	if n.kind != mapNode {
		e.Outcomes = p.outcomes(n)
		return e
	}
	m := p.fields(n, "expect", expectTable())
	if w, given := p.wanted(n, m); given {
		e.Outcomes = []Wanted{w}
	} else if v := m["outcome"]; v != nil {
		e.Outcomes = p.outcomes(v)
	}
	if v := m["values"]; v != nil {
		switch {
		case d != nil && d.kind == outcome.Balances:
			e.Values = p.values(v)
		case d != nil && d.kind == "":
		default:
			p.reportNode(v, "values are what balances returns; there are none here")
		}
	}
	if v := m["frames"]; v != nil {
		e.Frames, e.Sockets = p.frameRules(v)
	}
	return e
}

// anyOutcome stands for every way in which an operation can end with a correct
// node.
const anyOutcome = "any"

func everyOutcome(at Pos) []Wanted {
	var all []Wanted
	for _, k := range outcome.Kinds() {
		if k != outcome.Violation && k != outcome.Cancelled {
			all = append(all, Wanted{Pos: at, Kind: k})
		}
	}
	return all
}

// outcomes reads an outcome, or a list of acceptable ones.
func (p *parser) outcomes(n *node) []Wanted {
	if n.kind == scalarNode && n.text == anyOutcome {
		return everyOutcome(n.pos)
	}
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
		if len(items) == 0 {
			p.reportNode(n, "a list of no outcomes")
		}
	}
	var all []Wanted
	for _, item := range items {
		if item.bad {
			continue
		}
		if item.kind != mapNode {
			if text, ok := p.word(item, "outcome", kindNames()); ok {
				k, _ := outcome.ParseKind(text)
				all = append(all, Wanted{Pos: item.pos, Kind: k})
			}
			continue
		}
		table := slices.DeleteFunc(expectTable(), func(k key) bool {
			return k.name == "outcome" || k.name == "values" || k.name == "frames"
		})
		m := p.fields(item, "an outcome", table)
		if w, ok := p.wanted(item, m); ok {
			all = append(all, w)
		}
	}
	return all
}

// wanted reads the one outcome that is a key of n, and by. It says whether
// there is one.
func (p *parser) wanted(n *node, m map[string]*node) (Wanted, bool) {
	w := Wanted{Pos: n.pos}
	var first *node
	for _, pr := range n.pairs {
		k, err := outcome.ParseKind(pr.key.text)
		if err != nil {
			continue
		}
		if first != nil {
			p.reportNode(pr.key, "a second outcome beside %s; a list gives alternatives", first.text)
			continue
		}
		first, w.Kind = pr.key, k
		p.code(&w, pr)
	}
	if first != nil && m["outcome"] != nil {
		p.reportNode(m["outcome"], "a second outcome beside %s; a list gives alternatives", first.text)
	}
	if v := m["by"]; v != nil {
		if text, ok := p.word(v, "party", partyNames); ok {
			w.By, _ = outcome.ParseParty(text)
		}
		if first == nil || !slices.Contains(caused, w.Kind) {
			p.reportNode(v, "by is for conflict and timeout")
		}
	}
	return w, first != nil
}

// code reads the code of an outcome: that of an abort or conflict, or an
// error's.
func (p *parser) code(w *Wanted, pr pair) {
	v := pr.value
	switch {
	case v.isNull() || v.bad:
		return
	case !slices.Contains(coded, w.Kind):
		p.reportNode(v, "%s has no code, found %s", w.Kind, found(v))
		return
	}
	least := int64(-1 << 31)
	if w.Kind == outcome.Aborted || w.Kind == outcome.Conflict {
		least = leastCode
	}
	w.Code, w.HasCode = p.whole(v, "the code", least, mostCode)
}

func (p *parser) values(n *node) []Value {
	if n.kind != mapNode {
		p.reportNode(n, "values must be a mapping from accounts to amounts, found %s", found(n))
		return nil
	}
	var all []Value
	for _, pr := range n.pairs {
		v := Value{Pos: pr.key.pos, Account: p.account(pr.key)}
		if v.Amount = p.integer(pr.value, "the amount"); v.Amount != nil {
			all = append(all, v)
		}
	}
	return all
}

func (p *parser) frameRules(n *node) (rules [2]FrameRule, sockets []SocketRule) {
	m := p.fields(n, "frames", frameSides)
	for _, r := range outcome.Roles {
		rules[r.Index()] = p.frameRule(m[r.String()], r.String())
	}
	for _, k := range furtherSockets {
		v := m[k.name]
		if v == nil {
			continue
		}
		w, _ := p.who(&node{text: k.name})
		rule := SocketRule{Who: w, FrameRule: p.frameRule(v, k.name)}
		if len(rule.Must)+len(rule.Not) > 0 {
			p.reportNode(v, "only in_order is possible for a further socket")
		}
		sockets = append(sockets, rule)
	}
	return rules, sockets
}

// frameRule reads what a side must see: a list, or a mapping.
func (p *parser) frameRule(v *node, side string) (rule FrameRule) {
	switch {
	case v == nil:
	case v.kind == mapNode:
		sides := p.fields(v, "frames of "+side, frameRuleKeys)
		rule.Must = p.frames(sides["must"])
		rule.Not = p.frames(sides["not"])
		if o := sides["in_order"]; o != nil {
			rule.InOrder, rule.Ordered = p.orderedFrames(o), true
		}
	default:
		rule.Must = p.frames(v)
	}
	return rule
}

func (p *parser) frames(n *node) []FrameName {
	var all []FrameName
	for _, item := range p.list(n, "a list of frames") {
		if f := p.frame(item); f != nil {
			all = append(all, *f)
		}
	}
	return all
}

// AnyFrame stands, among frames in order, for one frame whatever its name.
const AnyFrame = "any"

// FrameKnown says whether the language has this name for frames.
func FrameKnown(name string) bool { return frameProblem(name) == "" }

// orderedFrames reads frames in order, where a name with a question mark after
// it may be missing.
func (p *parser) orderedFrames(n *node) []FrameName {
	var all []FrameName
	for _, item := range p.list(n, "a list of frames") {
		name, optional := strings.CutSuffix(item.text, "?")
		if optional {
			item = &node{pos: item.pos, width: item.width, kind: item.kind, text: name, tag: item.tag, bad: item.bad}
		}
		if item.kind == scalarNode && item.text == AnyFrame {
			all = append(all, FrameName{Pos: item.pos, Name: AnyFrame, Optional: optional})
		} else if f := p.frame(item); f != nil {
			f.Optional = optional
			all = append(all, *f)
		}
	}
	return all
}

// frame reads the name of a frame. It is nil after a problem.
func (p *parser) frame(n *node) *FrameName {
	text, ok := p.scalar(n, "the name of a frame such as \"info fsm_up\"")
	if !ok {
		return nil
	}
	if reason := frameProblem(text); reason != "" {
		p.reportNode(n, "unknown frame %s; expected %s", found(n), reason)
		return nil
	}
	return &FrameName{Pos: n.pos, Name: text}
}

// frameProblem says what would be allowed, or "" when name is the name of a
// frame.
func frameProblem(name string) string {
	method, tag, hasTag := strings.Cut(name, " ")
	signTag, isSign := strings.CutPrefix(name, "sign.")
	in := func(words []string, w string) string {
		if slices.Contains(words, w) {
			return ""
		}
		return oneOf(w, words)
	}
	switch {
	case isSign:
		return in(signTags, signTag)
	case !hasTag && plainFrames[name]:
		return ""
	case !hasTag:
		return frameTag(name)
	case method == "info":
		return in(infoEvents, tag)
	case method == "on_chain_tx":
		return in(onChainInfos, tag)
	case method == "result":
		return in([]string{"ok"}, tag)
	case method == "conflict", method == "error", method == "close":
		if decimal.MatchString(tag) && len(tag) < 8 {
			return ""
		}
		return method + " and a number"
	}
	return in([]string{"info", "on_chain_tx", "result", "conflict", "error", "close"}, method) + " before the space"
}

// frameTag says what a word alone could be; the words are too many to list.
func frameTag(name string) string {
	words := slices.Concat(plainNames(), infoEvents, onChainInfos, signTags)
	if slices.Contains(words, name) {
		return ""
	}
	text := `a name such as "info fsm_up", "sign.update", "conflict 42" or "channel_changed"`
	if near := nearest(name, words); near != "" {
		text += " (did you mean " + near + "?)"
	}
	return text
}
