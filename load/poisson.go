package load

import (
	"math"
	"math/bits"
	"slices"
	"time"
)

// Poisson is arrivals at random during Over, independent of each other. Their
// number is not drawn: it is what [Uniform] has at the same rate, so that counts
// are exact whatever the seed. What is left is a Poisson process under the
// condition of that number: each arrival is anywhere in Over with equal chances.
// Nothing is due after Over.
//
// The times are those of a tree. A node has a share of [0, Over) and a number of
// arrivals in it; how many of these fall into its first half is drawn from (Seed,
// node) alone, until a leaf with at most 32 of them draws their places. Up to
// 4,096 arrivals the halving is exactly binomial; above it is normal with the
// same mean and variance, made of 4,096 random bits. All of it is the same on
// every machine.
type Poisson struct {
	Rate Rate
	Over time.Duration
	Seed uint64
}

const (
	leafSize  = 32
	leafDepth = 58
	coins     = 4096 // random bits for the halving of larger numbers
)

// node is a part of the tree: the arrivals from rank first on whose place,
// as a fraction of 2^64, begins with the first depth bits of place. Number 1
// is the root, and those below number i are 2i and 2i+1.
type node struct {
	number, place uint64
	depth         int
	first, n      int64
}

func (p Poisson) root() node { return node{number: 1, n: p.total()} }

func (p Poisson) total() int64 { return Uniform{p.Rate}.Count(p.Over) }

func (d node) leaf() bool { return d.n <= leafSize || d.depth == leafDepth }

// halves returns the two nodes below.
func (d node) halves(seed uint64) (node, node) {
	left := half(d.n, Draw(seed, 0, d.number))
	a := node{number: 2 * d.number, place: d.place, depth: d.depth + 1, first: d.first, n: left}
	b := node{number: a.number + 1, place: d.place | 1<<(63-d.depth), depth: a.depth, first: d.first + left, n: d.n - left}
	return a, b
}

// half draws how many of n fall into the first half.
func half(n int64, state uint64) int64 {
	ones := 0
	next := func() uint64 { state += golden; return finish(state) }
	if n <= coins {
		for ; n >= 64; n -= 64 {
			ones += bits.OnesCount64(next())
		}
		return int64(ones + bits.OnesCount64(next()&(1<<n-1)))
	}
	for range coins / 64 {
		ones += bits.OnesCount64(next())
	}
	// Spread evenly within the unit, so that the steps of the bits do not show.
	z := float64(ones-coins/2) + float64(next()>>11)/(1<<53) - 0.5
	scale := math.Sqrt(float64(n) / (coins + 1.0/3))
	shift := float64(z*scale) + 0.5 + 0.5*float64(n&1) // the product is rounded by itself on every machine
	return min(max(n/2+int64(math.Floor(shift)), 0), n)
}

// places appends the places of a leaf, in order.
func (d node) places(seed uint64, to []uint64) []uint64 {
	state := Draw(seed, 1, d.number)
	from := len(to)
	for range d.n {
		state += golden
		to = append(to, d.place|finish(state)>>d.depth)
	}
	slices.Sort(to[from:])
	return to
}

// find returns the leaf with arrival k, which must exist.
func (p Poisson) find(k int64) node {
	d := p.root()
	for !d.leaf() {
		a, b := d.halves(p.Seed)
		if d = a; k >= b.first {
			d = b
		}
	}
	return d
}

// time turns a place into a time.
func (p Poisson) time(place uint64) time.Duration {
	return time.Duration(below(place, uint64(p.Over)))
}

// At implements [Pacer].
func (p Poisson) At(k int64) time.Duration {
	k = max(k, 0)
	if k >= p.total() {
		return Never
	}
	var room [leafSize]uint64
	d := p.find(k)
	return p.time(d.places(p.Seed, room[:0])[k-d.first])
}

// Count implements [Pacer].
func (p Poisson) Count(before time.Duration) int64 {
	switch {
	case before <= 0:
		return 0
	case before >= p.Over:
		return p.total()
	}
	// The places that are not below this one are not before the time.
	limit, rest := bits.Div64(uint64(before), 0, uint64(p.Over))
	if rest > 0 {
		limit++ // before < Over, so there is room
	}
	d := p.root()
	for !d.leaf() {
		a, b := d.halves(p.Seed)
		if d = a; limit > b.place {
			d = b
		}
	}
	var room [leafSize]uint64
	n, _ := slices.BinarySearch(d.places(p.Seed, room[:0]), limit)
	return d.first + int64(n)
}
