package session

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"chanbot/results"

	"github.com/google/go-cmp/cmp"
)

func addFiles(f *testing.F, most int, names ...string) {
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[:min(len(b), most)])
	}
}

// FuzzRecording checks that what was read is written back and read again as the
// same entries, and that symbolising it does not fail.
func FuzzRecording(f *testing.F) {
	addFiles(f, 1<<12, "recordings/84_timeout_initiator_alone_fresh_port.jsonl", "recordings/11a_abort_initiator_sign.jsonl", "recordings/06_wrong_params.jsonl")
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.Contains(b, []byte("sk_")) {
			t.Skip("secret keys are not written back")
		}
		var entries []Entry
		var written []byte
		for e, err := range Recording(bytes.NewReader(b)) {
			if err != nil {
				break
			}
			e.T = e.T.Truncate(1e6)
			entries = append(entries, e)
			written = results.AppendRecording(written, e)
		}
		again, err := Read(bytes.NewReader(written))
		if err != nil {
			t.Fatalf("reading back %q: %v", written, err)
		}
		if d := Compare(entries, again, Options{}); len(d) > 0 {
			t.Fatalf("read back differently: %s", d[0])
		}
		Symbolise(entries, Options{NetworkID: "ae_dev", Eras: true, Stops: true})
	})
}

// FuzzTranscript checks that what was read is written back and read again as
// the same entries.
func FuzzTranscript(f *testing.F) {
	addFiles(f, 1<<12, "seed-transcript.md")
	f.Add([]byte("#### a ---> node\n````\n```\n{bad\n````\n#### a closes WebSocket connection\n```\n```\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if bytes.Contains(b, []byte("sk_")) {
			t.Skip("secret keys are not written back")
		}
		var entries []Entry
		var written []byte
		for e, err := range Transcript(bytes.NewReader(b)) {
			if err != nil {
				break
			}
			entries = append(entries, e)
			written = results.AppendTranscript(written, e)
		}
		var again []Entry
		for e, err := range Transcript(bytes.NewReader(written)) {
			if err != nil {
				t.Fatalf("reading back %q: %v", written, err)
			}
			again = append(again, e)
		}
		if diff := cmp.Diff(len(entries), len(again)); diff != "" {
			t.Fatalf("(-entries +read back) %s of %q", diff, written)
		}
		if d := Compare(entries, again, Options{}); len(d) > 0 {
			t.Fatalf("read back differently: %s", d[0])
		}
	})
}
