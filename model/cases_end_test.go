package model

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// endCases: rules about the end of an operation and about data.
var endCases = map[string]ruleCase{
	RuleUpdateShape: {
		func(s *stage) { s.open(); s.cosign(ini, 1); s.in(ini, wire.AppendUpdate(nil, s.channel, "tx_")) },
		func(s *stage) { s.open(); s.update(ini, 1) },
	},
	RuleUpdateOther: {
		func(s *stage) {
			s.open()
			s.cosign(ini, 1)
			s.report(ini, s.sign(s.sign(s.offchain(2, tx.Hash{1}), ini), res))
		},
		func(s *stage) { s.open(); s.cosign(ini, 1); s.report(ini, s.state) },
	},
	RuleUpdateUnsigned: {
		func(s *stage) { s.open(); s.propose(ini, 1); s.report(ini, s.sign(s.sign(s.pending, ini), res)) },
		func(s *stage) { // the signature crossed with a conflict and met the same offer again
			s.open()
			s.propose(ini, 1)
			t := s.sign(s.sign(s.pending, ini), res)
			s.out(ini, wire.AppendSigned(nil, nil, wire.TagUpdate, s.sign(s.pending, ini).Text()))
			s.conflict(ini, 2, 1)
			s.propose(ini, 1)
			s.report(ini, t)
		},
	},
	RuleUpdateRepeated: {
		func(s *stage) { s.open(); s.update(ini, 1); s.report(ini, s.state) },
		func(s *stage) { s.open(); s.update(ini, 1); s.reestablish(); s.report(ini, s.state) },
	},
	RuleUpdateSignatures: {
		func(s *stage) { s.open(); s.cosign(ini, 1); s.report(ini, s.sign(s.pending, ini)) },
		func(s *stage) { s.open(); s.cosign(ini, 1); s.report(ini, s.state) },
	},
	RuleAbortedUnasked: {
		func(s *stage) { s.open(); s.propose(ini, 1); s.info(ini, wire.EventAbortedUpdate) },
		func(s *stage) { // the answer to a later request overtakes the event
			s.open()
			s.propose(ini, 1)
			s.abort(ini, wire.TagUpdate, 42)
			s.in(ini, wire.AppendResult(nil, s.ask(ini, wire.System{Action: wire.ActionPing}), s.channel, []byte(pong)))
			s.info(ini, wire.EventAbortedUpdate)
		},
	},
	RuleAbortedSigned: {
		func(s *stage) {
			s.open()
			s.half(ini, 1)
			s.abort(ini, wire.TagUpdate, 42)
			s.info(ini, wire.EventAbortedUpdate)
		},
		func(s *stage) { // a late abort meets the next operation
			s.open()
			s.cosign(ini, 1)
			s.abort(res, wire.TagUpdateAck, 42)
			s.report(res, s.state)
			s.report(ini, s.state)
			s.half(ini, 1)
			s.info(res, wire.EventAbortedUpdate)
			s.conflict(ini, 42, 2)
			s.check()
		},
	},
	RuleAbortSwallowed: {
		func(s *stage) {
			s.open()
			s.propose(ini, 1)
			s.out(ini, wire.AppendAbort(nil, wire.IntID(50), wire.TagUpdate, []byte("42")))
			s.ok(ini, wire.IntID(50))
			s.propose(ini, 1)
		},
		func(s *stage) {
			s.open()
			s.propose(ini, 1)
			s.out(ini, wire.AppendAbort(nil, wire.IntID(50), wire.TagUpdate, []byte("42")))
			s.ok(ini, wire.IntID(50))
			s.info(ini, wire.EventAbortedUpdate)
			s.propose(ini, 1)
		},
	},
	RuleAbortRefused: {
		func(s *stage) {
			s.open()
			s.propose(ini, 1)
			s.refuse(ini, s.abort(ini, wire.TagUpdate, 42), wire.CodeNotAllowed)
			s.abort(ini, wire.TagUpdate, 42)
			s.info(ini, wire.EventAbortedUpdate)
		},
		func(s *stage) { // the refusal overtakes the conflict
			s.open()
			s.propose(ini, 1)
			s.refuse(ini, s.abort(ini, wire.TagUpdate, 42), wire.CodeNotAllowed)
			s.conflict(ini, 2, 1)
		},
	},
	RuleConflictUnprovoked: {
		func(s *stage) { s.open(); s.propose(ini, 1); s.conflict(ini, 42, 1) },
		func(s *stage) { s.open(); s.half(ini, 1); s.conflict(ini, 42, 1); s.conflict(res, 3, 1) },
	},
	RuleConflictRound: {
		func(s *stage) { s.open(); s.half(ini, 1); s.conflict(ini, 2, 2) },
		func(s *stage) { s.open(); s.half(ini, 1); s.conflict(ini, 2, 1) },
	},
	RuleConflictShape: {
		func(s *stage) {
			s.open()
			s.in(ini, wire.AppendConflict(nil, s.channel, wire.Conflict{ChannelID: s.channel, Code: 2, Message: "abort", Round: 1}))
		},
		func(s *stage) { s.open(); s.conflict(ini, 2, 1) },
	},
	RuleBalances: {
		func(s *stage) { s.open(); s.balances(ini, 989, 510) },
		func(s *stage) { // the answer overtakes the report
			s.open()
			s.cosign(ini, 1)
			s.balances(ini, 989, 511)
		},
	},
	RuleProof: {
		func(s *stage) { s.open(); s.proof(989, 511) },
		func(s *stage) { s.open(); s.proof(990, 510) },
	},
	RuleState: {
		func(s *stage) { s.open(); s.leave(s.sign(s.offer(1), ini)) },
		func(s *stage) { s.open(); s.leave(s.state) },
	},
	RuleMessageParty: {
		func(s *stage) { s.open(); s.message(res, s.account(res), s.account(ini), "x") },
		func(s *stage) { s.open(); s.message(res, s.account(ini), s.account(res), "x") },
	},
	RuleOnChainShape: {
		func(s *stage) { s.open(11); s.onChain(ini, wire.OnChainChannelChanged, wire.TxTypeSettle, s.create) },
		func(s *stage) { s.open(12) },
	},
	RuleOnChainCreate: {
		func(s *stage) {
			s.open(10)
			t, _ := s.create.Decode()
			t.(*tx.Create).Fee.SetInt64(1)
			s.onChain(ini, wire.OnChainFundingSigned, wire.TxTypeCreate, s.sign(tx.NewSigned(t), ini))
		},
		func(s *stage) { s.open(11) },
	},
}

