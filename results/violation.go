package results

import (
	"encoding/json"
	"time"
)

// ViolationFrame is a FrameRecord as summary.json shows it.
type ViolationFrame struct {
	TMS   float64         `json:"t_ms"`
	Side  string          `json:"side"`
	Dir   string          `json:"dir"`
	Frame json.RawMessage `json:"frame"`
}

// ViolationFrames copies records into the shape of a violation. Frames that
// are no JSON become JSON strings, and fsm_id values are blanked out: a summary
// is passed around, and they open the node's saved state.
func ViolationFrames(records []FrameRecord) []ViolationFrame {
	out := make([]ViolationFrame, 0, len(records))
	for _, r := range records {
		out = append(out, ViolationFrame{
			TMS:   float64(r.T) / float64(time.Millisecond),
			Side:  r.Side,
			Dir:   r.Dir,
			Frame: withoutFSMID(hidden(oneLine(r.Frame))),
		})
	}
	return out
}

// withoutFSMID blanks out every fsm_id of a frame and of a connect URL.
func withoutFSMID(b []byte) []byte {
	b = fsmID.ReplaceAll(b, []byte(`${1}hidden"`))
	return existingFSMID.ReplaceAll(b, []byte(`${1}hidden`))
}
