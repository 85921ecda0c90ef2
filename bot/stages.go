package bot

import (
	"sync"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// stages collects how long the parts of operations took. Its methods may be
// called from any goroutine.
type stages struct {
	mu      sync.Mutex
	samples map[stageKey][]time.Duration
}

type stageKey struct {
	op   outcome.Operation
	part string
}

func (s *stages) add(op outcome.Operation, part string, took time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.samples == nil {
		s.samples = make(map[stageKey][]time.Duration)
	}
	k := stageKey{op, part}
	s.samples[k] = append(s.samples[k], took)
}

// fill sets the stages of the operations of a summary.
func (s *stages) fill(sum *results.Summary) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, samples := range s.samples {
		o, ok := sum.Operations[string(k.op)]
		if !ok {
			continue
		}
		if o.Stages == nil {
			o.Stages = make(map[string]results.Latency)
		}
		o.Stages[k.part] = results.NewLatency(samples)
		sum.Operations[string(k.op)] = o
	}
}
