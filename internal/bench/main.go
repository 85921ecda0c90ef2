// Bench measures what chanbot has to be good at and prints each figure beside a
// reference of the same run: what the machine itself can do, or another client.
// Machines differ and are shared, so a figure alone says little; nothing fails
// because something took long. docs/performance.md explains the rows.
//
//	make bench
//	BENCH_ROWS=load-8,load-9 make bench
//	SOAK=1h make soak
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"
)

// rows are those of the table, in its order.
var rows = []*row{
	{name: "load-1", what: "transfers/s on 20 channels, everything recorded, over those of the JavaScript SDK",
		target: atLeast(70), stretch: atLeast(90), unit: "×", measure: throughput},
	{name: "load-2", what: "CPU of the client per transfer, over that of one echo round trip",
		target: atMost(12), stretch: atMost(8), unit: "×", measure: middle(clientCPU)},
	{name: "load-3", what: "service time of a transfer on one channel, over three echo round trips and two signatures",
		target: atMost(2), stretch: atMost(1.5), unit: "×", measure: middle(serviceTime)},
	{name: "load-4", what: "memory of the bot for each of 16,000 sockets",
		target: atMost(20), stretch: atMost(12), unit: " KiB", measure: manySockets},
	{name: "load-5", what: "lateness of the schedule at half the highest rate, over that of a bare timer loop beside it",
		target: atMost(3), stretch: atMost(1.5), unit: "×", measure: lateness},
	{name: "load-6", what: "CPU of recording, journal, live view and metrics at full rate, of that of the whole client",
		target: atMost(5), stretch: atMost(2), unit: "%", measure: recordingShare},
	{name: "load-7", what: "bytes of the journal for each operation",
		target: atMost(64), stretch: atMost(32), unit: " B", measure: journalSize},
	{name: "load-8", what: "CPU of the embedded node per transfer, with signature checks, over that of two verifications",
		target: atMost(3), stretch: atMost(2), unit: "×", measure: middle(nodeCPU)},
	{name: "load-9", what: "memory of the embedded node per channel, both sides",
		target: atMost(48), stretch: atMost(32), unit: " KiB", measure: nodeMemory},
	{name: "load-10", what: "transfers/s from 20 to 1,000 channels: the worst over the best",
		target: atLeast(0.8), unit: "×", measure: scaling},
	{name: "load-11", what: "transfers/s with every signature and state checked, over sampled checks",
		target: atLeast(0.5), stretch: atLeast(0.7), unit: "×", measure: middle(allChecks)},
	{name: "rel-2", what: "growth of memory at moderate load", measure: soak},
}

// bench is one run of the program.
type bench struct {
	chanbot string // the program that is measured
	cache   string // what was installed before is used again
	temp    string
	soak    time.Duration

	fullRate func(context.Context) (*loadRun, error)
}

func main() {
	if len(os.Args) > 2 && os.Args[1] == referenceArg {
		if err := references[os.Args[2]](os.Args[3:]); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", os.Args[2], err)
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// run measures the rows that are asked for. The error says that a row could not
// be measured; a target that is missed is none.
func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	chosen := f.String("rows", os.Getenv("BENCH_ROWS"), "rows to measure, separated by commas (default all)")
	b := &bench{}
	f.StringVar(&b.chanbot, "chanbot", "bin/chanbot", "the program that is measured")
	f.StringVar(&b.cache, "cache", ".cache/bench", "folder for what is installed")
	f.DurationVar(&b.soak, "soak", shortSoak, "length of the soak of rel-2")
	if err := f.Parse(args); err != nil {
		return err
	}
	asked, err := choose(*chosen)
	if err != nil {
		return err
	}
	if b.temp, err = os.MkdirTemp("", "chanbot-bench"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(b.temp) }() // the system clears it, too
	if _, err := allDescriptors(); err != nil {
		fmt.Fprintf(out, "the limit of open files stays: %v\n", err)
	}
	b.fullRate = once(b.measureFullRate)
	fmt.Fprintf(out, "%s/%s, %d CPUs, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	var results []*result
	var failed []error
	for _, r := range asked {
		began := watchOthers()
		fmt.Fprintf(out, "%s …", r.name)
		fig, err := r.measure(ctx, b)
		fig.notes = append(fig.notes, began.note()...)
		results = append(results, &result{row: r, fig: fig, err: err})
		fmt.Fprintf(out, " %v\n", time.Since(began.at).Round(time.Second))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", r.name, err))
		}
	}
	fmt.Fprintln(out)
	table(out, results)
	return errors.Join(failed...)
}

// choose returns the rows with the names, all without any.
func choose(names string) ([]*row, error) {
	if names == "" {
		return rows, nil
	}
	var asked []*row
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(rows, func(r *row) bool { return r.name == strings.TrimSpace(name) })
		if i < 0 {
			return nil, fmt.Errorf("there is no row %s", name)
		}
		asked = append(asked, rows[i])
	}
	return asked, nil
}

// within returns how many pairs of the wanted ones the limit of open files
// allows in one process, and a note when these are fewer.
func (b *bench) within(pairs int) (int, string) {
	limit, err := allDescriptors()
	if err != nil {
		return pairs, "the limit of open files is not known"
	}
	const spare = 200
	if most := (int(limit) - spare) / 2; most < pairs {
		return most, fmt.Sprintf("%d of %d pairs: a process may have %d files open", most, pairs, limit)
	}
	return pairs, ""
}

func micros(d time.Duration) string {
	return short(float64(d)/float64(time.Microsecond)) + " µs"
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }

func perSecond(v float64) string { return fmt.Sprintf("%.0f/s", v) }

func metOrMissed(ok bool) string {
	if ok {
		return "met"
	}
	return "missed"
}
