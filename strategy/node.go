package strategy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// What a file may be at most. The counts are taken after aliases were
// followed, so that a small file cannot grow large.
const (
	maxFile  = 1 << 20
	maxDepth = 64
	maxNodes = 100_000
)

type nodeKind uint8

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

// node is a value of the file with its place. Aliases are followed and
// variables are filled in.
type node struct {
	pos   Pos
	width int
	kind  nodeKind
	text  string // scalarNode
	tag   string // scalarNode: !!str, !!int, !!float, !!bool, !!null, ...
	bad   bool   // what is wrong with it was reported
	items []*node
	pairs []pair
}

type pair struct {
	key   *node // a scalar
	value *node
}

func (n *node) isNull() bool { return n == nil || n.kind == scalarNode && n.tag == "!!null" }

// get returns the value of a key, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	for _, p := range n.pairs {
		if p.key.text == name {
			return p.value
		}
	}
	return nil
}

// source is a file that is being read, and what was found wrong with it.
type source struct {
	file     string
	lines    []string
	problems Problems
	nodes    int
	full     bool // maxNodes, maxDepth or maxFilled was passed and reported
	filled   int  // characters of all values with variables
}

func newSource(file string, src []byte) *source {
	text := strings.TrimPrefix(string(src), "\ufeff")
	return &source{file: file, lines: strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")}
}

// report adds a problem at a place in this file.
func (s *source) report(pos Pos, width int, format string, args ...any) {
	if len(s.problems) >= keptProblems {
		return
	}
	pr := Problem{Pos: pos, Width: width, Message: fmt.Sprintf(format, args...)}
	if pos.File == s.file && pos.Line > 0 && pos.Line <= len(s.lines) {
		pr.Line = s.lines[pos.Line-1]
	}
	s.problems = append(s.problems, pr)
}

func (s *source) reportNode(n *node, format string, args ...any) {
	s.report(n.pos, n.width, format, args...)
}

// compose reads the YAML syntax. It returns nil after a problem.
func (s *source) compose(src []byte) *yaml.Node {
	if len(src) > maxFile {
		s.report(Pos{File: s.file, Line: 1, Col: 1}, 1, "the file is larger than %d bytes", maxFile)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		s.syntax(err)
		return nil
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		s.report(Pos{File: s.file, Line: max(more.Line, 1), Col: max(more.Column, 1)}, 1,
			"a second document; one file is one scenario")
		return nil
	case !errors.Is(err, io.EOF):
		s.syntax(err)
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		s.report(Pos{File: s.file, Line: 1, Col: 1}, 1, "the file is empty")
		return nil
	}
	return doc.Content[0]
}

// convert makes the own tree of a YAML node. fill replaces the variables of a
// scalar; nil leaves them alone. The result is nil after a problem with this
// very node.
func (s *source) convert(y *yaml.Node, depth int, fill func(*node, string) (string, bool)) *node {
	n := &node{pos: Pos{File: s.file, Line: max(y.Line, 1), Col: max(y.Column, 1)}, width: 1}
	if s.full {
		return nil
	}
	if s.nodes++; s.nodes > maxNodes {
		s.full = true
		s.reportNode(n, "more than %d values, aliases included", maxNodes)
		return nil
	}
	if depth > maxDepth {
		s.full = true
		s.reportNode(n, "nested more than %d deep", maxDepth)
		return nil
	}
	if y.Style&yaml.TaggedStyle != 0 {
		s.reportNode(n, "the tag %s; values are written without tags", y.Tag)
		return nil
	}
	switch y.Kind {
	case yaml.AliasNode:
		return s.convert(y.Alias, depth+1, fill)
	case yaml.ScalarNode:
		s.scalar(n, y, fill)
		return n
	case yaml.SequenceNode:
		n.kind = listNode
		for _, c := range y.Content {
			if item := s.convert(c, depth+1, fill); item != nil {
				n.items = append(n.items, item)
			}
		}
		return n
	case yaml.MappingNode:
		n.kind = mapNode
		s.mapping(n, y, depth, fill)
		return n
	}
	s.reportNode(n, "unexpected YAML")
	return nil
}

func (s *source) scalar(n *node, y *yaml.Node, fill func(*node, string) (string, bool)) {
	n.text, n.tag = y.Value, y.ShortTag()
	n.width = max(len([]rune(firstLine(y.Value))), 1)
	if y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		n.width += 2
	}
	if fill == nil || !strings.Contains(y.Value, "$") {
		return
	}
	if text, changed := fill(n, y.Value); changed {
		n.text = text
		n.tag = (&yaml.Node{Kind: yaml.ScalarNode, Value: text}).ShortTag()
	} else {
		n.text = text
	}
}

func (s *source) mapping(n *node, y *yaml.Node, depth int, fill func(*node, string) (string, bool)) {
	seen := map[string]Pos{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key := s.convert(y.Content[i], depth+1, nil)
		if key == nil {
			continue
		}
		if key.kind != scalarNode {
			s.reportNode(key, "a key must be a word, not %s", found(key))
			continue
		}
		if key.tag == "!!merge" {
			s.reportNode(key, "merge keys (<<) are not part of the language; use an alias for a whole value")
			continue
		}
		fill := fill
		if depth == 0 && key.text == "vars" {
			fill = nil
		}
		value := s.convert(y.Content[i+1], depth+1, fill)
		if first, twice := seen[key.text]; twice {
			s.reportNode(key, "duplicate key %q; first given at line %d", key.text, first.Line)
			continue
		}
		seen[key.text] = key.pos
		if value == nil {
			// Reported already; the key stays known without a second report.
			value = &node{pos: key.pos, width: key.width, tag: "!!str", bad: true}
		}
		n.pairs = append(n.pairs, pair{key, value})
	}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// found says in words what a value is.
func found(n *node) string {
	switch {
	case n == nil:
		return "nothing"
	case n.kind == listNode:
		return "a list"
	case n.kind == mapNode:
		return "a mapping"
	case n.tag == "!!null":
		return "nothing"
	}
	text := n.text
	if r := []rune(text); len(r) > 40 {
		text = string(r[:40]) + "…"
	}
	return strconv.Quote(text)
}
