package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"chanbot/results"
	"chanbot/session"
)

// call runs chanbot in this process and returns what it left behind.
type call struct {
	stdout, stderr bytes.Buffer
	signals        chan os.Signal
}

func (c *call) main(args ...string) int {
	cmd := Command{Stdin: strings.NewReader(""), Stdout: &c.stdout, Stderr: &c.stderr, Signals: c.signals, Program: program}
	return cmd.Main(args)
}

func (c *call) summary(t *testing.T) results.Summary {
	t.Helper()
	if c.stdout.Len() == 0 {
		t.Fatalf("no summary on standard output:\n%s", c.stderr.String())
	}
	var s results.Summary
	unmarshal(t, c.stdout.Bytes(), &s)
	return s
}

// The frames of each side are those of the recorded session, in their order
// and field by field; only names, hashes, fees and the side that stops second
// may differ. Today's node differs from the recorded one in what ws-api.md
// section 9 lists; with --era 2020 there is no difference.
func TestTheTranscriptIsTheRecordedSession(t *testing.T) {
	t.Parallel()
	want, err := session.ReadFile("../../session/testdata/seed-transcript.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		era     string
		options session.Options
	}{
		{"current", session.Options{Eras: true, Stops: true}},
		{"2020", session.Options{Stops: true}},
	} {
		t.Run(c.era, func(t *testing.T) {
			dir := t.TempDir()
			var run call
			code := run.main("run", "can-not-abort-while-open", "--era", c.era, "--transcript", dir, "--out", t.TempDir())
			if code != exitPassed {
				t.Fatalf("exit code %d\n%s%s", code, run.stdout.String(), run.stderr.String())
			}
			got, err := session.ReadFile(filepath.Join(dir, "can-not-abort-while-open.md"))
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range session.Compare(want, got, c.options) {
				t.Errorf("differs from the recorded session:\n%s", d)
			}
			if c.era == "current" && len(session.Compare(want, got, session.Options{Stops: true})) == 0 {
				t.Error("today's node is the same as the recorded one; the comparison is blind")
			}
		})
	}
}

// The explaining lines of the recorded session are part of the format.
func TestTheTranscriptExplainsWhatTheSeedExplains(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var run call
	if code := run.main("run", "can-not-abort-while-open", "--transcript", dir, "--out", t.TempDir()); code != exitPassed {
		t.Fatalf("exit code %d\n%s", code, run.stderr.String())
	}
	explained := func(path string) map[string]int {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "> ") {
				seen[line]++
			}
		}
		return seen
	}
	want := explained("../../session/testdata/seed-transcript.md")
	got := explained(filepath.Join(dir, "can-not-abort-while-open.md"))
	if len(want) == 0 {
		t.Fatal("the recorded session explains nothing; this test reads it wrongly")
	}
	for line, n := range want {
		if got[line] != n {
			t.Errorf("%d times %q, want %d", got[line], line, n)
		}
	}
}

// process is chanbot node as a process of its own.
type process struct {
	cmd *exec.Cmd
	url string
}

func startProcess(t *testing.T) *process {
	t.Helper()
	p := &process{cmd: program("node", "--listen", "127.0.0.1:0", "--block-time", "100ms")}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may be gone already
		_ = p.cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("chanbot node said nothing: %v", err)
	}
	for word := range strings.FieldsSeq(line) {
		if strings.HasPrefix(word, "ws://") {
			p.url = strings.TrimSuffix(word, ",")
		}
	}
	return p
}

// tap passes everything between clients and a node, and calls fire once when
// the node has sent the marker.
type tap struct {
	l      net.Listener
	target string
	marker []byte
	fire   func()
	cut    bool // the marker is not passed on any more
	once   sync.Once
	wg     sync.WaitGroup
}

func startTap(t *testing.T, url, marker string, cut bool, fire func()) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{l: l, target: strings.TrimPrefix(url, "ws://"), marker: []byte(marker), cut: cut, fire: fire}
	p.wg.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.pass(client) })
		}
	})
	t.Cleanup(func() { l.Close(); p.wg.Wait() })
	return p
}

func (p *tap) url() string { return "ws://" + p.l.Addr().String() }

