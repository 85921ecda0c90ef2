package results

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"chanbot/outcome"
)

func sampleReport() ScenarioReport {
	return ScenarioReport{
		Name: "late-abort", Node: "embedded", NetworkID: "ae_dev", Seed: 7,
		Steps: []StepReport{
			{Index: 1, Label: "open until channel_changed", Outcome: outcome.Outcome{Kind: outcome.Signed, Round: 1}, Passed: true, Took: 1240 * time.Millisecond},
			{Index: 2, Label: "initiator: message Hello", Outcome: outcome.Outcome{Kind: outcome.Done}, Passed: true, Took: 310 * time.Microsecond},
			{
				Index: 3, Label: "responder: transfer 1 of the initiator to the responder, with a label that does not fit", Expected: "aborted 42",
				Outcome: outcome.Outcome{Kind: outcome.Conflict, Code: 2, By: outcome.ByNode}, Took: 12345 * time.Microsecond,
				Problems: []string{"the initiator must not see update, but did"},
				Saw: map[string][]string{
					"initiator": {"info update", "sign.update_ack", "result ok", "update", "conflict 2", "info aborted_update", "info died"},
					"responder": nil,
				},
			},
			{Index: 4, Label: "responder: stop", Skipped: true},
		},
		Violations: []Violation{{Pair: 0, Role: outcome.Initiator, Rule: "balances-add-up", Expected: "109999999999999 coins in the channel as a whole", Got: "a\x1b[31mb", Frames: make([]ViolationFrame, 12)}},
		Verdict:    Failed,
		Problem:    "the run ended after step 3: the channel died",
		Took:       3200 * time.Millisecond,
	}
}

func TestStepReport(t *testing.T) {
	golden(t, "steps.txt", sampleReport().Render(Style{}))
	golden(t, "steps-color.txt", sampleReport().Render(Style{Color: true}))
	golden(t, "steps-empty.txt", ScenarioReport{Name: "x", Verdict: Passed}.Render(Style{}))
}

func TestSummaryReport(t *testing.T) {
	s := &Summary{
		Scenario: "mixed-load", Node: "ws://localhost:3014/channel", NetworkID: "ae_dev", Seed: 7, Pairs: 200, DurationS: 60.25, Verdict: Failed,
		Attempts: 24003, Outcomes: Counts{"signed": 24000, "conflict": 2, "cancelled": 1},
		Operations: map[string]Operation{
			"transfer": {Attempts: 24002, Response: Latency{Count: 24002, P50US: 1210, P90US: 2300, P99US: 51234, P999US: 812345, MaxUS: 1.2e6}},
			"open":     {Attempts: 1},
		},
		Warmup: Warmup{Attempts: 500}, Throughput: Throughput{SignedPerS: 398.34},
		Generator:  Generator{CPUS: 12.3, MaxRSSBytes: 123 << 20, LateP99US: 800},
		Thresholds: []Threshold{{Expr: "p99(transfer.response) < 50ms", Value: 51.234}, {Expr: "count(violation) == 0", Passed: true}},
		Checks:     []Check{{Step: 1, Passed: true}, {Step: 3, Side: "initiator", Expected: "info aborted_update", Got: "conflict 2, update, info update, sign.update, error 1018"}},
		Violations: sampleReport().Violations,
	}
	golden(t, "summary.txt", s.Render(Style{}))
	golden(t, "summary-color.txt", s.Render(Style{Color: true}))
	golden(t, "summary-load.txt", sampleLoad().Render(Style{}))
	golden(t, "summary-empty.txt", (&Summary{Scenario: "x", Verdict: Interrupted}).Render(Style{}))
}

// sampleLoad is a load whose generator fell behind.
func sampleLoad() *Summary {
	response := Latency{Count: 24002, P50US: 1210, P90US: 2300, P99US: 51234, P999US: 812345, MaxUS: 1.2e6}
	service := Latency{Count: 24002, P50US: 1100, P90US: 1900, P99US: 2500, P999US: 3100, MaxUS: 5000}
	transfers := Operation{Attempts: 24000, Outcomes: Counts{"signed": 24000}, Response: response, Service: service, Wait: response}
	return &Summary{
		Scenario: "mixed-load", Node: "embedded", NetworkID: "ae_dev", Seed: 7, Pairs: 200, DurationS: 60.25, Verdict: Invalid,
		Attempts: 24003, Outcomes: Counts{"signed": 24000, "done": 3},
		Operations: map[string]Operation{"transfer": transfers, "message": {Attempts: 3, Response: Latency{Count: 3, P50US: 900, P90US: 900, P99US: 900, P999US: 900, MaxUS: 900}}},
		Phases: []Phase{
			{Name: "ramp-up", DurationS: 10, Operation: transfers, Throughput: Throughput{SignedPerS: 198.34}},
			{Name: "steady-with-a-long-name", DurationS: 50.25, Operation: transfers, Throughput: Throughput{SignedPerS: 398.34}},
		},
		Throughput: Throughput{SignedPerS: 398.34},
		Generator:  Generator{CPUS: 112.3, MaxRSSBytes: 123 << 20, LateP99US: 20800, LateLimitUS: 10000, CPUShare: 0.97, Cores: 2},
	}
}

func TestNothingIsWiderThanTheTerminal(t *testing.T) {
	r := sampleReport()
	r.Name = strings.Repeat("long", 50)
	for _, width := range []int{0, 40, 60, 120} {
		for line := range strings.Lines(r.Render(Style{Width: width})) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > (Style{Width: width}).width() {
				t.Errorf("%d columns in a terminal of %d: %q", n, width, line)
			}
		}
	}
}

func TestALoadFitsInto80Columns(t *testing.T) {
	for line := range strings.Lines(sampleLoad().Render(Style{})) {
		if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestDurationsAreShort(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"0s": 0, "1.50µs": 1500, "12.5µs": 12500, "310µs": 310 * time.Microsecond, "1.24s": 1240 * time.Millisecond,
		"59.9s": 59900 * time.Millisecond, "10m0s": 10 * time.Minute, "-1.00ms": -time.Millisecond,
	} {
		if got := short(d); got != want {
			t.Errorf("short(%d) = %q, want %q", d, got, want)
		}
	}
}
