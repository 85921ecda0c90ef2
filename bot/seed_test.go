package bot_test

import (
	"bytes"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"chanbot/results"
	"chanbot/session"
)

// tape keeps all frames of a run.
type tape struct {
	mu      sync.Mutex
	entries []results.FrameRecord
}

func (tp *tape) Record(r results.FrameRecord) {
	tp.mu.Lock()
	defer tp.mu.Unlock()
	r.Frame = slices.Clone(r.Frame)
	tp.entries = append(tp.entries, r)
}

// transcript returns what a transcript of the frames holds.
func (tp *tape) transcript(t *testing.T) []session.Entry {
	t.Helper()
	var text []byte
	for _, r := range tp.entries {
		text = results.AppendTranscript(text, r)
	}
	entries, err := session.Read(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("own transcript: %v", err)
	}
	return entries
}

func TestSeedSessionComesOutTheSame(t *testing.T) {
	f, err := os.Open("../session/testdata/seed-transcript.md")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := session.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	s := load(t, "can-not-abort-while-open")
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		got := new(tape)
		b.cfg.Frames = got
		passed(t, b.run())
		for _, d := range session.Compare(want, got.transcript(t), session.Options{Eras: true, Stops: true}) {
			t.Errorf("%s", d)
		}
	})
}
