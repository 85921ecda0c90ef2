package strategy

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"chanbot/outcome"
)

// Decision is one random choice that was made, with the key it was drawn for.
type Decision struct {
	Pair   int
	Role   outcome.Role
	Stream string
	N      uint64
	Choice string
}

// compare orders decisions by their key.
func (d Decision) compare(e Decision) int {
	return cmp.Or(cmp.Compare(d.Pair, e.Pair), cmp.Compare(d.Role, e.Role),
		cmp.Compare(d.Stream, e.Stream), cmp.Compare(d.N, e.N))
}

// HashDecisions returns a hexadecimal hash of the decisions sorted by their
// key, so that the order in which they were made does not matter. It does not
// change ds.
func HashDecisions(ds []Decision) string {
	sorted := slices.SortedFunc(slices.Values(ds), Decision.compare)
	h := sha256.New()
	for _, d := range sorted {
		fmt.Fprintf(h, "%d %s %q %d %q\n", d.Pair, d.Role, d.Stream, d.N, d.Choice)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Source makes every random choice of a run from one seed. Each choice has a
// generator of its own, keyed by (seed, pair, role, stream, n), so that a
// choice depends on nothing but what it is for. A Source may be used by many
// goroutines at once if its record function may.
type Source struct {
	seed   uint64
	record func(Decision)
}

// NewSource returns the source of a seed. record is told every choice that is
// drawn with Pick; nil keeps no log.
func NewSource(seed uint64, record func(Decision)) *Source {
	return &Source{seed: seed, record: record}
}

// Rand returns the generator of one key. The same key gives the same numbers.
func (s *Source) Rand(pair int, role outcome.Role, stream string, n uint64) *rand.Rand {
	b := make([]byte, 0, 64)
	b = binary.BigEndian.AppendUint64(b, s.seed)
	b = binary.BigEndian.AppendUint64(b, uint64(pair))
	b = append(b, byte(role))
	b = binary.BigEndian.AppendUint64(b, n)
	b = append(b, stream...)
	sum := sha256.Sum256(b)
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
}

// Stream returns the choices of one pair, role and purpose, from n = 0 on.
func (s *Source) Stream(pair int, role outcome.Role, name string) *Stream {
	return &Stream{source: s, pair: pair, role: role, name: name}
}

// Stream is a sequence of choices. Only one goroutine may use it at a time.
type Stream struct {
	source *Source
	pair   int
	role   outcome.Role
	name   string
	n      uint64
}

// Pick draws an index with the weights given, and tells the log. It returns -1
// when no weight is above zero; a nil Stream returns the first that is.
func (t *Stream) Pick(weights []uint64) int {
	var sum uint64
	for _, w := range weights {
		sum += w
	}
	if sum == 0 {
		return -1
	}
	var at uint64
	if t != nil {
		at = t.source.Rand(t.pair, t.role, t.name, t.n).Uint64N(sum)
	}
	i := 0
	for at >= weights[i] {
		at -= weights[i]
		i++
	}
	if t != nil {
		if t.source.record != nil {
			t.source.record(Decision{Pair: t.pair, Role: t.role, Stream: t.name, N: t.n, Choice: strconv.Itoa(i)})
		}
		t.n++
	}
	return i
}
