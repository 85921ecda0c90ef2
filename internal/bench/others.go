package main

import (
	"fmt"
	"time"
)

// others watches what has nothing to do with a measurement: programs that take of
// the CPUs meanwhile, and a machine that gets faster or slower, as one does that
// shares its cores with machines which it cannot see. With more than a little of
// either a figure is not to be trusted.
type others struct {
	at              time.Time
	busy, all, ours time.Duration
	sign            time.Duration // what one signature took
}

const (
	// muchOthers is the share of the CPUs that is worth a note.
	muchOthers = 0.05
	// muchDrift is the change of speed that is.
	muchDrift = 1.2
	// driftTime is how long to look at the speed.
	driftTime = 100 * time.Millisecond
)

func watchOthers() others {
	sign, _ := signing(1, driftTime)
	o := others{at: time.Now(), ours: ownCPU() + childrenCPU(), sign: sign}
	o.busy, o.all = machineCPU()
	return o
}

// note says how the machine has changed since then, and which share the others
// took, if it was much.
func (o others) note() []string {
	ours := ownCPU() + childrenCPU() - o.ours
	busy, all := machineCPU()
	busy, all = busy-o.busy, all-o.all
	after, _ := signing(1, driftTime)
	notes := []string{drift(float64(o.sign), float64(after))}
	if share := float64(busy-ours) / float64(all); all > 0 && share >= muchOthers {
		notes = append(notes, fmt.Sprintf("other programs used %.0f%% of the CPUs meanwhile", 100*share))
	}
	return notes
}

// drift says how much slower or faster the same work was done, if it was much.
func drift(before, after float64) string {
	slower := after / before
	if slower < muchDrift && slower > 1/muchDrift {
		return ""
	}
	return fmt.Sprintf("the machine took %s times as long for the same work after the row as before", short(slower))
}
