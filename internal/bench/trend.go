package main

import (
	"errors"
	"math"
	"time"
)

// trend is a line through measured points.
type trend struct {
	slope  float64       // of y by x
	half   float64       // the slope lies between slope-half and slope+half, with 95% confidence
	mean   float64       // of y
	points int           // that were fitted
	width  time.Duration // of time between two points
}

// rises tells whether the slope is above zero with the confidence of the
// interval.
func (t trend) rises() bool { return t.slope-t.half > 0 }

var errFewPoints = errors.New("too few points for a slope")

// fitLine fits y = a + slope·x by least squares. Neighbouring points that are
// alike count for less than independent ones: the interval is widened by the
// correlation of neighbouring residuals.
func fitLine(x, y []float64) (trend, error) {
	n := len(x)
	if n < 6 {
		return trend{points: n}, errFewPoints
	}
	mx, my := mean(x), mean(y)
	var sxx, sxy float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i] - my)
	}
	if sxx == 0 {
		return trend{points: n}, errFewPoints
	}
	slope := sxy / sxx
	var squares, neighbours, last float64
	for i := range x {
		residual := y[i] - my - slope*(x[i]-mx)
		squares += residual * residual
		if i > 0 {
			neighbours += residual * last
		}
		last = residual
	}
	effective := float64(n)
	if squares > 0 {
		alike := neighbours / squares
		alike += (2 + 4*alike) / float64(n) // what short series hide of it behind a fitted line
		alike = min(max(alike, 0), 0.9)
		effective *= (1 - alike) / (1 + alike)
	}
	freedom := max(effective-2, 2)
	deviation := math.Sqrt(squares / freedom / sxx)
	return trend{slope: slope, half: student(freedom) * deviation, mean: my, points: n}, nil
}

// student is the 97.5% quantile of Student's distribution, by the expansion of
// Cornish and Fisher.
func student(freedom float64) float64 {
	const z = 1.959964
	z3, z5 := z*z*z, z*z*z*z*z
	return z + (z3+z)/(4*freedom) + (5*z5+16*z3+3*z)/(96*freedom*freedom) +
		(3*z5*z*z+19*z5+17*z3-15*z)/(384*freedom*freedom*freedom)
}

// blockMeans cuts points into so many runs of equal length and returns the means
// of each.
func blockMeans(x, y []float64, blocks int) (xs, ys []float64) {
	blocks = min(blocks, len(x))
	for b := range blocks {
		from, to := b*len(x)/blocks, (b+1)*len(x)/blocks
		xs = append(xs, mean(x[from:to]))
		ys = append(ys, mean(y[from:to]))
	}
	return xs, ys
}

func mean(v []float64) float64 {
	var sum float64
	for _, f := range v {
		sum += f
	}
	return sum / float64(len(v))
}
