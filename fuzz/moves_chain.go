package fuzz

import (
	"fmt"

	"chanbot/outcome"
	"chanbot/wire"
)

// chain does what needs the chain and leaves the channel open.
func (m *maker) chain() {
	r := m.role()
	switch m.r.IntN(6) {
	case 0, 1:
		m.honest(act(r, "{deposit: "+m.small()+"}"), "timeout: 8s")
	case 2:
		m.withdraw(r)
	case 3:
		m.any(act(r, fmt.Sprintf("{%s: {amount: %s, %s}}", m.pick("deposit", "withdraw"), m.pick(m.small(), m.small(), "70000000000000", "18446744073709551616"),
			m.pick("fee: 20000000000000", "gas_price: 1000000000", "fee: 1", "nonce: 1", "nonce: 1000", "fee: 40000000000000, gas_price: 2000000000", `meta: ["m"]`))), "timeout: 2s")
		m.calm = false
	case 4:
		m.any(act(r, "snapshot"), "timeout: 8s")
	case 5:
		m.transfer(r, "1")
		m.any(act(r.Peer(), "snapshot"), "timeout: 8s")
		m.transfer(r, "1")
	}
}

// withdraw takes a coin out and has to work where there is one.
func (m *maker) withdraw(r outcome.Role) {
	if m.spend(r, 1) {
		m.honest(act(r, "{withdraw: 1}"), "timeout: 8s")
		return
	}
	m.any(act(r, "{withdraw: 1}"), "timeout: 8s")
}

// abortChain takes back what needs the chain.
func (m *maker) abortChain() {
	r := m.role()
	switch what := m.pick("deposit", "withdraw", "close", "snapshot", "close_solo"); what {
	case "deposit", "withdraw":
		m.any(act(r, "{"+what+": 1}"), fmt.Sprintf("sign: {%s_%s: {abort: %s}}", what, m.pick("tx", "ack"), m.code()), "timeout: 2s")
	case "close":
		m.any(act(r, "close"), fmt.Sprintf("sign: {shutdown_sign%s: {abort: %s}}", m.pick("", "_ack"), m.code()), "timeout: 2s")
	case "snapshot":
		m.any(act(r, "snapshot"), fmt.Sprintf("sign: {snapshot_solo_tx: {abort: %s}}", m.code()), "timeout: 2s")
		m.calm = false
	default:
		m.any(act(r, "close_solo"), fmt.Sprintf("sign: {close_solo_sign: {abort: %s}}", m.code()), "timeout: 2s")
		m.calm = false
	}
	m.transfer(m.role(), "1", m.unlessCalm("timeout: 900ms")...)
}

// closeMove ends the channel by mutual consent, in more or less honest ways.
func (m *maker) closeMove() {
	r := m.role()
	switch m.r.IntN(7) {
	case 0:
		m.any(act(r, fmt.Sprintf("{close: {%s}}", m.pick("fee: 20000000000000", "gas_price: 1000000000", "fee: 1", "fee: 900000000000000000", "nonce: 1", "nonce: 50"))), "timeout: 2500ms")
	case 1:
		tag := m.pick("shutdown_sign", "shutdown_sign_ack")
		how := m.pick("bad_signature", "other_key", "other_network", "unsigned", "other_transaction", "garbage", "truncated")
		if m.chance(50) {
			how = m.changed(tag)
		}
		m.any(act(r, "close"), "sign: {"+tag+": {tamper: "+how+"}}", "timeout: 1200ms")
		m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
	case 2:
		m.any(act(r, "close"), "sign: {shutdown_sign_ack: hold}", "until: sign.shutdown_sign_ack", "timeout: 1500ms")
		m.input(r, "")
		m.any(act(r.Peer(), "{answer: shutdown_sign_ack}"), "timeout: 6s")
	default:
		if m.canClose() {
			m.honest(act(r, "close"), "timeout: 8s")
		} else {
			m.any(act(r, "close"), "timeout: 8s")
		}
	}
	m.ended()
}

// solo ends the channel without the peer, or tries to.
func (m *maker) solo() {
	r := m.role()
	for range m.r.IntN(3) {
		m.transfer(m.role(), "1")
	}
	switch m.r.IntN(6) {
	case 0:
		m.any(fmt.Sprintf("%s: {post: %s}", r, m.pick("$close_solo", "$close_solo 1", "$close_solo 2")), "timeout: 2s")
		m.any("wait: {frame: info closing}", "timeout: 2s")
		m.any(act(m.role(), "slash"), "timeout: 6s")
	case 1:
		what, tag := m.pick("close_solo", "close_solo", "snapshot"), wire.TagCloseSoloSign
		if what == "snapshot" {
			tag = wire.TagSnapshotSoloTx
		}
		m.any(act(r, what), "sign: {"+tag+": {tamper: "+m.tamperedSolo(tag)+"}}", "timeout: 900ms")
		m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
	default:
		m.any(act(r, "close_solo"), "timeout: 8s")
	}
	m.calm = false
	for range 1 + m.r.IntN(3) {
		switch m.r.IntN(6) {
		case 0:
			m.any(act(m.role(), "slash"), "timeout: 2s")
		case 1:
			m.any(act(m.role(), "close"), "timeout: 6s")
		case 2:
			what, tag := m.pick("settle", "settle", "slash"), wire.TagSettleSign
			if what == "slash" {
				tag = wire.TagSlashTx
			}
			m.any(act(m.role(), what), "sign: {"+tag+": {"+m.pick("abort: 42", "tamper: "+m.tamperedSolo(tag))+"}}", "timeout: 1200ms")
		case 3:
			m.input(m.role(), "")
		default:
			m.any(act(m.role(), "settle"), "timeout: 8s")
		}
	}
	m.ended()
}

