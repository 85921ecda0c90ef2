package results

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"chanbot/outcome"
)

// SeriesFile is the name of the per-second table in the run folder.
const SeriesFile = "series.csv"

// SeriesPoint is what ended in one second under one name, warm-up included.
type SeriesPoint struct {
	// Second counts from 0 at the start of the run.
	Second int64
	// Operation is "all" for everything together.
	Operation string
	Ended     int64
	// Outcomes counts by outcome.Kind.
	Outcomes                [outcome.Unknown + 1]int64
	Response, Service, Wait Latency
}

// AllOperations is the name under which all operations are counted together.
const AllOperations = "all"

// DuePoint is how many operations of one name were due in one second, warm-up
// included. Only those are counted of which it is known how they ended.
type DuePoint struct {
	// Second counts from 0 at the start of the run.
	Second int64
	// Operation is AllOperations for everything together.
	Operation string
	Count     int64
}

// WriteSeries writes the table, a line for each second and operation, with a
// first line of names.
func WriteSeries(w io.Writer, points []SeriesPoint) error {
	b := bufio.NewWriter(w)
	c := csv.NewWriter(b)
	row := []string{"t_s", "operation", "ended"}
	for _, k := range outcome.Kinds() {
		row = append(row, k.String())
	}
	for _, clock := range []outcome.Clock{outcome.Response, outcome.Service, outcome.Waiting} {
		for _, name := range []string{"mean", "p50", "p90", "p99", "max"} {
			row = append(row, clock.String()+"_"+name+"_us")
		}
	}
	_ = c.Write(row) // c.Error tells
	for i := range points {
		_ = c.Write(points[i].row(row[:0]))
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return fmt.Errorf("write %s: %w", SeriesFile, err)
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write %s: %w", SeriesFile, err)
	}
	return nil
}

func (p *SeriesPoint) row(row []string) []string {
	row = append(row, strconv.FormatInt(p.Second, 10), p.Operation, strconv.FormatInt(p.Ended, 10))
	for _, k := range outcome.Kinds() {
		row = append(row, strconv.FormatInt(p.Outcomes[k], 10))
	}
	for _, l := range []*Latency{&p.Response, &p.Service, &p.Wait} {
		for _, us := range []float64{l.MeanUS, l.P50US, l.P90US, l.P99US, l.MaxUS} {
			cell := "" // nothing was measured
			if l.Count > 0 {
				cell = strconv.FormatFloat(us, 'f', -1, 64)
			}
			row = append(row, cell)
		}
	}
	return row
}
