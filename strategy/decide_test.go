package strategy

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"chanbot/outcome"
)

// scenario parses steps that a test needs.
func scenario(t *testing.T, src string) *Scenario {
	t.Helper()
	sc, problems := Parse("test.yaml", []byte("chanbot: 1\nname: test\n"+src), Options{})
	if problems != nil {
		t.Fatal(problems)
	}
	return sc
}

// told writes moves as a test reads them.
func told(moves []Move) string {
	var all []string
	for _, m := range moves {
		switch m.Kind {
		case MoveAccept:
			all = append(all, "accept")
		case MoveAbort:
			all = append(all, "abort "+string(m.Code))
		case MoveIgnore:
			all = append(all, "ignore")
		case MoveWait:
			all = append(all, "wait "+m.For.String())
		case MoveTamper:
			all = append(all, fmt.Sprintf("tamper %s %s", m.Tamper.Kind, m.Tamper.Field))
		case MovePropose:
			all = append(all, fmt.Sprintf("propose %s %s", m.Propose.Kind, m.Propose.Amount))
		case MoveStop:
			all = append(all, "stop")
		case MoveDisconnect:
			all = append(all, "disconnect "+m.Cut.String())
		case MoveReconnect:
			all = append(all, "reconnect")
		case MoveParams:
			all = append(all, "params "+string(m.Params))
		}
	}
	return strings.Join(all, ", ")
}

func TestEveryAnswerBecomesMoves(t *testing.T) {
	for answer, want := range map[string]string{
		`accept`:                                "accept",
		`{abort: 42}`:                           "abort 42",
		`{abort: 65536, raw: true}`:             "abort 65536",
		`{abort: "42", raw: true}`:              `abort "42"`,
		`ignore`:                                "ignore",
		`{delay: 50ms}`:                         "wait 50ms, accept",
		`{delay: {for: 1s, then: {abort: 1}}}`:  "wait 1s, abort 1",
		`{delay: {for: 1s, then: {delay: 2s}}}`: "wait 1s, wait 2s, accept",
		`{tamper: other_key}`:                   "tamper other_key ",
		`{tamper: stale transaction}`:           "tamper stale_transaction ",
		`{tamper: {field: round, value: 7}}`:    "tamper field round",
		`{propose: {transfer: 3}}`:              "propose transfer 3",
		`{propose: {withdraw: {amount: 4}}}`:    "propose withdraw 4",
		`stop`:                                  "stop",
		`disconnect`:                            "disconnect close",
		`{disconnect: reset}`:                   "disconnect reset",
		`reconnect`:                             "reconnect",
		`{params: {a: [1, null]}, raw: true}`:   `params {"a":[1,null]}`,
		`[accept, {abort: 42}]`:                 "accept, abort 42",
		`[accept, [{abort: 1}, stop]]`:          "accept, abort 1, stop",
		`{do: {abort: 7}}`:                      "abort 7",
		`{choose: [{weight: 1, do: stop}]}`:     "stop",
		`{choose: [{weight: 0, do: stop}, {weight: 1, do: ignore}]}`: "ignore",
	} {
		sc := scenario(t, "steps: [{initiator: {transfer: 1}, sign: {update: "+answer+"}}]")
		layers := sc.Layers(outcome.Initiator, &sc.Steps[0], nil, nil)
		if got := told(Decide(layers, Request{Role: outcome.Initiator, Tag: "update"}, nil)); got != want {
			t.Errorf("%s: got %s, want %s", answer, got, want)
		}
	}
}

const layered = `
initiator: {sign: {update: {abort: 1}, update_ack: {abort: 2}}}
responder: {sign: {update: {abort: 3}}}
load:
  pairs: 1
  phases:
    - arrivals: {rate: 1/s}
      duration: 1s
      sign: {update: {abort: 4}, deposit_tx: {abort: 5}}
      initiator: {sign: {deposit_tx: {abort: 6}}}
      mix:
        - weight: 1
          do: {initiator: {transfer: 1}}
          sign: {withdraw_tx: {abort: 7}}
steps:
  - initiator: {transfer: 1}
    sign: {update: {abort: 8}, responder: {update: {abort: 9}}, withdraw_tx: {when: {nth: 2}, abort: 10}}
`

