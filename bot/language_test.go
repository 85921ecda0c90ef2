package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/outcome"
	"chanbot/results"
)

// TestLanguage runs what the ready scenarios do not use.
func TestLanguage(t *testing.T) {
	for name, src := range map[string]string{
		"both with an offset": `
steps:
  - open:
  - both: {transfer: 1}
    offset: 3s
    expect: signed
  - initiator: {balances: [initiator]}
    expect: {values: {initiator: 69999999999999}}
`,
		"both, no expectation": `
steps:
  - open:
  - both: {transfer: 1}
`,
		"both, one is refused": `
steps:
  - open:
  - both: {transfer: 60000000000000}
    expect: [signed, {rejected: 1001}]
`,
		"raw, ids and placeholders": `
steps:
  - open:
  - initiator: {transfer: {amount: 1, params: {from: $initiator, to: $responder}}}
    raw: true
    id: 77
    expect: {outcome: signed, frames: {initiator: [result ok, result ok, update]}}
  - initiator: {balances: }
    id: false
    expect: {outcome: done, frames: {initiator: {must: [get.balances.reply], not: [result]}}}
  - responder: {send: {frame: {jsonrpc: "2.0", method: channels.get.balances, id: abc, params: {accounts: [$initiator]}}}}
    expect: {outcome: done, frames: {responder: [result]}}
  - initiator: ping
  - initiator: ping
    id: true
  - responder: state
  - initiator: proof
  - initiator: history
`,
		"channels of two pairs of accounts at once": `
channel: {accounts: 2}
initiator: {sign: {initiator_sign: hold}}
responder: {sign: {responder_sign: hold}}
steps:
  - responder: {open: {until: info fsm_up}}
    expect: {frames: {responder: {in_order: [info fsm_up]}}}
  - responder.2: {open: {until: info fsm_up, params: {port: "13180"}}}
    expect: {frames: {responder.2: {in_order: [info fsm_up]}}}
  - initiator: {open: {until: sign.initiator_sign}}
    expect: {frames: {initiator: {in_order: [info fsm_up, info channel_accept, sign.initiator_sign]}, responder: {in_order: [info channel_open]}}}
  - initiator.2: {open: {until: sign.initiator_sign, params: {port: "13180"}}}
    expect: {frames: {initiator.2: {in_order: [info fsm_up, info channel_accept, sign.initiator_sign]}, responder.2: {in_order: [info channel_open]}}}
  - initiator: {answer: initiator_sign}
    expect: {frames: {initiator: {in_order: [result ok]}, responder: {in_order: [info funding_created, sign.responder_sign]}}}
  - initiator.2: {answer: initiator_sign}
    expect: {frames: {initiator.2: {in_order: [result ok]}, responder.2: {in_order: [info funding_created, sign.responder_sign]}}}
  - responder: {answer: responder_sign}
    expect: {frames: {responder: {in_order: [result ok]}}}
  - responder.2: {answer: responder_sign}
    expect:
      frames:
        initiator: {in_order: [info funding_signed, on_chain_tx funding_signed, on_chain_tx channel_changed,
          info own_funding_locked, info funding_locked, info open, update]}
        initiator.2: {in_order: [info funding_signed, on_chain_tx funding_signed, on_chain_tx channel_changed,
          info own_funding_locked, info funding_locked, info open, update]}
  - initiator.2: {transfer: 1}
    expect: signed
  - initiator.2: {disconnect: close}
  - initiator.2: reconnect
  - initiator.2: {transfer: 1}
    expect: signed
  - responder.2: {balances: [initiator, responder]}
    expect: {values: {initiator: 69999999999997, responder: 40000000000003}}
  - responder: {balances: [initiator, responder]}
    expect: {values: {initiator: 69999999999999, responder: 40000000000001}}
`,
		"a step ends at a frame and its operation goes on": `
responder: {sign: {update_ack: hold}}
steps:
  - open:
  - initiator: {transfer: 1}
    until: sign.update_ack
    expect: any
  - initiator: close
    until: sign.shutdown_sign
    timeout: 100ms
    expect: timeout
  - responder: {answer: update_ack}
    expect: done
  - both: stop
    expect: any
`,
		"nonsense on the socket": `
steps:
  - open:
  - initiator: {send: {text: "no JSON"}}
  - initiator: {send: {binary: "00ff"}}
  - initiator: {send: {fragments: ['{"jsonrpc":"2.0","id":5,"meth', 'od":"channels.system","params"', ':{"action":"ping"}}']}}
    expect: {frames: {initiator: [result]}}
  - initiator: {transfer: 1}
    expect: signed
`,
		"groups": `
steps:
  - open:
  - repeat:
      for: 5s
      steps:
        - choose:
            - {weight: 1, do: [initiator: {transfer: 1}]}
            - {weight: 1, do: [responder: {transfer: 1}]}
        - wait: 500ms
  - parallel:
      - [initiator: {message: one}, initiator: {message: two}]
      - [responder: {message: three}, responder: {balances: }]
  - blocks: 3
  - blocks: {micro: 1}
  - wait: {blocks: 2}
`,
		"a second socket displaces the first": `
steps:
  - open:
  - initiator: ping
  - initiator.2: reconnect
  - initiator: {wait: {frame: close 1006}}
  - initiator.2: {transfer: 1}
    expect: signed
  - responder: {transfer: 1}
    expect: signed
  - initiator.2: stop
`,
		"answers that end the socket": `
channel: {timeouts: {sign: 3s, accept: 2s}}
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update_ack: {disconnect: reset}}
    expect: {timeout: 3, by: node}
  - responder: reconnect
  - wait: 5s
  - initiator: {transfer: 1}
    expect: signed
  - initiator: {transfer: 1}
    sign: {update: {disconnect: close}}
    expect: disconnected
`,
		"a half-closed socket": `
steps:
  - open:
  - initiator: {disconnect: half}
    expect: {outcome: done, frames: {initiator: [close 1005]}}
  - initiator: {transfer: 1}
    expect: disconnected
  - initiator: reconnect
  - initiator: {transfer: 1}
    sign: {update: {disconnect: half}}
    expect: disconnected
  - initiator: reconnect
  - responder: {transfer: 1}
    expect: any
`,
		"a signature for another network": `
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: {tamper: other_network}}
    expect: {conflict: 1}
  - initiator: {transfer: 1}
    sign: {update_ack: {tamper: other_network}}
    expect: {conflict: 1}
  - initiator: {transfer: 1}
    expect: signed
`,
		"a request in frames that are written as bytes": `
steps:
  - open:
  - initiator: {send: {bytes: "0194000000007b226a736f6e727063223a22322e30222c2269648981000000007880ba00000000223a372c226d6574686f64223a226368616e6e656c732e73797374656d222c22706172616d73223a7b22616374696f6e223a2270696e67227d7d"}}
  - initiator: {transfer: 1}
    expect: {outcome: signed, frames: {initiator: {in_order: [result, sign.update, result ok, update]}}}
`,
		"an answer that stops": `
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update_ack: stop}
    expect: died
  - initiator: {transfer: 1}
    expect: [died, disconnected]
`,
		"a slow answer": `
channel: {timeouts: {sign: 300s, accept: 300s}}
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update_ack: {delay: {for: 2m, then: accept}}}
    expect: signed
`,
		"a delay longer than the node waits": `
channel: {timeouts: {sign: 9s, accept: 2s}}
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update_ack: {delay: {for: 12s, then: {abort: 5, expect: {rejected: 1018}}}}}
    expect: {timeout: 3}
  - initiator: {transfer: 1}
    expect: signed
`,
		"ignored by the starter": `
channel: {timeouts: {sign: 2s}}
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: ignore}
  - initiator: {transfer: 1}
    expect: signed
`,
		"chanbot's own timeout": `
steps:
  - open:
  - initiator: {transfer: 1}
    sign: {update: ignore}
    timeout: 3s
    expect: {timeout: null, by: chanbot}
`,
		"when": `
steps:
  - open:
  - initiator: {transfer: 5}
    sign: {update: [{when: {nth: 2}, abort: 9}]}
    expect: signed
  - initiator: {transfer: 7}
    sign:
      update:
        - {when: {amount: 7}, abort: 7}
        - accept
    expect: {aborted: 7}
`,
		"params of one side": `
responder: {params: {lock_period: 11}}
steps:
  - open:
  - initiator: {transfer: 1}
    expect: signed
`,
		"amounts that differ": `
responder: {params: {responder_amount: 40000000000001}}
steps:
  - open:
    expect: {outcome: died, frames: {responder: [info bad_state_hash]}}
`,
		"without reports": `
channel: {params: {report_info: false}}
steps:
  - open:
  - initiator: {transfer: 1}
    expect: signed
`,
		"without updates": `
channel: {params: {report_update: false}}
steps:
  - open:
  - initiator: {balances: }
`,
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, "x.yaml", "chanbot: 1\nname: x\ndescription: "+name+"\n"+src)
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, nil)
				defer b.stop()
				passed(t, b.run())
			})
		})
	}
}

