package fuzz

import (
	"bytes"
	"slices"

	"gopkg.in/yaml.v3"
)

// timerExpected is a scenario whose last step that leaves something unsigned
// expects that the node gives it up. It returns nil when there is no such step.
func timerExpected(text []byte) []byte {
	doc := new(yaml.Node)
	if yaml.Unmarshal(text, doc) != nil {
		return nil
	}
	list := member(doc.Content[0], "steps")
	if list == nil {
		return nil
	}
	for _, step := range slices.Backward(list.Content) {
		sign, expect := member(step, "sign"), member(step, "expect")
		if sign == nil || expect == nil || !bytes.Contains(render(sign), []byte("ignore")) {
			continue
		}
		timeout := new(yaml.Node)
		if yaml.Unmarshal([]byte("{timeout: null, by: node}"), timeout) != nil {
			return nil
		}
		*expect = *timeout.Content[0]
		return render(doc)
	}
	return nil
}

// staggered is a scenario with pauses that differ from channel to channel, so
// that several that play it beside each other are not all at the same step.
func staggered(text []byte) []byte {
	doc, pause := new(yaml.Node), new(yaml.Node)
	const times = "choose: [{weight: 1, do: {wait: 1ms}}, {weight: 1, do: {wait: 20ms}}, {weight: 1, do: {wait: 60ms}}]"
	if yaml.Unmarshal(text, doc) != nil || yaml.Unmarshal([]byte(times), pause) != nil {
		return text
	}
	list := member(doc.Content[0], "steps")
	if list == nil {
		return text
	}
	var all []*yaml.Node
	for _, step := range list.Content {
		all = append(all, clone(pause.Content[0]), step)
	}
	list.Content = all
	return render(doc)
}
