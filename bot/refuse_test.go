package bot_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"chanbot/outcome"
)

// TestWhatThePeerHasChangedIsNotSigned: a transaction that the peer's client
// signed instead of the offered one is given back. The node did nothing wrong.
func TestWhatThePeerHasChangedIsNotSigned(t *testing.T) {
	s := parse(t, "changed.yaml", `
chanbot: 1
name: changed
description: the starter signs another amount than it asked for
steps:
  - open:
  - initiator: {deposit: 1}
    sign: {deposit_tx: {tamper: {field: amount, value: "+1", resign: true}}}
    expect: {conflict: 1, by: responder}
  - initiator: {transfer: 1}
    expect: signed
`)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		rep := b.run()
		passed(t, rep)
		if problems := strings.Join(rep.Scenario.Steps[1].Problems, "\n"); !strings.Contains(problems, "the responder has not signed deposit_ack") {
			t.Errorf("problems %q", problems)
		}
	})
}

// TestAnotherCreateTransactionIsNotSigned: it cannot be aborted, and is left alone.
func TestAnotherCreateTransactionIsNotSigned(t *testing.T) {
	s := parse(t, "other.yaml", `
chanbot: 1
name: other
description: the initiator signs another reserve than the two have connected with
steps:
  - open:
    sign: {initiator_sign: {tamper: {field: channel_reserve, value: "+1", resign: true}}}
    timeout: 3s
`)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		rep := b.run()
		if n := len(rep.Scenario.Violations); n > 0 {
			t.Errorf("%d violations, the first %+v", n, rep.Scenario.Violations[0])
		}
		step := firstFailed(t, rep)
		if step.Outcome.Kind != outcome.Timeout || !strings.Contains(strings.Join(step.Problems, "\n"), "channel_reserve 2") {
			t.Errorf("outcome %v, problems %q", step.Outcome, step.Problems)
		}
	})
}

// TestAnOldRequestCanBeAnsweredLate: it was looked at when it came.
func TestAnOldRequestCanBeAnsweredLate(t *testing.T) {
	s := parse(t, "late.yaml", `
chanbot: 1
name: late
description: a signature that was given long ago
steps:
  - open:
  - repeat: {times: 6, steps: [{initiator: {transfer: 1}}]}
  - initiator: {answer: initiator_sign}
    expect: any
  - initiator: {transfer: 1}
    expect: signed
`)
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, s, 1, nil)
		defer b.stop()
		passed(t, b.run())
	})
}
