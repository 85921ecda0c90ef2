package main

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestFitLine(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	points := func(n int, y func(i int) float64) (xs, ys []float64) {
		for i := range n {
			xs, ys = append(xs, float64(i)), append(ys, y(i))
		}
		return xs, ys
	}
	walk := 0.0
	for _, c := range []struct {
		name  string
		y     func(i int) float64
		slope float64
		near  float64
		rises bool
	}{
		{"a line", func(i int) float64 { return 5 + 0.5*float64(i) }, 0.5, 1e-9, true},
		{"a line that falls", func(i int) float64 { return 5 - 0.5*float64(i) }, -0.5, 1e-9, false},
		{"flat", func(int) float64 { return 7 }, 0, 0, false},
		{"noise", func(int) float64 { return 100 + random.NormFloat64() }, 0, 0.05, false},
		{"noise on a line", func(i int) float64 { return float64(i) + random.NormFloat64() }, 1, 0.05, true},
		{"a saw, whose teeth are longer than the distance of points", func(i int) float64 { return float64(i % 12) }, 0, 0.1, false},
		{"noise that remembers", func(int) float64 { walk = 0.9*walk + random.NormFloat64(); return walk }, 0, 0.3, false},
	} {
		x, y := points(48, c.y)
		got, err := fitLine(x, y)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if math.Abs(got.slope-c.slope) > c.near || got.rises() != c.rises {
			t.Errorf("%s: slope %v ± %v, rises %v; want %v, %v", c.name, got.slope, got.half, got.rises(), c.slope, c.rises)
		}
	}
	if _, err := fitLine([]float64{1, 2, 3, 4, 5}, []float64{1, 2, 3, 4, 5}); err == nil {
		t.Error("five points are enough")
	}
	if _, err := fitLine(make([]float64, 9), make([]float64, 9)); err == nil {
		t.Error("points at one moment have a slope")
	}
}

// The interval holds the true slope about as often as it says.
func TestFitLineCoverage(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const runs = 2000
	for _, memory := range []float64{0, 0.5} {
		missed := 0
		for range runs {
			var x, y []float64
			last := 0.0
			for i := range soakBlocks {
				last = memory*last + random.NormFloat64()
				x, y = append(x, float64(i)), append(y, 2*float64(i)+last)
			}
			got, err := fitLine(x, y)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got.slope-2) > got.half {
				missed++
			}
		}
		if share := float64(missed) / runs; share > 0.08 {
			t.Errorf("with a memory of %v, %.1f%% of the intervals miss the slope", memory, 100*share)
		}
	}
}

func TestStudent(t *testing.T) {
	for freedom, want := range map[float64]float64{4: 2.776, 10: 2.228, 22: 2.074, 100: 1.984} {
		if got := student(freedom); math.Abs(got-want) > 0.02 {
			t.Errorf("%v degrees of freedom: %.3f, want %.3f", freedom, got, want)
		}
	}
}

func TestBlockMeans(t *testing.T) {
	x, y := blockMeans([]float64{1, 2, 3, 4, 5}, []float64{1, 3, 5, 7, 9}, 2)
	if len(x) != 2 || x[0] != 1.5 || x[1] != 4 || y[0] != 2 || y[1] != 7 {
		t.Errorf("%v %v", x, y)
	}
	if x, _ := blockMeans([]float64{1}, []float64{1}, 9); len(x) != 1 {
		t.Errorf("%v", x)
	}
}
