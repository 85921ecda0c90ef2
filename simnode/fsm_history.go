package simnode

import (
	"encoding/json"
	"slices"
	"time"

	"chanbot/wire"
)

// The window of what a machine did last, for history.fetch (ws-api 5). The real
// node's values inside info are unusable (encoded twice, or raw); here they are
// the frame's data as it was sent, or empty.

// historyEntry is one thing that a machine reported, asked, sent or received.
type historyEntry struct {
	typ, tag string
	at       time.Time
	info     json.RawMessage
}

// The types of history entries.
const (
	historyReport  = "report"
	historySend    = "send"
	historyReceive = "receive"
	historyRequest = "request"
)

// note adds to the window. Like the node's, it holds between one and two times
// LogKeep entries: when the newer half is full, the older one is dropped.
func (f *fsm) note(typ, tag string, frame []byte) {
	if f.p.LogKeep <= 0 {
		return
	}
	e := historyEntry{typ: typ, tag: tag, at: f.now, info: frame}
	if size := 2 * f.p.LogKeep; len(f.history) < size {
		f.history = append(f.history, e)
	} else {
		f.history[f.noted%size] = e
	}
	f.noted++
}

// kept is the number of entries in the window.
func (f *fsm) kept() int {
	if keep := f.p.LogKeep; f.noted >= keep && keep > 0 {
		return keep + f.noted%keep
	}
	return f.noted
}

// fetchHistory is the data of history.fetch, newest first.
func (f *fsm) fetchHistory(r *clientRequest) []byte {
	entries := []wire.HistoryEntry{}
	for i := range f.kept() {
		e := &f.history[(f.noted-1-i)%len(f.history)]
		if len(r.types) > 0 && !slices.Contains(r.types, e.typ) || len(r.tags) > 0 && !slices.Contains(r.tags, e.tag) {
			continue
		}
		info := json.RawMessage(`{}`)
		if e.info != nil {
			if frame := wire.DecodeFrame(e.info); frame.Data != nil {
				info = frame.Data
			}
		}
		entries = append(entries, wire.HistoryEntry{Type: e.typ, Tag: e.tag, Time: e.at.UTC().Format(time.RFC3339Nano), Info: info})
		if len(entries) >= r.count {
			break
		}
	}
	return wire.AppendHistory(nil, entries)
}
