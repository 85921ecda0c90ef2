package fuzz

import (
	"fmt"

	"chanbot/outcome"
	"chanbot/wire"
)

// refusedOpening asks for a channel with parameters that a node refuses, before
// the real one is opened.
func (m *maker) refusedOpening() {
	if m.chance(50) {
		m.knownRefusal()
		return
	}
	m.any("open: {params: {"+m.oddParam()+"}}", "timeout: 900ms")
	m.any("both: stop", "timeout: 400ms")
	m.any("both: {disconnect: close}", "timeout: 400ms")
}

// nobody is an account that does not exist: nobody can have its key, so nobody
// has a reason to send it coins, and the embedded node gives it none.
const nobody = "ak_2wkBET2rRgE8pahuaczxKbmv7ciehqsne57F9gtzf1PVZS9BEY"

// refusals are parameters of which it is known how they are refused, for either
// role (ws-api 2.1, 2.4). A code of 0 is a close without a word.
var refusals = []struct {
	param string
	code  int
}{
	{"initiator_amount: -1", wire.CodeValueTooLow}, {"responder_amount: -1, push_amount: 0", wire.CodeValueTooLow}, {"push_amount: -1", wire.CodeValueTooLow},
	{"channel_reserve: -1", wire.CodeValueTooLow}, {"lock_period: -1", wire.CodeValueTooLow}, {"channel_reserve: 999999999999999999", wire.CodeValueTooLow},
	{"initiator_id: " + nobody, wire.CodeParticipantNotFound}, {"responder_id: " + nobody, wire.CodeParticipantNotFound},
	{"initiator_id: " + nobody + ", push_amount: -1", wire.CodeValueTooLow}, {"lock_period: -1, responder_id: " + nobody, wire.CodeParticipantNotFound},
	{"protocol: null", 0}, {"role: null", 0}, {"role: nobody", 0}, {"initiator_id: null", 0}, {"responder_id: ak_x", 0}, {"port: x", 0},
	{"initiator_amount: null", 0}, {"push_amount: 1.5", 0}, {"channel_reserve: many", 0}, {"lock_period: null", 0},
}

// knownRefusal asks for a channel that has to be refused in one way.
func (m *maker) knownRefusal() {
	r, no := m.role(), refusals[m.r.IntN(len(refusals))]
	expect := fmt.Sprintf("expect: {outcome: refused, frames: {%s: {in_order: [close 1000]}}}", r)
	if no.code != 0 {
		expect = fmt.Sprintf("expect: {refused: %d, frames: {%s: {in_order: [error %d, close 1000]}}}", no.code, r, no.code)
	}
	m.step(act(r, "{open: {params: {"+no.param+"}}}"), "timeout: 3s", expect)
}

func (m *maker) oddParam() string {
	return m.pick(
		"initiator_amount: -1", "initiator_amount: x", "initiator_amount: null", `initiator_amount: ""`, "initiator_amount: 1.5", "initiator_amount: 1",
		"responder_amount: -1", "responder_amount: 115792089237316195423570985008687907853269984665640564039457584007913129639936",
		"push_amount: -1", "push_amount: 999999999999999999", "channel_reserve: -1", "channel_reserve: 999999999999999999", "lock_period: -1", "lock_period: x",
		"initiator_id: ak_x", "responder_id: null", "initiator_id: $responder", "responder_id: $initiator", "initiator_id: $other", "role: nobody", "role: null",
		"protocol: nothing", "protocol: null", "host: null", "port: 0", "port: x", "port: 99999", "minimum_depth: -1", "minimum_depth: x", "minimum_depth_strategy: x",
		"version: 5", "nonce: -1", "nonce: 0", "ttl: 0", "timeout_sign: -1", "timeout_idle: x", "keep_running: maybe", "existing_channel_id: ch_x", "existing_fsm_id: ba_x",
		"state_password: x", "unknown_parameter: 1", `slogan: ""`, "report_info: maybe", "report_update: 1", "report_leave: null", "report_conflict: x", "report_message: x",
		"report_error: x", "report_on_chain_tx: x", "report_min_depth: x", "msg_forwarding: maybe", "log_keep: x", "log_keep: -1", "fee: x", "fee: -1", "gas_price: x",
		"timeout_accept: x", "timeout_initialized: 1.5", "timeout_awaiting_open: x", "timeout_funding_create: x", "timeout_funding_sign: x", "timeout_funding_lock: x",
		"bh_delta_not_newer_than: x", "bh_delta_not_older_than: x", "bh_delta_pick: x", "minimum_depth: 1.5", "ttl: x", "channel_reserve: 1e3", `lock_period: ""`,
		"lock_period: 18446744073709551616", "initiator_amount: 18446744073709551616", "port: -1", `host: ""`, `protocol: ""`, "responder_id: any", "initiator_id: any")
}

// opening plays with the opening of a channel.
func (m *maker) opening() {
	if m.up {
		m.any("both: stop", "timeout: 1500ms")
	}
	m.calm = false
	tag, role := "initiator_sign", outcome.Initiator
	if m.chance(50) {
		tag, role = "responder_sign", outcome.Responder
	}
	switch m.r.IntN(6) {
	case 0, 1:
		how := m.pick("bad_signature", "other_key", "other_network", "unsigned", "garbage", "truncated", "empty", "other_transaction", "peer_twice", "own_only")
		if m.chance(50) {
			how = m.changed(tag)
		}
		m.any("open:", "sign: {"+tag+": {tamper: "+how+"}}", "timeout: 500ms")
		m.any(act(role, "{answer: "+tag+"}"), "timeout: 900ms")
	case 2:
		m.any("open:", fmt.Sprintf("sign: {%s: [{abort: %s}, accept]}", tag, m.code()), "timeout: 2s")
	case 3:
		m.any("open:", "sign: {"+tag+": "+m.pick("[accept, accept]", "{delay: 40ms}", "[{tamper: bad_signature}, accept]", "stop", "{disconnect: close}", "{disconnect: reset}", "reconnect")+"}", "timeout: 2s")
	case 4:
		m.any("open: {until: {initiator: sign.initiator_sign, responder: info channel_open}}", "timeout: 2s")
		m.input(m.role(), "")
	case 5:
		for range 2 + m.r.IntN(3) {
			m.any("open:", "timeout: 6s")
			m.any("both: stop", "timeout: 1500ms")
		}
	}
	m.any("open:", "timeout: 5s")
	m.up = true
}
