package session_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/session"
	"chanbot/strategy"
)

// TestSessionsOfOurOwnAreImported runs the ready scenarios, whose accounts, ids,
// amounts and codes are not those of the recordings, and plays each session
// again: as a recording, and as a transcript, which has no times and no close
// codes.
func TestSessionsOfOurOwnAreImported(t *testing.T) {
	for n, name := range scenarios.Names() {
		if n%oneIn != 0 {
			continue
		}
		src, _ := scenarios.Scenario(name)
		s, problems := strategy.Parse(name+".yaml", src, strategy.Options{ResolveStrategy: ready})
		if len(problems) > 0 {
			t.Fatal(problems.Error())
		}
		if s.Load != nil {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			first := new(tape)
			if problem := play(t, s, first); problem != "" {
				t.Fatalf("does not pass itself: %s", problem)
			}
			var recording, transcript []byte
			for _, e := range first.entries {
				recording = results.AppendRecording(recording, e)
				transcript = results.AppendTranscript(transcript, e)
			}
			for ext, data := range map[string][]byte{".jsonl": recording, ".md": transcript} {
				im, again := imported(t, name+ext, data)
				second := new(tape)
				problem := play(t, again, second)
				if problem != "" {
					t.Errorf("%s: %s%s", ext, problem, dump(name+ext, im, second))
					if dir := os.Getenv("CHANBOT_IMPORTED"); dir != "" {
						os.WriteFile(filepath.Join(dir, name+".first"+ext), data, 0o644)
					}
					continue
				}
				for _, d := range im.Compare(second.entries) {
					t.Errorf("%s: line %d: %s%s", ext, im.Line(d.WantIndex), d, dump(name+ext, im, second))
				}
			}
		})
	}
}

func ready(name string) (string, []byte, error) {
	src, ok := scenarios.Strategy(name)
	if !ok {
		return "", nil, fmt.Errorf("no strategy %s", name)
	}
	return name + ".yaml", src, nil
}

// TestEditedRecordingsAreImported changes what clients and node say, in step, so
// that the session is another one of the same kind.
func TestEditedRecordingsAreImported(t *testing.T) {
	replace := func(pairs ...string) func([]byte) []byte {
		return func(data []byte) []byte {
			for i := 0; i < len(pairs); i += 2 {
				data = regexp.MustCompile(pairs[i]).ReplaceAll(data, []byte(pairs[i+1]))
			}
			return data
		}
	}
	for _, c := range []struct {
		name, file string
		edit       func([]byte) []byte
	}{
		{"other codes", "01_open_update_abort_conflict_close", replace(`"error":42\b`, `"error":77`, `"error_code":42\b`, `"error_code":77`)},
		{"other codes of the seed", "02_seed_exact", replace(`"error":42\b`, `"error":6`, `"error_code":42\b`, `"error_code":6`)},
		{"other ids", "03_deposit_withdraw", replace(`"id":([0-9])`, `"id":7$1`)},
		{"other ports", "04_leave_reestablish", replace(`port=1([0-9]{4})`, `port=2$1`)},
		{"other texts", "02_seed_exact", replace(`Hello back`, `hi: 'there' # {no} [comment]`, `Hello`, `ü\n- x: $${y}`)},
		{"other order", "08_error_codes", otherOrder},
		{"more timeouts", "12_timeouts_open", replace(`timeout_sign=2000`, `timeout_sign=3000`)},
		{"other side names", "01_open_update_abort_conflict_close", replace(`"side":"initiator"`, `"side":"i"`, `"side":"responder"`, `"side":"r1"`)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", "recordings", c.file+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			edited := c.edit(data)
			if bytes.Equal(data, edited) {
				t.Fatal("nothing was edited")
			}
			im, s := imported(t, "edited.jsonl", edited)
			if problem := play(t, s, new(tape)); problem != "" {
				t.Errorf("%s%s", problem, dump("edited-"+strings.ReplaceAll(c.name, " ", "-"), im, new(tape)))
			}
		})
	}
}

// otherOrder turns the parts of a session around in which only notes of the
// driver lie between operations that leave nothing behind.
func otherOrder(data []byte) []byte {
	lines := bytes.SplitAfter(data, []byte("\n"))
	var blocks [][][]byte
	head, block := [][]byte(nil), [][]byte(nil)
	tail := false
	for _, l := range lines {
		start := bytes.Contains(l, []byte(`"dir":"note","frame":"sign.update abort with`))
		if end := bytes.Contains(l, []byte(`"frame":"update_ack abort with 0"`)); start || end {
			if block != nil && !tail {
				blocks, block = append(blocks, block), nil
			}
			tail = tail || end
		}
		if block == nil && !start && !tail {
			head = append(head, l)
		} else {
			block = append(block, l)
		}
	}
	slices.Reverse(blocks)
	out := bytes.Join(head, nil)
	for _, b := range append(blocks, block) {
		out = append(out, bytes.Join(b, nil)...)
	}
	return out
}

