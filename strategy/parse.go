package strategy

import (
	"math/big"
	"regexp"
	"time"

	"chanbot/outcome"
)

// Options are what Parse needs beside the file. The zero value works.
type Options struct {
	// Set holds values for variables, over those in the file. A name the file
	// does not have is a problem.
	Set map[string]string
	// ResolveStrategy finds the strategy that use names: the name of its file,
	// for positions, and its text. Nil knows no strategy.
	ResolveStrategy func(name string) (file string, src []byte, err error)
}

// parser reads one file. It goes on after a mistake.
type parser struct {
	*source
	opts Options
	raw  bool // inside a raw step or answer
}

// Parse reads a scenario. file is its name in positions. Where there are
// problems the scenario is not complete and must not be run; it is nil when
// nothing could be read at all.
func Parse(file string, src []byte, opts Options) (*Scenario, Problems) {
	p := &parser{source: newSource(file, src), opts: opts}
	root, vars := p.read(src, opts.Set, "--set")
	if root == nil {
		return nil, p.problems.tidy(file)
	}
	m := p.fields(root, "a scenario", scenarioKeys)
	if m == nil {
		return nil, p.problems.tidy(file)
	}
	sc := &Scenario{Pos: root.pos, Vars: vars, Version: 1}
	p.version(m["chanbot"])
	sc.Name = p.name(m["name"])
	if n := m["description"]; n != nil {
		sc.Description = p.text(n, "a text", 10_000)
	}
	if n := m["tags"]; n != nil {
		sc.Tags = p.texts(n, "a word", 100)
	}
	sc.Channel = p.channel(m["channel"])
	if n := m["node"]; n != nil {
		sc.Node = p.node(n)
	}
	if n := m["faults"]; n != nil {
		sc.Faults = p.faults(n)
	}
	sc.Initiator = p.standing(m["initiator"], outcome.Initiator)
	sc.Responder = p.standing(m["responder"], outcome.Responder)
	if n := m["steps"]; n != nil {
		sc.Steps = p.steps(n)
		if len(n.items) == 0 && n.kind == listNode {
			p.reportNode(n, "steps is empty")
		}
	}
	if n := m["load"]; n != nil {
		sc.Load = p.load(n)
	}
	if n := m["in_turn"]; n != nil {
		if sc.InTurn = p.bool(n); sc.InTurn && sc.Load != nil {
			p.reportNode(n, "in_turn in a scenario with a load; the channels of a load do not take turns")
		}
	}
	if n := m["patience"]; n != nil {
		var ok bool
		if sc.Patience, ok = p.duration(n); ok && sc.Patience == 0 {
			p.reportNode(n, "patience of no time; leave it out, or give a time such as 2s")
		}
	}
	if m["steps"] == nil && m["load"] == nil {
		p.reportNode(root, "a scenario needs steps or load")
	}
	for _, n := range p.list(m["thresholds"], "a list of conditions") {
		sc.Thresholds = append(sc.Thresholds, p.threshold(n))
	}
	p.checkLoadSteps(sc)
	return sc, p.problems.tidy(file)
}

// ParseStrategy reads a strategy. Options.Set gives its variables.
func ParseStrategy(file string, src []byte, opts Options) (*Strategy, Problems) {
	st, problems := parseStrategy(file, src, opts, "--set", nil)
	return st, problems.tidy(file)
}

// parseStrategy reads a strategy for a role, or for any with nil. given says
// in problems where the values for its variables come from.
func parseStrategy(file string, src []byte, opts Options, given string, unknown func(name string, known []string)) (*Strategy, Problems) {
	p := &parser{source: newSource(file, src), opts: opts}
	root, vars := p.readWith(src, opts.Set, given, unknown)
	if root == nil {
		return nil, p.problems
	}
	m := p.fields(root, "a strategy", strategyKeys)
	if m == nil {
		return nil, p.problems
	}
	p.version(m["chanbot"])
	st := &Strategy{Pos: root.pos, Name: p.name(m["name"]), Vars: vars}
	if n := m["description"]; n != nil {
		st.Description = p.text(n, "a text", 10_000)
	}
	if n := m["sign"]; n != nil {
		st.Sign = p.signs(n)
	}
	return st, p.problems
}

func (p *parser) read(src []byte, set map[string]string, given string) (*node, map[string]string) {
	return p.readWith(src, set, given, nil)
}

// readWith makes the tree of the file with its variables filled in. The tree
// is nil when there is none.
func (p *parser) readWith(src []byte, set map[string]string, given string, unknown func(string, []string)) (*node, map[string]string) {
	y := p.compose(src)
	if y == nil {
		return nil, nil
	}
	if unknown == nil {
		unknown = func(name string, known []string) {
			if len(known) == 0 {
				p.report(Pos{File: given}, 0, "unknown variable %q; %s has no vars", name, p.file)
				return
			}
			p.report(Pos{File: given}, 0, "unknown variable %q; expected %s", name, oneOf(name, known))
		}
	}
	vars := p.variables(y, set, unknown)
	root := p.convert(y, 0, p.fill(vars))
	if p.full {
		return nil, nil // what is left of the file would only be misunderstood
	}
	p.checkVars(root.get("vars"))
	return root, vars
}

