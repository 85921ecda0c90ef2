package fuzz

import (
	"fmt"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/wire"
)

// target returns the cell that a case aims at: every second one has one. The
// cells take turns: a case aims at the same cell whatever was seen before, and
// every cell has its turn before any has a second one.
func target(seed uint64, n int) model.Cell {
	if n%2 == 0 {
		return model.Cell{}
	}
	cells := model.Cells()
	return cells[permuted(seed, uint64(n/2), uint64(len(cells)))]
}

// closing are the states that only a mutual close leads to.
var closing = map[string]bool{
	model.StateMutualClosing: true, model.StateMutualClosed: true, model.StateChannelClosed: true, model.StateSigningOther: true,
}

// slow are the states that end when a transaction has its depth. It takes longer
// in channels where they are wanted.
var slow = map[string]bool{
	model.StateAwaitingLocked: true, model.StateSigned: true, model.StateDepSigned: true, model.StateWdrawSigned: true,
	model.StateChannelClosed: true,
}

// aim brings a state machine into a state and sends it something there.
func (m *maker) aim() {
	cell := m.target
	role := m.role()
	switch cell.State {
	case model.StateAwaitingOpen, model.StateAccepted, model.StateAwaitingReestablish:
		role = outcome.Responder
	case model.StateInitialized, model.StateHalfSigned, model.StateReestablishInit:
		role = outcome.Initiator
	}
	clean := m.reach(cell.State, role)
	m.calm = false
	m.input(role, cell.Input)
	m.pending = ""
	clean()
}

// permuted returns where number n of an endless row falls that goes through 0
// to size-1 again and again, each time in another order.
func permuted(seed, n, size uint64) uint64 {
	round, at := n/size, n%size
	step := uint64(1)
	for k := (seed*0x9e3779b97f4a7c15 + round*0xbf58476d1ce4e5b9) % size; ; k++ {
		if step = k%size + 1; coprime(step, size) {
			break
		}
	}
	return (at*step + seed + 7*round) % size
}

func coprime(a, b uint64) bool {
	for b != 0 {
		a, b = b, a%b
	}
	return a == 1
}

// reach takes the channel to where a side's state machine is in a state. What
// it returns lets go again.
func (m *maker) reach(state string, role outcome.Role) (clean func()) {
	until := func(sides string) func() {
		m.any("open: {until: {"+sides+"}}", "timeout: 2s")
		m.up = true
		return func() { m.any("open:", "timeout: 6s") }
	}
	switch state {
	case model.StateAwaitingOpen, model.StateInitialized:
		m.any(act(role, "{open: {until: info fsm_up}}"), "timeout: 2s")
		m.up = true
		return func() { m.any("open:", "timeout: 6s") }
	case model.StateAccepted:
		return until("initiator: sign.initiator_sign, responder: info channel_open")
	case model.StateSigningCreate:
		if role == outcome.Initiator {
			m.pending = wire.TagInitiatorSign
			return until("initiator: sign.initiator_sign, responder: info channel_open")
		}
		m.pending = wire.TagResponderSign
		return until("responder: sign.responder_sign")
	case model.StateHalfSigned:
		return until("responder: sign.responder_sign")
	case model.StateAwaitingLocked:
		if m.chance(60) {
			m.any("open: {until: on_chain_tx channel_changed}", "timeout: 2s")
			m.up = true
			return func() { m.any("open:", "timeout: 6s") }
		}
		m.open()
		m.any(act(role, "{deposit: 1}"), "until: on_chain_tx channel_changed", "timeout: 2s")
		return func() { m.any("blocks: 8") }
	case model.StateSigned:
		m.any("open: {until: on_chain_tx channel_changed}", "timeout: 2s")
		m.up = true
		m.any(act(role, "assume_minimum_depth"), "timeout: 900ms")
		return func() { m.any("open:", "timeout: 6s") }
	}
	m.open()
	return m.reachFromOpen(state, role)
}

