package bot_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// one transfer of an honest initiator to a responder that plays a strategy,
// and what the initiator is told.
const towards = `
chanbot: 1
name: towards
description: one transfer to a strategy
channel: {timeouts: {sign: 3s, accept: 2s}}
responder: {use: %s, with: {%s}}
steps:
  - open:
  - initiator: {transfer: 1}
    expect: %s
`

func TestWhatAStrategyDoesToAnHonestPeer(t *testing.T) {
	for _, c := range []struct{ name, with, expect string }{
		{"honest", "", "signed"},
		{"aborter", "", "{conflict: 42, by: responder}"},
		{"aborter", "code: 147", "{conflict: 147, by: responder}"},
		{"aborter", "share: 0%", "signed"},
		{"conflicter", "", "{conflict: 2}"},
		{"quitter", "", "died"},
		{"silent", "", "{timeout: 3}"},
		{"slow", "", "signed"},
		{"flaky", "share: 100%", "{timeout: 3}"},
	} {
		t.Run(strings.TrimSpace(c.name+" "+c.with), func(t *testing.T) {
			s := parse(t, c.name+".yaml", fmt.Sprintf(towards, c.name, c.with, c.expect))
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, nil)
				defer b.stop()
				began := time.Now()
				passed(t, b.run())
				if took := time.Since(began); c.name == "slow" && took < time.Second {
					t.Errorf("slow let its peer wait for %v, want a second or more", took)
				}
			})
		})
	}
}

// What these two do is drawn; over fifty transfers each kind of harm is seen.
func TestWhatTheRandomStrategiesDoToAnHonestPeer(t *testing.T) {
	for name, want := range map[string][]string{
		"liar":  {"conflict", "signed"},
		"chaos": {"conflict", "signed", "timeout"},
	} {
		t.Run(name, func(t *testing.T) {
			outcomes := map[string]int64{}
			for seed := range uint64(50) {
				s := parse(t, name+".yaml", fmt.Sprintf(towards, name, "share: 100%", "[signed, conflict, timeout, died, disconnected, aborted]"))
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, s, 1, nil)
					defer b.stop()
					b.cfg.Seed = seed
					rep := b.run()
					passed(t, rep)
					for kind, n := range rep.Summary.Operations["transfer"].Outcomes {
						outcomes[fmt.Sprint(kind)] += n
					}
				})
			}
			for _, kind := range want {
				if outcomes[kind] == 0 {
					t.Errorf("no transfer ended in %s: %v", kind, slices.Sorted(maps.Keys(outcomes)))
				}
			}
			t.Log(outcomes)
		})
	}
}

func TestASilentAnswerMayEndWithChanbotsOwnTimer(t *testing.T) {
	s := parse(t, "silent.yaml", `
chanbot: 1
name: silent
description: nobody answers, and no timer of the node runs out before chanbot's own
responder: {use: silent}
steps:
  - open:
  - initiator: {transfer: 1}
`)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		b.cfg.Timeout = 5 * time.Second
		passed(t, b.run())
	})
}
