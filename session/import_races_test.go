package session_test

import (
	"strings"
	"testing"
	"time"

	"chanbot/strategy"
)

// TestWhatRacesIsImported records sessions in which sockets, blocks and timers meet,
// on another stage than the usual one, and plays each of them again.
func TestWhatRacesIsImported(t *testing.T) {
	depth := func(n string) []strategy.Param { return []strategy.Param{{Name: "minimum_depth", Value: n}} }
	const early = "{open: {until: {initiator: on_chain_tx funding_signed, responder: on_chain_tx funding_created}}, END}"
	for _, c := range []struct {
		name  string
		stage stage
		steps []string
	}{
		{"a block that locks the state at once meets the end of one side", stage{latency: 2 * time.Millisecond, params: append(depth("0"), strategy.Param{Name: "minimum_depth_strategy", Value: "plain"})}, []string{
			"{open: , sign: {initiator_sign: [accept, accept]}, END}", "{open: , END}",
		}},
		{"a history tells on which side of a request a block came", stage{interval: 100 * time.Millisecond, params: depth("3")}, []string{
			early, "{initiator: {message: early}, END}", "{open: , END}", "{initiator: history, END}",
		}},
		{"two signatures cross, and each client sends more behind its own", stage{latency: 4 * time.Millisecond}, []string{
			"{open: , END}", "{both: {transfer: 1}, offset: 2ms, sign: {update: [accept, {abort: 42}]}, END}", "{responder: close, END}",
		}},
		{"a request ends in a conflict just when the other side asks for something", stage{}, []string{
			"{open: , END}", "{initiator: {transfer: 1}, sign: {update: reconnect}, END}", "{both: {transfer: 1}, END}",
		}},
		{"the same before 2021", stage{era: 1}, []string{
			"{open: , END}", "{initiator: {transfer: 1}, sign: {update: reconnect}, END}", "{both: {transfer: 1}, END}", "{responder: snapshot, END}",
		}},
		{"an operation is left alone until its timer runs out, and nobody hears of it", stage{latency: 2 * time.Millisecond}, []string{
			"{open: , END}", "{initiator: close_solo, END}", "{initiator: stop, END}", "{responder: close, sign: {shutdown_sign: ignore}, END}",
			"{wait: 6s, END}", "{responder: {transfer: 3}, END}",
		}},
		{"what was on its way comes behind the answer to a stop", stage{params: []strategy.Param{{Name: "keep_running", Value: "true"}}}, []string{
			"{open: , END}", "{initiator: leave, END}", "{responder: {deposit: 2}, END}", "{initiator: reconnect, END}",
			"{initiator: {transfer: 1}, END}",
		}},
		{"a connection is refused while the other side has not heard of the first one's end", stage{}, []string{
			"{open: {until: {initiator: sign.initiator_sign, responder: info channel_open}}, END}", "{initiator: {disconnect: close}, END}",
			"{initiator: reconnect, END}", "{responder: {transfer: {amount: 1, params: {amount: -1}}}, raw: true, END}",
		}},
		{"both wait for different things, and their timers run out together", stage{latency: 3 * time.Millisecond, params: depth("1")}, []string{
			"{responder: {open: {until: info fsm_up, params: {keep_running: true, minimum_depth: 5, minimum_depth_strategy: plain}}}, END}", "{open: , END}", "{initiator: {transfer: 2}, END}",
		}},
		{"a client comes back before what its peer has signed has come", stage{}, []string{
			"{open: , END}", "{initiator: close_solo, sign: {close_solo_sign: {propose: {transfer: 1}}}, END}",
			"{responder: {disconnect: reset}, END}", "{both: reestablish, END}", "{initiator: {balances: [initiator]}, END}",
		}},
		{"a client comes back to a machine that is about to end", stage{}, []string{
			"{open: , END}", "{initiator: {disconnect: close}, END}", "{responder: {transfer: 3}, END}", "{responder: stop, END}", "{both: reestablish, END}",
		}},
		{"a request is blocked until the answer of the other side", stage{latency: 3 * time.Millisecond}, []string{
			"{open: , END}", "{initiator: close_solo, sign: {close_solo_sign: {propose: {transfer: 1}}}, END}", "{responder: close_solo, sign: {close_solo_sign: {abort: 1}}, END}",
			"{initiator: {transfer: 999999999999999999}, END}", "{initiator: ping, END}",
		}},
		{"a request that waits fails with its machine", stage{}, []string{
			"{open: , END}", "{responder: {transfer: 1}, sign: {update: [accept, {propose: {transfer: 1}}], update_ack: stop}, END}",
		}},
		{"a client comes back after a stop that crossed its peer's", stage{latency: 4 * time.Millisecond}, []string{
			"{open: , END}", "{both: {deposit: 2}, sign: {deposit_tx: stop}, END}", "{initiator: reconnect, END}",
		}},
		{"a request overtakes the word that the other side has locked", stage{latency: 2 * time.Millisecond}, []string{
			"{open: {until: {initiator: update, responder: info own_funding_locked}}, END}", "{responder: settle, END}", "{open: , END}",
		}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "-"), func(t *testing.T) {
			t.Parallel()
			var text strings.Builder
			text.WriteString("chanbot: 1\nname: race\nchannel: {lock_period: 2, timeouts: {sign: 5s, accept: 4s, funding_sign: 6s, funding_lock: 8s, idle: 20s, funding_create: 7s}}\nsteps:\n")
			for _, s := range c.steps {
				text.WriteString("  - " + strings.ReplaceAll(s, "END", "timeout: 15s, expect: any") + "\n")
			}
			s, problems := strategy.Parse("race.yaml", []byte(text.String()), strategy.Options{ResolveStrategy: ready})
			if len(problems) > 0 {
				t.Fatal(problems.Error())
			}
			first := new(tape)
			if problem := c.stage.play(t, s, first); problem != "" {
				t.Fatal(problem)
			}
			replayed(t, "race", first.entries)
		})
	}
}
