package fuzz

import (
	"fmt"
	"slices"
	"strings"

	"chanbot/wire"
)

var tampers = []string{
	"bad_signature", "other_key", "other_transaction", "stale_transaction", "unsigned", "garbage", "truncated", "empty",
	"not_base64", "no_prefix", "peer_twice", "own_only", "both_keys", "other_network",
	`{field: round, value: "-1", resign: true}`,
	`{signatures: [other, initiator]}`, `{signatures: [initiator]}`, `{signatures: [responder]}`, `{signatures: [initiator, responder]}`,
	`{signatures: [initiator hash, responder hash]}`, `{signatures: []}`, `{signatures: [initiator, initiator]}`,
	`{signatures: [initiator, responder, other]}`, `{signatures: [initiator offered, responder], change: {round: "+1"}}`,
}

// tamper gives back something else than what is to be signed.
func (m *maker) tamper() {
	r := m.role()
	kind, tags := "transfer", []string{"update", "update_ack"}
	if m.chance(25) {
		kind = m.pick("deposit", "withdraw")
		tags = []string{kind + "_tx", kind + "_ack"}
	}
	tag := tags[m.r.IntN(2)]
	how := m.pick(tampers...)
	if m.chance(40) {
		how = m.changed(tag)
	}
	amount := m.small()
	m.spend(r, 100) // some of them work
	m.any(act(r, "{"+kind+": "+amount+"}"), "sign: {"+tag+": {tamper: "+how+"}}", "timeout: 700ms")
	if kind != "transfer" || strings.HasPrefix(how, "garbage") || strings.HasPrefix(how, "truncated") || strings.HasPrefix(how, "empty") ||
		strings.HasPrefix(how, "not_") || strings.HasPrefix(how, "no_") {
		m.calm = false // it may be pending still
		if m.chance(60) {
			m.any(act(m.role(), "{answer: "+tag+"}"), "timeout: 500ms")
		}
	}
	if strings.Contains(how, "version") {
		m.calm = false // a node may take it, and the chain then takes no snapshot of it
	}
	if m.chance(60) {
		m.transfer(m.role(), "1", m.unlessCalm("timeout: 700ms")...)
	}
}

// parts are the fields of the transactions to sign, by tag (transactions 2).
var parts = map[string][]string{
	wire.TagInitiatorSign: create, wire.TagResponderSign: create,
	wire.TagUpdate: offChain, wire.TagUpdateAck: offChain,
	wire.TagDepositTx: deposit, wire.TagDepositAck: deposit,
	wire.TagWithdrawTx: withdraw, wire.TagWithdrawAck: withdraw,
	wire.TagShutdownSign: closeMutual, wire.TagShutdownSignAck: closeMutual,
	wire.TagCloseSoloSign: append([]string{"poi"}, snapshot...), wire.TagSlashTx: append([]string{"poi"}, snapshot...),
	wire.TagSnapshotSoloTx: snapshot,
	wire.TagSettleSign:     {"channel_id", "from_id", "initiator_amount_final", "responder_amount_final", "ttl", "fee", "nonce"},
}

var (
	create      = []string{"initiator_id", "initiator_amount", "responder_id", "responder_amount", "channel_reserve", "lock_period", "ttl", "fee", "state_hash", "nonce", "version"}
	offChain    = []string{"channel_id", "round", "state_hash", "version"}
	deposit     = []string{"channel_id", "from_id", "amount", "ttl", "fee", "state_hash", "round", "nonce"}
	withdraw    = []string{"channel_id", "to_id", "amount", "ttl", "fee", "state_hash", "round", "nonce"}
	closeMutual = []string{"channel_id", "from_id", "initiator_amount_final", "responder_amount_final", "ttl", "fee", "nonce"}
	snapshot    = []string{"channel_id", "from_id", "payload", "ttl", "fee", "nonce"}
)

// unlike are fields whose other value is not simply one more, nor one bit.
var unlike = []string{"channel_id", "from_id", "to_id", "initiator_id", "responder_id", "state_hash", "payload", "poi", "version"}

// changed draws a way to give back a transaction of which one field is another,
// mostly with fresh signatures.
func (m *maker) changed(tag string) string {
	field := m.pick(parts[tag]...)
	value := ""
	if !slices.Contains(unlike, field) {
		value = m.pick("+1", "+1", "-1", "+1000", "0", "18446744073709551615")
	}
	return fmt.Sprintf("{field: %s, value: %q, resign: %v}", field, value, m.chance(80))
}
