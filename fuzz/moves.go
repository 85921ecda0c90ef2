package fuzz

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"chanbot/outcome"
)

var moves = []move{
	{name: "honest", weight: 14, do: (*maker).honestMove},
	{name: "query", weight: 6, do: (*maker).query},
	{name: "abort", weight: 10, do: (*maker).abortMove},
	{name: "tamper", weight: 10, do: (*maker).tamper},
	{name: "twice", weight: 5, do: (*maker).twice},
	{name: "cross", weight: 9, do: (*maker).cross},
	{name: "chain", weight: 7, do: (*maker).chain},
	{name: "aborted on chain", weight: 4, do: (*maker).abortChain},
	{name: "hold", weight: 7, do: (*maker).hold},
	{name: "late", weight: 5, do: (*maker).late},
	{name: "illegal", weight: 9, do: (*maker).illegal},
	{name: "json", weight: 8, do: (*maker).damagedJSON},
	{name: "socket", weight: 5, do: (*maker).damagedSocket},
	{name: "reconnect", weight: 5, do: (*maker).reconnect},
	{name: "leave", weight: 4, do: (*maker).leave},
	{name: "close", weight: 5, do: (*maker).closeMove},
	{name: "solo", weight: 5, do: (*maker).solo},
	{name: "timer", weight: 2, do: (*maker).timer},
	{name: "contract", weight: 2, do: (*maker).contract},
	{name: "soak", weight: 3, do: (*maker).soak},
	{name: "stop", weight: 2, do: (*maker).stop},
	{name: "opening", weight: 4, do: (*maker).opening, fresh: true},
}

// honestMove is what a client of a working channel does.
func (m *maker) honestMove() {
	switch r := m.role(); m.r.IntN(8) {
	case 0:
		m.honest(act(r, "{message: "+m.message()+"}"))
	case 1:
		m.query()
	case 2:
		amount, meta := m.small(), m.pick(`"a"`, `"a", "b"`, `""`, `"`+strings.Repeat("m", 300)+`"`)
		m.pay(r, amount, act(r, fmt.Sprintf("{transfer: {amount: %s, meta: [%s]}}", amount, meta)))
	case 3:
		amount := m.small()
		m.pay(r.Peer(), amount, act(r, fmt.Sprintf("{transfer: {amount: %s, from: %s, to: %s}}", amount, r.Peer(), r)))
	default:
		// What the sender cannot pay is refused, which is judged by the model.
		if m.calm && m.chance(60) {
			m.transfer(r, m.small(), m.maybeID()...)
			return
		}
		m.transfer(r, m.amount(r), m.maybeID()...)
	}
}

func (m *maker) maybeID() []string {
	if m.chance(50) {
		return []string{"id: true"}
	}
	return nil
}

func (m *maker) message() string {
	switch m.r.IntN(5) {
	case 0:
		return strconv.Quote(strings.Repeat("x", m.r.IntN(5000)))
	case 1:
		return `"\u00fc\u4f60\U0001F600"`
	case 2:
		return `""`
	}
	return strconv.Quote("message " + strconv.Itoa(m.r.IntN(1000)))
}

// query asks for data.
func (m *maker) query() {
	r := m.role()
	switch m.r.IntN(7) {
	case 0, 1:
		m.honest(act(r, "balances"), m.maybeNoID()...)
	case 2:
		m.honest(act(r, "state"), m.maybeNoID()...)
	case 3:
		m.honest(act(r, "proof"), m.maybeNoID()...)
	case 4:
		if m.chance(50) {
			m.any(act(r, "{history: {params: {n: "+m.pick("1", "3", "10", "40")+", type: ["+m.pick("rpt", "rcv", "snd", "req", "rpt, req")+"]}}}"), "raw: true")
			return
		}
		m.any(act(r, "history"), m.maybeNoID()...)
	case 5:
		m.honest(act(r, "ping"), m.maybeNoID()...)
	case 6:
		m.any(act(r, "{balances: ["+m.pick("initiator", "responder", "other", "initiator, other, responder")+"]}"), m.maybeNoID()...)
	}
}

func (m *maker) maybeNoID() []string {
	if m.chance(25) {
		return []string{"id: false"}
	}
	return nil
}

// abortMove takes an update back, by either side.
func (m *maker) abortMove() {
	r, tag := m.role(), m.pick("update", "update_ack")
	answer := fmt.Sprintf("{abort: %s}", m.code())
	if m.chance(15) {
		answer = fmt.Sprintf("[{abort: %s, raw: true}, {abort: %s}]", m.pick("0", "65536", "-1", `"7"`, "null", "1.5", "{}", "[]", "18446744073709551616"), m.code())
	}
	m.any(act(r, "{transfer: "+m.small()+"}"), "sign: {"+tag+": "+answer+"}")
	if strings.HasPrefix(answer, "[") {
		m.awaitRefusal(signer(r, tag))
	}
	if m.chance(60) {
		m.transfer(m.role(), "1")
	}
}

