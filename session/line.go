package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"chanbot/results"
)

// Line is an entry in symbols.
type Line struct {
	// Entry is the index of the entry in its session.
	Entry int
	// Dir is the entry's.
	Dir string
	// Text reads the same in every session of the same kind.
	Text string
	// name is the event of an info frame, else the method; answers have none.
	name string
}

// Symbolise returns the lines of each side, in order. Notes, pings, pongs,
// timeouts and plain HTTP answers have no line.
func Symbolise(entries []Entry, o Options) map[string][]Line {
	return NewSymbols(o).Lines(entries)
}

// Lines returns the lines of each side of a session.
func (s *Symbols) Lines(entries []Entry) map[string][]Line {
	out := make(map[string][]Line)
	stopped := "" // the side that stopped first
	for i, e := range entries {
		l, ok := s.Line(e)
		if !ok {
			continue
		}
		l.Entry = i
		out[e.Side] = append(out[e.Side], l)
		if stopped == "" && l.isStop() {
			stopped = e.Side
		}
	}
	for side, lines := range out {
		out[side] = s.o.forgive(lines, stopped != "" && side != stopped)
	}
	return out
}

// fromNode tells whether the node caused the line.
func (l Line) fromNode() bool {
	return l.Dir == results.DirIn || l.Dir == results.DirClose || l.Dir == results.DirOpened
}

func (l Line) isStop() bool { return l.Dir == results.DirOut && l.name == "system stop" }

// Line returns the line of the next entry of its side, and false for an entry
// that has none. The tables grow with every entry, so the order counts.
func (s *Symbols) Line(e Entry) (Line, bool) {
	t := s.side(e.Side)
	l := Line{Dir: e.Dir}
	switch e.Dir {
	case results.DirConnect:
		l.Text = t.connect(string(e.Text()))
	case results.DirIn, results.DirOut:
		l.name = frameName(e.Frame)
		l.Text = t.frame(e.Frame)
	case results.DirClose:
		c, _ := e.Close()
		l.Text = fmt.Sprintf("close %d", c.Code)
	case results.DirOpened:
	default:
		return Line{}, false
	}
	return l, true
}

// connect describes a connection by its parameters, in alphabetical order.
func (t *table) connect(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return t.text(text)
	}
	q, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return t.text(text)
	}
	t.party("initiator", q.Get("initiator_id"))
	t.party("responder", q.Get("responder_id"))
	if t.o.Eras {
		q.Del("offchain_tx")
	}
	var parts []string
	for _, key := range slices.Sorted(maps.Keys(q)) {
		for _, v := range q[key] {
			if key == "port" && decimal(v) {
				v = t.symbol(value{kindPort, v})
			}
			parts = append(parts, key+"="+t.text(v))
		}
	}
	slices.Sort(parts)
	return u.Path + "?" + strings.Join(parts, "&")
}

func decimal(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// frame describes a frame: JSON with sorted keys, in symbols.
func (t *table) frame(raw json.RawMessage) string {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if d.Decode(&v) != nil {
		return t.text(string(raw))
	}
	if s, ok := v.(string); ok { // text that is no JSON object
		return t.text(s)
	}
	return encode(t.walk(v))
}

// encode writes v with sorted keys and as few escapes as JSON allows.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err.Error()
	}
	return strings.TrimRight(b.String(), "\n")
}

// walk replaces what differs from run to run in a JSON value.
func (t *table) walk(v any) any {
	switch v := v.(type) {
	case string:
		return t.text(v)
	case json.Number:
		if f, err := v.Float64(); err == nil && t.o.Doubles {
			return f
		}
	case []any:
		for i := range v {
			v[i] = t.walk(v[i])
		}
	case map[string]any:
		t.object(v)
	}
	return v
}

// object replaces the members of an object, in alphabetical order, so that the
// numbers do not depend on the order of a map.
func (t *table) object(o map[string]any) {
	for _, key := range sortedKeys(o) {
		o[key] = t.walk(o[key])
	}
	if id, ok := o["id"]; ok && o["jsonrpc"] != nil && id != nil {
		o["id"] = t.symbol(value{kindRequest, encode(id)})
	}
	if o["event"] == "min_depth_achieved" {
		o["tx_hash"] = "<bytes>" // 32 raw bytes squeezed into a string: unusable
	}
	if o["time"] != nil && o["type"] != nil && o["info"] != nil { // an entry of the history
		o["time"], o["info"] = "<time>", "<info>"
	}
	if t.o.Eras {
		forgiveObject(o)
	}
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// frameName returns the event of an info frame, else the method of a frame.
func frameName(raw json.RawMessage) string {
	var f struct {
		Method string
		Params struct {
			Action string
			Data   struct{ Event string }
		}
	}
	if json.Unmarshal(raw, &f) != nil && f.Method == "" {
		return ""
	}
	switch f.Method {
	case "channels.info":
		return "info " + f.Params.Data.Event
	case "channels.system":
		return "system " + f.Params.Action
	}
	return f.Method
}
