package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
)

// measured makes the folder of a run of 40 s with 60 operations a second and
// three seconds of warm-up, whose times are slow times those of another.
func measured(parent, name string, seed uint64, slow float64, change func(*results.Manifest)) (*results.Folder, error) {
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Add(time.Duration(seed) * time.Hour)
	m := results.Manifest{
		Version: results.ManifestVersion, Chanbot: "1.2.3", Seed: 7, Scenario: results.NewScenarioFile("mixed-load", "", "chanbot: 1\nname: mixed-load\nsteps:\n  - open:\n"),
		Node: "embedded", NetworkID: "ae_dev", Started: started, Pairs: 20, Command: "run",
		Host: results.Host{Name: "here", OS: "linux", Arch: "amd64", CPUs: 2, Procs: 2, Go: "go1.26"},
	}
	if change != nil {
		change(&m)
	}
	folder, err := namedFolder(filepath.Join(parent, name), m)
	if err != nil {
		return nil, err
	}
	j, err := folder.CreateJournal(m)
	if err != nil {
		return nil, err
	}
	run := metrics.NewRun(metrics.Options{Manifest: m, Journal: j})
	rng := rand.New(rand.NewPCG(seed, 1))
	const rate, warmup, total = 60, 3, 43
	run.Mark(results.PhaseMark{Phase: "steady", What: results.MarkWarmup})
	for i := range rate * total {
		if i == rate*warmup {
			run.Mark(results.PhaseMark{TUS: warmup * 1e6, Phase: "steady", What: results.MarkMeasure})
		}
		r := results.OperationRecord{
			Due: time.Duration(i) * time.Second / rate, Pair: i % 20, Role: outcome.Initiator, Operation: outcome.Transfer, Phase: "steady",
			Warmup: i < rate*warmup, Outcome: outcome.Outcome{Kind: outcome.Signed},
		}
		switch rng.IntN(20) {
		case 0:
			r.Operation, r.Outcome.Kind = outcome.Message, outcome.Done
		case 1:
			r.Outcome.Kind = outcome.Conflict
		}
		r.Sent = r.Due + time.Duration(rng.IntN(100))*time.Microsecond
		r.Done = r.Sent + time.Duration(slow*math.Exp(.3*rng.NormFloat64())*float64(time.Millisecond))
		run.Shard(i).Begin(r.Operation, r.Phase, r.Warmup)
		run.Shard(i).Record(&r)
	}
	run.Mark(results.PhaseMark{TUS: total * 1e6, Phase: "steady", What: results.MarkEnd})
	run.End(results.End{TUS: total * 1e6, Pairs: 20, Verdict: results.Passed})
	if err := j.Close(); err != nil {
		return nil, err
	}
	return folder, folder.WriteSummary(run.Summary())
}

// namedFolder makes a run folder at path, which says what the run was.
func namedFolder(path string, m results.Manifest) (*results.Folder, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(path, results.ManifestFile), text, 0o600); err != nil {
		return nil, err
	}
	return results.OpenFolder(path)
}

// scriptMeasured makes a run folder: measured NAME SEED SLOW [PAIRS].
func scriptMeasured(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: measured NAME SEED SLOW [PAIRS]")
	}
	seed, err := strconv.ParseUint(args[1], 10, 64)
	ts.Check(err)
	slow, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	_, err = measured(ts.MkAbs("."), args[0], seed, slow, func(m *results.Manifest) {
		if len(args) > 3 {
			m.Pairs, err = strconv.Atoi(args[3])
			ts.Check(err)
		}
	})
	ts.Check(err)
}