// unlessCalm gives keys for steps that may be left waiting.
func (m *maker) unlessCalm(keys ...string) []string {
	if m.calm {
		return nil
	}
	return keys
}

// twice answers one request to sign more than once.
func (m *maker) twice() {
	r := m.role()
	kind, tags := "{transfer: 1}", []string{"update", "update_ack"}
	if m.chance(30) {
		kind, tags = "{deposit: 1}", []string{"deposit_tx", "deposit_ack"}
	}
	tag := tags[m.r.IntN(2)]
	answers := m.pick("[accept, accept]", "[accept, {abort: 42}]", "[{abort: 42}, accept]", "[{abort: 3}, {abort: 4}]",
		"[accept, {tamper: bad_signature}]", "[{tamper: truncated}, accept]", "[{tamper: garbage}, accept]", "[accept, {propose: {transfer: 1}}]")
	m.spend(r, 1)
	m.any(act(r, kind), "sign: {"+tag+": "+answers+"}", "timeout: 900ms")
	m.calm = m.calm && (answers == "[accept, {abort: 42}]" || answers == "[{abort: 3}, {abort: 4}]") && kind == "{transfer: 1}"
	m.awaitRefusal(signer(r, tag))
	m.transfer(m.role(), "1", m.unlessCalm("timeout: 900ms")...)
}

// awaitRefusal waits in a calm channel until what a role has sent is refused, or is
// not: a refusal without an id must not come between the frames of the next step.
func (m *maker) awaitRefusal(r outcome.Role) {
	if m.calm {
		m.step(act(r, "ping"))
	}
}

// signer is who is asked to sign by a tag in an operation of a role.
func signer(r outcome.Role, tag string) outcome.Role {
	if strings.HasSuffix(tag, "_ack") {
		return r.Peer()
	}
	return r
}

// oneSigns has both sides ask for something, of which only one signs: each is
// told of one conflict (fsm 5.3).
func (m *maker) oneSigns() {
	request := func(r outcome.Role) (step, tag string) {
		kind := m.pick("transfer", "transfer", "deposit", "withdraw")
		if tag = kind + "_tx"; kind == "transfer" {
			tag = "update"
		}
		return fmt.Sprintf("{%s: {%s: 1}, sign: {%s: hold}, timeout: 900ms, expect: {frames: {%s: {in_order: [sign.%s]}}}}", r, kind, tag, r, tag), tag
	}
	r := m.role()
	first, tag := request(r)
	second, _ := request(r.Peer())
	m.group(first, second,
		fmt.Sprintf("{%s: {answer: %s}, id: false, timeout: 2s, expect: {frames: {initiator: {in_order: [conflict 2]}, responder: {in_order: [conflict 2]}}}}", r, tag))
	m.transfer(r, "1")
}

// group appends steps that only make sense together: a shrinker keeps all of
// them, or none.
func (m *maker) group(steps ...string) {
	m.step("repeat: {times: 1, steps: [" + strings.Join(steps, ", ") + "]}")
	m.count += len(steps) - 1
}

// cross has both sides ask for something at about the same time.
func (m *maker) cross() {
	if m.calm && m.floor[0] > m.reserve && m.floor[1] > m.reserve && m.chance(30) {
		m.oneSigns()
		return
	}
	what := m.pick("{transfer: 1}", "{transfer: 1}", "{transfer: 2}", "{deposit: 1}", "{withdraw: 1}", "snapshot", "{message: both}", "leave", "close", "close_solo")
	keys := []string{"timeout: 1500ms"}
	if m.chance(70) {
		keys = append(keys, fmt.Sprintf("offset: %dms", m.r.IntN(51)))
		if m.chance(30) {
			keys[1] = fmt.Sprintf("offset: %dus", m.r.IntN(4000))
		}
	}
	if m.chance(30) {
		keys = append(keys, "sign: {"+m.pick("update: {abort: 42}", "update_ack: {abort: 42}", "update: {delay: 3ms}", "update_ack: {delay: 3ms}", "initiator: {update: {abort: 9}}", "responder: {update: ignore}")+"}")
	}
	if m.chance(35) {
		// Two different things.
		a, b := m.pick("{transfer: 1}", "{deposit: 1}", "{withdraw: 1}", "close", "leave", "balances"), m.pick("{transfer: 1}", "{withdraw: 1}", "snapshot", "close", "stop", "{message: x}")
		wait := m.r.IntN(51)
		first, second := fmt.Sprintf("{initiator: %s, timeout: 1500ms, expect: any}", a), fmt.Sprintf("{responder: %s, timeout: 1500ms, expect: any}", b)
		if m.chance(50) {
			first, second = second, first
		}
		m.step(fmt.Sprintf("parallel: [[%s], [{wait: %dms}, %s]]", first, wait, second))
		m.count += 2
		m.disturbed(a + b)
		return
	}
	if len(keys) > 1 && strings.HasPrefix(keys[1], "offset") && m.chance(50) {
		// The initiator is the later one.
		after := strings.TrimPrefix(keys[1], "offset: ")
		keys[1] = "expect: any"
		rest := strings.Join(keys, ", ")
		m.step(fmt.Sprintf("parallel: [[{wait: %s}, {initiator: %s, %s}], [{responder: %s, %s}]]", after, what, rest, what, rest))
		m.count += 2
	} else {
		m.any("both: "+what, keys...)
	}
	m.disturbed(what)
}

