package simnode_test

import (
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"chanbot/session"
)

// recordings is where the frames of a running node are.
var recordings = filepath.Join("..", "session", "testdata", "recordings")

// TestRecordingsAreReplayed plays every recorded session against the embedded
// node: the same requests, with signatures made anew, and compares what the
// node sends on each side.
func TestRecordingsAreReplayed(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(recordings, "*.jsonl"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no recordings in %s: %v", recordings, err)
	}
	for _, path := range names {
		name := strings.TrimSuffix(filepath.Base(path), ".jsonl")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entries, err := session.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var problems []string
			synctest.Test(t, func(t *testing.T) {
				problems = replayRecording(t, entries)
			})
			reason, listed := notReplayed[name]
			switch {
			case listed && len(problems) == 0:
				t.Errorf("passes, but is listed as not replayed: %s", reason)
			case listed:
				t.Skipf("not replayed: %s", reason)
			}
			for _, p := range problems {
				t.Errorf("%s: %s", name, p)
			}
		})
	}
}

// notReplayed are the recordings that cannot be replayed, each with the reason.
var notReplayed = map[string]string{}
