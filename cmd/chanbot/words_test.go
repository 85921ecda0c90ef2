package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"chanbot/fault"
	"chanbot/metrics"
	"chanbot/reclaim"
	"chanbot/session"
)

// drives tells whether a text could drive a terminal.
func drives(text string) bool { return strings.ContainsAny(text, "\x1b\u009b\a\r") }

// What a node has said is part of many lines. None of them drives the terminal.
func TestWordsOfANodeDoNotDriveTheTerminal(t *testing.T) {
	const said = "words\x1b]0;title\a\u009b2J\r"
	for name, show := range map[string]func() string{
		"complaint": func() string {
			var out bytes.Buffer
			(&Command{Stderr: &out}).report(complaints{cannotRun(said, "%s\nof two lines", said)})
			return out.String()
		},
		"warning": func() string {
			var out bytes.Buffer
			(&Command{Stderr: &out}).warn("%s", said)
			return out.String()
		},
		"fault": func() string {
			var out bytes.Buffer
			l := newFaultLog(metrics.NewRun(metrics.Options{Shards: 1}))
			l.event(fault.Event{Do: fault.Drop, Frame: said})
			l.show(&out)
			return out.String()
		},
		"finding":   func() string { return firstLine(said) },
		"reclaimed": func() string { return reclaim.Result{Channel: "ch_x", Status: reclaim.Failed, Reason: said}.String() },
		"replay": func() string {
			return sideBySide("file", new(session.Imported), session.Divergence{Side: "initiator", Before: []string{said}, Want: said, Got: said})
		},
	} {
		got := show()
		if drives(got) {
			t.Errorf("%s: %q", name, got)
		}
		if !strings.Contains(got, "words") {
			t.Errorf("%s: %q does not say it", name, got)
		}
	}
}

// A node that makes up a new name for every frame fills no memory.
func TestFaultsAreCountedByFewNames(t *testing.T) {
	var out bytes.Buffer
	l := newFaultLog(metrics.NewRun(metrics.Options{Shards: 1}))
	for i := range 10_000 {
		l.event(fault.Event{T: time.Duration(i) * time.Millisecond, Do: fault.Drop, Frame: "info " + strings.Repeat("x", i%1000)})
	}
	l.show(&out)
	if len(l.counts) > 100 || len(l.marked) > 100 || out.Len() > 10_000 {
		t.Errorf("%d names are counted, %d are marked, and %d bytes are shown", len(l.counts), len(l.marked), out.Len())
	}
}
