package fuzz

import (
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/model"
	"chanbot/results"
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

// TestAnOfferMayGetTooOld: an honest operation that the peer's machine refuses is
// no breach when others had more than ten blocks made since it was asked for.
func TestAnOfferMayGetTooOld(t *testing.T) {
	ms := func(n int) time.Duration { return time.Duration(n) * time.Millisecond }
	update := `{"jsonrpc":"2.0","method":"channels.sign.update","params":{"channel_id":null,"data":{"signed_tx":"x","updates":[]}}}`
	ack := `{"jsonrpc":"2.0","method":"channels.sign.update_ack","params":{"channel_id":null,"data":{"signed_tx":"x","updates":[]}}}`
	conflict := `{"jsonrpc":"2.0","method":"channels.conflict","params":{"channel_id":null,"data":{"error_code":2}}}`
	failed := func(input string) *breach {
		return &breach{Rule: RuleExpectation, Cell: model.Cell{State: "honest transfer", Input: input}}
	}
	for name, c := range map[string]struct {
		breach        *breach
		early, during int // blocks before the request, and after it
		want          bool
	}{
		"no block":           {failed("conflict"), 0, 0, false},
		"ten":                {failed("conflict"), 0, 10, false},
		"eleven":             {failed("conflict"), 0, 11, true},
		"before the request": {failed("conflict"), 11, 0, false},
		"an opening":         {failed("died"), 0, 11, true},
		"a timeout":          {failed("timeout"), 0, 11, false},
		"a stray conflict":   {&breach{Rule: model.RulePairConflict}, 0, 11, true},
		"one with new offer": {&breach{Rule: model.RulePairConflict}, 0, 10, false},
		"another rule":       {&breach{Rule: model.RuleStuck}, 0, 11, false},
		"nothing":            {nil, 0, 11, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				started := time.Now()
				tape := newTape()
				record := func(side, dir, frame string) {
					time.Sleep(ms(1))
					tape.Record(results.FrameRecord{T: time.Since(started), Side: side, Dir: dir, Frame: []byte(frame)})
				}
				s := &stage{blocks: new(blockLog)}
				e := s.blocks.watch(&bot.Embedded{KeyBlocks: func(int) {}})
				blocks := func(n int) {
					time.Sleep(ms(1))
					e.KeyBlocks(n)
				}
				record("initiator", results.DirConnect, `"ws://localhost"`)
				record("initiator", results.DirOut, `{"jsonrpc":"2.0","method":"channels.leave"}`)
				blocks(c.early)
				record("initiator", results.DirOut, `{"jsonrpc":"2.0","method":"channels.update.new"}`)
				record("initiator", results.DirIn, update)
				blocks(c.during)
				record("initiator", results.DirOut, `{"jsonrpc":"2.0","method":"channels.update"}`)
				record("responder", results.DirIn, ack)
				record("responder", results.DirOut, `{"jsonrpc":"2.0","method":"channels.update_ack"}`)
				record("initiator", results.DirIn, conflict)
				if got := s.tooOld(c.breach, tape, started); got != c.want {
					t.Errorf("got %v, want %v", got, c.want)
				}
				s.blocks = nil
				if s.tooOld(c.breach, tape, started) {
					t.Error("blocks that nobody has made are too many")
				}
			})
		})
	}
}
