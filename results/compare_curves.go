package results

import (
	"fmt"
	"math"
	"slices"

	"chanbot/outcome"
)

// comparedCurve is the distribution of one clock of one operation on one side.
type comparedCurve struct {
	// Side is a number from 0, which is the base.
	Side      int    `json:"side"`
	Operation string `json:"operation"`
	Clock     string `json:"clock"`
	Count     int64  `json:"count"`
	// Above are the parts of the times that are longer than US, falling to 0.
	Above figures `json:"above"`
	US    figures `json:"us"`
}

// finest is how far apart the points of a curve are at least, in powers of ten
// of what lies above.
const finest = 0.01

// comparedCurves draws the curves of a side: all its runs together.
func comparedCurves(side int, runs []*ComparedRun) []comparedCurve {
	var out []comparedCurve
	for _, op := range operationsOf(runs) {
		for _, clock := range []outcome.Clock{outcome.Response, outcome.Service} {
			var sum times
			for _, r := range runs {
				if r.m == nil || r.m.operations[op] == nil {
					continue
				}
				whole := newClockReader(r.m.operations[op], clock).total
				sum.merge(&whole)
			}
			if sum.count() == 0 {
				continue
			}
			c := comparedCurve{Side: side, Operation: string(op), Clock: clock.String(), Count: sum.count()}
			c.points(&sum)
			out = append(out, c)
		}
	}
	return out
}

func (c *comparedCurve) points(t *times) {
	n := t.count()
	last := math.Inf(-1)
	for i, bin := range t.bins {
		above := float64(n-int64(t.upTo[i])) / float64(n)
		place := -math.Log10(above) // infinite in the end
		if place-last < finest && i > 0 && i < len(t.bins)-1 {
			continue
		}
		last = place
		us, width := binFrom(bin)
		c.Above, c.US = append(c.Above, above), append(c.US, float64(min(us+width-1, t.max)))
	}
}

// sideNames are what the sides are called in charts.
func (c *Comparison) sideNames() []string {
	names := []string{sideName("base", len(c.Base))}
	for i := range c.Comparisons {
		name := "new"
		if len(c.Comparisons) > 1 {
			name = fmt.Sprintf("new %d", i+1)
		}
		names = append(names, sideName(name, len(c.Comparisons[i].New)))
	}
	return names
}

func sideName(name string, runs int) string {
	if runs > 1 {
		return fmt.Sprintf("%s (%d runs)", name, runs)
	}
	return name
}

// curvedOperations are those that have a curve, the one with the most
// operations first.
func curvedOperations(curves []comparedCurve) []string {
	count := make(map[string]int64)
	for _, c := range curves {
		count[c.Operation] += c.Count
	}
	names := sortedKeys(count)
	slices.SortStableFunc(names, func(a, b string) int { return int(max(min(count[b]-count[a], 1), -1)) })
	return names
}
