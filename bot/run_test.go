package bot_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/simnode"
)

const onceEach = `
chanbot: 1
name: once-each
description: open, update once, stop
steps:
  - open:
  - initiator: {transfer: 1}
    expect: signed
  - responder: stop
  - initiator: stop
`

func TestManyPairs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pairs = 200
		b := newBench(t, parse(t, "once-each.yaml", onceEach), pairs, nil)
		defer b.stop()
		rep := b.run()
		passed(t, rep)
		s := rep.Summary
		if s.Attempts != 4*pairs || s.Outcomes["signed"] != 2*pairs || s.Outcomes["done"] != 2*pairs {
			t.Errorf("attempts %d, outcomes %v", s.Attempts, s.Outcomes)
		}
		if n := s.Operations["transfer"].Stages["update"].Count; n != pairs {
			t.Errorf("%d transfers have the stage update", n)
		}
		if b.node.Channels() != 0 {
			t.Errorf("%d channels are left on the node", b.node.Channels())
		}
	})
}

// TestManyPairsOnLoopback uses the real clock and real sockets, and leaves no
// goroutine behind.
func TestManyPairsOnLoopback(t *testing.T) {
	before := runtime.NumGoroutine()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	const pairs = 50
	b := newBench(t, parse(t, "once-each.yaml", onceEach), pairs, nil)
	srv := &http.Server{Handler: b.node}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	b.cfg.Dial, b.cfg.InitiatorNode = nil, "ws://"+l.Addr().String()
	b.cfg.Iterations = 2
	passed(t, b.run())
	srv.Close()
	<-served
	b.stop()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	buf := make([]byte, 1<<16)
	t.Errorf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
}

const patient = `
chanbot: 1
name: patient
description: waits
steps:
  - open:
  - repeat:
      times: 1000
      steps:
        - initiator: {transfer: 1}
          expect: signed
        - wait: 1s
  - responder: stop
  - initiator: stop
`

func TestEncryptedNode(t *testing.T) {
	s := parse(t, "wss.yaml", `
chanbot: 1
name: wss
description: over TLS
steps:
  - open:
  - initiator: {transfer: 1}
  - initiator: {disconnect: reset}
  - initiator: reconnect
  - responder: {transfer: 1}
`)
	b := newBench(t, s, 1, nil)
	defer b.stop()
	srv := httptest.NewTLSServer(b.node)
	defer srv.Close()
	roots := x509.NewCertPool()
	roots.AddCert(srv.Certificate())
	b.cfg.Dial, b.cfg.InitiatorNode = nil, "wss"+strings.TrimPrefix(srv.URL, "https")
	b.cfg.TLS = &tls.Config{RootCAs: roots}
	passed(t, b.run())

	b.cfg.TLS = nil
	_, err := bot.Run(t.Context(), b.cfg)
	if _, ok := errors.AsType[*bot.UnreachableError](err); !ok {
		t.Errorf("with an unknown certificate: %v", err)
	}
}

func TestCancelDrainsAndStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, parse(t, "patient.yaml", patient), 3, nil)
		defer b.stop()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10500*time.Millisecond, cancel)
		start := time.Now()
		rep, err := bot.Run(ctx, b.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 12*time.Second {
			t.Errorf("took %v", took)
		}
		if rep.Scenario.Verdict != results.Interrupted {
			t.Errorf("verdict %s", rep.Scenario.Verdict)
		}
		if steps := rep.Scenario.Steps; steps[1].Outcome.Kind != outcome.Cancelled || !steps[2].Skipped {
			t.Errorf("steps %+v", steps)
		}
		if b.node.Channels() != 0 {
			t.Errorf("%d channels are left on the node", b.node.Channels())
		}
		if rep.Summary.Outcomes["cancelled"] != 3 {
			t.Errorf("outcomes %v", rep.Summary.Outcomes)
		}
	})
}

const stuck = `
chanbot: 1
name: stuck
description: nobody answers
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: ignore}
    timeout: 1000s
  - initiator: stop
`

func TestGraceAndLeaveGiveUp(t *testing.T) {
	for name, c := range map[string]struct {
		cancelAt, leaveAt, want time.Duration
	}{
		"grace":                {5 * time.Second, time.Hour, 12 * time.Second},
		"leave after a cancel": {5 * time.Second, 6 * time.Second, 6 * time.Second},
		"leave alone":          {time.Hour, 4 * time.Second, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, parse(t, "stuck.yaml", stuck), 1, nil)
				defer b.stop()
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				leave := make(chan struct{})
				first := time.AfterFunc(c.cancelAt, cancel)
				second := time.AfterFunc(c.leaveAt, func() { close(leave) })
				defer first.Stop()
				defer second.Stop()
				b.cfg.Grace, b.cfg.Leave = 7*time.Second, leave
				start := time.Now()
				rep, err := bot.Run(ctx, b.cfg)
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took < c.want || took > c.want+time.Second {
					t.Errorf("took %v, want %v", took, c.want)
				}
				if got := rep.Scenario.Steps[1].Outcome.Kind; got != outcome.Cancelled || rep.Scenario.Verdict != results.Interrupted {
					t.Errorf("outcome %v, verdict %s", got, rep.Scenario.Verdict)
				}
			})
		})
	}
}

func TestIdleChannelIsKeptAlive(t *testing.T) {
	const idle = `
chanbot: 1
name: idle
description: nothing happens for a while
steps:
  - open:
  - wait: 9m
  - initiator: {transfer: 1}
    expect: signed
`
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, parse(t, "idle.yaml", idle), 1, nil)
		defer b.stop()
		passed(t, b.run())
	})
}

func TestWhatCannotBeRunIsRefusedFirst(t *testing.T) {
	s := parse(t, "not-yet.yaml", `
chanbot: 1
name: not-yet
description: what is not runnable
node: {forgiving: true}
steps:
  - open:
  - repeat:
      times: 2
      steps:
        - blocks: 1
  - blocks: 3
`)
	_, err := bot.Run(t.Context(), bot.Config{Scenario: s, InitiatorNode: "http://x", Keys: someKeys(1), Pairs: 2})
	if _, ok := errors.AsType[*bot.ConfigError](err); !ok {
		t.Fatalf("error %v", err)
	}
	for _, want := range []string{
		`node "http://x": not a ws:// or wss:// URL`,
		"1 accounts for 2 pairs",
		"not-yet.yaml:5:",
		"not-yet.yaml:11:",
		"only the embedded node makes blocks",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not say %q:\n%v", want, err)
		}
	}
}

func TestBlocksAtAnInterval(t *testing.T) {
	s := load(t, "transfers")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, func(c *simnode.Config) { c.Blocks = simnode.Interval })
		defer b.stop()
		b.cfg.Embedded = nil
		passed(t, b.run())
	})
}
