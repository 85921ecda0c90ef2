package results_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"chanbot/outcome"
	"chanbot/results"
)

// comparedRun makes a run of 40 s with 100 operations a second.
func comparedRun(t testing.TB, name string, seed uint64, slow float64) *results.ComparedRun {
	t.Helper()
	folder, err := results.CreateFolder(t.TempDir(), time.Date(2026, 1, int(seed), 3, 4, 5, 0, time.UTC), name)
	if err != nil {
		t.Fatal(err)
	}
	m := results.Manifest{
		Version: results.ManifestVersion, Chanbot: "1.2.3", Seed: seed, Scenario: results.NewScenarioFile("mixed-load", "", "chanbot: 1"), Node: "embedded",
		NetworkID: "ae_dev", Started: time.Date(2026, 1, int(seed), 3, 4, 5, 0, time.UTC), Pairs: 20,
	}
	j, err := folder.CreateJournal(m)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(seed, 3))
	for i := range 4000 {
		r := results.OperationRecord{Due: time.Duration(i) * 10 * time.Millisecond, Pair: i % 20, Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed}}
		switch rng.IntN(10) {
		case 0:
			r.Operation, r.Outcome.Kind = outcome.Message, outcome.Done
		case 1:
			r.Outcome.Kind = outcome.Conflict
		}
		r.Sent = r.Due + time.Duration(rng.ExpFloat64()*300)*time.Microsecond
		r.Done = r.Sent + time.Duration(slow*math.Exp(.5*rng.NormFloat64())*float64(3*time.Millisecond))
		j.Operation(&r)
	}
	j.End(results.End{TUS: 40e6, Attempts: 4000, Pairs: 20, Verdict: results.Passed})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	run, err := results.ReadComparedRun(folder, "")
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// comparisons are those of the pages that are looked at.
func comparisons(t testing.TB) map[string]*results.Comparison {
	limit := .05
	base := []*results.ComparedRun{comparedRun(t, "monday", 1, 1), comparedRun(t, "tuesday", 2, 1.01), comparedRun(t, "wednesday", 3, .99)}
	same, slower := comparedRun(t, "same", 4, 1), comparedRun(t, "slower", 5, 1.3)
	other := comparedRun(t, strings.Repeat("long-", 15), 6, 1)
	other.Manifest.Pairs, other.Manifest.Chanbot, other.Verdict = 21, `<img src=x onerror="window.pwned=1">`, results.Invalid
	alone := comparedRun(t, "summary", 7, 1)
	return map[string]*results.Comparison{
		"regressed": results.Compare(base, [][]*results.ComparedRun{{same}, {slower}}, results.CompareOptions{Seed: 1, Resamples: 300, MaxRegression: &limit}),
		"passed":    results.Compare(base, [][]*results.ComparedRun{{same}}, results.CompareOptions{Seed: 1, Resamples: 300, MaxRegression: &limit}),
		"shown":     results.Compare(base[:1], [][]*results.ComparedRun{{other}}, results.CompareOptions{Seed: 1, Resamples: 300}),
		"undecided": results.Compare(base[:1], [][]*results.ComparedRun{{alone}}, results.CompareOptions{Seed: 1, Resamples: 300, MaxRegression: &limit, Judged: []results.Measure{{Func: "quantile", Quantile: .9999, Operation: outcome.Transfer}}}),
	}
}

func comparePage(t testing.TB, dir, name string, c *results.Comparison) string {
	t.Helper()
	var one, two bytes.Buffer
	if err := c.WriteHTML(&one); err != nil {
		t.Fatal(err)
	}
	if err := c.WriteHTML(&two); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Errorf("%s: the same comparison makes two different pages; %v", name, err)
	}
	path := filepath.Join(dir, name+".html")
	if err := os.WriteFile(path, one.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAComparisonIsOneFileThatAsksForNothing(t *testing.T) {
	address := regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//|@import|url\(`)
	for name, c := range comparisons(t) {
		text, err := os.ReadFile(comparePage(t, t.TempDir(), name, c))
		if err != nil {
			t.Fatal(err)
		}
		if at := address.Find(text); at != nil {
			t.Errorf("%s asks for something: %s", name, at)
		}
		if strings.Contains(string(text), "<img") || strings.Contains(string(text), "NaN") {
			t.Errorf("%s: the name of a version is no text, or a number is none", name)
		}
	}
}

func TestComparisonsInABrowser(t *testing.T) {
	all := comparisons(t)
	browser := startChromium(t)
	dir := t.ArtifactDir()
	for _, name := range []string{"regressed", "passed", "shown", "undecided"} {
		path := comparePage(t, dir, name, all[name])
		for _, s := range screens {
			p := browser.open(path, s)
			for _, c := range p.complaints() {
				t.Errorf("%s, %s: %s", name, s.name, c)
			}
			if got := p.value(`document.documentElement.dataset.charts`); got != "1" {
				t.Errorf("%s, %s: %s charts", name, s.name, got)
			}
			if w := p.value(`document.scrollingElement.scrollWidth`); w != strconv.Itoa(s.width) {
				t.Errorf("%s, %s: %s wide, and the screen %d", name, s.name, w, s.width)
			}
			if got := p.value(`String(window.pwned)`); got != "undefined" {
				t.Errorf("%s, %s: text of a run was executed", name, s.name)
			}
			p.shoot("compare-" + name + "-" + s.name)
			p.close()
		}
	}

	p := browser.open(filepath.Join(dir, "regressed.html"), screens[0])
	is := func(what, expression, want string) {
		t.Helper()
		if got := p.value(expression); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	const label = `document.querySelector('.plot').getAttribute('aria-label')`
	is("the lines", `[...document.querySelectorAll('.legend button')].map(b => b.textContent).join()`, "base (3 runs),new 1,new 2")
	is("the operations", `[...document.querySelector('#operation').options].map(o => o.value).join()`, "transfer,message")
	before := p.value(label)
	p.value(`document.querySelector('[data-clock=service]').click()`)
	if after := p.value(label); after == before {
		t.Errorf("the service time has the curve of the response time: %s", after)
	}
	p.value(`document.querySelector('[data-log]').click()`)
	is("a log scale", `document.querySelector('[data-log]').getAttribute('aria-pressed')`, "true")
	is("bars of what is worse", `String(document.querySelectorAll('#side2 tr.worse rect.span').length > 5)`, "true")
	is("no bars without an interval", `String(document.querySelectorAll('tr.unknown svg').length)`, "0")
}

// Texts for terminals keep to their width, with whatever names runs have.
func TestComparisonsInATerminal(t *testing.T) {
	for name, c := range comparisons(t) {
		for _, width := range []int{80, 120} {
			for line := range strings.Lines(c.Render(results.Style{Width: width})) {
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns: %s", name, n, line)
				}
			}
		}
		if plain, colour := c.Render(results.Style{}), c.Render(results.Style{Color: true}); strings.Contains(plain, "\x1b") || !strings.Contains(colour, "\x1b[1m") {
			t.Errorf("%s: colours are where none are wanted, or the other way round", name)
		}
	}
}
