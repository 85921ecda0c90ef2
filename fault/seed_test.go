package fault

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/internal/memnet"
	"chanbot/outcome"
)

// TestTheSeedDecides: whether a rule applies does not depend on when, and on
// what other pairs do.
func TestTheSeedDecides(t *testing.T) {
	play := func(seed uint64, pairs int, pause time.Duration) (events []string) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, seed, Rule{Do: Drop, Share: 0.3, Direction: In})
			var wg sync.WaitGroup
			for pair := range pairs {
				c := s.dial(pair, outcome.Responder)
				wg.Go(func() {
					for range 50 {
						c.ask("update")
						time.Sleep(pause + time.Duration(pair)*time.Microsecond)
					}
				})
			}
			wg.Wait()
			synctest.Wait()
			s.proxy.Close()
			for _, e := range s.taken(&s.events) {
				_, text, _ := strings.Cut(e, " ")
				if strings.HasPrefix(text, "pair 0 ") {
					events = append(events, text)
				}
			}
		})
		return events
	}
	numbered := func(seed uint64) (all []uint64) {
		for n := uint64(1); n <= 50; n++ {
			if chance(seed, 0, 0, outcome.Responder, In, n).Float64() < 0.3 {
				all = append(all, n)
			}
		}
		return all
	}
	alone, beside := play(7, 1, time.Millisecond), play(7, 4, 3*time.Millisecond)
	if !slices.Equal(alone, beside) || len(alone) != len(numbered(7)) || len(alone) < 5 || len(alone) > 25 {
		t.Errorf("alone %d, beside others %d, expected %d", len(alone), len(beside), len(numbered(7)))
	}
	if slices.Equal(numbered(7), numbered(8)) {
		t.Error("another seed decides the same")
	}
}

// TestCountsGoOnOverReconnects: the nth message is counted over all connections
// of a side.
func TestCountsGoOnOverReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, 1, Rule{Do: Drop, Direction: Out, Nth: []Span{{Min: 2, Max: 2}}})
		first := s.dial(0, outcome.Initiator)
		first.ask("update")
		first.conn.Close()
		second, other := s.dial(0, outcome.Initiator), s.dial(1, outcome.Initiator)
		second.ask("leave")
		other.ask("leave")
		second.ask("shutdown")
		if got := s.taken(&second.lines); !slices.Equal(got, []string{"0s shutdown"}) {
			t.Errorf("the second connection got %q", got)
		}
		if got := s.taken(&other.lines); !slices.Equal(got, []string{"0s leave"}) {
			t.Errorf("the other pair got %q", got)
		}
	})
}

func TestAConnectionThatNoRuleConcernsIsNotWrapped(t *testing.T) {
	p, err := New(Config{Rules: []Rule{{Do: Drop, Role: outcome.Responder}}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	a, _ := memnet.Pipe()
	if p.Wrap(a, 0, outcome.Initiator) != net.Conn(a) {
		t.Error("it is wrapped")
	}
	if p.Wrap(a, 0, outcome.Responder) == net.Conn(a) {
		t.Error("the other role's is not")
	}
}

func TestADialThatFailsIsPassedOn(t *testing.T) {
	p, err := New(Config{Rules: []Rule{{Do: Drop}}})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	refused := func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
	for _, dial := range []DialFunc{p.Dial(refused, 0, outcome.Initiator), p.DialTLS(refused, nil, 0, outcome.Initiator)} {
		if c, err := dial(t.Context(), "tcp", "node:1"); !errors.Is(err, syscall.ECONNREFUSED) || c != nil {
			t.Errorf("got %v, %v", c, err)
		}
	}
}

func TestWrongRulesAreRefused(t *testing.T) {
	for _, c := range []struct {
		rule Rule
		want string
	}{
		{Rule{}, "rule 1: delay needs a time"},
		{Rule{Do: Throttle}, "rule 1: throttle needs a rate"},
		{Rule{Do: Drop, Share: 1.5}, "rule 1: drop: the share 1.5 is not from 0 to 1"},
		{Rule{Do: Stall, For: -1}, "rule 1: stall: a negative time"},
		{Rule{Do: Delay, For: 2, Most: 1}, "rule 1: delay: at most 1ns is less than 2ns"},
		{Rule{Do: Cut, After: time.Second, Until: time.Second}, "rule 1: cut: the window ends at 1s, before it begins at 1s"},
		{Rule{Do: 99}, "rule 1: unknown action 99"},
		{Rule{Do: Corrupt, Damage: 9}, "rule 1: unknown damage 9"},
		{Rule{Do: Cut, Ending: 9}, "rule 1: unknown ending 9"},
		{Rule{Do: Cut, Direction: 9}, "rule 1: unknown direction 9"},
	} {
		if _, err := New(Config{Rules: []Rule{c.rule}}); err == nil || err.Error() != c.want {
			t.Errorf("%+v: got %v, want %s", c.rule, err, c.want)
		}
	}
}
