package bot_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"chanbot/scenarios"
)

const mixed = `
chanbot: 1
name: mixed
description: transfers of both sides against a strategy
channel: {timeouts: {sign: 3s, accept: 2s}}
responder: {use: %s}
steps:
  - open:
  - repeat:
      times: 25
      steps:
        - initiator: {transfer: 1}
          expect: [signed, aborted, conflict, timeout, died, disconnected, rejected]
        - responder: {transfer: 1}
          expect: [signed, aborted, conflict, timeout, died, disconnected, rejected]
  - responder: stop
    expect: [done, died, disconnected]
  - initiator: stop
    expect: [done, died, disconnected]
`

func TestStrategiesBreakNoRule(t *testing.T) {
	for _, name := range scenarios.StrategyNames() {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				s := parse(t, name+".yaml", fmt.Sprintf(mixed, name))
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, s, 1, nil)
					defer b.stop()
					b.cfg.Seed = seed
					rep := b.run()
					passed(t, rep)
					t.Logf("%v", rep.Summary.Outcomes)
				})
			})
		}
	}
}
