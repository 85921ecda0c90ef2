package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"chanbot/bot"
	"chanbot/nodeapi"
	"chanbot/simnode"
)

// How long the process of an embedded node may take to say its address, and to
// end.
const (
	nodeStart = 30 * time.Second
	nodeEnd   = 20 * time.Second
)

// nodeProcess is an embedded node in a process of its own, so that its work is
// not counted as the bot's. It is in a process group of its own, too: Ctrl-C at
// a terminal ends the bot first, which still needs the node to end its channels.
// It ends when its standard input does, which the system sees to even when this
// process is killed.
type nodeProcess struct {
	cmd       *exec.Cmd
	input     io.Closer // the node ends when it is closed
	addr      string
	networkID string
	client    *nodeapi.Client
	log       *slog.Logger
	onDemand  bool

	closing atomic.Bool
	ended   chan struct{} // closed when the process is gone
	err     error         // how it ended; read it after ended
}

// program returns the command that runs chanbot with the arguments.
func (c *Command) program(args ...string) (*exec.Cmd, error) {
	if c.Program != nil {
		return c.Program(args...), nil
	}
	path, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program of chanbot: %w", err)
	}
	return &exec.Cmd{Path: path, Args: append([]string{"chanbot"}, args...)}, nil
}

// greeting is the first line of chanbot node.
var greeting = regexp.MustCompile(`^chanbot node ws://(\S+), network ([^,\s]+), `)

