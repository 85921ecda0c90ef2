package results_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
)

func rendered(t testing.TB, r *results.RunReport) string {
	t.Helper()
	var b bytes.Buffer
	if err := results.WriteHTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// body is what people read of a page: without scripts, styles and the data of
// the charts.
func body(page string) string {
	page = regexp.MustCompile(`(?s)<(script|style).*?</(script|style)>`).ReplaceAllString(page, "")
	page = regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")
	return strings.Join(strings.Fields(strings.ReplaceAll(html.UnescapeString(page), "\u202f", " ")), " ")
}

func TestAReportSaysWhatARunCameTo(t *testing.T) {
	reports := samples(t)
	for name, want := range map[string][]string{
		"healthy": {"Passed mixed-load", "No violation, all of 4 thresholds hold.", "p99(transfer.response) < 50ms 11.5 ms", "400/s poisson 10 s 45 s 4000 + 12 000",
			"200 of two bots, 400 sockets", "from the signature until the peer is asked for its own", "ws://127.0.0.1:3014", "4711",
			"chanbot run 'scenarios/mixed load.yaml' --seed 4711 --node ws://127.0.0.1:3014 --pairs 200 --set amount=1 --set 'note=a b'", "peak: over", "closing by mutual consent"},
		"failed": {"Failed mixed-load", "The node did what a correct node cannot do, 3 times: answer, round.", "1 of 2 expectations was not met.",
			"p99(transfer.response) < 50ms is broken: it was 4.52 s.", "p9999(message.response) < 1s cannot be judged: not enough samples", "pair 17, seen by the responder",
			"round 8, one more than the last co-signed state", "sign.update_ack", "update_ack", "18 003.500", "node silent", "restarted", "conflict 2 by node"},
		"interrupted": {"Interrupted mixed-load", "The run was cut off: nothing after ", "Something is missing", "unfinished block"},
		"invalid":     {"Not valid mixed-load", "reasons of the generator's own", "the numbers say as much about this machine", "ask for a lower rate"},
		"empty":       {"Interrupted mixed-load", "Nothing was attempted", "the end of the run is missing"},
		"steps":       {"Failed refused", "1 of 5 steps went wrong: step 4 (initiator: transfer 1).", "3 of 5", "1 did not run", "conflict 42 by responder", "info update · sign.update_ack · info aborted_update", "the responder must not see update", "chanbot run refused --seed 1"},
		"nothing":     {"Interrupted unknown scenario", "Nothing was attempted", "The text of the scenario is not known."},
	} {
		text := body(rendered(t, reports[name]))
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s: %q is missing in\n%s", name, w, text)
			}
		}
		for _, never := range []string{"NaN", "Inf", "%!", "<nil>", "map["} {
			if strings.Contains(text, never) {
				t.Errorf("%s: it says %q:\n%s", name, never, text)
			}
		}
	}
}

// A page may fetch nothing and run nothing but the scripts that it was written
// with.
func TestAReportAsksForNothing(t *testing.T) {
	for name, r := range samples(t) {
		page := rendered(t, r)
		policy := regexp.MustCompile(`http-equiv="Content-Security-Policy" content="([^"]*)"`).FindStringSubmatch(page)
		if policy == nil || !strings.HasPrefix(policy[1], "default-src &#39;none&#39;; style-src &#39;sha256-") || strings.Contains(policy[1], "unsafe") || strings.Contains(policy[1], "http") {
			t.Errorf("%s: the policy is %q", name, policy)
		}
		if policy != nil && strings.Index(page, policy[0]) > 200 {
			t.Errorf("%s: the policy comes late", name)
		}
		for _, m := range regexp.MustCompile(`(?i)<(?:link|img|iframe|object|embed|base|form|script|audio|video|source)\b[^>]*>`).FindAllString(page, -1) {
			if !strings.HasPrefix(m, "<script>") && !strings.HasPrefix(m, `<script type="application/json"`) && m != `<link rel="icon" href="data:,">` {
				t.Errorf("%s: %s", name, m)
			}
		}
		if m := regexp.MustCompile(`(?i)\s(?:src|href|style|on[a-z]+)="[^#d][^"]*"`).FindAllString(page, -1); m != nil {
			t.Errorf("%s: %q", name, m)
		}
	}
}

