package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"chanbot/metrics"
	"chanbot/results"
	"chanbot/simnode"
)

// slowly makes each message between the machines take some time.
func slowly(d time.Duration) func(*simnode.Config) {
	return func(c *simnode.Config) { c.Latency = d }
}

func TestClosedModelWithThinkTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: closed
load:
  pairs: 5
  phases:
    - name: thinking
      arrivals: {closed: {think: 96ms}}
      warmup: 1s
      duration: 3s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
    - name: at-once
      arrivals: {closed: }
      duration: 500ms
      mix: [{weight: 1, do: {responder: {transfer: 1}}}]
`, slowly(time.Millisecond))
		defer b.stop()
		rep := b.run()
		passed(t, rep)
		// An operation takes 4 ms here, so each pair does ten a second; the first
		// ones are spread over the think time.
		s := rep.Summary
		if got := s.Warmup.Attempts; got != 5*10 {
			t.Errorf("%d operations in the warm-up", got)
		}
		if got := s.Phases[0]; got.Attempts != 5*30 || got.Operations["transfer"].Wait.MaxUS != 0 {
			t.Errorf("thinking: %d attempts, wait %+v", got.Attempts, got.Operations["transfer"].Wait)
		}
		if got := s.Phases[1].Attempts; got < 5*124 || got > 5*125 {
			t.Errorf("at once: %d attempts", got)
		}
		if got := s.Operations["transfer"].Service; got.P50US < 3900 || got.MaxUS > 4100 {
			t.Errorf("service %+v", got)
		}
		addsUp(t, rep, s.Phases[0].Attempts+s.Phases[1].Attempts+2*5)
	})
}

// marks are the moments at which the phases of a run began and ended.
func marks(t *testing.T, gauge *metrics.Gauge, every time.Duration, stop <-chan struct{}) (seen func() []string) {
	t.Helper()
	var mu sync.Mutex
	var list []string
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			p := gauge.Read()
			what := p.Stage.String()
			if p.Stage == metrics.StageLoad {
				what = fmt.Sprintf("%s %d/%d", p.Phase.Name, p.Phase.Number, p.Phase.Of)
				if p.Phase.Warmup {
					what += " warm-up"
				}
			}
			mu.Lock()
			if n := len(list); n == 0 || list[n-1] != what {
				list = append(list, what)
			}
			mu.Unlock()
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	return func() []string {
		wg.Wait()
		return list
	}
}

func TestPhasesFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: phases
load:
  pairs: 3
  phases:
    - arrivals: {rate: 10/s}
      warmup: 1s
      duration: 2s
      mix: [{weight: 1, do: {initiator: ping}}]
    - name: burst
      arrivals: {burst: {size: 30, every: 1s}}
      duration: 2s
    - name: last
      arrivals: {closed: {think: 500ms}}
      duration: 2s
      mix: [{weight: 1, do: {initiator: {message: hi}}}]
  teardown: {close: mutual}
steps:
  - initiator: {transfer: 1}
  - responder: {transfer: 1}
`, slowly(5*time.Millisecond))
		defer b.stop()
		gauge, over := new(metrics.Gauge), make(chan struct{})
		b.cfg.Gauge = gauge
		seen := marks(t, gauge, time.Millisecond, over)
		rep := b.run()
		close(over)
		passed(t, rep)
		want := []string{"setup", "phase 1 1/3 warm-up", "phase 1 1/3", "burst 2/3", "last 3/3", "teardown"}
		if diff := cmp.Diff(want, slices.DeleteFunc(seen(), func(s string) bool { return s == "drain" })); diff != "" {
			t.Errorf("stages (-want +got):\n%s", diff)
		}
		s := rep.Summary
		// An arrival of the burst is two transfers.
		for i, want := range []struct {
			name     string
			attempts int64
			lasts    float64
		}{{"phase 1", 20, 2}, {"burst", 2 * 60, 2}, {"last", 3 * 4, 2}} {
			if got := s.Phases[i]; got.Name != want.name || got.Attempts != want.attempts || got.DurationS < want.lasts || got.DurationS > want.lasts+0.7 {
				t.Errorf("phase %d: %s with %d attempts in %v s, want %v", i+1, got.Name, got.Attempts, got.DurationS, want)
			}
		}
		// What comes of a burst waits in the queues: the second transfer of an
		// arrival is due when the first one is over.
		if got := s.Phases[1].Operations["transfer"]; got.Wait.MaxUS < 100e3 || got.Wait.P90US < 10e3 {
			t.Errorf("wait %+v", got.Wait)
		}
		addsUp(t, rep, 20+2*60+3*4+3+3)
		if len(rep.Scenario.Steps) != 5 || rep.Scenario.Steps[2].Label != "burst: burst of 30 every 1s for 2s" {
			t.Errorf("stages %+v", rep.Scenario.Steps)
		}
	})
}

func TestMixOfAllKindsOfSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: kinds
load:
  pairs: 4
  phases:
    - arrivals: {rate: 40/s}
      duration: 10s
      mix:
        - {weight: 1, do: {repeat: {times: 2, steps: [{initiator: {transfer: 1}}, {wait: 3ms}]}}}
        - {weight: 1, do: {choose: [{weight: 1, do: [{initiator: ping}]}, {weight: 1, do: [{responder: {balances: }}]}]}}
        - {weight: 1, do: {parallel: [[{initiator: {message: a}}], [{responder: {message: b}}]]}}
        - {weight: 1, do: {both: {transfer: 1}}, offset: 1ms, expect: [signed, conflict, rejected]}
        - {weight: 1, do: {responder: {transfer: 1}}, sign: {update: {delay: {for: 20ms, then: accept}}}}
        - {weight: 1, do: {repeat: {times: 1, steps: [{initiator: {disconnect: close}}, {initiator: reconnect, expect: done}]}}}
