package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"chanbot/results"
	"chanbot/strategy"
)

// compareOptions are the flags of compare.
type compareOptions struct {
	base                 []string
	pool, force          bool
	phase, maxRegression string
	metrics              []string
	seed                 uint64
	json, quiet          bool
	markdown, html       string
}

func (c *Command) compareCommand() *cobra.Command {
	o := new(compareOptions)
	cmd := &cobra.Command{
		Use:   "compare BASE NEW...",
		Short: "Say what changed between runs, and how sure that is",
		Long: "Compare each NEW run with the BASE run: the times of every operation, outcomes and\n" +
			"throughput, each change with an interval that says how much of it may be chance.\n" +
			"Runs that did different work, or on different machines, are refused.\n\n" +
			"Several base runs are given with --base, once for each; then all arguments are NEW.\n" +
			"From four runs in all the intervals also cover how runs of the same thing differ.\n\n" +
			"With --max-regression the exit code is 1 when something is worse by more than that,\n" +
			"as surely as the interval says. Without --metric, that is asked of p50 and p99 of\n" +
			"the response times of each operation and of the rate of signed ones.",
		Example: "  chanbot compare runs/20260102T030405Z-mixed-load runs/20260103T030405Z-mixed-load\n" +
			"  chanbot compare --base runs/monday --base runs/tuesday --base runs/wednesday runs/today --max-regression 5%\n" +
			"  chanbot compare runs/base runs/new --max-regression 5% --metric 'p99(transfer.response)' --markdown comment.md",
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			base, news := o.base, args
			if len(base) == 0 && len(args) > 0 {
				base, news = args[:1], args[1:]
			}
			if len(base) == 0 || len(news) == 0 {
				return misuse(cmd.CommandPath()+" --help says more", "compare needs the folder of a base run and those of the runs to compare with it")
			}
			return c.compare(o, base, news)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.base, "base", nil, "`RUN` of the base side (repeatable); all arguments are new ones then")
	f.BoolVar(&o.pool, "pool", false, "take the NEW runs together as one side, instead of one by one")
	f.StringVar(&o.phase, "phase", "", "compare only what the phase `NAME` of the load did")
	f.StringVar(&o.maxRegression, "max-regression", "", "end with exit code 1 when something is surely worse by more than this `PERCENTAGE`")
	f.StringArrayVar(&o.metrics, "metric", nil, "judge `MEASURE`, written as in thresholds: p99(transfer.response), share(signed) (repeatable)")
	f.BoolVar(&o.force, "force", false, "compare runs that cannot be compared all the same")
	f.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that decides the resampling")
	f.BoolVar(&o.json, "json", false, "put the comparison as one JSON document on standard output")
	f.StringVar(&o.markdown, "markdown", "", "write the comparison as Markdown into `FILE`, - for standard output")
	f.StringVar(&o.html, "html", "", "write the comparison as a page with the curves of all sides into `FILE`")
	f.BoolVar(&o.quiet, "quiet", false, "do not print the tables for people")
	return cmd
}

func (c *Command) compare(o *compareOptions, base, news []string) error {
	opts, err := o.settings()
	if err != nil {
		return err
	}
	runs, err := readCompared(append(append([]string{}, base...), news...), o.phase)
	if err != nil {
		return err
	}
	var sides [][]*results.ComparedRun
	for _, r := range runs[len(base):] {
		if o.pool && len(sides) > 0 {
			sides[0] = append(sides[0], r)
			continue
		}
		sides = append(sides, []*results.ComparedRun{r})
	}
	cmp := results.Compare(runs[:len(base)], sides, opts)
	if err := o.refusal(cmp); err != nil {
		return err
	}
	if err := c.tellCompared(o, cmp); err != nil {
		return cannotRun("", "%v", err)
	}
	if cmp.Verdict == results.Regressed || cmp.Verdict == results.Undecided {
		return exitCode(exitFailed)
	}
	return nil
}

