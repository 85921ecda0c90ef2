package fuzz

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestEveryKindOfDamageIsDrawn: a search of some thousand cases does everything
// that a client can do wrong, on every level.
func TestEveryKindOfDamageIsDrawn(t *testing.T) {
	if raceEnabled {
		t.Skip("drawing takes long with the race detector")
	}
	kinds := map[string]string{
		// WebSocket
		"fragments":                        `fragments: \["`,
		"as many fragments as bytes":       `fragments: \["\{", "j"`,
		"a ping between two fragments":     `bytes: "01[0-9a-f]+8987000000006265747765656e80`,
		"binary":                           `binary: "`,
		"a flood of pings":                 `bytes: "(898000000000){20}`,
		"a message about at the bound":     `message: "y{1000}[^-]*raw: true`,
		"a large frame":                    `z{1000}`,
		"a frame that says it is huge":     `bytes: "81ff0`,
		"a half-closed socket":             `disconnect: half`,
		"half-closed in the frame":         `81fe10000000(?s:.{0,80})disconnect: half`,
		"a reset in the frame":             `81fe10000000(?s:.{0,80})disconnect: reset`,
		"reserved bits":                    `bytes: "c18000000000`,
		"an unknown opcode":                `bytes: "838000000000`,
		"a frame without a mask":           `bytes: "810568656c6c6f`,
		"a close and nothing after it":     `bytes: "8880`,
		"a message in a message":           `bytes: "0189000000007b226a736f6e7270`,
		"the end of nothing":               `bytes: "80(ce|cf)?`,
		"the beginning of a frame at most": `bytes: "81fe10000000"`,
		// JSON-RPC
		"params twice":          `\{\},\\"params\\"`,
		"an id twice":           `\\"id\\":5,\\"id\\"`,
		"a method twice":        `\\"method\\":\\"channels.system\\",\\"method\\"`,
		"a batch":               `frame: \[\{"jsonrpc".*\},\{"jsonrpc"`,
		"an empty batch":        `frame: \[\]`,
		"no surrogate pair":     `ud800`,
		"no UTF-8":              `bytes: "81[0-9a-f]*(ff|c328|eda080|f888808080|c080)`,
		"unicode":               `\\u4f60\\U0001F600`,
		"deep lists":            `\[{1000}`,
		"deep objects":          `(\{\\"a\\":){800}`,
		"a number beyond 2^53":  `9007199254740993`,
		"a number beyond 2^256": `115792089237316195423570985008687907853269984665640564039457584007913129639936`,
		"an id beyond 2^256":    `"id":115792089237316195423570985008687907853269984665640564039457584007913129639937`,
		"an id that is a list":  `"id":\[1\]`,
		"no id":                 `frame: \{"jsonrpc":"2.0","method"`,
		"no method":             `frame: \{"id":\d+,"jsonrpc":"2.0","params"`,
		"no params":             `frame: \{"id":\d+,"jsonrpc":"2.0","method":"[^"]*"\}`,
		"no version":            `frame: \{"id":\d+,"method"`,
		"another version":       `"jsonrpc":"1.0"`,
		"an unknown method":     `channels\.nothing`,
		"an extra member":       `"extra":\[1`,
		"an answer as request":  `"result":"ok"`,
		"a parameter left out":  `"method":"channels.update.new","params":\{"amount":1,"to"`,
		// transactions
		"a stale round":              `tamper: stale_transaction`,
		"a bad signature":            `tamper: bad_signature`,
		"another network":            `tamper: other_network`,
		"a signature of the hash":    `initiator hash, responder hash`,
		"an extra signature":         `signatures: \[initiator, responder, other\]`,
		"no signature":               `signatures: \[\]`,
		"truncated":                  `tamper: truncated`,
		"no transaction":             `tamper: garbage`,
		"another channel":            `update_ack: \{tamper: \{field: channel_id`,
		"the other version":          `update: \{tamper: \{field: version`,
		"the other create version":   `initiator_sign: \{tamper: \{field: version`,
		"a fee of a solo close":      `close_solo_sign: \{tamper: \{field: fee`,
		"the old signature":          `resign: false`,
		"another network on chain":   `shutdown_sign(_ack)?: \{tamper: other_network`,
		"other stranger's co-signed": `signed_tx: tx_`,
		// actions and their times
		"both at once":                `- both: \{transfer`,
		"the responder later":         `offset: [1-9]`,
		"the responder 50 ms later":   `offset: 50ms`,
		"the initiator later":         `parallel: \[\[\{wait: [1-9]\d*(ms|us)\}, \{initiator: `,
		"the initiator 50 ms later":   `parallel: \[\[\{wait: 50ms\}, \{initiator: `,
		"different things, one later": `parallel: \[\[\{responder: [^]]*\], \[\{wait: [1-9]`,
		"a second answer":             `\[accept, accept\]`,
		"an answer of its own":        `propose: \{transfer`,
		"an abort with every bit":     `abort: 65535`,
		"a wrong fsm_id":              `reconnect: \{params: \{existing_fsm_id: "ba_`,
		"connection parameters":       `refused: 105`,
		"other connection parameters": `open: \{params: \{bh_delta`,
	}
	for tag, fields := range parts {
		for _, field := range fields {
			kinds[tag+" with another "+field] = fmt.Sprintf(`sign: \{%s: \{tamper: \{field: %s,`, tag, field)
		}
	}
	missing := make(map[string]*regexp.Regexp)
	for name, pattern := range kinds {
		missing[name] = regexp.MustCompile(pattern)
	}
	n := 0
	for ; n < 20_000 && len(missing) > 0; n++ {
		text := string(makeCase(1, n).Text)
		for name, re := range missing {
			if re.MatchString(text) {
				delete(missing, name)
			}
		}
	}
	var names []string
	for name := range missing {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > 0 {
		t.Errorf("not drawn in %d cases:\n%s", n, strings.Join(names, "\n"))
	}
	t.Logf("all of %d kinds were drawn in %d cases", len(kinds), n)
}
