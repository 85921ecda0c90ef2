package results

import (
	"cmp"
	"slices"
)

// benchPoint is what is known about one rate, from all steps that had it. What
// several steps measured is their median.
type benchPoint struct {
	rate, achieved           float64
	responseP50, responseP99 float64 // microseconds; 0 when nothing was measured
	serviceP50, serviceP99   float64
	verdict                  StepVerdict // of the last step
	steps                    int
	confirmed                bool // it is the result
}

// curve returns the rates in their order. Steps that were interrupted say
// nothing, and neither do those that could not be used.
func (b *Bench) curve() []benchPoint {
	byRate := map[float64][]*BenchStep{}
	for i := range b.Steps {
		s := &b.Steps[i]
		if s.Verdict != StepInterrupted && s.Verdict != StepUnusable {
			byRate[s.RatePerS] = append(byRate[s.RatePerS], s)
		}
	}
	out := make([]benchPoint, 0, len(byRate))
	for rate, steps := range byRate {
		p := benchPoint{rate: rate, steps: len(steps), verdict: steps[len(steps)-1].Verdict}
		p.confirmed = b.Result != nil && b.Result.RatePerS == rate
		median := func(of func(*BenchStep) (float64, bool)) float64 {
			var all []float64
			for _, s := range steps {
				if v, ok := of(s); ok {
					all = append(all, v)
				}
			}
			if len(all) == 0 {
				return 0
			}
			return SpreadOf(all).Median
		}
		time := func(of func(*BenchStep) (Latency, float64)) float64 {
			return median(func(s *BenchStep) (float64, bool) { l, us := of(s); return us, l.Count > 0 })
		}
		p.achieved = median(func(s *BenchStep) (float64, bool) { return s.AchievedPerS, s.MeasuredS > 0 })
		p.responseP50 = time(func(s *BenchStep) (Latency, float64) { return s.Response, s.Response.P50US })
		p.responseP99 = time(func(s *BenchStep) (Latency, float64) { return s.Response, s.Response.P99US })
		p.serviceP50 = time(func(s *BenchStep) (Latency, float64) { return s.Service, s.Service.P50US })
		p.serviceP99 = time(func(s *BenchStep) (Latency, float64) { return s.Service, s.Service.P99US })
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b benchPoint) int { return cmp.Compare(a.rate, b.rate) })
	return out
}
