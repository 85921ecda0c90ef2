package results

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
)

// someCases is a run with a case of each verdict.
func someCases() *Conformance {
	c := &Conformance{Chanbot: "test", Seed: 1, Node: "ws://node", NetworkID: "ae_dev", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), DurationS: 1.5}
	c.Add(Case{Name: "transfers", Sequence: "07_transfer", Tags: []string{"update"}, Verdict: CaseOK, DurationS: 0.25})
	c.Add(Case{
		Name: "messages", Sequence: "30_messages", Verdict: CaseDiffers, Reason: "step 2, initiator: message \"<&]]>\x1b[2J\"", DurationS: 1,
		Differences: []string{"Nodes of old do not send them."},
		Report: &ScenarioReport{Steps: []StepReport{{Index: 1, Passed: true}, {
			Index: 2, Label: "initiator: message \"<&]]>\x1b[2J\"", Expected: "done", Outcome: outcome.Outcome{Kind: outcome.Rejected, Code: 1018},
			Saw: map[string][]string{"initiator": {"error 1018"}},
		}}},
	})
	c.Add(Case{Name: "close", Sequence: "20_shutdown", Verdict: CaseFailed, Reason: "violation of order"})
	c.Add(Case{Name: "contract", Sequence: "29_contract", Verdict: CaseNotApplicable, Reason: "no contracts"})
	c.Add(Case{Name: "ping", Sequence: "31_ping", Verdict: CaseNotRun, Reason: "interrupted"})
	return c
}

func TestJUnit(t *testing.T) {
	b, err := someCases().JUnit()
	if err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(b, &got); err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	s := got.Suite
	if s.Tests != 5 || s.Failures != 2 || s.Skipped != 2 || s.Errors != 0 || got.Tests != 5 || s.Timestamp != "2026-01-02T03:04:05Z" || s.Time != "1.500" {
		t.Errorf("suite %+v", s)
	}
	var kinds []string
	for _, c := range s.Cases {
		kind := c.Class + " " + c.Name + " " + c.Time
		if c.Failure != nil {
			kind += " " + c.Failure.Type
		}
		if c.Skipped != nil {
			kind += " skipped, " + c.Skipped.Message
		}
		kinds = append(kinds, kind)
	}
	want := `conform.07_transfer transfers 0.250
conform.30_messages messages 1.000 differs
conform.20_shutdown close 0.000 failed
conform.29_contract contract 0.000 skipped, not applicable: no contracts
conform.31_ping ping 0.000 skipped, not run: interrupted`
	if got := strings.Join(kinds, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if f := s.Cases[1].Failure; !strings.Contains(f.Text, "rejected 1018") || !strings.Contains(f.Text, "<&]]>") || !strings.Contains(f.Text, "Nodes of old") || strings.Contains(string(b), "\x1b") {
		t.Errorf("failure %+v in\n%s", f, b)
	}
}

func TestConformanceIsRenderedAndKept(t *testing.T) {
	c := someCases()
	if c.Verdict != Failed {
		t.Errorf("verdict %s", c.Verdict)
	}
	var text strings.Builder
	for _, one := range c.Cases {
		text.WriteString(one.Render(Style{Width: 90}))
	}
	text.WriteString(c.Tally(Style{}))
	for _, want := range []string{
		"  ✓ 07  transfers ", " ok ", "250ms\n", "  ≠ 30  messages ", " differs ", "got              rejected 1018", "known            Nodes of old",
		"  ✗ 20  close ", "violation of order\n", "  – 29  contract ", "no contracts\n", "failed: 5 cases, 1 ok, 1 differs, 1 failed, 1 not applicable, 1 not run, 1.50s\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	folder, err := CreateFolder(t.TempDir(), c.Started, "conform")
	if err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteConformance(c); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{ConformanceFile, JUnitFile} {
		b, err := os.ReadFile(filepath.Join(folder.Path(), name))
		if err != nil || !strings.Contains(string(b), "30_messages") || strings.Contains(string(b), "null") {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
}

func TestAnInterruptedConformanceIsNeitherPassedNorFailed(t *testing.T) {
	var c Conformance
	c.Add(Case{Verdict: CaseNotRun})
	c.Add(Case{Verdict: CaseOK})
	if c.Verdict != Interrupted {
		t.Errorf("verdict %s", c.Verdict)
	}
	c.Add(Case{Verdict: CaseDiffers})
	if c.Verdict != Failed {
		t.Errorf("verdict %s", c.Verdict)
	}
}
