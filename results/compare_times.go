package results

import (
	"math/bits"
	"slices"
)

// longestUS is the longest time that is told apart, in microseconds; longer
// ones count as this.
const longestUS = 600_000_000

// binOf returns the number of the bin of a time. The bins are those of the
// recorded histograms: whole microseconds up to 2047, and three digits above.
func binOf(us int64) uint16 {
	v := uint64(min(max(us, 0), longestUS))
	k := bits.Len64(v|2047) - 11
	return uint16((k+1)<<10 + int(v>>k) - 1024)
}

// binFrom returns the shortest time of a bin, and how many microseconds it
// spans.
func binFrom(bin uint16) (us, width int64) {
	k := int(bin>>10) - 1
	if k < 0 {
		return int64(bin), 1
	}
	return (int64(bin&1023) + 1024) << k, 1 << k
}

// times is the distribution of one clock in one interval. It is recorded into
// first, then packed, then read.
type times struct {
	raw  []uint16 // bins of times that are not packed yet
	bins []uint16 // rising
	upTo []uint32 // how many times are in the bins up to this one
	sum  int64    // in microseconds
	max  int64
}

func (t *times) record(us int64) {
	us = min(max(us, 0), longestUS)
	t.raw = append(t.raw, binOf(us))
	t.sum += us
	t.max = max(t.max, us)
}

// pack counts what was recorded.
func (t *times) pack() {
	if len(t.raw) == 0 {
		return
	}
	slices.Sort(t.raw)
	var p times
	for i, bin := range t.raw {
		if i == 0 || bin != t.raw[i-1] {
			p.bins, p.upTo = append(p.bins, bin), append(p.upTo, 0)
		}
		p.upTo[len(p.upTo)-1] = uint32(i + 1)
	}
	t.raw = nil
	p.sum, p.max = 0, 0 // they are in t already
	t.merge(&p)
}

// add takes over what o holds; both are packed after it.
func (t *times) add(o *times) {
	t.pack()
	o.pack()
	t.merge(o)
}

// merge adds the counts of o, which is packed, as t is.
func (t *times) merge(o *times) {
	t.sum += o.sum
	t.max = max(t.max, o.max)
	if len(t.bins) == 0 {
		t.bins, t.upTo = slices.Clone(o.bins), slices.Clone(o.upTo)
		return
	}
	bins := make([]uint16, 0, len(t.bins)+len(o.bins))
	upTo := make([]uint32, 0, cap(bins))
	i, j := 0, 0
	for i < len(t.bins) || j < len(o.bins) {
		var bin uint16
		switch {
		case j == len(o.bins) || i < len(t.bins) && t.bins[i] < o.bins[j]:
			bin = t.bins[i]
			i++
		case i == len(t.bins) || o.bins[j] < t.bins[i]:
			bin = o.bins[j]
			j++
		default:
			bin = t.bins[i]
			i, j = i+1, j+1
		}
		bins, upTo = append(bins, bin), append(upTo, before(t.upTo, i)+before(o.upTo, j))
	}
	t.bins, t.upTo = bins, upTo
}

func before(upTo []uint32, i int) uint32 {
	if i == 0 {
		return 0
	}
	return upTo[i-1]
}

// count returns how many times there are; they are packed.
func (t *times) count() int64 { return int64(before(t.upTo, len(t.upTo))) }

// within returns how many times are in bin or below it; they are packed.
func (t *times) within(bin uint16) int64 {
	i, found := slices.BinarySearch(t.bins, bin)
	if found {
		i++
	}
	return int64(before(t.upTo, i))
}

// at returns the time that the share q does not exceed, as summary.json has
// it: the longest of its bin. They are packed, and not empty.
func (t *times) at(q float64) float64 {
	want := max(int64(q*float64(t.count())+0.5), 1)
	i, _ := slices.BinarySearchFunc(t.upTo, want, func(n uint32, want int64) int {
		if int64(n) < want {
			return -1
		}
		return 1
	})
	us, width := binFrom(t.bins[min(i, len(t.bins)-1)])
	return float64(min(us+width-1, t.max))
}
