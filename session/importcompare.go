package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
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
	want := make([]Entry, len(im.Entries))
	several := false
	for i, e := range im.Entries {
		e.Side, e.Pair = im.Labels[i], i // Pair is only to find it again
		several = several || strings.Contains(e.Side, ".")
		if e.Side == "" || im.lost[i] {
			e.Dir = results.DirNote
		}
		want[i] = e
	}
	want, sockets := im.judged(want)
	got = im.withoutMore(want, sockets, im.before(got))
	all := Compare(want, got, Options{NodeOnly: true, Doubles: true, Eras: im.Old})
	if several { // which sockets share a channel is chance where accounts are the same
		all = slices.DeleteFunc(all, func(d Divergence) bool { return strings.Contains(d.Side, "/") })
	}
	for i := range all {
		if all[i].WantIndex >= 0 {
			all[i].WantIndex = want[all[i].WantIndex].Pair
		}
	}
	return all
}

// before returns the frames of a run up to where it ends its channels.
func (im *Imported) before(got []Entry) []Entry {
	sent := make(map[string]int)
	for i, e := range got {
		if e.Dir == results.DirConnect || e.Dir == results.DirOut {
			sent[e.Side]++
		}
		if e.Dir == results.DirOut && sent[e.Side] > im.sent[e.Side] {
			return got[:i]
		}
	}
	return got
}

// judged keeps the entries that are compared: not those of a side that stopped
// second, whose end has several legal forms, nor timeouts that race. With them come
// the sockets that they belong to.
func (im *Imported) judged(entries []Entry) (kept []Entry, sockets []segment) {
	races := bytes.Contains(im.Scenario, []byte(optionalTimeout))
	socket := make(map[string]int)            // how many a side has had
	asks := make(map[string]string)           // by side and id: the method of a request
	stops := make(map[string]map[string]bool) // ids of the stops of a side
	for _, e := range entries {
		switch e.Dir {
		case results.DirConnect:
			socket[e.Side]++
		case results.DirOut:
			f, ok := envelopeOf(e)
			if ok {
				asks[e.Side+" "+string(f.ID)] = f.Method
			}
			if ok && actionOf(e.Frame) == wire.ActionStop {
				if stops[e.Side] == nil {
					stops[e.Side] = make(map[string]bool)
				}
				stops[e.Side][string(f.ID)] = true
			}
		case results.DirClose:
			if c, ok := e.Close(); ok && (c.Code == 1005 || im.uncoded) { // a client's close may be answered
				e.Frame = json.RawMessage(`{"code":1000,"reason":""}`)
			}
			if im.loose[segment{e.Side, socket[e.Side]}] {
				continue
			}
		case results.DirIn:
			f := wire.DecodeFrame(bytes.Clone(e.Frame))
			name := f.Name()
			if im.oddly && f.Kind == wire.KindResult && asks[e.Side+" "+string(f.ID)] == wire.MethodHistoryFetch {
				continue
			}
			if im.raced && f.Kind == wire.KindResult && asks[e.Side+" "+string(f.ID)] == wire.MethodHistoryFetch {
				e.Frame = unordered(e.Frame)
			}
			if name == "info min_depth_achieved" || name == "info minimum_depth_achieved" {
				continue // they come when blocks do
			}
			if im.maybe[frameOf{e.Side, name}] {
				continue
			}
			ends := name == "info died" || name == "info peer_disconnected" || name == "result ok" && stops[e.Side][string(f.ID)]
			if ends && im.loose[segment{e.Side, socket[e.Side]}] || races && name == "info timeout" {
				continue
			}
		default:
			continue
		}
		e.Frame = anyID.ReplaceAll(e.Frame, []byte(`"id":0`)) // clients use ids twice
		kept, sockets = append(kept, e), append(sockets, segment{e.Side, socket[e.Side]})
	}
	return kept, sockets
}

// withoutMore judges the entries of a run, and leaves out what it got on a socket
// beyond what the session got there, when the client closed that or the session
// ends first: this was on its way, and was seen or not. want are the entries of
// the session that are judged, and of their sockets.
func (im *Imported) withoutMore(want []Entry, of []segment, run []Entry) (got []Entry) {
	type kind struct {
		segment
		dir string
	}
	left := make(map[kind]int)
	for i, s := range of {
		left[kind{s, want[i].Dir}]++
	}
	run, of = im.judged(run)
	for i, s := range of {
		k := kind{s, run[i].Dir}
		if left[k]--; left[k] >= 0 || !im.partial[s] {
			got = append(got, run[i])
		}
	}
	return got
}

// segment is the n-th socket that has a label, from 1.
type segment struct {
	label string
	n     int
}

// anyID finds ids of requests.
var anyID = regexp.MustCompile(`"id":\s*(-?[0-9]+|"[^"]*")`)

// Line returns the line of the session file that an entry is on, 0 for none.
func (im *Imported) Line(entry int) int {
	if entry < 0 || entry >= len(im.lines) {
		return 0
	}
	return im.lines[entry]
}

// optionalTimeout is how a scenario writes a timeout that may be missing.
const optionalTimeout = "info timeout?"

// unordered brings the entries of a history into an order that does not depend on
// when each of them was made; those of one kind keep theirs.
func unordered(raw json.RawMessage) json.RawMessage {
	var answer map[string]json.RawMessage
	var list []json.RawMessage
	if json.Unmarshal(raw, &answer) != nil || json.Unmarshal(answer["result"], &list) != nil {
		return raw
	}
	kind := func(entry json.RawMessage) string {
		var x struct {
			Type, Tag string
			Info      json.RawMessage
		}
		var info struct{ Event, Info any }
		if json.Unmarshal(entry, &x) == nil {
			_ = json.Unmarshal(x.Info, &info) // of any form
		}
		return fmt.Sprint(x.Type, " ", x.Tag, " ", info.Event, " ", info.Info)
	}
	slices.SortStableFunc(list, func(a, b json.RawMessage) int { return strings.Compare(kind(a), kind(b)) })
	var err error
	if answer["result"], err = json.Marshal(list); err != nil {
		return raw
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return raw
	}
	return out
}
