package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/results"
	"chanbot/wire"
)

// life is what happens to a channel from its opening to its end, whatever comes
// of it on the way.
const life = `
channel: {timeouts: {sign: 20s}}
steps:
  - open:
    expect: any
  - initiator: {transfer: 1}
    expect: any
  - responder: {transfer: 1}
    expect: any
  - both: {transfer: 1}
    expect: any
  - initiator: {message: hello}
    expect: any
  - responder: {balances: [initiator]}
    expect: any
  - initiator: {deposit: 5}
    expect: any
  - responder: {withdraw: 5}
    expect: any
  - responder: {close: mutual}
    expect: any
`

// livesUnderLoad is the same for a fleet.
const livesUnderLoad = `
channel: {timeouts: {sign: 20s}}
load:
  pairs: 3
  phases:
    - arrivals: {rate: 20/s}
      duration: 1s
      mix:
        - {weight: 3, do: {initiator: {transfer: 1}}, expect: any}
        - {weight: 2, do: {responder: {transfer: 1}}, expect: any}
        - {weight: 1, do: {both: {transfer: 1}}, expect: any}
        - {weight: 1, do: {initiator: {message: hello}}, expect: any}
`

// lived plays one life with some faults, and returns what it came to and the
// names of the frames, by direction.
func lived(t *testing.T, faults, text string, pairs int) (verdict results.Verdict, broken []string, frames map[string][]string) {
	t.Helper()
	b := newBench(t, parse(t, "life.yaml", "chanbot: 1\nname: life\ndescription: life\n"+faults+text), pairs, nil)
	defer b.stop()
	frames = map[string][]string{}
	var mu sync.Mutex // guards frames
	b.cfg.Frames = notesOf(func(r results.FrameRecord) {
		var name, way string
		switch r.Dir {
		case results.DirIn:
			f := wire.DecodeFrame(r.Frame)
			name, way = f.Name(), "in"
		case results.DirOut:
			reqs, _, ok := wire.ParseRequests(r.Frame)
			if !ok {
				return
			}
			name, way = strings.TrimPrefix(reqs[0].Method, "channels."), "out"
		default:
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if !slices.Contains(frames[way], name) {
			frames[way] = append(frames[way], name)
		}
	})
	b.cfg.Timeout = 30 * time.Second
	began := time.Now()
	rep := b.run()
	if rep == nil {
		t.Fatal("no report")
	}
	if took := time.Since(began); took > 20*time.Minute {
		t.Errorf("the run took %v", took)
	}
	if s := &rep.Summary; s.Outcomes.Sum() != s.Attempts || s.Attempts == 0 {
		t.Errorf("%d attempts, outcomes %v", s.Attempts, s.Outcomes)
	}
	for _, v := range rep.Summary.Violations {
		broken = append(broken, fmt.Sprintf("%s: expected %s, got %s", v.Rule, v.Expected, v.Got))
	}
	return rep.Scenario.Verdict, broken, frames
}

// Every kind of fault, at every frame of a life: each operation ends in exactly
// one outcome, nothing hangs, and the node, which did nothing wrong, is not
// blamed. The race detector is too slow for more than a part of it.
func TestFaultsAtEveryStageOfLife(t *testing.T) {
	for name, c := range map[string]struct {
		text  string
		pairs int
	}{"steps": {life, 1}, "load": {livesUnderLoad, 3}} {
		var frames map[string][]string
		synctest.Test(t, func(t *testing.T) {
			verdict, _, seen := lived(t, "", c.text, c.pairs)
			if verdict != results.Passed {
				t.Fatalf("%s without faults: %s", name, verdict)
			}
			frames = seen
		})
		if len(frames["in"]) < 10 || len(frames["out"]) < 5 {
			t.Fatalf("%s: the frames of a life are %v", name, frames)
		}
		for _, do := range []string{
			"{delay: 300ms}", "{stall: 500ms}", "stall", "drop", "double", "reorder", "corrupt", "{corrupt: truncate}", "{corrupt: garbage}",
			"{cut: reset}", "{cut: close}", "{cut: half}", "{throttle: 2000}",
		} {
			t.Run(name+"/"+strings.Trim(do, "{}"), func(t *testing.T) {
				t.Parallel()
				n := len(do) // so that each fault leaves out other frames
				for way, names := range frames {
					for _, frame := range names {
						for _, nth := range []string{"1", `">= 1"`} {
							if n++; raceEnabled && n%20 > 0 {
								continue
							}
							faults := fmt.Sprintf("faults: [{do: %s, frames: [%q], direction: %s, nth: %s}]\n", do, frame, way, nth)
							synctest.Test(t, func(t *testing.T) {
								_, broken, _ := lived(t, faults, c.text, c.pairs)
								for _, v := range broken {
									t.Errorf("%s: %s", faults, v)
								}
							})
						}
					}
				}
			})
		}
	}
}
