package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/rogpeppe/go-internal/testscript"

	"chanbot/results"
)

// scriptFolder makes $RUN the folder of the one run in a folder.
func scriptFolder(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: folder DIR")
	}
	found, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*", results.ManifestFile))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%d runs in %s: %v", len(found), args[0], found)
	}
	ts.Setenv("RUN", filepath.Dir(found[0]))
}

// histograms reads latency.hlog with the library of HdrHistogram, as any other
// tool would, and adds up the intervals of each tag.
func histograms(t *testing.T, path string) map[string]*hdrhistogram.Histogram {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all := make(map[string]*hdrhistogram.Histogram)
	r := hdrhistogram.NewHistogramLogReader(bytes.NewReader(b))
	for {
		h, err := r.NextIntervalHistogram()
		if err != nil {
			t.Fatal(err)
		}
		if h == nil {
			return all
		}
		if all[h.Tag()] == nil {
			all[h.Tag()] = hdrhistogram.New(1, 600_000_000, 3)
		}
		all[h.Tag()].Merge(h)
	}
}

// What latency.hlog says of a run is what summary.json says, for a load and for
// steps alike.
func TestTheHistogramsOfARunAreThoseOfItsSummary(t *testing.T) {
	for name, args := range map[string][]string{
		"load": {write(t, `
chanbot: 1
name: load
load:
  pairs: 5
  phases:
    - {name: a, arrivals: {rate: 150/s, process: poisson}, warmup: 300ms, duration: 1s, mix: [{weight: 2, do: {initiator: {transfer: 1}}}, {weight: 1, do: {both: {transfer: 1}}}]}
    - {name: b, arrivals: {closed: {think: 5ms}}, duration: 500ms, mix: [{weight: 1, do: {responder: {transfer: 1}}}, {weight: 1, do: {initiator: ping}}]}
thresholds: [count(violation) == 0]
`), "--max-lateness", "1m"},
		"steps": {"transfers", "--pairs", "4", "--iterations", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			run := call{}
			if code := run.main(append([]string{"run", "--json", "--quiet", "--out", out}, args...)...); code != exitPassed {
				t.Fatalf("exit code %d\n%s", code, run.stderr.String())
			}
			s := run.summary(t)
			found, err := filepath.Glob(filepath.Join(out, "*", results.HistogramLogFile))
			if err != nil || len(found) != 1 {
				t.Fatalf("%v, %v", found, err)
			}
			logged := histograms(t, found[0])
			seen := 0
			for op, o := range s.Operations {
				for clock, want := range map[string]results.Latency{"response": o.Response, "service": o.Service, "wait": o.Wait} {
					tag := op + "." + clock
					h := logged[tag]
					delete(logged, tag)
					if h == nil {
						t.Errorf("%s is not in the log", tag)
						continue
					}
					seen++
					at := func(q float64) float64 { return float64(h.ValueAtPercentile(q)) }
					got := results.Latency{
						Count: h.TotalCount(), MeanUS: want.MeanUS, // which the summary has exactly
						P50US: at(50), P90US: at(90), P99US: at(99), P999US: at(99.9), MaxUS: float64(h.Max()),
					}
					if got != want {
						t.Errorf("%s: the log has %+v, the summary %+v", tag, got, want)
					}
				}
			}
			for tag := range maps.Keys(logged) {
				if !bytes.HasPrefix([]byte(tag), []byte("warmup.")) {
					t.Errorf("%s is not in the summary", tag)
				}
			}
			if seen < 9 {
				t.Errorf("only %d distributions were compared", seen)
			}
		})
	}
}