// TestWhatIsNotExpressedIsNoted looks at the notes of some sessions.
func TestWhatIsNotExpressedIsNoted(t *testing.T) {
	for _, c := range []struct{ file, line, reason string }{
		{"06_wrong_params", "", `a connection to the path "/chan"`},
		{"23_cheating_close_slash", "", "the old close_solo that got on chain was not sent by a client"},
		{"42_queries_with_and_without_id", "", "block_hash: it names a block of the recorded chain"},
		{"20_snapshot_solo", "", "the blocks that made the block too old"},
		{"54_client_drop_pending_signs_keep_running_false", "", "the node could not write down its history"},
		{"67_mismatch_port_other_open_port", "", "the responder that had opened the port"},
		{"71_max_count", "", "the stop that this answers, which was not recorded"},
		{"50_leave_initiator_keep_running_true", "", "a frame that crossed the end of its socket"},
	} {
		data, err := os.ReadFile(filepath.Join("testdata", "recordings", c.file+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		im, _ := imported(t, c.file+".jsonl", data)
		if !slices.ContainsFunc(im.Notes, func(n session.Note) bool { return strings.Contains(n.Reason, c.reason) && n.Line > 0 }) {
			t.Errorf("%s: no note %q in %v", c.file, c.reason, im.Notes)
		}
		if !strings.Contains(string(im.Scenario), "# line ") {
			t.Errorf("%s: the notes are not in the scenario", c.file)
		}
	}
}

// TestTheSeedAsAScenario compares the scenario of the seed with a file.
func TestTheSeedAsAScenario(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "seed-transcript.md"))
	if err != nil {
		t.Fatal(err)
	}
	im, _ := imported(t, "seed-transcript.md", data)
	golden := filepath.Join("testdata", "seed-transcript.yaml")
	if os.Getenv("CHANBOT_UPDATE") != "" {
		if err := os.WriteFile(golden, im.Scenario, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, im.Scenario) {
		t.Errorf("got\n%s\nwant\n%s", im.Scenario, want)
	}
}

// FuzzImport feeds the importer with anything: it never panics, and what it
// writes is a scenario.
func FuzzImport(f *testing.F) {
	for _, file := range sessions(f) {
		if data, err := os.ReadFile(file); err == nil && len(data) < 16<<10 {
			f.Add(data)
		}
	}
	f.Add([]byte(`{"t":0,"side":"a","dir":"out","frame":{"jsonrpc":"2.0","method":"channels.update","params":{"signed_tx":7}}}`))
	f.Add([]byte("#### x opens a WebSocket connection\n```\n%zz\n```\n#### x ---> node\n```\n[[[\n```\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		im, err := session.Import("fuzz.jsonl", data, session.ImportOptions{})
		if err != nil {
			return
		}
		if _, problems := strategy.Parse("fuzz.yaml", im.Scenario, strategy.Options{}); len(problems) > 0 {
			t.Fatalf("%s\n%s", problems.Error(), im.Scenario)
		}
		im.Compare(im.Entries)
	})
}

// TestFramesGoToTheSocketOfTheirMachine cuts a session of many channels with the same
// accounts off after each entry: what names a machine belongs to the socket that has
// it, however little of the session is left to tell.
func TestFramesGoToTheSocketOfTheirMachine(t *testing.T) {
	data, err := os.ReadFile("testdata/recordings/13c_one_port_5_channels.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`"event":"(fsm_up|funding_created|funding_signed)","fsm_id":"([^"]+)"`)
	lines := 0
	for cut := range data {
		if data[cut] != '\n' {
			continue
		}
		if lines++; lines%oneIn != 0 {
			continue
		}
		im, err := session.Import("cut.jsonl", data[:cut+1], session.ImportOptions{})
		if err != nil {
			continue // nothing happens in it yet
		}
		has := make(map[string]string) // by fsm id: the label
		for i, e := range im.Entries {
			m := named.FindSubmatch(e.Frame)
			switch {
			case m == nil || e.Dir != results.DirIn:
			case string(m[1]) == "fsm_up":
				has[string(m[2])] = im.Labels[i]
			case has[string(m[2])] != im.Labels[i]:
				t.Fatalf("cut after byte %d: %s of %s went to %s", cut, m[1], has[string(m[2])], im.Labels[i])
			}
		}
	}
}
