package simnode

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// matrixText is the table of fsm.md 3.2, one line a state, in its columns
// Q U C S L F X Z M A G. A state stands in the table as often as it behaves
// differently. `refuse` is -32603, `swallow` a refusal that leave loses.
// C and F need a contract machine, which the embedded node does not have:
// where the table says ok, it refuses, and knows no call (1004).
const matrixText = `
awaiting_open              108 108    108    108    ok      108    108     108    108    108  die
initialized                ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
accepted                   ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
half_signed                ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
signed                     ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
awaiting_reestablish       ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
reestablish_init           ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
awaiting_connect           ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 park
awaiting_signature/own     ok  conflict wait wait   wait    wait   replace refuse wait   ok   ok
awaiting_signature/peers   ok  conflict wait wait   wait    wait   replace refuse wait   ok   ok
awaiting_signature/create  ok  wait   wait   wait   wait    wait   refuse  refuse wait   1018 ok
awaiting_signature/close   ok  wait   wait   wait   wait    wait   replace refuse wait   ok   ok
awaiting_signature/solo    ok  wait   wait   wait   wait    wait   replace refuse wait   ok   ok
awaiting_locked/funding    ok  wait   wait   wait   wait    wait   refuse  refuse wait   1018 die
awaiting_locked/deposit    ok  wait   wait   wait   wait    wait   replace refuse wait   1018 die
open                       ok  ok     1004   ok     ok      refuse replace refuse refuse 1018 drop
awaiting_update_ack        ok  wait   wait   wait   wait    wait   replace refuse wait   1018 park
dep_half_signed            ok  refuse refuse refuse swallow refuse replace refuse refuse 1018 die
dep_signed                 ok  refuse refuse refuse swallow refuse replace refuse refuse 1018 die
wdraw_half_signed          ok  refuse refuse refuse swallow refuse replace refuse refuse 1018 die
wdraw_signed               ok  refuse refuse refuse swallow refuse replace refuse refuse 1018 die
mutual_closing             ok  wait   wait   wait   wait    wait   replace refuse wait   1018 die
mutual_closed              ok  refuse refuse refuse swallow refuse replace refuse refuse 1018 park
channel_closing            ok  refuse refuse ok     swallow refuse refuse  ok     refuse 1018 drop
channel_closed             ok  refuse refuse refuse swallow refuse refuse  refuse refuse 1018 drop
awaiting_leave_ack         ok  wait   wait   wait   wait    wait   replace refuse wait   1018 park
`

// ways lead a new pair into a state, and say whose.
var ways = map[string]string{
	"awaiting_open":             "start; R",
	"awaiting_connect":          "start; I",
	"initialized":               "start; hold; I linkup; I",
	"accepted":                  "start; I linkup; R",
	"awaiting_signature/create": "start; I linkup; I",
	"half_signed":               "start; I linkup; I sign; I",
	"awaiting_locked/funding":   "start; I linkup; I sign; R sign; mine; R",
	"signed":                    "start; I linkup; I sign; R sign; mine; I depth; I",
	"open":                      "open; I",
	"awaiting_signature/own":    "open; I transfer 1; I",
	"awaiting_update_ack":       "open; I transfer 1; I sign; I",
	"awaiting_signature/peers":  "open; I transfer 1; I sign; R",
	"awaiting_signature/close":  "open; I shutdown 16900000000000; I sign; R",
	"awaiting_signature/solo":   "open; I transfer 1; I sign; R sign; I snapshot; I",
	"dep_half_signed":           "open; I deposit 1; I sign; I",
	"awaiting_locked/deposit":   "open; I deposit 1; I sign; R sign; I",
	"dep_signed":                "open; I deposit 1; I sign; R sign; mine; I depth; I",
	"wdraw_half_signed":         "open; I withdraw 1; I sign; I",
	"wdraw_signed":              "open; I withdraw 1; I sign; R sign; mine; I depth; I",
	"mutual_closing":            "open; I shutdown 16900000000000; I sign; I",
	"mutual_closed":             "open; I shutdown 16900000000000; I sign; R sign; I",
	"channel_closing":           "open; I close_solo; I sign; soloclosing; I",
	"channel_closed":            "open; I shutdown 16900000000000; I sign; R sign; mine; I",
	"awaiting_leave_ack":        "open; hold; I leave; I",
	"awaiting_reestablish":      "open; reestablish; R",
	"reestablish_init":          "open; reestablish; hold; I linkup; I",
}

const matrixColumns = "Q U C S L F X Z M A G"

func TestMatrix(t *testing.T) {
	columns := strings.Fields(matrixColumns)
	cells := 0
	for line := range strings.SplitSeq(strings.TrimSpace(matrixText), "\n") {
		fields := strings.Fields(line)
		if len(fields) != len(columns)+1 {
			t.Fatalf("line of %d fields: %s", len(fields), line)
		}
		for i, column := range columns {
			cells++
			t.Run(fields[0]+"/"+column, func(t *testing.T) {
				p, r := atState(t, fields[0])
				if got := p.cell(r, column); got != fields[i+1] {
					t.Errorf("%s in %s: got %s, want %s\n%s", column, fields[0], got, fields[i+1], strings.Join(p.log, ""))
				}
			})
		}
	}
	if want := 26 * 11; cells != want {
		t.Errorf("%d cells, want %d", cells, want)
	}
}

