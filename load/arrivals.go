package load

import (
	"fmt"
	"time"
)

// Process is the shape of the arrivals.
type Process uint8

// The processes. ProcessClosed is the only closed model.
const (
	ProcessUniform Process = iota
	ProcessPoisson
	ProcessRamp
	ProcessStairs
	ProcessBurst
	ProcessClosed
)

// String returns the word of the scenario language.
func (p Process) String() string {
	switch p {
	case ProcessUniform:
		return "uniform"
	case ProcessPoisson:
		return "poisson"
	case ProcessRamp:
		return "ramp"
	case ProcessStairs:
		return "step"
	case ProcessBurst:
		return "burst"
	case ProcessClosed:
		return "closed"
	}
	return fmt.Sprintf("Process(%d)", uint8(p))
}

// Arrivals say when operations are due, over the whole fleet. The process says
// which fields mean something. The zero value has none.
type Arrivals struct {
	Process Process
	Rate    Rate          // uniform, poisson: the rate; ramp and step: where it starts
	To      Rate          // ramp: where it ends; step: where it stops rising (zero: never)
	By      Rate          // step: how much is added
	Every   time.Duration // step, burst: the time between two
	Size    int           // burst: operations at once
	Think   time.Duration // closed: from the end of an operation of a pair to its next one
}

// Pacer returns when the operations of the open model are due during over. The
// closed model has none. The seed is for poisson alone.
func (a Arrivals) Pacer(over time.Duration, seed uint64) Pacer {
	switch a.Process {
	case ProcessUniform:
		return Uniform{a.Rate}
	case ProcessPoisson:
		return Poisson{Rate: a.Rate, Over: over, Seed: seed}
	case ProcessRamp:
		return Ramp{From: a.Rate, To: a.To, Over: over}
	case ProcessStairs:
		return Stairs{From: a.Rate, By: a.By, Every: a.Every, To: a.To}
	case ProcessBurst:
		return Burst{Size: a.Size, Every: a.Every}
	}
	return Uniform{}
}

// warm returns what a warm-up before these arrivals is like: the same, at the
// rate with which they begin.
func (a Arrivals) warm() Arrivals {
	if a.Process == ProcessRamp || a.Process == ProcessStairs {
		return Arrivals{Rate: a.Rate}
	}
	return a
}

// String says in a few words what comes: "poisson 400/s".
func (a Arrivals) String() string {
	switch a.Process {
	case ProcessUniform, ProcessPoisson:
		return fmt.Sprintf("%v %v", a.Process, a.Rate)
	case ProcessRamp:
		return fmt.Sprintf("ramp from %v to %v", a.Rate, a.To)
	case ProcessStairs:
		text := fmt.Sprintf("step from %v by %v every %v", a.Rate, a.By, a.Every)
		if !a.To.Zero() {
			text += fmt.Sprintf(" to %v", a.To)
		}
		return text
	case ProcessBurst:
		return fmt.Sprintf("burst of %d every %v", a.Size, a.Every)
	case ProcessClosed:
		return fmt.Sprintf("closed, think time %v", a.Think)
	}
	return a.Process.String()
}