func (p *parser) version(n *node) {
	if n == nil {
		return
	}
	if text, ok := p.scalar(n, "the version of the language"); ok && text != "1" {
		p.reportNode(n, "language version %s; this chanbot knows version 1", found(n))
	}
}

var namePatternRE = regexp.MustCompile(namePattern)

func (p *parser) name(n *node) string {
	if n == nil {
		return ""
	}
	text, ok := p.scalar(n, "a name")
	if ok && !namePatternRE.MatchString(text) {
		p.reportNode(n, "the name %s; a name is at most 100 letters, digits, '.', '_' and '-', with a letter or digit first", found(n))
	}
	return text
}

func big64(v int64) *big.Int { return big.NewInt(v) }

// channel reads the connection parameters; what is not there has the value of
// the recorded session.
func (p *parser) channel(n *node) Channel {
	c := Channel{
		InitiatorAmount: big64(70_000_000_000_000), ResponderAmount: big64(40_000_000_000_000),
		PushAmount: big64(1), ChannelReserve: big64(2), LockPeriod: big64(10),
	}
	if n == nil {
		return c
	}
	c.Pos = n.pos
	m := p.fields(n, "channel", channelKeys)
	sound := true
	for _, f := range []struct {
		name string
		to   **big.Int
	}{
		{"initiator_amount", &c.InitiatorAmount}, {"responder_amount", &c.ResponderAmount},
		{"push_amount", &c.PushAmount}, {"channel_reserve", &c.ChannelReserve}, {"lock_period", &c.LockPeriod},
	} {
		v := m[f.name]
		if v == nil {
			continue
		}
		x := p.integer(v, f.name)
		switch {
		case x == nil:
			sound = false
		case x.Sign() < 0:
			p.reportNode(v, "%s is %s; it must not be negative (params sends it anyway)", f.name, x)
			sound = false
		default:
			*f.to = x
		}
	}
	if sound {
		p.checkAmounts(n, &c)
	}
	c.Accounts = 1
	if v := m["accounts"]; v != nil {
		if n, ok := p.whole(v, "the number of pairs of accounts", 1, maxSocket); ok {
			c.Accounts = n
		}
	}
	if v := m["keep_alive"]; v != nil {
		if v.text == "off" || v.kind == scalarNode && v.tag == "!!bool" && !isTrue(v) { // YAML 1.1 reads off as false
			c.KeepAlive = -1
		} else {
			c.KeepAlive = p.positiveTime(v)
		}
	}
	if v := m["keep_running"]; v != nil {
		c.KeepRunning = p.bool(v)
	}
	if v := m["timeouts"]; v != nil {
		c.Timeouts = p.timeouts(v)
	}
	if v := m["params"]; v != nil {
		c.Params = p.params(v)
	}
	if v := m["first"]; v != nil {
		if w, ok := p.word(v, "role", roleNames); ok {
			c.First, _ = outcome.ParseRole(w)
		}
	}
	return c
}

// checkAmounts refuses a channel that no node opens (error 105).
func (p *parser) checkAmounts(n *node, c *Channel) {
	for _, side := range []struct {
		name  string
		start *big.Int
		how   string
	}{
		{"initiator", new(big.Int).Sub(c.InitiatorAmount, c.PushAmount), "initiator_amount - push_amount"},
		{"responder", new(big.Int).Add(c.ResponderAmount, c.PushAmount), "responder_amount + push_amount"},
	} {
		if side.start.Cmp(c.ChannelReserve) < 0 {
			p.reportNode(n, "the %s starts with %s (%s), below the channel_reserve %s (params sends it anyway)",
				side.name, side.start, side.how, c.ChannelReserve)
		}
	}
}

func (p *parser) timeouts(n *node) map[string]time.Duration {
	table := make([]key, len(timeoutNames))
	for i, name := range timeoutNames {
		table[i] = key{name: name}
	}
	m := p.fields(n, "timeouts", table)
	out := make(map[string]time.Duration, len(m))
	for _, pr := range n.pairs {
		v := m[pr.key.text]
		if v == nil {
			continue
		}
		d, ok := p.duration(v)
		switch {
		case !ok:
		case d%time.Millisecond != 0 || d == 0:
			p.reportNode(v, "the timeout %s; nodes count in whole milliseconds, from 1", d)
		default:
			out[pr.key.text] = d
		}
	}
	return out
}

// params reads connection parameters that are sent as they are.
func (p *parser) params(n *node) []Param {
	if n.bad {
		return nil
	}
	if n.kind != mapNode {
		p.reportNode(n, "params must be a mapping from names to values, found %s", found(n))
		return nil
	}
	var out []Param
	for _, pr := range n.pairs {
		if pr.value.kind != scalarNode {
			p.reportNode(pr.value, "the parameter %s must be a single value, not %s", pr.key.text, found(pr.value))
			continue
		}
		if pr.value.bad {
			continue
		}
		q := Param{Pos: pr.key.pos, Name: pr.key.text, Value: pr.value.text, Omit: pr.value.isNull()}
		if q.Omit {
			q.Value = ""
		}
		out = append(out, q)
	}
	return out
}
