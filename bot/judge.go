package bot

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

// shownFrames is how many names of frames a failed step shows for a side.
const shownFrames = 12

// judgement says how a step that is over ended and whether it had to end so. It
// is called without the lock.
//
// Without an expectation a step in which every signing request was accepted
// must have worked: signed, or done for what is not signed. Where an answer was
// something else, every outcome is legal that the node can bring about;
// disconnected is one only if an answer closed a socket.
func (p *pair) judgement(r *run) (results.StepReport, []results.Check) {
	p.lock()
	defer p.unlock()
	if r.violation == nil {
		p.runs = append(p.runs, r) // so that a violation of the pair is the step's
		p.compare()
		p.runs = drop(p.runs, r)
	}
	j := judge{r: r, p: p}
	j.report = results.StepReport{
		Label: Label(r.step), Took: r.ended - r.started, Problems: r.problems,
		Expected: words(r.step.Expect),
	}
	j.outcomes()
	j.values()
	j.frames()
	j.ordered()
	j.failed = j.failed || r.wrong && !r.step.Expect.Any()
	j.answers()
	j.report.Passed = !j.failed
	if j.failed {
		j.report.Saw = map[string][]string{}
		for _, e := range p.ends {
			saw := r.saw(e)
			j.report.Saw[e.side] = slices.Clone(saw[max(0, len(saw)-shownFrames):])
		}
	}
	return j.report, j.checks
}

// judge collects what there is to say about a step.
type judge struct {
	p      *pair
	r      *run
	report results.StepReport
	checks []results.Check
	failed bool
}

// check notes an expectation and whether it was met.
func (j *judge) check(side, expected, got string, passed bool) {
	j.checks = append(j.checks, results.Check{Step: j.r.index, Side: side, Expected: expected, Got: got, Passed: passed})
	j.failed = j.failed || !passed
}

func (j *judge) problem(format string, args ...any) {
	j.report.Problems = append(j.report.Problems, fmt.Sprintf(format, args...))
}

// outcomes judges how the operations of the step ended.
func (j *judge) outcomes() {
	r, x := j.r, j.r.step.Expect
	shown := false
	for _, o := range r.main() {
		out := o.out
		if r.violation != nil && !(x != nil && len(x.Outcomes) > 0 && x.Match(out)) {
			out = violated(r.violation)
		}
		side, ok := "", false
		if o.e != nil {
			side = o.e.side
		}
		if x != nil && len(x.Outcomes) > 0 {
			ok = x.Match(out)
			j.check(side, words(x), out.String(), ok)
		} else if (r.framesOnly() || r.reached()) && out.Kind != outcome.Violation && out.Kind != outcome.Cancelled {
			ok = true
		} else if ok = r.fine(o, out); !ok {
			j.check(side, r.normally(o), out.String(), false)
			j.report.Expected = r.normally(o)
		}
		if !shown || !ok {
			j.report.Outcome = out
		}
		if !ok && r.step.Who.Party == strategy.Both {
			j.problem("%s: %s", side, out)
		}
		shown = true
	}
}

// normally says in words what a step without expectation must come to.
func (r *run) normally(o *op) string {
	switch {
	case o.kind == outcome.Open && r.step.Action.Until != nil:
		return "done"
	case o.kind == outcome.Open, o.kind != outcome.Close && coSigned(o.kind):
		return "signed"
	}
	return "done"
}

// fine says whether an outcome is one that a step without expectation may have.
func (r *run) fine(o *op, out outcome.Outcome) bool {
	both := r.step.Who.Party == strategy.Both
	switch out.Kind {
	case outcome.Signed, outcome.Done:
		return true
	case outcome.Conflict:
		return r.odd || both
	case outcome.Aborted, outcome.Rejected, outcome.Died:
		return r.odd
	case outcome.Timeout:
		return r.odd && (out.By == outcome.ByNode || r.cut || r.silent)
	case outcome.Disconnected, outcome.Refused, outcome.Unknown:
		return r.cut
	}
	return false
}

// values judges what a query returned.
func (j *judge) values() {
	x := j.r.step.Expect
	if x == nil || len(x.Values) == 0 {
		return
	}
	for _, o := range j.r.main() {
		for _, v := range x.Values {
			got := "nothing"
			side := ""
			var balance *big.Int
			if o.e != nil {
				side = o.e.side
				balance = wantedBalance(o.values, o.e.account(v.Account))
			}
			if balance != nil {
				got = balance.String()
			}
			ok := balance != nil && balance.Cmp(v.Amount) == 0
			j.check(side, fmt.Sprintf("%s has %s", v.Account, v.Amount), got, ok)
			if !ok {
				j.problem("balance of %s: expected %s, got %s", v.Account, v.Amount, got)
			}
		}
	}
}

// frames judges what each side must and must not have seen.
func (j *judge) frames() {
	x := j.r.step.Expect
	if x == nil {
		return
	}
	missing := j.r.missing()
	for i, role := range outcome.Roles {
		rule := &x.Frames[i]
		if len(rule.Must) == 0 && len(rule.Not) == 0 {
			continue
		}
		var lacks, has []string
		for _, m := range missing {
			if m.role == role {
				lacks = append(lacks, m.name.Name)
			}
		}
		for _, n := range j.r.saw(j.p.first(role)) {
			for _, not := range rule.Not {
				if not.Matches(n) {
					has = append(has, n)
				}
			}
		}
		got := "as expected"
		switch {
		case len(lacks) > 0:
			got = "without " + strings.Join(lacks, ", ")
		case len(has) > 0:
			got = strings.Join(has, ", ")
		}
		j.check(role.String(), frameWords(rule), got, len(lacks)+len(has) == 0)
		if len(lacks) > 0 {
			j.problem("%s did not see %s", role, strings.Join(lacks, ", "))
		}
		if len(has) > 0 {
			j.problem("%s saw %s", role, strings.Join(has, ", "))
		}
	}
}

// answers judges what the answers of the step led to.
func (j *judge) answers() {
	for _, w := range j.r.watches {
		got := "nothing"
		if w.told {
			got = w.out.String()
		}
		ok := w.told && w.expect.Match(w.out)
		j.check(w.e.side, words(w.expect), got, ok)
		if !ok {
			j.problem("%s's answer to %s: expected %s, got %s", w.e.side, w.tag, words(w.expect), got)
		}
	}
}
