package strategy

import (
	"math/big"
	"regexp"
	"strings"

	"chanbot/outcome"
)

// when reads a condition.
func (p *parser) when(n *node) *When {
	m := p.fields(n, "when", whenKeys)
	w := &When{Pos: n.pos, Round: p.span(m["round"]), Nth: p.span(m["nth"]), Amount: p.span(m["amount"])}
	if v := m["op"]; v != nil {
		items := []*node{v}
		if v.kind == listNode {
			items = v.items
		}
		words := make([]string, len(operations))
		for i, op := range operations {
			words[i] = string(op)
		}
		for _, item := range items {
			if op, ok := p.word(item, "operation", words); ok {
				w.Ops = append(w.Ops, outcome.Operation(op))
			}
		}
	}
	if m != nil && len(m) == 0 {
		p.reportNode(n, "when has no condition; expected %s", oneOf("", names(whenKeys)))
	}
	return w
}

var rangeForm = regexp.MustCompile(`^(?:(==|!=|<=|>=|<|>) *)?([0-9]{1,100})$|^([0-9]{1,100}) *\.\. *([0-9]{1,100})$`)

// span reads a number, a comparison, a range a..b, or a list of them.
func (p *parser) span(n *node) *Span {
	if n == nil {
		return nil
	}
	items := []*node{n}
	if n.kind == listNode {
		items = n.items
	}
	s := &Span{}
	for _, item := range items {
		text, ok := p.scalar(item, "a number, a comparison such as \">= 3\", or a range such as 2..5")
		if !ok {
			continue
		}
		m := rangeForm.FindStringSubmatch(strings.TrimSpace(text))
		if m == nil {
			p.reportNode(item, "expected a number, a comparison such as \">= 3\", or a range such as 2..5, found %s", found(item))
			continue
		}
		s.Ranges = append(s.Ranges, makeRange(m))
	}
	return s
}

func makeRange(m []string) Range {
	number := func(text string) *big.Int { v, _ := new(big.Int).SetString(text, 10); return v }
	if m[3] != "" {
		return Range{Min: number(m[3]), Max: number(m[4])}
	}
	v := number(m[2])
	switch m[1] {
	case "<":
		return Range{Max: new(big.Int).Sub(v, big64(1))}
	case "<=":
		return Range{Max: v}
	case ">":
		return Range{Min: new(big.Int).Add(v, big64(1))}
	case ">=":
		return Range{Min: v}
	case "!=":
		return Range{Min: v, Max: v, Not: true}
	}
	return Range{Min: v, Max: v}
}
