package results

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chanbot/outcome"
)

func TestJUnitOfARun(t *testing.T) {
	healthy := Generator{LateP99US: 200, LateLimitUS: 10_000, CPUShare: 0.4, Cores: 2}
	for name, c := range map[string]struct {
		s                Summary
		failures, errors int
		want             []string
	}{
		"steps that passed": {Summary{Verdict: Passed, Checks: []Check{{Step: 1, Expected: "signed", Passed: true}}}, 0, 0, []string{
			"run/runs to its end", "expectations/step 1: signed", "protocol/no violations",
		}},
		"a load that passed": {Summary{Verdict: Passed, Generator: healthy, Thresholds: []Threshold{{Expr: "count(violation) == 0", Passed: true}}}, 0, 0, []string{
			"run/runs to its end", "thresholds/count(violation) == 0", "protocol/no violations", "generator/lateness", "generator/cpu",
		}},
		"all that the node can do": {Summary{
			Verdict: Failed, Generator: healthy,
			Checks:     []Check{{Step: 2, Side: "initiator", Expected: "signed", Got: "conflict 42 by \x1bresponder"}},
			Thresholds: []Threshold{{Expr: "p99(transfer.response) < 1ms", Value: 12.5}, {Expr: "p99(ping.response) < 1ms", Problem: "not enough samples: 3, and 100 are needed"}},
			Violations: []Violation{{Pair: 3, Role: outcome.Initiator, Rule: "balance", Expected: "5", Got: "]]>6"}},
		}, 4, 0, []string{
			"run/runs to its end", "expectations/step 2, initiator: signed FAILURE expected signed, got conflict 42 by  responder",
			"thresholds/p99(transfer.response) < 1ms FAILURE measured 12.5ms",
			"thresholds/p99(ping.response) < 1ms FAILURE not enough samples: 3, and 100 are needed",
			"protocol/no violations FAILURE 1 violation, the first one of balance", "generator/lateness", "generator/cpu",
		}},
		"all that the node cannot": {Summary{Verdict: Interrupted, Generator: Generator{LateP99US: 20_000, LateLimitUS: 10_000, CPUShare: 1, Cores: 2}}, 0, 3, []string{
			"run/runs to its end ERROR the run was stopped before its end", "protocol/no violations",
			"generator/lateness ERROR operations began 20.0ms late", "generator/cpu ERROR chanbot used 100% of its 2 cores",
		}},
	} {
		c.s.Scenario, c.s.Started, c.s.DurationS = "fleet", time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), 1.5
		c.s.Attempts, c.s.Outcomes = 3, Counts{"signed": 2, "timeout": 1}
		b, err := c.s.JUnit()
		if err != nil {
			t.Fatal(err)
		}
		var got junitSuites
		if err := xml.Unmarshal(b, &got); err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, b)
		}
		var cases []string
		for i, one := range got.Suite.Cases {
			text := one.Class + "/" + one.Name
			for kind, m := range map[string]*junitMessage{" FAILURE ": one.Failure, " ERROR ": one.Error} {
				if m != nil {
					text += kind + m.Message
				}
			}
			if i < len(c.want) && strings.Contains(text, " ERROR ") && strings.HasPrefix(text, c.want[i]) {
				text = c.want[i] // the rest of the sentence is tested elsewhere
			}
			cases = append(cases, text)
		}
		if diff := cmp.Diff(c.want, cases); diff != "" {
			t.Errorf("%s: cases (-want +got):\n%s", name, diff)
		}
		if s := got.Suite; s.Tests != len(c.want) || s.Failures != c.failures || s.Errors != c.errors || got.Errors != c.errors || s.Name != "chanbot fleet" || s.Timestamp != "2026-01-02T03:04:05Z" {
			t.Errorf("%s: %+v", name, s)
		}
		if !strings.Contains(fmt.Sprint(got.Suite.Properties), "{outcomes.timeout 1}") {
			t.Errorf("%s: properties %v", name, got.Suite.Properties)
		}
	}
}
