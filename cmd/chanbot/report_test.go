package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
)

// journalled makes the folder of a run of ten transfers, whose journal is cut to
// a share of its length.
func journalled(t *testing.T, share float64) *results.Folder {
	t.Helper()
	started := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	folder, err := results.CreateFolder(t.TempDir(), started, "mixed-load")
	if err != nil {
		t.Fatal(err)
	}
	m := results.Manifest{
		Chanbot: "1.2.3", Seed: 7, Scenario: results.NewScenarioFile("mixed-load", "", "chanbot: 1"), Node: "embedded", NetworkID: "ae_dev",
		Started: started, Pairs: 2, Thresholds: []string{"count(signed) == 10", "p99(transfer.response) < 1s", "nonsense"},
	}
	j, err := folder.CreateJournal(m)
	if err != nil {
		t.Fatal(err)
	}
	run := metrics.NewRun(metrics.Options{Manifest: m, Journal: j})
	for i := range 10 {
		due := time.Duration(i) * 200 * time.Millisecond
		r := results.OperationRecord{Due: due, Sent: due, Done: due + 3*time.Millisecond, Pair: i % 2, Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed}}
		run.Shard(i).Begin(r.Operation, r.Phase, r.Warmup)
		run.Shard(i).Record(&r)
	}
	run.End(results.End{TUS: 2e6, Verdict: results.Passed})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(folder.File(results.JournalFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(folder.File(results.JournalFile), whole[:int(share*float64(len(whole)))], 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// called runs chanbot and returns what it said.
func called(args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	c := Command{Stdout: &out, Stderr: &errs, Program: program}
	code = c.Main(args)
	return code, out.String(), errs.String()
}

func TestReportMakesTheFilesOfARun(t *testing.T) {
	folder := journalled(t, 1)
	code, stdout, stderr := called("report", folder.Path())
	if code != 0 || stderr != "" || !strings.Contains(stdout, "mixed-load  passed") || !strings.Contains(stdout, "10 = signed 10") || strings.Contains(stdout, "missing") {
		t.Errorf("exit %d\n%s%s", code, stdout, stderr)
	}
	s, err := folder.Summary()
	if err != nil || s.Attempts != 10 || s.DurationS != 2 || s.Throughput.SignedPerS != 5 {
		t.Errorf("%+v, %v", s, err)
	}
	for _, name := range []string{results.HistogramLogFile, results.SeriesFile} {
		if b, err := os.ReadFile(folder.File(name)); err != nil || len(bytes.Split(b, []byte("\n"))) < 4 {
			t.Errorf("%s: %v\n%s", name, err, b)
		}
	}
	if left, err := filepath.Glob(filepath.Join(folder.Path(), ".*")); err != nil || len(left) > 0 {
		t.Errorf("%v left behind", left)
	}
}

func TestReportOfAJournalThatWasCut(t *testing.T) {
	folder := journalled(t, 0.95)
	if err := os.WriteFile(folder.File(results.ManifestFile), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ := called("report", folder.Path())
	if code != 0 || !strings.Contains(stdout, "interrupted") || !strings.Contains(stdout, "the end of the run is missing") || !strings.Contains(stdout, "unfinished block") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if strings.Contains(stdout, "kept") {
		t.Errorf("a summary was kept that nobody wrote:\n%s", stdout)
	}
	code, stdout, _ = called("report", folder.Path(), "--json")
	if code != 0 || !strings.Contains(stdout, `"verdict": "interrupted"`) {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	full := &results.Summary{Scenario: "mixed-load", Attempts: 4711}
	if err := folder.WriteSummary(full); err != nil {
		t.Fatal(err)
	}
	if code, stdout, _ = called("report", folder.Path()); code != 0 || !strings.Contains(stdout, "summary.json is kept") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	if s, err := folder.Summary(); err != nil || s.Attempts != 4711 {
		t.Errorf("the summary was overwritten: %v, %v", s, err)
	}
}

// What the run has written is not overwritten by what a damaged journal still says,
// and manifest.json says what the journal does not.
func TestReportOfAJournalThatLostItsBeginning(t *testing.T) {
	for name, left := range map[string]string{"empty": "", "garbage": strings.Repeat("no block", 100)} {
		folder := journalled(t, 1)
		if err := folder.WriteManifest(results.Manifest{Scenario: results.NewScenarioFile("mixed-load", "", "chanbot: 1"), Node: "embedded", Seed: 7}); err != nil {
			t.Fatal(err)
		}
		if code, _, stderr := called("report", folder.Path()); code != 0 {
			t.Fatal(stderr)
		}
		tables := []string{results.SummaryFile, results.HistogramLogFile, results.SeriesFile}
		before := map[string]string{}
		for _, table := range tables {
			before[table] = read(t, folder.File(table))
		}
		if err := os.WriteFile(folder.File(results.JournalFile), []byte(left), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, _ := called("report", folder.Path())
		if code != 0 || !strings.Contains(stdout, "mixed-load  interrupted") || !strings.Contains(stdout, "summary.json is kept") || strings.Contains(stdout, "the manifest is missing") {
			t.Errorf("%s: exit %d\n%s", name, code, stdout)
		}
		for _, table := range tables {
			if got := read(t, folder.File(table)); got != before[table] {
				t.Errorf("%s: %s was overwritten\n%s", name, table, got)
			}
		}
		if left, err := filepath.Glob(filepath.Join(folder.Path(), ".*")); err != nil || len(left) > 0 {
			t.Errorf("%s: %v left behind", name, left)
		}
	}
}

// A report that was made while the run went on, or of a summary that cannot be
// read, is made again when the journal knows more.
func TestReportIsMadeAgainWhenTheJournalHasGrown(t *testing.T) {
	for name, spoil := range map[string]func(*results.Folder){
		"made while the run went on": func(f *results.Folder) {
			if err := f.WriteSummary(&results.Summary{Scenario: "mixed-load", Verdict: results.Interrupted, Attempts: 3}); err != nil {
				t.Fatal(err)
			}
		},
		"cannot be read": func(f *results.Folder) {
			if err := os.WriteFile(f.File(results.SummaryFile), []byte("{"), 0o600); err != nil {
				t.Fatal(err)
			}
		},
	} {
		folder := journalled(t, 1)
		whole, err := os.ReadFile(folder.File(results.JournalFile))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(folder.File(results.JournalFile), append(whole, "no block"...), 0o600); err != nil {
			t.Fatal(err)
		}
		spoil(folder)
		for range 2 { // what it has made itself is nothing to keep
			code, stdout, _ := called("report", folder.Path())
			if code != 0 || strings.Contains(stdout, "kept") || !strings.Contains(stdout, "could not be read") {
				t.Errorf("%s: exit %d\n%s", name, code, stdout)
			}
			if s, err := folder.Summary(); err != nil || s.Attempts != 10 {
				t.Errorf("%s: %+v, %v", name, s, err)
			}
		}
	}
}

func TestReportOfOtherFolders(t *testing.T) {
	if code, _, stderr := called("report", t.TempDir()); code != exitUsage || !strings.Contains(stderr, "is no run folder") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	folder := journalled(t, 0)
	if code, stdout, _ := called("report", folder.Path()); code != 0 || !strings.Contains(stdout, "the manifest is missing") {
		t.Errorf("exit %d, %s", code, stdout)
	}
	if err := os.Remove(folder.File(results.JournalFile)); err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteManifest(results.Manifest{}); err != nil {
		t.Fatal(err)
	}
	if err := folder.WriteSummary(&results.Summary{Scenario: "steps", Verdict: results.Passed}); err != nil {
		t.Fatal(err)
	}
	if code, stdout, stderr := called("report", folder.Path()); code != 0 || !strings.Contains(stdout, "steps  passed") || !strings.Contains(stderr, "no journal") {
		t.Errorf("exit %d, %s%s", code, stdout, stderr)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
