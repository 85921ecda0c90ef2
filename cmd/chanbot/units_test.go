package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// book is a resolver of a few names.
func book(names map[string]string) func(context.Context, string) ([]netip.Addr, error) {
	return func(_ context.Context, name string) ([]netip.Addr, error) {
		var all []netip.Addr
		for text := range strings.FieldsSeq(names[name]) {
			all = append(all, netip.MustParseAddr(text))
		}
		if all == nil {
			return nil, errors.New("no such host")
		}
		return all, nil
	}
}

func TestGuardLooksAtResolvedAddresses(t *testing.T) {
	names := map[string]string{
		"localhost": "127.0.0.1 ::1", "near": "127.0.0.7", "far": "192.0.2.1",
		"both": "127.0.0.1 192.0.2.1", "v6": "2001:db8::1", "mapped": "::ffff:127.0.0.1",
	}
	for _, c := range []struct {
		name, addr string
		allow      []string
		dialled    string // "" when nothing may be dialled
	}{
		{"loopback address", "127.0.0.1:1", nil, "127.0.0.1:1"},
		{"loopback address of version 6", "[::1]:1", nil, "[::1]:1"},
		{"name of this machine", "localhost:1", nil, "127.0.0.1:1"},
		{"any name that leads here", "near:1", nil, "127.0.0.7:1"},
		{"version 4 inside version 6", "mapped:1", nil, "[::ffff:127.0.0.1]:1"},
		{"address elsewhere", "192.0.2.1:1", nil, ""},
		{"name that leads elsewhere", "far:1", nil, ""},
		{"name that leads here and elsewhere", "both:1", nil, ""},
		{"every address of this machine", "0.0.0.0:1", nil, ""},
		{"unknown name", "nowhere:1", nil, ""},
		{"allowed name", "far:1", []string{"FAR."}, "192.0.2.1:1"},
		{"allowed address", "far:1", []string{"192.0.2.1"}, "192.0.2.1:1"},
		{"allowed address of version 6", "v6:1", []string{"[2001:db8:0::1]"}, "[2001:db8::1]:1"},
		{"another name is allowed", "far:1", []string{"near", "192.0.2.2"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			dialled := ""
			g := guard{hosts: c.allow, lookup: book(names), dialer: func(_ context.Context, _, addr string) (net.Conn, error) {
				dialled = addr
				near, far := net.Pipe()
				t.Cleanup(func() { near.Close(); far.Close() })
				return near, nil
			}}
			_, err := g.Dial(t.Context(), "tcp", c.addr)
			if dialled != c.dialled || (err == nil) != (c.dialled != "") {
				t.Errorf("dialled %q, want %q; error %v", dialled, c.dialled, err)
			}
		})
	}
}

func TestGuardTriesEveryAddress(t *testing.T) {
	g := guard{lookup: book(map[string]string{"localhost": "::1 127.0.0.1"}), dialer: func(_ context.Context, _, addr string) (net.Conn, error) {
		if addr == "[::1]:1" {
			return nil, errors.New("refused")
		}
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close(); far.Close() })
		return near, nil
	}}
	if _, err := g.Dial(t.Context(), "tcp", "localhost:1"); err != nil {
		t.Error(err)
	}
}

func TestNearest(t *testing.T) {
	words := []string{"run", "node", "check", "schema", "scenarios", "version", "can-not-abort-while-open"}
	for found, want := range map[string]string{
		"rnu": "run", "nod": "node", "chekc": "check", "scenario": "scenarios", "can-not-abrt": "can-not-abort-while-open",
		"": "", "x": "", "something-else": "", "ver": "version",
	} {
		if got := nearest(found, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", found, got, want)
		}
	}
}

