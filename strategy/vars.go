package strategy

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var (
	varName = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	varUse  = regexp.MustCompile(`\$\$\{|\$\{[^}]*\}|\$\{`)
)

// maxFilled is the most characters that all values with variables may have
// together after the variables were filled in.
const maxFilled = 1 << 20

// variables reads the vars of a file and puts the given values over them. A
// given name that the file does not have is a problem at givenPos(name).
func (s *source) variables(root *yaml.Node, given map[string]string, unknown func(name string, known []string)) map[string]string {
	vars := map[string]string{}
	if root.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(root.Content); i += 2 {
			if root.Content[i].Value != "vars" {
				continue
			}
			// Structure, duplicates and size are reported when the whole file is
			// read; here only the texts count.
			quiet := &source{file: s.file}
			if v := quiet.convert(root.Content[i+1], 0, nil); v != nil {
				for _, p := range v.pairs {
					if p.value.kind == scalarNode {
						vars[p.key.text] = p.value.text
					}
				}
			}
			break
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := vars[name]; !ok {
			unknown(name, slices.Sorted(maps.Keys(vars)))
			continue
		}
		vars[name] = given[name]
	}
	return vars
}

// checkVars reports what is wrong with the vars mapping itself.
func (p *parser) checkVars(n *node) {
	if n.isNull() || n.bad {
		return
	}
	if n.kind != mapNode {
		p.reportNode(n, "vars must be a mapping from names to values, not %s", found(n))
		return
	}
	for _, pr := range n.pairs {
		if !varName.MatchString(pr.key.text) {
			p.reportNode(pr.key, "variable name %q; a name is lower-case letters, digits and _, with a letter first", pr.key.text)
		}
		if !pr.value.bad && (pr.value.kind != scalarNode || pr.value.isNull()) {
			p.reportNode(pr.value, "variable %s must be a single value, not %s", pr.key.text, found(pr.value))
		}
	}
}

// fill replaces ${name} in a value; $${ stands for the two characters ${.
func (s *source) fill(vars map[string]string) func(*node, string) (string, bool) {
	return func(n *node, text string) (_ string, changed bool) {
		out := varUse.ReplaceAllStringFunc(text, func(m string) string {
			if s.filled > maxFilled {
				return m
			}
			if m == "$${" {
				return "${"
			}
			name, closed := strings.CutSuffix(strings.TrimPrefix(m, "${"), "}")
			if !closed {
				n.bad = true
				s.reportNode(n, "${ without }; write $${ for the characters themselves")
				return m
			}
			changed = true
			value, ok := vars[name]
			if !ok {
				n.bad = true
				known := slices.Sorted(maps.Keys(vars))
				if len(known) == 0 {
					s.reportNode(n, "unknown variable %q; there are no vars in this file", name)
				} else {
					s.reportNode(n, "unknown variable %q; expected %s", name, oneOf(name, known))
				}
				return m
			}
			s.filled += len(value)
			return value
		})
		if s.filled > maxFilled {
			s.full = true
			s.reportNode(n, "more than %d characters of variables", maxFilled)
		}
		return out, changed
	}
}
