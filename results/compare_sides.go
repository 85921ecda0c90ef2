package results

import "math"

// side is what the runs of one side of a comparison say about one measure.
type side struct {
	runs         int // that say anything
	value, exact float64
	samples      int64
	draws        []float64 // of the mean of the runs; nil with a problem
	variance     float64   // of the draws, the spread between the runs left out
	narrow       float64   // the variance as it would be with very many blocks
	lack         float64   // for the degrees of freedom: sum of variance²/(blocks-1)
	squares      float64   // of the differences between the runs and their mean
	within       float64   // variance of one run, summed over the runs
	problem      string
}

// oneSide takes the mean of the runs that say something.
func oneSide(readings []reading, relative bool) side {
	var s side
	for _, r := range readings {
		if !r.there {
			continue
		}
		s.runs++
		s.value += r.value
		s.exact += r.exact
		s.samples += r.samples
		if r.draws == nil && s.problem == "" {
			if s.problem = r.problem; s.problem == "" {
				s.problem = "there is nothing that varies"
			}
		}
	}
	if s.runs == 0 {
		return s
	}
	n := float64(s.runs)
	s.value /= n
	s.exact /= n
	if s.problem != "" {
		return s
	}
	// A relative spread is one in parts of the mean.
	scale := 1.0
	if relative && s.exact > 0 {
		scale = s.exact
	}
	for _, r := range readings {
		if !r.there {
			continue
		}
		if s.draws == nil {
			s.draws = make([]float64, len(r.draws))
		}
		part := 1.0 // of a draw
		if relative {
			part = r.exact
		}
		for i, d := range r.draws {
			s.draws[i] += d * part / n
		}
		v := r.variance * (part / scale) * (part / scale)
		s.within += v
		v /= n * n
		s.variance += v
		if r.blocks > 1 && !math.IsInf(r.blocks, 1) {
			s.narrow += v * r.blocks / (r.blocks - 1)
			s.lack += v * v / (r.blocks - 1)
		} else {
			s.narrow += v
		}
		d := (r.exact - s.exact) / scale
		s.squares += d * d
	}
	return s
}

// between adds to the draws of a difference how much runs of the same thing
// differ, where there are enough of them to know: two more than there are
// sides. What differs inside the runs is not counted twice.
func between(base, new side, rng chance) (noise []float64) {
	free := base.runs + new.runs - 2
	if free < 2 {
		return nil
	}
	within := (base.within + new.within) / float64(base.runs+new.runs)
	squares := base.squares + new.squares
	scale := math.Sqrt(1/float64(base.runs) + 1/float64(new.runs))
	noise = make([]float64, rng.draws)
	for i := range noise {
		// What the variance of a run may really be, seen from these few.
		variance := squares / (2 * gamma(rng.Rand, float64(free)/2))
		noise[i] = rng.NormFloat64() * math.Sqrt(max(variance-within, 0)) * scale
	}
	return noise
}

// leftOut returns the share of the draws that an interval leaves out on each side.
// It is smaller than what the confidence asks for, because resamples of few
// blocks spread too little: the expanded percentile interval of Hesterberg
// (2015).
func leftOut(base, new side) float64 {
	z := math.Sqrt2 * math.Erfinv(Confidence)
	variance, lack := base.variance+new.variance, base.lack+new.lack
	if variance > 0 {
		narrow := (base.narrow + new.narrow) / variance
		t := z
		if lack > 0 {
			t = student(z, max(variance*variance/lack, fewestBlocks-1))
		}
		z = t * math.Sqrt(narrow)
	}
	return math.Erfc(z/math.Sqrt2) / 2
}

// student turns a quantile of the normal distribution into one of Student's
// with free degrees of freedom, at least 7 (Abramowitz and Stegun 26.7.5).
func student(z, free float64) float64 {
	z2 := z * z
	return z * (1 + (z2+1)/(4*free) + (5*z2*z2+16*z2+3)/(96*free*free) +
		(3*z2*z2*z2+19*z2*z2+17*z2-15)/(384*free*free*free))
}

// change compares two sides that both say something: the change and, if
// nothing speaks against it, its interval.
func change(base, new side, relative bool, rng chance) (by, low, high float64, known bool) {
	if relative {
		by = new.exact/base.exact - 1
	} else {
		by = new.exact - base.exact
	}
	if base.draws == nil || new.draws == nil {
		return by, 0, 0, false
	}
	noise := between(base, new, rng)
	d := make([]float64, rng.draws)
	for i := range d {
		var more float64
		if noise != nil {
			more = noise[i]
		}
		if relative {
			if base.draws[i] <= 0 {
				return by, 0, 0, false
			}
			d[i] = new.draws[i]/base.draws[i]*math.Exp(more) - 1
		} else {
			d[i] = new.draws[i] - base.draws[i] + more
		}
	}
	sorted := sortedCopy(d)
	p := leftOut(base, new)
	// An interval holds what was measured, however crooked the resamples are.
	return by, min(quantileOf(sorted, p), by), max(quantileOf(sorted, 1-p), by), true
}
