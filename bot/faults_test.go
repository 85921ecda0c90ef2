package bot_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/bot"
	"chanbot/outcome"
	"chanbot/results"
)

const openOnly = `
chanbot: 1
name: open-only
description: opens
steps:
  - open:
  - responder: stop
  - initiator: stop
`

const fsmUp = `{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"fsm_up","fsm_id":"ba_izrkYRITzyDUi0ZoQtjsoRv2bTzFlFk+SctfWrIkwCHETxxU"}},"version":1}`

// firstFailed returns the step that went wrong.
func firstFailed(t *testing.T, rep *bot.Report) results.StepReport {
	t.Helper()
	if rep == nil {
		t.Fatal("no report")
	}
	for _, s := range rep.Scenario.Steps {
		if !s.Passed && !s.Skipped {
			return s
		}
	}
	t.Fatalf("no step went wrong\n%s", rep.Scenario.Render(results.Style{}))
	return results.StepReport{}
}

// broke fails the test unless the run failed with a violation of a rule whose
// last frame contains a text.
func broke(t *testing.T, rep *bot.Report, rule, contains string) {
	t.Helper()
	if rep == nil || len(rep.Scenario.Violations) == 0 {
		t.Fatalf("no violation; want %s", rule)
	}
	if rep.Scenario.Verdict != results.Failed {
		t.Errorf("verdict %s", rep.Scenario.Verdict)
	}
	v := rep.Scenario.Violations[0]
	if v.Rule != rule {
		t.Errorf("rule %s (expected %s, got %s), want %s", v.Rule, v.Expected, v.Got, rule)
	}
	if len(v.Frames) == 0 {
		t.Fatal("the violation shows no frame")
	}
	if last := string(v.Frames[len(v.Frames)-1].Frame); !strings.Contains(last, contains) {
		t.Errorf("the last frame is %.200s, without %s", last, contains)
	}
	if s := firstFailed(t, rep); s.Outcome.Kind != outcome.Violation {
		t.Errorf("outcome %v, want a violation", s.Outcome)
	}
}

func TestNodeThatNeverAnswersEndsAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake(t, openOnly, func(_ string, c *websocket.Conn) { drain(c) })
		defer func() { b.stop() }()
		b.cfg.Timeout = 7 * time.Second
		start := time.Now()
		s := firstFailed(t, b.run())
		if s.Outcome.Kind != outcome.Timeout || s.Outcome.By != outcome.ByBot {
			t.Errorf("outcome %v, want chanbot's timeout", s.Outcome)
		}
		if s.Took != 7*time.Second || time.Since(start) > 10*time.Second {
			t.Errorf("the step took %v, the run %v", s.Took, time.Since(start))
		}
	})
}

func TestNodeThatAcceptsNoHandshakeEndsAtTheTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake(t, openOnly, nil)
		defer func() { b.stop() }()
		var ends []net.Conn
		b.cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			c, s := net.Pipe()
			ends = append(ends, s)
			go func() { // takes the request and says nothing
				buf := make([]byte, 4096)
				for {
					if _, err := s.Read(buf); err != nil {
						return
					}
				}
			}()
			return c, nil
		}
		b.cfg.Timeout = 7 * time.Second
		rep, err := bot.Run(t.Context(), b.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if s := firstFailed(t, rep); s.Outcome.Kind != outcome.Timeout {
			t.Errorf("outcome %v, want a timeout", s.Outcome)
		}
		for _, c := range ends {
			c.Close()
		}
	})
}

func TestGarbageIsAViolation(t *testing.T) {
	for name, c := range map[string]struct {
		kind       int
		frame      string
		rule, show string
	}{
		"no JSON":       {websocket.TextMessage, "what {is this", "not-json", "what {is this"},
		"empty":         {websocket.TextMessage, "", "not-json", `""`},
		"a number":      {websocket.TextMessage, "17", "unknown-frame", "17"},
		"other shape":   {websocket.TextMessage, `{"hello":"world"}`, "unknown-frame", "world"},
		"binary":        {websocket.BinaryMessage, fsmUp, "websocket", "fsm_up"},
		"no UTF-8":      {websocket.TextMessage, "{\"hello\":\"\xff\"}", "websocket", "hello"},
		"no first word": {websocket.TextMessage, strings.Replace(fsmUp, "fsm_up", "open", 1), "", "open"},
		"huge":          {websocket.TextMessage, `{"x":"` + strings.Repeat("x", 17<<20) + `"}`, "frame-size", `"code":1006`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := fake(t, openOnly, func(_ string, conn *websocket.Conn) {
					go conn.WriteMessage(c.kind, []byte(c.frame))
					drain(conn)
				})
				defer func() { b.stop() }()
				rep := b.run()
				if c.rule == "" {
					c.rule = rep.Scenario.Violations[0].Rule
				}
				broke(t, rep, c.rule, c.show)
			})
		})
	}
}

func TestExpectedViolationPasses(t *testing.T) {
	const expected = `
chanbot: 1
name: expected
description: the node is known to be broken
steps:
  - open:
    expect: violation
`
	synctest.Test(t, func(t *testing.T) {
		b := fake(t, expected, func(_ string, c *websocket.Conn) {
			c.WriteMessage(websocket.TextMessage, []byte("garbage"))
			drain(c)
		})
		defer func() { b.stop() }()
		rep := b.run()
		passed(t, rep)
		if n := len(rep.Scenario.Violations); n != 0 {
			t.Errorf("%d violations are listed", n)
		}
	})
}

func TestBrokenFramingIsAViolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake(t, openOnly, func(_ string, c *websocket.Conn) {
			c.NetConn().Write([]byte{0x83, 0x00}) // a reserved opcode
			drain(c)
		})
		defer func() { b.stop() }()
		broke(t, b.run(), "websocket", `"code":1006`)
	})
}

func TestFrameForAnotherChannelIsAViolation(t *testing.T) {
	s := load(t, "transfers")
	const other = "ch_2Fcp32wxdUnr4EDRdGm3QFREdnrPB9grenJ6GExHFXpNwRDxDV"
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		b.through(func(role string, f []byte) [][]byte {
			text := string(f)
			if at := strings.Index(text, `"channel_id":"ch_`); role == "initiator" && at >= 0 && strings.Contains(text, "own_funding_locked") {
				at += len(`"channel_id":"`)
				end := at + strings.Index(text[at:], `"`)
				text = text[:at] + other + text[end:]
			}
			return [][]byte{[]byte(text)}
		})
		defer func() { b.stop() }()
		broke(t, b.run(), "channel-id-changed", other)
	})
}

func TestBotRefusesToSign(t *testing.T) {
	s := load(t, "transfers")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		// The responder is asked to agree to more than what the initiator asked for.
		b.through(replaceOn("responder", "channels.sign.update_ack", `"amount":1000`, `"amount":7000`))
		defer func() { b.stop() }()
		tape := new(tape)
		b.cfg.Frames = tape
		rep := b.run()
		broke(t, rep, "offer-state-hash", "7000")
		if n := len(rep.Summary.Violations); n != 1 {
			t.Errorf("one wrong offer is told %d times", n)
		}
		for _, r := range tape.entries {
			if r.Dir == results.DirOut && strings.Contains(string(r.Frame), `"channels.update_ack"`) && strings.Contains(string(r.Frame), "signed_tx") {
				t.Errorf("it signed: %s", r.Frame)
			}
		}
	})
}

func TestUnreachableNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake(t, openOnly, nil)
		defer func() { b.stop() }()
		refused := errors.New("connection refused")
		b.cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, refused }
		rep, err := bot.Run(t.Context(), b.cfg)
		u, ok := errors.AsType[*bot.UnreachableError](err)
		if !ok || rep != nil || u.Node != "ws://fake/channel" || !errors.Is(err, refused) {
			t.Errorf("report %v, error %v", rep, err)
		}
	})
}

func TestWrongPathIsUnreachable(t *testing.T) {
	s := load(t, "open-and-stop")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer func() { b.stop() }()
		b.cfg.InitiatorNode = "ws://node/elsewhere"
		_, err := bot.Run(t.Context(), b.cfg)
		if _, ok := errors.AsType[*bot.UnreachableError](err); !ok || !strings.Contains(err.Error(), "404") {
			t.Errorf("error %v", err)
		}
	})
}

// killer ends the node when a frame with a text goes by.
type killer struct {
	text string
	kill func()
	done atomic.Bool
}

func (k *killer) Record(r results.FrameRecord) {
	if strings.Contains(string(r.Frame), k.text) && r.Dir != results.DirConnect && k.done.CompareAndSwap(false, true) {
		k.kill()
	}
}

func TestNodeThatDiesUnderway(t *testing.T) {
	s := load(t, "transfers")
	for text, want := range map[string]outcome.Kind{
		`"channels.sign.initiator_sign"`: outcome.Disconnected,
		`"channels.sign.update"`:         outcome.Disconnected,
		`"channels.sign.update_ack"`:     outcome.Unknown,
		`"method":"channels.update_ack"`: outcome.Unknown,
		`"channels.get.balances"`:        outcome.Disconnected,
	} {
		t.Run(text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, nil)
				defer func() { b.stop() }()
				k := &killer{text: text, kill: func() { b.node.Close() }}
				if want == outcome.Unknown {
					// It dies before it says anything more.
					b.through(func(_ string, f []byte) [][]byte {
						if k.done.Load() {
							return nil
						}
						return [][]byte{f}
					})
				}
				b.cfg.Frames = k
				rep := b.run()
				if s := firstFailed(t, rep); s.Outcome.Kind != want && s.Outcome.Kind != outcome.Disconnected {
					t.Errorf("step %s: outcome %v, want %v", s.Label, s.Outcome, want)
				}
				if rep.Scenario.Verdict != results.Failed {
					t.Errorf("verdict %s", rep.Scenario.Verdict)
				}
			})
		})
	}
}

func TestLostUpdateReportEndsAtTheTimeout(t *testing.T) {
	s := load(t, "transfers")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		open := 0
		b.through(func(role string, f []byte) [][]byte {
			if role == "initiator" && strings.Contains(string(f), `"channels.update"`) {
				if open++; open == 2 {
					return nil
				}
			}
			return [][]byte{f}
		})
		defer func() { b.stop() }()
		b.cfg.Timeout, b.cfg.Patience = 20*time.Second, time.Minute
		step := firstFailed(t, b.run())
		if step.Outcome.Kind != outcome.Timeout || step.Outcome.By != outcome.ByBot {
			t.Errorf("outcome %v", step.Outcome)
		}
		if saw := strings.Join(step.Saw["responder"], " "); !strings.Contains(saw, "update") {
			t.Errorf("the responder saw %q", saw)
		}
	})
}
