package results

import (
	"slices"
	"time"
)

// NewLatency computes the distribution of samples, which it sorts. A quantile
// is the smallest sample that at least that share of the samples does not
// exceed.
func NewLatency(samples []time.Duration) Latency {
	n := len(samples)
	if n == 0 {
		return Latency{}
	}
	slices.Sort(samples)
	var sum float64
	for _, d := range samples {
		sum += micros(d)
	}
	at := func(permille int) float64 { return micros(samples[(n*permille+999)/1000-1]) }
	return Latency{
		Count: int64(n), MeanUS: finite(sum / float64(n)),
		P50US: at(500), P90US: at(900), P99US: at(990), P999US: at(999), MaxUS: micros(samples[n-1]),
	}
}

func micros(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
