package results

import (
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"chanbot/outcome"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", name, diff)
	}
}

func TestTranscriptBlocks(t *testing.T) {
	records := []FrameRecord{
		{Side: "initiator", Dir: DirConnect, Frame: json.RawMessage(`"ws://localhost:3014/channel?a=1&b=<2>"`)},
		{Side: "initiator", Dir: DirOpened},
		{Side: "initiator", Dir: DirIn, Frame: json.RawMessage(`{"version":1,"params":{"data":{"fsm_id":"ba_x","event":"fsm_up"},"channel_id":null},"method":"channels.info","jsonrpc":"2.0"}`)},
		{Side: "-", Dir: DirNote, Frame: json.RawMessage(`"now a frame that is no JSON"`)},
		{Side: "initiator", Dir: DirOut, Frame: FrameOf([]byte("{bad json\n```\n"))},
		{Side: "initiator", Dir: DirOut, Frame: FrameOf([]byte(`{"id": 1.50, "method": "é<&", "empty": [], "none": {}}`))},
		{Side: "initiator", Dir: DirClose, Frame: json.RawMessage(`{"code":1000,"reason":""}`)},
	}
	var b []byte
	for _, r := range records {
		b = AppendTranscript(b, r)
	}
	golden(t, "transcript.md", string(b))
}

