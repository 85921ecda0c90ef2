package bot_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

const takingTurns = `
chanbot: 1
name: taking-turns
in_turn: true
steps:
  - open:
  - initiator: {transfer: 1}
  - repeat:
      times: 2
      steps: [{responder: {message: hello}}]
`

// requests notes what the clients of a run ask for, as "pair method".
func requests(b *bench, methods ...string) *[]string {
	var all []string
	b.cfg.Frames = notesOf(func(r results.FrameRecord) {
		if r.Dir != results.DirOut {
			return
		}
		f := wire.DecodeFrame(r.Frame)
		if slices.Contains(methods, f.Method) {
			all = append(all, fmt.Sprintf("%d %s", r.Pair, strings.TrimPrefix(f.Method, "channels.")))
		}
	})
	return &all
}

// TestPairsTakeTurns: each pair plays a step after the pair before it has played
// the same one, round and round, and a group is one step.
func TestPairsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, parse(t, "turns.yaml", takingTurns), 3, nil)
		defer b.stop()
		b.cfg.Iterations = 2
		asked := requests(b, wire.MethodUpdateNew, wire.MethodMessage)
		passed(t, b.run())
		once := []string{
			"0 update.new", "1 update.new", "2 update.new",
			"0 message", "0 message", "1 message", "1 message", "2 message", "2 message",
		}
		if want := slices.Concat(once, once); !slices.Equal(*asked, want) {
			t.Errorf("asked for\n%v\nwant\n%v", *asked, want)
		}
	})
}

// TestTurnsOfAPairThatHasEnded: the others go on without one that went wrong.
func TestTurnsOfAPairThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, parse(t, "turns.yaml", takingTurns), 3, nil)
		defer b.stop()
		b.cfg.Keys[2] = tx.DeriveKeyPair([]byte("test"), "an account that is not on the chain")
		asked := requests(b, wire.MethodUpdateNew)
		if rep := b.run(); rep.Summary.Verdict != results.Failed {
			t.Errorf("verdict %s", rep.Summary.Verdict)
		}
		if want := []string{"0 update.new", "2 update.new"}; !slices.Equal(*asked, want) {
			t.Errorf("asked for %v, want %v", *asked, want)
		}
	})
}

// TestTurnsOfARunThatIsCancelled: nobody waits for a turn that does not come.
func TestTurnsOfARunThatIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, parse(t, "turns.yaml", strings.Replace(takingTurns, "initiator: {transfer: 1}", "wait: 1h", 1)), 3, nil)
		defer b.stop()
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		rep, err := bot.Run(ctx, b.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if s := rep.Summary; s.Verdict != results.Interrupted || s.DurationS > 70 {
			t.Errorf("%s after %.0f s", s.Verdict, s.DurationS)
		}
	})
}
