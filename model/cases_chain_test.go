package model

import (
	"math/big"
	"slices"
	"strings"

	"chanbot/tx"
	"chanbot/wire"
)

// chainCases: rules about deposits, closings, snapshots, leave and reestablish.
var chainCases = map[string]ruleCase{
	RuleOfferNonce: {
		func(s *stage) { askWithNonce(s, 9) },
		func(s *stage) { askWithNonce(s, 8) },
	},
	RuleOfferAmount: {
		func(s *stage) { s.open(); s.askDeposit(ini, 5, func(t tx.Tx) { t.(*tx.Deposit).Amount.SetInt64(6) }) },
		func(s *stage) { // the peer signed another amount: its node lets it pass, CheckSign does not
			s.open()
			follow(s.deposit(ini, 5)[:2])
			t, _ := s.pending.Decode()
			t.(*tx.Deposit).Amount.SetInt64(6)
			s.info(res, wire.EventDepositCreated)
			f := s.request(res, s.channel, wire.TagDepositAck, s.sign(tx.NewSigned(t), ini), s.depositOf(ini, 5))
			if _, err := s.c[res].CheckSign(f); err == nil {
				s.t.Error("CheckSign passes another amount")
			}
		},
	},
	RuleOfferPayer: {
		func(s *stage) {
			s.open()
			s.askDeposit(ini, 5, func(t tx.Tx) { t.(*tx.Deposit).FromID = s.keys[res].ID() })
		},
		func(s *stage) { s.open(); follow(s.deposit(res, 5)) },
	},
	RuleOfferFinals: {
		func(s *stage) {
			s.rich()
			s.open()
			follow(s.shutdown(ini, func(t tx.Tx) {
				m := t.(*tx.CloseMutual)
				m.InitiatorAmountFinal = new(big.Int).Add(m.InitiatorAmountFinal, big.NewInt(1))
				m.ResponderAmountFinal = new(big.Int).Sub(m.ResponderAmountFinal, big.NewInt(1))
			})[:3])
		},
		func(s *stage) { s.rich(); s.open(); follow(s.shutdown(res, nil)) },
	},
	RuleOfferPayload: {
		func(s *stage) { // closes with an older state than the last one
			s.open()
			s.update(ini, 1)
			old := s.state
			s.update(ini, 1)
			follow(s.solo(func(t tx.Tx) {
				if c, ok := t.(*tx.CloseSolo); ok {
					c.Payload = old.Bytes()
				}
			})[:1])
		},
		func(s *stage) { s.open(); s.update(ini, 1); follow(s.solo(nil)) },
	},
	RuleOfferProof: {
		func(s *stage) {
			s.open()
			s.update(ini, 1)
			follow(s.solo(func(t tx.Tx) {
				if c, ok := t.(*tx.CloseSolo); ok {
					c.PoI = s.proofOf(balances{big.NewInt(990), big.NewInt(510)})
				}
			})[:1])
		},
		func(s *stage) { s.open(); follow(s.solo(nil)) }, // the create transaction: an empty payload
	},
	RuleOnChainOther: {
		func(s *stage) { // another deposit of both, with the same state hash but another round
			s.open()
			follow(s.deposit(ini, 5)[:5])
			t, _ := s.pending.Decode()
			t.(*tx.Deposit).Round = 3
			s.onChain(ini, wire.OnChainDepositSigned, wire.TxTypeDeposit, s.sign(s.sign(tx.NewSigned(t), ini), res))
		},
		func(s *stage) { // the acker, who has both keys, changed the fee
			s.open()
			follow(s.deposit(ini, 5)[:4])
			t, _ := s.pending.Decode()
			t.(*tx.Deposit).Fee.SetInt64(18_000_000_000_000)
			s.onChain(ini, wire.OnChainDepositSigned, wire.TxTypeDeposit, s.sign(s.sign(tx.NewSigned(t), ini), res))
		},
	},
	RuleOnChainPayload: {
		func(s *stage) {
			s.open()
			s.update(ini, 1)
			t := s.make(&tx.SnapshotSolo{ChannelID: s.channelTx(), FromID: s.keys[res].ID(), Payload: s.sign(s.pending, res).Bytes(), Nonce: 1}, nil)
			s.onChain(ini, wire.OnChainChannelChanged, wire.TxTypeSnapshotSolo, s.sign(t, res))
		},
		func(s *stage) { // the peer's snapshot
			s.open()
			s.update(ini, 1)
			t := s.make(&tx.SnapshotSolo{ChannelID: s.channelTx(), FromID: s.keys[res].ID(), Payload: s.state.Bytes(), Nonce: 1}, nil)
			s.onChain(ini, wire.OnChainChannelChanged, wire.TxTypeSnapshotSolo, s.sign(t, res))
		},
	},
	RuleLockOrder: {
		func(s *stage) { s.open(); follow(s.deposit(ini, 5), 6) },
		func(s *stage) { // the depth is assumed before the block is reported
			s.open()
			steps := s.deposit(ini, 5)
			follow(steps[:6])
			s.ok(ini, s.ask(ini, wire.AssumeMinimumDepth{TxHash: s.sign(s.sign(s.pending, ini), res).Hash().Text(tx.PrefixTxHash)}))
			steps[7]()
			steps[6]()
			follow(steps[8:])
		},
	},
	RuleCloseUnsigned: {
		func(s *stage) { s.rich(); s.open(); follow(s.shutdown(ini, nil), 3) },
		func(s *stage) { s.rich(); s.open(); follow(s.shutdown(ini, nil)) },
	},
	RuleClosingOrder: {
		func(s *stage) { s.rich(); s.open(); follow(s.shutdown(ini, nil), 7) },
		func(s *stage) { // refused by the mempool: open and closing come again
			s.rich()
			s.open()
			follow(s.shutdown(ini, nil)[:6])
			s.conflict(ini, wire.ConflictRejected, 1)
			s.conflict(res, wire.ConflictRejected, 1)
			s.info(res, wire.EventOpen)
			follow(s.shutdown(res, nil))
		},
	},
	RuleCanSlash: {
		func(s *stage) { s.open(); s.update(ini, 1); old := s.state; s.update(ini, 1); s.canSlash(old) },
		func(s *stage) { // an update was completed while the close waited for its block
			s.open()
			s.update(ini, 1)
			follow(s.solo(nil)[:2])
			s.update(res, 1)
			s.canSlash(s.state)
			s.info(ini, wire.EventClosing)
			slash := s.askSolo(wire.Slash{}, wire.TagSlashTx, &tx.Slash{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Payload: s.payload(), PoI: s.proofOf(s.bal), Nonce: 8}, nil)
			s.answer(ini, wire.TagSlashTx, slash, s.channel)
			s.onChain(ini, wire.OnChainSoloClosing, wire.TxTypeSlash, s.sign(slash, ini))
			follow(s.solo(nil)[4:])
		},
	},
	RuleDepthUnasked: {
		func(s *stage) { s.open(); s.update(ini, 1); follow(s.snapshot(nil)); s.minDepth() },
		func(s *stage) { s.open(); s.update(ini, 1); follow(s.snapshot(nil)) },
	},
	RuleLeaveOrder: {
		func(s *stage) { s.open(); s.leave(s.state); s.conflict(ini, 2, 1) },
		func(s *stage) { s.open(); s.leave(s.state); s.info(ini, wire.EventDied) },
	},
	RuleReestablishOrder: {
		func(s *stage) { s.open(); s.reestablish(); s.propose(ini, 1) },
		func(s *stage) { s.open(); s.reestablish(); s.report(ini, s.state); s.propose(ini, 1) },
	},
	RuleHistory: {
		func(s *stage) { s.open(); s.history(3) },
		func(s *stage) { s.open(); s.history(2) },
	},
	RuleContract: {
		func(s *stage) { s.open(); s.call("ct_b") },
		func(s *stage) { s.open(); s.call("ct_a") },
	},
	RulePairLeave: {
		func(s *stage) { s.open(); s.in(ini, wire.AppendLeave(nil, s.channel, s.state.Text())); s.check() },
		func(s *stage) {
			s.open()
			s.ok(ini, s.ask(ini, wire.Leave{}))
			s.in(res, wire.AppendLeave(nil, s.channel, s.state.Text()))
			s.check()
		},
	},
}

