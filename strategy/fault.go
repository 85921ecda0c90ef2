package strategy

import (
	"time"

	"chanbot/outcome"
)

// Fault is something that happens to frames on their way between the bot and
// the node.
type Fault struct {
	Pos Pos
	// Do is what happens: one of FaultActions.
	Do string
	// For is how long a delay, a stall or a wait to be overtaken takes; zero
	// leaves a stall without an end, and a wait to the caller. With Most a delay
	// is drawn from For to Most.
	For, Most time.Duration
	// Rate is that of throttle, in bytes a second.
	Rate uint64
	// How is the way of corrupt (byte, truncate, garbage) and cut (reset, close,
	// half); "" is the first of these.
	How string

	// Frames are the names of the frames, which may end with *; without any, all.
	Frames []FrameName
	// In and Out tell the directions: from the node and to it.
	In, Out bool
	Role    outcome.Role // NoRole is both
	Nth     *Span        // which of these frames, from 1; nil is every one
	// Share is the probability in millionths of a percent; 0 means always.
	Share uint64
	// After and Until are a window of time since the start of the run; Until zero
	// has no end.
	After, Until time.Duration
}

// Distorts tells whether the fault changes what a side gets to see or the node
// gets to hear, so that neither can be blamed for what follows.
func (f *Fault) Distorts() bool {
	switch f.Do {
	case "drop", "double", "reorder", "corrupt":
		return true
	}
	return false
}

// FaultActions are what can happen to a frame.
func FaultActions() []string {
	return []string{"delay", "stall", "drop", "double", "reorder", "corrupt", "cut", "throttle"}
}
