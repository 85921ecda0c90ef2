package results

import (
	"fmt"
	"strings"
	"time"
)

// The files of a conformance run, in its run folder.
const (
	ConformanceFile = "conform.json"
	JUnitFile       = "junit.xml"
	CasesDir        = "cases" // a run folder for each case that ran
)

// CaseVerdict is what a conformance case came to.
type CaseVerdict string

// The verdicts of cases.
const (
	// CaseOK: the sides saw what the case says.
	CaseOK CaseVerdict = "ok"
	// CaseDiffers: the node did something that a correct node may do, but other
	// frames came, or another outcome, than in the case.
	CaseDiffers CaseVerdict = "differs"
	// CaseFailed: a violation, a timeout of chanbot, a lost connection.
	CaseFailed CaseVerdict = "failed"
	// CaseNotApplicable: the node cannot be held to the case.
	CaseNotApplicable CaseVerdict = "not applicable"
	// CaseNotRun: the run was interrupted before.
	CaseNotRun CaseVerdict = "not run"
)

// caseVerdicts are the verdicts in the order in which they are counted.
var caseVerdicts = []CaseVerdict{CaseOK, CaseDiffers, CaseFailed, CaseNotApplicable, CaseNotRun}

// Case is what became of one conformance case.
type Case struct {
	Name     string      `json:"name"`
	Sequence string      `json:"sequence"`
	Tags     []string    `json:"tags"`
	Verdict  CaseVerdict `json:"verdict"`
	// Reason says why the verdict is not ok, "" when it is.
	Reason string `json:"reason"`
	// Differences are what real nodes are known to answer differently, and what
	// the case leaves open.
	Differences []string `json:"differences"`
	DurationS   float64  `json:"duration_s"`
	// Results is the run folder of the case, relative to that of the whole run;
	// "" when it did not run.
	Results string `json:"results"`
	// Report tells step by step what happened; nil when nothing did.
	Report *ScenarioReport `json:"-"`
}

// Conformance is what a conformance run came to: the content of conform.json.
type Conformance struct {
	Version   int       `json:"version"`
	Chanbot   string    `json:"chanbot"`
	Seed      uint64    `json:"seed"`
	Node      string    `json:"node"`
	NetworkID string    `json:"network_id"`
	Started   time.Time `json:"started"`
	DurationS float64   `json:"duration_s"`
	// Verdict is Failed when a case differs or failed.
	Verdict Verdict             `json:"verdict"`
	Counts  map[CaseVerdict]int `json:"counts"`
	Cases   []Case              `json:"cases"`
}

// Add adds a case and updates the counts and the verdict.
func (c *Conformance) Add(one Case) {
	if c.Counts == nil {
		c.Counts = make(map[CaseVerdict]int)
		for _, v := range caseVerdicts {
			c.Counts[v] = 0
		}
		c.Verdict = Passed
	}
	c.Cases = append(c.Cases, one)
	c.Counts[one.Verdict]++
	switch one.Verdict {
	case CaseDiffers, CaseFailed:
		c.Verdict = Failed
	case CaseNotRun:
		if c.Verdict == Passed {
			c.Verdict = Interrupted
		}
	case CaseOK, CaseNotApplicable:
	}
}

// JSON returns the content of conform.json.
func (c *Conformance) JSON() ([]byte, error) {
	whole := *c
	whole.Version = SummaryVersion
	whole.Cases = make([]Case, len(c.Cases))
	for i, one := range c.Cases {
		if one.Tags == nil {
			one.Tags = []string{}
		}
		if one.Differences == nil {
			one.Differences = []string{}
		}
		whole.Cases[i] = one
	}
	b, err := indented(whole)
	if err != nil {
		return nil, fmt.Errorf("conformance: %w", err)
	}
	return hidden(b), nil
}

// WriteConformance writes conform.json and junit.xml.
func (f *Folder) WriteConformance(c *Conformance) error {
	b, err := c.JSON()
	if err != nil {
		return err
	}
	if err := WriteFile(f.File(ConformanceFile), b); err != nil {
		return err
	}
	b, err = c.JUnit()
	if err != nil {
		return err
	}
	return WriteFile(f.File(JUnitFile), b)
}

// Render draws the line of a case, and below it what was not as the case says.
func (c Case) Render(s Style) string {
	var b strings.Builder
	mark, took := s.paint(green, "✓"), short(seconds(c.DurationS))
	switch c.Verdict {
	case CaseOK:
	case CaseDiffers:
		mark = s.paint(yellow, "≠")
	case CaseFailed:
		mark = s.paint(red, "✗")
	case CaseNotApplicable, CaseNotRun:
		mark, took = s.paint(faint, "–"), ""
	}
	number, _, _ := strings.Cut(c.Sequence, "_")
	room := s.width() - 2 - 1 - 1 - 2 - 2 - 15 - 1 - 8
	fmt.Fprintf(&b, "  %s %s  %s %s %s\n", mark, pad(number, 2, false), pad(shorten(c.Name, room), room, false), pad(string(c.Verdict), 14, false), pad(took, 8, true))
	c.details(&b, s)
	return b.String()
}

// details writes what went wrong, and what is known about it.
func (c Case) details(b *strings.Builder, s Style) {
	if c.Verdict == CaseOK {
		return
	}
	told := false
	if c.Report != nil {
		for _, step := range c.Report.Steps {
			if !step.Passed && !step.Skipped {
				told = true
				step.render(b, s)
			}
		}
		told = told || len(c.Report.Violations) > 0
		renderViolations(b, s, c.Report.Violations)
	}
	if !told && c.Reason != "" {
		field(b, s, "", c.Reason)
	}
	if c.Verdict == CaseDiffers || c.Verdict == CaseFailed {
		for _, d := range c.Differences {
			field(b, s, "known", d)
		}
	}
}

// Tally is the last line of a conformance run.
func (c *Conformance) Tally(s Style) string {
	var parts []string
	for _, v := range caseVerdicts {
		if n := c.Counts[v]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	parts = append(parts, short(seconds(c.DurationS)))
	return s.verdict(c.Verdict) + ": " + plural(len(c.Cases), "case") + ", " + strings.Join(parts, ", ") + "\n"
}
