package fuzz

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/tx"
)

// fakePlace is a node that is a handler.
func fakePlace(talk func(*websocket.Conn)) *Place {
	l := memnet.New()
	var talks sync.WaitGroup // a handler that has taken over its connection is not waited for by the server
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			return
		}
		talks.Add(1)
		defer talks.Done()
		defer c.Close()
		talk(c)
	})}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	return &Place{
		Bot:  bot.Config{InitiatorNode: "ws://node", Dial: l.DialContext, NetworkID: "ae_dev", Embedded: &bot.Embedded{KeyBlocks: func(int) {}, MicroBlock: func() {}}},
		Keys: keysOf,
		Close: func() error {
			srv.Close()
			<-served
			talks.Wait()
			return nil
		},
	}
}

func keysOf(n int) ([2]tx.KeyPair, error) {
	return [2]tx.KeyPair{tx.DeriveKeyPair([]byte("fuzz"), fmt.Sprintf("initiator %d", n)), tx.DeriveKeyPair([]byte("fuzz"), fmt.Sprintf("responder %d", n))}, nil
}

func drain(c *websocket.Conn) {
	for {
		if _, _, err := c.ReadMessage(); err != nil {
			return
		}
	}
}

// TestASearchSurvivesItsNode: whatever the node does, the search ends in time
// and says what is wrong with it.
func TestASearchSurvivesItsNode(t *testing.T) {
	for name, c := range map[string]struct {
		talk  func(*websocket.Conn)
		rules string // one of these, with spaces between them
	}{
		"says nothing": {drain, "expectation"},
		"lies": {func(c *websocket.Conn) {
			c.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"open"}},"version":1}`))
			drain(c)
		}, "opening-order not-open fsm-up channel-id-missing"},
		"talks nonsense": {func(c *websocket.Conn) {
			c.WriteMessage(websocket.TextMessage, []byte("{{{{"))
			drain(c)
		}, "not-json"},
		"sends binary": {func(c *websocket.Conn) {
			c.WriteMessage(websocket.BinaryMessage, []byte{1, 2, 3})
			drain(c)
		}, "websocket"},
		"floods": {func(c *websocket.Conn) {
			for n := 1; c.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc":"2.0","method":"channels.system.pong","params":{"channel_id":null,"data":{}},"version":1}`)) == nil; n++ {
				if n%5 == 0 {
					time.Sleep(10 * time.Millisecond) // so that time passes at all
				}
			}
		}, "answer-unasked unknown-frame fsm-up"},
		"sends one frame without an end": {func(c *websocket.Conn) {
			w, err := c.NextWriter(websocket.TextMessage)
			for err == nil {
				_, err = w.Write([]byte(strings.Repeat("x", 1<<14)))
				time.Sleep(time.Millisecond)
			}
		}, "frame-size"},
		"hangs up": {func(c *websocket.Conn) {}, "expectation websocket close-code"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				place := fakePlace(c.talk)
				defer place.Close()
				start := time.Now()
				rep, err := Run(t.Context(), Config{Place: place, Seed: 1, Cases: 4, Pairs: 2, Shrink: 5 * time.Second, Findings: 1})
				if err != nil {
					t.Fatal(err)
				}
				if took := time.Since(start); took > 10*time.Minute {
					t.Errorf("it took %v", took)
				}
				if len(rep.Findings) == 0 {
					t.Fatalf("nothing was found in %d cases", rep.Cases)
				}
				if f := rep.Findings[0]; !strings.Contains(" "+c.rules+" ", " "+f.Rule+" ") {
					t.Errorf("got %s (expected %s, got %s), want one of %s", f.Rule, f.Expected, f.Got, c.rules)
				}
			})
		})
	}
}

// TestANodeThatEndsIsNoticed: the case that ends a node is found among those
// that were under way, at fresh nodes, and the search goes on.
func TestANodeThatEndsIsNoticed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		started := 0
		fresh := func(context.Context) (*Place, error) {
			started++
			var gone atomic.Bool
			place := inMemory(t, nil)
			// Whoever sends a text that is no JSON ends the node.
			dial := place.Bot.Dial
			poison := &poisoned{ends: func() { gone.Store(true) }}
			place.Bot.Dial = poison.around(dial, &gone)
			place.Alive = func(context.Context) error {
				if gone.Load() {
					return errors.New("connection refused")
				}
				return nil
			}
			place.Gone = func() error {
				if gone.Load() {
					return errors.New("exit status 2")
				}
				return nil
			}
			place.Account = nil
			return place, nil
		}
		place, _ := fresh(t.Context())
		defer place.Close()
		rep, err := Run(t.Context(), Config{Place: place, Fresh: fresh, Seed: 2, Cases: 150, Pairs: 4, Shrink: 10 * time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range rep.Findings {
			if f.Rule == RuleNodeGone && f.Hits > 0 {
				if f.Steps > 6 || !strings.Contains(string(f.Text), "send") {
					t.Errorf("%d steps:\n%s", f.Steps, f.Text)
				}
				if rep.Cases < 100 || started < 3 {
					t.Errorf("the search went no further than %d cases, with %d nodes", rep.Cases, started)
				}
				return
			}
		}
		t.Errorf("the end of the node was not found: %+v", rep.Findings)
	})
}

