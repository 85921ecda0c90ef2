package fuzz

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/model"
	"chanbot/tx"
)

// Fewer cases are played at once while the machine is late, and more again when
// it is not.
func TestThePaceFollowsTheMachine(t *testing.T) {
	p := newPace(100)
	for p.playing < paceStart {
		p.enter()
	}
	now := time.Now()
	part := func(late ...time.Duration) int {
		for _, l := range late {
			now = now.Add(paceNap)
			p.woke(now, l)
		}
		p.decide()
		return p.limit
	}
	if got := part(0, 0, 0); got != paceStart+paceStart/8 {
		t.Errorf("calm, all places taken: %d, want %d", got, paceStart+paceStart/8)
	}
	if got := part(0, 0); got != paceStart+paceStart/8 {
		t.Errorf("calm, a place is free: %d, want %d as before", got, paceStart+paceStart/8)
	}
	if got := part(0, busy*10, 0); got != paceStart+paceStart/8 {
		t.Errorf("late once: %d, want %d as before", got, paceStart+paceStart/8)
	}
	if got := part(busy+1, 0, busy+1); got != (paceStart+paceStart/8)*3/4 {
		t.Errorf("late twice: %d, want three quarters", got)
	}
	for range 50 {
		part(time.Second, time.Second)
	}
	if p.limit != paceLeast {
		t.Errorf("always late: %d, want %d", p.limit, paceLeast)
	}
	if got := p.late(now.Add(-time.Nanosecond)); got != time.Second {
		t.Errorf("late by %v, want 1s", got)
	}
	if got := p.late(now); got != 0 {
		t.Errorf("late by %v in no time", got)
	}
}

// On fake time nothing is late, and no more cases are played at once than may.
func TestThePaceLetsAsManyInAsItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p := newPace(80)
		var all sync.WaitGroup
		all.Go(func() { p.watch(ctx) })
		var mu sync.Mutex
		most, playing := 0, 0
		for range 200 {
			all.Go(func() {
				for p.enter() {
					mu.Lock()
					playing++
					most = max(most, playing)
					mu.Unlock()
					time.Sleep(time.Second)
					mu.Lock()
					playing--
					mu.Unlock()
					p.leave()
				}
			})
		}
		synctest.Wait()
		mu.Lock()
		if most != paceStart {
			t.Errorf("%d begin, want %d", most, paceStart)
		}
		mu.Unlock()
		time.Sleep(20 * time.Second)
		stop()
		p.end()
		all.Wait()
		if most != 80 {
			t.Errorf("%d at once, want 80", most)
		}
	})
}

// What the machine was too busy for is played again, however few cases there
// are.
func TestWhatTheMachineWasTooBusyForIsPlayedAgain(t *testing.T) {
	s := newSearch(Config{Cases: 1}.withDefaults())
	c, _, ok := s.take()
	if !ok {
		t.Fatal("no case")
	}
	actions := s.actions
	for range mostAgain {
		if !s.postpone(c) {
			t.Fatal("it was not taken again")
		}
		again, _, ok := s.take()
		if !ok || again.Number != c.Number {
			t.Fatalf("case %d (%v), want %d", again.Number, ok, c.Number)
		}
	}
	if s.postpone(c) {
		t.Error("it is played for ever")
	}
	if _, _, ok := s.take(); ok || s.actions != actions {
		t.Errorf("another case (%v), %d actions after %d", ok, s.actions, actions)
	}
}

// What is broken while this process is late may be its own fault: rules about time
// first, and everything when it hardly ran at all.
func TestWhatABusyMachineBreaksIsNotJudged(t *testing.T) {
	for _, c := range []struct {
		late time.Duration
		rule string
		want bool
	}{
		{strained, RuleTimer, false},
		{strained + 1, RuleTimer, true},
		{strained + 1, RuleExpectation, true},
		{strained + 1, model.RuleAbortSwallowed, true},
		{halted, model.RulePairConflict, false},
		{halted + 1, model.RulePairConflict, true},
	} {
		s := newSearch(Config{}.withDefaults())
		began := time.Now()
		s.pace.woke(began.Add(-1), time.Minute)
		s.pace.decide()
		if s.mayBeOurs(&breach{Rule: c.rule}, began) {
			t.Errorf("%s: what was before counts", c.rule)
		}
		s.pace.woke(began.Add(1), c.late)
		if got := s.mayBeOurs(&breach{Rule: c.rule}, began); got != c.want {
			t.Errorf("%s after %v: %v", c.rule, c.late, got)
		}
	}
}

// Of some accounts no two cases that are played at once get the same.
func TestAccountsAreUsedByOneCaseAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const pairs = 4
		place := inMemory(t, nil)
		defer place.Close()
		pool := make(chan [2]tx.KeyPair, pairs+1)
		for n := range pairs + 1 {
			keys, err := place.Keys(n)
			if err != nil {
				t.Fatal(err)
			}
			pool <- keys
		}
		place.Keys = func(int) ([2]tx.KeyPair, error) {
			select {
			case k := <-pool:
				return k, nil
			default:
				t.Error("more are wanted than are played at once")
				return <-pool, nil
			}
		}
		place.Free = func(k [2]tx.KeyPair) { pool <- k }
		if _, err := Run(t.Context(), Config{Place: place, Seed: 3, Cases: 12, Pairs: pairs}); err != nil {
			t.Fatal(err)
		}
		if len(pool) != pairs+1 {
			t.Errorf("%d pairs of accounts are back, want %d", len(pool), pairs+1)
		}
	})
}

// What did not show again keeps nobody from looking at others that broke the
// same rule.
func TestWhatDoesNotShowAgainIsForgotten(t *testing.T) {
	s := newSearch(Config{}.withDefaults())
	b := &breach{Rule: "some"}
	suspects := make(chan suspect, 10)
	for n := range mostPerRule {
		if s.done(Case{Number: n}, &played{breach: b}, suspects); len(suspects) != 1 {
			t.Fatalf("time %d: %d suspects, want 1", n, len(suspects))
		}
		if s.done(Case{Number: 10 + n}, &played{breach: b}, suspects); len(suspects) != 1 {
			t.Fatalf("time %d: the same is looked at twice at once", n)
		}
		<-suspects
		s.examined()
		if !s.forget(b) {
			t.Fatalf("time %d: not worth a line", n)
		}
	}
	if s.done(Case{Number: 20}, &played{breach: b}, suspects); len(suspects) != 0 {
		t.Error("the same is looked at again and again")
	}
	other := &breach{Rule: "some"}
	other.Cell.State = "elsewhere"
	if s.done(Case{Number: 21}, &played{breach: other}, suspects); len(suspects) != 1 {
		t.Error("the rule is judged no longer")
	}
}
