package fuzz

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"chanbot/tx"
	"chanbot/wire"
)

// illegal sends requests that are well formed and cannot be right.
func (m *maker) illegal() {
	r := m.role()
	var what string
	switch m.r.IntN(4) {
	case 0:
		what = fmt.Sprintf("{transfer: {amount: 1, params: {%s}}}", m.pick(
			`amount: "1"`, "amount: -1", "amount: 1.5", "amount: null", `amount: ""`, "amount: [1]", "amount: 1e3", "amount: true",
			"from: null", "from: ak_x", "to: $other", "from: $other", "from: $responder, to: $responder", "to: $initiator, from: $initiator", "to: 5", `from: ""`,
			"meta: x", "meta: [1]", "meta: null", "block_hash: kh_x", "extra: 1", "from: $channel_id", `to: "ct_2gPXZnZdKU716QBUFKaT4VdBZituK93KLvHJB3n4EnbrHHw4Ay"`))
	case 1:
		what = fmt.Sprintf("{%s: {amount: 1, params: {%s}}}", m.pick("deposit", "withdraw"), m.pick(
			`amount: "1"`, "amount: -1", "amount: 1.5", "amount: null", "amount: 0", "fee: -1", `fee: "1"`, "nonce: -1", "gas_price: x", "meta: 7", "block_hash: 1"))
	case 2:
		what = fmt.Sprintf("{message: {info: x, params: {%s}}}", m.pick("to: null", "to: $other", "info: 5", "info: null", "info: {a: 1}", "from: $other", "to: ak_y", "info: [1, 2]"))
	case 3:
		what = fmt.Sprintf("{%s: {params: {%s}}}", m.pick("close", "snapshot", "balances", "proof", "history"), m.pick(
			"accounts: x", "accounts: [1]", "accounts: null", `accounts: ["ak_x"]`, "fee: -1", `fee: "x"`, "contracts: [1]", "n: -1", "n: x", "type: 3", "extra: {a: [1]}"))
		m.calm = false // some of them close the channel all the same
	}
	m.spend(r, 1) // in case it works
	m.any(act(r, what), append([]string{"raw: true", "timeout: 600ms"}, m.maybeID()...)...)
	if m.chance(60) {
		m.transfer(m.role(), "1", m.unlessCalm("timeout: 900ms")...)
	}
}

// templates are requests that something is done to.
var templates = []string{
	`{"jsonrpc":"2.0","id":%d,"method":"channels.update.new","params":{"amount":1,"from":"$initiator","to":"$responder"}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.get.balances","params":{"accounts":["$initiator","$responder"]}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.message","params":{"info":"hi","to":"$responder"}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.system","params":{"action":"ping"}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.get.poi","params":{"accounts":["$initiator"],"contracts":[]}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.update","params":{"error":42}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.deposit","params":{"amount":1}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.get.offchain_state","params":{}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.history.fetch","params":{"n":3}}`,
	`{"jsonrpc":"2.0","id":%d,"method":"channels.leave","params":{"a":1}}`,
}

// odd are JSON values that belong nowhere.
var odd = []string{
	"null", "true", "0", "-1", "1.5", "1e999", "9007199254740993", "115792089237316195423570985008687907853269984665640564039457584007913129639936",
	`""`, `"\u0000"`, `"\ud800"`, `"\ud83d\ude00"`, `"tx_"`, `"ak_"`, `"ba_AA=="`, "[]", "{}", "[[]]", `{"a":{"a":{"a":{}}}}`, `"` + "x" + `"`,
}