func TestTooManyPairsForTheProcessAreRefused(t *testing.T) {
	for _, c := range []struct {
		pairs    int
		embedded bool
		load     bool
		limit    uint64
		known    bool
		refused  bool
	}{
		{1000, true, false, 4096, true, false},
		{1000, true, false, 4063, true, true},
		{1000, true, true, 4063, true, false},
		{2000, true, true, 4063, true, true},
		{1000, false, false, 4063, true, false},
		{100_000, true, false, 0, false, false},
	} {
		s := settings{embedded: c.embedded}
		if err := s.enoughSockets(c.pairs, c.load, c.limit, c.known); (err != nil) != c.refused {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestAPanicIsReportedAsABug(t *testing.T) {
	var stderr strings.Builder
	c := Command{Stdout: panicking{}, Stderr: &stderr}
	if code := c.Main([]string{"version"}); code != exitBug {
		t.Errorf("exit code %d, want %d", code, exitBug)
	}
	for _, want := range []string{"chanbot: a bug in chanbot: no more paper", "units_test.go", "please report it"} {
		if !strings.Contains(stderr.String(), want) {
			t.Errorf("%q is missing in\n%s", want, stderr.String())
		}
	}
}

type panicking struct{}

func (panicking) Write([]byte) (int, error) { panic("no more paper") }

// A disk that is full is no wrong usage.
func TestStandardOutputThatCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"schema"}, {"scenarios"}, {"scenarios", "show", "transfers"}, {"plan", "transfers"}, {"node", "--list-defects", "--json"}, {"completion", "bash"}} {
		var stderr strings.Builder
		c := Command{Stdout: full{}, Stderr: &stderr}
		code := c.Main(args)
		if want := "chanbot: write standard output: no space left on device\n"; code != exitNotRun || stderr.String() != want {
			t.Errorf("%v: exit code %d, %q; want %d, %q", args, code, stderr.String(), exitNotRun, want)
		}
	}
}

type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: errors.New("no space left on device")}
}

func TestTheListFitsTheTerminal(t *testing.T) {
	for _, columns := range []int{80, 110} {
		var stdout strings.Builder
		c := Command{Stdout: &stdout}
		if err := c.list(columns); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(stdout.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
				t.Errorf("%d columns in a list of %d: %s", n, columns, line)
			}
		}
	}
}

// The columns of help are counted in bytes, and one default is enough.
func TestHelpOfEveryFlag(t *testing.T) {
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if name, usage := pflag.UnquoteUsage(f); utf8.RuneCountInString(name) != len(name) {
				t.Errorf("%s --%s %s: the name of the value is not ASCII: %s", cmd.CommandPath(), f.Name, name, usage)
			}
		})
		for line := range strings.Lines(cmd.LocalFlags().FlagUsages()) {
			if strings.Count(line, "(default") > 1 {
				t.Errorf("%s: %s", cmd.CommandPath(), line)
			}
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(new(Command).root())
}

func TestSchemaPrintsJSON(t *testing.T) {
	var stdout, stderr strings.Builder
	c := Command{Stdout: &stdout, Stderr: &stderr}
	if code := c.Main([]string{"schema"}); code != exitPassed {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	if !json.Valid([]byte(stdout.String())) || !strings.Contains(stdout.String(), `"$schema"`) {
		t.Errorf("no JSON Schema: %.200s", stdout.String())
	}
}

// A search that would run out of sockets would say that the node is gone.
func TestASearchHasAsManyPairsAsSockets(t *testing.T) {
	for _, c := range []struct {
		embedded bool
		limit    uint64
		known    bool
		want     int
	}{
		{true, 1 << 20, true, 256},
		{false, 1 << 20, true, 64},
		{true, 0, false, 256},
		{true, 1024, true, 240},
		{false, 1024, true, 64},
		{true, 256, true, 48},
		{true, 10, true, 1}, // which is refused then
	} {
		if got := defaultPairs(c.embedded, c.limit, c.known); got != c.want {
			t.Errorf("embedded %t, %d files: %d pairs, want %d", c.embedded, c.limit, got, c.want)
		}
	}
}
