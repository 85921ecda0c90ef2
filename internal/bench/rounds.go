package main

import (
	"cmp"
	"context"
	"slices"
	"strings"
)

// rounds is how often the two sides of a ratio are measured next to each other,
// where both take CPU: a machine that is shared gets slower and faster while one
// looks. The middle round counts.
const rounds = 3

// middle measures a row in rounds.
func middle(measure func(context.Context, *bench) (figure, error)) func(context.Context, *bench) (figure, error) {
	return func(ctx context.Context, b *bench) (figure, error) {
		figs := make([]figure, rounds)
		for i := range figs {
			var err error
			if figs[i], err = measure(ctx, b); err != nil {
				return figure{}, err
			}
		}
		return middleOf(figs), nil
	}
}

// middleOf returns the figure with the middle ratio, with a note of all of them in
// the order in which they were measured.
func middleOf(figs []figure) figure {
	var each []string
	for _, f := range figs {
		each = append(each, short(f.ratio))
	}
	slices.SortStableFunc(figs, func(a, b figure) int { return cmp.Compare(a.ratio, b.ratio) })
	f := figs[len(figs)/2]
	f.notes = append(f.notes, "ratios of the rounds: "+strings.Join(each, ", "))
	return f
}

// median is the middle of some values, the upper one of two.
func median[T cmp.Ordered](v []T) T {
	return slices.Sorted(slices.Values(v))[len(v)/2]
}
