package simnode_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/session"
	"chanbot/simnode"
)

// TestAReplayNoticesADifference changes one frame of a recording, which then
// differs from what the node does.
func TestAReplayNoticesADifference(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"another balance", `"balance":69999999999999`, `"balance":69999999999998`, "69999999999998"},
		{"another code", `"code":1018`, `"code":1017`, "got error 1018, want error 1017"},
		{"another round", `"round":1`, `"round":2`, `"round":2`},
		{"another event", `"event":"aborted_update"`, `"event":"update"`, "got info aborted_update, want info update"},
		{"another close", `{"code":1000`, `{"code":1011`, "got close 1000, want close 1011"},
	} {
		t.Run(c.name, func(t *testing.T) {
			entries, err := session.ReadFile(filepath.Join(recordings, "02_seed_exact.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			changed := false
			for i, e := range entries {
				if !changed && bytes.Contains(e.Frame, []byte(c.from)) {
					entries[i].Frame = bytes.Replace(e.Frame, []byte(c.from), []byte(c.to), 1)
					changed = true
				}
			}
			if !changed {
				t.Fatalf("no frame holds %s", c.from)
			}
			var problems []string
			synctest.Test(t, func(t *testing.T) { problems = replayRecording(t, entries, treatment{}) })
			if !strings.Contains(strings.Join(problems, "\n"), c.want) {
				t.Errorf("got %q, want something with %s", problems, c.want)
			}
		})
	}
}

// TestASequenceNoticesADifference changes one line of a sequence.
func TestASequenceNoticesADifference(t *testing.T) {
	for _, c := range []struct{ file, from, to, want string }{
		{"12_conflict_both_sign", "code=2", "code=3", `got "channels.conflict code=2 round=1"`},
		{"07_transfer", "channels.info update", "channels.info open", `got "channels.info update"`},
		{"09_abort_update", "error 3/1018", "error 3/1017", `got "error 3/1018"`},
	} {
		t.Run(c.file, func(t *testing.T) {
			opening, err := readSequence("01_open")
			if err != nil {
				t.Fatal(err)
			}
			lines, err := readSequence(c.file)
			if err != nil {
				t.Fatal(err)
			}
			for i := range lines {
				lines[i].text = strings.Replace(lines[i].text, c.from, c.to, 1)
			}
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, simnode.Config{Blocks: simnode.Manual, Latency: time.Millisecond}, nil)
				p := &seqPlayer{stage: s, left: make(map[string][]string)}
				if err := p.play(opening); err != nil {
					t.Fatal(err)
				}
				if err := p.play(lines); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %s", err, c.want)
				}
			})
		})
	}
}
