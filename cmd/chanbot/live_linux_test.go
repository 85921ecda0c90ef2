package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// openTerminal returns the two ends of a terminal of 80 by 24.
func openTerminal(t *testing.T) (outside, inside *os.File) {
	t.Helper()
	outside, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals here: %v", err)
	}
	fd := int(outside.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80}); err != nil {
		t.Fatal(err)
	}
	inside, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return outside, inside
}

func TestProgressOnATerminalIsTakenAway(t *testing.T) {
	t.Parallel()
	colored := regexp.MustCompile(`\x1b\[[0-9]+m`)
	for name, env := range map[string]map[string]string{
		"colours": {"TERM": "xterm"},
		"plain":   {"TERM": "xterm", "NO_COLOR": "1"},
		"dumb":    {"TERM": "dumb"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outside, inside := openTerminal(t)
			defer outside.Close()
			defer inside.Close()
			drawn := make(chan []byte, 1) // nobody may be there to take it
			go func() {
				b, _ := io.ReadAll(outside) // ends with an error when the inside is closed
				drawn <- b
			}()
			runSlow(t, &Command{Stderr: inside, Env: func(name string) string { return env[name] }}, "--log-level", "debug")
			inside.Close()
			got := <-drawn

			frames := bytes.Count(got, []byte("A\x1b[J"))
			if name == "dumb" {
				if bytes.ContainsRune(got, '\x1b') {
					t.Errorf("a terminal that can do nothing gets %q", got)
				}
				return
			}
			if frames < 2 {
				t.Fatalf("%d frames were drawn: %q", frames, got)
			}
			if !regexp.MustCompile(`steps +(\x1b\[0m)?\[`).Match(got) {
				t.Errorf("no bar of the steps: %q", got)
			}
			if has := colored.Match(got); has != (name == "colours") {
				t.Errorf("colours are %v: %q", has, got)
			}
			// After the last frame was erased, there are whole lines of the log only.
			rest := string(got[bytes.LastIndex(got, []byte("A\x1b[J"))+len("A\x1b[J"):])
			for line := range strings.Lines(rest) {
				if !strings.HasPrefix(line, "time=") || !strings.HasSuffix(line, "\n") {
					t.Errorf("at the end there is %q", line)
				}
			}
		})
	}
}