// askWithNonce asks for a deposit with a nonce; the offer has nonce 8.
func askWithNonce(s *stage, nonce int64) {
	s.open()
	s.next = balances{big.NewInt(995), s.bal[1]}
	s.ok(ini, s.ask(ini, wire.Deposit{Amount: big.NewInt(5), Options: wire.Options{Nonce: big.NewInt(nonce)}}))
	t := s.make(&tx.Deposit{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Amount: big.NewInt(5), StateHash: s.hash(s.next), Round: 2, Nonce: 8}, nil)
	s.request(ini, s.channel, wire.TagDepositTx, t, s.depositOf(ini, 5))
}

func (s *stage) canSlash(state *tx.SignedTx) {
	s.onChain(ini, wire.OnChainCanSlash, wire.TxTypeOffChain, state)
}

// history has the node answer history.fetch for two entries.
func (s *stage) history(entries int) {
	id := s.ask(ini, wire.HistoryFetch{N: big.NewInt(2)})
	list := slices.Repeat([]string{`{"type":"report","tag":"info","time":"2026-01-01T00:00:00Z","info":{}}`}, entries)
	s.in(ini, wire.AppendResult(nil, id, s.channel, []byte("["+strings.Join(list, ",")+"]")))
}

// call has the node answer get.contract_call for ct_a.
func (s *stage) call(contract string) {
	id := s.ask(ini, wire.GetContractCall{ContractID: "ct_a", CallerID: s.account(ini), Round: big.NewInt(2)})
	s.in(ini, wire.AppendResult(nil, id, s.channel, []byte(`{"caller_id":"`+s.account(ini)+`","contract_id":"`+contract+`","return_type":"ok"}`)))
}
