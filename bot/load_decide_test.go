package bot_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"chanbot/strategy"
)

// TestSameSeedSameDecisions: which pair gets an arrival, what it does there and
// what strategies draw depends on the seed alone.
func TestSameSeedSameDecisions(t *testing.T) {
	const src = `
chanbot: 1
name: decisions
responder: {use: aborter, with: {share: 30%}}
load:
  pairs: 8
  phases:
    - arrivals: {rate: 100/s, process: poisson}
      warmup: 1s
      duration: 2s
      mix:
        - {weight: 3, do: {initiator: {transfer: 1}}}
        - {weight: 1, do: {choose: [{weight: 1, do: [{initiator: ping}]}, {weight: 1, do: [{responder: ping}]}]}}
    - arrivals: {closed: {think: 100ms}}
      duration: 1s
      mix:
        - {weight: 3, do: {initiator: {transfer: 1}}}
        - {weight: 1, do: {initiator: ping}}
  teardown: stop
`
	decisions := func(procs int, seed uint64) (hash string, n int) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		synctest.Test(t, func(t *testing.T) {
			b := loaded(t, src, slowly(time.Millisecond))
			defer b.stop()
			b.cfg.Seed = seed
			var mu sync.Mutex
			streams := map[string]int{}
			b.cfg.Decisions = func(d strategy.Decision) {
				mu.Lock()
				defer mu.Unlock()
				streams[strings.Split(d.Stream, " ")[0]]++
				n++
			}
			rep := b.run()
			passed(t, rep)
			hash = rep.Decisions
			if streams["arrival"] != 300 || streams["operation"] < 8*9 || streams["answer"] == 0 || streams["choose"] == 0 {
				t.Errorf("decisions by stream: %v", streams)
			}
		})
		return hash, n
	}
	first, n := decisions(1, 1)
	for _, procs := range []int{2, 8} {
		if hash, m := decisions(procs, 1); hash != first || m != n {
			t.Errorf("%d processors: %d decisions %s, with one processor %d %s", procs, m, hash, n, first)
		}
	}
	if hash, _ := decisions(2, 2); hash == first {
		t.Error("another seed takes the same decisions")
	}
}

// The frames of a pair under load are those of the same steps one after the
// other.
func TestLoadKeepsTheOrderOfFrames(t *testing.T) {
	sequence := func(src string) (sides map[string][]string) {
		synctest.Test(t, func(t *testing.T) {
			b := loaded(t, src, slowly(time.Millisecond))
			defer b.stop()
			var log frameLog
			b.cfg.Frames = &log
			passed(t, b.run())
			sides = log.names()
		})
		return sides
	}
	got := sequence(`
chanbot: 1
name: order
channel: {timeouts: {sign: 20s}}
load:
  pairs: 1
  phases:
    - arrivals: {burst: {size: 5, every: 1s}}
      duration: 1s
  teardown: stop
steps:
  - initiator: {transfer: 1}
  - responder: {transfer: 1}
  - initiator: {message: hi}
  - both: {transfer: 1}
    expect: conflict
`)
	want := sequence(`
chanbot: 1
name: order
channel: {timeouts: {sign: 20s}}
load:
  pairs: 1
  phases:
    - arrivals: {rate: 1/s}
      duration: 1s
      mix:
        - weight: 1
          do:
            repeat:
              times: 5
              steps:
                - initiator: {transfer: 1}
                - responder: {transfer: 1}
                - initiator: {message: hi}
                - both: {transfer: 1}
                  expect: conflict
  teardown: stop
`)
	if len(want["initiator"]) < 5*15 {
		t.Fatalf("%d frames", len(want["initiator"]))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("frames (-steps +load):\n%s", diff)
	}
}
