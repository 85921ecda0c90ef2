package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"chanbot/bot"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/simnode"
	"chanbot/strategy"
)

// conformCase is a case with its scenario, ready to run unless no scenario
// holds the sequence.
type conformCase struct {
	scenarios.Case
	job
}

// caseNames lists what names a case: its scenario.
func caseNames() []string {
	var all []string
	for _, c := range scenarios.Conformance() {
		if c.Scenario != "" {
			all = append(all, c.Scenario)
		}
	}
	return all
}

// named says whether an argument names a case: its scenario, its sequence or
// the number of that.
func named(c scenarios.Case, arg string) bool {
	number, _, _ := strings.Cut(c.Sequence, "_")
	return arg == c.Scenario && arg != "" || arg == c.Sequence || arg == number || "0"+arg == number
}

// cases returns the cases that the arguments and tags ask for, all without any.
func (c *Command) cases(args, tags []string) ([]conformCase, error) {
	var wrong complaints
	for _, tag := range tags {
		if !slices.Contains(scenarios.Tags(), tag) {
			wrong = append(wrong, misuse("the tags are "+strings.Join(scenarios.Tags(), ", "), "--tag %s: no such tag", tag))
		}
	}
	all := scenarios.Conformance()
	for _, arg := range args {
		if !slices.ContainsFunc(all, func(one scenarios.Case) bool { return named(one, arg) }) {
			hint := "chanbot conform --help says how cases are named, and docs/conformance.md lists them"
			if near := nearest(arg, caseNames()); near != "" {
				hint = "did you mean " + near + "?"
			}
			wrong = append(wrong, misuse(hint, "no case is called %q", arg))
		}
	}
	if len(wrong) > 0 {
		return nil, wrong
	}
	var chosen []conformCase
	for _, one := range all {
		if len(args) > 0 && !slices.ContainsFunc(args, func(arg string) bool { return named(one, arg) }) {
			continue
		}
		cc := conformCase{Case: one, job: job{scenario: new(strategy.Scenario)}}
		if one.Scenario != "" {
			jobs, err := c.builtin(one.Scenario)
			if err != nil {
				return nil, err
			}
			cc.job = jobs
		}
		if len(tags) > 0 && !slices.ContainsFunc(tags, func(tag string) bool { return slices.Contains(cc.scenario.Tags, tag) }) {
			continue
		}
		chosen = append(chosen, cc)
	}
	if len(chosen) == 0 {
		return nil, misuse("leave the names or the tags out", "none of these cases has a tag of %s", strings.Join(tags, ", "))
	}
	return chosen, nil
}

// builtin reads a built-in scenario.
func (c *Command) builtin(name string) (job, error) {
	text, _ := scenarios.Scenario(name)
	src := source{file: "builtin:" + name, builtin: true, text: text}
	sc, problems := src.parse(nil)
	if len(problems) > 0 {
		return job{}, complaint{code: exitBug, text: "a bug in chanbot: " + problems.Error(), hint: "please report it"}
	}
	return job{source: src, name: name, scenario: sc}, nil
}

// inapplicable says why the target cannot be held to a case, "" when it can.
func (s *settings) inapplicable(c conformCase) string {
	era := ""
	if s.era == simnode.Era2020 {
		era = "2020"
	}
	switch {
	case c.Missing != "":
		return c.Missing
	case c.Contracts && s.embedded:
		return "the embedded node runs no contracts"
	case c.Era != "" && c.Era != era && s.embedded:
		return "it belongs to nodes of " + c.Era + " (--era " + c.Era + ")"
	case c.Era != "" && !s.embedded:
		return "it belongs to nodes of " + c.Era + ", and a node of today follows other cases"
	case c.Current && era != "":
		return "it belongs to nodes of today, not to those of " + era
	case !s.embedded && c.scenario.Node != nil && !c.scenario.Node.Optional:
		return "it needs settings that only the embedded node has"
	case !s.embedded && s.api == "" && posts(c.scenario.Steps):
		return "it posts a transaction, which needs the HTTP API of the node (--api URL)"
	}
	return ""
}

// posts says whether any step posts a transaction.
func posts(steps []strategy.Step) bool {
	return slices.ContainsFunc(steps, func(s strategy.Step) bool {
		return s.Action.Kind == strategy.Post || posts(s.Action.Steps) || slices.ContainsFunc(s.Action.Branches, posts)
	})
}

// embeddedNetwork is the network of the embedded nodes of a run.
func embeddedNetwork(s *settings) string {
	node := simnode.New(simnode.Config{NetworkID: s.networkID, Era: s.era})
	defer node.Close() //nolint:errcheck // nothing ran on it
	return node.NetworkID()
}

// verdict says what a case came to, and why in a sentence when it is not ok.
func verdict(r *bot.Report) (results.CaseVerdict, string) {
	switch {
	case r.Summary.Verdict == results.Passed:
		return results.CaseOK, ""
	case r.Summary.Verdict == results.Interrupted:
		return results.CaseNotRun, "the run was interrupted"
	case len(r.Summary.Violations) > 0:
		v := r.Summary.Violations[0]
		return results.CaseFailed, fmt.Sprintf("violation of %s at the %s: expected %s, got %s", v.Rule, cmp.Or(v.Role.String(), "pair"), v.Expected, v.Got)
	}
	for _, step := range r.Scenario.Steps {
		if step.Passed || step.Skipped {
			continue
		}
		kind := results.CaseDiffers
		if missed(r.Summary.Checks, step) && lost(step.Outcome, len(step.Problems) > 0) {
			kind = results.CaseFailed
		}
		return kind, why(step)
	}
	return results.CaseFailed, cmp.Or(r.Scenario.Problem, "the run went wrong between its steps")
}

// missed says whether the outcome of a step is not the expected one.
func missed(checks []results.Check, step results.StepReport) bool {
	return slices.ContainsFunc(checks, func(c results.Check) bool {
		return c.Step == step.Index && c.Expected == step.Expected && !c.Passed
	})
}

// lost says whether an outcome that was not expected is more than another
// legal answer: nothing came, or the connection went away. An outcome that is
// unknown because other frames came is none of these.
func lost(o outcome.Outcome, explained bool) bool {
	switch o.Kind {
	case outcome.Timeout:
		return o.By == outcome.ByBot
	case outcome.Disconnected, outcome.Violation, outcome.Cancelled:
		return true
	case outcome.Unknown:
		return o.Detail != "" || !explained
	}
	return false
}

// why tells what was wrong with a step.
func why(step results.StepReport) string {
	text := fmt.Sprintf("step %d, %s: ", step.Index, step.Label)
	if step.Expected != "" {
		text += "expected " + step.Expected + ", "
	}
	text += "got " + step.Outcome.String()
	if len(step.Problems) > 0 {
		text += "; " + strings.Join(step.Problems, "; ")
	}
	return text
}