const hostile = `</script><script>window.pwned=1</script><img src=x onerror="window.pwned=1">'"` + "`" + `<!--&amp;{{.}}]]>\u003c ` + "\u2028"

// hostileReport has something bad in every text that a scenario, a node or a
// damaged journal decides.
func hostileReport() *results.RunReport {
	lat := results.Latency{Count: 3, MeanUS: math.NaN(), P50US: math.Inf(1), P90US: -4, P99US: 1e300, P999US: 5, MaxUS: math.Inf(-1)}
	op := results.Operation{Attempts: 3, Outcomes: results.Counts{"signed": 3, hostile: 4}, Response: lat, Service: lat, Wait: lat, Stages: map[string]results.Latency{hostile: lat, "sign_request": lat, "initiator_" + hostile: lat}}
	quoted, err := json.Marshal(hostile)
	if err != nil {
		panic(err)
	}
	frame := results.ViolationFrame{TMS: math.Inf(1), Side: hostile, Dir: hostile, Frame: quoted}
	note := results.ViolationFrame{Side: hostile, Dir: results.DirNote, Frame: quoted}
	in := results.ViolationFrame{Side: "initiator", Dir: results.DirIn, Frame: json.RawMessage(`{"method":` + string(quoted) + `,"params":{"data":{"event":` + string(quoted) + `}}}`)}
	s := &results.Summary{
		Chanbot: hostile, Scenario: hostile, Node: hostile, NetworkID: hostile, Verdict: results.Failed, DurationS: math.Inf(1), Attempts: 3, Pairs: -1,
		Outcomes: results.Counts{"signed": 3}, Operations: map[string]results.Operation{hostile: op, "transfer": op},
		Phases:     []results.Phase{{Name: hostile, Operation: op, Operations: map[string]results.Operation{hostile: op, "transfer": op}, Throughput: results.Throughput{SignedPerS: math.NaN()}}},
		Checks:     []results.Check{{Step: 1, Side: hostile, Expected: hostile, Got: hostile}, {Step: 2, Side: hostile, Expected: hostile, Got: hostile, Passed: true}},
		Thresholds: []results.Threshold{{Expr: hostile, Value: math.NaN()}, {Expr: "p99(transfer.response) < 50ms" + hostile, Problem: hostile}, {Expr: "p99(transfer.response) < 50ms", Value: 51}},
		Violations: []results.Violation{{Rule: hostile, Expected: hostile, Got: hostile, Frames: []results.ViolationFrame{frame, note, in, {Side: "a"}, {Side: "b"}, {Side: "c"}}}},
		Generator:  results.Generator{CPUS: math.NaN(), LateP99US: math.Inf(1), GCPauseMaxUS: math.NaN(), MaxRSSBytes: -1},
	}
	point := func(second int64, op string) results.SeriesPoint {
		p := results.SeriesPoint{Second: second, Operation: op, Ended: 3, Response: lat, Service: lat, Wait: lat}
		p.Outcomes[outcome.Signed] = 3
		return p
	}
	return &results.RunReport{
		Manifest: results.Manifest{
			Scenario: results.NewScenarioFile(hostile, hostile, hostile), Node: hostile, Command: hostile, Host: results.Host{Name: hostile, OS: hostile, Arch: hostile, Go: hostile},
			Options: map[string]string{hostile: hostile, "set": "[" + hostile, "header": "[" + hostile + "]"}, Pairs: 2,
			Plan: &results.RunPlan{Setup: hostile, Teardown: hostile, Phases: []results.PlannedPhase{{Name: hostile, Arrivals: hostile, DurationS: math.NaN(), Mix: []string{hostile}}}},
		},
		Summary: s,
		Series:  []results.SeriesPoint{point(-5, "all"), point(0, hostile), point(0, "all"), point(1, "transfer"), point(7, "all"), point(1<<62, hostile)},
		Due:     []results.DuePoint{{Second: -1, Operation: "all", Count: 1}, {Second: 1 << 60, Operation: hostile, Count: 1 << 60}, {Second: 2, Operation: "transfer", Count: 2}},
		Curves: []results.Curve{{Operation: hostile, Count: -1, Points: []results.CurvePoint{{Quantile: math.NaN(), US: math.Inf(1)}}},
			{Operation: "transfer", Clock: outcome.Clock(9), Points: nil}, {Operation: "transfer", Count: 2, Points: []results.CurvePoint{{Quantile: .5, US: 3}, {Quantile: 1, US: 4}}}},
		Marks:     []results.PhaseMark{{TUS: math.MaxInt64, Phase: hostile, What: results.MarkMeasure}, {TUS: -9, Phase: hostile, What: hostile}, {TUS: 4, Phase: "x", What: results.MarkEnd}},
		TimeMarks: []results.TimeMark{{TUS: math.MinInt64, TookUS: math.MaxInt64, Kind: hostile, Text: hostile}, {TUS: 2e6, TookUS: -1, Kind: results.KindFault, Text: hostile}},
		Generator: []results.GeneratorSample{{TUS: 5, CPUS: math.NaN(), Late: []results.LateCount{{US: -1, N: -5}, {US: 4, N: 2}}}, {TUS: 4, CPUS: -3, RSSBytes: -1}, {TUS: math.MaxInt64, Sockets: -4}},
		Missing:   results.Missing{Header: true, Damaged: []results.Damage{{Reason: hostile}}, After: math.MaxInt64},
		Steps:     []results.StepReport{{Index: 1, Label: hostile, Expected: hostile, Took: -time.Second, Problems: []string{hostile}, Saw: map[string][]string{hostile: {hostile}}}},
		Problem:   hostile,
	}
}

