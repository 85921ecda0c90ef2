package bot_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/metrics"
	"chanbot/results"
)

const fleetOf20 = `
chanbot: 1
name: fleet
load:
  pairs: 20
  setup: {rate: 10/s}
  phases:
    - name: steady
      arrivals: {rate: 200/s}
      duration: 10s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`

// TestInterruptedLoad: an interruption lets what is under way end and then ends
// the channels; the second one, Leave, does not wait for anything.
func TestInterruptedLoad(t *testing.T) {
	for name, c := range map[string]struct {
		stage   metrics.Stage
		after   time.Duration // since the stage began
		once    bool          // Leave alone
		twice   time.Duration // Leave, so long after the interruption; 0 never
		within  time.Duration
		opened  int64
		atLeast int64 // transfers
	}{
		"set-up":                 {stage: metrics.StageSetup, after: 950 * time.Millisecond, within: time.Second, opened: 10},
		"load":                   {stage: metrics.StageLoad, after: 2 * time.Second, within: time.Second, opened: 20, atLeast: 100},
		"drain":                  {stage: metrics.StageDrain, within: time.Second, opened: 20, atLeast: 200},
		"teardown":               {stage: metrics.StageTeardown, after: 20 * time.Millisecond, within: time.Second, opened: 20, atLeast: 200},
		"set-up, at once":        {stage: metrics.StageSetup, after: 950 * time.Millisecond, once: true, within: 10 * time.Millisecond, opened: 10},
		"load, at once":          {stage: metrics.StageLoad, after: 2 * time.Second, once: true, within: 10 * time.Millisecond, opened: 20, atLeast: 95},
		"drain, at once":         {stage: metrics.StageDrain, once: true, within: 10 * time.Millisecond, opened: 20, atLeast: 195},
		"teardown, at once":      {stage: metrics.StageTeardown, after: 20 * time.Millisecond, once: true, within: 10 * time.Millisecond, opened: 20, atLeast: 200},
		"load, and then at once": {stage: metrics.StageLoad, after: 2 * time.Second, twice: 50 * time.Millisecond, within: 60 * time.Millisecond, opened: 20, atLeast: 100},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := loaded(t, strings.Replace(strings.Replace(fleetOf20, "200/s", "50/s", 1), "10s", "4s", 1), slowly(10*time.Millisecond))
				defer b.stop()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				leave, gauge := make(chan struct{}), new(metrics.Gauge)
				b.cfg.Leave, b.cfg.Gauge = leave, gauge
				var told time.Time
				var watch sync.WaitGroup
				watch.Go(func() {
					for at := gauge.Read().Stage; at != c.stage; at = gauge.Read().Stage {
						if at == metrics.StageOver {
							t.Errorf("the run was never in the stage %v", c.stage)
							break
						}
						time.Sleep(time.Millisecond)
					}
					time.Sleep(c.after)
					if told = time.Now(); c.once {
						close(leave)
						return
					}
					if cancel(); c.twice > 0 {
						time.Sleep(c.twice)
						close(leave)
					}
				})
				rep, err := bot.Run(ctx, b.cfg)
				if err != nil {
					t.Fatal(err)
				}
				watch.Wait()
				if took := time.Since(told); took > c.within {
					t.Errorf("it took %v after the interruption", took)
				}
				if rep.Scenario.Verdict != results.Interrupted {
					t.Errorf("verdict %s: %s", rep.Scenario.Verdict, rep.Scenario.Render(results.Style{}))
				}
				s := rep.Summary
				if err := s.CheckSums(); err != nil {
					t.Error(err)
				}
				if got := s.Operations["open"]; got.Attempts != c.opened {
					t.Errorf("opened: %+v", got)
				}
				transfers := s.Operations["transfer"]
				if transfers.Outcomes["signed"] < c.atLeast || transfers.Attempts > c.atLeast+20 {
					t.Errorf("transfers: %v", transfers.Outcomes)
				}
				if !c.once && c.twice == 0 {
					if transfers.Outcomes["cancelled"] > 1 { // one that was due at that moment
						t.Errorf("transfers under way did not end: %v", transfers.Outcomes)
					}
					if got := s.Operations["close"].Outcomes["done"]; got != c.opened {
						t.Errorf("%d of %d channels closed", got, c.opened)
					}
				}
				if b.node.Channels() != 0 && !c.once && c.twice == 0 {
					t.Errorf("%d channels are left on the node", b.node.Channels())
				}
				setup, load := rep.Scenario.Steps[0].Label, rep.Scenario.Steps[1].Label
				if untried := strings.HasSuffix(setup, "open 20 channels, 10 of them not tried"); untried != (c.stage == metrics.StageSetup) {
					t.Errorf("the set-up is called %q", setup)
				}
				if broken := strings.HasSuffix(load, ", cut short"); broken != (c.stage == metrics.StageLoad) {
					t.Errorf("the load is called %q", load)
				}
				if p := gauge.Read(); p.Stage != metrics.StageOver || p.Open+p.Opening+p.Waiting+p.Busy+p.Sockets != 0 {
					t.Errorf("gauge at the end: %+v", p)
				}
			})
		})
	}
}

