// Mutants proves that chanbot finds mistakes: it lets chanbot fuzz search for
// every defect of the embedded node with a fixed seed, plays what was found at
// a node with the defect and at one without, and prints a table.
//
// Usage: mutants [flags] CHANBOT
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// options are the flags.
type options struct {
	chanbot  string
	seed     uint64
	duration time.Duration
	only     string
	conform  bool
	keep     string
}

func run(ctx context.Context, w io.Writer, args []string) error {
	var o options
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	f.Uint64Var(&o.seed, "seed", 1, "the seed of every search")
	f.DurationVar(&o.duration, "duration", 2*time.Minute, "how long a search may take")
	f.StringVar(&o.only, "only", "", "names of defects, with commas between them")
	f.BoolVar(&o.conform, "conform", false, "hold chanbot conform against each defect, too")
	f.StringVar(&o.keep, "keep", "", "a folder for the repro files")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() != 1 {
		return errors.New("usage: mutants [flags] CHANBOT")
	}
	o.chanbot = f.Arg(0)
	names, err := o.defects(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "mutants")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var all []result
	for i, name := range names {
		if ctx.Err() != nil {
			break
		}
		r := o.examine(ctx, dir, name)
		all = append(all, r)
		fmt.Fprintf(os.Stderr, "%3d of %d  %s: %s\n", i+1, len(names), name, r.line())
	}
	if ctx.Err() == nil && o.only == "" {
		all = append(all, o.clean(ctx, dir))
	}
	return report(w, all)
}

// defects returns the names to look for.
func (o *options) defects(ctx context.Context) ([]string, error) {
	out, err := exec.CommandContext(ctx, o.chanbot, "node", "--list-defects", "--json").Output()
	if err != nil {
		return nil, fmt.Errorf("list the defects: %w", err)
	}
	var list []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("list the defects: %w", err)
	}
	var names []string
	for _, d := range list {
		if o.only == "" || slices.Contains(strings.Split(o.only, ","), d.Name) {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return nil, errors.New("no such defect")
	}
	return names, nil
}

// result is what became of one defect.
type result struct {
	name    string
	found   bool
	rule    string
	where   string
	took    time.Duration // until it was found
	actions int64
	steps   int
	fails   bool // the repro fails at a node with the defect
	passes  bool // and passes at one without
	conform string
	err     error
	clean   bool // no defect at all: nothing is to be found
}

// good says that everything is as it has to be.
func (r *result) good() bool {
	if r.clean {
		return r.err == nil && !r.found
	}
	return r.err == nil && r.found && r.fails && r.passes
}

func (r *result) line() string {
	switch {
	case r.err != nil:
		return r.err.Error()
	case !r.found && r.clean:
		return fmt.Sprintf("nothing in %d actions", r.actions)
	case !r.found:
		return fmt.Sprintf("NOT FOUND in %d actions", r.actions)
	case !r.clean && (!r.fails || !r.passes):
		return fmt.Sprintf("%s, but its repro fails with the defect: %v, passes without: %v", r.rule, r.fails, r.passes)
	}
	return fmt.Sprintf("%s after %v", r.rule, r.took.Round(100*time.Millisecond))
}

// document is the part of chanbot fuzz --json that is looked at.
type document struct {
	Actions  int64 `json:"actions"`
	Findings []struct {
		Rule    string  `json:"rule"`
		State   string  `json:"state"`
		Input   string  `json:"input"`
		File    string  `json:"file"`
		Steps   int     `json:"steps"`
		Hits    int     `json:"hits"`
		Pairs   int     `json:"pairs"`
		FoundS  float64 `json:"found_s"`
		Actions int64   `json:"found_actions"`
	} `json:"findings"`
}

// search runs chanbot fuzz.
func (o *options) search(ctx context.Context, dir string, args ...string) (*document, string, error) {
	out := filepath.Join(dir, "fuzz")
	_ = os.RemoveAll(out) // of the defect before
	args = append([]string{"fuzz", "--seed", strconv.FormatUint(o.seed, 10), "--duration", o.duration.String(), "--out", out, "--json", "--no-progress"}, args...)
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, o.chanbot, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		err = nil // something was found
	}
	if err != nil {
		return nil, "", fmt.Errorf("chanbot fuzz: %w: %s", err, lastLine(stderr.String()))
	}
	var doc document
	if err := json.Unmarshal(stdout.Bytes(), &doc); err != nil {
		return nil, "", fmt.Errorf("chanbot fuzz: %w", err)
	}
	folders, err := filepath.Glob(filepath.Join(out, "*-fuzz*"))
	if err != nil || len(folders) != 1 {
		return nil, "", fmt.Errorf("%d run folders", len(folders))
	}
	return &doc, folders[0], nil
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return lines[len(lines)-1]
}

