package bot_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/scenarios"
	"chanbot/simnode"
)

// TestStrategiesUnderLoad plays every built-in strategy on both sides, among them
// those that drop sockets and stop channels. Whatever they do, every operation
// has one outcome, the node is not blamed, and the run comes to its end.
func TestStrategiesUnderLoad(t *testing.T) {
	for _, name := range scenarios.StrategyNames() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := loaded(t, fmt.Sprintf(`
chanbot: 1
name: strategies
channel: {timeouts: {sign: 1s, accept: 2s, idle: 5m}}
initiator: {use: %s}
responder: {use: %s}
load:
  pairs: 6
  phases:
    - name: open
      arrivals: {rate: 30/s}
      duration: 4s
      mix: &mix
        - {weight: 5, do: {initiator: {transfer: 1}}}
        - {weight: 5, do: {responder: {transfer: 1}}}
        - {weight: 1, do: {both: {transfer: 1}}}
        - {weight: 1, do: {initiator: {message: hi}}}
        - {weight: 1, do: {repeat: {times: 2, steps: [{initiator: {balances: }}, {responder: ping}]}}}
    - name: closed
      arrivals: {closed: {think: 50ms}}
      duration: 2s
      mix: *mix
thresholds: [share(signed) >= 0%%]
`, name, name), func(c *simnode.Config) { c.NoVerify, c.Latency = false, time.Millisecond })
				defer b.stop()
				b.cfg.SampleChecks = 1
				b.cfg.Timeout, b.cfg.Grace = 10*time.Second, 5*time.Second
				start := time.Now()
				rep := b.run()
				if rep == nil {
					return
				}
				if took := time.Since(start); took > 2*time.Minute {
					t.Errorf("it took %v", took)
				}
				for _, v := range rep.Summary.Violations {
					t.Errorf("violation %s: expected %s, got %s", v.Rule, v.Expected, v.Got)
				}
				if err := rep.Summary.CheckSums(); err != nil {
					t.Error(err)
				}
				if opened := rep.Summary.Operations["open"].Outcomes["signed"]; opened > 0 && rep.Summary.Phases[0].Attempts < 120 {
					t.Errorf("%d attempts of 120 arrivals in an open phase", rep.Summary.Phases[0].Attempts)
				}
			})
		})
	}
}
