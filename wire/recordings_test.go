package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// recorded is one frame of a recorded session with a running node.
type recorded struct {
	file string
	dir  string // "in" from the node, "out" from the client
	text []byte
}

const testdata = "../session/testdata"

// recordings returns every frame of every recorded session, and those of the
// seed transcript.
func recordings(t testing.TB) []recorded {
	t.Helper()
	all, err := readRecordings()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 9000 {
		t.Fatalf("only %d recorded frames", len(all))
	}
	return all
}

var readRecordings = sync.OnceValues(func() ([]recorded, error) {
	files, err := filepath.Glob(filepath.Join(testdata, "recordings", "*.jsonl"))
	if err != nil {
		return nil, err
	}
	var all []recorded
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		lines := bufio.NewScanner(bytes.NewReader(b))
		lines.Buffer(nil, MaxFrame)
		for lines.Scan() {
			var line struct {
				Dir   string
				Frame json.RawMessage
			}
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
				return nil, err
			}
			if line.Dir != "in" && line.Dir != "out" {
				continue
			}
			text := []byte(line.Frame)
			var raw string // a frame that is no JSON, or that must be kept to the byte
			if json.Unmarshal(line.Frame, &raw) == nil {
				text = []byte(raw)
			}
			all = append(all, recorded{filepath.Base(file), line.Dir, text})
		}
	}
	b, err := os.ReadFile(filepath.Join(testdata, "seed-transcript.md"))
	if err != nil {
		return nil, err
	}
	for _, m := range regexp.MustCompile("(?s)#### \\w+ (<---|--->) node\n```javascript\n(.*?)\n```").FindAllSubmatch(b, -1) {
		dir := "in"
		if string(m[1]) == "--->" {
			dir = "out"
		}
		all = append(all, recorded{"seed-transcript.md", dir, m[2]})
	}
	return all, nil
})

// Every frame that a node sent has a known shape and a name that scenarios can
// use.
func TestRecordedNodeFramesAreKnown(t *testing.T) {
	known := map[string]bool{"result ok": true, "result": true, "batch": true}
	for _, name := range infoNames {
		known[name] = true
	}
	for _, name := range onChainNames {
		known[name] = true
	}
	for _, method := range Notifications() {
		switch method {
		case MethodInfo, MethodOnChainTx, MethodConflict:
		default:
			known[strings.TrimPrefix(method, methodPrefix)] = true
		}
	}
	number := regexp.MustCompile(`^(conflict|error) (-?\d+)$`)
	count := map[string]int{}
	for _, r := range recordings(t) {
		if r.dir != "in" {
			continue
		}
		f := DecodeFrame(r.text)
		name := f.Name()
		count[name]++
		if m := number.FindStringSubmatch(name); m != nil {
			if f.Kind == KindError && ErrorMessage(f.Error.Code) != f.Error.Message {
				t.Errorf("%s: message %q of code %d, want %q", r.file, f.Error.Message, f.Error.Code, ErrorMessage(f.Error.Code))
			}
			if c := f.Conflict; c != nil && ConflictMessage(c.Code) != c.Message {
				t.Errorf("%s: message %q of conflict %d, want %q", r.file, c.Message, c.Code, ConflictMessage(c.Code))
			}
			continue
		}
		if !known[name] {
			t.Errorf("%s: a frame called %q\n%s", r.file, name, r.text)
		}
		if f.Kind == KindNotification && f.Data == nil {
			t.Errorf("%s: a notification without data\n%s", r.file, r.text)
		}
	}
	if len(count) < 70 {
		t.Errorf("only %d different names: %v", len(count), count)
	}
}

// Every frame that a node sent is written again to the byte.
func TestRecordedNodeFramesAreWrittenAgain(t *testing.T) {
	n := 0
	for _, r := range recordings(t) {
		if r.dir != "in" {
			continue
		}
		want, err := SortKeys(r.text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", r.file, err, r.text)
		}
		if r.file != "seed-transcript.md" && !bytes.Equal(want, r.text) {
			t.Errorf("%s: the recorded frame is not canonical\ngot  %s\nwant %s", r.file, r.text, want)
		}
		f := DecodeFrame(r.text)
		if got := reencode(t, &f); !bytes.Equal(got, want) {
			t.Errorf("%s: written again\ngot  %s\nwant %s", r.file, got, want)
		}
		n++
	}
	if n < 6900 {
		t.Errorf("only %d frames from nodes", n)
	}
}

