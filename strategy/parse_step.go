package strategy

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var socketName = regexp.MustCompile(`^(initiator|responder)\.([0-9]+)$`)

// maxSocket is the highest number of a socket of one role.
const maxSocket = 64

// who reads the subject of a step: a role, a socket of a role, or both.
func (p *parser) who(key *node) (Who, bool) {
	switch key.text {
	case "initiator":
		return Who{Initiator, 1}, true
	case "responder":
		return Who{Responder, 1}, true
	case "both":
		return Who{Both, 0}, true
	}
	m := socketName.FindStringSubmatch(key.text)
	if m == nil {
		return Who{}, false
	}
	w := Who{Party: Initiator}
	if m[1] == "responder" {
		w.Party = Responder
	}
	n, err := strconv.Atoi(m[2])
	if err != nil || n < 1 || n > maxSocket {
		p.reportNode(key, "the socket %q; sockets are numbered from 1 to %d", key.text, maxSocket)
		n = 1
	}
	w.Socket = n
	return w, true
}

func (p *parser) steps(n *node) []Step {
	items := p.list(n, "a list of steps")
	steps := make([]Step, 0, len(items))
	for _, item := range items {
		steps = append(steps, p.step(item))
	}
	return steps
}

// step reads one step: a subject (who or a bare action) and the keys beside it.
func (p *parser) step(n *node) Step {
	st := Step{Pos: n.pos}
	if n.bad {
		return st
	}
	if n.kind == scalarNode && !n.isNull() {
		p.bareAction(&st, n, nil)
		return st
	}
	if n.kind != mapNode {
		p.reportNode(n, "a step must be a mapping such as %q, found %s", "initiator: {transfer: 1}", found(n))
		return st
	}
	before := p.raw
	p.raw = isTrue(n.get("raw"))
	defer func() { p.raw = before }()
	subject := p.subject(n)
	for _, pr := range n.pairs {
		if pr.key != subject.key && !slices.Contains(names(stepKeys), pr.key.text) {
			p.unknownStepKey(pr.key)
		}
	}
	if subject.key == nil {
		p.reportNode(n, "the step has nobody who acts; it needs one of the keys %s", strings.Join(subjects(), ", "))
	} else if w, ok := p.who(subject.key); ok {
		st.Who = w
		p.roleAction(&st, subject.key, subject.value)
	} else {
		p.bareAction(&st, subject.key, subject.value)
	}
	p.modifiers(&st, n)
	return st
}

func isTrue(n *node) bool {
	return n != nil && n.kind == scalarNode && n.tag == "!!bool" && (n.text == "true" || n.text == "True" || n.text == "TRUE")
}

// subjects are the keys that a step may start with.
func subjects() []string {
	return append([]string{"initiator", "responder", "both"}, actionNames(bareAction)...)
}

// subject finds the one key of a step that says who acts or what happens.
func (p *parser) subject(n *node) pair {
	var first pair
	for _, pr := range n.pairs {
		isWho := slices.Contains(subjects()[:3], pr.key.text) || socketName.MatchString(pr.key.text)
		if !isWho && action(pr.key.text) == nil {
			continue
		}
		if first.key != nil {
			p.reportNode(pr.key, "the step has %s already; %s needs a step of its own", first.key.text, pr.key.text)
			continue
		}
		first = pr
	}
	return first
}

func (p *parser) unknownStepKey(key *node) {
	if slices.Contains(subjects(), key.text) || action(key.text) != nil || socketName.MatchString(key.text) {
		return // reported as a second subject
	}
	words := append(subjects(), names(stepKeys)...)
	p.reportNode(key, "unknown key %q; expected %s", key.text, oneOf(key.text, words))
}

// bareAction reads an action that stands without a role.
func (p *parser) bareAction(st *Step, name, value *node) {
	d := action(name.text)
	switch {
	case d == nil:
		p.reportNode(name, "unknown step %q; expected %s", name.text, oneOf(name.text, subjects()))
		return
	case !d.bare:
		p.reportNode(name, "%s needs a role; write %q", d.kind, fmt.Sprintf("initiator: {%s: …}", d.kind))
		return
	}
	st.Action = p.action(d, name, value, st.Who)
}

// roleAction reads the action of a role: a word, or a mapping with one key.
func (p *parser) roleAction(st *Step, key, value *node) {
	if value.bad {
		return
	}
	name, body := value, (*node)(nil)
	switch {
	case value.kind == mapNode && len(value.pairs) >= 1:
		name, body = value.pairs[0].key, value.pairs[0].value
		for _, pr := range value.pairs[1:] {
			p.reportNode(pr.key, "%s does one thing in a step; %s needs a step of its own", key.text, pr.key.text)
		}
	case value.kind != scalarNode || value.isNull():
		p.reportNode(value, "expected an action such as {transfer: 1}, found %s", found(value))
		return
	}
	d := action(name.text)
	switch {
	case d == nil:
		words := actionNames(roleAction)
		p.reportNode(name, "unknown action %q; expected %s", name.text, oneOf(name.text, words))
		return
	case !d.role:
		p.reportNode(name, "%s has no role; write it as a step of its own", d.kind)
		return
	case d.bare && st.Who.Party == Both:
		p.reportNode(name, "%s of both is written without a role", d.kind)
	}
	st.Action = p.action(d, name, body, st.Who)
}

// modifiers reads the keys beside the subject.
func (p *parser) modifiers(st *Step, n *node) {
	d := action(string(st.Action.Kind))
	if d == nil {
		d = &actionDef{role: true, request: true} // reported; do not complain about what stands beside it
		d.kind = st.Action.Kind
	}
	for _, pr := range n.pairs {
		v := pr.value
		known := slices.Contains(names(stepKeys), pr.key.text)
		if !known || v.isNull() {
			continue
		}
		if d.group {
			p.reportNode(pr.key, "%s means nothing beside %s; write it at the steps inside", pr.key.text, d.kind)
			continue
		}
		switch pr.key.text {
		case "sign":
			st.Sign = p.signs(v)
		case "expect":
			st.Expect = p.expect(v, d)
		case "id":
			if !d.request {
				p.reportNode(pr.key, "id means nothing beside %s, which sends no request", d.kind)
				continue
			}
			st.ID = p.idPolicy(v)
		case "offset":
			if st.Who.Party != Both {
				p.reportNode(pr.key, "offset is for steps of both")
				continue
			}
			st.Offset, st.HasOffset = p.duration(v)
		case "raw":
			st.Raw = p.bool(v)
			if st.Raw && !d.request {
				p.reportNode(pr.key, "raw means nothing beside %s; send writes what no check allows", d.kind)
			}
		case "until":
			if !d.request {
				p.reportNode(pr.key, "until means nothing beside %s", d.kind)
				continue
			}
			st.Until = p.frame(v)
		case "timeout":
			st.Timeout = p.positiveTime(v)
		}
	}
}

// idPolicy reads true, false, or the id itself.
func (p *parser) idPolicy(n *node) IDPolicy {
	switch {
	case n.bad:
		return IDPolicy{}
	case isTrue(n):
		return IDPolicy{Mode: IDAlways}
	case n.kind == scalarNode && n.tag == "!!bool":
		return IDPolicy{Mode: IDNever}
	}
	return IDPolicy{Mode: IDValue, Value: p.json(n)}
}
