package fuzz

import (
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"chanbot/strategy"
)

// TestShrinkKeepsWhatIsNeeded: of a long case remains what the finding needs,
// however many changes are tried at once.
func TestShrinkKeepsWhatIsNeeded(t *testing.T) {
	for _, width := range []int{1, 4} {
		shrinkLong(t, width)
	}
}

func shrinkLong(t *testing.T, width int) {
	t.Helper()
	tries := 0
	s := shrinker{
		width: width,
		over:  func() bool { return tries > 5000 },
		keeps: oneByOne(func(text []byte) bool {
			tries++
			// It takes a deposit of 7 or more, with an abort, after an opening.
			before, after, found := strings.Cut(string(text), "deposit:")
			return found && strings.Contains(before, "open:") && strings.Contains(after, "abort: 4") && !strings.Contains(after[:6], "1")
		}),
	}
	text := `chanbot: 1
name: long
channel:
  initiator_amount: 5000
  responder_amount: 5000
  lock_period: 3
  params: {minimum_depth: 5, slogan: x}
steps:
  - open:
  - initiator: {transfer: {amount: 7, meta: [a, b]}}
    sign: {update: {abort: 9}}
    expect: any
  - repeat: {times: 7, steps: [{initiator: balances}]}
  - responder: {deposit: 700}
    sign: {deposit_ack: [{tamper: truncated}, {abort: 4}], update: {abort: 5}}
    timeout: 8s
    expect: any
  - initiator: {message: "` + strings.Repeat("x", 900) + `"}
    expect: any
  - both: stop
    expect: any
`
	got := string(s.shrink([]byte(text)))
	want := `chanbot: 1
name: long
steps:
  - open:
  - responder: {deposit: 2}
    sign: {deposit_ack: {abort: 4}}
    expect: any
`
	// A list of one answer may stay a list.
	if strings.ReplaceAll(got, "[{abort: 4}]", "{abort: 4}") != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if _, problems := strategy.Parse("x.yaml", []byte(got), strategy.Options{}); len(problems) > 0 {
		t.Error(problems)
	}
	if tries > 300 {
		t.Errorf("%d tries", tries)
	}
}

// A step that waits for a timer keeps the timer and the time it may take, or it
// would fail at any node.
func TestATimerThatIsWaitedForIsKept(t *testing.T) {
	const text = `chanbot: 1
name: late
channel:
  lock_period: 3
  timeouts: {sign: 600ms, accept: 500ms}
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: ignore}
    timeout: 3s
    expect: {timeout: null, by: node}
`
	s := &shrinker{width: 1, keeps: oneByOne(func([]byte) bool { return true }), over: func() bool { return false }}
	got := string(s.shrink([]byte(text)))
	if strings.Contains(got, "expect") && (!strings.Contains(got, "sign: 600ms") || !strings.Contains(got, "timeout: 3s")) || strings.Contains(got, "lock_period") {
		t.Errorf("made of it:\n%s", got)
	}
	keepsExpectation := &shrinker{width: 2, keeps: oneByOne(func(b []byte) bool { return strings.Contains(string(b), "by: node") }), over: s.over}
	got = string(keepsExpectation.shrink([]byte(text)))
	for _, want := range []string{"sign: 600ms", "accept: 500ms", "timeout: 3s", "timeout: null"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %s:\n%s", want, got)
		}
	}
}

