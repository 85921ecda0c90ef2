package fuzz

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/simnode"
	"chanbot/wire"
)

// A node may have room for fewer channels than are wanted: that is no finding,
// the search says so, and plays fewer of them.
func TestANodeMayHaveLittleRoom(t *testing.T) {
	for _, ours := range []bool{true, false} {
		t.Run(fmt.Sprintf("ours to start again %v", ours), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				small := func(context.Context) (*Place, error) {
					return inMemory(t, func(c *simnode.Config) { c.MaxChannels = 12 }), nil
				}
				place, _ := small(t.Context())
				defer place.Close()
				cfg := Config{Place: place, Seed: 1, Cases: 60, Pairs: 16}
				if raceEnabled {
					cfg.Cases = 18
				}
				if ours {
					cfg.Fresh = small
				}
				rep, err := Run(t.Context(), cfg)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range rep.Findings {
					t.Errorf("%s in %s, again in %d of %d: expected %s, got %s\n%s", f.Rule, f.Where(), f.Hits, f.Tries, f.Expected, f.Got, f.Text)
				}
				if rep.Hollow() || rep.Cases < cfg.Cases*5/6 {
					t.Errorf("%d cases were played, not played %+v, others %+v, ended %q, refused %+v", rep.Cases, rep.Unplayed, rep.Others, rep.Ended, rep.Refused)
				}
				// Twelve machines are six cases; after a while one more is tried again.
				if rep.Room == nil || rep.Room.Machines != 12 || rep.Room.Cases > 7 {
					t.Errorf("room %+v, want 12 machines and at most seven cases at once", rep.Room)
				}
			})
		})
	}
}

// A node of somebody else that keeps the places of ended machines is full for
// good: the search says so, and whatever else it did is no clean bill.
func TestALeakIsFoundAtANodeThatIsNotOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		place := inMemory(t, func(c *simnode.Config) { c.Defects = []string{"ended-channels-keep-their-place"} })
		defer place.Close()
		rep, err := Run(t.Context(), Config{Place: place, Seed: 1, Duration: 40 * time.Second, Pairs: 16})
		if err != nil {
			t.Fatal(err)
		}
		if len(rep.Findings) != 1 || rep.Findings[0].Rule != RuleRoom || rep.Findings[0].Hits != rep.Findings[0].Tries || rep.Findings[0].Hits == 0 {
			t.Fatalf("findings %+v, others %+v", rep.Findings, rep.Others)
		}
		if f := rep.Findings[0]; f.Steps != 3 || timesIn(f.Text) != 13 {
			t.Errorf("%d steps, want 13 rounds:\n%s", f.Steps, f.Text)
		}
		if !rep.Hollow() || rep.Refused == nil || !strings.Contains(rep.Refused.Why, "-32603") {
			t.Errorf("%d cases, not played %+v, refused %+v", rep.Cases, rep.Unplayed, rep.Refused)
		}
	})
}

// A node that others have filled breaks no rule, but nothing was played at it,
// which is not the same as nothing found.
func TestANodeWithoutRoomIsNotClean(t *testing.T) {
	for name, c := range map[string]struct {
		talk func(place *Place) *Place
		why  string
	}{
		"full of others": {func(*Place) *Place {
			return inMemory(t, func(c *simnode.Config) { c.MaxChannels = 1 })
		}, "the node refuses a state machine with error -32603 (Internal error)"},
		"no connection": {func(*Place) *Place {
			place := inMemory(t, nil)
			place.Bot.InitiatorNode = "ws://node:1/%zz"
			return place
		}, "there is no connection to the node"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				place := c.talk(nil)
				defer place.Close()
				rep, err := Run(t.Context(), Config{Place: place, Seed: 1, Cases: 20, Pairs: 4})
				if len(rep.Findings) != 0 {
					t.Fatalf("a finding of %s: %s\n%s", rep.Findings[0].Rule, rep.Findings[0].Got, rep.Findings[0].Text)
				}
				if err == nil && !rep.Hollow() && rep.Ended == "" {
					t.Errorf("clean after %d cases, not played %+v", rep.Cases, rep.Unplayed)
				}
				if len(rep.Unplayed) == 0 || !strings.HasPrefix(rep.Unplayed[0].Why, c.why) {
					t.Errorf("not played %+v, want %q", rep.Unplayed, c.why)
				}
			})
		})
	}
}

