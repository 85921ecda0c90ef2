package fuzz

import (
	"bytes"
	"maps"
	"math/big"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// shrinker makes a scenario smaller as long as it keeps what it is wanted for.
type shrinker struct {
	// keeps plays scenarios and returns which is the first that has the finding
	// still, -1 for none.
	keeps func(texts [][]byte) int
	// width is how many scenarios are played at once, at least 1.
	width int
	// over says that there is no time left.
	over func() bool
	// timed are the steps of the original that expect a timer to run out.
	timed []string
	// steps are the scenarios that were kept, each of them made smaller by one
	// change than the one before.
	steps [][]byte
}

// oneByOne makes what a shrinker keeps by of what plays one scenario.
func oneByOne(keeps func(text []byte) bool) func([][]byte) int {
	return func(texts [][]byte) int { return slices.IndexFunc(texts, keeps) }
}

// shrink returns the smallest scenario that was found: first fewer steps, then
// fewer and simpler parameters, then shorter times.
func (s *shrinker) shrink(text []byte) []byte {
	doc := new(yaml.Node)
	if yaml.Unmarshal(text, doc) != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return text
	}
	best := doc
	s.timed = timedSteps(doc)
	for again := true; again && !s.over(); {
		again = false
		for _, pass := range []func(*yaml.Node) (*yaml.Node, bool){s.fewerSteps, s.fewerParts, s.simplerValues} {
			smaller, changed := pass(best)
			best, again = smaller, again || changed
		}
	}
	return render(best)
}

// render writes a document in the style of the cases.
func render(doc *yaml.Node) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if e.Encode(doc) != nil || e.Close() != nil {
		return nil
	}
	return b.Bytes()
}

// smaller is a change of the document.
type smaller struct {
	doc  *yaml.Node
	text []byte
	at   int // which change it is
}

// changed returns what is worth playing of a changed document.
func (s *shrinker) changed(doc *yaml.Node, at int) (smaller, bool) {
	for _, t := range timedSteps(doc) {
		if !slices.Contains(s.timed, t) {
			return smaller{}, false // without its times a step fails anywhere
		}
	}
	text := render(doc)
	if text == nil {
		return smaller{}, false
	}
	if _, err := parse(text); err != nil {
		return smaller{}, false
	}
	return smaller{doc, text, at}, true
}

// first plays some changes and returns the first that keeps the finding.
func (s *shrinker) first(some []smaller) (smaller, bool) {
	if len(some) == 0 || s.over() {
		return smaller{}, false
	}
	var texts [][]byte
	for _, c := range some {
		texts = append(texts, c.text)
	}
	if i := s.keeps(texts); i >= 0 {
		s.steps = append(s.steps, texts[i])
		return some[i], true
	}
	return smaller{}, false
}

// timedSteps returns, for each step that expects a timer of the node to run out or
// waits for what it does then, what decides whether one can: the timers, how long
// the step may take, and the step that sets off what another one waits for.
func timedSteps(doc *yaml.Node) []string {
	root := doc.Content[0]
	list := member(root, "steps")
	if list == nil {
		return nil
	}
	var timers []byte
	if channel := member(root, "channel"); channel != nil {
		if t := member(channel, "timeouts"); t != nil {
			timers = render(t)
		}
	}
	var all []string
	before := "" // the step before when that expects a timer
	for _, step := range list.Content {
		expect, limit, cause := member(step, "expect"), "", before
		if t := member(step, "timeout"); t != nil {
			limit = t.Value
		}
		before = ""
		switch {
		case expect != nil && member(expect, "timeout") != nil:
			all = append(all, string(timers)+limit)
			before = string(render(step))
		case expect == nil && waits(step):
			all = append(all, "wait "+string(timers)+limit+cause)
		}
	}
	return all
}

// waits reports whether a step waits for a frame.
func waits(step *yaml.Node) bool {
	for _, of := range []*yaml.Node{step, member(step, "initiator"), member(step, "responder")} {
		if of != nil && member(of, "wait") != nil {
			return true
		}
	}
	return false
}