func TestHostileTextStaysText(t *testing.T) {
	page := rendered(t, hostileReport())
	if n := strings.Count(page, "<script"); n != 3 {
		t.Errorf("%d scripts, want 3", n)
	}
	for _, bad := range []string{"<script>window", "<img", "</script><script>window"} {
		if strings.Contains(page, bad) {
			t.Errorf("%s got through", bad)
		}
	}
	text := body(page)
	if !strings.Contains(text, "window.pwned=1") {
		t.Error("the text is not there at all")
	}
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if i := strings.Index(text, bad); i >= 0 {
			t.Errorf("it says %q", text[max(0, i-40):min(len(text), i+40)])
		}
	}
	var data map[string]any
	inner := regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script>`).FindStringSubmatch(page)
	if inner == nil || json.Unmarshal([]byte(inner[1]), &data) != nil {
		t.Errorf("the data is no JSON: %.300q", inner)
	}
}

func TestSecretKeysAreNotInAReport(t *testing.T) {
	r := stepsReport()
	secret := "sk_" + strings.Repeat("2UPq7gFDRSVPMJNUZbkTk2P8", 2)
	r.Manifest.Scenario = results.NewScenarioFile("refused", "", "note: "+secret)
	r.Steps[0].Label = secret
	if page := rendered(t, r); strings.Contains(page, secret) || !strings.Contains(page, "sk_hidden") {
		t.Error("a secret key is in the report")
	}
}

func TestEqualReportsGiveEqualBytes(t *testing.T) {
	for name, r := range samples(t) {
		first := rendered(t, r)
		for range 5 {
			if rendered(t, r) != first {
				t.Fatalf("%s: the bytes differ", name)
			}
		}
	}
}

func TestAnyPartOfAJournalHasAReport(t *testing.T) {
	run := simulated{pairs: 4, rate: 60, length: 3 * time.Second, verdict: results.Passed, limits: sampleLimits, violated: true}
	journal := run.journal(t)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		b := slices.Clone(journal[:rng.IntN(len(journal)+1)])
		for range rng.IntN(3) {
			if len(b) > 0 {
				b[rng.IntN(len(b))] ^= 1 << rng.IntN(8)
			}
		}
		rep, err := metrics.Rebuild(bytes.NewReader(b), metrics.RebuildOptions{})
		if err != nil && rep == nil {
			t.Fatal(err)
		}
		if page := rendered(t, rep); !strings.Contains(page, "Interrupted") && !strings.Contains(page, "Failed") && len(b) < len(journal) {
			t.Fatalf("%d of %d bytes: the report does not say that something is wrong", len(b), len(journal))
		}
	}
}

// longReport is a run of so many seconds with four operations.
func longReport(seconds int) *results.RunReport {
	r := stepsReport()
	r.Steps = nil
	lat := results.Latency{Count: 400, MeanUS: 4321, P50US: 4001, P90US: 7345, P99US: 11_456, P999US: 20_000, MaxUS: 26_789}
	for s := range seconds {
		for i, op := range []string{"all", "balances", "message", "transfer", "withdraw"} {
			p := results.SeriesPoint{Second: int64(s), Operation: op, Ended: 400 + int64(s%37), Response: lat, Service: lat, Wait: lat}
			p.Response.P99US += float64(s % 977)
			p.Outcomes[outcome.Signed], p.Outcomes[outcome.Conflict], p.Outcomes[outcome.Timeout] = 380, int64(20+s%37), int64(i)
			r.Series = append(r.Series, p)
			r.Due = append(r.Due, results.DuePoint{Second: int64(s), Operation: op, Count: 400})
		}
		r.Generator = append(r.Generator, results.GeneratorSample{TUS: int64(s+1) * 1e6, CPUS: float64(s) * .7, RSSBytes: 1e8 + int64(s), Goroutines: 900, Sockets: 400, Late: []results.LateCount{{US: 30, N: 300}, {US: 900, N: 2}}})
	}
	r.Missing.After = time.Duration(seconds) * time.Second
	for i := range 3000 {
		v := sampleViolation(i)
		v.Frames = append(v.Frames, v.Frames...)
		r.Summary.Violations = append(r.Summary.Violations, v)
		r.Summary.Checks = append(r.Summary.Checks, results.Check{Step: i, Expected: "signed", Got: "rejected 1001"})
		r.TimeMarks = append(r.TimeMarks, results.TimeMark{TUS: int64(i) * 1e6, Kind: results.KindFault, Text: fmt.Sprintf("fault %d", i)})
	}
	return r
}

func TestALongRunHasABoundedReport(t *testing.T) {
	hour := len(rendered(t, longReport(3600)))
	day := rendered(t, longReport(86_400))
	if hour > 8<<20 || len(day) > 8<<20 {
		t.Errorf("%d bytes for an hour, %d for a day", hour, len(day))
	}
	for _, want := range []string{`"step":30`, "2900 more violations in summary.json", "2001 more expectations in summary.json"} {
		if !strings.Contains(day, want) {
			t.Errorf("%s is not said", want)
		}
	}
	t.Logf("%d bytes for an hour, %d for a day", hour, len(day))
}

func TestTheVersionOfTheLibraryIsWrittenDown(t *testing.T) {
	notes, err := os.ReadFile(filepath.Join("html", "THIRD_PARTY.md"))
	if err != nil {
		t.Fatal(err)
	}
	library, err := os.ReadFile(filepath.Join("html", "uplot", "uPlot.iife.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`uPlot \(v([0-9.]+)\)`).FindSubmatch(library)
	if version == nil || !bytes.Contains(notes, append([]byte("| "), version[1]...)) {
		t.Errorf("the library says %q; THIRD_PARTY.md:\n%s", version, notes)
	}
	if page := rendered(t, stepsReport()); !strings.Contains(page, "Copyright (c) 2022 Leon Sorokin") {
		t.Error("the report does not carry the licence of the library")
	}
}

// BenchmarkWriteHTML writes the report of an hour.
func BenchmarkWriteHTML(b *testing.B) {
	r := longReport(3600)
	for b.Loop() {
		var w bytes.Buffer
		if err := results.WriteHTML(&w, r); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(w.Len()))
	}
}