func TestPrecedenceIsStepMixPhaseRoleAccept(t *testing.T) {
	sc := scenario(t, layered)
	step, phase := &sc.Steps[0], &sc.Load.Phases[0]
	mix := &phase.Mix[0].Step
	for _, c := range []struct {
		about     string
		role      outcome.Role
		tag       string
		step, mix *Step
		phase     *Phase
		nth       int
		want      string
	}{
		{"the step comes first", outcome.Initiator, "update", step, mix, phase, 1, "abort 8"},
		{"an answer for a role before the one for the tag alone", outcome.Responder, "update", step, mix, phase, 1, "abort 9"},
		{"the mix entry before the phase", outcome.Initiator, "withdraw_tx", nil, mix, phase, 1, "abort 7"},
		{"a condition that does not hold leaves it to the next layer", outcome.Initiator, "withdraw_tx", step, mix, phase, 1, "abort 7"},
		{"a condition that holds", outcome.Initiator, "withdraw_tx", step, mix, phase, 2, "abort 10"},
		{"the role within a phase before the phase", outcome.Initiator, "deposit_tx", nil, mix, phase, 1, "abort 6"},
		{"the phase", outcome.Responder, "deposit_tx", nil, mix, phase, 1, "abort 5"},
		{"the phase before the role", outcome.Initiator, "update", nil, mix, phase, 1, "abort 4"},
		{"the role", outcome.Initiator, "update_ack", step, mix, phase, 1, "abort 2"},
		{"the role without a phase", outcome.Responder, "update", nil, nil, nil, 1, "abort 3"},
		{"accept when nobody says anything", outcome.Responder, "update_ack", step, mix, phase, 1, "accept"},
	} {
		req := Request{Role: c.role, Tag: c.tag, Nth: 77, StepNth: c.nth}
		if got := told(Decide(sc.Layers(c.role, c.step, c.mix, c.phase), req, nil)); got != c.want {
			t.Errorf("%s: got %s, want %s", c.about, got, c.want)
		}
	}
}

func TestConditions(t *testing.T) {
	big20, _ := new(big.Int).SetString("100000000000000000000", 10)
	req := Request{Role: outcome.Responder, Tag: "update_ack", Op: outcome.Transfer, Round: 4, Nth: 2, StepNth: 1, Amount: big20}
	for when, want := range map[string]bool{
		`{nth: 2}`: true, `{nth: 1}`: false, `{nth: [1, 2]}`: true, `{nth: "!= 2"}`: false,
		`{round: 4}`: true, `{round: "> 4"}`: false, `{round: ">= 4"}`: true, `{round: "< 4"}`: false, `{round: "<= 4"}`: true,
		`{round: 2..4}`: true, `{round: 5..9}`: false, `{round: "== 4", nth: 2}`: true, `{round: 4, nth: 3}`: false,
		`{amount: ">= 100000000000000000000"}`: true, `{amount: "> 100000000000000000000"}`: false,
		`{op: transfer}`: true, `{op: [deposit, transfer]}`: true, `{op: deposit}`: false,
	} {
		sc := scenario(t, "responder: {sign: {update_ack: {when: "+when+", abort: 42}}}\nsteps: [open]")
		want := map[bool]string{true: "abort 42", false: "accept"}[want]
		if got := told(Decide(sc.Layers(outcome.Responder, nil, nil, nil), req, nil)); got != want {
			t.Errorf("%s: got %s, want %s", when, got, want)
		}
	}
	sc := scenario(t, "responder: {sign: {update_ack: {when: {amount: 0}, abort: 42}}}\nsteps: [open]")
	req.Amount = nil
	if got := told(Decide(sc.Layers(outcome.Responder, nil, nil, nil), req, nil)); got != "accept" {
		t.Errorf("no amount is not the amount 0: got %s", got)
	}
}

