package metrics

import (
	"fmt"
	"strconv"
	"time"
)

// clock writes a time as "0:07", "12:34" or "1:02:03".
func clock(d time.Duration) string {
	s := int64(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// micros writes microseconds with three digits in the unit that fits, as
// "870µs", "12.3ms" or "4.50s", and "-" for less than nothing.
func micros(us int64) string {
	switch f := float64(us); {
	case us < 0:
		return "-"
	case us < 1000:
		return strconv.FormatInt(us, 10) + "µs"
	case f < 999.5e3:
		return threeDigits(f/1e3) + "ms"
	case f < 999.5e6:
		return threeDigits(f/1e6) + "s"
	default:
		return clock(time.Duration(us) * time.Microsecond)
	}
}

// perSecond writes a rate with at least three digits.
func perSecond(f float64) string {
	if f == 0 {
		return "0"
	}
	return threeDigits(f)
}

func threeDigits(f float64) string {
	switch {
	case f < 9.995:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 99.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}