// reencode writes a decoded frame with the function for its kind. Nothing of
// the recorded text goes into it but what has no typed value.
func reencode(t *testing.T, f *Frame) []byte {
	t.Helper()
	switch f.Kind {
	case KindBatch:
		var members [][]byte
		for i := range f.Batch {
			members = append(members, reencode(t, &f.Batch[i]))
		}
		return AppendBatch(nil, members...)
	case KindError:
		var subs []int
		for _, d := range f.Error.Data {
			subs = append(subs, d.Code)
		}
		return AppendError(nil, f.ID, f.ChannelID, f.Error.Code, subs, f.Error.Request)
	case KindResult:
		if f.Name() == "result ok" {
			return AppendOK(nil, f.ID, f.ChannelID)
		}
		return AppendResult(nil, f.ID, f.ChannelID, reencodeData(t, f.Result))
	}
	switch {
	case f.Info != nil:
		return AppendInfo(nil, f.ChannelID, *f.Info)
	case f.OnChainTx != nil:
		return AppendOnChainTx(nil, f.ChannelID, *f.OnChainTx)
	case f.Sign != nil:
		return AppendSign(nil, f.ChannelID, *f.Sign)
	case f.Update != nil:
		return AppendUpdate(nil, f.ChannelID, f.Update.State)
	case f.Conflict != nil:
		return AppendConflict(nil, f.ChannelID, *f.Conflict)
	case f.Message != nil:
		return AppendMessage(nil, f.ChannelID, *f.Message)
	case f.Leave != nil:
		return AppendLeave(nil, f.ChannelID, f.Leave.State)
	}
	return AppendNotification(nil, f.ChannelID, f.Method, reencodeData(t, f.Data))
}

// reencodeData writes the data of a query again. The keys tell what it is.
func reencodeData(t *testing.T, data json.RawMessage) []byte {
	t.Helper()
	sorted, err := SortKeys(data)
	if err != nil {
		t.Fatal(err)
	}
	switch s := string(sorted); {
	case s == PongData || s == CallsPrunedData:
	case s == "[]" || strings.HasPrefix(s, `[{"account"`):
		return AppendBalances(nil, decoded[[]Balance](t, data))
	case strings.HasPrefix(s, `[{"info"`):
		return AppendHistory(nil, decoded[[]HistoryEntry](t, data))
	case strings.HasPrefix(s, `{"poi"`):
		return AppendPoI(nil, decoded[PoI](t, data))
	case strings.HasPrefix(s, `{"calls"`):
		return AppendOffchainState(nil, decoded[OffchainState](t, data))
	default:
		t.Errorf("data of no known query: %s", data)
	}
	return sorted
}

func decoded[T any](t *testing.T, data json.RawMessage) T {
	t.Helper()
	v, err := DecodeReply[T](data)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// What a node drops of all that the clients of the recordings have sent
// (section 3.1, sessions 07 and 45).
func TestRecordedClientFrames(t *testing.T) {
	wantDropped := []string{
		"07_bad_frames.jsonl: {bad json",
		"07_bad_frames.jsonl: ",
		"07_bad_frames.jsonl: 42",
		`07_bad_frames.jsonl: "hi"`,
		"07_bad_frames.jsonl: null",
		"07_bad_frames.jsonl: []",
		`07_bad_frames.jsonl: {"id":1,"method":"channels.system","params":{"action":"ping"}}`,
		`07_bad_frames.jsonl: {"jsonrpc":"1.0","id":2,"method":"channels.system","params":{"action":"ping"}}`,
		`07_bad_frames.jsonl: {"jsonrpc":"2.0","id":3,"params":{}}`,
		`45_batches.jsonl: [{"jsonrpc":"2.0","id":10,"method":"channels.system","params":{"action":"ping"}},{"id":11}]`,
		"45_batches.jsonl: []",
	}
	signed, aborted := 0, 0
	var dropped []string
	for _, r := range recordings(t) {
		if r.dir != "out" {
			continue
		}
		reqs, batch, ok := ParseRequests(r.text)
		if !ok {
			dropped = append(dropped, r.file+": "+string(r.text))
			continue
		}
		if isBatch := r.text[0] == '['; batch != isBatch || !batch && len(reqs) != 1 {
			t.Errorf("%s: %d requests, batch %v\n%s", r.file, len(reqs), batch, r.text)
		}
		for _, q := range reqs {
			if q.Method == "" {
				t.Errorf("%s: no method\n%s", r.file, r.text)
			}
			want, err := SortKeys(q.Raw)
			if err != nil {
				t.Fatal(err)
			}
			got := AppendRequest(nil, q.ID, q.Method, q.Params)
			tag := AnsweredTag(q.Method)
			switch {
			case tag == "" || AnswerMethod(tag) != q.Method:
			case q.HasSignedTx:
				signed++
				got = AppendSigned(nil, q.ID, tag, q.SignedTx)
			case q.Abort != nil:
				aborted++
				got = AppendAbort(nil, q.ID, tag, q.Abort)
			}
			if got, err = SortKeys(got); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s: written again\ngot  %s %v\nwant %s", r.file, got, err, want)
			}
		}
	}
	if got, want := strings.Join(dropped, "\n"), strings.Join(wantDropped, "\n"); got != want {
		t.Errorf("dropped\n%s\nwant\n%s", got, want)
	}
	if signed < 1200 || aborted < 40 {
		t.Errorf("only %d signed answers and %d aborts", signed, aborted)
	}
}
