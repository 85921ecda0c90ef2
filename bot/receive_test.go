package bot_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/simnode"
)

// Where many transfers are made, a socket keeps the goroutine that reads it; where
// few are, it waits on a small stack.
func TestOnlyBusySocketsKeepTheirStacks(t *testing.T) {
	const pairs = 4
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: stacks
load:
  pairs: 4
  phases:
    - arrivals: {closed: {think: 0s}}
      duration: 8s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
    - arrivals: {rate: 1/s}
      duration: 20s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, func(c *simnode.Config) { c.Latency = 20 * time.Millisecond })
		defer b.stop()
		readers := func(after time.Duration, busy *atomic.Int64) {
			time.AfterFunc(after, func() {
				stacks := make([]byte, 1<<20)
				stacks = stacks[:runtime.Stack(stacks, true)]
				busy.Store(int64(strings.Count(string(stacks), "bot.(*end).readBusy(")))
			})
		}
		var early, late atomic.Int64
		readers(7*time.Second, &early)
		readers(27*time.Second, &late)
		passed(t, b.run())
		if early.Load() != 2*pairs || late.Load() != 0 {
			t.Errorf("%d of %d sockets keep their goroutines with 12 transfers a second on each channel, %d with one in four seconds", early.Load(), 2*pairs, late.Load())
		}
	})
}
