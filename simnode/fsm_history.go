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
	typ historyType
	tag historyTag
	at  int64  // nanoseconds of the Unix clock
	of  notice // nil for what is no frame
}

// historyType is what the machine did.
type historyType uint8

const (
	historyReport historyType = iota
	historySend
	historyReceive
	historyRequest
)

var historyTypeNames = [...]string{"report", "send", "receive", "request"}

// String is the type's name in the answer.
func (t historyType) String() string { return historyTypeNames[t] }

// historyTag says of what: a family of notifications, a message of the machines,
// or one of the two below.
type historyTag uint8

const (
	historyMessages historyTag = 64 // the first kind of message
	historySigned   historyTag = 254
	historyChanged  historyTag = 255
)

func (k msgKind) historyTag() historyTag { return historyMessages + historyTag(k) }

// String is the tag in the answer.
func (t historyTag) String() string {
	switch {
	case t == historySigned:
		return "signed"
	case t == historyChanged:
		return wire.OnChainChannelChanged
	case t >= historyMessages:
		return msgKind(t - historyMessages).String()
	}
	return family(t).String()
}

// note adds to the window. Like the node's, it holds between one and two times
// LogKeep entries: when the newer half is full, the older one is dropped.
func (f *fsm) note(typ historyType, tag historyTag, of notice) {
	if f.p.LogKeep <= 0 {
		return
	}
	e := historyEntry{typ: typ, tag: tag, at: f.now.UnixNano(), of: of}
	if size := 2 * f.p.LogKeep; len(f.history) < size {
		if f.history == nil && size <= fullHistory {
			f.history = make([]historyEntry, 0, size)
		}
		f.history = append(f.history, e)
	} else {
		f.history[f.noted%size] = e
	}
	f.noted++
	if keep := f.p.LogKeep; f.noted >= 2*keep && f.noted%keep == 0 {
		clear(f.history[f.noted%(2*keep):][:keep])
	}
}

// fullHistory is up to how many entries the room for all of them is taken at
// once: nearly every channel comes to twice the default.
const fullHistory = 32

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
		typ, tag := e.typ.String(), e.tag.String()
		if len(r.types) > 0 && !slices.Contains(r.types, typ) || len(r.tags) > 0 && !slices.Contains(r.tags, tag) {
			continue
		}
		info := json.RawMessage(`{}`)
		if e.of != nil {
			if frame := wire.DecodeFrame(frameOf(e.of, f.channelText)); frame.Data != nil {
				info = frame.Data
			}
		}
		entries = append(entries, wire.HistoryEntry{Type: typ, Tag: tag, Time: time.Unix(0, e.at).UTC().Format(time.RFC3339Nano), Info: info})
		if len(entries) >= r.count {
			break
		}
	}
	return wire.AppendHistory(nil, entries)
}
