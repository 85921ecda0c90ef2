package strategy

import (
	"time"

	"chanbot/outcome"
)

// node reads the settings of the embedded node.
func (p *parser) node(n *node) *Node {
	m := p.fields(n, "node", nodeKeys)
	out := &Node{Pos: n.pos}
	if v := m["blocks"]; v != nil {
		p.blockMode(v, out)
	}
	if v := m["era"]; v != nil {
		out.Era, _ = p.word(v, "era", eras)
	}
	if v := m["forgiving"]; v != nil {
		out.Forgiving = p.bool(v)
	}
	if v := m["limits"]; v != nil {
		out.Limits = p.limits(v)
	}
	out.Faults = p.settings(m["faults"], "faults")
	out.Defects = p.settings(m["defects"], "defects")
	if v := m["optional"]; v != nil {
		out.Optional = p.bool(v)
	}
	return out
}

func (p *parser) blockMode(v *node, out *Node) {
	text, ok := p.scalar(v, "on-demand, expected, manual or a time")
	switch {
	case !ok:
	case text == "on-demand":
		out.Blocks = BlocksOnDemand
	case text == "manual":
		out.Blocks = BlocksManual
	case text == "expected":
		out.Blocks = BlocksExpected
	default:
		d, err := time.ParseDuration(text)
		if err != nil || d <= 0 || d > maxDuration {
			p.reportNode(v, "blocks is %s; expected on-demand, expected, manual or the time between two blocks", found(v))
			return
		}
		out.Blocks, out.BlockEvery = BlocksEvery, d
	}
}

func (p *parser) limits(n *node) []Setting {
	table := make([]key, len(limitNames))
	for i, name := range limitNames {
		table[i] = key{name: name}
	}
	m := p.fields(n, "limits", table)
	var out []Setting
	for _, pr := range n.pairs {
		v := m[pr.key.text]
		if v == nil {
			continue
		}
		if _, ok := p.whole(v, pr.key.text, 0, 1_000_000); ok {
			out = append(out, Setting{Pos: pr.key.pos, Name: pr.key.text, Value: v.text})
		}
	}
	return out
}

// settings reads a list of names, or a mapping from names to values.
func (p *parser) settings(n *node, what string) []Setting {
	var out []Setting
	switch {
	case n == nil || n.bad:
	case n.kind == listNode:
		for _, item := range n.items {
			if text, ok := p.scalar(item, "a name"); ok {
				out = append(out, Setting{Pos: item.pos, Name: text})
			}
		}
	case n.kind == mapNode:
		for _, pr := range n.pairs {
			if pr.value.kind != scalarNode {
				p.reportNode(pr.value, "%s must be a single value, not %s", pr.key.text, found(pr.value))
				continue
			}
			s := Setting{Pos: pr.key.pos, Name: pr.key.text}
			if !pr.value.isNull() {
				s.Value = pr.value.text
			}
			out = append(out, s)
		}
	default:
		p.reportNode(n, "%s must be a list of names or a mapping from names to values, found %s", what, found(n))
	}
	return out
}

// standing reads what holds for a role.
func (p *parser) standing(n *node, r outcome.Role) Standing {
	if n == nil {
		return Standing{}
	}
	m := p.fields(n, r.String(), standingKeys)
	st := Standing{Pos: n.pos}
	if v := m["use"]; v != nil {
		st.Strategy = p.use(v, m["with"])
	} else if v := m["with"]; v != nil {
		p.reportNode(v, "with needs a use beside it")
	}
	if v := m["sign"]; v != nil {
		st.Sign = Answers{ByTag: p.byTag(v, tagsOf(r), "sign of the "+r.String())}
	}
	if v := m["params"]; v != nil {
		st.Params = p.params(v)
	}
	if v := m["id"]; v != nil {
		if st.SignID.Mode = IDAlways; !p.bool(v) {
			st.SignID.Mode = IDNever
		}
	}
	return st
}

// use reads the strategy that is named, with its variables from with.
func (p *parser) use(n, with *node) *Strategy {
	name, ok := p.scalar(n, "the name of a strategy")
	if !ok {
		return nil
	}
	if p.opts.ResolveStrategy == nil {
		p.reportNode(n, "unknown strategy %q", name)
		return nil
	}
	file, src, err := p.opts.ResolveStrategy(name)
	if err != nil {
		p.reportNode(n, "strategy %q: %v", name, err)
		return nil
	}
	set, at := map[string]string{}, map[string]*node{}
	if with != nil && with.kind != mapNode && !with.bad {
		p.reportNode(with, "with must be a mapping from variables to values, found %s", found(with))
		with = nil
	}
	if with != nil {
		for _, pr := range with.pairs {
			if pr.value.bad {
				continue
			}
			if pr.value.kind != scalarNode || pr.value.isNull() {
				p.reportNode(pr.value, "variable %s must be a single value, not %s", pr.key.text, found(pr.value))
				continue
			}
			set[pr.key.text], at[pr.key.text] = pr.value.text, pr.key
		}
	}
	st, problems := parseStrategy(file, src, Options{Set: set, ResolveStrategy: p.opts.ResolveStrategy}, file,
		func(name string, known []string) {
			if len(known) == 0 {
				p.reportNode(at[name], "unknown variable %q; the strategy has none", name)
				return
			}
			p.reportNode(at[name], "unknown variable %q of the strategy; expected %s", name, oneOf(name, known))
		})
	p.problems = append(p.problems, problems...)
	return st
}
