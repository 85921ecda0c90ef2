package strategy

import (
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/wire"
)

// maxFaults is how many faults a scenario may have.
const maxFaults = 100

var (
	faultKeys = []key{
		{name: "do", doc: "What happens to the frame.", form: ref("faultAction"), required: true},
		{name: "frames", doc: "Which frames, by name; a name may end with *. All by default.", form: listOf(frameForm)},
		{name: "direction", doc: "in is from the node, out is to it; both by default.", form: wordForm("in", "out")},
		{name: "role", doc: "Whose frames; both roles' by default.", form: wordForm(roleNames...)},
		{name: "nth", doc: "The how many-th of these frames of each role and direction, from 1.", form: spanForm},
		{name: "share", doc: "How likely it is; always by default.", form: orVariable(form{"type": "string", "pattern": `^[0-9]+(\.[0-9]+)?%$`})},
		{name: "after", doc: "From this time of the run on.", form: durationForm},
		{name: "until", doc: "Until this time of the run.", form: durationForm},
	}
	faultForms = []key{
		{name: "delay", doc: "It goes on later.", form: anyOf(durationForm, object("faultDelay"))},
		{name: "stall", doc: "It and all behind it stand still for a time, or for ever.", form: anyOf(durationForm, yesForm)},
		{name: "drop", doc: "It is lost.", form: yesForm},
		{name: "double", doc: "It comes twice.", form: yesForm},
		{name: "reorder", doc: "The next one overtakes it, if that comes within the time.", form: anyOf(durationForm, yesForm)},
		{name: "corrupt", doc: "It is damaged.", form: anyOf(wordForm(corruptions...), yesForm)},
		{name: "cut", doc: "The connection ends instead.", form: anyOf(wordForm(cuts...), yesForm)},
		{name: "throttle", doc: "It takes its time, at so many bytes a second.", form: wholeForm(1)},
	}
	faultDelayKeys = []key{
		{name: "from", doc: "At least.", form: durationForm, required: true},
		{name: "to", doc: "At most.", form: durationForm, required: true},
	}
	corruptions = []string{"byte", "truncate", "garbage"}
	cuts        = []string{"reset", "close", "half"}
)

// faults reads what happens to frames on their way.
func (p *parser) faults(n *node) []Fault {
	items := p.list(n, "a list of faults")
	if len(items) > maxFaults {
		p.reportNode(n, "%d faults; at most %d are allowed", len(items), maxFaults)
		return nil
	}
	var all []Fault
	for _, item := range items {
		all = append(all, p.fault(item))
	}
	return all
}

func (p *parser) fault(n *node) Fault {
	m := p.fields(n, "a fault", faultKeys)
	f := Fault{Pos: n.pos, In: true, Out: true}
	if v := m["do"]; v != nil {
		p.faultAction(&f, v)
	}
	if v := m["direction"]; v != nil {
		if w, ok := p.word(v, "direction", []string{"in", "out"}); ok {
			f.In, f.Out = w == "in", w == "out"
		}
	}
	for _, item := range p.list(m["frames"], "a list of frames") {
		if name := p.passing(item, &f); name != nil {
			f.Frames = append(f.Frames, *name)
		}
	}
	if v := m["role"]; v != nil {
		if w, ok := p.word(v, "role", roleNames); ok {
			f.Role, _ = outcome.ParseRole(w)
		}
	}
	f.Nth = p.span(m["nth"])
	if v := m["share"]; v != nil {
		f.Share = p.faultShare(v)
	}
	if v := m["after"]; v != nil {
		f.After, _ = p.duration(v)
	}
	if v := m["until"]; v != nil {
		f.Until = p.positiveTime(v)
		if f.Until > 0 && f.Until <= f.After {
			p.reportNode(v, "the fault ends at %s, before it begins at %s", f.Until, f.After)
		}
	}
	return f
}

