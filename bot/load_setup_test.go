package bot_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/results"
)

// Channels that never opened fail the run, and what is due there is refused.
func TestChannelsThatDoNotOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, fleetOf20, nil)
		defer b.stop()
		for i, k := range someKeys(40) {
			if i/2 == 7 || i/2 == 13 {
				b.cfg.Keys[i] = b.cfg.Keys[0] // the account takes part twice
			}
			_ = k
		}
		rep := b.run()
		if rep.Scenario.Verdict != results.Failed {
			t.Errorf("verdict %s", rep.Scenario.Verdict)
		}
		if c := check(t, rep, "every channel opens"); c.Passed || !strings.HasPrefix(c.Got, "18 of 20; ") {
			t.Errorf("%+v", c)
		}
		ph := rep.Summary.Phases[0]
		if ph.Attempts != 2000 || ph.Outcomes["refused"] < 100 || ph.Outcomes["refused"]+ph.Outcomes["signed"] != 2000 {
			t.Errorf("outcomes %v", ph.Outcomes)
		}
		if got := ph.Operations["transfer"].Response.Count; got != ph.Outcomes["signed"] {
			t.Errorf("%d are measured of %v", got, ph.Outcomes)
		}
		addsUp(t, rep, 2000+20+18)
	})
}

func TestLoadOnANodeThatIsNotThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, fleetOf20, nil)
		defer b.stop()
		b.cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("nobody listens") }
		_, err := bot.Run(t.Context(), b.cfg)
		if _, ok := errors.AsType[*bot.UnreachableError](err); !ok {
			t.Errorf("got %v, want an UnreachableError", err)
		}
	})
}

// A node that says nothing is given up before every pair has waited for it.
func TestSetUpIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := loaded(t, strings.Replace(fleetOf20, "pairs: 20", "pairs: 200", 1), nil)
		defer func() { b.stop() }()
		b.through(func(string, []byte) [][]byte { return nil })
		b.cfg.Timeout, b.cfg.Grace = 20*time.Second, 5*time.Second
		start := time.Now()
		rep := b.run()
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %v", took)
		}
		if c := check(t, rep, "every channel opens"); c.Passed || !strings.HasPrefix(c.Got, "0 of 20; ") || !strings.Contains(c.Got, "180 were not tried") {
			t.Errorf("%+v", c)
		}
		if len(rep.Summary.Phases) != 0 || rep.Scenario.Verdict != results.Failed {
			t.Errorf("verdict %s, phases %v", rep.Scenario.Verdict, rep.Summary.Phases)
		}
	})
}

func TestTeardowns(t *testing.T) {
	for how, c := range map[string]struct {
		operation string
		attempts  int64
		left      int // channels on the node
	}{
		"{close: mutual}": {"close", 3, 0},
		"stop":            {"stop", 6, 0},
		"leave":           {"leave", 3, 0},
		"none":            {"", 0, 6},
	} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := loaded(t, `
chanbot: 1
name: teardown
load:
  pairs: 3
  phases:
    - arrivals: {rate: 30/s}
      duration: 1s
      mix: [{weight: 1, do: {initiator: {transfer: 1}}}]
  teardown: `+how+"\n", slowly(time.Millisecond))
				defer b.stop()
				rep := b.run()
				passed(t, rep)
				addsUp(t, rep, 30+3+c.attempts)
				if got := rep.Summary.Operations[c.operation].Attempts; got != c.attempts {
					t.Errorf("%d times %s", got, c.operation)
				}
				if got := b.node.Channels(); got != c.left {
					t.Errorf("%d machines are left on the node", got)
				}
			})
		})
	}
}

// TestSignTimeoutUnderLoad: without timeouts in the scenario a node waits 20 s for
// a signature, so that one that is lost does not hold a channel up for long.
func TestSignTimeoutUnderLoad(t *testing.T) {
	for timeouts, want := range map[string]string{"{}": "20000", "{timeouts: {idle: 60s}}": ""} {
		synctest.Test(t, func(t *testing.T) {
			b := loaded(t, strings.Replace(fleetOf20, "load:", "channel: "+timeouts+"\nload:", 1), nil)
			defer b.stop()
			var mu sync.Mutex
			var got []string
			b.cfg.Frames = connects(func(u *url.URL) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, u.Query().Get("timeout_sign"))
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer time.AfterFunc(time.Second, cancel).Stop()
			if _, err := bot.Run(ctx, b.cfg); err != nil {
				t.Fatal(err)
			}
			for _, text := range got {
				if text != want {
					t.Errorf("%s: timeout_sign=%q, want %q", timeouts, text, want)
				}
			}
			if len(got) == 0 {
				t.Error("no connection")
			}
		})
	}
}

// connects is told the URLs that are connected to.
type connects func(*url.URL)

func (c connects) Record(r results.FrameRecord) {
	if r.Dir == results.DirConnect {
		if u, err := url.Parse(string(r.Text())); err == nil {
			c(u)
		}
	}
}
