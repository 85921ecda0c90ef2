package results

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"chanbot/outcome"
)

// What a report shows of violations at most; the rest is in summary.json.
const (
	shownViolations = 100
	shownFrames     = 80      // of one violation, the last ones
	shownFrame      = 6 << 10 // bytes of one frame
	shownBytes      = 3 << 20 // of all frames together
)

// htmlViolations are what a correct node does not do.
type htmlViolations struct {
	Rules []htmlRule
	List  []htmlViolation
	More  string
}

type htmlRule struct{ Rule, Count string }

type htmlViolation struct {
	Number              int
	Rule, Expected, Got string
	Where               string
	Open                bool
	Lanes               []string // the sides, each in a column of its own
	Frames              []htmlFrame
	Left                string // how many frames are not shown
}

type htmlFrame struct {
	At, Side, Arrow, Name, Text string
	Class                       string
	Last                        bool
}

func htmlViolationsOf(violations []Violation) *htmlViolations {
	if len(violations) == 0 {
		return nil
	}
	out := &htmlViolations{}
	counts := make(map[string]int64)
	for i := range violations {
		counts[violations[i].Rule]++
	}
	rules := sortedKeys(counts)
	slices.SortStableFunc(rules, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	for _, rule := range rules {
		out.Rules = append(out.Rules, htmlRule{rule, grouped(counts[rule])})
	}
	if extra := len(violations) - shownViolations; extra > 0 {
		out.More = counted(int64(extra), "more violation") + " in " + SummaryFile
		violations = violations[:shownViolations]
	}
	room := shownBytes
	for i := range violations {
		v := &violations[i]
		h := htmlViolation{Number: i + 1, Rule: v.Rule, Expected: v.Expected, Got: v.Got, Open: i == 0}
		h.Where = "pair " + strconv.Itoa(v.Pair)
		if v.Role != outcome.NoRole {
			h.Where += ", seen by the " + v.Role.String()
		}
		h.frames(v.Frames, &room)
		out.List = append(out.List, h)
	}
	return out
}

func (h *htmlViolation) frames(frames []ViolationFrame, room *int) {
	all := len(frames)
	frames = frames[max(0, all-shownFrames):]
	for _, f := range frames {
		if !slices.Contains(h.Lanes, f.Side) {
			h.Lanes = append(h.Lanes, f.Side)
		}
	}
	slices.SortFunc(h.Lanes, func(a, b string) int { return cmp.Or(cmp.Compare(laneOf(a), laneOf(b)), cmp.Compare(a, b)) })
	for i, f := range frames {
		text := htmlFrameText(f.Frame)
		*room -= len(text)
		if *room < 0 {
			text = "not shown; see " + SummaryFile
		}
		lane := min(slices.Index(h.Lanes, f.Side), 3)
		one := htmlFrame{
			At: millis(f.TMS), Side: f.Side, Name: frameName(&f), Text: text,
			Last: i == len(frames)-1, Class: "at" + strconv.Itoa(lane) + " " + directionClass(f.Dir),
		}
		switch f.Dir {
		case DirIn, DirPong, DirOpened:
			one.Arrow = "←"
		case DirOut, DirPing, DirConnect:
			one.Arrow = "→"
		case DirClose:
			one.Arrow = "×"
		default:
			one.Arrow = "·"
		}
		h.Frames = append(h.Frames, one)
	}
	if left := all - len(frames); left > 0 {
		h.Left = counted(int64(left), "earlier frame") + " in " + SummaryFile
	}
}

// millis writes milliseconds with all digits of the microseconds.
func millis(ms float64) string {
	whole, part := math.Modf(math.Round(finite(ms)*1000) / 1000)
	return grouped(int64(whole)) + strconv.FormatFloat(math.Abs(part), 'f', 3, 64)[1:]
}

// laneOf sorts the initiator's sockets before the responder's.
func laneOf(side string) int {
	switch {
	case strings.HasPrefix(side, outcome.Initiator.String()):
		return 0
	case strings.HasPrefix(side, outcome.Responder.String()):
		return 1
	}
	return 2
}

func directionClass(dir string) string {
	switch dir {
	case DirIn, DirOut, DirClose, DirNote, DirTimeout:
		return dir
	}
	return "other"
}

// htmlFrameText writes a frame for reading, cut where it is too long.
func htmlFrameText(frame json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, frame, "", "  ") != nil {
		b.Reset()
		b.Write(frame)
	}
	text := b.String()
	if extra := len(text) - shownFrame; extra > 0 {
		text = strings.ToValidUTF8(text[:shownFrame], "") + "\n… " + grouped(int64(extra)) + " bytes more"
	}
	return text
}

// frameName names a frame in a few words: what it is, not what is in it.
func frameName(f *ViolationFrame) string {
	switch f.Dir {
	case DirIn, DirOut:
	case DirNote, DirTimeout:
		var text string
		if json.Unmarshal(f.Frame, &text) == nil {
			return f.Dir + ": " + shorten(text, 100)
		}
		return f.Dir
	default:
		return f.Dir
	}
	var m struct {
		Method string
		Params json.RawMessage
		Result json.RawMessage
		Error  *struct {
			Code int
			Data []struct{ Code int }
		}
	}
	if json.Unmarshal(f.Frame, &m) != nil {
		return "text that is no JSON object"
	}
	switch {
	case m.Method != "":
		return strings.TrimSpace(strings.TrimPrefix(shorten(m.Method, 60), "channels.") + " " + shorten(eventOf(m.Params), 60))
	case m.Error != nil && len(m.Error.Data) > 0:
		return "error " + strconv.Itoa(m.Error.Data[0].Code)
	case m.Error != nil:
		return "error " + strconv.Itoa(m.Error.Code)
	case len(m.Result) > 0:
		var text string
		if json.Unmarshal(m.Result, &text) == nil {
			return "result " + shorten(text, 40)
		}
		return "result"
	}
	return "frame"
}

// eventOf is what a notification tells of.
func eventOf(params json.RawMessage) string {
	var p struct {
		Error int
		Data  struct {
			Event, Info string
			ErrorCode   int `json:"error_code"`
		}
	}
	if json.Unmarshal(params, &p) != nil {
		return ""
	}
	if p.Error != 0 {
		return "error " + strconv.Itoa(p.Error)
	}
	if p.Data.ErrorCode != 0 {
		return strconv.Itoa(p.Data.ErrorCode)
	}
	return p.Data.Event + p.Data.Info
}
