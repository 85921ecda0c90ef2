package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// silentServer takes connections and says nothing. The channel gets something when
// the first one is there.
func silentServer(t *testing.T) (address string, reached <-chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan struct{}, 1)
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			select {
			case first <- struct{}{}:
			default:
			}
		}
	}()
	return l.Addr().String(), first
}

// A node that takes connections and says nothing keeps no command from ending
// after a signal, with the exit code of that.
func TestASignalWhileTheNodeSaysNothing(t *testing.T) {
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.yaml")
	var made call
	if code := made.main("accounts", "new", "--count", "1", "--seed-file", filepath.Join(dir, "seed"), "--out", keys); code != exitPassed {
		t.Fatal(made.stderr.String())
	}
	account := strings.TrimSpace(made.stdout.String())
	for name, args := range map[string][]string{
		"run":            {"run", "open-and-stop", "--node", "ws://ADDR", "--grace", "100ms", "--no-progress"},
		"fuzz":           {"fuzz", "--node", "ws://ADDR", "--pairs", "2", "--no-progress"},
		"accounts fund":  {"accounts", "fund", "--accounts", keys, "--from", keys, "--amount", "1", "--api", "http://ADDR"},
		"accounts sweep": {"accounts", "sweep", "--accounts", keys, "--to", account, "--api", "http://ADDR"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, reached := silentServer(t)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "ADDR", address)
			}
			if args[0] != "accounts" {
				args = append(args, "--out", t.TempDir())
			}
			c := call{signals: make(chan os.Signal)}
			asked := make(chan time.Time, 1)
			go func() {
				<-reached
				c.signals <- os.Interrupt
				asked <- time.Now()
			}()
			code := c.main(args...)
			if took := time.Since(<-asked); code != exitInterrupt || took > 15*time.Second {
				t.Errorf("exit code %d after %v, want %d soon\n%s%s", code, took, exitInterrupt, c.stdout.String(), c.stderr.String())
			}
		})
	}
}
