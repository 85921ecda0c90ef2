package model

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// offerCases: rules about requests to sign.
var offerCases = map[string]ruleCase{
	RuleSignShape: {
		func(s *stage) {
			s.open()
			s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
			s.in(ini, wire.AppendSign(nil, s.channel, wire.Sign{Tag: wire.TagUpdate, SignedTx: "tx_AAAA", Updates: []wire.Update{s.transfer(1)}}))
		},
		func(s *stage) { s.open(); s.propose(ini, 1) },
	},
	RuleSignUnasked: {
		func(s *stage) { s.open(); s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1)) },
		func(s *stage) { s.open(); s.propose(res, 1) },
	},
	RuleSignOther: {
		func(s *stage) {
			s.open()
			s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
			s.request(ini, s.channel, wire.TagUpdate, s.offer(2), s.transfer(2))
		},
		func(s *stage) { // with meta
			s.open()
			s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(2), Meta: []string{"a"}}))
			s.request(ini, s.channel, wire.TagUpdate, s.offer(2), s.transfer(2), wire.Update{Op: wire.OpMeta, Data: "a"})
		},
	},
	RuleSignUnannounced: {
		func(s *stage) {
			s.open()
			s.request(res, s.channel, wire.TagUpdateAck, s.sign(s.offer(1), ini), s.transfer(1))
		},
		func(s *stage) { s.open(); s.half(ini, 1) },
	},
	RuleSignPending: {
		func(s *stage) { s.open(); s.half(ini, 1); s.propose(ini, 2) },
		func(s *stage) { s.open(); s.half(ini, 1); s.conflict(ini, 3, 1); s.propose(ini, 2) },
	},
	RuleOfferChannel: {
		func(s *stage) {
			s.open()
			s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
			channel := s.channel
			s.channel = otherChannel
			t := s.offer(1)
			s.channel = channel
			s.request(ini, s.channel, wire.TagUpdate, t, s.transfer(1))
		},
		func(s *stage) { s.open(); s.propose(ini, 1) },
	},
	RuleOfferRound: {
		func(s *stage) { s.open(); s.round++; s.propose(ini, 1) },
		func(s *stage) { s.open(); s.update(ini, 1); s.propose(ini, 1) },
	},
	RuleOfferStateHash: {
		func(s *stage) { // pays the wrong side
			s.open()
			s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
			s.request(ini, s.channel, wire.TagUpdate, s.offer(-1), s.transfer(1))
		},
		func(s *stage) { // an abort changes nothing
			s.open()
			s.propose(ini, 5)
			s.abort(ini, wire.TagUpdate, 42)
			s.info(ini, wire.EventAbortedUpdate)
			s.propose(ini, 1)
		},
	},
	RuleOfferBalance: {
		func(s *stage) { s.open(); s.propose(ini, 989) },
		func(s *stage) { s.open(); s.propose(ini, 988) },
	},
	RuleOfferSignatures: {
		func(s *stage) {
			s.open()
			s.info(res, wire.EventUpdate)
			s.request(res, s.channel, wire.TagUpdateAck, s.sign(s.offer(1), res), s.transfer(1))
		},
		func(s *stage) { // a starter that signs for both
			s.open()
			s.info(res, wire.EventUpdate)
			s.request(res, s.channel, wire.TagUpdateAck, s.sign(s.sign(s.offer(1), ini), res), s.transfer(1))
		},
	},
	RuleOfferCreate: {
		func(s *stage) {
			s.open(3)
			t, _ := s.create.Decode()
			t.(*tx.Create).LockPeriod = 11
			s.request(ini, "", wire.TagInitiatorSign, tx.NewSigned(t))
		},
		func(s *stage) { // the responder's node takes the initiator's lock period
			s.open(6)
			t, _ := s.create.Decode()
			t.(*tx.Create).LockPeriod = 11
			s.request(res, s.channel, wire.TagResponderSign, s.sign(tx.NewSigned(t), ini))
		},
	},
	RuleOfferFee: {
		func(s *stage) { s.open(3); s.refusal(requestCreate(s, 200_000_000_000_000_000)) },
		func(s *stage) { s.open(3); s.refusal(requestCreate(s, 17_640_000_000_000)) },
	},
}
