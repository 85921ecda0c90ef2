package metrics

import (
	"cmp"
	"slices"
	"time"

	"chanbot/outcome"
)

// recent is what a run has come to by its last tick, warm-up included: the
// numbers of the whole run, and those of its last part.
type recent struct {
	at time.Duration // of the last tick; 0 before it

	// Since the start.
	attempts, ended int64
	outcomes        [kinds]int64
	violations      int
	rule            string // that was broken last

	// Of the last part, which took covered.
	covered    time.Duration
	perS       float64 // operations that ended
	signedPerS float64
	operations []recentOperation // those of which most ended first
	late       int64             // µs, p99 of the generator's own lateness; -1 when nothing was due

	// Of the process: processor cores in use between the last two ticks, and
	// memory. Cores are -1 before the second tick.
	cores float64
	rss   int64
}

// recentOperation is one operation in the last part of a run. The times are
// microseconds, -1 when nothing was measured.
type recentOperation struct {
	name              outcome.Operation
	ended             int64
	perS              float64
	response, service quantiles
}

// quantiles are two points of a distribution, in microseconds.
type quantiles struct{ p50, p99 int64 }

func (h *hist) quantiles() quantiles {
	if h.count() == 0 {
		return quantiles{-1, -1}
	}
	return quantiles{h.at(0.5), h.at(0.99)}
}

// recent returns what there is, with a last part of about span.
func (r *Run) recent(span time.Duration) recent {
	out := recent{late: -1, cores: -1}
	r.recentOperations(&out, span)
	r.mu.Lock()
	defer r.mu.Unlock()
	out.violations, out.rule = r.broken, r.rule
	n := len(r.samples)
	if n > 0 {
		out.rss = r.samples[n-1].RSSBytes
	}
	if n > 1 {
		a, b := &r.samples[n-2], &r.samples[n-1]
		if took := float64(b.TUS-a.TUS) / 1e6; took > 0 {
			out.cores = max(b.CPUS-a.CPUS, 0) / took
		}
	}
	return out
}

func (r *Run) recentOperations(out *recent, span time.Duration) {
	rec := r.rec
	rec.mu.Lock()
	defer rec.mu.Unlock()
	for _, c := range rec.totals {
		out.attempts += c.attempts
		for k, n := range c.outcomes {
			out.outcomes[k] += n
			out.ended += n
		}
	}
	w := &rec.window
	if len(w.intervals) == 0 {
		return
	}
	out.at = w.intervals[len(w.intervals)-1].end
	var late *hist
	var sums []*cell
	for v := range w.last(out.at, span) {
		out.covered += v.end - v.start
		if v.late != nil {
			if late == nil {
				late = newHist(totalDigits)
			}
			v.late.addTo(late)
		}
		for _, s := range v.slots {
			i := slices.IndexFunc(sums, func(c *cell) bool { return c.operation == s.operation })
			if i < 0 {
				i = len(sums)
				sums = append(sums, &cell{key: key{operation: s.operation}})
			}
			s.addTo(sums[i])
		}
	}
	out.late = late.quantiles().p99
	perS := func(n int64) float64 {
		if out.covered <= 0 {
			return 0
		}
		return float64(n) / out.covered.Seconds()
	}
	var ended, signed int64
	for _, c := range sums {
		n := c.ended()
		ended, signed = ended+n, signed+c.outcomes[outcome.Signed]
		if n > 0 {
			out.operations = append(out.operations, recentOperation{
				name: c.operation, ended: n, perS: perS(n),
				response: c.clocks[outcome.Response].quantiles(), service: c.clocks[outcome.Service].quantiles(),
			})
		}
	}
	out.perS, out.signedPerS = perS(ended), perS(signed)
	slices.SortFunc(out.operations, func(a, b recentOperation) int {
		return cmp.Or(cmp.Compare(b.ended, a.ended), cmp.Compare(a.name, b.name))
	})
}