// A step that has ended otherwise does not wait for the frames of the end that
// was expected.
func TestFramesOfAnotherEndAreNotWaitedFor(t *testing.T) {
	s := parse(t, "x.yaml", `
chanbot: 1
name: x
responder: {use: aborter}
steps:
  - open:
  - initiator: {transfer: 1}
    expect: {outcome: signed, frames: {initiator: [update]}}
`)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		step := firstFailed(t, b.run())
		if step.Outcome.Kind != outcome.Conflict || step.Took > time.Second {
			t.Errorf("%v after %v; want a conflict, at once", step.Outcome, step.Took)
		}
	})
}

// TestLanguageNotices runs steps whose expectations do not hold.
func TestLanguageNotices(t *testing.T) {
	for name, c := range map[string]struct {
		src     string
		step    int
		outcome outcome.Kind
		problem string
	}{
		"another outcome": {`
  - open:
  - initiator: {transfer: 1}
    expect: {aborted: 42}
`, 2, outcome.Signed, ""},
		"no outcome that works": {`
  - open:
  - initiator: {transfer: 100000000000000}
`, 2, outcome.Rejected, ""},
		"a balance": {`
  - open:
  - initiator: {balances: [responder]}
    expect: {values: {responder: 5}}
`, 2, outcome.Done, "balance of responder: expected 5, got 40000000000001"},
		"a frame that must not come": {`
  - open:
  - initiator: {transfer: 1}
    expect: {frames: {responder: {not: [info update]}}}
`, 2, outcome.Signed, "responder saw info update"},
		"a frame that must come": {`
  - open:
  - initiator: {transfer: 1}
    timeout: 5s
    expect: {frames: {responder: [conflict]}}
`, 2, outcome.Signed, "responder did not see conflict"},
		"the effect of an answer": {`
  - open:
  - initiator: {transfer: 1}
    sign: {update: [accept, {abort: 42, expect: {aborted: 42}}]}
`, 2, outcome.Signed, "initiator's answer to update: expected aborted 42, got rejected 1018 (Rejected)"},
		"inside of a group": {`
  - open:
  - repeat:
      times: 3
      steps:
        - initiator: {transfer: 1}
          expect: conflict
`, 2, outcome.Signed, "round 1: initiator: transfer 1 (x.yaml:9:11)"},
	} {
		t.Run(name, func(t *testing.T) {
			s := parse(t, "x.yaml", "chanbot: 1\nname: x\ndescription: x\nsteps:"+c.src)
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, nil)
				defer b.stop()
				rep := b.run()
				step := firstFailed(t, rep)
				if step.Index != c.step || step.Outcome.Kind != c.outcome || !strings.Contains(strings.Join(step.Problems, "\n"), c.problem) {
					t.Errorf("step %d, outcome %v, problems %q", step.Index, step.Outcome, step.Problems)
				}
				if rep.Scenario.Verdict != results.Failed {
					t.Errorf("verdict %s", rep.Scenario.Verdict)
				}
			})
		})
	}
}
