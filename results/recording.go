package results

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
)

// AppendRecording appends r to dst as one line of a recording: a JSON object
// {t, side, dir, frame} with the time in whole milliseconds, and a newline.
func AppendRecording(dst []byte, r FrameRecord) []byte {
	dst = append(dst, `{"t":`...)
	dst = strconv.AppendInt(dst, int64(r.T/time.Millisecond), 10)
	dst = append(dst, `,"side":`...)
	dst = append(dst, quote(r.Side)...)
	dst = append(dst, `,"dir":`...)
	dst = append(dst, quote(r.Dir)...)
	dst = append(dst, `,"frame":`...)
	dst = append(dst, hidden(oneLine(r.Frame))...)
	return append(dst, '}', '\n')
}

// oneLine returns raw without line breaks, null for nothing, and a JSON string
// for what is no JSON at all.
func oneLine(raw json.RawMessage) []byte {
	if len(raw) == 0 {
		return []byte("null")
	}
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return quote(string(raw))
	}
	return b.Bytes()
}
