// Bench measures what chanbot has to be good at and prints each figure beside a
// reference of the same run: what the machine itself can do, or another client.
// Machines differ and are shared, so a figure alone says little; nothing fails
// because something took long. docs/performance.md explains the rows.
//
//	go build -o bin/chanbot ./cmd/chanbot && go run ./internal/bench
//	BENCH_ROWS=load-8,load-9 make bench
package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"
)

// rows are those of the table, in its order.
var rows = []*row{
	{name: "load-8", what: "CPU of the embedded node per transfer, with signature checks, over that of two verifications",
		target: atMost(3), stretch: atMost(2), unit: "×", measure: nodeCPU},
	{name: "load-9", what: "memory of the embedded node per channel, both sides",
		target: atMost(48), stretch: atMost(32), unit: " KiB", measure: nodeMemory},
}

// bench is one run of the program.
type bench struct {
	chanbot    string
	signatures func() signatures
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := &bench{chanbot: cmp.Or(os.Getenv("BENCH_CHANBOT"), "bin/chanbot"), signatures: sync.OnceValue(measureSignatures)}
	var results []*result
	chosen := os.Getenv("BENCH_ROWS")
	for _, r := range rows {
		if chosen != "" && !strings.Contains(","+chosen+",", ","+r.name+",") {
			continue
		}
		fig, err := r.measure(ctx, b)
		results = append(results, &result{row: r, fig: fig, err: err})
	}
	table(os.Stdout, results)
}

// within returns how many pairs of the wanted ones the limit of open files
// allows in one process, and a note when these are fewer.
func (b *bench) within(pairs int) (int, string) {
	limit, err := allDescriptors()
	if err != nil {
		return pairs, "the limit of open files is not known"
	}
	const spare = 100
	if most := (int(limit) - spare) / 2; most < pairs {
		return most, fmt.Sprintf("%d of %d pairs: a process may have %d files open", most, pairs, limit)
	}
	return pairs, ""
}

func micros(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
}

func mebibytes(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20)) }
