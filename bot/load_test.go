package bot_test

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/metrics"
	"chanbot/results"
	"chanbot/simnode"
	"chanbot/wire"
)

// loaded is a bench for a scenario with a load, which says how many pairs there
// are. Hardly a signature is verified.
func loaded(t testing.TB, src string, with func(*simnode.Config)) *bench {
	t.Helper()
	s, err := parseText("load.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, s, s.Load.Pairs, func(c *simnode.Config) {
		c.NoVerify = true
		if with != nil {
			with(c)
		}
	})
	b.cfg.SampleChecks = 1000 // the other tests verify
	return b
}

// addsUp fails the test unless every attempt has one outcome and there are as
// many as expected.
func addsUp(t *testing.T, rep *bot.Report, attempts int64) {
	t.Helper()
	if err := rep.Summary.CheckSums(); err != nil {
		t.Error(err)
	}
	if rep.Summary.Attempts != attempts {
		t.Errorf("%d attempts (%v), want %d", rep.Summary.Attempts, rep.Summary.Outcomes, attempts)
	}
}

// check returns the check with an expectation.
func check(t *testing.T, rep *bot.Report, expected string) results.Check {
	t.Helper()
	for _, c := range rep.Summary.Checks {
		if c.Expected == expected {
			return c
		}
	}
	t.Fatalf("no check %q among %+v", expected, rep.Summary.Checks)
	return results.Check{}
}

func TestLoadOfManyPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: many
load:
  pairs: 200
  setup: {rate: 100/s, in_flight: 20}
  phases:
    - name: steady
      arrivals: {rate: 400/s, process: poisson}
      warmup: 1s
      duration: 5s
      mix:
        - {weight: 90, do: {initiator: {transfer: 1}}}
        - {weight: 5, do: {responder: {transfer: 1}}}
        - {weight: 4, do: {both: {transfer: 1}}, expect: conflict}
        - {weight: 1, do: {initiator: {message: ping}}}
