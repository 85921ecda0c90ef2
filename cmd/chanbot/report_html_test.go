package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chanbot/results"
)

func htmlOf(t *testing.T, folder *results.Folder) []byte {
	t.Helper()
	b, err := os.ReadFile(folder.File(results.HTMLFile))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// onlyRun opens the folder of the one run below a folder.
func onlyRun(t *testing.T, dir string) *results.Folder {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(all) != 1 {
		t.Fatalf("%q, %v", all, err)
	}
	folder, err := results.OpenFolder(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestRunAndReportWriteTheSameHTML(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"steps": `chanbot: 1
name: refused
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update_ack: {abort: 42}}
    expect: signed
  - initiator: stop
`,
		"load": `chanbot: 1
name: small-load
load:
  pairs: 2
  phases:
    - name: steady
      arrivals: {rate: 50/s}
      warmup: 200ms
      duration: 600ms
      mix:
        - {weight: 3, do: {initiator: {transfer: 1}}}
        - {weight: 1, do: {initiator: {message: "<i>"}}}
  teardown: {close: mutual}
thresholds:
  - count(violation) == 0
`,
	} {
		dir := t.TempDir()
		file := filepath.Join(t.TempDir(), name+".yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := called("run", file, "--out", dir)
		want, says := exitFailed, []string{"1 of 3 steps went wrong", "conflict 42 by responder", "chanbot run " + file}
		if name == "load" {
			want, says = exitPassed, []string{"small-load", "uniform 50/s", "75% initiator: transfer 1", "30", "count(violation) == 0", "&lt;i&gt;"}
		}
		if code != want && code != exitInvalid {
			t.Fatalf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
		folder := onlyRun(t, dir)
		first := htmlOf(t, folder)
		for _, w := range says {
			if !bytes.Contains(first, []byte(w)) {
				t.Errorf("%s: %q is missing in the report", name, w)
			}
		}
		if code, stdout, stderr := called("report", folder.Path()); code != 0 {
			t.Fatalf("%s: exit %d\n%s%s", name, code, stdout, stderr)
		}
		if again := htmlOf(t, folder); !bytes.Equal(first, again) {
			t.Errorf("%s: report writes other bytes than run: %d and %d", name, len(again), len(first))
		}
	}
}

// A report of a journal that was cut says so, and believes a summary that knows
// more.
func TestHTMLOfAJournalThatWasCut(t *testing.T) {
	folder := journalled(t, 0.95)
	if code, _, stderr := called("report", folder.Path()); code != 0 {
		t.Fatal(stderr)
	}
	if page := string(htmlOf(t, folder)); !strings.Contains(page, "Something is missing") || !strings.Contains(page, "the end of the run is missing") {
		t.Error("the report does not say what is missing")
	}
	if err := folder.WriteSummary(&results.Summary{Scenario: "mixed-load", Attempts: 47110, Verdict: results.Passed}); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := called("report", folder.Path()); code != 0 {
		t.Fatal(stderr)
	}
	if page := string(htmlOf(t, folder)); !strings.Contains(page, "47\u202f110") || !strings.Contains(page, "Something is missing") {
		t.Error("the report does not know what the summary knows, or hides what is missing")
	}
}