// madeRun is measured for a test that has a folder of its own.
func madeRun(t *testing.T, name string, seed uint64, slow float64, change func(*results.Manifest)) *results.Folder {
	t.Helper()
	folder, err := measured(t.TempDir(), name, seed, slow, change)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// comparison runs compare --json and returns its exit code and what it printed.
func comparison(t *testing.T, args ...string) (int, results.Comparison) {
	t.Helper()
	code, stdout, stderr := apart(t, append([]string{"compare", "--json", "--quiet"}, args...)...)
	var c results.Comparison
	if err := json.Unmarshal([]byte(stdout), &c); err != nil {
		t.Fatalf("exit %d, %v\n%s%s", code, err, stdout, stderr)
	}
	return code, c
}

func changeOf(t *testing.T, c results.Comparison, n int, measure string) results.Change {
	t.Helper()
	for _, ch := range c.Comparisons[n].Changes {
		if ch.Measure == measure {
			return ch
		}
	}
	t.Fatalf("no change of %s", measure)
	return results.Change{}
}

// Both sides show the numbers that the runs gave themselves, whatever is left
// of the folders.
func TestCompareShowsTheNumbersOfTheSummaries(t *testing.T) {
	t.Parallel()
	base, slower := madeRun(t, "base", 1, 1, nil), madeRun(t, "slower", 2, 1.2, nil)
	want, err := base.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := metrics.Report(base, metrics.RebuildOptions{}); err != nil {
		t.Fatal(err)
	}
	l := want.Operations["transfer"].Response
	values := map[string]float64{
		"p50(transfer.response)": l.P50US, "p90(transfer.response)": l.P90US, "p99(transfer.response)": l.P99US, "p99.9(transfer.response)": l.P999US,
		"max(transfer.response)": l.MaxUS, "mean(transfer.response)": l.MeanUS, "p99(message.service)": want.Operations["message"].Service.P99US,
		"rate(signed)": want.Throughput.SignedPerS, "share(transfer.conflict)": float64(want.Operations["transfer"].Outcomes["conflict"]) / float64(want.Operations["transfer"].Attempts),
	}
	var intervals []float64
	for _, left := range []string{"", results.JournalFile, results.HistogramLogFile} {
		if left != "" {
			if err := os.Remove(base.File(left)); err != nil {
				t.Fatal(err)
			}
		}
		_, c := comparison(t, base.Path(), slower.Path())
		for measure, value := range values {
			got := changeOf(t, c, 0, measure)
			if measure == "mean(transfer.response)" && left == results.JournalFile { // the log has no sums
				value = math.Round(value/10) * 10
				*got.Base = math.Round(*got.Base/10) * 10
			}
			if diff := cmp.Diff(value, *got.Base); diff != "" {
				t.Errorf("%s without %q (-summary +compare):\n%s", measure, left, diff)
			}
		}
		if p50 := changeOf(t, c, 0, "p50(transfer.response)"); p50.Low != nil {
			intervals = append(intervals, *p50.Low)
		}
	}
	if len(intervals) != 2 || intervals[0] != intervals[1] || intervals[0] < .1 {
		t.Errorf("from %v on: the journal and the log do not say the same of a slowdown of 20 %%", intervals)
	}
}

func TestCompareJudges(t *testing.T) {
	t.Parallel()
	base, same, slower := madeRun(t, "base", 1, 1, nil), madeRun(t, "same", 2, 1, nil), madeRun(t, "slower", 3, 1.2, nil)
	for _, c := range []struct {
		args []string
		code int
		want results.CompareVerdict
	}{
		{[]string{same.Path()}, 0, results.NotJudged},
		{[]string{slower.Path()}, 0, results.NotJudged},
		{[]string{same.Path(), "--max-regression", "5%"}, 0, results.NoRegression},
		{[]string{slower.Path(), "--max-regression", "5%"}, 1, results.Regressed},
		{[]string{same.Path(), slower.Path(), "--max-regression", "5%"}, 1, results.Regressed},
		{[]string{slower.Path(), "--max-regression", "50%"}, 0, results.NoRegression},
		{[]string{slower.Path(), "--max-regression", "5%", "--metric", "rate(signed)"}, 0, results.NoRegression},
		{[]string{slower.Path(), "--max-regression", "5%", "--metric", "rate(signed)", "--metric", "p75(transfer.response)"}, 1, results.Regressed},
		{[]string{same.Path(), "--max-regression", "5%", "--metric", "p99.9(transfer.response)"}, 1, results.Undecided},
		{[]string{same.Path(), "--max-regression", "5%", "--metric", "share(open.signed)"}, 1, results.Undecided},
	} {
		code, got := comparison(t, append([]string{base.Path()}, c.args...)...)
		if code != c.code || got.Verdict != c.want {
			t.Errorf("%v: exit %d, %s; want %d, %s", c.args, code, got.Verdict, c.code, c.want)
		}
	}
	// The slow run is the base now.
	if code, got := comparison(t, slower.Path(), base.Path(), "--max-regression", "0%"); code != 0 || changeOf(t, got, 0, "p50(transfer.response)").Finding != results.Lower {
		t.Errorf("a run that is faster: exit %d, %s", code, got.Verdict)
	}
}

func TestCompareTakesSeveralRunsOfASide(t *testing.T) {
	t.Parallel()
	var runs []string
	for i, slow := range []float64{1, 1.05, .96, 1.02, 1.01} {
		runs = append(runs, madeRun(t, "run"+strconv.Itoa(i), uint64(i+1), slow, nil).Path())
	}
	_, single := comparison(t, runs[0], runs[1], runs[2])
	if p50 := changeOf(t, single, 0, "p50(transfer.response)"); len(single.Comparisons) != 2 || len(single.Base) != 1 || p50.Finding != results.Higher {
		t.Errorf("%d comparisons; single runs that differ by 5 %% look alike: %+v in %v … %v", len(single.Comparisons), p50, *p50.Low, *p50.High)
	}
	_, several := comparison(t, "--base", runs[0], "--base", runs[1], "--base", runs[2], runs[3], runs[4])
	p50 := changeOf(t, several, 0, "p50(transfer.response)")
	if len(several.Comparisons) != 2 || len(several.Base) != 3 || p50.Finding != results.NoDifference || p50.BaseSamples < 4000 {
		t.Errorf("%d comparisons with %d base runs, %+v", len(several.Comparisons), len(several.Base), p50)
	}
	_, pooled := comparison(t, "--base", runs[0], "--base", runs[1], "--base", runs[2], "--pool", runs[3], runs[4])
	if len(pooled.Comparisons) != 1 || len(pooled.Comparisons[0].New) != 2 {
		t.Errorf("%d comparisons, the first with %d new runs", len(pooled.Comparisons), len(pooled.Comparisons[0].New))
	}
}

func TestCompareKnowsTheSamePlanInOtherWords(t *testing.T) {
	t.Parallel()
	text := func(s string) func(*results.Manifest) {
		return func(m *results.Manifest) { m.Scenario = results.NewScenarioFile("mixed-load", "", s) }
	}
	base := madeRun(t, "base", 1, 1, text("chanbot: 1\nname: mixed-load\nsteps:\n  - open:\n  - initiator: {transfer: 1}\n"))
	for _, c := range []struct {
		text string
		code int
	}{
		{"chanbot: 1 # the first\nname: mixed\ndescription: more words\nsteps:\n\n  - open: {}\n  - initiator: {transfer: 1}\nthresholds:\n  - p99(transfer.response) < 1s\n", 0},
		{"chanbot: 1\nname: mixed-load\nsteps:\n  - open:\n  - initiator: {transfer: 2}\n", 2},
		{"chanbot: 1\nname: mixed-load\nsteps:\n  - open:\n  - responder: {transfer: 1}\n", 2},
		{"chanbot: 1\nname: mixed-load\nchannel: {initiator_amount: 5}\nsteps:\n  - open:\n  - initiator: {transfer: 1}\n", 2},
		{"no scenario at all", 2},
	} {
		other := madeRun(t, "other", 2, 1, text(c.text))
		if code, _, stderr := called("compare", base.Path(), other.Path()); code != c.code || code == 2 && !strings.Contains(stderr, "scenario") {
			t.Errorf("%q: exit %d, %s", c.text, code, stderr)
		}
	}
}

// What run leaves behind is what compare reads.
func TestCompareReadsRealRuns(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	for _, seed := range []string{"1", "2"} {
		if code, stdout, stderr := called("run", "transfers", "--pairs", "2", "--iterations", "8", "--seed", seed, "--out", out, "--quiet", "--no-progress"); code != 0 {
			t.Fatalf("exit %d, %s%s", code, stdout, stderr)
		}
	}
	runs, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(runs) != 2 {
		t.Fatalf("%v, %v", runs, err)
	}
	code, c := comparison(t, runs[0], runs[1])
	ch := changeOf(t, c, 0, "p50(transfer.response)")
	if code != 0 || c.Base[0].Source != results.SourceJournal || ch.BaseSamples != 80 || ch.Change == nil || ch.Finding == "" {
		t.Errorf("exit %d, %+v, %+v", code, c.Base[0], ch)
	}
	for _, r := range c.Comparisons[0].Remarks {
		if r.Refuses || r.About != "seed" && r.About != "length" && r.About != "runs" {
			t.Errorf("%+v", r)
		}
	}
}

// A run that has asked the node's HTTP API knows the version of the node, so
// that two versions can be told apart.
func TestCompareNamesVersionsOfTheNode(t *testing.T) {
	t.Parallel()
	node, err := startNode()
	if err != nil {
		t.Fatal(err)
	}
	defer node.stop()
	out := t.TempDir()
	args := []string{"run", "transfers", "--node", node.url, "--out", out, "--quiet", "--no-progress"}
	for _, more := range [][]string{{"--api", "http" + strings.TrimPrefix(node.url, "ws")}, nil} {
		if code, stdout, stderr := called(append(args, more...)...); code != 0 {
			t.Fatalf("exit %d, %s%s", code, stdout, stderr)
		}
	}
	runs, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil || len(runs) != 2 {
		t.Fatalf("%v, %v", runs, err)
	}
	_, c := comparison(t, runs...)
	known := c.Base[0].NodeVersion
	if known == "" {
		known = c.Comparisons[0].New[0].NodeVersion // both can have begun in one second
	}
	_, stdout, _ := called(append([]string{"compare"}, runs...)...)
	if known == "" || !strings.Contains(stdout, "node version: ") || !strings.Contains(stdout, known) {
		t.Errorf("version %q\n%s", known, stdout)
	}
}
