package fuzz

import (
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
)

// Blocks that a step asks for are all made, also two at one moment; cases that
// wait at the same time share theirs.
func TestOnlyBlocksThatAreWaitedForAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		var log blockLog
		e := log.share(&bot.Embedded{OnDemand: true, KeyBlocks: func(n int) { made += n }})
		started := time.Now()
		time.Sleep(time.Millisecond)
		e.KeyBlocks(1)
		e.KeyBlocks(1)
		e.KeyBlocks(3)
		if made != 5 {
			t.Errorf("%d blocks, want 5", made)
		}
		for range 4 {
			e.Wanted()
		}
		if made != 6 {
			t.Errorf("%d blocks, want 6: those that are wanted at one moment are one", made)
		}
		time.Sleep(sharedPace)
		e.Wanted()
		if made != 7 {
			t.Errorf("%d blocks, want 7 when the pace is over", made)
		}
		time.Sleep(time.Millisecond)
		if n := log.within(started, time.Now()); n != 7 {
			t.Errorf("%d blocks noted, want 7", n)
		}
		if w := log.watch(&bot.Embedded{KeyBlocks: func(int) {}}); w.Wanted != nil {
			t.Error("a run that is only watched shares its blocks")
		}
	})
}
