package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chanbot/results"
	"chanbot/wire"
)

// sequences is where the expected sequences of frames are; README.txt there
// explains their notation.
var sequences = filepath.Join("..", "session", "testdata", "sequences")

var nodeLine = regexp.MustCompile(`^((?:[&~?] )*)([IR])(<-|==)node (.*)$`)

// sequence returns the frames of the node in a file, by side, without those
// that may be missing.
func sequence(t *testing.T, name string) map[string][]string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(sequences, name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	frames := map[string][]string{}
	for line := range strings.Lines(string(b)) {
		m := nodeLine.FindStringSubmatch(strings.TrimSpace(line))
		if m == nil || strings.Contains(m[1], "?") || strings.HasPrefix(m[4], "open") {
			continue
		}
		side := map[string]string{"I": "initiator", "R": "responder"}[m[2]]
		frames[side] = append(frames[side], roundless.ReplaceAllString(m[4], "code=$1"))
	}
	return frames
}

// roundless finds the round of a conflict, which a scenario that does more
// than its sequence comes to later.
var roundless = regexp.MustCompile(`code=(\d+) round=\d+`)

// seen returns the frames that the sides got, in the notation of the sequences.
func seen(frames []results.FrameRecord) map[string][]string {
	all := map[string][]string{}
	for _, r := range frames {
		side, _, _ := strings.Cut(r.Side, ".")
		switch r.Dir {
		case results.DirIn:
			f := wire.DecodeFrame(r.Text())
			all[side] = append(all[side], notation(&f))
		case results.DirClose:
			if c, _ := r.Close(); c.Code == 1000 {
				all[side] = append(all[side], "close")
			}
		}
	}
	return all
}

// notation writes a frame as the sequences do.
func notation(f *wire.Frame) string {
	text := f.Method
	switch {
	case f.Error != nil:
		text = fmt.Sprintf("error %d", f.Error.Code)
		if len(f.Error.Data) > 0 {
			text += fmt.Sprintf("/%d", f.Error.SubCode())
		}
	case f.Kind == wire.KindResult:
		text = "result data"
		if f.Name() == "result ok" {
			text = "result ok"
		}
	case f.Info != nil:
		text += " " + f.Info.Event
	case f.OnChainTx != nil:
		text += " " + f.OnChainTx.Info + " " + f.OnChainTx.Type
	case f.Conflict != nil:
		text += fmt.Sprintf(" code=%d", f.Conflict.Code)
	}
	if f.ChannelID == "" {
		text += " [null]"
	}
	return text
}

// within says which of the wanted frames is the first that does not come after
// the ones before it, or "".
func within(want, got []string) string {
	at := 0
	for _, w := range want {
		for at < len(got) && got[at] != w {
			at++
		}
		if at == len(got) {
			return w
		}
		at++
	}
	return ""
}
