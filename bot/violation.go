package bot

import (
	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// Rules that the bot itself judges by, beside those of package model.
const (
	ruleFrameSize = model.RuleFrameSize
	ruleFraming   = "websocket"       // RFC 6455, and text messages only
	ruleRefused   = "refused-to-sign" // an offer that cannot even be read
)

// violate is told what a correct node does not do. It ends the steps under way.
// One that a step expects does not fail the run.
//
// Once a fault on the way has changed frames of the channel, nobody can tell
// whether the node is to blame: then there are no violations.
func (p *pair) violate(e *end, v model.Violation) {
	if e.distorted {
		p.fleet.log.Debug("not judged after a fault", "pair", p.number, "side", e.side, "rule", v.Rule, "got", v.Got)
		return
	}
	expected := false
	for _, r := range p.runs {
		expected = expected || wants(r.step.Expect, outcome.Violation)
		if r.violation == nil {
			r.violation = &v
		}
	}
	if expected {
		return
	}
	p.bad = true
	if tell := p.fleet.cfg.Violated; tell != nil {
		tell(p.number, v)
	}
	p.fleet.report.violation(results.Violation{
		Pair: p.number, Role: v.Role, Rule: v.Rule, Expected: v.Expected, Got: v.Got,
		Frames: results.ViolationFrames(p.lastFrames()),
	})
	p.fleet.log.Warn("violation", "pair", p.number, "side", e.side, "rule", v.Rule, "expected", v.Expected, "got", v.Got)
}

// wants says whether an outcome of a kind is among those expected.
func wants(x *strategy.Expect, kind outcome.Kind) bool {
	if x == nil {
		return false
	}
	for _, w := range x.Outcomes {
		if w.Kind == kind {
			return true
		}
	}
	return false
}

// overdue judges a silence that has lasted longer than a node may take.
func (p *pair) overdue(step *run) {
	i, r := p.first(outcome.Initiator), p.first(outcome.Responder)
	if i.sock == nil || r.sock == nil || i.joins || r.joins {
		return
	}
	if !p.vigil.over(step.quietSince(), p.now(), p.fleet.cfg.Patience) {
		return
	}
	for _, v := range model.NewPair(i.client, r.client).Overdue(false) {
		p.violate(p.first(v.Role), v)
	}
}

// compare judges the two sides against each other, which is possible while
// nothing is under way.
func (p *pair) compare() {
	i, r := p.first(outcome.Initiator), p.first(outcome.Responder)
	if len(p.ops) > 0 || i.client == nil || r.client == nil {
		return
	}
	for _, e := range []*end{i, r} {
		if !e.live() || !e.opened || e.joins || e.client.Unanswered() > 0 {
			return
		}
		if tag, _ := e.client.Pending(); tag != "" {
			return
		}
	}
	for _, v := range model.NewPair(i.client, r.client).Check() {
		p.violate(p.first(v.Role), v)
	}
}