// What waits in the queues when a run is interrupted is cancelled, what is under
// way may end, and what was not due by then is no attempt.
func TestInterruptedBacklog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: backlog
load:
  pairs: 2
  phases:
    - arrivals: {rate: 1000/s}
      duration: 1h
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, slowly(5*time.Millisecond))
		defer b.stop()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		gauge := new(metrics.Gauge)
		b.cfg.Gauge, b.cfg.Started = gauge, time.Now()
		var began, waiting time.Duration
		defer time.AfterFunc(5*time.Second+100*time.Microsecond, func() {
			p := gauge.Read()
			began, waiting = p.Phase.Start, time.Duration(p.Waiting)
			cancel()
		}).Stop()
		rep, err := bot.Run(ctx, b.cfg)
		if err != nil {
			t.Fatal(err)
		}
		due := int64((5*time.Second+100*time.Microsecond-began)/time.Millisecond) + 1
		ph := rep.Summary.Phases[0]
		addsUp(t, rep, due+2+2)
		if ph.Attempts != due || ph.Outcomes["cancelled"] != int64(waiting) || ph.Outcomes["signed"] != due-int64(waiting) {
			t.Errorf("%d were due and %d of them waited: %v", due, waiting, ph.Outcomes)
		}
		if ph.Operations["transfer"].Response.Count != ph.Outcomes["signed"] {
			t.Errorf("what was cancelled is measured: %+v", ph.Operations["transfer"].Response)
		}
		if got := rep.Summary.Operations["close"].Outcomes["done"]; got != 2 {
			t.Errorf("%d channels closed", got)
		}
	})
}

// Without an interruption everything that was due is done, if that does not take
// longer than one operation may.
func TestDrainIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: too-much
load:
  pairs: 1
  phases:
    - arrivals: {burst: {size: 100, every: 1s}}
      duration: 1s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}, sign: {update: {delay: {for: 1s, then: accept}}}}]