// wireOf are records as bot makes them.
type wireOf struct{ t *tape }

func (w wireOf) connect(side, address string) {
	w.t.Record(results.FrameRecord{Side: side, Dir: results.DirConnect, Frame: results.FrameOf([]byte(address))})
}

func (w wireOf) up(side, id string) { w.in(side, wire.Info{Event: wire.EventFSMUp, FSMID: id}) }
func (w wireOf) died(side string)   { w.in(side, wire.Info{Event: wire.EventDied}) }
func (w wireOf) in(side string, i wire.Info) {
	w.t.Record(results.FrameRecord{Side: side, Dir: results.DirIn, Frame: json.RawMessage(wire.AppendInfo(nil, "", i))})
}

func (w wireOf) refused(side string, code int, sub ...int) {
	w.t.Record(results.FrameRecord{Side: side, Dir: results.DirIn, Frame: json.RawMessage(wire.AppendError(nil, nil, "", code, sub, nil))})
}

func (w wireOf) closed(side string) {
	w.t.Record(results.FrameRecord{Side: side, Dir: results.DirClose, Frame: json.RawMessage(`{"code":1000,"reason":""}`)})
}

// A refusal is held against a node only if the same machine had room before, and
// those that may be alive do not explain it.
func TestWhenARefusalBreaksTheRule(t *testing.T) {
	const i, r = "initiator", "responder"
	both := func(w wireOf) {
		for n, side := range []string{r, i} {
			w.connect(side, "ws://node?role="+side)
			w.up(side, "ba_"+fmt.Sprint(n))
		}
	}
	end := func(w wireOf, sides ...string) {
		for _, side := range sides {
			w.died(side)
			w.closed(side)
		}
	}
	again := func(w wireOf) {
		w.connect(r, "ws://node?role="+r)
		w.refused(r, wire.CodeInternalError)
	}
	for _, c := range []struct {
		name   string
		play   func(wireOf)
		broken bool
	}{
		{"both have ended", func(w wireOf) { both(w); end(w, i, r); again(w) }, true},
		{"one has ended", func(w wireOf) { both(w); end(w, i); again(w) }, true},
		{"both may be alive", func(w wireOf) { both(w); w.closed(i); w.closed(r); again(w) }, false},
		{"never any room", again, false},
		{"another machine", func(w wireOf) {
			both(w)
			end(w, i, r)
			w.connect(r, "ws://node?role=responder&port=1")
			w.refused(r, wire.CodeInternalError)
		}, false},
		{"a reason is given", func(w wireOf) {
			both(w)
			end(w, i, r)
			w.connect(r, "ws://node?role="+r)
			w.refused(r, wire.CodeRejected, wire.CodeValueTooLow)
		}, false},
		{"it joins one", func(w wireOf) {
			both(w)
			end(w, i, r)
			w.connect(r, "ws://node?existing_channel_id=ch_x")
			w.refused(r, wire.CodeInternalError)
		}, false},
		{"an answer in a channel", func(w wireOf) { both(w); end(w, i); w.refused(r, wire.CodeInternalError) }, false},
		{"a machine that is found again counts once", func(w wireOf) {
			both(w)
			w.closed(r)
			w.connect(r, "ws://node?existing_channel_id=ch_x")
			w.up(r, "ba_0")
			end(w, i, r)
			again(w)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := wireOf{newTape()}
			c.play(w)
			no := w.t.seats.refused
			if got := no != nil && no.alone != nil; got != c.broken {
				t.Errorf("broken: %v, want %v: %+v", got, c.broken, no)
			}
			if c.broken && no.alone.Role != outcome.Responder {
				t.Errorf("seen by %v", no.alone.Role)
			}
		})
	}
}

