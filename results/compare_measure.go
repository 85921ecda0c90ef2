package results

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"chanbot/outcome"
)

// Measure is one number of a run that a comparison looks at. It is written as
// in thresholds: p99(transfer.response), mean(open.service), share(conflict),
// rate(signed).
type Measure struct {
	// Func is quantile, mean or max (of a time), share or rate (of an outcome).
	Func string
	// Quantile in parts of 1, for quantile.
	Quantile float64
	// Operation is "" for all operations together, which only shares and rates
	// can be of.
	Operation outcome.Operation
	// Clock is the time that is meant by quantile, mean and max.
	Clock outcome.Clock
	// Kind is the outcome that is meant by share and rate.
	Kind outcome.Kind
}

// The functions of a measure.
const (
	funcQuantile = "quantile"
	funcMean     = "mean"
	funcMax      = "max"
	funcShare    = "share"
	funcRate     = "rate"
)

// Valid returns an error that says why nothing can be compared by this measure.
func (m Measure) Valid() error {
	switch m.Func {
	case funcShare, funcRate:
		return nil
	case funcQuantile, funcMean, funcMax:
		if m.Operation == "" {
			return fmt.Errorf("times of different operations make no distribution; name one, as in %s(transfer.%s)", m.statistic(), m.Clock)
		}
		if m.Func == funcQuantile && (m.Quantile <= 0 || m.Quantile >= 1) {
			return errors.New("expected a quantile between p0 and p100")
		}
		return nil
	}
	return fmt.Errorf("%s is not compared; quantiles, mean and max of times, and shares and rates of outcomes are", m.Func)
}

// String writes the measure as it is read.
func (m Measure) String() string {
	subject := m.Kind.String()
	if m.isTime() {
		subject = m.Clock.String()
	}
	switch {
	case m.Operation != "":
		subject = string(m.Operation) + "." + subject
	case m.isTime():
		subject = AllOperations + "." + subject
	}
	return m.statistic() + "(" + subject + ")"
}

// statistic is the name of what is computed: p99.9, mean, share.
func (m Measure) statistic() string {
	if m.Func != funcQuantile {
		return m.Func
	}
	// The nearest number to 0.999 times 100 is not that to 99.9.
	text := strconv.FormatFloat(m.Quantile*100, 'f', 4, 64)
	return "p" + strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

func (m Measure) isTime() bool { return m.Func != funcShare && m.Func != funcRate }

// relative tells whether a change is a part of the base, as those of times and
// rates are; that of a share is a difference.
func (m Measure) relative() bool { return m.Func != funcShare }

// unit names what values are in.
func (m Measure) unit() string {
	switch m.Func {
	case funcShare:
		return "share"
	case funcRate:
		return "per_s"
	}
	return "us"
}

// higherIsWorse tells which direction is a regression.
func (m Measure) higherIsWorse() bool {
	return m.isTime() || m.Func == funcShare && m.Kind != outcome.Signed && m.Kind != outcome.Done ||
		m.Func == funcRate && m.Kind != outcome.Signed && m.Kind != outcome.Done
}

// shownQuantiles are those of every table.
var shownQuantiles = []float64{.5, .9, .99, .999}

// timesOf are the measures of one clock of one operation.
func timesOf(op outcome.Operation, clock outcome.Clock) []Measure {
	var out []Measure
	for _, q := range shownQuantiles {
		out = append(out, Measure{Func: funcQuantile, Quantile: q, Operation: op, Clock: clock})
	}
	return append(out, Measure{Func: funcMax, Operation: op, Clock: clock}, Measure{Func: funcMean, Operation: op, Clock: clock})
}
