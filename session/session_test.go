package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chanbot/results"

	"github.com/google/go-cmp/cmp"
)

func recording(t testing.TB, name string) []Entry {
	t.Helper()
	entries, err := ReadFile(filepath.Join("testdata", "recordings", name+".jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func seed(t testing.TB) []Entry {
	t.Helper()
	entries, err := ReadFile(filepath.Join("testdata", "seed-transcript.md"))
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestSeedTranscriptIsWrittenBackByteForByte(t *testing.T) {
	want, err := os.ReadFile(filepath.Join("testdata", "seed-transcript.md"))
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	for e, err := range Transcript(bytes.NewReader(want)) {
		if err != nil {
			t.Fatal(err)
		}
		got = results.AppendTranscript(got, e)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEveryRecordingIsWrittenBackByteForByte(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "recordings", "*.jsonl"))
	if err != nil || len(names) < 100 {
		t.Fatalf("%d recordings, %v", len(names), err)
	}
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// Early recordings call the dir of a ping "ping-out".
		want = bytes.ReplaceAll(want, []byte(`"dir":"ping-out"`), []byte(`"dir":"ping"`))
		entries, err := Read(bytes.NewReader(want))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var got []byte
		for _, e := range entries {
			got = results.AppendRecording(got, e)
		}
		if !bytes.Equal(want, got) {
			w, g := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
			for i := range min(len(w), len(g)) {
				if !bytes.Equal(w[i], g[i]) {
					t.Errorf("%s, line %d:\nwant %s\ngot  %s", name, i+1, w[i], g[i])
					break
				}
			}
		}
	}
}

func TestMistakesAreNamedWithTheirLine(t *testing.T) {
	good := `{"t":1,"side":"initiator","dir":"in","frame":{}}` + "\n"
	for _, c := range []struct{ name, text, want string }{
		{"no object", good + "\n{nonsense}", "line 3: no JSON object {t, side, dir, frame}"},
		{"missing frame", good + `{"t":1,"side":"initiator","dir":"in"}`, "line 2: t, side, dir or frame is missing"},
		{"unknown dir", `{"t":1,"side":"initiator","dir":"up","frame":1}`, `line 1: unknown dir "up"; expected one of connect, opened`},
		{"negative time", `{"t":-1,"side":"initiator","dir":"in","frame":1}`, "line 1: time -1 is no number"},
		{"huge time", `{"t":1e300,"side":"initiator","dir":"in","frame":1}`, "line 1: time 1e+300 is no number"},
		{"side of two words", `{"t":1,"side":"a b","dir":"in","frame":1}`, `line 1: side "a b" is no single word`},
		{"unknown heading", "\n#### initiator sleeps\n", `line 2: heading "initiator sleeps" is none of a transcript`},
		{"heading alone", "#### initiator ---> node\n\n#### initiator info\n", "line 1: heading without a fenced text"},
		{"heading at the end", "#### initiator ---> node\n", "line 1: heading without a fenced text"},
		{"no fence", "#### initiator ---> node\n{}\n", "line 2: expected a fenced text after the heading of line 1"},
		{"open fence", "#### initiator ---> node\n```\n{}\n", "line 3: the fenced text of line 1 does not end"},
		{"no side", "####  ---> node\n```\n{}\n```\n", `line 1: side "" is no single word`},
	} {
		_, err := Read(strings.NewReader(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %s…", c.name, err, c.want)
		}
	}
	long := good + `{"t":1,"side":"initiator","dir":"in","frame":"` + strings.Repeat("x", MaxLine) + `"}`
	if _, err := Read(strings.NewReader(long)); err == nil || err.Error() != fmt.Sprintf("line 2: longer than %d bytes", MaxLine) {
		t.Errorf("long line: %v", err)
	}
	if entries, err := Read(strings.NewReader("")); err != nil || len(entries) != 0 {
		t.Errorf("empty file: %v, %v", entries, err)
	}
}

func TestReadingStopsWithItsCaller(t *testing.T) {
	n := 0
	for _, err := range Transcript(strings.NewReader("#### a ---> node\n```\n1\n```\n#### b ---> node\n```\n2\n```\n#### bad\n")) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 1 {
			break
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestWhoConnectsFirstDoesNotCount(t *testing.T) {
	a, b := recording(t, "14e_initiator_first"), recording(t, "14e_responder_first")
	o := Options{NetworkID: "ae_dev", Stops: true}
	for _, d := range Compare(a, b, o) {
		t.Errorf("%s", d)
	}
}

func TestSeedAndItsRepetitionAreTheSameSession(t *testing.T) {
	old, now := seed(t), recording(t, "02_seed_exact")
	o := Options{Eras: true, Stops: true, NodeOnly: true}
	now = slices.DeleteFunc(now, func(e Entry) bool { return e.Dir == results.DirOpened }) // a transcript has none
	for _, d := range Compare(old, now, o) {
		t.Errorf("%s", d)
	}
	o.Eras = false
	if got := Compare(old, now, o); len(got) == 0 {
		t.Error("without Eras the session of 2020 equals the one of today")
	}
}

func TestASessionEqualsItself(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "recordings", "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		entries, err := ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		o := Options{Stops: true, Eras: len(name)%2 == 0}
		if got := Compare(entries, slices.Clone(entries), o); len(got) > 0 {
			t.Errorf("%s: %s", name, got[0])
		}
	}
}

func TestOneChangedFrameIsFound(t *testing.T) {
	base := recording(t, "14e_responder_first")
	for _, c := range []struct{ name, side, from, to, want string }{
		{"amount", "initiator", `"event":"open"`, `"event":"opened"`, "opened"},
		{"channel id null", "responder", `"event":"open"`, `"event":"closed"`, "closed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := slices.Clone(base)
			at := -1
			for i, e := range changed {
				if e.Side == c.side && strings.Contains(string(e.Frame), c.from) {
					at = i
					changed[i].Frame = json.RawMessage(strings.Replace(string(e.Frame), c.from, c.to, 1))
				}
			}
			got := Compare(base, changed, Options{})
			if len(got) != 1 || got[0].Side != c.side || got[0].GotIndex != at || !strings.Contains(got[0].Got, c.want) {
				t.Fatalf("got %v, want one divergence of %s at %d", got, c.side, at)
			}
			if len(got[0].Before) != context || !strings.Contains(got[0].String(), "- want in") {
				t.Errorf("shown as %s", got[0])
			}
		})
	}
}

func TestWhatTheSidesShareIsCompared(t *testing.T) {
	line := func(side, channel string) Entry {
		return Entry{Side: side, Dir: results.DirIn, Frame: json.RawMessage(`{"channel_id":"` + channel + `"}`)}
	}
	const a, b = "ch_2Fcp32wxdUnr4EDRdGm3QFREdnrPB9grenJ6GExHFXpNwRDxDV", "ch_2mVzJEEQwRVoiJ9kXPJmuBQY1RBTFGaFtfHEy1F5gY9hfi1Jnu"
	one := []Entry{line("initiator", a), line("responder", a)}
	two := []Entry{line("initiator", a), line("responder", b)}
	if got := Compare(one, one, Options{}); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	got := Compare(one, two, Options{})
	if len(got) != 1 || got[0].Side != "initiator/responder" {
		t.Errorf("got %v", got)
	}
	if got := Compare(two, one, Options{}); len(got) != 1 {
		t.Errorf("got %v", got)
	}
}

func TestTheLegalEndsOfASecondStop(t *testing.T) {
	frame := func(side, dir, raw string) Entry { return Entry{Side: side, Dir: dir, Frame: json.RawMessage(raw)} }
	stop := `{"id":1,"jsonrpc":"2.0","method":"channels.system","params":{"action":"stop"}}`
	died := `{"jsonrpc":"2.0","method":"channels.info","params":{"channel_id":null,"data":{"event":"died"}},"version":1}`
	ok := `{"channel_id":null,"id":1,"jsonrpc":"2.0","result":"ok","version":1}`
	end := func(first []string, second ...string) []Entry {
		all := []Entry{frame("responder", results.DirOut, stop)}
		for _, f := range first {
			all = append(all, frame("responder", results.DirIn, f))
		}
		for _, f := range second {
			dir := results.DirIn
			if f == stop {
				dir = results.DirOut
			}
			all = append(all, frame("initiator", dir, f))
		}
		return all
	}
	full := []string{ok, died}
	want := end(full, stop, died, ok)
	for name, got := range map[string][]Entry{
		"ok, died":                        end(full, stop, ok, died),
		"died alone":                      end(full, stop, died),
		"died before the stop was sent":   end(full, died, stop),
		"died before the stop, answer ok": end(full, died, stop, ok),
		"died, and no stop any more":      end(full, died),
	} {
		if d := Compare(want, got, Options{Stops: true}); len(d) != 0 {
			t.Errorf("%s: %s", name, d[0])
		}
		if d := Compare(want, got, Options{}); len(d) == 0 {
			t.Errorf("%s: equal without the option", name)
		}
	}
	for name, got := range map[string][]Entry{
		"no died":              end(full, stop, ok),
		"the first has no ok":  end([]string{died}, stop, died, ok),
		"the first is crossed": end([]string{died, ok}, stop, died, ok),
	} {
		if d := Compare(want, got, Options{Stops: true}); len(d) == 0 {
			t.Errorf("%s: equal", name)
		}
	}
}