// examine looks for one defect.
func (o *options) examine(ctx context.Context, dir, name string) result {
	r := result{name: name}
	doc, folder, err := o.search(ctx, dir, "--defect", name, "--findings", "1")
	if err != nil {
		r.err = err
		return r
	}
	r.actions = doc.Actions
	for _, f := range doc.Findings {
		if f.Hits == 0 {
			continue
		}
		r.found, r.rule, r.where, r.steps, r.actions = true, f.Rule, f.State+" × "+f.Input, f.Steps, f.Actions
		r.took = time.Duration(f.FoundS * float64(time.Second))
		file := filepath.Join(folder, f.File)
		// A race need not come at the first try.
		for range 10 {
			if r.fails = r.fails || !o.passes(ctx, dir, file, f.Pairs, name); r.fails {
				break
			}
		}
		r.passes = o.passes(ctx, dir, file, f.Pairs, "")
		o.save(file, name)
		break
	}
	if o.conform {
		r.conform = o.conforms(ctx, dir, name)
	}
	return r
}

// save keeps a repro, or its transcript.
func (o *options) save(file, name string) {
	if o.keep == "" {
		return
	}
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.MkdirAll(o.keep, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(o.keep, name+filepath.Ext(file)), b, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
}

// passes says whether chanbot run passes a file at an embedded node with a
// defect, or without one.
func (o *options) passes(ctx context.Context, dir, file string, pairs int, defect string) bool {
	args := []string{"run", file, "--out", filepath.Join(dir, "run"), "--quiet", "--no-progress", "--timeout", "10s", "--pairs", strconv.Itoa(max(pairs, 1))}
	if defect != "" {
		args = append(args, "--defect", defect)
	}
	return exec.CommandContext(ctx, o.chanbot, args...).Run() == nil
}

// conforms says how many cases of chanbot conform notice a defect.
func (o *options) conforms(ctx context.Context, dir, defect string) string {
	out, err := exec.CommandContext(ctx, o.chanbot, "conform", "--defect", defect, "--json", "--no-progress", "--timeout", "5s", "--out", filepath.Join(dir, "conform")).Output()
	var doc struct {
		Counts map[string]int `json:"counts"`
	}
	if json.Unmarshal(out, &doc) != nil {
		return fmt.Sprint(err)
	}
	return fmt.Sprintf("%d of %d", doc.Counts["failed"]+doc.Counts["differs"], doc.Counts["failed"]+doc.Counts["differs"]+doc.Counts["ok"])
}

// clean searches a node without a defect.
func (o *options) clean(ctx context.Context, dir string) result {
	r := result{name: "(none)", clean: true}
	doc, folder, err := o.search(ctx, dir)
	if err != nil {
		r.err = err
		return r
	}
	r.actions = doc.Actions
	for _, f := range doc.Findings {
		r.found, r.rule, r.where, r.steps = true, f.Rule, f.State+" × "+f.Input, f.Steps
		r.took = time.Duration(f.FoundS * float64(time.Second))
		file := filepath.Join(folder, f.File)
		o.save(file, "none-"+f.Rule)
		o.save(strings.TrimSuffix(file, ".yaml")+".md", "none-"+f.Rule) // it may never come again
	}
	return r
}

// report prints the table and what it comes to.
func report(w io.Writer, all []result) error {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(t, "defect\trule\twhere\tfound after\tactions\tsteps\trepro\tconform")
	var times []time.Duration
	var steps []int
	bad := 0
	for i := range all {
		r := &all[i]
		repro := "ok"
		switch {
		case r.good() && r.clean:
			repro = "clean"
		case !r.good():
			repro = "✗ " + r.line()
			bad++
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%v\t%d\t%d\t%s\t%s\n", r.name, r.rule, r.where, r.took.Round(100*time.Millisecond), r.actions, r.steps, repro, r.conform)
		if r.found && !r.clean {
			times, steps = append(times, r.took), append(steps, r.steps)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if len(times) > 0 {
		slices.Sort(times)
		slices.Sort(steps)
		fmt.Fprintf(w, "\nfound %d of %d; time to find: median %v, worst %v; steps: median %d, worst %d\n",
			len(times), len(all)-cleanOnes(all), times[len(times)/2].Round(100*time.Millisecond), times[len(times)-1].Round(100*time.Millisecond), steps[len(steps)/2], steps[len(steps)-1])
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d rows are not as they have to be", bad, len(all))
	}
	return nil
}

func cleanOnes(all []result) int {
	n := 0
	for i := range all {
		if all[i].clean {
			n++
		}
	}
	return n
}
