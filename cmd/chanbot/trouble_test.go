//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"chanbot/results"
)

// node returns the process of the embedded node of a run.
func (p *runProcess) node(t *testing.T) int {
	t.Helper()
	pids := children(p.cmd.Process.Pid)
	if len(pids) != 1 {
		t.Skipf("this system does not tell which processes a process has started (%v)", pids)
	}
	pid, err := strconv.Atoi(pids[0])
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// summary returns what the run has written at its end.
func (p *runProcess) summary(t *testing.T) *results.Summary {
	t.Helper()
	s, err := p.folder(t).Summary()
	if err != nil {
		t.Fatalf("%v\n%s", err, p.stderr.String())
	}
	if s.Outcomes.Sum() != s.Attempts {
		t.Errorf("%d attempts, outcomes %v", s.Attempts, s.Outcomes)
	}
	return s
}

// A node that dies ends the run, with an outcome for everything and a clear
// word, at every stage.
func TestANodeThatDiesAtEveryStageOfALoad(t *testing.T) {
	for _, stage := range stages {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			p := startRun(t, staged(stage), "--timeout", "5s")
			p.reach(t, stage)
			if err := syscall.Kill(p.node(t), syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			if code := p.wait(t); code != exitFailed {
				t.Errorf("exit code %d, want %d\n%s", code, exitFailed, p.stderr.String())
			}
			if !strings.Contains(p.stderr.String(), "the process of the embedded node ended during the run: signal: killed") {
				t.Errorf("nothing said about the node:\n%s", p.stderr.String())
			}
			if s := p.summary(t); s.Verdict != results.Failed {
				t.Errorf("verdict %s, want failed", s.Verdict)
			}
		})
	}
}

// A node that stands still for some time is slow, not wrong: everything that was
// due has an outcome, and the time it stood still is in the response times.
func TestANodeThatStandsStill(t *testing.T) {
	t.Parallel()
	p := startRun(t, `
chanbot: 1
name: still
load:
  pairs: 4
  phases:
    - {arrivals: {rate: 50/s}, duration: 2s, mix: [{weight: 1, do: {initiator: {transfer: 1}}}]}
`)
	p.reach(t, "load")
	node := p.node(t)
	for _, s := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := syscall.Kill(node, s); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
	if code := p.wait(t); code != exitPassed {
		t.Errorf("exit code %d\n%s%s", code, p.stdout.String(), p.stderr.String())
	}
	s := p.summary(t)
	if transfers := s.Operations["transfer"]; transfers.Attempts != 100 || transfers.Outcomes["signed"] != 100 || transfers.Response.P90US < 500_000 {
		t.Errorf("%d transfers, outcomes %v, p90 of the response %v µs; want 100, all signed, and the second that the node stood still", transfers.Attempts, transfers.Outcomes, transfers.Response.P90US)
	}
}

// A generator that stands still itself measures itself, which is no measurement:
// exit code 4, with what to do about it.
func TestAGeneratorThatStandsStill(t *testing.T) {
	t.Parallel()
	p := startRun(t, `
chanbot: 1
name: still
load:
  pairs: 4
  phases:
    - {arrivals: {rate: 50/s}, duration: 2s, mix: [{weight: 1, do: {initiator: {transfer: 1}}}]}
thresholds: [p50(transfer.response) < 1us]
`, "--max-lateness", "100ms")
	p.reach(t, "load")
	for _, s := range []os.Signal{syscall.SIGSTOP, syscall.SIGCONT} {
		if err := p.cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
	if code := p.wait(t); code != exitInvalid {
		t.Errorf("exit code %d, want %d\n%s%s", code, exitInvalid, p.stdout.String(), p.stderr.String())
	}
	if said := strings.Join(strings.Fields(p.stdout.String()), " "); !strings.Contains(said, "not valid: operations began ") || !strings.Contains(said, "ask for a lower rate") {
		t.Errorf("nothing said about it:\n%s", said)
	}
	if s := p.summary(t); s.Verdict != results.Invalid || s.Generator.LateP99US < 200_000 || s.Generator.LateLimitUS != 100_000 {
		t.Errorf("verdict %s, generator %+v", s.Verdict, s.Generator)
	}
}

// limited lets a run write files of so many bytes at most, which is what a full
// disk is like.
func (p *runProcess) limited(t *testing.T, bytes int) {
	t.Helper()
	shell, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash, whose ulimit -f counts in units of 1024 bytes")
	}
	script := fmt.Sprintf("ulimit -f %d; exec -a \"$0\" %q \"$@\"", bytes/1024, p.cmd.Path)
	p.cmd.Path, p.cmd.Args = shell, append([]string{"bash", "-c", script}, p.cmd.Args...)
}

