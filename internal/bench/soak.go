package main

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	soakPairs = 50
	soakRate  = 300 // transfers a second: moderate
	shortSoak = 2 * time.Minute
	// soakWarm is at least how long the memory of a process takes to settle:
	// pools fill, the collector of garbage finds its pace.
	soakWarm = 20 * time.Second
	// soakBlocks is into how many parts of equal length a soak is cut. The mean of
	// each is one point, so that the saw of the garbage collector averages out.
	soakBlocks = 24
)

// memoryStory is the memory of a process, sampled every second.
type memoryStory struct {
	name  string
	pid   int
	times []float64 // seconds
	sizes []float64 // MiB
}

// soak is row rel-2 in its short form.
func soak(ctx context.Context, b *bench) (figure, error) { return b.soakFor(ctx, b.soak) }

// soakFor loads the bot and the embedded node for a time and looks whether their
// memory grows.
func (b *bench) soakFor(ctx context.Context, d time.Duration) (figure, error) {
	// Signatures are checked, and key blocks come every second, as by default.
	node, err := b.startNode(ctx, "--block-time", "1s")
	if err != nil {
		return figure{}, err
	}
	defer node.stop()
	warm := max(soakWarm, d/5)
	var stories []*memoryStory
	run, err := b.runLoad(ctx, openLoad(soakPairs, soakRate, warm, d), loadOptions{node: node.url, during: func(ctx context.Context, bot *child) error {
		stories = []*memoryStory{{name: "bot", pid: bot.pid()}, {name: "node", pid: node.pid()}}
		return follow(ctx, stories, warm+setupAllowance, warm+setupAllowance+d)
	}})
	if err != nil {
		return figure{}, err
	}
	fig := figure{reference: fmt.Sprintf("0 MiB/h over %v at %d/s", d, soakRate), word: "met"}
	var measured []string
	for _, s := range stories {
		t, err := s.trend()
		if err != nil {
			return figure{}, fmt.Errorf("memory of the %s: %w", s.name, err)
		}
		measured = append(measured, fmt.Sprintf("%s %+.1f ± %.1f MiB/h", s.name, t.slope, t.half))
		verdict := "not distinguishable from 0"
		if t.rises() {
			verdict, fig.word = "rises", "missed"
		}
		fig.notes = append(fig.notes, fmt.Sprintf("%s: slope %+.2f MiB/h, 95%% interval %+.2f … %+.2f, from %d means of %s each, mean %.1f MiB: %s",
			s.name, t.slope, t.slope-t.half, t.slope+t.half, t.points, t.width.Round(time.Second), t.mean, verdict))
	}
	fig.measured = strings.Join(measured, ", ")
	fig.notes = append(fig.notes, fmt.Sprintf("%d pairs, %d transfers, all signed: %v; the first %v are left out", soakPairs, run.Attempts, run.Outcomes["signed"] == run.Attempts, warm))
	return fig, nil
}

// setupAllowance is more than the channels take to open.
const setupAllowance = 10 * time.Second

// follow samples the memory of processes every second between two times from
// now. It ends with the context, or when a process does.
func follow(ctx context.Context, stories []*memoryStory, from, to time.Duration) error {
	began := time.Now()
	for t := time.NewTicker(time.Second); ; {
		select {
		case <-ctx.Done():
			t.Stop()
			return nil
		case <-t.C:
		}
		since := time.Since(began)
		if since < from || since > to {
			continue
		}
		for _, s := range stories {
			rss, err := residentOf(s.pid)
			if err != nil || rss == 0 {
				continue // it is about to end
			}
			s.times = append(s.times, since.Seconds())
			s.sizes = append(s.sizes, float64(rss)/(1<<20))
		}
	}
}

// trend is the slope of the memory in MiB an hour.
func (s *memoryStory) trend() (trend, error) {
	times, means := blockMeans(s.times, s.sizes, soakBlocks)
	t, err := fitLine(times, means)
	t.slope, t.half = t.slope*3600, t.half*3600
	if len(times) > 1 {
		t.width = time.Duration((times[1] - times[0]) * float64(time.Second))
	}
	return t, err
}