// TestALostNodeOfSomebodyElseEndsTheSearch: it cannot be started again, so the
// finding is what was under way, and nothing is played any more.
func TestALostNodeOfSomebodyElseEndsTheSearch(t *testing.T) {
	for name, c := range map[string]struct {
		rule, got string
		duration  time.Duration
	}{
		"gone": {RuleNodeGone, "connection refused", time.Hour}, "hung": {RuleNodeHung, "deadline", time.Hour},
		"gone at the end": {RuleNodeGone, "connection refused", 30*time.Second + time.Millisecond}, "hung at the end": {RuleNodeHung, "deadline", 30*time.Second + time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				place := inMemory(t, nil)
				defer place.Close()
				place.Account = nil
				var lost atomic.Bool
				dial := place.Bot.Dial
				place.Bot.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
					if lost.Load() && c.rule == RuleNodeHung {
						<-ctx.Done()
						return nil, ctx.Err()
					} else if lost.Load() {
						return nil, errors.New("connection refused")
					}
					return dial(ctx, network, addr)
				}
				place.Alive = func(ctx context.Context) error {
					if !lost.Load() {
						return nil
					}
					if c.rule == RuleNodeGone {
						return errors.New("connection refused")
					}
					<-ctx.Done()
					return ctx.Err()
				}
				time.AfterFunc(30*time.Second, func() { lost.Store(true) })
				rep, err := Run(t.Context(), Config{Place: place, Seed: 2, Duration: c.duration, Pairs: 4})
				if err != nil {
					t.Fatal(err)
				}
				if len(rep.Findings) != 1 {
					t.Fatalf("findings %+v, want one", rep.Findings)
				}
				f := rep.Findings[0]
				if f.Rule != c.rule || f.Unrepeated() || f.Tries != 0 || !strings.Contains(f.Got, c.got) || !strings.Contains(rep.Ended, c.rule) && c.duration == time.Hour {
					t.Errorf("%s, got %q, played %d times again; ended %q", f.Rule, f.Got, f.Tries, rep.Ended)
				}
				if len(f.Beside) < 4 || !bytes.Equal(f.Text, makeCase(2, f.Case).Text) || len(f.Frames) == 0 && name == "hung" {
					t.Errorf("%d other cases, %d frames, and case %d is\n%s", len(f.Beside), len(f.Frames), f.Case, f.Text)
				}
				for _, text := range f.Beside {
					if _, err := parse(text); err != nil || bytes.Equal(text, f.Text) {
						t.Errorf("beside: %v\n%s", err, text)
					}
				}
				if rep.Took > 5*time.Minute {
					t.Errorf("it took %v", rep.Took)
				}
			})
		})
	}
}

// TestANodeThatWasNeverThereIsNoFinding: nobody can say anything about it.
func TestANodeThatWasNeverThereIsNoFinding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := errors.New("connection refused")
		place := &Place{
			Bot:  bot.Config{InitiatorNode: "ws://node", NetworkID: "ae_dev", Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }},
			Keys: keysOf, Alive: func(context.Context) error { return refused },
		}
		rep, err := Run(t.Context(), Config{Place: place, Seed: 1, Duration: time.Hour, Pairs: 4})
		if !errors.Is(err, ErrNothing) || !errors.Is(err, refused) || len(rep.Findings) > 0 || rep.Took > time.Minute {
			t.Errorf("error %v after %v, findings %+v", err, rep.Took, rep.Findings)
		}
	})
}

// TestANodeThatSaysNothing: what some cases would need of a node is not the reason
// that is given.
func TestANodeThatSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place := &Place{
			Bot: bot.Config{InitiatorNode: "ws://node", NetworkID: "ae_dev", Dial: func(context.Context, string, string) (net.Conn, error) {
				c, s := memnet.Pipe()
				go func() { _, _ = io.Copy(io.Discard, s) }()
				return c, nil
			}},
			Keys: keysOf, Alive: func(context.Context) error { return nil },
		}
		_, err := Run(t.Context(), Config{Place: place, Seed: 1, Duration: 5 * time.Second, Pairs: 4})
		if want := "no case could be played: the node takes a connection and says nothing"; err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	})
}
