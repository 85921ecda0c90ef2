package bot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"

	"chanbot/outcome"
	"chanbot/strategy"
)

// The streams of choices that the load makes, beside those of strategies.
const (
	streamOpen   = "arrival"   // by number of the arrival: what it does on this pair
	streamClosed = "operation" // by number of the pair's operation: what it does
)

// digest is a running hash (FNV-1a) of the choices of one role and stream of a
// pair, in their order. So a long run need not keep its choices.
type digest struct {
	role   outcome.Role
	stream string
	n      int64
	sum    uint64
}

const (
	digestStart = 14695981039346656037
	digestPrime = 1099511628211
)

// digests are those of one pair. There are few.
type digests []digest

// add takes a choice into account.
func (d *digests) add(role outcome.Role, stream string, n uint64, choice []byte) {
	for i := range *d {
		if x := &(*d)[i]; x.role == role && x.stream == stream {
			x.add(n, choice)
			return
		}
	}
	*d = append(*d, digest{role: role, stream: stream, sum: digestStart})
	(*d)[len(*d)-1].add(n, choice)
}

func (x *digest) add(n uint64, choice []byte) {
	x.n++
	for range 8 {
		x.sum = (x.sum ^ n&0xff) * digestPrime
		n >>= 8
	}
	for _, b := range choice {
		x.sum = (x.sum ^ uint64(b)) * digestPrime
	}
	x.sum = (x.sum ^ 0xff) * digestPrime // no text has it: the end of the choice
}

// decided is told every random choice of a strategy or a step. It is called with
// the lock of the pair held.
func (f *fleet) decided(d strategy.Decision) {
	f.pairs[d.Pair].choosing.add(d.Role, d.Stream, d.N, []byte(d.Choice))
	if f.cfg.Decisions != nil {
		f.cfg.Decisions(d)
	}
}

// chosen notes what the load has chosen for a pair. The caller sees to it that
// choices of one pair come one after the other.
func (f *fleet) chosen(pair int, d *digests, stream string, n int64, choice int) {
	var room [20]byte
	d.add(outcome.NoRole, stream, uint64(n), strconv.AppendInt(room[:0], int64(choice), 10))
	if f.cfg.Decisions != nil {
		f.cfg.Decisions(strategy.Decision{Pair: pair, Stream: stream, N: uint64(n), Choice: strconv.Itoa(choice)})
	}
}

// decisions is the hash of all choices, whatever the order was in which pairs
// and roles made theirs.
func (f *fleet) decisions() string {
	h := sha256.New()
	for _, p := range f.pairs {
		all := slices.Clone(p.choosing)
		if p.work != nil {
			all = append(all, p.work.chosen...)
		}
		slices.SortFunc(all, func(a, b digest) int { return cmp.Or(cmp.Compare(a.role, b.role), cmp.Compare(a.stream, b.stream)) })
		for _, d := range all {
			fmt.Fprintf(h, "%d %s %q %d %016x\n", p.number, d.role, d.stream, d.n, d.sum)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