// member returns the value of a key of a mapping, nil when it has none.
func member(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

// clone copies a document.
func clone(n *yaml.Node) *yaml.Node {
	if n == nil {
		return nil
	}
	c := *n
	c.Content = make([]*yaml.Node, len(n.Content))
	for i, x := range n.Content {
		c.Content[i] = clone(x)
	}
	return &c
}

// fewerSteps leaves steps out: large pieces first, then single ones.
func (s *shrinker) fewerSteps(doc *yaml.Node) (*yaml.Node, bool) {
	changed := false
	count := func(d *yaml.Node) int {
		if list := member(d.Content[0], "steps"); list != nil {
			return len(list.Content)
		}
		return 0
	}
	for size := count(doc) / 2; size >= 1; size /= 2 {
		for at := count(doc) - size; at >= 0 && count(doc) > size; {
			var some []smaller
			for at = min(at, count(doc)-size); at >= 0 && len(some) < s.width; at-- {
				c := clone(doc)
				list := member(c.Content[0], "steps")
				list.Content = append(list.Content[:at:at], list.Content[at+size:]...)
				if c, ok := s.changed(c, at); ok {
					some = append(some, c)
				}
			}
			if c, ok := s.first(some); ok {
				doc, changed, at = c.doc, true, c.at-1
			}
			if s.over() {
				return doc, changed
			}
		}
	}
	return doc, changed
}

// site is a place in a document where something can be changed.
type site struct {
	path   []int // of content, from the root
	change func(*yaml.Node) bool
}

// apply returns the document with the change, nil when there is nothing to
// change.
func (s site) apply(doc *yaml.Node) *yaml.Node {
	c := clone(doc)
	at := c
	for _, i := range s.path {
		if i >= len(at.Content) {
			return nil
		}
		at = at.Content[i]
	}
	if !s.change(at) {
		return nil
	}
	return c
}

// changes tries every change that sites names until none is left that helps.
func (s *shrinker) changes(doc *yaml.Node, sites func(*yaml.Node) []site) (*yaml.Node, bool) {
	changed := false
	for i := 0; ; {
		all := sites(doc)
		if i >= len(all) || s.over() {
			return doc, changed
		}
		var some []smaller
		for ; i < len(all) && len(some) < s.width; i++ {
			// From the end: what is inside comes before what holds it.
			if c := all[len(all)-1-i].apply(doc); c != nil {
				if c, ok := s.changed(c, i); ok {
					some = append(some, c)
				}
			}
		}
		if c, ok := s.first(some); ok {
			doc, changed, i = c.doc, true, c.at
		}
	}
}

// fewerParts leaves out members of mappings and items of lists, and puts the
// only step of a group in its place.
func (s *shrinker) fewerParts(doc *yaml.Node) (*yaml.Node, bool) {
	return s.changes(doc, func(doc *yaml.Node) []site {
		var all []site
		fixed := expecting(doc)
		walk(doc, nil, func(n *yaml.Node, path []int) {
			if fixed[n] {
				return
			}
			switch n.Kind {
			case yaml.MappingNode:
				for i := 0; i+1 < len(n.Content); i += 2 {
					if kept[n.Content[i].Value] {
						continue
					}
					all = append(all, site{path, func(at *yaml.Node) bool {
						if i+1 >= len(at.Content) {
							return false
						}
						at.Content = append(at.Content[:i:i], at.Content[i+2:]...)
						return true
					}})
				}
			case yaml.SequenceNode:
				for i := range n.Content {
					all = append(all, site{path, func(at *yaml.Node) bool {
						if i >= len(at.Content) || len(at.Content) == 1 {
							return false
						}
						at.Content = append(at.Content[:i:i], at.Content[i+1:]...)
						return true
					}})
				}
			case yaml.DocumentNode, yaml.ScalarNode, yaml.AliasNode:
			}
		})
		return all
	})
}

// kept are keys without which nothing is a scenario any more, or an expectation
// would become stricter.
var kept = map[string]bool{"chanbot": true, "name": true, "steps": true, "expect": true, "in_turn": true, "patience": true}

// expecting returns what other values would make an expectation wrong: the
// expectation, the rest of a step that expects something of its own, and the
// other steps of its group.
func expecting(doc *yaml.Node) map[*yaml.Node]bool {
	fixed := below(doc, "expect")
	fix := func(n *yaml.Node) { walk(n, nil, func(in *yaml.Node, _ []int) { fixed[in] = true }) }
	own := func(step *yaml.Node) bool {
		e := member(step, "expect")
		return e != nil && e.Value != "any"
	}
	walk(doc, nil, func(n *yaml.Node, _ []int) {
		if own(n) {
			fix(n)
		}
		if group := member(n, "repeat"); group != nil {
			if list := member(group, "steps"); list != nil && slices.ContainsFunc(list.Content, own) {
				fix(n)
			}
		}
	})
	return fixed
}

// below returns the values of some keys, and all that is in them.
func below(doc *yaml.Node, keys ...string) map[*yaml.Node]bool {
	found := make(map[*yaml.Node]bool)
	walk(doc, nil, func(n *yaml.Node, _ []int) {
		for _, key := range keys {
			if v := member(n, key); v != nil {
				walk(v, nil, func(in *yaml.Node, _ []int) { found[in] = true })
			}
		}
	})
	return found
}

// walk visits every node, the outer ones first.
func walk(n *yaml.Node, path []int, visit func(*yaml.Node, []int)) {
	visit(n, path)
	for i, c := range n.Content {
		walk(c, append(path[:len(path):len(path)], i), visit)
	}
}

// simplerValues makes numbers small and texts and times short, but not the
// timers of the node: with shorter ones honest steps fail at any node.
func (s *shrinker) simplerValues(doc *yaml.Node) (*yaml.Node, bool) {
	return s.changes(doc, func(doc *yaml.Node) []site {
		var all []site
		fixed := expecting(doc)
		maps.Copy(fixed, below(doc, "timeouts"))
		walk(doc, nil, func(n *yaml.Node, path []int) {
			if n.Kind != yaml.ScalarNode || len(path) < 3 || fixed[n] {
				return
			}
			for _, v := range simpler(n.Value) {
				all = append(all, site{path, func(at *yaml.Node) bool {
					if at.Value == v {
						return false
					}
					at.Value = v
					return true
				}})
			}
		})
		return all
	})
}

// simpler returns values that are simpler than a scalar, the simplest last.
func simpler(value string) []string {
	if n, ok := new(big.Int).SetString(value, 10); ok {
		var all []string
		if n.BitLen() > 3 {
			all = append(all, new(big.Int).Rsh(n, uint(n.BitLen()/2)).String(), "10")
		}
		if n.CmpAbs(big.NewInt(1)) > 0 {
			all = append(all, "2", "1")
		}
		return all
	}
	if d, err := time.ParseDuration(value); err == nil && d > 0 {
		var all []string
		for _, shorter := range []time.Duration{d / 2, d / 10, 0} {
			shorter = shorter.Round(time.Millisecond)
			if shorter < d && (shorter > 0 || d < 100*time.Millisecond) {
				all = append(all, shorter.String())
			}
		}
		return all
	}
	if len(value) > 40 {
		return []string{value[:len(value)/2]}
	}
	return nil
}
