package main

import (
	"strconv"
	"testing"

	"chanbot/results"
)

const onceEach = `
chanbot: 1
name: once-each
steps:
  - open:
  - initiator: {transfer: 1}
    expect: signed
  - responder: stop
  - initiator: stop
    expect: [done, died, disconnected]
`

// runPairs opens n channels, updates each once and stops it, all in this
// process with the embedded node.
func runPairs(t testing.TB, file, out string, n int) results.Summary {
	t.Helper()
	var run call
	code := run.main("run", file, "--pairs", strconv.Itoa(n), "--out", out, "--json", "--quiet")
	if code != exitPassed {
		t.Fatalf("exit code %d\n%.4000s\n%.4000s", code, run.stdout.String(), run.stderr.String())
	}
	var s results.Summary
	unmarshal(t, run.stdout.Bytes(), &s)
	return s
}

func TestThousandPairs(t *testing.T) {
	if raceEnabled {
		t.Skip("too slow under the race detector; make test runs it without")
	}
	const n = 1000
	s := runPairs(t, write(t, onceEach), t.TempDir(), n)
	open, transfer, stop := s.Operations["open"], s.Operations["transfer"], s.Operations["stop"]
	if s.Pairs != n || open.Attempts != n || transfer.Outcomes["signed"] != n || stop.Attempts != 2*n {
		t.Errorf("%d pairs, open %v, transfer %v, stop %v", s.Pairs, open.Outcomes, transfer.Outcomes, stop.Outcomes)
	}
	if s.Outcomes.Sum() != s.Attempts || s.Outcomes["violation"] != 0 {
		t.Errorf("%d attempts, outcomes %v", s.Attempts, s.Outcomes)
	}
	t.Logf("%d pairs in %.1f s", n, s.DurationS)
}

// BenchmarkThousandPairs measures the whole life of channels: open, one update,
// stop, with the node in the same process.
func BenchmarkThousandPairs(b *testing.B) {
	const n = 1000
	file := write(b, onceEach)
	for b.Loop() {
		runPairs(b, file, b.TempDir(), n)
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "channels/s")
}
