package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"chanbot/fault"
	"chanbot/metrics"
	"chanbot/results"
)

// faultLog keeps what the faults of a scenario did: counts for the terminal,
// and for the report the first one of each kind in every second.
type faultLog struct {
	run *metrics.Run

	mu     sync.Mutex // guards what follows
	counts map[string]int
	marked map[string]time.Duration // the second of the last mark
}

func newFaultLog(run *metrics.Run) *faultLog {
	return &faultLog{run: run, counts: make(map[string]int), marked: make(map[string]time.Duration)}
}

// A node gives its frames whatever names it likes: so long is what is kept of one,
// and so many kinds of faults are counted by the names of frames.
const (
	faultNameLength = 60
	maxFaultKinds   = 50
)

// event takes what was done to one frame.
func (l *faultLog) event(e fault.Event) {
	e.Frame = shorten(results.Printable(e.Frame), faultNameLength)
	kind := fmt.Sprintf("%s %s", e.Do, e.Frame)
	second := e.T.Truncate(time.Second)
	l.mu.Lock()
	if l.counts[kind] == 0 && len(l.counts) >= maxFaultKinds {
		kind = fmt.Sprintf("%s other frames", e.Do)
	}
	l.counts[kind]++
	last, seen := l.marked[kind]
	first := !seen || last != second
	l.marked[kind] = second
	l.mu.Unlock()
	if first {
		l.run.TimeMark(results.TimeMark{TUS: e.T.Microseconds(), Kind: results.KindFault, Text: e.String()})
	}
}

// show prints how often what was done, when anything was.
func (l *faultLog) show(w io.Writer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.counts) == 0 {
		return
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(l.counts)) {
		parts = append(parts, fmt.Sprintf("%s %d×", kind, l.counts[kind]))
	}
	fmt.Fprintf(w, "%-10s  %s\n", "faults", strings.Join(parts, ", "))
}
