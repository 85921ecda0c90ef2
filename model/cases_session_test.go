package model

import (
	"bytes"
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// sessionCases: rules about what a session is made of: envelope, answers, opening, channel id.
var sessionCases = map[string]ruleCase{
	RuleNotJSON: {
		func(s *stage) { s.open(); s.in(ini, []byte(`{"jsonrpc":`)) },
		func(s *stage) { s.open(); s.in(ini, []byte(pingReply(s))) },
	},
	RuleUnknownFrame: {
		func(s *stage) {
			s.open()
			s.in(ini, wire.AppendNotification(nil, s.channel, "channels.other", []byte(`{}`)))
		},
		func(s *stage) { s.open(); s.in(ini, wire.AppendErrorReport(nil, s.channel, "chain_hash_mismatch")) },
	},
	RuleEnvelope: {
		func(s *stage) {
			s.open()
			s.in(ini, bytes.Replace(wire.AppendInfo(nil, s.channel, wire.Info{Event: wire.EventDied}), []byte(`"version":1`), []byte(`"version":2`), 1))
		},
		func(s *stage) {
			s.open()
			s.in(ini, bytes.Replace(wire.AppendInfo(nil, s.channel, wire.Info{Event: wire.EventDied}), []byte(`"version":1`), []byte(`"version" : 1`), 1))
		},
	},
	RuleFrameSize: {
		func(s *stage) { s.open(); s.in(res, longMessage(s, frameLimit)) },
		func(s *stage) { s.open(); s.in(res, longMessage(s, 65_000)) },
	},
	RuleAnswerUnasked: {
		func(s *stage) { s.open(); s.ok(ini, wire.IntID(99)) },
		func(s *stage) { s.open(); s.ok(ini, s.ask(ini, wire.System{Action: wire.ActionStop})) },
	},
	RuleAnswerMissing: {
		func(s *stage) {
			s.open()
			s.ask(ini, wire.GetBalances{})
			s.in(ini, wire.AppendResult(nil, s.ask(ini, wire.System{Action: wire.ActionPing}), s.channel, []byte(pong)))
		},
		func(s *stage) {
			s.open()
			s.in(ini, wire.AppendResult(nil, s.ask(ini, wire.GetBalances{}), s.channel, []byte(`[]`)))
			s.in(ini, wire.AppendResult(nil, s.ask(ini, wire.System{Action: wire.ActionPing}), s.channel, []byte(pong)))
		},
	},
	RuleEffectFirst: {
		func(s *stage) {
			s.open()
			s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
			s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
		},
		func(s *stage) { s.open(); s.propose(ini, 1) },
	},
	RuleAnswerShape: {
		func(s *stage) {
			s.open()
			s.in(ini, wire.AppendResult(nil, s.ask(ini, wire.System{Action: wire.ActionPing}), s.channel, []byte(`"ok"`)))
		},
		func(s *stage) {
			s.open()
			s.in(ini, wire.AppendResult(nil, s.ask(ini, wire.System{Action: wire.ActionPing}), s.channel, []byte(pong)))
		},
	},
	RuleErrorEcho: {
		func(s *stage) {
			s.open()
			id := s.ask(ini, wire.Leave{})
			s.in(ini, wire.AppendError(nil, id, s.channel, wire.CodeInternalError, nil, []byte(`{"id":1,"jsonrpc":"2.0","method":"channels.other"}`)))
		},
		func(s *stage) {
			s.open()
			s.out(ini, []byte(`{"params":{"n":1.50,"x":"\u0041"},"jsonrpc":"2.0","method":"channels.other","id":1}`))
			s.in(ini, wire.AppendError(nil, wire.IntID(1), s.channel, wire.CodeMethodNotFound, nil, []byte(`{"id":1,"jsonrpc":"2.0","method":"channels.other","params":{"n":1.5,"x":"A"}}`)))
		},
	},
	RuleErrorCode: {
		func(s *stage) { s.open(); s.refuse(ini, s.abort(ini, wire.TagUpdate, 42), wire.CodeNegativeAmount) },
		func(s *stage) { s.open(); s.refuse(ini, s.abort(ini, wire.TagUpdate, 42), wire.CodeNotAllowed) },
	},
	RuleErrorText: {
		func(s *stage) {
			s.open()
			b := s.abort(ini, wire.TagUpdate, 42)
			s.in(ini, bytes.Replace(wire.AppendError(nil, nil, s.channel, 3, []int{1018}, b), []byte("Not allowed at"), []byte("Allowed at"), 1))
		},
		func(s *stage) { s.open(); s.refuse(ini, s.abort(ini, wire.TagUpdate, 42), 1018) },
	},
	RuleWrongAccepted: {
		func(s *stage) { s.open(); s.ok(ini, s.ask(ini, wire.Deposit{Amount: big.NewInt(-1)})) },
		func(s *stage) { s.open(); s.ok(ini, s.ask(ini, wire.Deposit{Amount: big.NewInt(1)})) },
	},
	RuleBalanceRefused: {
		func(s *stage) { s.open(); refuseTransfer(s, 988) },
		func(s *stage) { s.open(); refuseTransfer(s, 989) },
	},
	RuleFSMUp: {
		func(s *stage) { s.in(res, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventChannelOpen})) },
		func(s *stage) { s.open(2) },
	},
	RuleFSMID: {
		func(s *stage) { s.fsm[ini] = tx.Encode(tx.PrefixByteArray, make([]byte, 8)); s.open(1) },
		func(s *stage) { s.open(1) },
	},
	RuleOpeningOrder: {
		func(s *stage) { s.open(13); s.info(ini, wire.EventFundingLocked) },
		func(s *stage) { s.open(13); s.info(ini, wire.EventOwnFundingLocked) },
	},
	RuleFundingUnsigned: {
		func(s *stage) { s.open(7); s.onChain(res, wire.OnChainFundingCreated, wire.TxTypeCreate, s.create) },
		func(s *stage) { s.open(9) },
	},
	RuleWrongRole: {
		func(s *stage) {
			s.open(1)
			s.in(ini, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventChannelOpen}))
		},
		func(s *stage) { s.open(3) },
	},
	RuleNotOpen: {
		func(s *stage) {
			s.open(14)
			s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
			s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
		},
		func(s *stage) { s.open(17); s.propose(ini, 1) },
	},
	RuleAfterDied: {
		func(s *stage) { s.open(); s.info(ini, wire.EventDied); s.info(ini, wire.EventOpen) },
		func(s *stage) {
			s.open()
			id := s.ask(ini, wire.System{Action: wire.ActionStop})
			s.info(ini, wire.EventDied)
			s.ok(ini, id)
		},
	},
	RuleAfterEnd: {
		func(s *stage) { s.open(); s.info(ini, wire.EventTimeout); s.conflict(ini, 2, 1) },
		func(s *stage) { s.open(); s.info(ini, wire.EventTimeout); s.info(ini, wire.EventDied) },
	},
	RuleCloseCode: {
		func(s *stage) { s.open(); s.closed(ini, CloseInternalError) },
		func(s *stage) {
			s.open()
			s.propose(ini, 1)
			s.ask(ini, wire.Leave{}) // waits for the signature
			s.closed(ini, CloseInternalError)
			s.closed(res, 1000)
		},
	},
	RuleChannelIDEarly: {
		func(s *stage) { s.fsmUp(ini, s.channel) },
		func(s *stage) { s.open(11) },
	},
	RuleChannelIDMissing: {
		func(s *stage) { s.open(); s.in(ini, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventDied})) },
		func(s *stage) { // an older node: the first carrier is on_chain_tx
			s.open(5)
			half := s.sign(&tx.SignedTx{Tx: s.create.Tx}, ini)
			s.in(res, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventFundingCreated}))
			s.request(res, "", wire.TagResponderSign, half)
			s.answer(res, wire.TagResponderSign, half, "")
			s.onChain(res, wire.OnChainFundingCreated, wire.TxTypeCreate, s.create)
		},
	},
	RuleChannelIDChanged: {
		func(s *stage) { s.open(); s.channel = otherChannel; s.info(ini, wire.EventDied) },
		func(s *stage) { s.open(); s.info(ini, wire.EventDied) },
	},
	RuleChannelIDWrong: {
		func(s *stage) { s.channel = otherChannel; s.open(7) },
		func(s *stage) { s.open(7) },
	},
}
