package metrics

import (
	"cmp"
	"slices"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// dues counts operations by the second in which they were due. Their order does
// not matter.
type dues struct {
	counts map[dueKey]int64
	last   dueKey // of lastN operations that are not in counts yet
	lastN  int64
}

type dueKey struct {
	second    int64
	operation outcome.Operation
}

func (d *dues) add(r *results.OperationRecord) {
	k := dueKey{int64(max(r.Due, 0) / time.Second), r.Operation}
	if k == d.last {
		d.lastN++
		return
	}
	d.flush()
	d.last, d.lastN = k, 1
}

func (d *dues) flush() {
	if d.lastN == 0 {
		return
	}
	if d.counts == nil {
		d.counts = make(map[dueKey]int64)
	}
	d.counts[d.last] += d.lastN
	d.lastN = 0
}

// points returns the counts by second and operation, in order.
func (d *dues) points() []results.DuePoint {
	d.flush()
	all := make(map[int64]int64)
	for k, n := range d.counts {
		all[k.second] += n
	}
	out := make([]results.DuePoint, 0, len(all)+len(d.counts))
	for second, n := range all {
		out = append(out, results.DuePoint{Second: second, Operation: results.AllOperations, Count: n})
	}
	for k, n := range d.counts {
		out = append(out, results.DuePoint{Second: k.second, Operation: string(k.operation), Count: n})
	}
	slices.SortFunc(out, func(a, b results.DuePoint) int {
		return cmp.Or(cmp.Compare(a.Second, b.Second), cmp.Compare(a.Operation, b.Operation))
	})
	return out
}
