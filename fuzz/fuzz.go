package fuzz

import (
	"context"
	"errors"
	"time"

	"chanbot/results"
)

// Config says what is looked for, where, and for how long. Place must be set;
// every other field may be left at its zero value.
type Config struct {
	// Place is the node that cases are played against.
	Place *Place
	// Fresh starts another node of the same kind, for playing findings again; the
	// caller of Run closes Place, Run closes these. Nil plays them at Place.
	Fresh func(ctx context.Context) (*Place, error)
	// Seed decides every case.
	Seed uint64
	// Pairs is how many cases are played beside each other; 0 means 16.
	Pairs int

	// Duration, Cases and Actions bound the search, whichever comes first; 0 is
	// no bound, and none of them means a minute.
	Duration time.Duration
	Cases    int
	Actions  int64
	// Findings is after how many different ones the search ends; 0 means 20.
	Findings int
	// First is the number of the first case.
	First int

	// Every is the time between the beginnings of two plays at Place; 0 begins
	// them as soon as there is room.
	Every time.Duration
	// Patience is how long the node may take to react; 0 means 3 s.
	Patience time.Duration
	// Confirm is how often a finding is played again; 0 means 3.
	Confirm int
	// Shrink bounds the time for making one finding smaller; 0 means 20 s.
	Shrink time.Duration
	// Beside is how many smaller scenarios are tried at once, each at a node of
	// its own; 0 means 1. It takes Fresh.
	Beside int
	// Deny names quirks of the real node that are findings here, or holds "all".
	Deny []string

	// Leave, when it is closed, ends what is being played at once, when the context
	// is cancelled already. Nil never does.
	Leave <-chan struct{}

	// Found is told every finding as soon as it is confirmed and small; calls
	// come one at a time. Nil tells nobody.
	Found func(*Finding)
	// Progress is told now and then how far the search is. Nil tells nobody.
	Progress func(Progress)
}

// Progress is how far a search is.
type Progress struct {
	Elapsed        time.Duration
	Cases          int
	Actions        int64
	Findings       int
	Checking       int // what broke a rule and has not been played again yet
	Covered, Cells int
	ActionsPerS    float64
}

// Report is what a search came to.
type Report struct {
	Seed     uint64
	Findings []*Finding
	// Repeated counts what broke a rule and became no finding of its own, Others
	// by rule.
	Repeated int64
	Others   []Others
	Coverage Coverage
	// Cases is how many were played: the node let both sides try a channel, or
	// broke another rule. Unplayed are the others.
	Cases    int
	Unplayed []Unplayed
	// Refused is set when many of the last channels could not be tried, Room when the node
	// had too little room for as many cases as were wanted.
	Refused *Refusals
	Room    *Room
	Actions int64
	// Took is how long everything took, Searched how long cases were played.
	Took, Searched time.Duration
	// Operations counts how operations ended, by name; their times are left out.
	Operations map[string]results.Operation
	// Decisions is the hash of all cases that were played, in their order.
	Decisions string
	// Ended says why the search ended before its bounds, "" when it did not.
	Ended string
	// Interrupted says that the context was cancelled.
	Interrupted bool
}

// ErrNothing is the error of a search that could not play a single case.
var ErrNothing = errors.New("no case could be played")

func (c Config) withDefaults() Config {
	if c.Pairs <= 0 {
		c.Pairs = 16
	}
	if c.Duration <= 0 && c.Cases <= 0 && c.Actions <= 0 {
		c.Duration = time.Minute
	}
	if c.Findings <= 0 {
		c.Findings = 20
	}
	if c.Patience <= 0 {
		c.Patience = 3 * time.Second
	}
	if c.Confirm <= 0 {
		c.Confirm = 3
	}
	if c.Beside <= 0 {
		c.Beside = 1
	}
	if c.Shrink <= 0 {
		c.Shrink = 20 * time.Second
	}
	return c
}

// Run plays cases until a bound is reached, the node is lost or ctx is
// cancelled, and returns when everything that was begun has ended. The report
// is complete in every case; the error is ErrNothing, with the reason, when no
// case could be played.
func Run(ctx context.Context, cfg Config) (*Report, error) {
	s := newSearch(cfg.withDefaults())
	return s.run(ctx)
}
