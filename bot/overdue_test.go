package bot_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"chanbot/model"
	"chanbot/outcome"
)

const oneTransfer = `
chanbot: 1
name: one-transfer
steps:
  - open:
  - initiator: {transfer: 1}
    timeout: 30s
    expect: [signed, timeout]
`

// TestASilenceThatTheNodeOwesAnEndToIsAViolation: a lost frame is noticed as
// soon as the node has been silent for longer than it may take.
func TestASilenceThatTheNodeOwesAnEndToIsAViolation(t *testing.T) {
	for name, c := range map[string]struct {
		role, lost, rule string
		patience         time.Duration
	}{
		"the report of the starter":     {"initiator", `"method":"channels.update"`, model.RuleStuck, 0},
		"the request of the acker":      {"responder", `"method":"channels.sign.update_ack"`, model.RuleStuck, 0},
		"the answer to the signature":   {"initiator", `"result":"ok"`, model.RuleEffectFirst, 0},
		"one that is more than patient": {"initiator", `"method":"channels.update"`, "", time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, parse(t, "x.yaml", oneTransfer), 1, nil)
				defer func() { b.stop() }()
				b.cfg.Patience = c.patience
				updates := 0
				b.through(func(role string, f []byte) [][]byte {
					if role == c.role && strings.Contains(string(f), c.lost) {
						// The first report is that of the opening, and the first answers are its too.
						if updates++; updates > 1 || c.lost == `"method":"channels.sign.update_ack"` {
							return nil
						}
					}
					return [][]byte{f}
				})
				rep := b.run()
				switch got := rep.Scenario.Steps[1].Outcome; {
				case c.rule == "" && (len(rep.Scenario.Violations) > 0 || got.Kind != outcome.Timeout):
					t.Errorf("got %v and %v, want a timeout", got, rep.Scenario.Violations)
				case c.rule != "" && (len(rep.Scenario.Violations) == 0 || rep.Scenario.Violations[0].Rule != c.rule):
					t.Errorf("got %v and %v, want %s", got, rep.Scenario.Violations, c.rule)
				}
			})
		})
	}
}

// TestCellsTellWhatIsSentWhere: a transfer that both sign is a request in an
// open channel and two signatures where one is waited for.
func TestCellsTellWhatIsSentWhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, parse(t, "x.yaml", oneTransfer), 1, nil)
		defer func() { b.stop() }()
		var got []string
		b.cfg.Cells = func(pair int, role outcome.Role, c model.Cell) {
			got = append(got, fmt.Sprintf("%d %s: %s", pair, role, c))
		}
		passed(t, b.run())
		want := []string{
			"0 initiator: awaiting_signature (create) × signature",
			"0 responder: awaiting_signature (create) × signature",
			"0 initiator: open × update",
			"0 initiator: awaiting_signature (co-signed) × signature",
			"0 responder: awaiting_signature (co-signed) × signature",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}
