package results

import (
	"bytes"
	"encoding/json"
	"strings"
)

// The headings of a transcript, each after the name of the side.
const (
	HeadingOpens  = " opens a WebSocket connection"
	HeadingIn     = " <--- node"
	HeadingOut    = " ---> node"
	HeadingInfo   = " info"
	HeadingCloses = " closes WebSocket connection"
)

// explanations are the lines that a transcript adds after the events they
// belong to. Their spelling is part of the format.
var explanations = map[string]string{
	"fsm_up":             "The local fsm has been started",
	"channel_open":       "Received an WebSocket opening request",
	"channel_accept":     "Received an WebSocket connection accepted",
	"own_funding_locked": "Funding has been confirmed locally on-chain",
	"funding_locked":     "Funding has been confirmed on-chain by other party",
	"open":               "Channel is `open` and ready to use",
}

// AppendTranscript appends r to dst as a block of a Markdown transcript.
// Records that the format has no block for (opened, notes, pings, timeouts)
// append nothing.
func AppendTranscript(dst []byte, r FrameRecord) []byte {
	switch r.Dir {
	case DirConnect:
		return appendBlock(dst, r.Side+HeadingOpens, "", string(hidden(r.Text())))
	case DirClose:
		return appendBlock(dst, r.Side+HeadingCloses, "", "")
	case DirOut:
		return appendBlock(dst, r.Side+HeadingOut, "javascript", frameText(r))
	case DirIn:
		dst = appendBlock(dst, r.Side+HeadingIn, "javascript", frameText(r))
		if line, ok := explanations[infoEvent(r.Frame)]; ok {
			dst = append(dst, "\n#### "+r.Side+HeadingInfo+"\n> "+line+"\n"...)
		}
	}
	return dst
}

// appendBlock appends a heading and a fenced block. The fence is longer than
// any run of backticks at the start of a line of body.
func appendBlock(dst []byte, heading, language, body string) []byte {
	fence := "```"
	for line := range strings.Lines(body) {
		line = strings.TrimLeft(line, " ")
		if run := len(line) - len(strings.TrimLeft(line, "`")); run >= len(fence) {
			fence = strings.Repeat("`", run+1)
		}
	}
	dst = append(dst, "\n#### "+heading+"\n"+fence+language+"\n"...)
	dst = append(dst, body...)
	return append(dst, "\n"+fence+"\n"...)
}

// infoEvent returns the event of a channels.info frame, or "".
func infoEvent(frame json.RawMessage) string {
	if !bytes.Contains(frame, []byte(`"channels.info"`)) {
		return ""
	}
	var f struct {
		Method string
		Params struct{ Data struct{ Event string } }
	}
	if json.Unmarshal(frame, &f) != nil || f.Method != "channels.info" {
		return ""
	}
	return f.Params.Data.Event
}

func frameText(r FrameRecord) string {
	if len(r.Frame) > 0 && r.Frame[0] == '"' {
		return string(hidden(r.Text()))
	}
	return string(hidden(pretty(r.Frame)))
}

// deepest bounds the nesting that pretty sorts; what is nested deeper is kept
// in its own order.
const deepest = 64

// pretty writes JSON with sorted keys and two spaces, strings and numbers as
// they are spelled in raw. What is no JSON is returned as it is.
func pretty(raw []byte) []byte {
	sorted, err := appendSorted(nil, raw, deepest)
	if err != nil {
		return raw
	}
	var b bytes.Buffer
	if json.Indent(&b, sorted, "", "  ") != nil {
		return raw
	}
	return b.Bytes()
}

func appendSorted(dst, raw []byte, depth int) ([]byte, error) {
	raw = bytes.TrimSpace(raw)
	if depth == 0 || len(raw) == 0 || raw[0] != '{' && raw[0] != '[' {
		return append(dst, raw...), nil
	}
	if raw[0] == '[' {
		var items []json.RawMessage
		if err := json.Unmarshal(raw, &items); err != nil {
			return dst, err
		}
		return appendList(dst, '[', ']', len(items), func(dst []byte, i int) ([]byte, error) {
			return appendSorted(dst, items[i], depth-1)
		})
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		return dst, err
	}
	keys := sortedKeys(members)
	return appendList(dst, '{', '}', len(keys), func(dst []byte, i int) ([]byte, error) {
		dst = append(dst, quote(keys[i])...)
		return appendSorted(append(dst, ':'), members[keys[i]], depth-1)
	})
}

func appendList(dst []byte, open, shut byte, n int, item func([]byte, int) ([]byte, error)) ([]byte, error) {
	dst = append(dst, open)
	for i := range n {
		if i > 0 {
			dst = append(dst, ',')
		}
		var err error
		if dst, err = item(dst, i); err != nil {
			return dst, err
		}
	}
	return append(dst, shut), nil
}
