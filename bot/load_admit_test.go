package bot_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/results"
	"chanbot/simnode"
)

// lastRounds keeps the last round of each pair's channel.
type lastRounds struct {
	mu sync.Mutex // guards what follows
	of map[int]uint64
}

// Channel implements results.ChannelSink.
func (r *lastRounds) Channel(c results.ChannelRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.of[c.Pair] = max(r.of[c.Pair], c.Round)
}

// Where the bot keeps up, all channels of a closed load are at work at once. Where
// it does not, the operations of some wait for their turn, which counts as waiting
// and not as the node's time, and every channel has its share.
func TestNewOperationsBeginBehindAnswers(t *testing.T) {
	const transfer = 80 * time.Millisecond // four times the node's latency
	play := func(t *testing.T, lag time.Duration) (x results.Operation, rounds map[int]uint64) {
		synctest.Test(t, func(t *testing.T) {
			b := loaded(t, `
chanbot: 1
name: crowd
load:
  pairs: 96
  phases:
    - arrivals: {closed: {think: 0s}}
      warmup: 1s
      duration: 2s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, func(c *simnode.Config) { c.Latency = transfer / 4 })
			defer b.stop()
			b.cfg.NewSleep = func() func(time.Duration) {
				return func(d time.Duration) { time.Sleep(d + lag) }
			}
			r := &lastRounds{of: map[int]uint64{}}
			b.cfg.Channels = r
			rep := b.run()
			passed(t, rep)
			x, rounds = rep.Summary.Phases[0].Operations["transfer"], r.of
		})
		if p50 := x.Service.P50US; p50 < 0.9*float64(transfer.Microseconds()) || p50 > 1.1*float64(transfer.Microseconds()) {
			t.Errorf("the median service time is %.0f µs, want about %v", p50, transfer)
		}
		return x, rounds
	}
	var all int64
	t.Run("bot keeps up", func(t *testing.T) {
		x, _ := play(t, 0)
		if all = x.Attempts; x.Wait.MaxUS > 1000 {
			t.Errorf("operations waited for up to %.0f µs", x.Wait.MaxUS)
		}
	})
	t.Run("bot is behind", func(t *testing.T) {
		x, rounds := play(t, 3*time.Millisecond)
		if x.Attempts > all*8/10 || x.Wait.MaxUS < 20_000 {
			t.Errorf("%d transfers instead of %d, which waited for up to %.0f µs: were there too many at once?", x.Attempts, all, x.Wait.MaxUS)
		}
		fewest, most := rounds[0], rounds[0]
		for _, n := range rounds {
			fewest, most = min(fewest, n), max(most, n)
		}
		if len(rounds) != 96 || fewest < most/2 {
			t.Errorf("the channels have come to rounds between %d and %d", fewest, most)
		}
	})
}
