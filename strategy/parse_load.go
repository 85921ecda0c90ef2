package strategy

import (
	"chanbot/outcome"
)

const (
	maxPairs  = 1_000_000
	maxPhases = 100
)

var teardowns = []string{"stop", "leave", "none", "mutual"}

// load reads the fleet and its phases.
func (p *parser) load(n *node) *Load {
	m := p.fields(n, "load", loadKeys)
	l := &Load{Pos: n.pos}
	if v := m["pairs"]; v != nil {
		l.Pairs, _ = p.whole(v, "pairs", 1, maxPairs)
	}
	if v := m["setup"]; v != nil {
		s := p.fields(v, "setup", setupKeys)
		if r := s["rate"]; r != nil {
			l.Setup.Rate = p.rate(r)
		}
		if f := s["in_flight"]; f != nil {
			l.Setup.InFlight, _ = p.whole(f, "in_flight", 1, maxPairs)
		}
	}
	if v := m["phases"]; v != nil {
		p.phases(l, v)
	}
	if v := m["teardown"]; v != nil {
		l.Teardown = p.teardown(v)
	}
	return l
}

func (p *parser) phases(l *Load, v *node) {
	items := p.list(v, "a list of phases")
	if v.kind == listNode && (len(items) == 0 || len(items) > maxPhases) {
		p.reportNode(v, "%d phases; there must be from 1 to %d", len(items), maxPhases)
		return
	}
	seen := map[string]bool{}
	for _, item := range items {
		ph := p.phase(item)
		if ph.Name != "" && seen[ph.Name] {
			p.reportNode(item, "a second phase with the name %q", ph.Name)
		}
		seen[ph.Name] = true
		l.Phases = append(l.Phases, ph)
	}
}

// teardown reads stop, leave, none, or {close: mutual}.
func (p *parser) teardown(n *node) Teardown {
	if n.kind == mapNode {
		m := p.fields(n, "teardown", teardownKeys)
		if v := m["close"]; v != nil {
			p.word(v, "way to close", []string{"mutual"})
		}
		return TeardownMutual
	}
	w, _ := p.word(n, "teardown", teardowns)
	return map[string]Teardown{"mutual": TeardownMutual, "stop": TeardownStop, "leave": TeardownLeave, "none": TeardownNone}[w]
}

var teardownKeys = []key{{name: "close", doc: "By mutual consent.", form: wordForm("mutual"), required: true}}

func (p *parser) phase(n *node) Phase {
	m := p.fields(n, "a phase", phaseKeys)
	ph := Phase{Pos: n.pos, Name: p.name(m["name"])}
	if v := m["arrivals"]; v != nil {
		ph.Arrivals = p.arrivals(v)
	}
	if v := m["warmup"]; v != nil {
		ph.Warmup, _ = p.duration(v)
	}
	if v := m["duration"]; v != nil {
		ph.Duration = p.positiveTime(v)
	}
	if v := m["mix"]; v != nil {
		ph.Mix = p.mix(v)
	}
	if v := m["sign"]; v != nil {
		ph.Sign = p.signs(v)
	}
	ph.Initiator = p.phaseStanding(m["initiator"], outcome.Initiator)
	ph.Responder = p.phaseStanding(m["responder"], outcome.Responder)
	return ph
}

func (p *parser) phaseStanding(n *node, r outcome.Role) Standing {
	if v := n.get("params"); v != nil {
		p.reportNode(v, "a phase has no connection parameters; the channels are open by then")
	}
	return p.standing(n, r)
}

// mix reads the kinds of work of a phase.
func (p *parser) mix(n *node) []MixEntry {
	items := p.list(n, "a list of {weight, do}")
	out := make([]MixEntry, 0, len(items))
	w := weights{p: p, at: n}
	for _, item := range items {
		e := MixEntry{Pos: item.pos}
		weight, do := p.weighted(item)
		w.add(item, weight)
		switch {
		case do == nil:
		case do.kind == listNode:
			p.reportNode(do, "a mix entry does one step, found a list")
		default:
			e.Step = p.step(do)
			p.checkLoadStep(&e.Step)
		}
		out = append(out, e)
	}
	for i, v := range w.finish() {
		out[i].Weight = v
	}
	return out
}

func (p *parser) arrivals(n *node) Arrivals {
	a := Arrivals{Pos: n.pos}
	m := p.fields(n, "arrivals", arrivalsKeys)
	if m == nil {
		return a
	}
	forms := 0
	for _, name := range []string{"rate", "ramp", "step", "burst", "closed"} {
		if pr := n.get(name); pr != nil {
			forms++
		}
	}
	if forms != 1 {
		p.reportNode(n, "arrivals need exactly one of rate, ramp, step, burst, closed")
	}
	if v := m["rate"]; v != nil {
		a.Rate = p.rate(v)
	}
	if v := m["process"]; v != nil {
		if w, _ := p.word(v, "process", []string{"uniform", "poisson"}); w == "poisson" {
			a.Process = Poisson
		}
		if n.get("rate") == nil {
			p.reportNode(v, "process belongs to rate")
		}
	}
	rate := func(v *node) (r Rate) {
		if v != nil {
			r = p.rate(v)
		}
		return r
	}
	switch {
	case m["ramp"] != nil:
		s := p.fields(m["ramp"], "ramp", rampKeys)
		a.Process, a.Rate, a.To = Ramp, rate(s["from"]), rate(s["to"])
	case m["step"] != nil:
		s := p.fields(m["step"], "step", stairsKeys)
		a.Process, a.Rate, a.By, a.To = Stairs, rate(s["from"]), rate(s["by"]), rate(s["to"])
		if v := s["every"]; v != nil {
			a.Every = p.positiveTime(v)
		}
	case m["burst"] != nil:
		s := p.fields(m["burst"], "burst", burstKeys)
		a.Process = Burst
		if v := s["size"]; v != nil {
			a.Size, _ = p.whole(v, "size", 1, maxPairs)
		}
		if v := s["every"]; v != nil {
			a.Every = p.positiveTime(v)
		}
	case n.get("closed") != nil:
		a.Process = Closed
		if v := m["closed"]; v != nil {
			if t := p.fields(v, "closed", closedKeys)["think"]; t != nil {
				a.Think, _ = p.duration(t)
			}
		}
	}
	return a
}

// checkLoadSteps checks the steps that phases without a mix run.
func (p *parser) checkLoadSteps(sc *Scenario) {
	if sc.Load == nil {
		return
	}
	for i := range sc.Load.Phases {
		ph := &sc.Load.Phases[i]
		if len(ph.Mix) > 0 {
			continue
		}
		if len(sc.Steps) == 0 {
			p.report(ph.Pos, 1, "the phase has no mix, and there are no steps to run instead")
			continue
		}
		for j := range sc.Steps {
			p.checkLoadStep(&sc.Steps[j])
		}
		return
	}
}

// checkLoadStep refuses what the fleet does itself.
func (p *parser) checkLoadStep(st *Step) {
	switch st.Action.Kind {
	case outcome.Open, outcome.Stop, outcome.Close:
		p.report(st.Action.Pos, len(st.Action.Kind), "%s in load; the fleet opens and closes the channels itself", st.Action.Kind)
	}
	inner := [][]Step{st.Action.Steps}
	inner = append(inner, st.Action.Branches...)
	for _, c := range st.Action.Choices {
		inner = append(inner, c.Steps)
	}
	for _, steps := range inner {
		for i := range steps {
			p.checkLoadStep(&steps[i])
		}
	}
}
