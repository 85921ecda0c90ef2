package session_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chanbot/results"
	"chanbot/session"
)

// variation makes another session of the same kind out of a recorded one.
type variation struct {
	name string
	make func(*rand.Rand, []session.Entry) []session.Entry
	// transcript says that it is written as a transcript.
	transcript bool
}

// variations are the ways in which a session that somebody else records may
// differ from those that are here.
var variations = []variation{
	{name: "cut off", make: cutOff},
	{name: "ids are texts", make: textIDs},
	{name: "large ids", make: replaced(`"id":([0-9]+)([,}])`, `"id":-57646075230342$1$2`)},
	{name: "other ports", make: replaced(`port=1([0-9]{4})`, `port=4$1`)},
	{name: "other host", make: replaced(`host=localhost`, `host=127.0.0.1`, `ws://[0-9.:]+/`, `wss://node.example.com:3014/`)},
	{name: "nothing but frames", make: without(results.DirOpened, results.DirNote, results.DirTimeout, results.DirPong)},
	{name: "keep-alive pings", make: pinged},
	{name: "other names", make: renamed},
	{name: "later", make: later},
	{name: "independent frames the other way round", make: turned},
	{name: "a transcript", make: func(_ *rand.Rand, e []session.Entry) []session.Entry { return e }, transcript: true},
}

// cutOff ends a session after any frame.
func cutOff(r *rand.Rand, entries []session.Entry) []session.Entry {
	return entries[:1+r.IntN(len(entries))]
}

// textIDs makes texts of the ids of requests and their answers.
func textIDs(_ *rand.Rand, entries []session.Entry) []session.Entry {
	return replaced(`"id":(-?[0-9]+)([,}])`, `"id":"r$1"$2`)(nil, entries)
}

// replaced replaces patterns in all frames.
func replaced(pairs ...string) func(*rand.Rand, []session.Entry) []session.Entry {
	return func(_ *rand.Rand, entries []session.Entry) []session.Entry {
		for i := 0; i < len(pairs); i += 2 {
			p := regexp.MustCompile(pairs[i])
			for n := range entries {
				entries[n].Frame = p.ReplaceAll(entries[n].Frame, []byte(pairs[i+1]))
			}
		}
		return entries
	}
}

// without leaves out entries that say nothing of the protocol.
func without(dirs ...string) func(*rand.Rand, []session.Entry) []session.Entry {
	return func(_ *rand.Rand, entries []session.Entry) []session.Entry {
		return slices.DeleteFunc(entries, func(e session.Entry) bool { return slices.Contains(dirs, e.Dir) })
	}
}

// pinged adds WebSocket pings and their pongs.
func pinged(r *rand.Rand, entries []session.Entry) (out []session.Entry) {
	for _, e := range entries {
		out = append(out, e)
		if e.Dir == results.DirIn && r.IntN(10) == 0 {
			for _, dir := range []string{results.DirPing, results.DirPong} {
				out = append(out, session.Entry{T: e.T, Side: e.Side, Dir: dir, Frame: json.RawMessage(`""`)})
			}
		}
	}
	return out
}

// renamed gives the sides other names.
func renamed(_ *rand.Rand, entries []session.Entry) []session.Entry {
	names := map[string]string{"initiator": "alice", "responder": "bob"}
	for i, e := range entries {
		if name := names[e.Side]; name != "" {
			entries[i].Side = name
		}
	}
	return entries
}

// later moves a session in time.
func later(_ *rand.Rand, entries []session.Entry) []session.Entry {
	for i := range entries {
		entries[i].T += 90061234567 * time.Microsecond
	}
	return entries
}

// turned swaps neighbours of different sides that came from the node within a
// moment: which of two sockets is read first is chance.
func turned(r *rand.Rand, entries []session.Entry) []session.Entry {
	for i := 1; i < len(entries); i++ {
		a, b := &entries[i-1], &entries[i]
		if a.Dir == results.DirIn && b.Dir == results.DirIn && a.Side != b.Side && b.T-a.T < 3*time.Millisecond && r.IntN(2) == 0 {
			a.Side, b.Side, a.Frame, b.Frame = b.Side, a.Side, b.Frame, a.Frame
		}
	}
	return entries
}

// TestVariedRecordingsAreImported plays sessions that are almost those that were
// recorded: some, or, with CHANBOT_SEEDS, every variation of each.
func TestVariedRecordingsAreImported(t *testing.T) {
	from, to := uint64(1), uint64(2)
	all := os.Getenv("CHANBOT_SEEDS") != ""
	if all {
		from, to = seeds(t)
	}
	for n, file := range sessions(t) {
		name := nameOf(file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if byChance[name] != "" || notPlayed[name] != "" {
			continue
		}
		for seed := from; seed < to; seed++ {
			for v, how := range variations {
				if !all && (n%3 != 0 || n/3%len(variations) != v) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%d", name, strings.ReplaceAll(how.name, " ", "-"), seed), func(t *testing.T) {
					t.Parallel()
					entries, err := session.Read(bytes.NewReader(data))
					if err != nil {
						t.Fatal(err)
					}
					varied := how.make(rand.New(rand.NewPCG(seed, uint64(n*len(variations)+v))), entries)
					if how.transcript && (timed(varied) || name == "90_pinned_block_too_old") {
						t.Skip("time or a note of the driver plays a part, and a transcript has neither")
					}
					vary(t, name, how, varied)
				})
			}
		}
	}
}

// vary writes a session, imports it and plays it.
func vary(t *testing.T, name string, how variation, entries []session.Entry) {
	ext, write := ".jsonl", results.AppendRecording
	if how.transcript {
		ext, write = ".md", results.AppendTranscript
	}
	var data []byte
	for _, e := range entries {
		data = write(data, e)
	}
	if !slices.ContainsFunc(entries, func(e session.Entry) bool { return e.Dir == results.DirConnect }) {
		t.Skip("nothing happens in it")
	}
	im, s := imported(t, name+ext, data)
	tape := new(tape)
	problem := play(t, s, tape)
	if problem == "" {
		for _, d := range im.Compare(tape.entries) {
			problem += fmt.Sprintf("line %d: %s", im.Line(d.WantIndex), d)
		}
	}
	if problem != "" {
		name += "-" + strings.ReplaceAll(how.name, " ", "-")
		t.Errorf("%s%s", problem, dump(name, im, tape))
		if dir := os.Getenv("CHANBOT_IMPORTED"); dir != "" {
			os.WriteFile(dir+"/"+name+".first"+ext, data, 0o644)
		}
	}
}
