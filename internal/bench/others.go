package main

import (
	"fmt"
	"time"
)

// others watches what programs that have nothing to do with a measurement take
// of the CPUs meanwhile: with more than a little of it a figure is not to be
// trusted.
type others struct {
	at              time.Time
	busy, all, ours time.Duration
}

// muchOthers is the share that is worth a note.
const muchOthers = 0.05

func watchOthers() others {
	o := others{at: time.Now(), ours: ownCPU() + childrenCPU()}
	o.busy, o.all = machineCPU()
	return o
}

// note says which share the others took since then, if it was much.
func (o others) note() string {
	now := watchOthers()
	all := now.all - o.all
	if all <= 0 {
		return ""
	}
	share := float64((now.busy-o.busy)-(now.ours-o.ours)) / float64(all)
	if share < muchOthers {
		return ""
	}
	return fmt.Sprintf("other programs used %.0f%% of the CPUs meanwhile", 100*share)
}
