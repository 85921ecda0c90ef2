package strategy

import (
	"time"

	"chanbot/load"
	"chanbot/outcome"
)

// Load is a fleet of pairs, the phases it goes through, and its end.
type Load struct {
	Pos   Pos
	Pairs int
	Setup Setup
	// Phases run one after the other.
	Phases   []Phase
	Teardown Teardown
}

// Setup paces the opening of the channels.
type Setup = load.Setup

// Teardown is how the fleet ends its channels.
type Teardown uint8

// The ways to end. TeardownDefault leaves it to the caller.
const (
	TeardownDefault Teardown = iota
	TeardownMutual
	TeardownStop
	TeardownLeave
	TeardownNone
)

// Phase is one stretch of load.
type Phase struct {
	Pos      Pos
	Name     string
	Arrivals Arrivals
	Warmup   time.Duration // recorded, not judged, not part of Duration
	Duration time.Duration
	// Mix says what an arrival does; empty means the steps of the scenario.
	Mix []MixEntry
	// Sign, and what Initiator and Responder stand for, come before the role's
	// answers of the scenario and after the mix entry's.
	Sign      Answers
	Initiator Standing
	Responder Standing
}

// Standing returns what the phase says about role r.
func (p *Phase) Standing(r outcome.Role) *Standing {
	if r == outcome.Responder {
		return &p.Responder
	}
	return &p.Initiator
}

// MixEntry is one kind of work of a phase. Weight is in millionths.
type MixEntry struct {
	Pos    Pos
	Weight uint64
	Step   Step
}

// Process is the shape of the arrivals.
type Process = load.Process

// The processes. Closed is the only closed model: each pair starts its next
// operation Think after the last one ended.
const (
	Uniform = load.ProcessUniform
	Poisson = load.ProcessPoisson
	Ramp    = load.ProcessRamp
	Stairs  = load.ProcessStairs
	Burst   = load.ProcessBurst
	Closed  = load.ProcessClosed
)

// Arrivals say when operations are due, over the whole fleet.
type Arrivals struct {
	Pos Pos
	load.Arrivals
}

// Rate is an exact number of events in a time; the zero value is no rate.
type Rate = load.Rate

// Plan returns when the work of the fleet is due, for a seed.
func (l *Load) Plan(seed uint64) load.Plan {
	p := load.Plan{Seed: seed, Pairs: l.Pairs}
	for _, ph := range l.Phases {
		p.Phases = append(p.Phases, load.Phase{Name: ph.Name, Arrivals: ph.Arrivals.Arrivals, Warmup: ph.Warmup, Duration: ph.Duration})
	}
	return p
}

// Weights returns the choice between the entries of Mix.
func (p *Phase) Weights() load.Mix {
	weights := make([]uint64, len(p.Mix))
	for i, e := range p.Mix {
		weights[i] = e.Weight
	}
	return load.NewMix(weights...)
}

// Threshold is a condition on the results of a run, such as
// "p99(transfer.response) < 50ms". Exactly the fields of its function are set.
type Threshold struct {
	Pos  Pos
	Text string
	// Func is quantile, mean, min, max (of a time), share, count or rate (of an
	// outcome).
	Func string
	// Quantile in parts of 1, for quantile: 0.999.
	Quantile float64
	// Operation is "" for all operations together.
	Operation outcome.Operation
	// Clock is the time that is meant by quantile, mean, min and max.
	Clock outcome.Clock
	// Kind is the outcome that is meant by share, count and rate.
	Kind outcome.Kind
	// Last is the length of the window at the end of the run that is looked at;
	// zero is the whole run.
	Last time.Duration
	// Op is one of < <= > >= == !=.
	Op string
	// Limit is nanoseconds for times, parts of 1 for share, a number for
	// count, events per second for rate.
	Limit float64
}