// atState returns a pair of which side r is in the state.
func atState(t *testing.T, name string) (p *scriptPair, r int) {
	t.Helper()
	way, known := ways[name]
	if !known {
		t.Fatalf("no way leads to %s", name)
	}
	p = newScriptPair(t)
	amounts := []string{"initiator_amount=70000000000000", "responder_amount=40000000000000"}
	for step := range strings.SplitSeq(way, "; ") {
		switch args := strings.Fields(step); {
		case step == "I" || step == "R":
			r = strings.Index("IR", step)
		case step == "start" || step == "open":
			p.command(append(args, amounts...))
		case step == "soloclosing":
			p.lockedUntil = p.height + 10
			p.mine()
		case step == "reestablish":
			p.reestablish()
		default:
			p.command(args)
		}
	}
	state, _, _ := strings.Cut(name, "/")
	if got := p.fsms[r].state.String(); got != state {
		t.Fatalf("the way to %s leads to %s:\n%s", name, got, strings.Join(p.log, ""))
	}
	p.log = nil
	return p, r
}

// reestablish replaces both machines by ones that start from their state.
func (p *scriptPair) reestablish() {
	for r := range p.fsms {
		kept, ok := p.fsms[r].snapshot()
		if !ok {
			p.t.Fatal("nothing to reestablish from")
		}
		p.fsms[r] = newReestablished(&kept.params, &kept, p, &Config{}, "ba_again")
	}
}

// cell sends the request of a column and names what happens, in the words of
// matrixText.
func (p *scriptPair) cell(r int, column string) string {
	f := p.fsms[r]
	before, kept := f.state, len(f.postponed)
	hadOp := f.op.kind
	own, peer := p.keys[r].ID(), p.keys[1-r].ID()
	requests := map[string]clientRequest{
		"Q": {method: wire.MethodGetBalances, accounts: []tx.ID{own}},
		"U": {method: wire.MethodUpdateNew, from: own, to: peer, amount: big.NewInt(1)},
		"C": {method: wire.MethodGetContractCall},
		"S": {method: wire.MethodShutdown},
		"L": {method: wire.MethodLeave},
		"F": {method: wire.MethodForceProgress},
		"X": {method: wire.MethodCloseSolo},
		"Z": {method: wire.MethodSettle},
		"M": {method: wire.MethodAssumeMinimumDepth, txHash: &tx.Hash{1}},
		"A": {method: wire.MethodUpdate, abort: true, tag: wire.TagUpdate, code: 42},
	}
	tag := wire.TagUpdate
	if f.state == awaitingSignature {
		tag = f.op.tag()
	}
	p.held = true
	if column == "G" {
		signed := tx.NewSigned(&tx.OffChain{Version: 2})
		if f.state == awaitingSignature {
			signed = f.op.offer.Sign(p.keys[r], "ae_dev", tx.Raw)
		}
		p.step(r, event{kind: evSigned, tag: tag, signed: signed})
		switch {
		case f.ended:
			return "die"
		case len(f.postponed) > kept:
			return "park"
		case f.state != before:
			return "ok"
		case len(p.log) == 0:
			return "drop"
		}
		return "?"
	}
	c := requests[column]
	if column == "A" {
		c.tag = tag
	}
	p.step(r, event{kind: evRequest, request: &c})
	text := strings.Join(p.log, "")
	first, _, _ := strings.Cut(text, "\n")
	switch {
	case f.ended:
		return "die"
	case text == "" && len(f.postponed) > kept:
		return "wait"
	case strings.HasSuffix(first, "error 3/108"):
		return "108"
	case strings.HasSuffix(first, "error 3/1018"):
		return "1018"
	case strings.HasSuffix(first, "error 3/1004"):
		return "1004"
	case strings.HasSuffix(first, "error -32603"):
		return "refuse"
	case strings.Contains(text, "conflict 2"):
		return "conflict"
	case column == "L" && strings.HasSuffix(first, "ok") && f.state == before && before != awaitingOpen:
		return "swallow"
	case column == "X" && f.op.kind == opCloseSolo && hadOp != opCloseSolo:
		return "replace"
	case strings.HasSuffix(first, "ok") || strings.Contains(first, "result"):
		return "ok"
	}
	return fmt.Sprintf("? %q", text)
}

func TestWrongTagsInAwaitingSignature(t *testing.T) {
	p, r := atState(t, "awaiting_signature/own")
	p.step(r, event{kind: evRequest, request: &clientRequest{method: wire.MethodUpdateAck, abort: true, tag: wire.TagUpdateAck, code: 42}})
	if got := strings.Join(p.log, ""); got != "I<- error 3/1018\n" {
		t.Errorf("abort of another tag: %q", got)
	}
	p.step(r, event{kind: evSigned, tag: wire.TagDepositTx, signed: p.fsms[r].op.offer})
	if n := len(p.fsms[r].postponed); n != 1 {
		t.Errorf("a signature with another tag: %d events kept, want 1", n)
	}
}
