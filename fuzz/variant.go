package fuzz

import (
	"regexp"
	"slices"
	"time"

	"gopkg.in/yaml.v3"
)

// unsigned are answers to a request to sign that leave it unsigned for good, and
// after which the one that has asked still sees what comes of it.
var unsigned = regexp.MustCompile(`\bignore\b|_ack: *\{?(reconnect|disconnect)\b`)

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
		if sign == nil || expect == nil || !unsigned.Match(render(sign)) {
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

// inTurn is a scenario of which several channels play one step at a time, so that
// each step of one comes between the same two steps of another in every play.
func inTurn(text []byte) []byte { return beforeSteps(text, "in_turn: true") }

// patient is a scenario that says how long the node may take to react. Its steps
// are done before another run would have lost its patience.
func patient(text []byte, d time.Duration) []byte { return beforeSteps(text, "patience: "+d.String()) }

// beforeSteps adds a line to a scenario.
func beforeSteps(text []byte, line string) []byte {
	doc, pair := new(yaml.Node), new(yaml.Node)
	if yaml.Unmarshal(text, doc) != nil || yaml.Unmarshal([]byte(line), pair) != nil {
		return text
	}
	root := doc.Content[0]
	at := slices.IndexFunc(root.Content, func(n *yaml.Node) bool { return n.Value == "steps" })
	if at < 0 {
		return text
	}
	root.Content = slices.Insert(root.Content, at, pair.Content[0].Content...)
	return render(doc)
}

// everyday is what honest clients do in a channel, most of it. What a channel does
// to another one shows when two of them do this in turn, whatever it was that
// other channels did at the node of a search. Each looks at what it has between a
// step of the other one and the same one of its own.
const everyday = `chanbot: 1
name: everyday
in_turn: true
steps:
  - open:
  - initiator: {message: beside}
    expect: any
  - responder: {message: beside}
    expect: any
  - repeat:
      times: 1
      steps:
        - initiator: balances
          expect: any
        - initiator: {transfer: 1}
          expect: any
        - responder: balances
          expect: any
        - initiator: state
          expect: any
        - responder: state
          expect: any
  - initiator: {deposit: 2}
    expect: any
  - responder: {deposit: 3}
    expect: any
  - initiator: {withdraw: 1}
    expect: any
  - responder: {transfer: 1}
    sign: {update_ack: {abort: 7}}
    expect: any
  - responder: {transfer: 2}
    expect: any
  - initiator: balances
    expect: any
  - responder: balances
    expect: any
  - responder: stop
    expect: any
`
