package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"chanbot/results"
)

// mark is what a check came to.
type mark string

const (
	fine    mark = "ok"
	warning mark = "warning" // a run works, and may not be what was meant
	failed  mark = "failed"  // a run would break
	unknown mark = "unknown" // it could not be found out
)

// sign is the mark on a terminal.
func (m mark) sign() string {
	return map[mark]string{fine: "✓", warning: "!", failed: "✗", unknown: "–"}[m]
}

// paint puts a text into the colour of the mark.
func (m mark) paint(text string, colour bool) string {
	code := map[mark]string{fine: "32", warning: "33", failed: "31", unknown: "2"}[m]
	if !colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// finding is one line of an examination.
type finding struct {
	Check    string `json:"check"`
	Result   mark   `json:"result"`
	Observed string `json:"observed"`
	Advice   string `json:"advice,omitempty"` // what to do
}

// The verdicts.
const (
	verdictFine    = "ok"
	verdictTrouble = "failed"
)

// examination is everything that doctor found.
type examination struct {
	Node      string    `json:"node"`
	API       string    `json:"api,omitempty"`
	NetworkID string    `json:"network_id,omitempty"`
	Scenario  string    `json:"scenario,omitempty"`
	Pairs     int       `json:"pairs"`
	Verdict   string    `json:"verdict"`
	Checks    []finding `json:"checks"`
}

// add appends a finding.
func (e *examination) add(check string, m mark, observed, advice string) {
	e.Checks = append(e.Checks, finding{Check: check, Result: m, Observed: results.Printable(observed), Advice: advice})
	switch {
	case m == failed:
		e.Verdict = verdictTrouble
	case e.Verdict == "":
		e.Verdict = verdictFine
	}
}

// write prints the examination.
func (e *examination) write(c *Command, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(c.Stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(e)
	}
	_, err := io.WriteString(c.Stdout, e.render(c.terminal().style.Color))
	return err
}

// render writes one line for each check, and what to do under it.
func (e *examination) render(colour bool) string {
	var b strings.Builder
	b.WriteString(e.Node)
	if e.Scenario != "" {
		fmt.Fprintf(&b, ", %s", e.Scenario)
	}
	fmt.Fprintf(&b, ", %s\n\n", count(e.Pairs, "pair"))
	width := 0
	for _, f := range e.Checks {
		width = max(width, len(f.Check))
	}
	marks := make(map[mark]int)
	for _, f := range e.Checks {
		marks[f.Result]++
		fmt.Fprintf(&b, "  %s  %-*s  %s\n", f.Result.paint(f.Result.sign(), colour), width, f.Check, f.Observed)
		if f.Advice != "" {
			fmt.Fprintf(&b, "     %-*s  → %s\n", width, "", f.Advice)
		}
	}
	b.WriteString("\n")
	switch {
	case marks[failed] > 0:
		fmt.Fprintf(&b, "%s of %d would break a run", count(marks[failed], "check"), len(e.Checks))
	default:
		b.WriteString("nothing speaks against a run")
	}
	if n := marks[warning]; n > 0 {
		fmt.Fprintf(&b, ", %s", count(n, "warning"))
	}
	if n := marks[unknown]; n > 0 {
		fmt.Fprintf(&b, ", %d unknown", n)
	}
	b.WriteString("\n")
	return b.String()
}
