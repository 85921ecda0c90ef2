package metrics

import (
	"runtime"
	"time"

	"chanbot/results"
)

// generatorLocked says how well the generator kept up, when the operations of
// the load were served in these times.
func (r *Run) generatorLocked(service results.Latency) (g results.Generator) {
	for i := range r.samples {
		s := &r.samples[i]
		g.CPUS = s.CPUS
		g.MaxRSSBytes = max(g.MaxRSSBytes, s.MaxRSSBytes)
		g.GCPauseMaxUS = max(g.GCPauseMaxUS, s.GCPauseMaxUS)
		g.MaxSockets = max(g.MaxSockets, s.Sockets)
	}
	if r.late.count() > 0 {
		g.LateP99US = float64(r.late.h.ValueAtPercentile(99))
	}
	if g.Cores = r.o.Manifest.Host.Procs; g.Cores <= 0 {
		g.Cores = runtime.GOMAXPROCS(0)
	}
	if len(r.marks) > 0 { // there was a load
		g.LateLimitUS = results.LateLimit(service, time.Duration(r.o.Manifest.MaxLatenessUS)*time.Microsecond)
		from, to := r.loadLocked()
		g.CPUShare = busiest(r.samples, from, to, results.CPUWindow) / float64(g.Cores)
	}
	return g
}

// loadLocked returns when the phases began and ended.
func (r *Run) loadLocked() (from, to int64) {
	from, to = r.marks[0].TUS, r.marks[0].TUS
	for _, m := range r.marks {
		from, to = min(from, m.TUS), max(to, m.TUS)
		if m.What != results.MarkEnd { // it goes on
			to = max(to, r.end.TUS)
		}
	}
	return from, to
}

// busiest returns how many cores were used in the busiest window between two
// times in microseconds; 0 when there is not that much time between them.
func busiest(samples []results.GeneratorSample, from, to int64, window time.Duration) (cores float64) {
	points := []results.GeneratorSample{{}} // nothing was used before the run
	for _, s := range samples {
		if s.TUS <= from {
			points = points[:0]
		}
		if s.TUS <= to {
			points = append(points, s)
		}
	}
	first := 0
	for _, s := range points {
		for s.TUS-points[first].TUS >= window.Microseconds() {
			took := float64(s.TUS-points[first].TUS) / 1e6
			cores = max(cores, (s.CPUS-points[first].CPUS)/took)
			first++
		}
	}
	return cores
}
