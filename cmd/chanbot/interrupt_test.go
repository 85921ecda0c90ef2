//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"chanbot/results"
)

// runProcess is chanbot run as a process of its own, whose measurements are
// looked at while it goes on.
type runProcess struct {
	cmd            *exec.Cmd
	stdout, stderr shared
	out            string // --out
}

// shared is a buffer that a process writes and a test reads.
type shared struct {
	mu sync.Mutex // guards the buffer
	b  bytes.Buffer
}

func (s *shared) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *shared) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// patience is how long a test waits for a process before it calls it hung.
const patience = 2 * time.Minute

// prepareRun makes the process of a run of a scenario, with its measurements
// served.
func prepareRun(t *testing.T, scenario string, args ...string) *runProcess {
	t.Helper()
	p := &runProcess{out: t.TempDir()}
	all := append([]string{"run", write(t, scenario), "--out", p.out, "--prometheus", ":0", "--no-progress", "--max-lateness", "1m"}, args...)
	p.cmd = program(all...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	return p
}

// startRun starts the process of a run.
func startRun(t *testing.T, scenario string, args ...string) *runProcess {
	t.Helper()
	p := prepareRun(t, scenario, args...)
	p.start(t)
	return p
}

func (p *runProcess) start(t *testing.T) {
	t.Helper()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may be gone already
		_ = p.cmd.Wait()
	})
}

var servedAt = regexp.MustCompile(`metrics +(http://\S+)`)

// metrics returns what is served at the moment, "" before anything is.
func (p *runProcess) metrics() string {
	m := servedAt.FindStringSubmatch(p.stderr.String())
	if m == nil {
		return ""
	}
	resp, err := http.Get(m[1])
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return ""
	}
	return string(b)
}

// reach waits until the run is in a stage; warm-up is one, too.
func (p *runProcess) reach(t *testing.T, stage string) {
	t.Helper()
	want := []string{`chanbot_stage{stage="` + stage + `"} 1`}
	switch stage {
	case "setup":
		want = append(want, `chanbot_channels{state="open"} 1`)
	case "warm-up":
		want = []string{`chanbot_stage{stage="load"} 1`, "chanbot_warmup 1"}
	case "load":
		want = append(want, "chanbot_warmup 0")
	}
	var served string
	p.until(t, "come to "+stage, func() bool {
		served = p.metrics()
		return !slices.ContainsFunc(want, func(w string) bool { return !strings.Contains(served, w) })
	})
}

// until waits for something that a run is bound to do.
func (p *runProcess) until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !happened(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the run does not %s\n%s%s\n%s", what, p.stdout.String(), p.stderr.String(), p.metrics())
		}
	}
}

// wait returns the exit code, -1 when a signal ended the process.
func (p *runProcess) wait(t *testing.T) int {
	t.Helper()
	hung := time.AfterFunc(patience, func() { _ = p.cmd.Process.Signal(syscall.SIGQUIT) }) // shows where
	defer hung.Stop()
	err := p.cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		if !hung.Stop() {
			t.Fatalf("the run hung\n%s", p.stderr.String())
		}
		return exit.ExitCode()
	}
	if err != nil && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatal(err)
	}
	return 0
}

// folder returns the run folder.
func (p *runProcess) folder(t *testing.T) *results.Folder {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(p.out, "*"))
	if err != nil || len(found) != 1 {
		t.Fatalf("folders %v, %v\n%s", found, err, p.stderr.String())
	}
	f, err := results.OpenFolder(found[0])
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// children returns the processes that a process has started, on systems with
// /proc.
func children(pid int) []string {
	var all []string
	found, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is a good one
	for _, path := range found {
		b, err := os.ReadFile(path)
		if err != nil {
			continue // it is gone
		}
		// The name in parentheses may hold anything; the parent comes two behind.
		if f := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:])); len(f) > 1 && f[1] == strconv.Itoa(pid) {
			all = append(all, filepath.Base(filepath.Dir(path)))
		}
	}
	return all
}

