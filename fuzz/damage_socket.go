package fuzz

import (
	"encoding/hex"
	"fmt"
	"strings"

	"chanbot/fault"
)

// damagedSocket breaks the rules of WebSocket, or stretches them.
func (m *maker) damagedSocket() {
	r := m.role()
	ping := `{"jsonrpc":"2.0","id":77,"method":"channels.system","params":{"action":"ping"}}`
	switch m.r.IntN(12) {
	case 0, 1:
		at := 1 + m.r.IntN(len(ping)-2)
		m.any(act(r, fmt.Sprintf("{send: {fragments: [%q, %q]}}", ping[:at], ping[at:])), "timeout: 400ms")
		m.honest(act(r, "balances"), m.unlessCalm("timeout: 900ms")...)
		return
	case 2:
		b := make([]byte, 1+m.r.IntN(100))
		for i := range b {
			b[i] = byte(m.r.IntN(256))
		}
		m.any(act(r, "{send: {binary: \""+hex.EncodeToString(b)+"\"}}"), "timeout: 400ms")
		m.honest(act(r, "balances"), m.unlessCalm("timeout: 900ms")...)
		return
	case 3: // a flood of pings: 0x89, masked, empty
		m.any(act(r, "{send: {bytes: \""+strings.Repeat("898000000000", 20+m.r.IntN(200))+"\"}}"), "timeout: 400ms")
		m.honest(act(r, "balances"), m.unlessCalm("timeout: 900ms")...)
		return
	case 4: // the beginning of a frame, and then the end of the connection
		m.any(act(r, "{send: {bytes: \"81fe10000000\"}}"), "timeout: 200ms")
		m.any(act(r, "{disconnect: reset}"))
	case 5: // reserved bits, an unknown opcode, a frame without mask, a close that is too short
		m.any(act(r, "{send: {bytes: \""+m.pick("c18000000000", "838000000000", "810568656c6c6f", "888100000000ff", "098000000000", "80800000000000")+"\"}}"), "timeout: 400ms")
	case 6: // large
		m.any(act(r, fmt.Sprintf("{message: %q}", strings.Repeat("y", 20_000+m.r.IntN(30_000)))), "timeout: 900ms")
		m.calm = false
		return
	case 8: // too large: a message over the bound, much of nothing, the promise of more than there is
		switch m.r.IntN(3) {
		case 0:
			m.any(act(r, fmt.Sprintf("{message: %q}", strings.Repeat("y", 64_990+m.r.IntN(20)+m.r.IntN(2)*5000))), "raw: true", "timeout: 900ms")
			m.calm = false
			return
		case 1:
			m.any(act(r, fmt.Sprintf("{send: {text: %q}}", `{"jsonrpc":"2.0","id":78,"method":"channels.system","params":{"action":"`+strings.Repeat("z", 200_000)+`"}}`)), "timeout: 900ms")
			m.calm = false
			return
		}
		m.any(act(r, "{send: {bytes: \""+m.pick("81ff000000007fffffff00000000", "81ffffffffffffffffff00000000", "81ff0000000100000000"+"00000000"+hex.EncodeToString([]byte(ping)))+"\"}}"), "timeout: 400ms")
		m.any(act(r, "{disconnect: "+m.pick("reset", "close", "half")+"}"), "timeout: 2s")
	case 9: // only the half that the client writes ends, in the middle of a frame or between two
		if m.chance(40) {
			m.any(act(r, "{send: {bytes: \"81fe10000000\"}}"), "timeout: 200ms")
		}
		m.any(act(r, "{disconnect: half}"), "timeout: 2s")
	case 10: // in as many fragments as there are bytes, or with a ping between two of them
		if m.chance(50) {
			m.any(act(r, "{send: {fragments: [\""+strings.Join(strings.Split(strings.ReplaceAll(ping, `"`, ""), ""), "\", \"")+"\"]}}"), "timeout: 400ms")
		} else {
			at := 1 + m.r.IntN(len(ping)-2)
			m.any(act(r, "{send: {bytes: \""+frameOf(0x01, ping[:at])+frameOf(0x89, "between")+frameOf(0x80, ping[at:])+"\"}}"), "timeout: 400ms")
		}
		m.honest(act(r, "balances"), m.unlessCalm("timeout: 900ms")...)
		return
	case 11: // a message that begins before the one before it has ended, fragments of nothing
		m.any(act(r, "{send: {bytes: \""+m.pick(frameOf(0x01, ping[:9])+frameOf(0x81, ping), frameOf(0x80, ping), strings.Repeat(frameOf(0x01, ""), 1)+strings.Repeat(frameOf(0x00, ""), 50)+frameOf(0x80, ""))+"\"}}"), "timeout: 400ms")
	case 7: // a close
		m.any(act(r, "{send: {bytes: \""+m.pick("888000000000", "888200000000"+"03e8", "888200000000"+"0bb8")+"\"}}"), "timeout: 400ms")
	}
	m.calm = false
	m.any(act(r, "reconnect"), "timeout: 2s")
	m.any(act(m.role(), "{transfer: 1}"), "timeout: 900ms")
}

// frameOf returns a frame in hexadecimal: its first byte, and what is in it,
// masked with zeros.
func frameOf(first byte, payload string) string {
	return hex.EncodeToString(fault.AppendFrame(nil, first, payload, fault.NoMask))
}

// textFrame returns a whole text message in hexadecimal.
func textFrame(payload string) string { return frameOf(0x81, payload) }
