package load

import "math/bits"

// wide is a whole number below 2^384, least significant word first. The
// expected number of arrivals of the pacers here, times the denominators of
// three rates, is less than that whatever their fields are.
type wide [6]uint64

// product multiplies words; there are at most six.
func product(factors ...uint64) wide {
	w := wide{1}
	for _, f := range factors {
		w = w.times(f)
	}
	return w
}

func (w wide) times(m uint64) wide {
	var hi [6]uint64
	var lo, carry uint64
	hi[1], w[0] = bits.Mul64(w[0], m)
	hi[2], lo = bits.Mul64(w[1], m)
	w[1], carry = bits.Add64(lo, hi[1], 0)
	hi[3], lo = bits.Mul64(w[2], m)
	w[2], carry = bits.Add64(lo, hi[2], carry)
	hi[4], lo = bits.Mul64(w[3], m)
	w[3], carry = bits.Add64(lo, hi[3], carry)
	hi[5], lo = bits.Mul64(w[4], m)
	w[4], carry = bits.Add64(lo, hi[4], carry)
	_, lo = bits.Mul64(w[5], m)
	w[5], _ = bits.Add64(lo, hi[5], carry)
	return w
}

func (w wide) plus(v wide) wide {
	var carry uint64
	for i := range w {
		w[i], carry = bits.Add64(w[i], v[i], carry)
	}
	return w
}

// minus needs w to be at least v.
func (w wide) minus(v wide) wide {
	var borrow uint64
	for i := range w {
		w[i], borrow = bits.Sub64(w[i], v[i], borrow)
	}
	return w
}

func (w wide) compare(v wide) int {
	for i := len(w) - 1; i >= 0; i-- {
		switch {
		case w[i] < v[i]:
			return -1
		case w[i] > v[i]:
			return 1
		}
	}
	return 0
}
