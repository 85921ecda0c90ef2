package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"chanbot/fuzz"
	"chanbot/results"
)

// The files of a search, in its run folder.
const (
	findingsDir  = "findings"
	coverageFile = "coverage.json"
)

// fuzzing is a search under way.
type fuzzing struct {
	c     *Command
	o     *fuzzOptions
	s     *settings
	where *target
	term  terminal

	folder  *results.Folder
	started time.Time
	node    string
	network string
	w       io.Writer // for people; nil says nothing

	mu       sync.Mutex // guards what follows
	findings []fuzzFinding
	drawn    bool  // the line of progress is on the screen
	writing  error // the first one of writing a finding
}

// fuzzFinding is a finding in the document of --json.
type fuzzFinding struct {
	Rule     string `json:"rule"`
	State    string `json:"state"`
	Input    string `json:"input"`
	Role     string `json:"role"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	File     string `json:"file"`
	Steps    int    `json:"steps"`
	Seed     uint64 `json:"seed"`
	Case     int    `json:"case"`
	Hits     int    `json:"hits"`
	Tries    int    `json:"tries"`
	// Pairs is what --pairs has to be for the file to show it.
	Pairs int `json:"pairs"`
	// Beside are files of the other cases that can be the reason for the loss of a
	// node.
	Beside []string `json:"beside,omitempty"`
	// FoundS is when it was found, after FoundActions actions; ShrunkS is how
	// long it took to play it again and to make it small.
	FoundS       float64 `json:"found_s"`
	FoundActions int64   `json:"found_actions"`
	ShrunkS      float64 `json:"shrunk_s"`
}

// fuzzDocument is what --json prints, and summary.json holds: a summary, and
// what is the search's own.
type fuzzDocument struct {
	results.Summary
	Findings []fuzzFinding `json:"findings"`
	// Repeated is how many cases broke a rule and became no finding of their own,
	// Others the same by rule.
	Repeated int64         `json:"repeated"`
	Others   []fuzz.Others `json:"others"`
	Coverage fuzz.Coverage `json:"coverage"`
	// Cases is how many were played, Unplayed why others could not be.
	Cases     int             `json:"cases"`
	Unplayed  []fuzz.Unplayed `json:"unplayed"`
	Refused   *fuzz.Refusals  `json:"refused,omitempty"`
	Room      *fuzz.Room      `json:"room,omitempty"`
	Actions   int64           `json:"actions"`
	Decisions string          `json:"decisions"`
	Ended     string          `json:"ended,omitempty"`
}

// begin makes the run folder and says where the search takes place.
func (g *fuzzing) begin(place *fuzz.Place) error {
	g.started, g.node, g.network = time.Now(), g.s.nodes(), place.Bot.NetworkID
	var err error
	if g.folder, err = results.CreateFolder(g.s.out, g.started, "fuzz"); err != nil {
		return unwritable("--out", g.s.out, err)
	}
	err = g.folder.WriteManifest(results.Manifest{
		Chanbot: version(), Seed: g.s.seed, Scenario: results.NewScenarioFile("fuzz", "", ""), Node: g.node, NetworkID: g.network,
		Started: g.started, Host: results.ThisHost(), Pairs: g.o.pairs, Command: "fuzz", Options: g.s.options(),
	})
	if err != nil {
		g.discard()
		return unwritable("--out", g.s.out, err)
	}
	if !g.s.quiet {
		if g.w = g.c.Stdout; g.s.json {
			g.w = g.c.Stderr
		}
		fmt.Fprintf(g.w, "fuzzing %s, %s, seed %d\n\n", g.node, g.network, g.s.seed)
	}
	return nil
}

// discard removes the folder of a search that did not begin.
func (g *fuzzing) discard() {
	_ = os.RemoveAll(g.folder.Path()) // made a moment ago by this command, and nothing was found
}

// found writes a finding down and says so.
func (g *fuzzing) found(f *fuzz.Finding) {
	g.mu.Lock()
	defer g.mu.Unlock()
	name := fmt.Sprintf("%02d-%s", len(g.findings)+1, f.Rule)
	file := filepath.Join(findingsDir, name+".yaml")
	err := os.MkdirAll(g.folder.File(findingsDir), 0o700)
	if err == nil {
		err = results.WriteFile(g.folder.File(file), f.Scenario(name))
	}
	if text := f.Transcript(); err == nil && len(text) > 0 {
		err = results.WriteFile(g.folder.File(filepath.Join(findingsDir, name+".md")), text)
	}
	var beside []string
	for i, text := range f.Beside {
		other := filepath.Join(findingsDir, name+"-beside", fmt.Sprintf("%02d.yaml", i+1))
		if err == nil {
			err = os.MkdirAll(filepath.Dir(g.folder.File(other)), 0o700)
		}
		if err == nil {
			err = results.WriteFile(g.folder.File(other), text)
		}
		beside = append(beside, filepath.ToSlash(other))
	}
	if g.writing == nil {
		g.writing = err
	}
	one := fuzzFinding{
		Rule: f.Rule, State: f.State, Input: f.Input, Role: f.Role.String(), Expected: f.Expected, Got: f.Got,
		File: filepath.ToSlash(file), Steps: f.Steps, Seed: f.Seed, Case: f.Case, Hits: f.Hits, Tries: f.Tries, Pairs: f.Pairs, Beside: beside,
		FoundS: f.Found.Seconds(), FoundActions: f.Actions, ShrunkS: f.Shrunk.Seconds(),
	}
	g.findings = append(g.findings, one)
	if g.w == nil {
		return
	}
	g.clearLocked()
	again := fmt.Sprintf("again in %d of %d plays", f.Hits, f.Tries)
	switch {
	case f.Tries == 0:
		again = "not played again"
	case f.Hits == 0:
		again = fmt.Sprintf("not again in %d plays, so it may need other channels beside it", f.Tries)
	}
	if f.Seldom() {
		again += ", so the repro mostly passes"
	}
	mark := g.term.style.Bad("✗")
	if f.Unrepeated() {
		mark = "?"
	}
	fmt.Fprintf(g.w, "  %s  %s in %s, after %s and %s, %s\n", mark, f.Rule, f.Where(), f.Found.Round(100*time.Millisecond), count(int(f.Actions), "action"), again)
	for _, line := range [][2]string{{"expected", f.Expected}, {"got", f.Got}, {"repro", fmt.Sprintf("%s, %s", g.folder.File(file), count(f.Steps, "step"))}} {
		fmt.Fprintf(g.w, "     %-9s %s\n", line[0], strings.TrimSpace(firstLine(line[1])))
	}
	if n := len(beside); n > 0 {
		fmt.Fprintf(g.w, "     %-9s %s, any of which may be the reason: %s\n", "beside", count(n, "other case"), g.folder.File(filepath.Join(findingsDir, name+"-beside")))
	}
}

// firstLine shortens a text for one line of a terminal.
func firstLine(s string) string {
	s = results.OneLine(s)
	if r := []rune(s); len(r) > 160 {
		s = string(r[:160]) + "…"
	}
	return s
}

// fuzzProgress is a line of progress as NDJSON.
type fuzzProgress struct {
	Progress string  `json:"progress"`
	TS       float64 `json:"t_s"`
	Cases    int     `json:"cases"`
	Actions  int64   `json:"actions"`
	PerS     float64 `json:"actions_per_s"`
	Findings int     `json:"findings"`
	Checking int     `json:"checking"`
	Covered  int     `json:"cells_covered"`
	Cells    int     `json:"cells"`
}

// progress returns what shows how far the search is, nil for nothing.
func (g *fuzzing) progress() func(fuzz.Progress) {
	if g.s.quiet || g.s.noProgr {
		return nil
	}
	ticks := 0
	return func(p fuzz.Progress) {
		ticks++
		switch {
		case g.s.json:
			b, err := json.Marshal(fuzzProgress{
				"fuzz", p.Elapsed.Seconds(), p.Cases, p.Actions, p.ActionsPerS, p.Findings, p.Checking, p.Covered, p.Cells,
			})
			if err == nil {
				fmt.Fprintf(g.c.Stderr, "%s\n", b)
			}
		case g.term.live:
			g.mu.Lock()
			defer g.mu.Unlock()
			g.drawn = true
			fmt.Fprintf(g.c.Stderr, "\r\x1b[K%s", progressLine(p))
		case ticks%10 == 0:
			fmt.Fprintln(g.c.Stderr, progressLine(p))
		}
	}
}

func progressLine(p fuzz.Progress) string {
	line := fmt.Sprintf("%s: %d cases, %d actions, %.0f/s, %d of %d cells, %d found", p.Elapsed.Round(time.Second), p.Cases, p.Actions, p.ActionsPerS, p.Covered, p.Cells, p.Findings)
	if p.Checking > 0 {
		line += fmt.Sprintf(", %d being checked", p.Checking)
	}
	return line
}

// clear takes the line of progress away.
func (g *fuzzing) clear() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clearLocked()
}

func (g *fuzzing) clearLocked() {
	if g.drawn {
		fmt.Fprint(g.c.Stderr, "\r\x1b[K")
		g.drawn = false
	}
}

// end writes the results and the last lines.
func (g *fuzzing) end(rep *fuzz.Report) error {
	doc := g.document(rep)
	b, err := json.MarshalIndent(doc, "", "  ")
	if err == nil {
		err = results.WriteFile(g.folder.File(results.SummaryFile), append(b, '\n'))
	}
	cov, covErr := json.MarshalIndent(rep.Coverage, "", "  ")
	if err == nil && covErr == nil {
		err = results.WriteFile(g.folder.File(coverageFile), append(cov, '\n'))
	}
	if err == nil {
		err = g.writing
	}
	if err != nil {
		return cannotRun("is the disk full?", "%v", err)
	}
	if g.w != nil {
		g.tally(rep)
	}
	if !g.s.json {
		return nil
	}
	if _, err = g.c.Stdout.Write(append(b, '\n')); err != nil {
		return cannotRun("", "write standard output: %v", err)
	}
	return nil
}

func (g *fuzzing) document(rep *fuzz.Report) *fuzzDocument {
	doc := &fuzzDocument{
		Summary: results.Summary{
			Version: results.SummaryVersion, Chanbot: version(), Scenario: "fuzz", Seed: rep.Seed, Node: g.node, NetworkID: g.network,
			Started: g.started, DurationS: rep.Took.Seconds(), Verdict: fuzzVerdict(rep), Pairs: g.o.pairs,
			Outcomes: make(results.Counts), Operations: rep.Operations, Phases: []results.Phase{},
			Checks: []results.Check{}, Thresholds: []results.Threshold{}, Violations: []results.Violation{},
		},
		Findings: g.findings, Repeated: rep.Repeated, Others: rep.Others, Coverage: rep.Coverage, Cases: rep.Cases, Actions: rep.Actions,
		Unplayed: rep.Unplayed, Refused: rep.Refused, Room: rep.Room, Decisions: rep.Decisions, Ended: rep.Ended,
	}
	if doc.Findings == nil {
		doc.Findings = []fuzzFinding{}
	}
	for _, op := range rep.Operations {
		doc.Attempts += op.Attempts
		for k, n := range op.Outcomes {
			doc.Outcomes[k] += n
		}
	}
	return doc
}

// tally prints the last lines.
func (g *fuzzing) tally(rep *fuzz.Report) {
	if len(rep.Findings) > 0 {
		fmt.Fprintln(g.w)
	}
	word := "nothing found"
	if rep.Hollow() {
		word = "most cases could not be played, and nothing was found in the others"
	}
	if n := confirmed(rep); n > 0 {
		word = count(n, "finding")
	}
	if n := len(rep.Findings) - confirmed(rep); n > 0 {
		word += fmt.Sprintf(", %d seen only once", n)
	}
	fmt.Fprintf(g.w, "%s: %s with %s in %s, %.0f actions a second\n", word, count(rep.Cases, "case"), count(int(rep.Actions), "action"),
		rep.Took.Round(100*time.Millisecond), float64(rep.Actions)/max(rep.Searched.Seconds(), 1e-3))
	fmt.Fprintf(g.w, "%-10s  %d of %d cells of the matrix; decisions %.16s\n", "coverage", rep.Coverage.Covered, rep.Coverage.Reachable, rep.Decisions)
	g.besides(rep)
	if rep.Ended != "" {
		fmt.Fprintf(g.w, "%-10s  %s\n", "ended", firstLine(rep.Ended))
	}
	fmt.Fprintf(g.w, "%-10s  %s\n", "results", g.folder.Path())
}

// besides prints what became of the cases that are in no finding.
func (g *fuzzing) besides(rep *fuzz.Report) {
	line := func(key, format string, args ...any) {
		fmt.Fprintf(g.w, "%-10s  %s\n", key, firstLine(fmt.Sprintf(format, args...)))
	}
	for _, o := range rep.Others {
		var parts []string
		for _, p := range []struct {
			n    int64
			text string
		}{{o.Alike, "like a finding"}, {o.Vanished, "did not show again"}, {o.Unchecked, "not played again"}} {
			if p.n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", p.n, p.text))
			}
		}
		line("others", "%s in %s more: %s", o.Rule, count(int(o.Cases), "case"), strings.Join(parts, ", "))
	}
	for _, u := range rep.Unplayed {
		line("not played", "%s: %s", count(u.Cases, "case"), u.Why)
	}
	if r := rep.Refused; r != nil {
		line("refused", "the node has refused the last %s: %s", count(r.Channels, "channel"), r.Why)
	}
	if r := rep.Room; r != nil && r.Replaced == 0 {
		line("room", "the node takes only so many state machines at once, %d were seen; %s beside each other in the end", r.Machines, count(r.Cases, "case"))
	} else if r != nil {
		line("room", "the node had no room left with %d state machines at once at most; another one was started %s", r.Machines, count(r.Replaced, "time"))
	}
}