`, func(c *simnode.Config) { c.Latency = time.Millisecond })
		defer b.stop()
		gauge := new(metrics.Gauge)
		b.cfg.Gauge = gauge
		rep := b.run()
		passed(t, rep)
		s := rep.Summary
		if len(s.Phases) != 1 || s.Phases[0].DurationS < 5 || s.Phases[0].DurationS > 5.1 {
			t.Fatalf("phases %+v", s.Phases)
		}
		both := s.Phases[0].Operations["transfer"].Outcomes["conflict"]
		if got, want := s.Phases[0].Attempts, 2000+both/2; got != want {
			t.Errorf("%d attempts of 2000 arrivals, %d of which have two", got, both/2)
		}
		if n := s.Phases[0].Operations["message"].Attempts; n < 8 || n > 40 {
			t.Errorf("%d of 2000 arrivals are messages, with a weight of 1%%", n)
		}
		if w := s.Warmup.Attempts; w < 400 || w > 450 {
			t.Errorf("%d attempts in a warm-up of 400 arrivals", w)
		}
		addsUp(t, rep, s.Phases[0].Attempts+2*200)
		if got := s.Operations["open"].Outcomes["signed"]; got != 200 {
			t.Errorf("%d channels opened", got)
		}
		if got := s.Operations["close"].Outcomes["done"]; got != 200 {
			t.Errorf("%d channels closed", got)
		}
		if b.node.Channels() != 0 {
			t.Errorf("%d channels are left on the node", b.node.Channels())
		}
		if p := gauge.Read(); p.Stage != metrics.StageOver || p.Open+p.Opening+p.Lost+p.Waiting+p.Busy+p.Sockets != 0 {
			t.Errorf("gauge at the end: %+v", p)
		}
		if c := check(t, rep, "both: transfer 1: conflict"); !c.Passed || c.Got != fmt.Sprintf("%d of %d", both, both) {
			t.Errorf("check %+v", c)
		}
	})
}

// freezer is a network whose servers stop to read for a while.
type freezer struct {
	net.Listener
	mu     sync.Mutex
	from   time.Time // zero: never
	frozen time.Duration
}

func (f *freezer) freeze(from time.Time, d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.from, f.frozen = from, d
}

func (f *freezer) Accept() (net.Conn, error) {
	c, err := f.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &freezing{c, f}, nil
}

type freezing struct {
	net.Conn
	f *freezer
}

func (c *freezing) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.f.mu.Lock()
	from, d := c.f.from, c.f.frozen
	c.f.mu.Unlock()
	if now := time.Now(); !from.IsZero() && !now.Before(from) && now.Before(from.Add(d)) {
		time.Sleep(from.Add(d).Sub(now))
	}
	return n, err
}

// TestAFrozenNodeIsSeen is why response times are measured from when an operation
// was due: one channel is to do 100 operations a second, and its node stands
// still for 5 s. Measured from when they were sent, only one of 6000 operations
// would be slow.
func TestAFrozenNodeIsSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: frozen
load:
  pairs: 1
  phases:
    - name: steady
      arrivals: {rate: 100/s}
      duration: 60s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, func(c *simnode.Config) { c.Latency = time.Millisecond })
		defer func() { b.stop() }()
		ice := &freezer{}
		b.behind(func(l net.Listener) net.Listener {
			ice.Listener = l
			return ice
		})
		b.cfg.Started = time.Now()
		ice.freeze(b.cfg.Started.Add(20*time.Second), 5*time.Second)
		rep := b.run()
		passed(t, rep)
		ph := rep.Summary.Phases[0]
		addsUp(t, rep, 6000+2)
		if ph.Attempts != 6000 || ph.Outcomes["signed"] != 6000 {
			t.Errorf("%d attempts, %v", ph.Attempts, ph.Outcomes)
		}
		o := ph.Operations["transfer"]
		if p99 := o.Response.P99US / 1e6; math.Abs(p99-4.5) > 0.2 {
			t.Errorf("p99 of the response is %.3f s, want about 4.5 s", p99)
		}
		if o.Service.P99US > 2*o.Service.P50US || o.Service.P50US > 10e3 || o.Service.MaxUS < 4.9e6 {
			t.Errorf("service %+v: want some milliseconds, and one of 5 s", o.Service)
		}
		if o.Wait.P99US < 4e6 {
			t.Errorf("wait %+v", o.Wait)
		}
	})
}

// behind puts something between the bots and the node of the bench.
func (b *bench) behind(in func(net.Listener) net.Listener) {
	l := memnet.New()
	srv := &http.Server{Handler: b.node.HTTP()}
	served := make(chan struct{})
	go func() {
		srv.Serve(in(l))
		close(served)
	}()
	stop := b.stop
	b.cfg.Dial, b.stop = l.DialContext, func() {
		stop()
		srv.Close()
		<-served
	}
}

// The exact clock is asked for short waits only, so that the end of a run is
// noticed, and what is due comes no earlier with it.
func TestExactClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, `
chanbot: 1
name: exact
load:
  pairs: 2
  phases:
    - arrivals: {rate: 3/s}
      duration: 2s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
    - arrivals: {closed: {think: 500ms}}
      duration: 2s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
`, nil)
		defer b.stop()
		var naps int
		b.cfg.NewSleep = func() func(time.Duration) {
			return func(d time.Duration) {
				if naps++; d <= 0 || d > 3*time.Millisecond {
					t.Errorf("asked to sleep for %v", d)
				}
				time.Sleep(d)
			}
		}
		rep := b.run()
		passed(t, rep)
		if naps < 6+8 {
			t.Errorf("it slept %d times", naps)
		}
		for i, want := range []int64{6, 2 * 4} {
			if ph := rep.Summary.Phases[i]; ph.Attempts != want || ph.Operations["transfer"].Wait.MaxUS != 0 {
				t.Errorf("phase %d: %d attempts, wait %+v", i+1, ph.Attempts, ph.Operations["transfer"].Wait)
			}
		}
	})
}

// frameLog keeps what passes on the sockets of the first pair.
type frameLog struct {
	mu   sync.Mutex
	list []results.FrameRecord
}

func (l *frameLog) Record(r results.FrameRecord) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.Pair == 0 && (r.Dir == results.DirIn || r.Dir == results.DirOut) {
		r.Frame = slices.Clone(r.Frame)
		l.list = append(l.list, r)
	}
}

// names returns by side what has passed: the names of the node's frames, and the
// methods of the client's.
func (l *frameLog) names() map[string][]string {
	sides := map[string][]string{}
	for _, r := range l.list {
		f := wire.DecodeFrame(r.Frame)
		name := "in " + f.Name()
		if r.Dir == results.DirOut {
			if reqs, _, ok := wire.ParseRequests(r.Frame); ok {
				name = "out " + reqs[0].Method
			}
		}
		sides[r.Side] = append(sides[r.Side], name)
	}
	return sides
}
