package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// row is one line of the table: something that chanbot has to be good at.
type row struct {
	name    string
	what    string
	target  limit
	stretch limit // none where there is no higher aim
	unit    string
	measure func(context.Context, *bench) (figure, error)
}

// limit is what a figure is held against. The zero value holds nothing.
type limit struct {
	least bool // the figure must not be below; else not above
	value float64
	set   bool
}

func atMost(v float64) limit  { return limit{value: v, set: true} }
func atLeast(v float64) limit { return limit{value: v, set: true, least: true} }

func (l limit) metBy(v float64) bool {
	if l.least {
		return v >= l.value
	}
	return v <= l.value
}

func (l limit) text(unit string) string {
	sign := "≤"
	if l.least {
		sign = "≥"
	}
	return fmt.Sprintf("%s %g%s", sign, l.value, unit)
}

// figure is what a measurement found.
type figure struct {
	measured  string  // with its unit
	reference string  // what it is compared with, from the same run
	ratio     float64 // what the target is about
	word      string  // instead of ratio and target, where these are no numbers
	skip      string  // why there is nothing to compare with
	notes     []string
}

// verdict says whether a figure reaches a limit.
func verdict(l limit, unit string, v float64) string {
	switch {
	case !l.set:
		return ""
	}
	return l.text(unit) + " " + metOrMissed(l.metBy(v))
}

// result is a row with what came of it.
type result struct {
	row *row
	fig figure
	err error // why it could not be measured
}

// cells are the columns of the table.
func (r *result) cells() []string {
	switch {
	case r.err != nil:
		return []string{r.row.name, "not measured", "", "", ""}
	case r.fig.skip != "":
		return []string{r.row.name, r.fig.measured, "skipped: " + r.fig.skip, "", ""}
	case r.fig.word != "":
		return []string{r.row.name, r.fig.measured, r.fig.reference, "", r.fig.word}
	}
	target := verdict(r.row.target, r.row.unit, r.fig.ratio)
	if s := verdict(r.row.stretch, r.row.unit, r.fig.ratio); s != "" {
		target += ", stretch " + s
	}
	return []string{r.row.name, r.fig.measured, r.fig.reference, short(r.fig.ratio) + r.row.unit, target}
}

// short writes a number with three significant digits.
func short(v float64) string {
	switch {
	case v >= 100 || v <= -100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10 || v <= -10:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.2f", v)
}

// table writes the results under their headings, then the notes.
func table(w io.Writer, results []*result) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join([]string{"row", "measured", "reference", "ratio", "target"}, "\t"))
	for _, r := range results {
		fmt.Fprintln(t, strings.Join(r.cells(), "\t"))
	}
	_ = t.Flush() // an error of w shows in what follows
	fmt.Fprintln(w)
	for _, r := range results {
		fmt.Fprintf(w, "%s: %s\n", r.row.name, r.row.what)
		for _, n := range r.fig.notes {
			if n != "" {
				fmt.Fprintf(w, "  %s\n", n)
			}
		}
		if r.err != nil {
			fmt.Fprintf(w, "  not measured: %v\n", r.err)
		}
	}
}
