package session_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/session"
	"chanbot/strategy"
)

// recorded plays a ready scenario and returns its session without the frames of
// the first block, and these: one as each side gets it.
func recorded(t *testing.T, name string) (entries []session.Entry, block map[string]session.Entry) {
	t.Helper()
	src, ok := scenarios.Scenario(name)
	if !ok {
		t.Fatalf("no scenario %s", name)
	}
	s, problems := strategy.Parse(name+".yaml", src, strategy.Options{ResolveStrategy: ready})
	if len(problems) > 0 {
		t.Fatal(problems.Error())
	}
	tp := new(tape)
	if problem := play(t, s, tp); problem != "" {
		t.Fatal(problem)
	}
	block = make(map[string]session.Entry)
	for _, e := range tp.entries {
		e.T = 0
		for _, info := range []string{"funding_created", "funding_signed"} {
			if named := []byte(`"info":"` + info + `"`); bytes.Contains(e.Frame, named) {
				b := e
				b.Frame = bytes.ReplaceAll(e.Frame, named, []byte(`"info":"channel_changed"`))
				block[e.Side] = b
			}
		}
		if !bytes.Contains(e.Frame, []byte(`"info":"channel_changed"`)) {
			entries = append(entries, e)
		}
	}
	if len(block) != 2 {
		t.Fatalf("%d sides heard of the transaction", len(block))
	}
	return entries, block
}

// place returns the index of the first entry of a side that matches.
func place(t *testing.T, entries []session.Entry, side, dir, text string) int {
	t.Helper()
	for i, e := range entries {
		if e.Side == side && e.Dir == dir && regexp.MustCompile(text).Match(e.Frame) {
			return i
		}
	}
	t.Fatalf("%s has no %s with %s", side, dir, text)
	return -1
}

// TestABlockThatMeetsTheEndOfASocket puts the first block of a session to every
// place where it can meet a stop or the closing of a socket: whichever the machines
// took up first, the session is played to its end.
func TestABlockThatMeetsTheEndOfASocket(t *testing.T) {
	const initiator, responder = "initiator", "responder"
	for _, c := range []struct {
		name, scenario string
		// at says before which of its entries each side gets the frame; a side
		// that is not there misses it.
		at map[string][2]string
	}{
		{"the client closes first", "client-reconnect-early", map[string][2]string{responder: {results.DirIn, "own_funding_locked"}}},
		{"the client closes afterwards", "client-reconnect-early", map[string][2]string{initiator: {results.DirClose, ""}, responder: {results.DirIn, "own_funding_locked"}}},
		{"both hear behind the stop", "stop-funding-lock-by-initiator", map[string][2]string{initiator: {results.DirIn, "died"}, responder: {results.DirIn, "died|peer_disconnected"}}},
		{"both hear before the stop", "stop-funding-lock-by-initiator", map[string][2]string{initiator: {results.DirOut, "stop"}, responder: {results.DirIn, "died|peer_disconnected"}}},
		{"only the other side hears", "stop-funding-lock-by-initiator", map[string][2]string{responder: {results.DirIn, "died|peer_disconnected"}}},
		{"only the one that stops hears", "stop-funding-lock-by-initiator", map[string][2]string{initiator: {results.DirIn, "died"}}},
		{"only the one that stops hears, before", "stop-funding-lock-by-initiator", map[string][2]string{initiator: {results.DirOut, "stop"}}},
		{"nobody hears", "stop-funding-lock-by-initiator", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			entries, block := recorded(t, c.scenario)
			for _, side := range []string{initiator, responder} {
				if where, ok := c.at[side]; ok {
					entries = slices.Insert(entries, place(t, entries, side, where[0], where[1]), block[side])
				}
			}
			replayedTwice(t, entries)
		})
	}
}