// disturbed notes what may have become of the channel by an operation.
func (m *maker) disturbed(what string) {
	m.calm = false
	if strings.Contains(what, "close") || strings.Contains(what, "leave") || strings.Contains(what, "stop") {
		m.ended()
	}
}

// soak does one thing many times, so that what leaks shows.
func (m *maker) soak() {
	if m.calm && m.chance(30) {
		// One channel after the other: a node that keeps something of each runs out.
		m.any("both: stop", "timeout: 1500ms")
		m.step("repeat: {times: 15, steps: [{open: , timeout: 12s}, {both: stop, timeout: 1500ms, expect: any}]}")
		m.count += 29
		m.ended()
		return
	}
	times := 5 + m.r.IntN(25)
	const byInitiator, byResponder = "initiator: {transfer: 1}", "responder: {transfer: 1}"
	inner := m.pick(byInitiator, byResponder, "initiator: {message: again}", "responder: balances")
	keys := ""
	sure := true
	if !m.calm {
		keys = ", timeout: 700ms, expect: any"
	} else if m.chance(30) {
		inner = byInitiator
		keys = ", sign: {" + m.pick("update", "update_ack") + ": {abort: 42}}"
		sure = m.floor[0] > m.reserve
	} else if inner == byInitiator {
		sure = m.spend(outcome.Initiator, int64(times))
	} else if inner == byResponder {
		sure = m.spend(outcome.Responder, int64(times))
	}
	if !sure {
		keys += ", expect: any"
	}
	m.step(fmt.Sprintf("repeat: {times: %d, steps: [{%s%s}]}", times, inner, keys))
	m.count += times - 1
}

// stop ends the channel at once.
func (m *maker) stop() {
	r := m.role()
	m.honestStop(r)
	if m.chance(70) {
		m.any(act(r.Peer(), "stop"), "timeout: 2s")
	}
	m.ended()
}

// honestStop ends a channel that has to end where nothing is under way (fsm 6.11).
func (m *maker) honestStop(r outcome.Role) {
	if !m.calm {
		m.any(act(r, "stop"), "timeout: 2s")
		return
	}
	// A message that the peer has sent past every check may still be on its way.
	m.step(act(r, "stop"), "timeout: 2s", fmt.Sprintf("expect: {outcome: done, frames: {%s: {in_order: [\"message?\", result ok, \"message?\", info died, close 1000]}}}", r))
	m.calm = false
}

// timer lets a timer of the node run out.
func (m *maker) timer() {
	if !m.timers {
		m.transfer(m.role(), "1", "sign: {update_ack: {delay: 300ms}}")
		return
	}
	// Both have to be able to pay what follows.
	calm := m.calm && m.floor[0] >= m.reserve+2 && m.floor[1] >= m.reserve+2
	// known is a step whose end is known as long as the channel was calm.
	known := func(first, expect string, keys ...string) {
		if !calm {
			m.any(first, keys...)
			return
		}
		if expect != "" {
			keys = append(keys, "expect: "+expect)
		}
		m.step(first, keys...)
	}
	r := m.role()
	switch m.r.IntN(4) {
	case 0: // the starter's timeout_sign
		known(act(r, "{transfer: 1}"), "{timeout: null, by: node}", "sign: {update: ignore}", "timeout: 3s")
		known(act(m.role(), "{transfer: 1}"), "")
	case 1: // the starter's timeout_accept, then the acker's timeout_sign
		known(act(r, "{transfer: 1}"), "{timeout: null, by: node}", "sign: {update_ack: ignore}", "timeout: 3s")
		known(act(r.Peer(), "{wait: {frame: conflict 3}}"), "", "timeout: 3s")
		known(act(m.role(), "{transfer: 1}"), "")
	case 2: // timeout_idle
		if slices.Contains(m.params, "keep_running: false") {
			known("wait: {frame: info died}", "", "timeout: 6s")
		} else {
			m.any("wait: {frame: info died}", "timeout: 3s")
		}
	default:
		tag := m.pick("deposit_tx", "deposit_ack", "withdraw_tx", "withdraw_ack")
		kind, _, _ := strings.Cut(tag, "_")
		known(act(r, "{"+kind+": 1}"), "{timeout: null, by: node}", "sign: {"+tag+": ignore}", "timeout: 3s")
	}
	m.ended()
	m.up = true
}