func TestAListWithConditionsGivesTheFirstThatHolds(t *testing.T) {
	sc := scenario(t, `
responder:
  sign:
    update_ack:
      - {when: {nth: 1}, do: [accept, {abort: 1}]}
      - {when: {nth: 2..3}, do: {delay: {for: 1s, then: {when: {nth: 3}, do: stop}}}}
      - {when: {nth: "< 9"}, do: ignore}
steps: [open]`)
	var got []string
	for _, nth := range []int{1, 2, 3, 4, 9} {
		req := Request{Role: outcome.Responder, Tag: "update_ack", Nth: nth}
		got = append(got, told(Decide(sc.Layers(outcome.Responder, nil, nil, nil), req, nil)))
	}
	want := "accept, abort 1; ignore; wait 1s, stop; ignore; accept"
	if strings.Join(got, "; ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, "; "), want)
	}
}

func TestSharesAreKept(t *testing.T) {
	sc := scenario(t, `
responder: {sign: {update_ack: {choose: [{weight: 10%, do: {abort: 42}}, {weight: 0.5%, do: stop}, {do: accept}]}}}
steps: [open]`)
	stream := NewSource(1, nil).Stream(0, outcome.Responder, "sign")
	counts := map[string]int{}
	const n = 20_000
	for range n {
		counts[told(Decide(sc.Layers(outcome.Responder, nil, nil, nil), Request{Role: outcome.Responder, Tag: "update_ack"}, stream))]++
	}
	for what, share := range map[string]float64{"abort 42": 0.1, "stop": 0.005, "accept": 0.895} {
		if got := float64(counts[what]) / n; got < share*0.8 || got > share*1.2 {
			t.Errorf("%s: share %.4f, want about %.4f", what, got, share)
		}
	}
}

func TestTheSameKeyDecidesTheSame(t *testing.T) {
	weights := []uint64{1, 1, 1, 1}
	run := func(seed uint64, pairs ...int) (string, []Decision) {
		var log []Decision
		src := NewSource(seed, func(d Decision) { log = append(log, d) })
		streams := map[int]*Stream{}
		for _, p := range pairs {
			if streams[p] == nil {
				streams[p] = src.Stream(p, outcome.Initiator, "sign")
			}
			streams[p].Pick(weights)
		}
		return HashDecisions(log), log
	}
	a, log := run(7, 1, 1, 1, 2, 2, 2, 3, 3, 3)
	b, _ := run(7, 3, 2, 1, 1, 2, 3, 3, 1, 2)
	if a != b {
		t.Error("the order of pairs changed the decisions")
	}
	if c, _ := run(8, 1, 1, 1, 2, 2, 2, 3, 3, 3); a == c {
		t.Error("another seed decided the same")
	}
	if d, _ := run(7, 1, 1, 1, 2, 2, 2, 3, 3); a == d {
		t.Error("one decision less has the same hash")
	}
	if log[2].N != 2 || log[2].Pair != 1 || log[2].Stream != "sign" || log[2].Role != outcome.Initiator {
		t.Errorf("third decision %+v", log[2])
	}
	x, y := NewSource(7, nil).Rand(1, outcome.Initiator, "a", 0), NewSource(7, nil).Rand(1, outcome.Responder, "a", 0)
	if x.Uint64() == y.Uint64() {
		t.Error("both roles drew the same")
	}
}

func TestPickTakesNothingOfNoWeight(t *testing.T) {
	s := NewSource(1, nil).Stream(0, outcome.Initiator, "x")
	if i := s.Pick([]uint64{0, 0}); i != -1 {
		t.Errorf("picked %d of nothing", i)
	}
	for range 100 {
		if i := s.Pick([]uint64{0, 5, 0}); i != 1 {
			t.Fatalf("picked %d, which has no weight", i)
		}
	}
}

func TestDelayIsATime(t *testing.T) {
	sc := scenario(t, "steps: [{initiator: {transfer: 1}, sign: {update: {delay: 1m30s}}, timeout: 5s, id: 7}]")
	st := sc.Steps[0]
	if a := st.Sign.ByTag["update"]; a.For != 90*time.Second || a.Then.Kind != AnswerAccept {
		t.Errorf("delay %+v", a)
	}
	if st.Timeout != 5*time.Second || st.ID.Mode != IDValue || string(st.ID.Value) != "7" {
		t.Errorf("step %+v", st)
	}
}
