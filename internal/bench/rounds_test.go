package main

import (
	"slices"
	"testing"
)

func TestTheMiddleRoundCounts(t *testing.T) {
	got := middleOf([]figure{
		{measured: "slow", ratio: 15},
		{measured: "usual", ratio: 10, notes: []string{"of the usual round"}},
		{measured: "quick", ratio: 9.5},
	})
	if got.measured != "usual" || got.ratio != 10 {
		t.Errorf("the middle of 15, 10 and 9.5 is %v (%s)", got.ratio, got.measured)
	}
	if want := []string{"of the usual round", "ratios of the rounds: 15.0, 10.0, 9.50"}; !slices.Equal(got.notes, want) {
		t.Errorf("notes %q, want %q", got.notes, want)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		of   []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{5, 1}, 5}, {[]float64{9, 1, 5}, 5}} {
		if got := median(c.of); got != c.want {
			t.Errorf("the middle of %v is %v, want %v", c.of, got, c.want)
		}
	}
}

func TestAMachineThatChangesItsSpeedIsNoted(t *testing.T) {
	for _, c := range []struct {
		before, after float64
		want          string
	}{
		{100, 110, ""},
		{100, 90, ""},
		{50, 100, "the machine took 2.00 times as long for the same work after the row as before"},
		{100, 60, "the machine took 0.60 times as long for the same work after the row as before"},
	} {
		if got := drift(c.before, c.after); got != c.want {
			t.Errorf("from %v to %v: %q, want %q", c.before, c.after, got, c.want)
		}
	}
}