func TestRecordingLines(t *testing.T) {
	var got strings.Builder
	for _, r := range []FrameRecord{
		{T: 2177 * time.Millisecond, Side: "initiator", Dir: DirOut, Frame: FrameOf([]byte("{bad json"))},
		{T: 3 * time.Millisecond, Side: "initiator", Dir: DirConnect, Frame: json.RawMessage(`"ws://h/channel?a=1&b=2"`)},
		{T: 2999 * time.Microsecond, Side: "initiator", Dir: DirOpened},
		{Side: "responder", Dir: DirOut, Frame: FrameOf([]byte(` {"b": 1, "a":2} `))},
		{Side: "responder", Dir: DirOut, Frame: FrameOf([]byte(`42`))},
		{Side: "responder", Dir: DirOut, Frame: json.RawMessage("{\n")},
		{Side: "responder", Dir: DirOut, Frame: FrameOf([]byte(`{"k":"sk_` + strings.Repeat("2", 88) + `"}`))},
	} {
		got.Write(AppendRecording(nil, r))
	}
	want := `{"t":2177,"side":"initiator","dir":"out","frame":"{bad json"}
{"t":3,"side":"initiator","dir":"connect","frame":"ws://h/channel?a=1&b=2"}
{"t":2,"side":"initiator","dir":"opened","frame":null}
{"t":0,"side":"responder","dir":"out","frame":{"b":1,"a":2}}
{"t":0,"side":"responder","dir":"out","frame":"42"}
{"t":0,"side":"responder","dir":"out","frame":"{\n"}
{"t":0,"side":"responder","dir":"out","frame":{"k":"sk_hidden"}}
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFrameOfAndTextAreInverse(t *testing.T) {
	for _, text := range []string{"", "42", `"hi"`, "null", "[]", "{bad", `{"a":1}`, "\u2028<&>\t"} {
		r := FrameRecord{Frame: FrameOf([]byte(text))}
		if !json.Valid(r.Frame) {
			t.Errorf("FrameOf(%q) = %s is no JSON", text, r.Frame)
		}
		if got := string(r.Text()); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

// Bytes that are not UTF-8 must not make a file that no JSON reader takes.
func TestFrameOfIsUTF8(t *testing.T) {
	for _, text := range []string{"\xff", "{\"a\":\"\xff\"}", "[\"\xed\xa0\x80\"]"} {
		if got := FrameOf([]byte(text)); !utf8.Valid(got) || !json.Valid(got) {
			t.Errorf("FrameOf(%q) = %q", text, got)
		}
	}
}

func TestPrettyKeepsSpellingAndBoundsDepth(t *testing.T) {
	raw := `{"b":1e3,"a":"A\u0042<"}`
	if got, want := string(pretty([]byte(raw))), "{\n  \"a\": \"A\\u0042<\",\n  \"b\": 1e3\n}"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	deep := strings.Repeat("[", 5000) + strings.Repeat("]", 5000)
	if got := pretty([]byte(deep)); len(got) < len(deep) {
		t.Errorf("%d bytes of %d left", len(got), len(deep))
	}
}

func TestRecorderWritesEachPairAndReplacesOldFiles(t *testing.T) {
	dir := t.TempDir()
	o := RecorderOptions{Transcripts: filepath.Join(dir, "md"), Recordings: filepath.Join(dir, "jsonl"), Name: "late abort"}
	for run := range 2 {
		r, err := NewRecorder(o)
		if err != nil {
			t.Fatal(err)
		}
		const frames = 500
		var wg sync.WaitGroup
		for pair := range 3 {
			wg.Go(func() {
				for i := range frames {
					r.Record(FrameRecord{Pair: pair, Side: "initiator", Dir: DirOut, Frame: fmt.Appendf(nil, `{"id":%d,"run":%d}`, i, run)})
				}
			})
		}
		wg.Wait()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r.Record(FrameRecord{Side: "initiator", Dir: DirOut, Frame: json.RawMessage(`{}`)})
		for _, name := range []string{"late-abort", "late-abort-0001", "late-abort-0002"} {
			b, err := os.ReadFile(filepath.Join(o.Recordings, name+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(b), "\n"); got != frames {
				t.Errorf("run %d, %s: %d lines, want %d", run, name, got, frames)
			}
			if last := fmt.Sprintf(`{"id":%d,"run":%d}}`, frames-1, run); !strings.HasSuffix(strings.TrimSpace(string(b)), last) {
				t.Errorf("%s does not end in %s", name, last)
			}
			md, err := os.ReadFile(filepath.Join(o.Transcripts, name+".md"))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Count(string(md), "#### initiator ---> node"); got != frames {
				t.Errorf("%s: %d blocks, want %d", name, got, frames)
			}
		}
	}
}

func TestRecorderReportsAWriteError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	r, err := NewRecorder(RecorderOptions{Recordings: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	r.Record(FrameRecord{Side: "initiator", Dir: DirOpened})
	if err := r.Close(); err == nil {
		t.Error("the folder is gone, but Close returned no error")
	}
}

func TestFolderIsNewPrivateAndReadsBack(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "runs")
	at := time.Date(2026, 11, 22, 13, 14, 15, 0, time.FixedZone("x", 3600))
	var paths []string
	for range 3 {
		f, err := CreateFolder(parent, at, "late abort/../x")
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, filepath.Base(f.Path()))
	}
	want := []string{"20261122T121415Z-late-abort-..-x", "20261122T121415Z-late-abort-..-x-2", "20261122T121415Z-late-abort-..-x-3"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	path := filepath.Join(parent, want[0])
	if _, err := OpenFolder(path); err == nil || !strings.Contains(err.Error(), "no manifest.json") {
		t.Errorf("a folder without manifest: %v", err)
	}
	f := &Folder{path: path}
	m := Manifest{Chanbot: "1", Seed: 7, Scenario: NewScenarioFile("x", "", "chanbot: 1\n"), Node: "embedded", NetworkID: "ae_dev", Started: at.UTC(), Host: ThisHost(), Options: map[string]string{"param": "sk_" + strings.Repeat("z", 60)}}
	if err := f.WriteManifest(m); err != nil {
		t.Fatal(err)
	}
	f, err := OpenFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	m.Version, m.Options["param"] = ManifestVersion, "sk_hidden"
	if diff := cmp.Diff(m, got); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSummaryHasEveryKeyAndNoNaN(t *testing.T) {
	dir := t.TempDir()
	f := &Folder{path: dir}
	s := &Summary{Scenario: "x", Verdict: Passed, DurationS: math.NaN(), Thresholds: []Threshold{{Expr: "p99(transfer.response) < 50ms", Value: math.Inf(1)}}}
	if err := f.WriteSummary(s); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.File(SummaryFile))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.json", string(b))
	back, err := f.Summary()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.complete(), back); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

func TestLatencyIsExact(t *testing.T) {
	var samples []time.Duration
	for i := range 1000 {
		samples = append(samples, time.Duration(1000-i)*time.Millisecond)
	}
	want := Latency{Count: 1000, MeanUS: 500500, P50US: 500000, P90US: 900000, P99US: 990000, P999US: 999000, MaxUS: 1e6}
	if diff := cmp.Diff(want, NewLatency(samples)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := NewLatency(nil); got != (Latency{}) {
		t.Errorf("of nothing: %v", got)
	}
}

func TestOutcomesAddUp(t *testing.T) {
	s := Summary{
		Attempts: 3, Outcomes: Counts{"signed": 2, "cancelled": 1},
		Operations: map[string]Operation{"transfer": {Attempts: 2, Outcomes: Counts{"signed": 2}}, "open": {Attempts: 1, Outcomes: Counts{"cancelled": 1}}},
	}
	if err := s.CheckSums(); err != nil {
		t.Error(err)
	}
	s.Outcomes["cancelled"] = 0
	if err := s.CheckSums(); err == nil {
		t.Error("an operation without an outcome was not noticed")
	}
}

// What could not be sent says nothing about how fast a node is.
func TestWhatWasNotSentIsNotMeasured(t *testing.T) {
	for kind, want := range map[outcome.Kind][2]bool{ // not sent, sent
		outcome.Died: {false, true}, outcome.Disconnected: {false, true}, outcome.Refused: {false, true},
		outcome.Signed: {true, true}, outcome.Timeout: {true, true}, outcome.Cancelled: {}, outcome.Unknown: {},
	} {
		for i, sent := range []time.Duration{5 * time.Second, 4 * time.Second} {
			r := OperationRecord{Sent: sent, Done: 5 * time.Second, Outcome: outcome.Outcome{Kind: kind}}
			if r.Measured() != want[i] {
				t.Errorf("%s, sent at %v and done at %v: measured %v", kind, r.Sent, r.Done, r.Measured())
			}
		}
	}
}

func TestViolationsHideFSMIDs(t *testing.T) {
	got := ViolationFrames([]FrameRecord{
		{T: 1500 * time.Microsecond, Side: "initiator", Dir: DirIn, Frame: json.RawMessage(`{"data":{"fsm_id": "ba_secret"}}`)},
		{Side: "initiator", Dir: DirConnect, Frame: json.RawMessage(`"ws://h/channel?existing_fsm_id=ba_secret&a=1"`)},
	})
	b, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "secret") || !strings.Contains(string(b), "a=1") || got[0].TMS != 1.5 {
		t.Errorf("got %s", b)
	}
}
