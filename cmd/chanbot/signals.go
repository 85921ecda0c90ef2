package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

var errInterrupted = errors.New("interrupted")

// interruption turns signals into the end of a run: the first one cancels the
// context, the second one says to leave at once. A third one finds no handler
// any more, so it ends even a process that hangs.
type interruption struct {
	leave chan struct{} // closed by the second signal

	mu   sync.Mutex // guards code
	code int        // exit code of the first signal; 0 before it
}

// watch listens to signals until stop is called. What the first one leads to
// is said on standard error, unless said is "".
func (c *Command) watch(parent context.Context, said string) (ctx context.Context, in *interruption, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	in = &interruption{leave: make(chan struct{})}
	signals, deaf := c.Signals, func() {}
	done := make(chan struct{})
	var wg sync.WaitGroup
	if signals == nil {
		own := make(chan os.Signal, 2) // both signals may come before the first is handled
		signal.Notify(own, os.Interrupt, syscall.SIGTERM)
		if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
			signal.Notify(own, syscall.SIGHUP)
		}
		// A reader of our output that is gone is no reason to die without results.
		broken := make(chan os.Signal, 1) // nobody reads it
		signal.Notify(broken, syscall.SIGPIPE)
		apart := make(chan os.Signal)
		wg.Go(func() { singly(own, apart, done) })
		signals, deaf = apart, func() { signal.Stop(own) }
	}
	wg.Go(func() {
		select {
		case s := <-signals:
			in.first(s)
			if said != "" {
				fmt.Fprintln(c.Stderr, "chanbot: "+said)
			}
			cancel(errInterrupted)
		case <-done:
			return
		}
		select {
		case <-signals:
			close(in.leave)
			deaf()
		case <-done:
		}
	})
	return ctx, in, func() {
		close(done)
		wg.Wait()
		deaf()
		cancel(nil)
	}
}

// twinTime is how soon after a signal the same one counts as that one: timeout(1)
// sends its signal to the process and then to the group that it is in. Nobody
// presses Ctrl-C twice in that time.
const twinTime = 100 * time.Millisecond

// singly passes signals on, each twin left out, until done is closed.
func singly(from <-chan os.Signal, to chan<- os.Signal, done <-chan struct{}) {
	var last os.Signal
	var at time.Time
	for {
		select {
		case s := <-from:
			if s == last && time.Since(at) < twinTime {
				continue
			}
			last, at = s, time.Now()
			select {
			case to <- s:
			case <-done:
				return
			}
		case <-done:
			return
		}
	}
}

func (in *interruption) first(s os.Signal) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch s {
	case syscall.SIGTERM:
		in.code = exitTerminated
	case syscall.SIGHUP:
		in.code = exitHangup
	default:
		in.code = exitInterrupt
	}
}

// exitCode returns the exit code of the first signal, or 0 before it.
func (in *interruption) exitCode() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.code
}
