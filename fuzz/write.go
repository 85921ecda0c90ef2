package fuzz

import (
	"bytes"
	"fmt"
	"strings"

	"chanbot/outcome"
	"chanbot/results"
)

// Where says in which state and at which input a rule was broken, as reports
// show it.
func (f *Finding) Where() string {
	switch {
	case f.State == "" && f.Input == "":
		return "the opening"
	case f.Input == "":
		return f.State
	}
	return f.State + " × " + f.Input
}

// Scenario returns the file of the finding: what was broken as comments, and
// the scenario, which chanbot run fails on as long as the node does this. name
// becomes the name of the scenario.
func (f *Finding) Scenario(name string) []byte {
	var b bytes.Buffer
	note := func(key, value string) {
		fmt.Fprintf(&b, "# %-9s %s\n", key, oneLine(value))
	}
	note("rule", f.Rule)
	note("where", f.Where())
	if f.Role != outcome.NoRole {
		note("seen by", f.Role.String())
	}
	note("expected", f.Expected)
	note("got", f.Got)
	if f.Pairs > 1 {
		note("needs", fmt.Sprintf("other channels beside it: chanbot run --pairs %d", f.Pairs))
	}
	again := fmt.Sprintf("again in %d of %d plays", f.Hits, f.Tries)
	if f.Tries == 0 {
		again = "not played again"
	}
	if f.Seldom() {
		note("seldom", "most plays of it pass: it takes luck, and no other case showed it more surely")
	}
	note("found", fmt.Sprintf("case %d of seed %d; %s", f.Case, f.Seed, again))
	if n := len(f.Beside); n > 0 {
		note("beside", fmt.Sprintf("%d other cases, any of which may be the reason, are in the folder next to this file", n))
	}
	b.WriteString("#\n# A violation fails a run whatever a step expects.\n")
	text := string(f.Text)
	if _, after, ok := strings.Cut(text, "\nname: "); ok {
		_, rest, _ := strings.Cut(after, "\n")
		before, _, _ := strings.Cut(text, "\nname: ")
		text = before + "\nname: " + name + "\n" + rest
	}
	b.WriteString(text)
	return b.Bytes()
}

// Transcript returns what both sides saw when the finding was played last, in
// the format of transcripts.
func (f *Finding) Transcript() []byte {
	var b []byte
	for _, r := range f.Frames {
		b = results.AppendTranscript(b, r)
	}
	return b
}

// oneLine shortens a text to one line of a comment.
func oneLine(s string) string {
	s = results.OneLine(s)
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}