// damagedJSON sends frames that are damaged at the level of JSON-RPC.
func (m *maker) damagedJSON() {
	text := fmt.Sprintf(templates[m.r.IntN(len(templates))], 1000+m.r.IntN(1000))
	var send string
	switch m.r.IntN(13) {
	case 0: // cut short
		send = "text: " + strconv.Quote(text[:m.r.IntN(len(text))])
	case 1: // a member twice
		member := m.pick(`"params":{},"params"`, `"id":5,"id"`, `"method":"channels.system","method"`, `"jsonrpc":"1.0","jsonrpc"`)
		_, name, _ := strings.Cut(member, ",")
		send = "text: " + strconv.Quote(strings.Replace(text, name, member, 1))
	case 2: // deep
		depth := 50 << m.r.IntN(6)
		inner := strings.Repeat("[", depth) + strings.Repeat("]", depth)
		if m.chance(40) {
			inner = strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth)
		}
		send = "text: " + strconv.Quote(`{"jsonrpc":"2.0","id":1,"method":"channels.message","params":`+inner+"}")
	case 3: // a batch
		second := fmt.Sprintf(templates[m.r.IntN(len(templates))], 3000)
		send = framed(m.pick("["+text+","+second+"]", "["+text+"]", "[]", "["+text+",5]", "[null]"))
		m.calm = false
	case 4: // no object
		send = "text: " + strconv.Quote(m.pick(odd...))
	case 5: // another id
		send = framed(replaceMember(text, "id", m.pick(`"text"`, "1.5", "-7", "9007199254740993", `""`, "true", "0", `"\u00fc"`, "null", "[]", "[1]", "{}", `{"a":1}`, "1e400",
			"115792089237316195423570985008687907853269984665640564039457584007913129639937", strconv.Quote(strings.Repeat("i", 3000)))))
	case 6: // a method that does not exist
		send = framed(replaceMember(text, "method", m.pick(`"channels.nothing"`, `""`, "5", "null", `"channels"`, `"system"`, `"channels.sign.update"`, `"channels.update.new.x"`, `"\u0063hannels.message"`)))
	case 7: // another version, or none
		send = framed(replaceMember(text, "jsonrpc", m.pick(`"1.0"`, "2.0", "null", `""`)))
	case 8: // params of another shape
		send = framed(replaceMember(text, "params", m.pick(odd...)))
	case 9: // a member left out
		send = framed(withoutMember(text, m.pick("jsonrpc", "id", "method", "params")))
	case 10: // members that belong nowhere, or to an answer
		send = framed(strings.Replace(text, `"method"`, m.pick(`"extra":[1,{"a":null}],"method"`, `"result":"ok","method"`, `"error":{"code":3},"method"`, `"version":7,"method"`, `"":0,"method"`, `"params ":{},"method"`), 1))
	case 11: // no UTF-8
		at := 1 + m.r.IntN(len(text)-1)
		send = `bytes: "` + textFrame(text[:at]+m.pick("\xff", "\xc3\x28", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80", "\xc0\x80")+text[at:]) + `"`
		m.calm = false // the socket may be closed for it
	default: // one parameter of another shape, or none
		send = framed(m.damagedParam(text))
	}
	sender := m.role()
	m.any(act(sender, "{send: {"+send+"}}"), "timeout: 400ms")
	if strings.Contains(text, "leave") {
		m.calm = false // it may work, and sooner than the next request
	}
	m.awaitRefusal(sender)
	if strings.Contains(text, "update") || strings.Contains(text, "deposit") {
		m.calm = false
	}
	if m.chance(60) {
		switch r, what := m.role(), m.pick("balances", "transfer", "ping"); what {
		case "transfer":
			m.transfer(r, "1", m.unlessCalm("timeout: 900ms")...)
		default:
			m.honest(act(r, what), m.unlessCalm("timeout: 900ms")...)
		}
	}
}

// framed is how a step sends a frame. YAML has no halves of surrogate pairs, so
// a text with such escapes goes as text, in which no account is filled in.
func framed(text string) string {
	if strings.Contains(text, `\ud`) {
		return "text: " + strconv.Quote(text)
	}
	return "frame: " + text
}

// replaceMember returns a request with another value of a member; what cannot
// be a member is left as it is.
func replaceMember(text, name, value string) string {
	members, ok := wire.Members([]byte(text))
	if !ok || !json.Valid([]byte(value)) {
		return text
	}
	out := []byte{'{'}
	for _, key := range []string{"jsonrpc", "id", "method", "params"} {
		v, there := members[key]
		if key == name {
			v, there = json.RawMessage(value), true
		}
		if !there {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(strconv.AppendQuote(out, key), ':')
		out = append(out, v...)
	}
	return string(append(out, '}'))
}

// withoutMember returns a request without one of its members.
func withoutMember(text, name string) string {
	members, ok := wire.Members([]byte(text))
	if !ok {
		return text
	}
	delete(members, name)
	b, err := json.Marshal(members)
	if err != nil {
		return text
	}
	return string(b)
}

// damagedParam gives one parameter another value, or leaves it out.
func (m *maker) damagedParam(text string) string {
	members, _ := wire.Members([]byte(text))
	params, _ := wire.Members(members["params"])
	name := m.pick("amount", "from", "to", "accounts", "info", "action", "error", "signed_tx", "n")
	value := m.pick(odd...)
	if !json.Valid([]byte(value)) {
		value = "null"
	}
	if params == nil {
		params = map[string]json.RawMessage{}
	}
	if params[name] = json.RawMessage(value); m.chance(25) {
		delete(params, name)
	}
	b, err := json.Marshal(params)
	if err != nil {
		return text
	}
	return replaceMember(text, "params", string(b))
}

// foreign is a co-signed off-chain transaction of a channel that nobody has.
var foreign = func() string {
	a, b := tx.DeriveKeyPair([]byte("fuzz"), "a"), tx.DeriveKeyPair([]byte("fuzz"), "b")
	s := tx.NewSigned(&tx.OffChain{Version: 2, ChannelID: tx.ChannelIDOf(a.ID(), 1, b.ID()), Round: 7, StateHash: tx.Hash{1}})
	return s.Sign(a, "ae_dev", tx.Raw).Sign(b, "ae_dev", tx.Raw).Text()
}()
