package fuzz

import (
	"fmt"

	"chanbot/outcome"
)

// refusedOpening asks for a channel with parameters that a node refuses, before
// the real one is opened.
func (m *maker) refusedOpening() {
	m.any("open: {params: {"+m.oddParam()+"}}", "timeout: 900ms")
	m.any("both: stop", "timeout: 400ms")
	m.any("both: {disconnect: close}", "timeout: 400ms")
}

func (m *maker) oddParam() string {
	return m.pick(
		"initiator_amount: -1", "initiator_amount: x", "initiator_amount: null", `initiator_amount: ""`, "initiator_amount: 1.5", "initiator_amount: 1",
		"responder_amount: -1", "responder_amount: 115792089237316195423570985008687907853269984665640564039457584007913129639936",
		"push_amount: -1", "push_amount: 999999999999999999", "channel_reserve: -1", "channel_reserve: 999999999999999999", "lock_period: -1", "lock_period: x",
		"initiator_id: ak_x", "responder_id: null", "initiator_id: $responder", "responder_id: $initiator", "initiator_id: $other", "role: nobody", "role: null",
		"protocol: nothing", "protocol: null", "host: null", "port: 0", "port: x", "port: 99999", "minimum_depth: -1", "minimum_depth: x", "minimum_depth_strategy: x",
		"version: 5", "nonce: -1", "nonce: 0", "ttl: 0", "timeout_sign: -1", "timeout_idle: x", "keep_running: maybe", "existing_channel_id: ch_x", "existing_fsm_id: ba_x",
		"state_password: x", "unknown_parameter: 1", `slogan: ""`)
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
		how := m.pick("bad_signature", "other_key", "unsigned", "garbage", "truncated", "empty", "other_transaction",
			`{field: fee, value: "+1", resign: true}`, `{field: nonce, value: "+1", resign: true}`, `{field: initiator_amount, value: "+1", resign: true}`,
			`{field: channel_reserve, value: "+1", resign: true}`, `{field: lock_period, value: "+1", resign: true}`, "peer_twice", "own_only")
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
