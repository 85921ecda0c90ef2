package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const chaosOnChain = `
chanbot: 1
name: chaos-on-chain
description: anything may happen but a violation
channel: {lock_period: 2, timeouts: {sign: 5s, accept: 3s, funding_sign: 3s, funding_lock: 8s, idle: 20s, funding_create: 3s}}
initiator: {use: chaos}
responder: {use: chaos}
steps:
  - repeat:
      times: 12
      steps:
        - open:
          timeout: 15s
          expect: &any [signed, aborted, conflict, rejected, refused, done, timeout, died, disconnected, unknown]
        - repeat:
            times: 4
            steps:
              - choose:
%s
`

// TestChaosOnChain lets both sides answer as they like while they do what
// touches the chain. Each operation ends, in one way, and the node is judged
// all the while.
func TestChaosOnChain(t *testing.T) {
	var lines strings.Builder
	for _, what := range []string{
		"initiator: {deposit: 1}", "responder: {withdraw: 1}", "both: {deposit: 2}", "initiator: close", "responder: close",
		"initiator: close_solo", "responder: settle", "initiator: slash", "responder: snapshot", "initiator: leave",
		"both: reestablish", "initiator: {transfer: 1}", "responder: {transfer: 1}", "responder: reconnect", "initiator: reconnect",
	} {
		fmt.Fprintf(&lines, "                  - {weight: 1, do: [{%s, timeout: 15s, expect: *any}]}\n", what)
	}
	seeds := uint64(12)
	if raceEnabled { // make test plays all of them without
		seeds = 2
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			s := parse(t, "x.yaml", fmt.Sprintf(chaosOnChain, lines.String()))
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 2, nil)
				defer b.stop()
				b.cfg.Seed = seed
				b.cfg.Timeout = 2 * time.Hour
				passed(t, b.run())
			})
		})
	}
}
