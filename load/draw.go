package load

import "math/bits"

// golden is the step of SplitMix64: 2^64 over the golden ratio, made odd.
const golden = 0x9e3779b97f4a7c15

// The streams of numbers that are drawn from one seed.
const (
	streamPair   uint64 = iota // which pair an arrival goes to
	streamMix                  // what an arrival does
	streamOwnMix               // the seeds of what the pairs of a closed model do
	streamTimes                // when arrivals come: this plus twice the number of the phase, and one more for its warm-up
)

// Draw returns number n of a stream of random numbers. It is a fixed function:
// the n-th output of SplitMix64 (Steele, Lea, Flood 2014) whose state is the
// stream-th output of SplitMix64 whose state is the seed, both counted from 0.
func Draw(seed, stream, n uint64) uint64 {
	return finish(finish(seed+golden*(stream+1)) + golden*(n+1))
}

// finish is the output function of SplitMix64.
func finish(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below makes a number from 0 to n-1 of a random word: the upper word of their
// product. Against equal chances it is off by n/2^64 at most.
func below(word, n uint64) uint64 {
	hi, _ := bits.Mul64(word, n)
	return hi
}

// Pair returns which of so many pairs, from 0, arrival k goes to: draw k of
// stream 0, made smaller by the upper word of its product with pairs. It depends
// on nothing else, least of all on queues. Without pairs it is 0.
func Pair(seed uint64, k int64, pairs int) int {
	return int(below(Draw(seed, streamPair, uint64(k)), uint64(max(pairs, 0))))
}

// Mix chooses between kinds of work by weight.
type Mix struct {
	sums []uint64
}

// NewMix returns the choice between kinds with these weights. One with weight 0
// is never chosen. Weights beyond 2^64 together are cut off.
func NewMix(weights ...uint64) Mix {
	m := Mix{sums: make([]uint64, len(weights))}
	var sum uint64
	for i, w := range weights {
		sum += min(w, ^uint64(0)-sum)
		m.sums[i] = sum
	}
	return m
}

// Of returns the kind of arrival k, draw k of stream 1; -1 when there is nothing
// to choose from.
func (m Mix) Of(seed uint64, k int64) int {
	return m.choose(Draw(seed, streamMix, uint64(k)))
}

// OfPair returns the kind of operation n of a pair in a closed model, draw n of
// a seed of its own, which is draw pair of stream 2; -1 when there is nothing to
// choose from.
func (m Mix) OfPair(seed uint64, pair int, n int64) int {
	return m.choose(Draw(Draw(seed, streamOwnMix, uint64(pair)), streamMix, uint64(n)))
}

func (m Mix) choose(word uint64) int {
	if len(m.sums) == 0 || m.sums[len(m.sums)-1] == 0 {
		return -1
	}
	at := below(word, m.sums[len(m.sums)-1])
	for i, sum := range m.sums {
		if at < sum {
			return i
		}
	}
	return -1 // not reached: at is below the last sum
}
