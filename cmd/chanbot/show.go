package main

import (
	"fmt"
	"slices"
	"strings"

	"chanbot/bot"
	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/wire"
)

// show prints what became of a scenario: its steps, and the table of latencies
// when more than one channel went through them or they are a load.
func (p *player) show(j job, report *bot.Report, out *output, faults *faultLog) {
	if p.s.quiet {
		return
	}
	w := p.c.Stdout
	if p.s.json {
		w = p.c.Stderr
	}
	if p.shown {
		fmt.Fprintln(w)
	}
	p.shown = true
	fmt.Fprint(w, withOutcomes(report.Scenario).Render(p.term.style))
	if j.scenario.Load != nil || p.s.pairs > 1 || p.s.iterations > 1 {
		rest := report.Summary
		rest.Checks, rest.Violations = nil, nil // shown with the steps
		fmt.Fprint(w, "\n"+rest.Render(p.term.style))
	} else {
		for _, t := range report.Summary.Thresholds {
			if !t.Passed {
				fmt.Fprintln(w, broken(t))
			}
		}
	}
	faults.show(w)
	for _, place := range out.places() {
		fmt.Fprintln(w, place)
	}
	if p.unknownAccounts(report.Scenario.Steps) {
		fmt.Fprintln(p.c.Stderr, "hint: the node does not know the accounts; give --accounts FILE with accounts that have coins there")
	}
	if p.s.networkGuessed() && silentOpening(report.Summary.Violations) {
		fmt.Fprintf(p.c.Stderr, "hint: a node is silent when an opening is signed for another network; these signatures are for %s, say --network-id ID or where --api is\n", p.where.networkID)
	}
}

// networkGuessed says that nothing has told which network the node is in.
func (s *settings) networkGuessed() bool { return !s.embedded && s.networkID == "" && s.api == "" }

// silentOpening says that a node did nothing about the initiator's signature of
// the create transaction.
func silentOpening(violations []results.Violation) bool {
	return slices.ContainsFunc(violations, func(v results.Violation) bool {
		return v.Rule == model.RuleStuck && strings.HasPrefix(v.Expected, "sign.responder_sign ")
	})
}

// unknownAccounts says that a step, or the set-ups of a load, went wrong because
// an account is not on the node's chain.
func (p *player) unknownAccounts(steps []results.StepReport) bool {
	unknown := outcome.Outcome{Kind: outcome.Refused, Code: wire.CodeParticipantNotFound}
	return !p.s.embedded && slices.ContainsFunc(steps, func(s results.StepReport) bool {
		return !s.Passed && (s.Outcome.Kind == unknown.Kind && s.Outcome.Code == unknown.Code ||
			slices.ContainsFunc(s.Problems, func(text string) bool { return strings.Contains(text, unknown.String()) }))
	})
}

// withOutcomes puts how each step ended behind what it did. Those that went
// wrong have lines of their own for that.
func withOutcomes(r results.ScenarioReport) results.ScenarioReport {
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Passed && !s.Skipped && s.Outcome.Kind != outcome.Pending {
			o := outcome.Outcome{Kind: s.Outcome.Kind, Code: s.Outcome.Code}
			if o.Kind != outcome.Aborted { // by its starter, always
				o.By = s.Outcome.By
			}
			s.Label += " → " + o.String()
		}
	}
	return r
}

// broken says in words how a threshold was missed.
func broken(t results.Threshold) string {
	if t.Problem != "" {
		return fmt.Sprintf("threshold not judged: %s (%s)", t.Expr, t.Problem)
	}
	return fmt.Sprintf("threshold broken: %s (measured %s)", t.Expr, t.Measured())
}