// reachFromOpen is reach for the states of a channel that was opened, which it is.
func (m *maker) reachFromOpen(state string, role outcome.Role) (clean func()) {
	peer := role.Peer()
	answer := func(r outcome.Role, tag string) func() {
		if r == role {
			m.pending = tag
		}
		return func() { m.any(act(r, "{answer: "+tag+"}"), "timeout: 2s") }
	}
	switch state {
	case model.StateSigningBoth:
		kind, own, ack := m.coSigned()
		if m.chance(50) {
			m.any(act(role, kind), "sign: {"+own+": hold}", "until: sign."+own, "timeout: 1500ms")
			return answer(role, own)
		}
		m.any(act(peer, kind), "sign: {"+ack+": hold}", "until: sign."+ack, "timeout: 1500ms")
		return answer(role, ack)
	case model.StateSigningOther:
		switch m.r.IntN(3) {
		case 0:
			m.any(act(peer, "close"), "sign: {shutdown_sign_ack: hold}", "until: sign.shutdown_sign_ack", "timeout: 1500ms")
			let := answer(role, wire.TagShutdownSignAck)
			return func() { let(); m.ended() }
		case 1:
			m.any(act(role, "{transfer: 1}"))
			m.any(act(role, "snapshot"), "sign: {snapshot_solo_tx: hold}", "until: sign.snapshot_solo_tx", "timeout: 1500ms")
			return answer(role, "snapshot_solo_tx")
		}
		m.any(act(role, "close_solo"), "sign: {close_solo_sign: hold}", "until: sign.close_solo_sign", "timeout: 1500ms")
		let := answer(role, wire.TagCloseSoloSign)
		return func() { let(); m.ended() }
	case model.StateAwaitingUpdateAck:
		m.any(act(role, "{transfer: 1}"), "sign: {update_ack: hold}", "until: sign.update_ack", "timeout: 1500ms")
		return answer(peer, "update_ack")
	case model.StateDepHalfSigned:
		m.any(act(role, "{deposit: 1}"), "sign: {deposit_ack: hold}", "until: sign.deposit_ack", "timeout: 1500ms")
		return answer(peer, "deposit_ack")
	case model.StateWdrawHalfSigned:
		m.any(act(role, "{withdraw: 1}"), "sign: {withdraw_ack: hold}", "until: sign.withdraw_ack", "timeout: 1500ms")
		return answer(peer, "withdraw_ack")
	case model.StateDepSigned, model.StateWdrawSigned:
		kind := "{deposit: 1}"
		if state == model.StateWdrawSigned {
			kind = "{withdraw: 1}"
		}
		m.any(act(m.role(), kind), "until: on_chain_tx channel_changed", "timeout: 2s")
		m.any(act(role, "assume_minimum_depth"), "timeout: 900ms")
		return func() { m.any("blocks: 8") }
	case model.StateMutualClosing:
		m.any(act(role, "close"), "sign: {shutdown_sign_ack: hold}", "until: sign.shutdown_sign_ack", "timeout: 1500ms")
		return func() { answer(peer, "shutdown_sign_ack")(); m.ended() }
	case model.StateMutualClosed:
		// A fee that was changed in the last answer: no block takes it.
		m.any(act(m.role(), "close"), "sign: {shutdown_sign_ack: {tamper: {field: fee, value: \"+1\", resign: true}}}", "until: info closing", "timeout: 1500ms")
		m.any(act(role, "{wait: {frame: info closing}}"), "timeout: 60ms")
		return m.ended
	case model.StateChannelClosing:
		m.any(act(m.role(), "close_solo"), "timeout: 4s")
		return m.ended
	case model.StateChannelClosed:
		m.any(act(m.role(), "close"), "until: on_chain_tx channel_closed", "timeout: 2s")
		return func() { m.any("blocks: 8"); m.ended() }
	case model.StateAwaitingLeaveAck:
		m.any(act(peer, "{transfer: 1}"), "sign: {update: hold}", "until: sign.update", "timeout: 1500ms")
		m.any(act(role, "leave"), "id: true", "until: result ok", "timeout: 900ms")
		return func() { answer(peer, "update")(); m.ended() }
	case model.StateAwaitingReestablish, model.StateReestablishInit:
		m.any(act(m.role(), "leave"), "timeout: 2s")
		m.any("both: stop", "timeout: 300ms")
		m.any(act(role, "reestablish"), "timeout: 250ms")
		return func() {
			m.any(act(peer, "reestablish"), "timeout: 3s")
			m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
		}
	}
	return func() {}
}

// coSigned draws an operation that both sign, and its tags.
func (m *maker) coSigned() (kind, own, ack string) {
	switch m.r.IntN(5) {
	case 0:
		return "{deposit: 1}", wire.TagDepositTx, wire.TagDepositAck
	case 1:
		return "{withdraw: 1}", wire.TagWithdrawTx, wire.TagWithdrawAck
	}
	return "{transfer: 1}", wire.TagUpdate, wire.TagUpdateAck
}