// allGone wants processes to be gone, now or soon.
func allGone(t *testing.T, pids []string) {
	t.Helper()
	for _, pid := range pids {
		left := func() bool {
			b, err := os.ReadFile("/proc/" + pid + "/cmdline")
			return err == nil && strings.Contains(string(b), "--end-with-stdin")
		}
		for end := time.Now().Add(patience); left(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("process %s outlived the run that had started it", pid)
			}
		}
	}
}

// staged returns a load that stays in one stage for long enough to be met there.
func staged(stage string) string {
	pairs, rate, warmup, duration, delay := 4, "1000/s", "10ms", "300ms", "1ms"
	switch stage {
	case "setup":
		pairs, rate = 200, "5/s"
	case "warm-up":
		warmup = "5m"
	case "load":
		duration = "5m"
	case "drain":
		delay = "3s"
	case "teardown":
		pairs = 60
	}
	return fmt.Sprintf(`
chanbot: 1
name: staged
responder: {sign: {update_ack: {delay: {for: %s}}}}
load:
  pairs: %d
  setup: {rate: %s, in_flight: 3}
  phases:
    - {name: steady, arrivals: {rate: 100/s}, warmup: %s, duration: %s, mix: [{weight: 1, do: {initiator: {transfer: 1}}}]}
`, delay, pairs, rate, warmup, duration)
}

var stages = []string{"setup", "warm-up", "load", "drain", "teardown"}

// Whenever a signal comes, the run ends its channels, writes everything and
// says so; a second one makes it leave, with everything written all the same.
func TestASignalAtEveryStageOfALoad(t *testing.T) {
	for _, stage := range stages {
		for name, c := range map[string]struct {
			signals []os.Signal
			want    int
		}{
			"Ctrl-C":  {[]os.Signal{os.Interrupt}, exitInterrupt},
			"twice":   {[]os.Signal{os.Interrupt, syscall.SIGTERM}, exitInterrupt}, // the same one at once would be its twin
			"SIGTERM": {[]os.Signal{syscall.SIGTERM}, exitTerminated},
			"SIGHUP":  {[]os.Signal{syscall.SIGHUP}, exitHangup},
		} {
			t.Run(stage+"/"+name, func(t *testing.T) {
				t.Parallel()
				p := startRun(t, staged(stage), "--json")
				p.reach(t, stage)
				nodes := children(p.cmd.Process.Pid)
				for _, s := range c.signals {
					if err := p.cmd.Process.Signal(s); err != nil {
						t.Fatal(err)
					}
					p.until(t, "hear the signal", func() bool { return strings.Contains(p.stderr.String(), "chanbot: interrupted; ending") })
				}
				if code := p.wait(t); code != c.want {
					t.Errorf("exit code %d, want %d\n%s", code, c.want, p.stderr.String())
				}
				allGone(t, nodes)
				var s results.Summary
				unmarshal(t, []byte(p.stdout.String()), &s)
				if s.Verdict != results.Interrupted {
					t.Errorf("verdict %s, checks %v", s.Verdict, s.Checks)
				}
				if s.Outcomes.Sum() != s.Attempts {
					t.Errorf("%d attempts, outcomes %v", s.Attempts, s.Outcomes)
				}
				kept := p.folder(t)
				for _, name := range []string{results.SummaryFile, results.JournalFile, results.HistogramLogFile, results.SeriesFile, results.JUnitFile, results.ManifestFile} {
					if _, err := os.Stat(kept.File(name)); err != nil {
						t.Error(err)
					}
				}
				code, stdout, stderr := called("report", kept.Path(), "--json", "--quiet")
				if code != 0 || stdout != p.stdout.String() {
					t.Errorf("report ends with %d and says something else than the run:\n%s\n%s\n%s", code, stderr, stdout, p.stdout.String())
				}
			})
		}
	}
}