// startNode starts chanbot node with the arguments in a process of its own and
// waits until it listens. What it writes on standard error goes to ours.
func (c *Command) startNode(ctx context.Context, g *guard, log *slog.Logger, args ...string) (*nodeProcess, error) {
	const hint = "chanbot node in another terminal and --node ws://127.0.0.1:3014 do the same by hand"
	failed := func(err error) error { return cannotRun(hint, "start the process of the embedded node: %v", err) }
	cmd, err := c.program(append([]string{"node", "--listen", "127.0.0.1:0", "--end-with-stdin"}, args...)...)
	if err != nil {
		return nil, failed(err)
	}
	ownGroup(cmd)
	cmd.Stderr = struct{ io.Writer }{c.Stderr} // by a pipe, so that it never writes to the terminal from another group
	cmd.WaitDelay = time.Second
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, failed(err)
	}
	lines, said := io.Pipe()
	cmd.Stdout = said
	if err := cmd.Start(); err != nil {
		return nil, failed(err)
	}
	n := &nodeProcess{cmd: cmd, input: input, log: log, ended: make(chan struct{})}
	go func() { // close waits for it
		n.err = cmd.Wait()
		_ = said.Close() // so that nobody waits for its first line any more
		close(n.ended)
	}()
	late := time.AfterFunc(nodeStart, func() { _ = said.CloseWithError(errors.New("it said nothing for " + nodeStart.String())) })
	stop := context.AfterFunc(ctx, func() { _ = said.CloseWithError(context.Cause(ctx)) })
	line, err := bufio.NewReaderSize(lines, 4096).ReadString('\n')
	late.Stop()
	stop()
	if m := greeting.FindStringSubmatch(line); m != nil {
		n.addr, n.networkID = m[1], m[2]
		n.client, err = apiClient("http://"+n.addr, g, nil, nil, 1)
	} else if err == nil || errors.Is(err, io.EOF) {
		err = fmt.Errorf("its first line is %q", line)
	}
	if err != nil {
		_ = lines.Close()      // what it still says is of no use
		_ = cmd.Process.Kill() // it may be gone already
		n.closing.Store(true)
		_ = n.close() // that it was killed is no news
		if code, ok := exitOf(n.err); ok && code > 0 {
			err = fmt.Errorf("it ended with exit code %d", code)
		}
		return nil, failed(err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // nothing more is meant to come; ends with the process
	return n, nil
}

// exitOf returns the exit code of a process that has ended by itself.
func exitOf(err error) (code int, ok bool) {
	if err == nil {
		return 0, true
	}
	exit, isExit := errors.AsType[*exec.ExitError](err)
	return exitCodeOf(exit), isExit && exit.Exited()
}

func exitCodeOf(e *exec.ExitError) int {
	if e == nil {
		return -1
	}
	return e.ExitCode()
}

func (n *nodeProcess) url() string           { return "ws://" + n.addr }
func (n *nodeProcess) api() string           { return "http://" + n.addr }
func (n *nodeProcess) network() string       { return n.networkID }
func (n *nodeProcess) gone() <-chan struct{} { return n.ended }

// close ends the process and waits for it. The complaint is that the chain did
// not add up, or that the process had ended before.
func (n *nodeProcess) close() error {
	early := !n.closing.Swap(true) && isClosed(n.ended)
	_ = n.input.Close() // it may be gone already
	if n.client != nil {
		n.client.Close()
	}
	patience := time.AfterFunc(nodeEnd, func() { _ = n.cmd.Process.Kill() })
	<-n.ended
	killed := !patience.Stop()
	code, own := exitOf(n.err)
	switch {
	case own && code == exitBug:
		return complaint{code: exitBug, text: "the process of the embedded node has found a bug in itself", hint: "please report it with its lines above and the scenario"}
	case early:
		return n.died()
	case killed:
		return cannotRun("", "the process of the embedded node did not end for %v and was killed", nodeEnd)
	case n.err != nil && !errors.Is(n.err, exec.ErrWaitDelay):
		return cannotRun("", "the process of the embedded node ended with %v", n.err)
	}
	return nil
}

// died is the complaint about a process that ended while it was needed.
func (n *nodeProcess) died() complaint {
	how := "by itself"
	if n.err != nil {
		how = n.err.Error()
	}
	return complaint{
		code: exitFailed, text: "the process of the embedded node ended during the run: " + how,
		hint: "the results tell what was measured until then; the kernel's log tells whether memory ran out",
	}
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// powers are what the bot may ask of the node, by its HTTP API.
func (n *nodeProcess) powers() *bot.Embedded {
	tell := func(what string, err error) {
		if err != nil && !n.closing.Load() && !isClosed(n.ended) {
			n.log.Warn(what, "err", err)
		}
	}
	return &bot.Embedded{
		OnDemand: n.onDemand,
		KeyBlocks: func(k int) {
			_, err := n.client.EmitKeyBlocks(context.Background(), k)
			tell("no key blocks", err)
		},
		MicroBlock: func() {
			_, err := n.client.EmitMicroBlock(context.Background())
			tell("no micro block", err)
		},
	}
}

// nodeArgs are the flags by which chanbot node becomes what cfg says.
func nodeArgs(cfg simnode.Config) []string {
	args := []string{"--latency", cfg.Latency.String()}
	flag := func(given bool, name, value string) {
		if given {
			args = append(args, name, value)
		}
	}
	blocks := "on-demand"
	if cfg.Blocks == simnode.Interval {
		blocks = cfg.KeyBlockEvery.String()
	}
	flag(true, "--block-time", blocks)
	flag(cfg.Era == simnode.Era2020, "--era", "2020")
	flag(cfg.NetworkID != "", "--network-id", cfg.NetworkID)
	flag(cfg.DialRetry > 0, "--dial-retry", cfg.DialRetry.String())
	for _, limit := range []struct {
		name string
		n    int
	}{{"--max-channels", cfg.MaxChannels}, {"--setup-slots", cfg.SetupSlots}, {"--max-sockets", cfg.MaxSockets}} {
		flag(limit.n > 0, limit.name, strconv.Itoa(limit.n))
	}
	flag(cfg.SetupSlots > 0, "--setup-queue", strconv.Itoa(cfg.SetupQueue))
	flag(cfg.SetupTime > 0, "--setup-time", cfg.SetupTime.String())
	if cfg.Forgiving {
		args = append(args, "--forgiving")
	}
	for _, name := range cfg.Defects {
		args = append(args, "--defect", name)
	}
	if cfg.NoVerify {
		args = append(args, "--no-verify")
	}
	return args
}
