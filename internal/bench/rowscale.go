package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	manyPairs = 8000
	idleTime  = 8 * time.Second
	slowTime  = 15 * time.Second
	slowRate  = 200 // transfers a second
)

// manySockets is row load-4.
func manySockets(ctx context.Context, b *bench) (figure, error) {
	pairs, note := b.within(manyPairs)
	empty, err := b.emptyMemory(ctx)
	if err != nil {
		return figure{}, err
	}
	scenario := fmt.Sprintf(`
chanbot: 1
name: many-sockets
load:
  pairs: %d
  setup: {in_flight: 200}
  phases:
    - name: idle
      arrivals: {rate: 1/s}
      duration: %v
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
    - name: slow
      arrivals: {rate: %d/s}
      duration: %v
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
  teardown: none
`, pairs, idleTime, slowRate, slowTime)
	run, err := b.runQuick(ctx, scenario, loadOptions{})
	if err != nil {
		return figure{}, err
	}
	sockets := float64(2 * pairs)
	perSocket := func(rss int64) float64 { return float64(rss-empty) / sockets / 1024 }
	highest := func(s []sample) int64 {
		var most int64
		for i := range s {
			most = max(most, s[i].RSSBytes)
		}
		return most
	}
	idle, slow := highest(run.judged("idle")), highest(run.judged("slow"))
	if idle == 0 || slow == 0 {
		return figure{}, errors.New("the journal has no samples of the phases")
	}
	return figure{
		measured:  fmt.Sprintf("%s for %d sockets", mebibytes(max(idle, slow)), 2*pairs),
		reference: fmt.Sprintf("%s of an empty process", mebibytes(empty)),
		ratio:     perSocket(max(idle, slow)),
		notes: []string{
			note,
			fmt.Sprintf("highest of all samples: %.1f KiB a socket when idle, %.1f KiB with %d transfers a second; highest of the whole run, set-ups included, %.1f KiB",
				perSocket(idle), perSocket(slow), slowRate, perSocket(run.Generator.MaxRSSBytes)),
		},
	}, nil
}

// scalePairs are the sizes of fleet of row load-10.
var scalePairs = []int{20, 50, 100, 200, 500, 1000}

const (
	scaleWarm = 2 * time.Second
	scaleTime = 5 * time.Second
)

// scaling is row load-10. Of each size the middle of some runs counts, between which
// the other sizes had theirs.
func scaling(ctx context.Context, b *bench) (figure, error) {
	all := make([][]float64, len(scalePairs))
	for range rounds {
		for i, pairs := range scalePairs {
			run, err := b.runQuick(ctx, closedLoad(pairs, scaleWarm, scaleTime), loadOptions{})
			if err != nil {
				return figure{}, fmt.Errorf("%d channels: %w", pairs, err)
			}
			all[i] = append(all[i], run.Throughput.SignedPerS)
		}
	}
	var rates []float64
	var shown []string
	for i, pairs := range scalePairs {
		rates = append(rates, median(all[i]))
		shown = append(shown, fmt.Sprintf("%d: %.0f (%.0f to %.0f)", pairs, rates[i], slices.Min(all[i]), slices.Max(all[i])))
	}
	worst, best := slices.Min(rates), slices.Max(rates)
	return figure{
		measured:  "worst " + perSecond(worst),
		reference: "best " + perSecond(best),
		ratio:     worst / best,
		notes:     []string{fmt.Sprintf("transfers/s by channels, in the middle of %d runs: %s", rounds, strings.Join(shown, ", "))},
	}, nil
}
