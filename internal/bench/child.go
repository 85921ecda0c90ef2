package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// child is a program that a measurement has started. Whoever starts one ends it
// with stop, or waits for its end with wait.
type child struct {
	cmd    *exec.Cmd
	name   string
	stderr tail
	lines  *bufio.Reader  // of its standard output
	stdin  io.WriteCloser // it may end when this is closed, as it is with this process
	done   chan struct{}
	err    error // of Wait, after done
	once   sync.Once
}

// stopPatience is how long a child may take to end once it was asked to.
const stopPatience = 10 * time.Second

// start runs a program. It ends at the latest with the context.
func start(ctx context.Context, name string, args ...string) (*child, error) {
	return startIn(ctx, "", nil, name, args...)
}

// startIn is start in a folder, with more in its environment.
func startIn(ctx context.Context, dir string, env []string, name string, args ...string) (*child, error) {
	c := &child{name: name, done: make(chan struct{})}
	c.cmd = exec.CommandContext(ctx, name, args...)
	c.cmd.Dir = dir
	c.cmd.Env = append(os.Environ(), env...)
	c.cmd.Cancel = func() error { return c.cmd.Process.Signal(os.Interrupt) }
	c.cmd.WaitDelay = stopPatience
	c.cmd.Stderr = &c.stderr
	out, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	c.cmd.Stdout = in
	if err := c.cmd.Start(); err != nil {
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	if err := in.Close(); err != nil {
		return nil, err
	}
	c.lines = bufio.NewReader(out)
	go func() {
		c.err = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// line reads the next line of standard output.
func (c *child) line() (string, error) {
	text, err := c.lines.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s said no more: %w%s", c.name, err, c.stderr.quote())
	}
	return strings.TrimSpace(text), nil
}

// wait reads the rest of the output and waits for the end.
func (c *child) wait() ([]byte, error) {
	out, err := io.ReadAll(c.lines)
	<-c.done
	if c.err != nil {
		return out, fmt.Errorf("%s: %w%s", c.name, c.err, c.stderr.quote())
	}
	return out, err
}

// stop ends the child and waits for it. It may be called more than once.
func (c *child) stop() {
	c.once.Do(func() {
		_ = c.cmd.Process.Signal(os.Interrupt) // it may have ended
		select {
		case <-c.done:
		case <-time.After(stopPatience):
			_ = c.cmd.Process.Kill()
			<-c.done
		}
	})
}

// used is the CPU time of a child that has ended.
func (c *child) used() time.Duration {
	<-c.done
	return c.cmd.ProcessState.UserTime() + c.cmd.ProcessState.SystemTime()
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailSize = 2 << 10

// Write never fails.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailSize; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// quote returns what was written last, to be put behind an error.
func (t *tail) quote() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.b) == 0 {
		return ""
	}
	return "\n" + string(bytes.TrimSpace(t.b))
}