// replayedTwice plays a session in both forms.
func replayedTwice(t *testing.T, entries []session.Entry) {
	t.Helper()
	for _, how := range []struct {
		ext   string
		write func([]byte, results.FrameRecord) []byte
	}{{".jsonl", results.AppendRecording}, {".md", results.AppendTranscript}} {
		var data []byte
		for _, e := range entries {
			data = how.write(data, e)
		}
		im, s := imported(t, "race"+how.ext, data)
		second := new(tape)
		var problem strings.Builder
		problem.WriteString(play(t, s, second))
		for _, d := range im.Compare(second.entries) {
			problem.WriteString(fmt.Sprintf("line %d: %s", im.Line(d.WantIndex), d))
		}
		if problem.String() != "" {
			t.Errorf("%s: %s\n%s", how.ext, problem.String(), im.Scenario)
		}
	}
}

// TestWhatWasOnItsWayToAClosedSocket expects nothing of what a socket still got
// before its client closed it.
func TestWhatWasOnItsWayToAClosedSocket(t *testing.T) {
	s, problems := strategy.Parse("closed.yaml", []byte(`chanbot: 1
name: closed
node: {blocks: expected}
steps:
  - open:
    expect:
      frames:
        initiator: {in_order: [info fsm_up, info channel_accept]}
        responder: {in_order: [
          info fsm_up, info channel_open, info funding_created, sign.responder_sign, result ok, on_chain_tx funding_created,
          on_chain_tx channel_changed, info own_funding_locked, info funding_locked, info open, update]}
  - initiator: {disconnect: close}
    expect: {frames: {initiator: {in_order: []}}}
  - wait: 50ms
  - initiator: reconnect
    expect: {frames: {initiator: {in_order: [info fsm_up]}}}
  - initiator: {balances: [initiator]}
    expect: {frames: {initiator: {in_order: [result]}}}
`), strategy.Options{})
	if len(problems) > 0 {
		t.Fatal(problems.Error())
	}
	if problem := play(t, s, new(tape)); problem != "" {
		t.Error(problem)
	}
}

// TestARunMayGetMoreThanASessionThatEndsFirst cuts a session off: what the run got
// beyond it is no difference, but another frame in the place of one is.
func TestARunMayGetMoreThanASessionThatEndsFirst(t *testing.T) {
	entries, block := recorded(t, "stop-funding-lock-by-initiator")
	at := place(t, entries, "responder", results.DirIn, `"info":"funding_created"`)
	var data []byte
	for _, e := range entries[:at+1] {
		data = results.AppendRecording(data, e)
	}
	im, err := session.Import("cut.jsonl", data, session.ImportOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d := im.Compare(entries); len(d) > 0 {
		t.Errorf("a longer run: %v", d)
	}
	other := slices.Clone(entries)
	other[at] = block["responder"]
	if d := im.Compare(other); len(d) != 1 || d[0].Side != "responder" {
		t.Errorf("another frame at %d: %v", at, d)
	}
}

// TestPingsAreLeftOut puts WebSocket pings between all frames.
func TestPingsAreLeftOut(t *testing.T) {
	entries, _ := recorded(t, "stop-funding-lock-by-initiator")
	var pinged []session.Entry
	pings := 0
	for _, e := range entries {
		pinged = append(pinged, e)
		if e.Dir == results.DirIn || e.Dir == results.DirOut {
			pings++
			for _, dir := range []string{results.DirPing, results.DirPong} {
				pinged = append(pinged, session.Entry{Side: e.Side, Dir: dir, Frame: json.RawMessage(`""`)})
			}
		}
	}
	write := func(entries []session.Entry) (data []byte) {
		for _, e := range entries {
			data = results.AppendRecording(data, e)
		}
		return data
	}
	steps := func(scenario []byte) string {
		var out []byte
		for line := range bytes.Lines(scenario) {
			if !bytes.Contains(line, []byte("not expressed")) {
				out = append(out, line...)
			}
		}
		return string(out)
	}
	plain, _ := imported(t, "plain.jsonl", write(entries))
	im, _ := imported(t, "plain.jsonl", write(pinged))
	if got, want := steps(im.Scenario), steps(plain.Scenario); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := len(im.Notes) - len(plain.Notes); n != pings {
		t.Errorf("%d notes of %d pings", n, pings)
	}
}
