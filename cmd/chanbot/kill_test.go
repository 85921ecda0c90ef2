//go:build unix

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"chanbot/metrics"
	"chanbot/results"
)

// ended returns how many operations had ended, as the measurements of a run
// showed when they were last collected.
func ended(served string) (n int64) {
	for line := range strings.Lines(served) {
		if strings.HasPrefix(line, "chanbot_outcomes_total{") {
			f, _ := strconv.ParseFloat(line[strings.LastIndex(line, " ")+1:len(line)-1], 64) // 0 is no operation
			n += int64(f)
		}
	}
	return n
}

// A run that is killed leaves a journal that lacks at most the last second: all
// that had ended a second before the kill is reported.
func TestAKilledRunIsReported(t *testing.T) {
	for _, stage := range stages {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			p := startRun(t, staged(stage))
			p.reach(t, stage)
			var before int64
			p.until(t, "show an operation", func() bool { before = ended(p.metrics()); return before > 0 })
			nodes := children(p.cmd.Process.Pid)
			if stage == "drain" || stage == "teardown" { // they do not last for a second
				before = 0
			} else {
				time.Sleep(3 * time.Second) // the second that may be lost, and more on a busy machine
			}
			if err := p.cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			if code := p.wait(t); code != -1 {
				t.Fatalf("exit code %d; the run was over before it was killed", code)
			}
			allGone(t, nodes)
			kept := p.folder(t)
			code, stdout, stderr := called("report", kept.Path())
			if code != 0 || !strings.Contains(stdout, "staged  interrupted") || !strings.Contains(stdout, "the end of the run is missing: nothing after ") {
				t.Fatalf("report ends with %d\n%s%s", code, stdout, stderr)
			}
			s, err := kept.Summary()
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Attempts + s.Warmup.Attempts; got < before {
				t.Errorf("%d operations are reported, and %d had ended a second before the kill", got, before)
			}
		})
	}
}

// fullLife is a load in which something ends all the time, from its set-ups to
// the end of its channels.
const fullLife = `
chanbot: 1
name: full-life
load:
  pairs: 30
  setup: {rate: 30/s, in_flight: 3}
  phases:
    - name: steady
      arrivals: {rate: 200/s, process: poisson}
      warmup: 500ms
      duration: 1s
      mix: [{weight: 3, do: {initiator: {transfer: 1}}}, {weight: 1, do: {both: {transfer: 1}}}]
`

// killed is what became of a run that was killed.
type killed struct {
	after time.Duration // the kill, since the run had begun
	lost  time.Duration // between the last record of the journal and the kill
	ops   int64         // in the report
}

// kill runs a load, kills it some time after it has begun, and reports it. It
// returns false when the run was over before.
func kill(t *testing.T, after time.Duration) (killed, bool) {
	t.Helper()
	p := startRun(t, fullLife)
	var started time.Time
	p.until(t, "begin", func() bool {
		m := p.manifest()
		started = m.Started
		return m.Version > 0
	})
	time.Sleep(after)
	_ = p.cmd.Process.Kill() // it may be over
	at := time.Now()
	if code := p.wait(t); code != -1 {
		return killed{}, false
	}
	f := p.folder(t)
	if code, stdout, stderr := called("report", f.Path(), "--quiet"); code != 0 {
		t.Errorf("report ends with %d\n%s%s", code, stdout, stderr)
	}
	rep, err := metrics.Report(f, metrics.RebuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if !rep.Missing.End {
		return killed{}, false // killed while it wrote its reports
	}
	k := killed{after: at.Sub(started), ops: rep.Summary.Attempts + rep.Summary.Warmup.Attempts}
	k.lost = k.after - rep.Missing.After
	return k, true
}

// manifest returns that of the run, the zero one before it is there with the
// journal.
func (p *runProcess) manifest() (m results.Manifest) {
	dirs, err := os.ReadDir(p.out)
	if err != nil || len(dirs) != 1 {
		return m
	}
	f, err := results.OpenFolder(p.out + "/" + dirs[0].Name())
	if err != nil {
		return m
	}
	if info, err := os.Stat(f.File(results.JournalFile)); err != nil || info.Size() == 0 {
		return m
	}
	m, _ = f.Manifest() // the zero one when it is not there
	return m
}

// TestKilledAtAnyMoment kills runs at random moments. CHANBOT_KILLS says how
// many; make kill-test runs a hundred of them.
func TestKilledAtAnyMoment(t *testing.T) {
	runs, seed := 4, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("CHANBOT_KILLS")); err == nil {
		runs, seed = n, uint64(time.Now().UnixNano())
	}
	t.Logf("seed %d", seed)
	var mu sync.Mutex // guards what follows
	var all []killed
	t.Run("runs", func(t *testing.T) {
		for i := range runs {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(seed, uint64(i)))
				for range 20 { // some are over before they are killed
					k, ok := kill(t, time.Duration(rng.Int64N(int64(4*time.Second))))
					if ok {
						mu.Lock()
						defer mu.Unlock()
						all = append(all, k)
						return
					}
				}
				t.Error("no run lived long enough to be killed")
			})
		}
	})
	if t.Failed() {
		return
	}
	slices.SortFunc(all, func(a, b killed) int { return int(a.lost - b.lost) })
	worst := all[len(all)-1]
	fmt.Fprintf(t.Output(), "rel-1: %d runs killed, %d reports made; of the time before the kill at most %v lost, %v in the median\n",
		runs, len(all), worst.lost.Round(time.Millisecond), all[len(all)/2].lost.Round(time.Millisecond))
	most := time.Second
	if os.Getenv("CHANBOT_KILLS") == "" {
		most = 20 * time.Second // a busy machine lets the process wait; it is not what is measured here
	}
	if worst.lost > most {
		t.Errorf("killed after %v: the last %v are missing; at most %v may be", worst.after, worst.lost, most)
	}
}