// A full disk does not end a run: it says that it can write no more, and shows
// what it came to; what was written can be reported.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	const scenario = `
chanbot: 1
name: full
load:
  pairs: 4
  phases:
    - {arrivals: {rate: 500/s, process: poisson}, duration: 3s, mix: [{weight: 1, do: {initiator: {transfer: 1}}}]}
`
	t.Run("during the run", func(t *testing.T) {
		t.Parallel()
		p := prepareRun(t, scenario, "--json")
		p.limited(t, 8192)
		p.start(t)
		if code := p.wait(t); code != exitNotRun {
			t.Errorf("exit code %d, want %d\n%s", code, exitNotRun, p.stderr.String())
		}
		said := p.stderr.String()
		for _, want := range []string{"warning: write journal: ", "file too large; the run goes on", "hint: is the disk full?"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is missing in\n%s", want, said)
			}
		}
		var s results.Summary
		unmarshal(t, []byte(p.stdout.String()), &s)
		if s.Verdict != results.Passed || s.Operations["transfer"].Attempts != s.Operations["transfer"].Outcomes["signed"] {
			t.Errorf("verdict %s, %d transfers, outcomes %v", s.Verdict, s.Operations["transfer"].Attempts, s.Outcomes)
		}
		if code, stdout, stderr := called("report", p.folder(t).Path()); code != 0 || !strings.Contains(stdout, "the end of the run is missing") {
			t.Errorf("report ends with %d\n%s%s", code, stdout, stderr)
		}
	})
	t.Run("from the beginning", func(t *testing.T) {
		t.Parallel()
		p := prepareRun(t, scenario)
		p.limited(t, 0)
		p.start(t)
		if code := p.wait(t); code != exitNotRun || !strings.Contains(p.stderr.String(), "chanbot: --out ") {
			t.Errorf("exit code %d, want %d\n%s", code, exitNotRun, p.stderr.String())
		}
	})
}

// A case of conform whose results cannot be written says so with the exit code,
// too, whatever the node did.
func TestAFullDiskOfConform(t *testing.T) {
	t.Parallel()
	p := prepareRun(t, "")
	p.cmd.Args = []string{p.cmd.Args[0], "conform", "stop", "--out", p.out}
	p.limited(t, 16384)
	p.start(t)
	if code := p.wait(t); code != exitNotRun || !strings.Contains(p.stderr.String(), "is the disk full?") {
		t.Errorf("exit code %d, want %d\n%s%s", code, exitNotRun, p.stdout.String(), p.stderr.String())
	}
}

// A terminal, or a reader of the output, that goes away takes no results with
// it.
func TestOutputThatNobodyReadsAnyMore(t *testing.T) {
	for _, stage := range []string{"setup", "load", "teardown"} {
		t.Run(stage, func(t *testing.T) {
			t.Parallel()
			p := prepareRun(t, strings.NewReplacer("pairs: 200", "pairs: 8", "duration: 5m", "duration: 1s").Replace(staged(stage)))
			p.cmd.Args = slicesWithout(p.cmd.Args, "--no-progress")
			p.cmd.Stdout, p.cmd.Stderr = nil, nil
			out, err := p.cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			errs, err := p.cmd.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			read := make(chan struct{})
			go func() {
				defer close(read)
				_, _ = io.Copy(&p.stderr, errs) // until it is closed below
			}()
			p.start(t)
			p.reach(t, stage)
			out.Close()
			errs.Close()
			<-read
			if code := p.wait(t); code != exitPassed {
				t.Errorf("exit code %d", code)
			}
			if s := p.summary(t); s.Verdict != results.Passed || s.Operations["transfer"].Attempts == 0 {
				t.Errorf("verdict %s, %v", s.Verdict, s.Outcomes)
			}
		})
	}
}

func slicesWithout(list []string, word string) []string {
	var out []string
	for _, s := range list {
		if s != word {
			out = append(out, s)
		}
	}
	return out
}