// TestAWaitKeepsItsCause: who waits for what a timer leads to keeps the step that
// sets it off as it is, or would wait in vain at any node.
func TestAWaitKeepsItsCause(t *testing.T) {
	const text = `chanbot: 1
name: late
channel:
  timeouts: {sign: 600ms, accept: 500ms}
steps:
  - open:
  - responder: balances
  - initiator: {transfer: 1}
    sign: {update_ack: ignore}
    timeout: 3s
    expect: {timeout: null, by: node}
  - responder: {wait: {frame: conflict 3}}
    timeout: 3s
  - initiator: {transfer: 1}
`
	s := &shrinker{width: 2, over: func() bool { return false }}
	s.keeps = oneByOne(func(b []byte) bool { return strings.Contains(string(b), "conflict 3") })
	got := string(s.shrink([]byte(text)))
	for _, want := range []string{"sign: 600ms", "accept: 500ms", "update_ack: ignore", "timeout: null", "timeout: 3s"} {
		if !strings.Contains(got, want) {
			t.Errorf("without %s:\n%s", want, got)
		}
	}
	if n := steps([]byte(got)); n != 2 {
		t.Errorf("%d steps, want 2:\n%s", n, got)
	}
	// One that waits for something else needs no step before it.
	idle := strings.Replace(text, "responder: {wait: {frame: conflict 3}}", "wait: {frame: info died}", 1)
	idle = strings.Replace(idle, "    sign: {update_ack: ignore}\n    timeout: 3s\n    expect: {timeout: null, by: node}\n", "", 1)
	s.keeps = oneByOne(func(b []byte) bool { return strings.Contains(string(b), "info died") })
	if got := s.shrink([]byte(idle)); steps(got) != 1 {
		t.Errorf("%d steps, want 1:\n%s", steps(got), got)
	}
}

func TestATimerIsExpected(t *testing.T) {
	const text = `chanbot: 1
name: late
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: ignore}
    expect: any
  - initiator: balances
    expect: any
`
	for _, sign := range []string{"{update: ignore}", "{update_ack: ignore}", "{update_ack: reconnect}", "{deposit_ack: {disconnect: close}}"} {
		got := string(timerExpected([]byte(strings.Replace(text, "{update: ignore}", sign, 1))))
		if strings.Count(got, "expect: any") != 1 || !strings.Contains(got, "    sign: "+sign+"\n    expect: {timeout: null, by: node}\n") {
			t.Errorf("made of %s:\n%s", sign, got)
		}
		if _, err := parse([]byte(got)); err != nil {
			t.Error(err)
		}
	}
	for _, sign := range []string{"{update: accept}", "{update: reconnect}", "{update_ack: {abort: 3}}"} {
		if got := timerExpected([]byte(strings.Replace(text, "{update: ignore}", sign, 1))); got != nil {
			t.Errorf("made of %s:\n%s", sign, got)
		}
	}
	if timerExpected([]byte("chanbot: 1\nname: x\nsteps:\n  - open:\n")) != nil {
		t.Error("a step without anything to sign")
	}
}

// TestWhatIsExpectedStaysTrue: a step that expects something of its own keeps
// the values that it expects it of.
func TestWhatIsExpectedStaysTrue(t *testing.T) {
	const text = `chanbot: 1
name: x
channel: {initiator_amount: 70000000000000}
steps:
  - responder: {transfer: 5000}
    expect: any
  - initiator: {open: {params: {initiator_id: ak_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVZS9BEY, lock_period: 12}}}
    timeout: 900ms
    expect: {refused: 1011}
`
	s := shrinker{width: 3, keeps: oneByOne(func(text []byte) bool {
		return strings.Contains(string(text), "1011") && strings.Contains(string(text), "transfer")
	}), over: func() bool { return false }}
	doc := new(yaml.Node)
	if err := yaml.Unmarshal([]byte(text), doc); err != nil {
		t.Fatal(err)
	}
	for _, pass := range []func(*yaml.Node) (*yaml.Node, bool){s.fewerParts, s.simplerValues} {
		doc, _ = pass(doc)
	}
	got := string(render(doc))
	if want := "{open: {params: {initiator_id: ak_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVZS9BEY, lock_period: 12}}}"; !strings.Contains(got, want) {
		t.Errorf("another step is expected to be refused:\n%s", got)
	}
	if !strings.Contains(got, "{transfer: 1}") || strings.Contains(got, "channel:") {
		t.Errorf("the rest could be smaller:\n%s", got)
	}
}
