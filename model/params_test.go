package model

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// plainly sends a request as it is, and returns what answers it by name: "ok", or an
// error by its code.
func (s *stage) plainly(side int, method, params string) (answer func(string)) {
	s.id++
	id := wire.IntID(s.id)
	b := fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"channels.%s","params":%s}`, id, method, params)
	s.out(side, b)
	return func(what string) {
		var code int
		switch _, err := fmt.Sscan(what, &code); {
		case err != nil:
			s.ok(side, id)
		case code < 0:
			s.in(side, wire.AppendError(nil, id, s.channel, code, nil, b))
		default:
			s.in(side, wire.AppendError(nil, id, s.channel, wire.CodeRejected, []int{code}, b))
		}
	}
}

// What each request gets because of its parameters, and what it cannot get: the
// right answers of ws-api 4 and 5, and for each a wrong one.
func TestParametersDecide(t *testing.T) {
	for _, test := range []struct{ method, params, right, wrong string }{
		{"update.new", `{"from":I,"to":R,"amount":1}`, "ok -32603", "1008 1005 1014 1002 -32601 -32000"},
		{"update.new", `{"from":I,"to":R,"amount":1,"meta":["m"]}`, "ok -32603", "1014 -32601"},
		{"update.new", `{"from":I,"amount":1}`, "-32601", "ok 1005"},
		{"update.new", `{"from":"x","to":R,"amount":"1"}`, "1008", "ok 1005 -32603"},
		{"update.new", `{"from":I,"to":R,"amount":1.0}`, "1008", "ok"},
		{"update.new", `{"from":I,"to":"ak_bad","amount":-1}`, "1005", "ok 1002 1003"},
		{"update.new", `{"from":I,"to":R,"amount":-1,"meta":[1]}`, "1014", "ok 1002"},
		{"update.new", `{"from":I,"to":R,"amount":-1,"meta":[1],"block_hash":"kh_x"}`, "-32603", "ok 1014"},
		{"update.new", `{"from":I,"to":R,"amount":-1}`, "1002", "ok 1001 -32603"},
		{"deposit", `{"amount":5}`, "ok -32603", "1001 1008 1002"},
		{"deposit", `{"amount":5,"fee":-1}`, "-32603", "ok"},
		{"deposit", `{"amount":5,"fee":"20000"}`, "ok -32603", "1008"},
		{"withdraw", `{"amount":5000}`, "-32603", "1001"},
		{"withdraw", `{}`, "-32601", "ok 1008"},
		{"shutdown", `{"nonce":1.5}`, "-32603", "ok 1001"},
		{"message", `{"to":R,"info":"x"}`, "ok -32603", "-32000 1008 -32601"},
		{"message", `{"to":R,"info":5}`, "-32000", "ok 1008"},
		{"message", `{"to":"x","info":5}`, "1005", "ok -32000"},
		{"get.balances", `{"accounts":["ak_bad"]}`, "1005", "ok -32603"},
		{"get.balances", `{"accounts":[I]}`, "-32603", "1005 -32601"},
		{"get.poi", `{"accounts":["ak_bad"]}`, "1005", "ok 1006 100"},
		{"get.poi", `{"accounts":[I]}`, "-32603", "100 1005 1006"},
		{"get.poi", `{"accounts":["ak_11111111111111111111111111111111273Yts"]}`, "100", "1005"},
		{"system", `{"action":"pong"}`, "-32601", "ok -32603"},
		{"system", `{"action":"ping"}`, "", "-32603 -32601"},
		{"system", `{"action":"stop"}`, "ok", "-32603"},
		{"leave", `{}`, "ok", "-32603 108"},
		{"update", `{"error":42}`, "ok 1018", "-32603 -32601"},
		{"update", `{"error":0}`, "-32603 1018", "ok"},
		{"update", `{"error":65536}`, "-32603", "ok"},
		{"update", `{"error":1.5}`, "-32603", "ok"},
		{"update", `{"error":"42"}`, "ok -32603", ""},
		{"update", `{"signed_tx":TX}`, "ok", "1010 -32603 1018"},
		{"update", `{"signed_tx":"tx_bad"}`, "1010", "ok -32603"},
		{"update", `{}`, "-32601", "ok"},
		// Whatever the parameters of these are, too little is known of them.
		{"force_progress", `{"contract_id":"x"}`, "ok -32601 1005 -32603", ""},
		{"history.fetch", `{"n":"x"}`, "-32603", ""},
	} {
		for right, answers := range map[bool]string{true: test.right, false: test.wrong} {
			for answer := range strings.FieldsSeq(answers) {
				t.Run(test.method+" "+test.params+" "+answer, func(t *testing.T) {
					s := newStage(t).open()
					s.propose(ini, 1)
					words := strings.NewReplacer(":I", fmt.Sprintf(":%q", s.account(ini)), "[I", fmt.Sprintf("[%q", s.account(ini)),
						":R", fmt.Sprintf(":%q", s.account(res)), ":TX", fmt.Sprintf(":%q", s.sign(s.pending, ini).Text()))
					side := res
					if strings.HasPrefix(test.method, "update") && test.method != "update.new" {
						side = ini // has something to answer
					}
					s.plainly(side, test.method, words.Replace(test.params))(answer)
					if (len(s.found) == 0) != right {
						t.Errorf("got %v", s.found)
					}
				})
			}
		}
	}
}

// A request with wrong parameters and without an id shows by what comes of it.
func TestWrongParametersThatAreOffered(t *testing.T) {
	s := newStage(t).open()
	s.out(ini, fmt.Appendf(nil, `{"jsonrpc":"2.0","method":"channels.update.new","params":{"from":%q,"to":%q,"amount":"1"}}`, s.account(ini), s.account(res)))
	s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
	s.wants(RuleWrongAccepted)

	s = newStage(t).open()
	s.propose(ini, 1)
	s.abort(ini, wire.TagUpdate, 0)
	s.info(ini, wire.EventAbortedUpdate)
	s.wants(RuleWrongAccepted)
}

// What the state machine refuses is not offered: a deposit of nothing, a transfer
// to its sender, a fee below that of the protocol (ws-api 4.2, 4.3; transactions 5.2).
func TestWhatTheMachineRefusesIsNotOffered(t *testing.T) {
	s := newStage(t).open()
	s.askDeposit(ini, 0, nil)
	s.wants(RuleOfferAmount)

	s = newStage(t).open()
	s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(ini), Amount: big.NewInt(1)}))
	self := s.transfer(1)
	self.To = self.From
	s.request(ini, s.channel, wire.TagUpdate, s.offchain(2, s.hash(s.bal)), self)
	s.wants(RuleOfferBalance)

	for fee, rule := range map[int64]string{1: RuleOfferFee, 17_320_000_000: ""} {
		s = newStage(t).open()
		s.ok(ini, s.ask(ini, wire.Deposit{Amount: big.NewInt(5), Options: wire.Options{Fee: big.NewInt(fee)}}))
		s.next = balances{new(big.Int).Add(s.bal[0], big.NewInt(5)), s.bal[1]}
		s.request(ini, s.channel, wire.TagDepositTx, s.make(&tx.Deposit{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Amount: big.NewInt(5),
			StateHash: s.hash(s.next), Round: 2, Nonce: 8, Fee: big.NewInt(fee)}, nil), s.depositOf(ini, 5))
		s.wants(rule)
	}
}