// tamperedSolo draws another answer to a transaction that one side signs alone.
func (m *maker) tamperedSolo(tag string) string {
	if m.chance(50) {
		return m.changed(tag)
	}
	return m.pick("bad_signature", "unsigned", "other_key", "other_network", "garbage", "truncated", "both_keys")
}

// leave goes away in good order, and comes back.
func (m *maker) leave() {
	r := m.role()
	m.any(act(r, "leave"), m.pick("timeout: 2s", "id: true"))
	m.calm = false
	switch m.r.IntN(5) {
	case 0:
		m.ended()
		return
	case 1:
		m.any(act(r, `{reestablish: {params: {existing_fsm_id: "ba_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8vKHtN"}}}`), "timeout: 900ms")
	}
	m.any("both: reestablish", "timeout: 5s")
	m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
	m.any(act(m.role(), "state"), "timeout: 900ms")
}

// reconnect loses sockets and comes back.
func (m *maker) reconnect() {
	r := m.role()
	m.calm = false
	switch m.r.IntN(5) {
	case 0:
		m.any(act(r, "{transfer: 1}"), "sign: {"+m.pick("update", "update_ack")+": "+m.pick("reconnect", "{disconnect: close}", "{disconnect: reset}")+"}", "timeout: 900ms")
	case 1:
		m.any(act(r, "{reconnect: {params: {existing_fsm_id: "+m.pick("null", "Invalid", `"ba_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8vKHtN"`)+"}}}"), "timeout: 900ms")
	default:
		m.any(act(r, "{disconnect: "+m.pick("close", "reset")+"}"))
	}
	if m.chance(40) {
		m.any(act(r.Peer(), m.pick("{transfer: 1}", "{message: anybody}", "balances", "close", "{deposit: 1}")), "timeout: 900ms")
	}
	m.any(act(r, "reconnect"), "timeout: 2s")
	m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
	m.any(act(r, "balances"), "timeout: 900ms")
}

// contract asks for what only a node with contracts can do.
func (m *maker) contract() {
	const ct = "ct_2gPXZnZdKU716QBUFKaT4VdBZituK93KLvHJB3n4EnbrHHw4Ay"
	m.any(act(m.role(), m.pick(
		"{create_contract: {vm_version: 7, abi_version: 3, deposit: 1, code: cb_Xfbg4g==, call_data: cb_Xfbg4g==}}",
		"{call_contract: {contract_id: "+ct+", abi_version: 3, amount: 0, call_data: cb_Xfbg4g==}}",
		"{dry_run: {contract_id: "+ct+", abi_version: 3, amount: 0, call_data: cb_Xfbg4g==}}",
		"{contract_call: {contract_id: "+ct+", round: 1}}",
		"{contract: "+ct+"}", "clean_calls",
	)), "timeout: 900ms")
	m.calm = false
}

// hold keeps a request to sign open while other things go on.
func (m *maker) hold() {
	r := m.role()
	kind, tags := m.pick("{transfer: 1}", "{transfer: 2}", "{deposit: 1}", "{withdraw: 1}"), []string{"update", "update_ack"}
	switch kind {
	case "{deposit: 1}":
		tags = []string{"deposit_tx", "deposit_ack"}
	case "{withdraw: 1}":
		tags = []string{"withdraw_tx", "withdraw_ack"}
	}
	i := m.r.IntN(2)
	holder := r
	if i == 1 {
		holder = r.Peer()
	}
	m.any(act(r, kind), "sign: {"+tags[i]+": hold}", "until: sign."+tags[i], "timeout: 1500ms")
	m.calm = false
	for range 1 + m.r.IntN(3) {
		m.input(m.role(), "")
	}
	m.any(act(holder, fmt.Sprintf("{answer: {tag: %s, do: %s}}", tags[i], m.pick("accept", "accept", "accept", "{abort: 42}", "{tamper: bad_signature}"))), "timeout: 1500ms")
	if m.chance(70) {
		m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
	}
}

// late answers what was answered or given up long ago.
func (m *maker) late() {
	tag := m.pick("update", "update_ack", "initiator_sign", "responder_sign", "deposit_tx", "deposit_ack", "withdraw_tx", "withdraw_ack")
	r := m.role()
	switch tag {
	case "initiator_sign":
		r = outcome.Initiator
	case "responder_sign":
		r = outcome.Responder
	case "update", "update_ack":
		m.transfer(r, "1")
		if tag == "update_ack" {
			r = r.Peer()
		}
	}
	m.any(act(r, fmt.Sprintf("{answer: {tag: %s, do: %s}}", tag, m.pick("accept", "{abort: 42}", "{tamper: bad_signature}"))), "timeout: 900ms")
	m.calm = false
	if m.chance(60) {
		m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
	}
}