`, nil)
		defer b.stop()
		b.cfg.Timeout, b.cfg.Grace = 20*time.Second, 5*time.Second
		rep := b.run()
		if rep.Scenario.Verdict != results.Failed {
			t.Errorf("verdict %s", rep.Scenario.Verdict)
		}
		ph := rep.Summary.Phases[0]
		addsUp(t, rep, 100+2)
		// One second of the phase and 25 of the drain.
		if ph.Outcomes["signed"] < 25 || ph.Outcomes["signed"] > 26 || ph.Outcomes["cancelled"] != 100-ph.Outcomes["signed"] {
			t.Errorf("outcomes %v", ph.Outcomes)
		}
		if c := check(t, rep, "every operation works, or ends as an answer explains"); c.Passed || !strings.Contains(c.Got, "cancelled") {
			t.Errorf("%+v", c)
		}
	})
}

// TestNodeThatDiesUnderLoad: what was due at a channel that is gone is counted,
// and it does not make the node look fast.
func TestNodeThatDiesUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: killed
load:
  pairs: 10
  phases:
    - name: open
      arrivals: {rate: 100/s}
      duration: 10s
      mix:
        - {weight: 9, do: {initiator: {transfer: 1}}}
        - {weight: 1, do: {both: {transfer: 1}}}
    - name: closed
      arrivals: {closed: }
      duration: 5s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, slowly(5*time.Millisecond))
		defer b.stop()
		gauge := new(metrics.Gauge)
		b.cfg.Gauge = gauge
		var lost atomic.Int64
		kill := time.AfterFunc(5*time.Second, func() {
			b.node.Close()
			time.AfterFunc(time.Second, func() { lost.Store(gauge.Read().Lost) })
		})
		defer kill.Stop()
		rep := b.run()
		if rep.Scenario.Verdict != results.Failed || len(rep.Scenario.Violations) > 0 {
			t.Errorf("verdict %s, violations %v", rep.Scenario.Verdict, rep.Scenario.Violations)
		}
		if lost.Load() != 10 {
			t.Errorf("%d channels count as lost", lost.Load())
		}
		open := rep.Summary.Phases[0]
		if open.Attempts < 1050 || open.Attempts > 1150 || open.Outcomes["signed"] < 400 || open.Outcomes["disconnected"] < 500 {
			t.Errorf("outcomes %v", open.Outcomes)
		}
		o := open.Operations["transfer"]
		if o.Response.Count > o.Outcomes["signed"]+o.Outcomes["conflict"]+20 || o.Response.P50US < 10e3 {
			t.Errorf("response %+v of %v", o.Response, o.Outcomes)
		}
		// Pairs of the closed model try again, once a second.
		if closed := rep.Summary.Phases[1]; closed.Attempts != 10*5 || closed.Outcomes["disconnected"] != 10*5 {
			t.Errorf("closed: %v", closed.Outcomes)
		}
		addsUp(t, rep, open.Attempts+10*5+10)
	})
}

// TestViolationUnderLoad: the pair that has seen it does nothing more, the others
// go on, and the run fails.
func TestViolationUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, fleetOf20+`
thresholds: [share(signed) > 1%]
`, slowly(time.Millisecond))
		defer func() { b.stop() }()
		var updates atomic.Int64
		b.through(func(role string, f []byte) [][]byte {
			if strings.Contains(string(f), `"method":"channels.update"`) && updates.Add(1) == 1000 {
				return [][]byte{f, f}
			}
			return [][]byte{f}
		})
		m := metrics.NewRun(metrics.Options{})
		b.cfg.Metrics = m
		rep := b.run()
		if rep.Scenario.Verdict != results.Failed || len(rep.Summary.Violations) != 1 || len(m.Summary().Violations) != 1 {
			t.Fatalf("verdict %s, violations %v", rep.Scenario.Verdict, rep.Summary.Violations)
		}
		if v := rep.Summary.Violations[0]; len(v.Frames) == 0 {
			t.Error("no frames")
		}
		ph := rep.Summary.Phases[0]
		if ph.Attempts != 2000 || ph.Outcomes["signed"] < 1850 || ph.Outcomes["cancelled"] < 50 || ph.Outcomes["signed"]+ph.Outcomes["cancelled"]+ph.Outcomes["violation"] != 2000 {
			t.Errorf("outcomes %v", ph.Outcomes)
		}
		if got := rep.Summary.Operations["close"].Outcomes["done"]; got != 19 {
			t.Errorf("%d channels closed", got)
		}
		addsUp(t, rep, 2000+20+19)
	})
}
