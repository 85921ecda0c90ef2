package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// references are the programs that this one runs as children of itself: what a
// machine can do is measured in processes of their own, as chanbot is.
var references = map[string]func(args []string) error{
	"echo-server": echoServer,
	"echo-client": echoClient,
	"empty":       empty,
	"timer":       timerLoop,
}

// referenceArg as the first argument makes this program one of its references.
const referenceArg = "reference"

// reference starts one of the references. Its standard input is open until it
// is stopped or this program ends.
func (b *bench) reference(ctx context.Context, name string, args ...string) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	return start(ctx, self, append([]string{referenceArg, name}, args...)...)
}

// empty is a program that does nothing until standard input ends.
func empty([]string) error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// emptyMemory is the memory of a program that does nothing.
func (b *bench) emptyMemory(ctx context.Context) (int64, error) {
	c, err := b.reference(ctx, "empty")
	if err != nil {
		return 0, err
	}
	defer c.stop()
	if _, err := c.line(); err != nil {
		return 0, err
	}
	time.Sleep(100 * time.Millisecond)
	return residentOf(c.pid())
}
