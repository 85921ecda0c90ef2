package results

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// thin separates groups of digits, and numbers from their units: a narrow space
// at which no line is broken.
const thin = "\u202f"

// grouped writes a whole number with its digits in groups of three.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, text = "−", text[1:]
	}
	if len(text) <= 4 {
		return sign + text
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, d := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteString(thin)
		}
		b.WriteRune(d)
	}
	return b.String()
}

// figure writes a number with three significant digits or more, without zeros
// that say nothing.
func figure(f float64) string {
	switch a := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return "–"
	case a >= 999.5 && a < 1e15:
		return grouped(int64(math.Round(f)))
	case a >= 1e15 || a > 0 && a < 0.0005:
		return strconv.FormatFloat(f, 'g', 3, 64)
	case a >= 99.95:
		return trimmed(f, 0)
	case a >= 9.995:
		return trimmed(f, 1)
	case a >= 0.9995 || a == 0:
		return trimmed(f, 2)
	}
	return trimmed(f, 4)
}

func trimmed(f float64, decimals int) string {
	text := strconv.FormatFloat(f, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return strings.Replace(text, "-", "−", 1)
}

// period writes microseconds with three digits and the unit that fits.
func period(us float64) string {
	switch {
	case math.IsNaN(us) || math.IsInf(us, 0):
		return "–"
	case us < 0:
		return "−" + period(-us)
	case us == 0:
		return "0" + thin + "s"
	case us < 999.5:
		return period3(us) + thin + "µs"
	case us < 999.5e3:
		return period3(us/1e3) + thin + "ms"
	case us < 120e6:
		return period3(us/1e6) + thin + "s"
	}
	return clock(us / 1e6)
}

// period3 keeps zeros behind the point, so that columns are easy to compare.
func period3(f float64) string {
	switch {
	case f < 0.9995:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 9.995:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 99.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// clock writes a long time as "2 min 5 s" or "3 h 20 min".
func clock(s float64) string {
	if s > 1e9 {
		return figure(s) + thin + "s"
	}
	whole := int64(math.Round(s))
	part := func(n int64, unit string) string { return strconv.FormatInt(n, 10) + thin + unit }
	switch {
	case whole < 120:
		return part(whole, "s")
	case whole < 3600:
		return joined(part(whole/60, "min"), part(whole%60, "s"), whole%60)
	case whole < 48*3600:
		return joined(part(whole/3600, "h"), part(whole%3600/60, "min"), whole%3600/60)
	}
	return joined(part(whole/86400, "d"), part(whole%86400/3600, "h"), whole%86400/3600)
}

func joined(a, b string, bIs int64) string {
	if bIs == 0 {
		return a
	}
	return a + thin + b
}

func periodOf(d time.Duration) string { return period(float64(d) / float64(time.Microsecond)) }

// bytesText writes a size with a binary unit.
func bytesText(n int64) string {
	const units = "KMGTP"
	f, unit := float64(n), ""
	for i := 0; i < len(units) && f >= 1024; i++ {
		f, unit = f/1024, units[i:i+1]+"i"
	}
	if unit == "" {
		return grouped(n) + thin + "B"
	}
	return period3(f) + thin + unit + "B"
}

// share writes a part of a whole in per cent.
func share(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := 100 * float64(part) / float64(whole)
	switch {
	case part == whole:
		return "100" + thin + "%"
	case part == 0:
		return "0" + thin + "%"
	case p < 0.01:
		return "<" + thin + "0.01" + thin + "%"
	case p > 99.99:
		return ">" + thin + "99.99" + thin + "%"
	case p > 99 || p < 1:
		return strconv.FormatFloat(p, 'f', 2, 64) + thin + "%"
	}
	return strconv.FormatFloat(p, 'f', 1, 64) + thin + "%"
}

// counted writes "1 step", "12 345 steps".
func counted(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return grouped(n) + " " + noun
}
