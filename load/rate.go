package load

import (
	"fmt"
	"strings"
	"time"
)

// Rate is exactly Count events in each Per. The zero value, and any with no
// Count or no time, is no events at all.
type Rate struct {
	Count uint64
	Per   time.Duration
}

// PerSecond returns the rate of n events a second.
func PerSecond(n uint64) Rate { return Rate{Count: n, Per: time.Second} }

// ratio returns the rate in lowest terms, in events per nanoseconds; per is
// never 0.
func (r Rate) ratio() (count, per uint64) {
	if r.Count == 0 || r.Per <= 0 {
		return 0, 1
	}
	count, per = r.Count, uint64(r.Per)
	a, b := count, per
	for b != 0 {
		a, b = b, a%b
	}
	return count / a, per / a
}

// float returns events per nanosecond, nearly.
func (r Rate) float() float64 {
	count, per := r.ratio()
	return float64(count) / float64(per)
}

// Zero says that the rate is no events at all.
func (r Rate) Zero() bool { return r.Count == 0 || r.Per <= 0 }

// PerSec returns events per second, nearly, for showing and comparing.
func (r Rate) PerSec() float64 { return r.float() * float64(time.Second) }

// Compare returns -1, 0 or 1 as r is slower than, the same as or faster than s.
func (r Rate) Compare(s Rate) int {
	rc, rp := r.ratio()
	sc, sp := s.ratio()
	return product(rc, sp).compare(product(sc, rp))
}

// String writes the rate as scenarios do: 400/s, 1/3s, 30/m.
func (r Rate) String() string {
	count, per := r.ratio()
	if count == 0 {
		return "0/s"
	}
	for _, unit := range []struct {
		name string
		time time.Duration
	}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}} {
		// A whole number in one unit reads best.
		if n := uint64(unit.time) / per; uint64(unit.time)%per == 0 && count <= 1e9/n {
			return fmt.Sprintf("%d/%s", count*n, unit.name)
		}
	}
	text := time.Duration(per).String() // 1m0s, 1h30m0s
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return fmt.Sprintf("%d/%s", count, text)
}
