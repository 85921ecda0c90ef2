package session

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// print writes the scenario.
func (im *importer) print(file string) []byte {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Imported from %s by chanbot. Ids, keys, hashes and fees are those of each run.", results.OneLine(file))
	line("chanbot: 1")
	line("name: %s", scalar(nameOf(im.o.Name)))
	line("tags: [imported]")
	if m := im.block(); len(m) > 0 {
		line("")
		line("channel:")
		for _, x := range m {
			line("  %s: %s", x.key, flow(x.value))
		}
	}
	line("")
	node := mapping{{"blocks", "expected"}}
	if im.old {
		node = append(node, member{"era", rawScalar("2020")})
	}
	if limits := im.limits(); len(limits) > 0 {
		node = append(node, member{"limits", limits})
	}
	line("node: %s", flow(append(node, member{"optional", true})))
	for _, r := range outcome.Roles {
		im.printRole(line, r)
	}
	line("")
	line("steps:")
	notes := make(map[int][]string) // by line of the session
	for _, n := range im.notes {
		notes[n.Line] = append(notes[n.Line], n.Reason)
	}
	at := 0
	comment := func(to int) {
		for _, n := range slices.Sorted(maps.Keys(notes)) {
			if n > at && n <= to {
				for _, reason := range notes[n] {
					line("  # line %d: not expressed: %s", n, results.OneLine(reason))
				}
			}
		}
		at = max(at, to)
	}
	for _, s := range im.steps {
		comment(im.lines[s.entry])
		im.printStep(line, s)
	}
	comment(1 << 60)
	return []byte(b.String())
}

// printRole writes what holds for a role: which requests to sign are answered
// by steps of their own, whether signatures carry an id, and what its connections
// switch off.
func (im *importer) printRole(line func(string, ...any), r outcome.Role) {
	var sign, params mapping
	for _, o := range im.offers {
		if o.link.role == r && !o.folded && sign.get(o.tag) == nil {
			sign = append(sign, member{o.tag, "hold"})
		}
	}
	standing := im.channel.standing[r.Index()]
	for _, name := range slices.Sorted(maps.Keys(standing)) {
		params = append(params, member{name, standing[name]})
	}
	if len(sign)+len(params) == 0 && !im.noIDs[r.Index()] {
		return
	}
	line("")
	line("%s:", r)
	if im.noIDs[r.Index()] {
		line("  id: false")
	}
	if len(sign) > 0 {
		line("  sign: %s", flow(sign))
	}
	if len(params) > 0 {
		line("  params: %s", flow(params))
	}
}

// width is how long a line of the scenario gets where it can be broken.
const width = 110

func (im *importer) printStep(line func(string, ...any), s *importStep) {
	for _, c := range s.comments {
		line("  # %s", results.OneLine(c))
	}
	if s.action == nil {
		line("  - %s:", s.subject)
	} else {
		line("  - %s: %s", s.subject, flow(s.action))
	}
	if sign := im.answers(s); len(sign) > 0 {
		line("    sign: %s", flow(sign))
	}
	if s.id != nil {
		line("    id: %s", flow(s.id))
	}
	if s.raw {
		line("    raw: true")
	}
	if d := s.end - s.begin; d > 20*time.Second {
		line("    timeout: %s", (2 * d).Round(time.Second))
	}
	im.printExpect(line, s)
}

// answers are the answers of a step, without those that are given anyway. A tag
// that the other role is asked for as well stands under its role.
func (im *importer) answers(s *importStep) mapping {
	var out mapping
	var roles [2]mapping
	for _, m := range s.sign {
		role := s.link.role
		if !slices.Contains([]string{"update", "deposit_tx", "withdraw_tx", "shutdown_sign"}, m.key) {
			role = outcome.NoRole
		}
		held := im.held(m.key, outcome.Initiator) || im.held(m.key, outcome.Responder)
		switch {
		case role != outcome.NoRole && im.held(m.key, role.Peer()):
			roles[role.Index()] = append(roles[role.Index()], m)
		case m.value != "accept" || held:
			out = append(out, m)
		}
	}
	for i, m := range roles {
		if len(m) > 0 {
			out = append(out, member{outcome.Roles[i].String(), m})
		}
	}
	return out
}

// held says whether a role has steps of their own for the answers to a tag.
func (im *importer) held(tag string, r outcome.Role) bool {
	return slices.ContainsFunc(im.offers, func(o *offer) bool { return o.tag == tag && o.link.role == r && !o.folded })
}

func (im *importer) printExpect(line func(string, ...any), s *importStep) {
	var frames mapping
	for _, label := range s.sockets {
		frames = append(frames, member{label, mapping{{"in_order", s.frames[label]}}})
	}
	if len(frames) > 1 { // an empty list says only that nothing more is waited for
		frames = slices.DeleteFunc(frames, func(m member) bool { return len(s.frames[m.key]) == 0 })
	}
	var expect mapping
	if m, ok := s.outcome.(mapping); ok {
		expect = append(expect, m...)
	} else if s.outcome != nil {
		expect = append(expect, member{"outcome", s.outcome})
	}
	if len(s.values) > 0 {
		expect = append(expect, member{"values", s.values})
	}
	if len(frames) > 0 {
		expect = append(expect, member{"frames", frames})
	}
	switch {
	case len(expect) == 0:
	case len(frames) == 0 && len(s.values) == 0:
		line("    expect: %s", flow(s.outcome))
	case len("    expect: ")+len(flow(expect)) <= width:
		line("    expect: %s", flow(expect))
	default:
		line("    expect:")
		for _, x := range expect {
			if x.key != "frames" {
				line("      %s: %s", x.key, flow(x.value))
				continue
			}
			line("      frames:")
			for _, f := range frames {
				im.printFrames(line, f)
			}
		}
	}
}

// printFrames writes the frames of one socket, in several lines when they are
// many.
func (im *importer) printFrames(line func(string, ...any), f member) {
	head := "        " + scalar(f.key) + ": "
	if text := head + flow(f.value); len(text) <= width {
		line("%s", text)
		return
	}
	names := f.value.(mapping)[0].value.([]string)
	line("%s", head+"{in_order: [")
	row := ""
	for _, n := range names {
		if len(row)+len(n)+12 > width {
			line("          %s", strings.TrimSuffix(row, " "))
			row = ""
		}
		row += scalar(n) + ", "
	}
	line("          %s]}", strings.TrimSuffix(row, ", "))
}
