package metrics

import (
	"math"
	"runtime"
	"runtime/metrics"
	"sync"

	"chanbot/results"
)

// process looks at the process it runs in.
type process struct {
	mu     sync.Mutex // guards what follows
	cpu    float64    // seconds, when the run began
	pauses []uint64   // buckets at the last sample
}

const gcPauses = "/sched/pauses/total/gc:seconds"

func newProcess() *process {
	p := new(process)
	p.cpu, _ = usage()
	p.longestPause()
	return p
}

// sample returns what is known about the process; the longest pause is the one
// since the sample before.
func (p *process) sample() (s results.GeneratorSample) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cpu, peak := usage()
	s.CPUS = cpu - p.cpu
	s.RSSBytes = residentBytes()
	s.MaxRSSBytes = max(peak, s.RSSBytes)
	s.Goroutines = runtime.NumGoroutine()
	s.GCPauseMaxUS = p.longestPause() * 1e6
	return s
}

// longestPause returns the upper bound, in seconds, of the longest pause of the
// garbage collector since the call before.
func (p *process) longestPause() float64 {
	sample := []metrics.Sample{{Name: gcPauses}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindFloat64Histogram {
		return 0
	}
	h := sample[0].Value.Float64Histogram()
	longest := 0.0
	for i, n := range h.Counts {
		before := uint64(0)
		if i < len(p.pauses) {
			before = p.pauses[i]
		}
		if n > before {
			longest = h.Buckets[i+1]
			if math.IsInf(longest, 0) {
				longest = h.Buckets[i]
			}
		}
	}
	p.pauses = append(p.pauses[:0], h.Counts...)
	return longest
}