thresholds:
  - share(signed) > 10%
`, slowly(time.Millisecond))
		defer b.stop()
		b.cfg.Timeout = 30 * time.Second
		rep := b.run()
		passed(t, rep)
		s := rep.Summary
		addsUp(t, rep, s.Attempts)
		for _, kind := range []string{"transfer", "wait", "ping", "balances", "message", "disconnect", "reconnect"} {
			if s.Phases[0].Operations[kind].Attempts == 0 {
				t.Errorf("no %s", kind)
			}
		}
		if c := check(t, rep, "repeat 1 times: initiator: reconnect: done"); !c.Passed || c.Got[0] == '0' {
			t.Errorf("%+v", c)
		}
		for _, c := range s.Checks {
			if strings.HasPrefix(c.Expected, "every operation") {
				t.Errorf("a threshold on outcomes is there, and %+v all the same", c)
			}
		}
	})
}

// The answer of an entry comes before that of its phase, which comes before that
// of the role; a phase holds only as long as it lasts.
func TestAnswersOfAPhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: answers
responder: {sign: {update_ack: {abort: 10}}}
load:
  pairs: 2
  phases:
    - name: role
      arrivals: {rate: 10/s}
      duration: 1s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}, expect: {conflict: 10, by: responder}}]
    - name: phase
      arrivals: {rate: 10/s}
      duration: 1s
      sign: {update_ack: {abort: 11}}
      mix: [{weight: 1, do: {initiator: {transfer: 1}}, expect: {conflict: 11, by: responder}}]
    - name: role-in-phase
      arrivals: {rate: 10/s}
      duration: 1s
      responder: {sign: {update_ack: {abort: 12}}}
      mix: [{weight: 1, do: {initiator: {transfer: 1}}, expect: {conflict: 12, by: responder}}]
    - name: entry
      arrivals: {rate: 20/s}
      duration: 1s
      sign: {update_ack: {abort: 11}}
      mix:
        - {weight: 1, do: {initiator: {transfer: 1}}, sign: {update_ack: accept}, expect: signed}
        - weight: 1
          do: {repeat: {times: 2, steps: [{initiator: {transfer: 1}, sign: {update_ack: {abort: 13}}, expect: {conflict: 13, by: responder}}]}}
    - name: after
      arrivals: {rate: 10/s}
      duration: 1s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, nil)
		defer b.stop()
		rep := b.run()
		passed(t, rep)
		if got := rep.Summary.Phases[4].Outcomes["conflict"]; got != 10 {
			t.Errorf("outcomes %v", rep.Summary.Phases[4].Outcomes)
		}
		for _, c := range rep.Summary.Checks {
			if strings.HasSuffix(c.Got, "0 of 0") && !strings.HasPrefix(c.Expected, "every") {
				t.Errorf("nothing was judged by %+v", c)
			}
		}
	})
}

// A failed expectation, and an operation that does not work for no reason, are
// one failed check each, with their counts.
func TestChecksOfALoadAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: counted
load:
  pairs: 2
  phases:
    - name: steady
      arrivals: {rate: 10/s}
      duration: 3s
      mix:
        - {weight: 1, do: {initiator: {transfer: 1}}, expect: {aborted: 42}}
        - {weight: 1, do: {responder: {transfer: 1000000000000000000}}}
        - {weight: 1, do: {responder: {balances: [responder]}}, expect: {values: {responder: 5}}}
        - {weight: 1, do: {initiator: {transfer: 1}}, sign: {update_ack: {abort: 7}}}
`, nil)
		defer b.stop()
		rep := b.run()
		if rep.Scenario.Verdict != results.Failed {
			t.Errorf("verdict %s", rep.Scenario.Verdict)
		}
		s := rep.Summary
		addsUp(t, rep, 30+2*2)
		ph := s.Phases[0]
		signed, rejected, conflict, values := ph.Outcomes["signed"], ph.Outcomes["rejected"], ph.Outcomes["conflict"], ph.Outcomes["done"]
		if signed*rejected*conflict*values == 0 {
			t.Fatalf("outcomes %v", ph.Outcomes)
		}
		for expected, got := range map[string]string{
			"every channel opens":                                  "2 of 2",
			"initiator: transfer 1: aborted 42":                    fmt.Sprintf("0 of %d; instead: signed %d", signed, signed),
			"responder: balances: responder has 5":                 "",
			"every operation works, or ends as an answer explains": fmt.Sprintf("%d of %d; rejected 1001 %d", conflict+values, conflict+values+rejected, rejected),
			"every channel ends as it should":                      "2 of 2",
		} {
			c := check(t, rep, expected)
			if want := strings.HasPrefix(expected, "every channel"); c.Passed != want {
				t.Errorf("%s: passed %v", expected, c.Passed)
			}
			if got != "" && c.Got != got {
				t.Errorf("%s: got %q, want %q", expected, c.Got, got)
			}
		}
		if step := firstFailed(t, rep); step.Index != 2 || len(step.Problems) != 3 {
			t.Errorf("%+v", step)
		}
	})
}

// Waiting for an operation of the own channel is no lateness of the generator.
func TestWaitingIsNotLateness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: late
load:
  pairs: 1
  phases:
    - arrivals: {burst: {size: 20, every: 1s}}
      duration: 2s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, slowly(5*time.Millisecond))
		defer b.stop()
		rep := b.run()
		passed(t, rep)
		if wait := rep.Summary.Operations["transfer"].Wait.MaxUS; wait < 300e3 {
			t.Errorf("the last of a burst waited for %v µs", wait)
		}
		if late := rep.Summary.Generator.LateP99US; late > 0 {
			t.Errorf("%v µs late", late)
		}
	})
}
