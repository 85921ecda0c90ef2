package bot_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/bot"
	"chanbot/fault"
	"chanbot/outcome"
	"chanbot/results"
)

// notesOf is a sink.
type notesOf func(results.FrameRecord)

func (f notesOf) Record(r results.FrameRecord) { f(r) }

// onWay runs a scenario with faults and returns the report, what the faults did,
// and the notes about them among the frames.
func onWay(t *testing.T, pairs int, text string) (rep *bot.Report, events, notes []string) {
	t.Helper()
	b := newBench(t, parse(t, "faults.yaml", "chanbot: 1\nname: faults\ndescription: faults\n"+text), pairs, nil)
	defer b.stop()
	var mu sync.Mutex
	b.cfg.Faults = func(e fault.Event) {
		mu.Lock()
		defer mu.Unlock()
		events = append(events, e.String())
	}
	sink := b.cfg.Frames
	b.cfg.Frames = notesOf(func(r results.FrameRecord) {
		if r.Dir == results.DirNote {
			mu.Lock()
			notes = append(notes, fmt.Sprintf("%s %s", r.Side, r.Frame))
			mu.Unlock()
		}
		if sink != nil {
			sink.Record(r)
		}
	})
	b.cfg.Timeout = 7 * time.Second
	return b.run(), events, notes
}

func TestADelayedFrameShowsInTheTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rep, events, notes := onWay(t, 1, `
faults:
  - {do: {delay: 300ms}, frames: [sign.update_ack], role: responder}
steps:
  - open:
  - initiator: {transfer: 1}
  - responder: {transfer: 1}
`)
		passed(t, rep)
		if took := rep.Scenario.Steps[1].Took; took < 300*time.Millisecond || took > 400*time.Millisecond {
			t.Errorf("the delayed transfer took %v", took)
		}
		if took := rep.Scenario.Steps[2].Took; took > 100*time.Millisecond {
			t.Errorf("the other one took %v", took)
		}
		if want := "pair 0 responder in: delay sign.update_ack (300ms)"; len(events) != 1 || events[0] != want {
			t.Errorf("events %q, want %q", events, want)
		}
		if want := `responder "fault: delay sign.update_ack from the node (300ms)"`; len(notes) != 1 || notes[0] != want {
			t.Errorf("notes %q, want %q", notes, want)
		}
	})
}

// TestNobodyIsToBlameForADistortedFrame: what is missing, double or damaged
// because of a fault is no violation of the node, until there is a new channel.
func TestNobodyIsToBlameForADistortedFrame(t *testing.T) {
	for _, do := range []string{"drop", "double", "corrupt", "{corrupt: truncate}", "reorder"} {
		t.Run(do, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rep, events, _ := onWay(t, 1, `
faults:
  - {do: `+do+`, frames: [update, info update], direction: in, nth: 2}
steps:
  - open:
  - initiator: {transfer: 1}
    expect: any
  - initiator: {transfer: 1}
    expect: any
`)
				if len(rep.Scenario.Violations) > 0 || len(events) == 0 {
					t.Errorf("violations %v after %q", rep.Scenario.Violations, events)
				}
			})
		})
	}
}

// TestAFaultOnTheWayIsNoAmnesty: what a fault does not change is judged as ever.
func TestAFaultOnTheWayIsNoAmnesty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake(t, strings.Replace(openOnly, "steps:", "faults: [{do: {delay: 5ms}}, {do: drop, frames: [leave]}]\nsteps:", 1), func(_ string, conn *websocket.Conn) {
			go conn.WriteMessage(websocket.TextMessage, []byte("what {is this")) //nolint:errcheck // ends with the connection
			drain(conn)
		})
		defer func() { b.stop() }()
		broke(t, b.run(), "not-json", "what")
	})
}

func TestACutConnectionCanComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rep, events, _ := onWay(t, 1, `
faults:
  - {do: {cut: reset}, frames: [update.new], role: initiator, nth: 2}
steps:
  - open:
  - initiator: {transfer: 1}
  - initiator: {transfer: 1}
    expect: disconnected
  - initiator: reconnect
  - initiator: {transfer: 1}
    expect: signed
`)
		passed(t, rep)
		if len(events) != 1 || rep.Summary.Outcomes[outcome.Disconnected.String()] != 1 {
			t.Errorf("events %q, outcomes %v", events, rep.Summary.Outcomes)
		}
	})
}

// TestFaultsUnderLoad: a fleet with slow and broken connections ends, and its
// counts add up; the same seed does the same to the same frames.
func TestFaultsUnderLoad(t *testing.T) {
	const load = `
faults:
  - {do: {delay: {from: 1ms, to: 30ms}}, share: 20%}
  - {do: double, frames: [message], direction: in, share: 40%}
  - {do: {throttle: 100000}, frames: ["sign.*"], after: 1s, until: 2s}
load:
  pairs: 5
  phases:
    - name: steady
      arrivals: {closed: {think: 5ms}}
      duration: 3s
      mix:
        - {weight: 8, do: {initiator: {transfer: 1}}}
        - {weight: 2, do: {responder: {message: hello}}}
`
	synctest.Test(t, func(t *testing.T) {
		rep, events, _ := onWay(t, 5, load)
		if len(rep.Scenario.Violations) > 0 {
			t.Errorf("violations: %v", rep.Scenario.Violations[0])
		}
		kinds := map[string]int{}
		for _, e := range events {
			_, what, _ := strings.Cut(e, ": ")
			kind, _, _ := strings.Cut(what, " ")
			kinds[kind]++
		}
		if kinds["delay"] < 100 || kinds["double"] < 5 || kinds["throttle"] < 5 {
			t.Errorf("events: %v", kinds)
		}
		if rep.Summary.Outcomes["signed"] < 100 {
			t.Errorf("outcomes: %v", rep.Summary.Outcomes)
		}
	})
}

// TestAnOpeningWaitsForTheEndOfAStoppedSocket: a stop is done when it is
// answered, and the socket is there until died and the close have come.
func TestAnOpeningWaitsForTheEndOfAStoppedSocket(t *testing.T) {
	for _, again := range []string{"open:", "both: reestablish"} {
		t.Run(again, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				rep, events, _ := onWay(t, 1, `
faults:
  - {do: {delay: 200ms}, frames: [info died], role: initiator, nth: 1}
steps:
  - open:
  - both: stop
    expect: any
  - `+again+`
  - initiator: {transfer: 1}
`)
				passed(t, rep)
				if len(events) != 1 {
					t.Errorf("events %q, want one delay", events)
				}
			})
		})
	}
}