// pairCases: rules about both sides.
var pairCases = map[string]ruleCase{
	RulePairChannel: {
		func(s *stage) { s.open(); s.c[res].channel = otherChannel; s.check() },
		func(s *stage) { s.open(); s.check() },
	},
	RulePairState: {
		func(s *stage) { s.open(); s.cosign(ini, 1); s.report(res, s.state); s.check() },
		func(s *stage) { s.open(); s.update(ini, 1); s.update(res, 1); s.check() },
	},
	RulePairCoins: {
		func(s *stage) { s.open(); s.c[ini].ledger.balances[0] = big.NewInt(5); s.check() },
		func(s *stage) { s.open(); s.update(ini, 3); s.check() },
	},
	RulePairMessage: {
		func(s *stage) { s.open(); s.tell("a"); s.message(res, s.account(ini), s.account(res), "b"); s.check() },
		func(s *stage) {
			s.open()
			s.tell("a")
			s.check() // still on its way
			s.message(res, s.account(ini), s.account(res), "a")
			s.check()
		},
	},
	RulePairMessageLost: {
		func(s *stage) {
			s.open()
			s.tell("a")
			s.tell("b")
			s.message(res, s.account(ini), s.account(res), "b")
			s.check()
		},
		func(s *stage) {
			s.open()
			s.tell("a")
			s.tell("b")
			s.message(res, s.account(ini), s.account(res), "a")
			s.check()
		},
	},
	RulePairConflict: {
		func(s *stage) { s.open(); s.half(ini, 1); s.conflict(ini, 42, 1); s.conflict(res, 3, 1); s.check() },
		func(s *stage) {
			s.open()
			s.half(ini, 1)
			s.abort(res, wire.TagUpdateAck, 42)
			s.info(res, wire.EventAbortedUpdate)
			s.conflict(ini, 42, 1)
			s.check()
		},
	},
	RulePairAbort: {
		func(s *stage) {
			s.open()
			s.half(ini, 1)
			s.abort(res, wire.TagUpdateAck, 42)
			s.info(res, wire.EventAbortedUpdate)
			s.check()
		},
		func(s *stage) { // the starter's own timer was faster
			s.open()
			s.half(ini, 1)
			s.conflict(ini, 3, 1)
			s.abort(res, wire.TagUpdateAck, 42)
			s.info(res, wire.EventAbortedUpdate)
			s.check()
		},
	},
	RuleStuck: {
		func(s *stage) { s.open(); s.cosign(ini, 1); s.overdue() },
		func(s *stage) { s.open(); s.half(ini, 1); s.overdue() }, // it waits for the client
	},
	RulePairUnanswered: {
		func(s *stage) { s.open(); s.ask(ini, wire.GetBalances{}); s.check() },
		func(s *stage) { s.open(); s.propose(ini, 1); s.ask(ini, wire.Leave{}); s.check() }, // it waits
	},
}