// settings reads the values of the flags; all mistakes are reported at once.
func (o *compareOptions) settings() (results.CompareOptions, error) {
	opts := results.CompareOptions{Chanbot: version(), Seed: o.seed, SamePlan: samePlan}
	var wrong complaints
	if o.maxRegression != "" {
		number, percent := strings.CutSuffix(strings.TrimSpace(o.maxRegression), "%")
		v, err := strconv.ParseFloat(number+"e-2", 64)
		if err != nil || !percent || !(v >= 0 && v <= 100) {
			wrong = append(wrong, misuse("", "--max-regression %s: expected a percentage from 0%% to 10000%%, such as 5%%", o.maxRegression))
		}
		opts.MaxRegression = &v
	}
	for _, text := range o.metrics {
		m, err := parseMeasure(text)
		if err != nil {
			wrong = append(wrong, misuse("the words are those of thresholds: p99(transfer.response), mean(open.service), share(signed), rate(signed)", "--metric %s: %v", text, err))
			continue
		}
		opts.Judged = append(opts.Judged, m)
	}
	if o.json && o.markdown == "-" {
		wrong = append(wrong, misuse("give --markdown FILE", "--json and --markdown - both go to standard output"))
	}
	return opts, wrong.err()
}

// parseMeasure reads what stands before the comparison in a threshold.
func parseMeasure(text string) (results.Measure, error) {
	if strings.ContainsAny(text, "<>!") || strings.Contains(text, "==") {
		return results.Measure{}, errors.New("it holds a condition; leave that out, --max-regression is the limit")
	}
	name, _, _ := strings.Cut(strings.TrimSpace(text), "(")
	limit, known := map[string]string{"share": "0%", "count": "0", "rate": "0/s"}[name]
	if !known {
		limit = "0s"
	}
	t, err := strategy.ParseThreshold(text + " > " + limit)
	if wrong, ok := errors.AsType[*strategy.ThresholdError](err); ok && !strings.Contains(text, "(") {
		err = &strategy.ThresholdError{Col: wrong.Col, Width: wrong.Width, Err: errors.New("expected a function and its subject")}
	}
	if err != nil {
		return results.Measure{}, err
	}
	if t.Last > 0 {
		return results.Measure{}, errors.New("a part of the run is not compared; leave last= out")
	}
	m := results.Measure{Func: t.Func, Quantile: t.Quantile, Operation: t.Operation, Clock: t.Clock, Kind: t.Kind}
	return m, m.Valid()
}

// readCompared reads run folders beside each other.
func readCompared(paths []string, phase string) ([]*results.ComparedRun, error) {
	runs := make([]*results.ComparedRun, len(paths))
	errs := make([]error, len(paths))
	var all sync.WaitGroup
	room := make(chan struct{}, runtime.GOMAXPROCS(0)) // as many as there are cores
	for i, path := range paths {
		all.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			folder, err := results.OpenFolder(path)
			if err == nil {
				runs[i], err = results.ReadComparedRun(folder, phase)
			}
			errs[i] = err
		})
	}
	all.Wait()
	var wrong complaints
	for _, err := range errs {
		if err != nil {
			wrong = append(wrong, misuse("", "%v", err))
		}
	}
	if len(wrong) > 0 {
		wrong[len(wrong)-1].hint = "give folders that chanbot run has printed"
	}
	return runs, wrong.err()
}

// refusal is the complaint about runs that cannot be compared.
func (o *compareOptions) refusal(cmp *results.Comparison) error {
	if o.force {
		return nil
	}
	var wrong complaints
	for _, r := range cmp.Refusals() {
		wrong = append(wrong, misuse("", "these runs cannot be compared: %s", r.Text))
	}
	if len(wrong) > 0 {
		wrong[len(wrong)-1].hint = "--force compares them all the same"
	}
	return wrong.err()
}

// tellCompared writes the comparison wherever it was asked for.
func (c *Command) tellCompared(o *compareOptions, cmp *results.Comparison) error {
	var errs []error
	if o.markdown != "" && o.markdown != "-" {
		errs = append(errs, os.WriteFile(o.markdown, []byte(cmp.Markdown()), 0o644)) //nolint:gosec // it is for others to read
	}
	if o.html != "" {
		var page bytes.Buffer
		errs = append(errs, cmp.WriteHTML(&page))
		errs = append(errs, os.WriteFile(o.html, page.Bytes(), 0o644)) //nolint:gosec // it is for others to read
	}
	out, w := "", c.Stdout
	if o.json {
		w = c.Stderr
		text, err := cmp.JSON()
		errs = append(errs, err)
		out = string(text)
	}
	switch {
	case o.markdown == "-":
		out = cmp.Markdown()
	case !o.quiet:
		if _, err := fmt.Fprint(w, cmp.Render(c.terminal().style)); err != nil {
			errs = append(errs, err)
		}
	}
	if out != "" {
		if _, err := fmt.Fprint(c.Stdout, out); err != nil {
			errs = append(errs, fmt.Errorf("write standard output: %w", err))
		}
	}
	return errors.Join(errs...)
}
