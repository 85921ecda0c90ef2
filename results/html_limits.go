package results

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// chartLimit is a threshold that can be drawn: a time that was not to be
// exceeded.
type chartLimit struct {
	Operation string  `json:"operation"`
	Clock     string  `json:"clock"`
	US        float64 `json:"us"`
	// Above is the part of the operations that may take longer, 0 when the
	// limit is for all of them, and -1 when it is not for a quantile.
	Above float64 `json:"above"`
	Text  string  `json:"text"`
}

var timeLimit = regexp.MustCompile(`^\s*(p[0-9]+(?:\.[0-9]+)?|max|mean)\(\s*([a-z_]+)\.(response|service|wait)\s*(?:,[^)]*)?\)\s*<=?\s*([0-9.a-zµ]+)\s*$`)

// chartLimits finds the thresholds that can be drawn as lines.
func chartLimits(thresholds []Threshold) []chartLimit {
	out := []chartLimit{}
	for _, t := range thresholds {
		m := timeLimit.FindStringSubmatch(t.Expr)
		if m == nil || len(out) == chartOperations {
			continue
		}
		limit, err := time.ParseDuration(m[4])
		if err != nil {
			continue
		}
		out = append(out, chartLimit{
			Operation: m[2], Clock: m[3], US: float64(limit) / float64(time.Microsecond), Above: above(m[1]),
			Text: m[1] + " < " + strings.ReplaceAll(periodOf(limit), ".00", ""),
		})
	}
	return out
}

// above returns the part of the operations that a limit does not hold for.
func above(function string) float64 {
	digits, ok := strings.CutPrefix(function, "p")
	if function == "max" {
		return 0
	}
	q, err := strconv.ParseFloat(digits, 64)
	if !ok || err != nil {
		return -1
	}
	for q > 100 { // p999 is 99.9%
		q /= 10
	}
	return max(1-q/100, 0)
}
