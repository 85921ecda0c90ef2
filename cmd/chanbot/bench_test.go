package main

import (
	"bytes"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chanbot/metrics"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/strategy"
)

func conditions(t testing.TB, texts ...string) (all []strategy.Threshold) {
	t.Helper()
	for _, text := range texts {
		c, err := strategy.ParseThreshold(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

// recorded measures transfers that took these times; those below 0 were
// aborted.
func recorded(run *metrics.Run, took ...time.Duration) {
	for _, d := range took {
		r := results.OperationRecord{Operation: outcome.Transfer, Outcome: outcome.Outcome{Kind: outcome.Signed}, Done: max(d, 0)}
		if d < 0 {
			r.Outcome.Kind = outcome.Aborted
		}
		run.Shard(0).Begin(r.Operation, "", false)
		run.Shard(0).Record(&r)
	}
}

func judging(run *metrics.Run) judge {
	return func(t metrics.Threshold) metrics.Result { return run.Judge(time.Second, []metrics.Threshold{t})[0] }
}

func TestHopeless(t *testing.T) {
	const fast, slow, failed = time.Millisecond, time.Second, -1
	times := func(d time.Duration, n int) (all []time.Duration) {
		for range n {
			all = append(all, d)
		}
		return all
	}
	for _, c := range []struct {
		name string
		expr string
		most int64
		took []time.Duration
		want bool
	}{
		{"nothing has ended", "p90(transfer.response) < 100ms", 100, nil, false},
		{"all are fast", "p90(transfer.response) < 100ms", 100, times(fast, 50), false},
		{"as many are slow as may be", "p90(transfer.response) < 100ms", 100, times(slow, 10), false},
		{"one more is", "p90(transfer.response) < 100ms", 100, times(slow, 11), true},
		{"one more is, among fast ones", "p90(transfer.response) < 100ms", 100, append(times(slow, 11), times(fast, 50)...), true},
		{"a rank that is rounded", "p99(transfer.response) < 100ms", 689, append(times(slow, 7), times(fast, 150)...), false},
		{"one more than is rounded", "p99(transfer.response) < 100ms", 689, append(times(slow, 8), times(fast, 150)...), true},
		{"nobody knows how many there will be", "p90(transfer.response) < 100ms", 0, times(slow, 100), false},
		{"a limit from below can still come", "p90(transfer.response) > 100ms", 100, times(fast, 60), false},
		{"a mean can still come", "mean(transfer.response) < 100ms", 100, times(slow, 60), false},
		{"the end of the run can still come", "p90(transfer.response, last=5s) < 100ms", 100, times(slow, 60), false},
		{"the slowest is", "max(transfer.response) < 100ms", 0, times(slow, 1), true},
		{"a share of all", "share(transfer.signed) == 100%", 100, append(times(fast, 50), failed), true},
		{"a share that can still come", "share(transfer.signed) >= 90%", 100, times(failed, 10), false},
		{"a share that cannot", "share(transfer.signed) >= 90%", 100, times(failed, 11), true},
		{"just not more than", "share(transfer.signed) > 90%", 100, times(failed, 10), true},
		{"a share that must be small", "share(aborted) < 5%", 100, times(failed, 50), false},
		{"a count that only grows", "count(aborted) == 0", 0, times(failed, 1), true},
		{"a count that is to grow", "count(signed) == 5", 0, times(fast, 3), false},
		{"a count that has grown too much", "count(signed) <= 2", 0, times(fast, 3), true},
		{"a rate can still come", "rate(signed) >= 100/s", 100, times(fast, 1), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := metrics.NewRun(metrics.Options{Shards: 1})
			recorded(run, c.took...)
			w := watch{objective: measuredThresholds(conditions(t, c.expr)), most: c.most}
			if r, got := w.hopeless(judging(run)); got != c.want || got && r.Text != c.expr {
				t.Errorf("%v (%+v), want %v", got, r, c.want)
			}
		})
	}
}

// What is called hopeless does not hold in the end, whatever comes; and a step
// is not called so when it does.
func TestHopelessIsHopeless(t *testing.T) {
	t.Parallel()
	exprs := conditions(t, "p50(transfer.response) <= 10ms", "p99(transfer.response) < 10ms", "p99.9(transfer.response) < 12ms", "share(transfer.signed) >= 97.5%", "share(signed) > 50%", "max(transfer.service) < 1s")
	rapid.Check(t, func(t *rapid.T) {
		expr := measuredThresholds(rapid.SliceOfN(rapid.SampledFrom(exprs), 1, 1).Draw(t, "objective"))
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		n := rapid.IntRange(1, 1200).Draw(t, "operations")
		scale, bad := rapid.Float64Range(.5, 15).Draw(t, "scale"), rapid.Float64Range(0, .6).Draw(t, "bad")
		end := rng.IntN(n + 1) // from here on the node behaves well
		run := metrics.NewRun(metrics.Options{Shards: 1})
		w := watch{objective: expr, most: int64(n)}
		hopeless := false
		for i := range n {
			d := time.Duration(scale * rng.ExpFloat64() * float64(time.Millisecond))
			switch {
			case i >= end:
				d = time.Microsecond
			case rng.Float64() < bad:
				d = -1
			}
			recorded(run, d)
			if i%97 == 0 || i == end {
				_, sure := w.hopeless(judging(run))
				hopeless = hopeless || sure
			}
		}
		if last := judging(run)(expr[0]); hopeless && last.State == metrics.Holds {
			t.Fatalf("%s was hopeless, and it holds: %v of %d", expr[0].Text, last.Value, last.Samples)
		}
	})
}

func TestRatesAreExact(t *testing.T) {
	for _, perS := range []float64{100, 1240, 26.5, .297, 1e6, 99.99} {
		if got := rateOf(perS).PerSec(); math.Abs(got-perS) > 1e-9*perS {
			t.Errorf("%v became %v", perS, got)
		}
	}
}

func TestWhatIsSearched(t *testing.T) {
	const head = "chanbot: 1\nname: x\nload:\n  pairs: 7\n  phases:\n    - arrivals: {rate: 5/s}\n      duration: 1s\n"
	for _, c := range []struct {
		name, text string
		objective  []string
		unit, op   string
		want       []string
		expected   bool
		each       perArrival
	}{
		{"transfers", head + "      mix: [{weight: 1, do: {initiator: {transfer: 1}}}, {weight: 1, do: {responder: {transfer: 1}}}]\n", nil,
			"transfers", "transfer", []string{"p99(transfer.response) < 100ms"}, true, perArrival{1, 1}},
		{"messages", head + "      mix: [{weight: 1, do: {initiator: {message: hi}}}]\n", nil,
			"arrivals", "message", []string{"p99(message.response) < 100ms"}, true, perArrival{1, 1}},
		{"conflicts", head + "      mix: [{weight: 3, do: {initiator: {transfer: 1}}}, {weight: 1, do: {both: {transfer: 1}}, expect: conflict}]\n", nil,
			"arrivals", "transfer", []string{"p99(transfer.response) < 100ms"}, true, perArrival{2, 1.25}},
		{"several steps", head + "steps:\n  - initiator: {message: hi}\n  - responder: {transfer: 1}\n", nil,
			"arrivals", "transfer", []string{"p99(transfer.response) < 100ms"}, true, perArrival{2, 2}},
		{"one step", head + "steps:\n  - responder: {transfer: 1}\n", nil,
			"transfers", "transfer", []string{"p99(transfer.response) < 100ms"}, true, perArrival{1, 1}},
		{"a group", head + "      mix: [{weight: 1, do: {repeat: {times: 2, steps: [{initiator: {transfer: 1}}]}}}]\n", []string{"share(signed) > 90%", "count(violation) == 0"},
			"arrivals", "repeat", []string{"share(signed) > 90%", "count(violation) == 0"}, false, perArrival{}},
		{"an objective", head + "      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]\n", []string{"count(violation) == 0", "max(transfer.service) < 1s"},
			"transfers", "transfer", []string{"count(violation) == 0", "max(transfer.service) < 1s"}, true, perArrival{1, 1}},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := source{file: "x.yaml", text: []byte(c.text)}
			sc, problems := src.parse(nil)
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			b := &benching{doc: new(results.Bench), limits: conditions(t, c.objective...)}
			b.describe(&sc.Load.Phases[0], stepsOfPhase(sc))
			d := b.doc
			if d.Unit != c.unit || d.Operation != c.op || strings.Join(d.Objective, ", ") != strings.Join(c.want, ", ") || d.AllExpected != c.expected || b.perArrival != c.each {
				t.Errorf("%s, %s, %v, all expected %v, %+v", d.Unit, d.Operation, d.Objective, d.AllExpected, b.perArrival)
			}
		})
	}
}