func (p *tap) pass(client net.Conn) {
	defer client.Close()
	node, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer node.Close()
	p.wg.Go(func() {
		_, _ = io.Copy(node, client) // ends with either connection
		node.Close()
	})
	buf := make([]byte, 64<<10)
	var seen []byte
	for {
		n, err := node.Read(buf)
		seen = append(seen, buf[:n]...)
		if bytes.Contains(seen, p.marker) {
			p.once.Do(p.fire)
			if p.cut {
				return
			}
		}
		seen = seen[max(0, len(seen)-len(p.marker)):]
		if _, werr := client.Write(buf[:n]); err != nil || werr != nil {
			return
		}
	}
}

func unmarshal(t testing.TB, b []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(b, v); err != nil {
		t.Fatalf("%v in\n%.2000s", err, b)
	}
}

func write(t testing.TB, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "scenario.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const longRun = `
chanbot: 1
name: long-run
steps:
  - open:
  - repeat:
      times: 1000000
      steps:
        - initiator: {transfer: 1}
          expect: signed
        - responder: {transfer: 1}
          expect: signed
  - both: stop
    expect: [done, died, disconnected]
`

// A node that is killed in the middle of a transfer ends the run with an
// outcome, not with a hang.
func TestAKilledNodeEndsTheRun(t *testing.T) {
	t.Parallel()
	for _, marker := range []string{"channels.sign.update_ack", "channels.sign.responder_sign"} {
		t.Run(marker, func(t *testing.T) {
			node := startProcess(t)
			proxy := startTap(t, node.url, marker, true, func() {
				_ = node.cmd.Process.Kill() // that it is gone shows in the run
			})
			var run call
			code := run.main("run", write(t, longRun), "--node", proxy.url(), "--out", t.TempDir(), "--json", "--timeout", "1m")
			if code != exitFailed {
				t.Errorf("exit code %d, want %d\n%s", code, exitFailed, run.stderr.String())
			}
			s := run.summary(t)
			if s.Verdict != results.Failed || s.Outcomes["disconnected"] != 1 {
				t.Errorf("verdict %s, outcomes %v; want failed with one disconnected\n%s", s.Verdict, s.Outcomes, run.stderr.String())
			}
			if s.Outcomes.Sum() != s.Attempts {
				t.Errorf("%d attempts, outcomes %v", s.Attempts, s.Outcomes)
			}
		})
	}
}

// interrupted runs a scenario without end and sends the signals, the first one
// when an update was asked for.
func interrupted(t *testing.T, signals ...os.Signal) (*call, int, string) {
	t.Helper()
	node, err := startNode("--block-time", "100ms")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { node.stop() })
	run := &call{signals: make(chan os.Signal, len(signals))}
	proxy := startTap(t, node.url, "channels.sign.update_ack", false, func() {
		for _, s := range signals {
			run.signals <- s
		}
	})
	out := t.TempDir()
	code := run.main("run", write(t, longRun), "--node", proxy.url(), "--out", out, "--json", "--grace", "30s")
	return run, code, out
}

func TestTheFirstSignalDrainsAndWrites(t *testing.T) {
	t.Parallel()
	for signal, want := range map[os.Signal]int{os.Interrupt: exitInterrupt, syscall.SIGTERM: exitTerminated} {
		t.Run(signal.String(), func(t *testing.T) {
			run, code, out := interrupted(t, signal)
			if code != want {
				t.Errorf("exit code %d, want %d", code, want)
			}
			s := run.summary(t)
			if s.Verdict != results.Interrupted {
				t.Errorf("verdict %s, outcomes %v\n%s", s.Verdict, s.Outcomes, run.stderr.String())
			}
			if n := s.Outcomes["cancelled"] + s.Outcomes["disconnected"]; n > 1 {
				t.Errorf("outcomes %v; what was under way had time to end", s.Outcomes)
			}
			if !strings.Contains(run.stderr.String(), "interrupted; ending the channels") {
				t.Errorf("nothing said on standard error:\n%s", run.stderr.String())
			}
			found, err := filepath.Glob(filepath.Join(out, "*", results.SummaryFile))
			if err != nil || len(found) != 1 {
				t.Errorf("summaries %v, %v", found, err)
			}
		})
	}
}

func TestTheSecondSignalLeavesAtOnce(t *testing.T) {
	t.Parallel()
	run, code, _ := interrupted(t, os.Interrupt, os.Interrupt)
	if code != exitInterrupt {
		t.Errorf("exit code %d, want %d", code, exitInterrupt)
	}
	if s := run.summary(t); s.Verdict != results.Interrupted {
		t.Errorf("verdict %s", s.Verdict)
	}
}
