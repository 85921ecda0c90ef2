package simnode

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// attempt is a connection in a recording of a running node and what became of it.
type attempt struct {
	note, url, outcome string
}

// attempts reads the connections of a recording in order.
func attempts(t *testing.T, file string) []attempt {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var list []attempt
	last := make(map[string]int) // side to its latest attempt
	note := ""
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line struct {
			Side, Dir string
			Frame     json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var text string
		_ = json.Unmarshal(line.Frame, &text) // other frames are objects
		switch line.Dir {
		case "note":
			note = text
			continue
		case "connect":
			list = append(list, attempt{note: note, url: text})
			last[line.Side] = len(list) - 1
			continue
		}
		i, ok := last[line.Side]
		if !ok || list[i].outcome != "" {
			continue
		}
		switch line.Dir {
		case "in":
			list[i].outcome = outcomeOf(line.Frame)
		case "close", "http":
			var end struct{ Code, Status int }
			if err := json.Unmarshal(line.Frame, &end); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			list[i].outcome = fmt.Sprintf("close %d", end.Code)
			if line.Dir == "http" {
				list[i].outcome = fmt.Sprintf("HTTP %d", end.Status)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return list
}

func outcomeOf(frame []byte) string {
	f := wire.DecodeFrame(frame)
	switch {
	case f.Error == nil:
		return "accepted"
	case len(f.Error.Data) == 0:
		return fmt.Sprintf("error %d", f.Error.Code)
	}
	return fmt.Sprintf("error %d/%d", f.Error.Code, f.Error.Data[0].Code)
}

// nodeOf is the answer of a node where all accounts exist but that of 32 zero
// bytes, its own ports cannot be listened on, and no channel is known.
func nodeOf(rawURL string) string {
	_, rawQuery, _ := strings.Cut(rawURL, "?")
	p, ref := parseParams(rawQuery)
	if ref == nil {
		ref = p.checkAccounts(func(id tx.ID) bool { return id.Key != tx.Hash{} })
	}
	if ref == nil {
		ref = p.checkStart(false, func(port int) bool { return port < 3013 || port > 3015 })
	}
	if ref == nil && p.Reconnect {
		ref = silently()
	}
	return ref.String()
}

const recordings = "../session/testdata/recordings"

// Every connection of 06_wrong_params ends as it did on the running node, as
// do those of the mismatches and minimum depths, which are all taken.
func TestRecordedConnections(t *testing.T) {
	tried := 0
	for _, pattern := range []string{"06_wrong_params", "66*_min_depth_*", "67_mismatch_*"} {
		files, err := filepath.Glob(filepath.Join(recordings, pattern+".jsonl"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no recordings %s: %v", pattern, err)
		}
		for _, file := range files {
			for _, a := range attempts(t, file) {
				if !strings.Contains(a.url, "/channel?") {
					continue // another path: 404
				}
				tried++
				if got := nodeOf(a.url); got != a.outcome {
					t.Errorf("%s, %s: %s, want %s\n%s", filepath.Base(file), a.note, got, a.outcome, a.url)
				}
			}
		}
	}
	if tried < 50 {
		t.Errorf("only %d connections found", tried)
	}
}

// No other recorded connection was refused because of its parameters.
func TestRecordedConnectionsParse(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(recordings, "*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no recordings: %v", err)
	}
	for _, file := range files {
		if strings.HasPrefix(filepath.Base(file), "06_") {
			continue
		}
		for _, a := range attempts(t, file) {
			_, rawQuery, _ := strings.Cut(a.url, "?")
			if _, ref := parseParams(rawQuery); ref != nil {
				t.Errorf("%s: %s: %s", filepath.Base(file), ref, a.url)
			}
		}
	}
}
