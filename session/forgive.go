package session

import (
	"slices"
	"strings"

	"chanbot/results"
)

// forgiveObject takes out of an object what a node of 2020 writes differently.
func forgiveObject(o map[string]any) {
	switch o["event"] {
	case "funding_created", "funding_signed":
		delete(o, "fsm_id")
	}
	if o["info"] == "consumed_forced_progress" {
		o["info"] = "channel_changed"
	}
	if o["jsonrpc"] == nil {
		return
	}
	const some = "<channel or null>"
	if _, answer := o["channel_id"]; answer {
		o["channel_id"] = some
		return
	}
	params, ok := o["params"].(map[string]any)
	if !ok {
		return
	}
	if _, ok := params["channel_id"]; !ok {
		return
	}
	event := ""
	if data, ok := params["data"].(map[string]any); ok {
		event, _ = data["event"].(string)
	}
	switch {
	case o["method"] == "channels.sign.responder_sign",
		event == "fsm_up", event == "funding_created", event == "funding_signed":
		params["channel_id"] = some
	}
}

// forgive applies the options that look at more than one line of a side;
// otherStopped tells that another side was the first to stop.
func (o Options) forgive(lines []Line, otherStopped bool) []Line {
	if o.Eras {
		lines = withoutSecondUpdate(lines)
	}
	if o.Stops && otherStopped {
		lines = oneEnd(lines)
	}
	if o.NodeOnly {
		lines = slices.DeleteFunc(lines, func(l Line) bool { return !l.fromNode() })
	}
	return lines
}

// withoutSecondUpdate drops the update that a responder that stayed up gets
// after a reestablish since 2021.
func withoutSecondUpdate(lines []Line) []Line {
	var out []Line
	for i, l := range lines {
		if i >= 2 && l.name == "channels.update" && l.Dir == results.DirIn &&
			lines[i-1].name == "info open" && lines[i-2].name == "info channel_reestablished" {
			continue
		}
		out = append(out, l)
	}
	return out
}

// oneEnd makes one line of the own stop and of what the last socket of a side
// hears after it, when another side stopped before: its answer, which may be
// missing, and died, in either order. Died may even be on its way when the stop
// is sent, or have closed the socket before it could be.
func oneEnd(lines []Line) []Line {
	last := 0
	for i, l := range lines {
		if l.Dir == results.DirConnect {
			last = i
		}
	}
	index := func(is func(Line) bool) int {
		if i := slices.IndexFunc(lines[last:], is); i >= 0 {
			return last + i
		}
		return -1
	}
	stop := index(Line.isStop)
	died := index(func(l Line) bool { return l.Dir == results.DirIn && l.name == "info died" })
	if died < 0 {
		return lines
	}
	at := stop
	if stop < 0 {
		at = died
	}
	out := make([]Line, 0, len(lines))
	for i, l := range lines {
		switch {
		case i == at:
			out = append(out, Line{Entry: lines[died].Entry, Dir: results.DirIn, Text: "died; before or after it a stop, and ok or no answer", name: "info died"})
		case i == died || stop >= 0 && i > stop && l.Dir == results.DirIn && l.name == "" && strings.Contains(l.Text, `"result":"ok"`):
		default:
			out = append(out, l)
		}
	}
	return out
}