// However the channels end, the next one has room at a node that frees it.
func TestRoundsWorkAtACleanNode(t *testing.T) {
	for _, end := range ways {
		t.Run(end, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				place := inMemory(t, nil)
				defer place.Close()
				sc, err := parse(rounds(end, 5))
				if err != nil {
					t.Fatal(err)
				}
				st := stage{place: place, blocks: &place.blocks, timeout: time.Second, patience: labPatience, alone: true}
				if p := st.play(t.Context(), sc, 1); p.breach != nil || p.idle != "" || p.unreached != nil {
					t.Errorf("%+v, %q, %v", p.breach, p.idle, p.unreached)
				}
			})
		})
	}
}

// While a search looks for room nobody begins, and afterwards everybody may.
func TestAHoldWaitsForTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(8)
		for range 3 {
			p.enter()
		}
		held, begun := false, false
		go func() {
			held = p.hold(time.Hour)
		}()
		synctest.Wait()
		go func() {
			p.enter()
			begun = true
		}()
		p.leave()
		synctest.Wait()
		if held || begun {
			t.Fatalf("held %v, begun %v while another is played", held, begun)
		}
		p.leave()
		synctest.Wait()
		if !held || begun {
			t.Fatalf("held %v, begun %v with nobody beside", held, begun)
		}
		p.release()
		synctest.Wait()
		if !begun {
			t.Error("nobody begins after the hold")
		}
		start := time.Now()
		if !p.hold(time.Minute) || time.Since(start) != time.Minute {
			t.Errorf("it waited for %v", time.Since(start))
		}
		p.release()
		if p.bound(2); p.allowed() != 2 || p.limit != 2 {
			t.Errorf("bound %d, limit %d, want 2", p.allowed(), p.limit)
		}
		if p.bound(3); p.allowed() != 1 {
			t.Errorf("bound %d where two were too many, want 1", p.allowed())
		}
	})
}

// A node that had no room may have it again: after some time more cases are tried,
// after more time when that was too many, and at once at a fresh node.
func TestMoreCasesAreTriedAgainAfterARefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		p := newPace(100)
		go p.watch(ctx)
		after := func(d time.Duration, want int) {
			t.Helper()
			time.Sleep(d)
			if got := p.allowed(); got != want {
				t.Errorf("%d cases after %v, want %d", got, d, want)
			}
		}
		p.bound(8)
		after(roomRetry-time.Second, 8)
		after(2*time.Second, 10)
		p.bound(7)
		after(2*roomRetry-time.Second, 7)
		after(2*time.Second, 8)
		for most := 6; most > 1; most-- {
			p.bound(most)
		}
		after(roomRetryMost-time.Second, 2)
		after(2*time.Second, 3)
		after(2*time.Hour, 100)
		p.bound(8)
		p.bound(100)
		after(0, 100)
	})
}

// What became no finding is listed by rule, with what is known about it.
func TestOthersAreCountedByRule(t *testing.T) {
	s := newSearch(Config{}.withDefaults())
	for n, key := range []string{"a", "a", "b", "c"} {
		rule := "one"
		if n == 3 {
			rule = "two"
		}
		s.repeat(rule, key)
	}
	s.shown["a"], s.missed["b"] = true, 1
	got, sum := s.othersLocked()
	want := "[{Rule:one Cases:3 Alike:2 Vanished:1 Unchecked:0} {Rule:two Cases:1 Alike:0 Vanished:0 Unchecked:1}]"
	if fmt.Sprintf("%+v", got) != want || sum != 4 {
		t.Errorf("got %+v, %d in all, want %s", got, sum, want)
	}
}

// Cases that cannot begin for the same reason are counted together, however many
// steps of theirs have it.
func TestACaseThatCannotBeginHasOneReason(t *testing.T) {
	const why = "to post needs the node's HTTP API (--api URL)"
	for _, text := range []string{"case.yaml:4:5: " + why, "case.yaml:41:5: " + why + "\ncase.yaml:52:5: " + why} {
		if got := neverBegun(errors.New(text)); got != why {
			t.Errorf("%q: %q", text, got)
		}
	}
}
