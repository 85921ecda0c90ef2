// Package results keeps what a run leaves behind: the records that flow out of
// the bots, the run folder with its files, the plain summary, and the texts
// that people read.
package results

import (
	"bytes"
	"encoding/json"
	"regexp"
	"time"
	"unicode/utf8"
)

// The directions of a FrameRecord, from the client's point of view.
const (
	DirConnect = "connect" // a socket is about to be opened; Frame is the URL
	DirOpened  = "opened"  // the upgrade succeeded; Frame is null
	DirIn      = "in"      // node to client
	DirOut     = "out"     // client to node
	DirClose   = "close"   // the socket is closed; Frame is a CloseFrame
	DirNote    = "note"    // what the driver was about to do, in words
	DirPing    = "ping"    // a WebSocket ping was sent; Frame is null
	DirPong    = "pong"    // a WebSocket pong came back; Frame is null
	DirTimeout = "timeout" // the driver gave up waiting for what Frame names
	DirHTTP    = "http"    // a plain HTTP answer instead of an upgrade; Frame holds status, headers, body
)

// SideNone is the side of records that belong to no socket.
const SideNone = "-"

// FrameRecord is one thing that was seen on a socket: the flat record that
// transcripts, recordings, imports and comparisons share.
type FrameRecord struct {
	// T is the time since the start of the run, on the monotonic clock.
	T time.Duration
	// Pair is the number of the pair of bots, from 0.
	Pair int
	// Side is "initiator", "responder", a further socket of one of them such
	// as "initiator.2", or SideNone.
	Side string
	// Dir is one of the Dir constants.
	Dir string
	// Frame is a JSON value: an object or an array as it was on the wire, any
	// other text as a JSON string of that text (see FrameOf).
	Frame json.RawMessage
}

// CloseFrame is the Frame of a DirClose record. Code 1005 means that this end
// closed the socket without a code, 1006 that it broke off.
type CloseFrame struct {
	Code   int    `json:"code"`
	Reason string `json:"reason"`
}

// Sink takes the frames of a run as they pass. Record may be called from any
// goroutine; the frame's bytes are not kept after it returns.
type Sink interface {
	Record(FrameRecord)
}

// Tee returns a sink that hands every frame to both; either may be nil.
func Tee(a, b Sink) Sink {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return tee{a, b}
}

type tee struct{ a, b Sink }

func (t tee) Record(r FrameRecord) {
	t.a.Record(r)
	t.b.Record(r)
}

// FrameOf turns the text of a WebSocket message into the Frame of a record:
// JSON objects and arrays stay as they are, without the spaces between their
// tokens; any other text becomes a JSON string. Bytes that are not UTF-8, which
// JSON cannot hold, become U+FFFD.
func FrameOf(text []byte) json.RawMessage {
	if t := bytes.TrimLeft(text, " \t\r\n"); len(t) > 0 && (t[0] == '{' || t[0] == '[') && utf8.Valid(text) && json.Valid(text) {
		var b bytes.Buffer
		if json.Compact(&b, text) == nil {
			return b.Bytes()
		}
	}
	return quote(string(text))
}

// Text is the inverse of FrameOf: the text of the WebSocket message, or the URL
// of a connect record.
func (r FrameRecord) Text() []byte {
	var s string
	if len(r.Frame) > 0 && r.Frame[0] == '"' && json.Unmarshal(r.Frame, &s) == nil {
		return []byte(s)
	}
	return r.Frame
}

// Close returns the close code of a DirClose record, and false for any other.
func (r FrameRecord) Close() (CloseFrame, bool) {
	var c CloseFrame
	if r.Dir != DirClose || json.Unmarshal(r.Frame, &c) != nil {
		return CloseFrame{}, false
	}
	return c, true
}

// quote writes s as a JSON string in which only what must be escaped is.
func quote(s string) []byte {
	if !utf8.ValidString(s) {
		s = string(bytes.ToValidUTF8([]byte(s), []byte("\uFFFD")))
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

var (
	secretKey     = regexp.MustCompile(`sk_[1-9A-HJ-NP-Za-km-z]{40,}`)
	fsmID         = regexp.MustCompile(`("fsm_id"\s*:\s*")[^"]*"`)
	existingFSMID = regexp.MustCompile(`(existing_fsm_id=)[^&"\s]*`)
)

// hidden replaces secret keys in text that is about to be written down. Frames
// hold none; a scenario that sends one by mistake must not leave it on disk.
func hidden(b []byte) []byte {
	if !bytes.Contains(b, []byte("sk_")) {
		return b
	}
	return secretKey.ReplaceAllLiteral(b, []byte("sk_hidden"))
}