// screenful is an output that can be looked at while it is written to.
type screenful struct {
	mu  sync.Mutex
	b   bytes.Buffer
	see func(string)
}

func (s *screenful) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.b.Write(b)
	s.see(s.b.String())
	return n, err
}

// TestAnInterruptedSearch: the first signal ends the step and writes what is
// known, the second leaves at once.
func TestAnInterruptedSearch(t *testing.T) {
	for name, twice := range map[string]bool{"once": false, "twice": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			signals := make(chan os.Signal, 2)
			var once, again sync.Once
			stdout := &screenful{see: func(text string) {
				if strings.Contains(text, "   1  ladder") {
					once.Do(func() { signals <- syscall.SIGTERM })
				}
			}}
			stderr := &screenful{see: func(text string) {
				if twice && strings.Contains(text, "once more to leave at once") {
					again.Do(func() { signals <- os.Interrupt })
				}
			}}
			c := Command{Stdout: stdout, Stderr: stderr, Signals: signals, Program: program}
			code := c.Main([]string{"bench", "--pairs", "2", "--from", "50/s", "--step-duration", "2s", "--warmup", "0s", "--max-steps", "3",
				"--max-lateness", "1m", "--objective", "p99(transfer.response) < 1m", "--out", dir})
			if code != exitTerminated {
				t.Errorf("exit code %d\n%s%s", code, stdout.b.String(), stderr.b.String())
			}
			found, err := filepath.Glob(filepath.Join(dir, "*", results.BenchFile))
			if err != nil || len(found) != 1 {
				t.Fatalf("%v, %v", found, err)
			}
			text, err := os.ReadFile(found[0])
			if err != nil {
				t.Fatal(err)
			}
			var d results.Bench
			if err := json.Unmarshal(text, &d); err != nil {
				t.Fatal(err)
			}
			n := len(d.Steps)
			if d.Verdict != results.BenchStopped || d.Limit != results.LimitInterrupted || n < 1 || d.Steps[0].Verdict != results.StepHeld || d.Result != nil {
				t.Errorf("%s, %s, %d steps: %+v", d.Verdict, d.Limit, n, d.Steps)
			}
			if !strings.HasPrefix(d.Line, "stopped early: 50 transfers/s held once, and none was confirmed; ") || !strings.HasSuffix(stdout.b.String(), d.Line+"\n") {
				t.Errorf("%q ends\n%s", d.Line, stdout.b.String())
			}
			for _, s := range d.Steps[1:] {
				if s.Verdict != results.StepInterrupted {
					t.Errorf("step %d: %s", s.Number, s.Verdict)
				}
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(found[0]), results.HTMLFile)); err != nil {
				t.Error(err)
			}
		})
	}
}