// input sends something of a group of requests, of any group without one.
func (m *maker) input(r outcome.Role, group string) {
	aimed := group != ""
	if !aimed {
		all := []string{
			model.InputQuery, model.InputQuery, model.InputUpdate, model.InputUpdate, model.InputContractCall, model.InputShutdown, model.InputLeave,
			model.InputForceProgress, model.InputSolo, model.InputSlash, model.InputAssume, model.InputAbort, model.InputSign,
		}
		group = m.pick(all...)
	}
	keys := []string{"timeout: " + m.pick("120ms", "120ms", "350ms")}
	if m.chance(60) {
		keys = append(keys, "id: true")
	}
	switch group {
	case model.InputQuery:
		m.any(act(r, m.pick("balances", "state", "proof", "history", "{message: meanwhile}")), keys...)
	case model.InputUpdate:
		m.any(act(r, m.pick("{transfer: 1}", "{transfer: 1}", "{deposit: 1}", "{withdraw: 1}")), keys...)
	case model.InputContractCall:
		m.any(act(r, "{contract_call: {contract_id: ct_2gPXZnZdKU716QBUFKaT4VdBZituK93KLvHJB3n4EnbrHHw4Ay, round: 1}}"), keys...)
	case model.InputShutdown:
		m.any(act(r, "close"), keys...)
	case model.InputLeave:
		m.any(act(r, "leave"), keys...)
	case model.InputForceProgress:
		m.any(act(r, "{force_progress: {contract_id: ct_2gPXZnZdKU716QBUFKaT4VdBZituK93KLvHJB3n4EnbrHHw4Ay, abi_version: 3, amount: 0, call_data: cb_Xfbg4g==, gas_price: 1000000000}}"), keys...)
	case model.InputSolo:
		m.any(act(r, m.pick("close_solo", "snapshot")), keys...)
	case model.InputSlash:
		m.any(act(r, m.pick("slash", "settle")), keys...)
	case model.InputAssume:
		m.any(act(r, m.pick("assume_minimum_depth", "{assume_minimum_depth: th_2cTQAPBDgDWkhrwMkXsF6vmKqkNDzfDNHcGkMoAbkEhDgAKkBA}")), keys...)
	case model.InputAbort, model.InputAbortOther:
		m.any(act(r, fmt.Sprintf("{send: {frame: {jsonrpc: \"2.0\", method: %s, params: {error: %s}}}}", m.answerMethod(group == model.InputAbortOther), m.code())), keys[0])
	case model.InputSign, model.InputSignOther:
		if group == model.InputSign && m.pending != "" && m.chance(50) {
			m.any(act(r, "{answer: "+m.pending+"}"), keys[0])
			return
		}
		if !aimed && m.chance(50) {
			m.any(act(r, "{answer: "+m.pick(wire.TagUpdate, wire.TagUpdateAck, wire.TagDepositTx, wire.TagDepositAck, wire.TagWithdrawTx, wire.TagWithdrawAck, wire.TagShutdownSignAck)+"}"), keys[0])
			return
		}
		m.any(act(r, fmt.Sprintf("{send: {frame: {jsonrpc: \"2.0\", id: 88, method: %s, params: {signed_tx: %s}}}}", m.answerMethod(group == model.InputSignOther), foreign)), keys[0])
	}
}

// answerMethod draws a method that answers a request to sign: the pending one if
// that is known, and a rare one when it is meant to be another.
func (m *maker) answerMethod(other bool) string {
	if !other && m.pending != "" {
		return wire.AnswerMethod(m.pending)
	}
	tags := []string{wire.TagUpdate, wire.TagUpdateAck, wire.TagUpdate, wire.TagUpdateAck, wire.TagDepositTx, wire.TagDepositAck,
		wire.TagWithdrawTx, wire.TagWithdrawAck, wire.TagShutdownSign, wire.TagShutdownSignAck, wire.TagCloseSoloSign, wire.TagInitiatorSign, wire.TagResponderSign}
	if other {
		tags = []string{wire.TagSlashTx, wire.TagSettleSign, wire.TagForceProgressTx}
	}
	return wire.AnswerMethod(tags[m.r.IntN(len(tags))])
}
