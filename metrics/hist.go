package metrics

import (
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"

	"chanbot/results"
)

// The range of all histograms in microseconds, 1 µs to 10 min, and their
// significant digits. Longer times count as ten minutes.
const (
	lowestUS    = 1
	highestUS   = 600_000_000
	fineDigits  = 2
	totalDigits = 3
)

// hist is a distribution of times in microseconds, with its exact sum. A time
// that is read from it is the end of its bin, as for every reader of a
// histogram log.
type hist struct {
	h        *hdrhistogram.Histogram
	sum, min int64
}

func newHist(digits int) *hist {
	return &hist{h: hdrhistogram.New(lowestUS, highestUS, digits), min: math.MaxInt64}
}

func (h *hist) record(us int64) {
	us = min(max(us, 0), highestUS)
	_ = h.h.RecordValue(us) // it is in range
	h.sum += us
	h.min = min(h.min, us)
}

func (h *hist) add(o *hist) {
	h.h.Merge(o.h)
	h.sum += o.sum
	h.min = min(h.min, o.min)
}

func (h *hist) reset() {
	h.h.Reset()
	h.sum, h.min = 0, math.MaxInt64
}

func (h *hist) count() int64 {
	if h == nil {
		return 0
	}
	return h.h.TotalCount()
}

// at returns the time in microseconds that the share q of the samples does not
// exceed, up to the digits of the histogram.
func (h *hist) at(q float64) int64 { return h.h.ValueAtPercentile(q * 100) }

// latency returns the distribution in numbers; h may be nil.
func (h *hist) latency() results.Latency {
	n := h.count()
	if n == 0 {
		return results.Latency{}
	}
	q := h.h.ValueAtPercentilesSlice([]float64{50, 90, 99, 99.9})
	us := func(i int) float64 { return float64(q[i]) }
	return results.Latency{
		Count: n, MeanUS: float64(h.sum) / float64(n),
		P50US: us(0), P90US: us(1), P99US: us(2), P999US: us(3), MaxUS: float64(h.h.Max()),
	}
}

// curve returns the points of the distribution.
func (h *hist) curve() []results.CurvePoint {
	if h.count() == 0 {
		return nil
	}
	var out []results.CurvePoint
	for _, b := range h.h.CumulativeDistributionWithTicks(4) {
		p := results.CurvePoint{Quantile: b.Quantile / 100, US: float64(b.ValueAt)}
		if n := len(out); n > 0 && out[n-1].US == p.US {
			out[n-1].Quantile = p.Quantile
			continue
		}
		out = append(out, p)
	}
	return out
}

// packed is a distribution that is kept, but hardly added to.
type packed struct {
	h        *hdrhistogram.PackedHistogram
	sum, min int64
}

func newPacked() *packed {
	return &packed{h: hdrhistogram.NewPacked(lowestUS, highestUS, totalDigits), min: math.MaxInt64}
}

func (p *packed) add(o *hist) {
	p.h.MergeFrom(o.h)
	p.sum += o.sum
	p.min = min(p.min, o.min)
}

func (p *packed) addTo(h *hist) {
	p.h.MergeInto(h.h)
	h.sum += p.sum
	h.min = min(h.min, p.min)
}
