package results

import (
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// junitSuites is a JUnit report as continuous integration reads it: one suite
// with a test case for each conformance case, or for everything that was judged
// of a run. What differs or failed is a failure, what says nothing about the
// node an error, what is not applicable or did not run is skipped.
type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name       string          `xml:"name,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitMessage `xml:"failure"`
	Error   *junitMessage `xml:"error"`
	Skipped *junitMessage `xml:"skipped"`
}

type junitMessage struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",cdata"`
}

// JUnit returns the content of junit.xml.
func (c *Conformance) JUnit() ([]byte, error) {
	suite := junitSuite{
		Name: "chanbot conform", Tests: len(c.Cases), Time: junitSeconds(c.DurationS),
		Failures:  c.Counts[CaseDiffers] + c.Counts[CaseFailed],
		Skipped:   c.Counts[CaseNotApplicable] + c.Counts[CaseNotRun],
		Timestamp: c.Started.UTC().Format(time.RFC3339),
		Properties: []junitProperty{
			{"chanbot", c.Chanbot}, {"node", c.Node}, {"network_id", c.NetworkID}, {"seed", strconv.FormatUint(c.Seed, 10)},
		},
	}
	for _, one := range c.Cases {
		suite.Cases = append(suite.Cases, one.junit())
	}
	return suite.document()
}

// document returns the content of the file.
func (s junitSuite) document() ([]byte, error) {
	out, err := xml.MarshalIndent(junitSuites{
		Name: s.Name, Tests: s.Tests, Failures: s.Failures, Errors: s.Errors, Skipped: s.Skipped, Time: s.Time, Suite: s,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("junit: %w", err)
	}
	return hidden([]byte(xml.Header + string(out) + "\n")), nil
}

func (c Case) junit() junitCase {
	j := junitCase{Class: "conform." + c.Sequence, Name: c.Name, Time: junitSeconds(c.DurationS)}
	switch c.Verdict {
	case CaseOK:
	case CaseDiffers, CaseFailed:
		var b strings.Builder
		c.details(&b, Style{Width: 120})
		j.Failure = &junitMessage{Message: Printable(c.Reason), Type: string(c.Verdict), Text: "\n" + b.String()}
	case CaseNotApplicable, CaseNotRun:
		j.Skipped = &junitMessage{Message: string(c.Verdict) + ": " + Printable(c.Reason)}
	}
	return j
}

func junitSeconds(s float64) string { return strconv.FormatFloat(s, 'f', 3, 64) }
