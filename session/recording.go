package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"

	"chanbot/results"
)

// dirs are the directions that a recording may hold.
var dirs = []string{
	results.DirConnect, results.DirOpened, results.DirIn, results.DirOut, results.DirClose,
	results.DirNote, results.DirPing, results.DirPong, results.DirTimeout, results.DirHTTP,
}

// latest is the largest time of an entry; a session is shorter than that.
const latest = 1000 * 24 * time.Hour

// Recording reads a recording: one JSON object {t, side, dir, frame} a line,
// with the time in milliseconds. Empty lines are skipped. It reads as the
// caller asks for entries and stops after the first error.
func Recording(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		var bad error
		err := lines(r, func(n int, line []byte) bool {
			if len(bytes.TrimSpace(line)) == 0 {
				return true
			}
			e, err := recordingLine(line)
			if err != nil {
				bad = &SyntaxError{Line: n, Reason: err.Error()}
				return false
			}
			return yield(e, nil)
		})
		if bad != nil {
			err = bad
		}
		if err != nil {
			yield(Entry{}, err)
		}
	}
}

func recordingLine(line []byte) (Entry, error) {
	var l struct {
		T     *float64
		Side  *string
		Dir   *string
		Frame json.RawMessage
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return Entry{}, fmt.Errorf("no JSON object {t, side, dir, frame}: %w", err)
	}
	switch {
	case l.T == nil || l.Side == nil || l.Dir == nil || l.Frame == nil:
		return Entry{}, fmt.Errorf("t, side, dir or frame is missing")
	case *l.T < 0 || *l.T > float64(latest/time.Millisecond):
		return Entry{}, fmt.Errorf("time %g is no number of milliseconds in a session", *l.T)
	case !validSide(*l.Side):
		return Entry{}, fmt.Errorf("side %q is no single word", *l.Side)
	}
	dir := strings.TrimSuffix(*l.Dir, "-out") // "ping-out" of early recordings
	if !slices.Contains(dirs, dir) {
		return Entry{}, fmt.Errorf("unknown dir %q; expected one of %s", *l.Dir, strings.Join(dirs, ", "))
	}
	return Entry{
		T:     time.Duration(*l.T * float64(time.Millisecond)),
		Side:  *l.Side,
		Dir:   dir,
		Frame: l.Frame,
	}, nil
}

// validSide tells whether s can name a socket.
func validSide(s string) bool {
	return s != "" && len(s) <= 64 && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
}
