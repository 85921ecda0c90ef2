package session

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"chanbot/results"
	"chanbot/wire"
)

// Compare lays the frames of a run of the scenario beside those of the session
// and returns the first divergence of each side, by what the node sent there.
// What the session has is Want. got are the frames of the run; those that came
// after its last step, when the channels were stopped, do not count.
func (im *Imported) Compare(got []Entry) []Divergence {
	o := Options{NodeOnly: true, Stops: true, Doubles: true, Eras: im.Old}
	want := make([]Entry, len(im.Entries))
	optional := false
	for i, e := range im.Entries {
		e.Side = im.Labels[i]
		if e.Side == "" || im.lost[i] {
			e.Dir = results.DirNote
		}
		want[i] = comparable(e)
	}
	optional = bytes.Contains(im.Scenario, []byte(optionalTimeout))
	got = slices.Clone(got)
	sent := make(map[string]int)
	for i, e := range got {
		if e.Dir == results.DirConnect || e.Dir == results.DirOut {
			sent[e.Side]++
		}
		if e.Dir == results.DirOut && sent[e.Side] > im.sent[e.Side] { // the run ends its channels
			got = got[:i]
			break
		}
		got[i] = comparable(e)
	}
	if optional {
		want, got = slices.DeleteFunc(want, isTimeout), slices.DeleteFunc(got, isTimeout)
	}
	all := Compare(want, got, o)
	for i := range all {
		if !strings.Contains(all[i].Side, "/") && all[i].WantIndex >= 0 {
			all[i].WantIndex = indexIn(im.Entries, want, all[i].WantIndex)
		}
	}
	return all
}

// indexIn finds an entry of a list that some were taken from in the whole one.
func indexIn(whole, list []Entry, at int) int {
	n := 0
	for i := range whole {
		if n <= at && bytes.Equal(whole[i].Frame, list[n].Frame) && whole[i].T == list[n].T {
			if n == at {
				return i
			}
			n++
		}
	}
	return at
}

// Line returns the line of the session file that an entry is on, 0 for none.
func (im *Imported) Line(entry int) int {
	if entry < 0 || entry >= len(im.lines) {
		return 0
	}
	return im.lines[entry]
}

// comparable makes an entry such that the ends of sockets that clients close
// look the same, and drops what says nothing about the node.
func comparable(e Entry) Entry {
	switch e.Dir {
	case results.DirIn, results.DirOut, results.DirConnect:
	case results.DirClose:
		if c, ok := e.Close(); ok && c.Code == 1005 {
			e.Frame = json.RawMessage(`{"code":1000,"reason":""}`)
		}
	default:
		e.Dir = results.DirNote
	}
	return e
}

func isTimeout(e Entry) bool {
	if e.Dir != results.DirIn || !bytes.Contains(e.Frame, []byte(wire.EventTimeout)) {
		return false
	}
	f := wire.DecodeFrame(bytes.Clone(e.Frame))
	return f.Info != nil && f.Info.Event == wire.EventTimeout
}

// optionalTimeout is how a scenario writes a timeout that may be missing.
const optionalTimeout = "info timeout?"