// faultAction reads a word, or a mapping with one of the actions.
func (p *parser) faultAction(f *Fault, n *node) {
	word, value := n, (*node)(nil)
	if n.kind == mapNode {
		if p.fields(n, "do", faultForms) == nil {
			return
		}
		if len(n.pairs) != 1 {
			p.reportNode(n, "do needs exactly one of %s", strings.Join(FaultActions(), ", "))
			return
		}
		word, value = n.pairs[0].key, n.pairs[0].value
		if !slices.Contains(FaultActions(), word.text) {
			return // reported as an unknown key
		}
	}
	what, ok := p.word(word, "fault", FaultActions())
	if !ok {
		return
	}
	f.Do = what
	bare := value.isNull() || value.kind == scalarNode && value.tag == "!!bool" && isTrue(value)
	switch {
	case bare && (what == "delay" || what == "throttle"):
		p.reportNode(n, "%s needs %s", what, map[string]string{"delay": "a time such as delay: 50ms", "throttle": "a rate such as throttle: 2000, in bytes a second"}[what])
	case bare:
	case what == "delay" && value.kind == mapNode:
		p.faultDelay(f, value)
	case what == "delay", what == "stall", what == "reorder":
		f.For = p.positiveTime(value)
	case what == "throttle":
		rate, _ := p.whole(value, "the rate", 1, 1<<40)
		f.Rate = uint64(rate)
	case what == "corrupt":
		f.How, _ = p.word(value, "damage", corruptions)
	case what == "cut":
		f.How, _ = p.word(value, "end", cuts)
	default:
		p.reportNode(value, "%s takes nothing, found %s", what, found(value))
	}
}

func (p *parser) faultDelay(f *Fault, n *node) {
	m := p.fields(n, "delay", faultDelayKeys)
	if v := m["from"]; v != nil {
		f.For, _ = p.duration(v)
	}
	if v := m["to"]; v != nil {
		if f.Most = p.positiveTime(v); f.Most > 0 && f.Most < f.For {
			p.reportNode(v, "a delay from %s to %s", f.For, f.Most)
		}
	}
}

// faultShare reads a percentage above 0%.
func (p *parser) faultShare(n *node) uint64 {
	v, percent, ok := p.millionths(n, "a share such as 10%")
	switch {
	case !ok:
		return 0
	case !percent || v == 0 || v > 100_000_000:
		p.reportNode(n, "the share is %s; expected more than 0%% and at most 100%%", found(n))
		return 0
	}
	return v
}

// Frames that are named in faults alone: what goes to the node and has no name
// of a method, and what is not JSON-RPC.
var passingFrames = []string{"ping", "pong", "close", "binary", "batch", "invalid"}

// wholeFrame is the name of a frame of which text may be the last word alone.
func wholeFrame(text string) string {
	switch {
	case plainFrames[text]:
	case slices.Contains(infoEvents, text):
		return "info " + text
	case slices.Contains(onChainInfos, text):
		return "on_chain_tx " + text
	case slices.Contains(signTags, text):
		return "sign." + text
	}
	return text
}

// passing reads the name of a frame that goes in a direction of the fault. From
// the node it is that of a frame, to the node that of a method without
// "channels.", with "abort " in front when it is one.
func (p *parser) passing(n *node, f *Fault) *FrameName {
	text, ok := p.scalar(n, "the name of a frame such as sign.update, or update.new")
	if !ok {
		return nil
	}
	name := &FrameName{Pos: n.pos, Name: text}
	head, open := strings.CutSuffix(text, "*")
	method := strings.TrimPrefix(head, "abort ")
	switch {
	case open && !strings.Contains(head, "*"), slices.Contains(passingFrames, text):
	case f.Out && slices.Contains(wire.Methods(), "channels."+method):
	case f.In && frameProblem(text) == "":
		name.Name = wholeFrame(text)
	default:
		expected := "the method of a request such as update.new, or abort update"
		if f.In {
			expected = frameProblem(text)
			if f.Out {
				expected += ", or the method of a request"
			}
		}
		p.reportNode(n, "unknown frame %s; expected %s", found(n), expected)
		return nil
	}
	return name
}
