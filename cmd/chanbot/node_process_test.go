package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"chanbot/accounts"
	"chanbot/simnode"
)

// spawned starts the process of an embedded node and ends it with the test.
func spawned(t *testing.T, c *Command, args ...string) *nodeProcess {
	t.Helper()
	if c.Stderr == nil {
		c.Stderr = t.Output()
	}
	n, err := c.startNode(t.Context(), new(guard), slog.New(slog.DiscardHandler), args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.close() }) // tests that care look at it themselves
	return n
}

// status asks the node for something and returns the status of the answer.
func status(t *testing.T, url string) int {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

func TestTheNodeRunsInAProcessOfItsOwn(t *testing.T) {
	t.Parallel()
	s := settings{runOptions: &runOptions{seed: 7}}
	cfg := simnode.Config{Era: simnode.Era2020, NetworkID: "local_test", MaxChannels: 4, SetupSlots: 2, SetupQueue: 3, DialRetry: time.Second, Forgiving: true}
	n := spawned(t, new(Command), append(nodeArgs(cfg), s.accountArgs(1)...)...)
	if n.networkID != "local_test" || !strings.HasPrefix(n.url(), "ws://127.0.0.1:") {
		t.Errorf("network %s at %s", n.networkID, n.url())
	}
	keys := accounts.Derive(7, 3)
	for i, want := range []int{http.StatusOK, http.StatusOK, http.StatusNotFound} {
		if got := status(t, n.api()+"/v3/accounts/"+keys[i].String()); got != want {
			t.Errorf("account %d: status %d, want %d", i, got, want)
		}
	}
	height := func() uint64 {
		h, err := n.client.Height(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	before := height()
	n.powers().KeyBlocks(3)
	n.powers().MicroBlock()
	if after := height(); after != before+3 {
		t.Errorf("height %d, then %d; want three more", before, after)
	}
	select {
	case <-n.gone():
		t.Error("the process is gone")
	default:
	}
	if err := n.close(); err != nil {
		t.Error(err)
	}
	<-n.gone()
}

// Whatever the flags of a node are, nodeArgs says all of them.
func TestNodeArgsAreFlagsOfNode(t *testing.T) {
	t.Parallel()
	cfg := simnode.Config{
		Era: simnode.Era2020, NetworkID: "local_test", MaxChannels: 4, SetupSlots: 2, SetupQueue: 0, MaxSockets: 9, DialRetry: time.Second,
		Forgiving: true, NoVerify: true, Latency: 3 * time.Millisecond, Blocks: simnode.Interval, KeyBlockEvery: 40 * time.Millisecond,
		Defects: []string{"round-increased-twice", "websocket-ping-unanswered"},
	}
	c := Command{Stderr: t.Output()}
	cmd := c.nodeCommand()
	if err := cmd.ParseFlags(nodeArgs(cfg)); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{
		"era": "2020", "network-id": "local_test", "max-channels": "4", "setup-slots": "2", "setup-queue": "0", "max-sockets": "9",
		"dial-retry": "1s", "forgiving": "true", "no-verify": "true", "latency": "3ms", "block-time": "40ms",
		"defect": "[round-increased-twice,websocket-ping-unanswered]",
	} {
		if got := cmd.Flag(flag).Value.String(); got != want {
			t.Errorf("--%s %s, want %s", flag, got, want)
		}
	}
}

// shell returns a Command whose other processes run a script instead of
// chanbot.
func shell(t *testing.T, script string) *Command {
	t.Helper()
	path, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no shell to stand in for the node")
	}
	return &Command{Stderr: t.Output(), Program: func(...string) *exec.Cmd { return exec.Command(path, "-c", script) }}
}

const greets = "echo 'chanbot node ws://127.0.0.1:1, network ae_dev, for a test'; "

func TestANodeThatDoesNotStart(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"exit 3":                    "it ended with exit code 3",
		"echo hello; exec sleep 99": `its first line is "hello\n"`,
		"echo 'chanbot node'":       `its first line is "chanbot node\n"`,
	} {
		c := shell(t, script)
		_, err := c.startNode(t.Context(), new(guard), slog.New(slog.DiscardHandler))
		one, ok := errors.AsType[complaint](err)
		if !ok || one.code != exitNotRun || !strings.Contains(one.text, want) {
			t.Errorf("%s: %#v, want %q", script, err, want)
		}
	}
	c := Command{Program: func(...string) *exec.Cmd { return exec.Command("/nowhere/chanbot") }}
	if _, err := c.startNode(t.Context(), new(guard), nil); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a program that is not there: %v", err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	if _, err := shell(t, "exec sleep 99").startNode(ctx, new(guard), nil); err == nil || !strings.Contains(err.Error(), "interrupted") {
		t.Errorf("interrupted before it was there: %v", err)
	}
}

func TestHowANodeEndsIsPassedOn(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]complaint{
		"cat; exit 70":    {code: exitBug, text: "found a bug in itself"},
		"cat; exit 9":     {code: exitNotRun, text: "ended with exit status 9"},
		"cat; kill -9 $$": {code: exitNotRun, text: "ended with signal: killed"},
	} {
		n := spawned(t, shell(t, greets+script))
		one, ok := errors.AsType[complaint](n.close())
		if !ok || one.code != want.code || !strings.Contains(one.text, want.text) {
			t.Errorf("%s: %#v, want %v", script, one, want)
		}
	}
	for script, want := range map[string]complaint{
		"exit 70":    {code: exitBug, text: "found a bug in itself"},
		"kill -9 $$": {code: exitFailed, text: "ended during the run: signal: killed"},
		"exit 0":     {code: exitFailed, text: "ended during the run: by itself"},
	} {
		n := spawned(t, shell(t, greets+script))
		<-n.gone()
		one, ok := errors.AsType[complaint](n.close())
		if !ok || one.code != want.code || !strings.Contains(one.text, want.text) {
			t.Errorf("%s: %#v, want %v", script, one, want)
		}
	}
}
