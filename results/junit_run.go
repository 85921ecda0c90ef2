package results

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"chanbot/outcome"
)

// JUnit returns the content of junit.xml for a run: a test case for each
// expectation and each threshold, one for the violations, and under load two
// for the health of the generator. What the generator got wrong, and a run that
// did not reach its end, are errors: they say nothing about the node.
func (s *Summary) JUnit() ([]byte, error) {
	suite := junitSuite{
		Name: "chanbot " + Printable(s.Scenario), Time: junitSeconds(s.DurationS), Timestamp: s.Started.UTC().Format(time.RFC3339),
		Properties: []junitProperty{
			{"chanbot", s.Chanbot}, {"node", Printable(s.Node)}, {"network_id", Printable(s.NetworkID)}, {"seed", strconv.FormatUint(s.Seed, 10)},
			{"verdict", string(s.Verdict)}, {"pairs", strconv.Itoa(s.Pairs)}, {"attempts", strconv.FormatInt(s.Attempts, 10)},
			{"signed_per_s", strconv.FormatFloat(finite(s.Throughput.SignedPerS), 'f', 1, 64)},
		},
	}
	for _, k := range outcome.Kinds() {
		if n := s.Outcomes[k.String()]; n > 0 {
			suite.Properties = append(suite.Properties, junitProperty{"outcomes." + k.String(), strconv.FormatInt(n, 10)})
		}
	}
	suite.Cases = append(suite.Cases, s.junitRun())
	suite.Cases = append(suite.Cases, s.junitChecks()...)
	suite.Cases = append(suite.Cases, s.junitThresholds()...)
	suite.Cases = append(suite.Cases, s.junitViolations())
	suite.Cases = append(suite.Cases, s.Generator.junit()...)
	suite.Tests = len(suite.Cases)
	for i := range suite.Cases {
		switch c := &suite.Cases[i]; {
		case c.Failure != nil:
			suite.Failures++
		case c.Error != nil:
			suite.Errors++
		}
	}
	return suite.document()
}

// junitRun is the run as a whole.
func (s *Summary) junitRun() junitCase {
	c := junitCase{Class: "run", Name: "runs to its end", Time: junitSeconds(s.DurationS)}
	if s.Verdict == Interrupted {
		c.Error = &junitMessage{Message: "the run was stopped before its end", Type: string(Interrupted)}
	}
	return c
}

func (s *Summary) junitChecks() []junitCase {
	var all []junitCase
	for _, one := range s.Checks {
		name := fmt.Sprintf("step %d", one.Step)
		if one.Side != "" {
			name += ", " + one.Side
		}
		c := junitCase{Class: "expectations", Name: Printable(name + ": " + one.Expected), Time: junitSeconds(0)}
		if !one.Passed {
			c.Failure = &junitMessage{Message: Printable("expected " + one.Expected + ", got " + one.Got), Type: "expectation"}
		}
		all = append(all, c)
	}
	return all
}

func (s *Summary) junitThresholds() []junitCase {
	var all []junitCase
	for _, t := range s.Thresholds {
		c := junitCase{Class: "thresholds", Name: Printable(t.Expr), Time: junitSeconds(0)}
		if !t.Passed {
			text := t.Measured()
			if t.Problem == "" {
				text = "measured " + text
			}
			c.Failure = &junitMessage{Message: Printable(text), Type: "threshold"}
		}
		all = append(all, c)
	}
	return all
}

func (s *Summary) junitViolations() junitCase {
	c := junitCase{Class: "protocol", Name: "no violations", Time: junitSeconds(0)}
	if n := len(s.Violations); n > 0 {
		var b strings.Builder
		for _, v := range s.Violations {
			fmt.Fprintf(&b, "%s, pair %d, %s: expected %s, got %s\n", v.Rule, v.Pair, v.Role, v.Expected, v.Got)
		}
		c.Failure = &junitMessage{Message: plural(n, "violation") + ", the first one of " + Printable(s.Violations[0].Rule), Type: "violation", Text: "\n" + PrintableLines(b.String())}
	}
	return c
}

// junit are the cases of a generator under load.
func (g Generator) junit() []junitCase {
	if g.LateLimitUS == 0 {
		return nil
	}
	all := []junitCase{
		{Class: "generator", Name: "lateness", Time: junitSeconds(0)},
		{Class: "generator", Name: "cpu", Time: junitSeconds(0)},
	}
	for _, p := range g.Problems() {
		for i := range all {
			if all[i].Name == p.Name {
				all[i].Error = &junitMessage{Message: p.Text + ": " + p.Advice, Type: string(Invalid)}
			}
		}
	}
	return all
}
