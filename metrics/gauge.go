package metrics

import (
	"sync"
	"sync/atomic"
	"time"
)

// Stage is what a run is busy with.
type Stage uint8

// The stages of a run under load, in their order. A run that goes through the
// steps of a scenario is in StageLoad all the time.
const (
	StageSetup    Stage = iota // channels are being opened, and no load has begun
	StageLoad                  // the phases of the load
	StageDrain                 // nothing new begins; what was due is being done
	StageTeardown              // channels are being ended
	StageOver
)

// String returns the stage in a word.
func (s Stage) String() string {
	return [...]string{"setup", "load", "drain", "teardown", "over"}[min(s, StageOver)]
}

// Gauge tells how far a run is at this moment. The runner of the bots sets it,
// the live view and Prometheus read it. The counters may be changed from any
// goroutine, and so may everything else through the methods. The zero value is
// a run that has not begun.
type Gauge struct {
	// Opening channels are between connecting and open, Open ones can be worked
	// with, and Lost ones were open, or should have been, and will not be any more.
	Opening, Open, Lost atomic.Int64
	// Waiting operations are due and not begun, Busy ones are under way.
	Waiting, Busy atomic.Int64
	// Sockets are those to the nodes.
	Sockets atomic.Int64

	mu    sync.Mutex // guards what follows
	stage Stage
	pairs int
	phase PhaseProgress
}

// PhaseProgress is where a run is in its load.
type PhaseProgress struct {
	// Name is the phase's, Number counts from 1, and Of is how many there are.
	Name       string
	Number, Of int
	// Warmup says that its warm-up is not over.
	Warmup bool
	// Start is when the phase or its warm-up began, since the start of the run,
	// and Length how long that part takes; 0 when nobody knows.
	Start, Length time.Duration
}

// Progress is what a Gauge shows.
type Progress struct {
	Stage Stage
	Pairs int
	Phase PhaseProgress

	Opening, Open, Lost int64
	Waiting, Busy       int64
	Sockets             int64
}

// Begin says how many pairs there are.
func (g *Gauge) Begin(pairs int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pairs = pairs
}

// Enter says which stage begins.
func (g *Gauge) Enter(s Stage) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stage = s
}

// EnterPhase says which part of which phase begins.
func (g *Gauge) EnterPhase(p PhaseProgress) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.phase = p
}

// Read returns how far the run is.
func (g *Gauge) Read() Progress {
	g.mu.Lock()
	p := Progress{Stage: g.stage, Pairs: g.pairs, Phase: g.phase}
	g.mu.Unlock()
	p.Opening, p.Open, p.Lost = g.Opening.Load(), g.Open.Load(), g.Lost.Load()
	p.Waiting, p.Busy, p.Sockets = g.Waiting.Load(), g.Busy.Load(), g.Sockets.Load()
	return p
}
