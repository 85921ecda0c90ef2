package model

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// legalSessions are rare sessions of a correct node.
var legalSessions = map[string]func(*stage){
	"a request that a conflict swallowed is asked again with other options": func(s *stage) {
		s.open()
		s.propose(ini, 1)
		s.ok(ini, s.ask(ini, wire.Deposit{Amount: big.NewInt(5), Options: wire.Options{Nonce: big.NewInt(99)}}))
		s.conflict(ini, wire.ConflictConflict, 1)
		follow(s.deposit(ini, 5))
	},
	"a request that both sides' conflict left waiting is asked after it": func(s *stage) {
		s.open()
		s.check()
		s.propose(ini, 1)
		s.ok(res, s.ask(res, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
		s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
		s.conflict(ini, wire.ConflictConflict, 1)
		s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
		s.check()
	},
	"the same is asked for again after the conflict": func(s *stage) {
		s.open()
		s.check()
		s.propose(ini, 1)
		again := wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}
		s.ok(ini, s.ask(ini, again))
		s.conflict(ini, wire.ConflictConflict, 1)
		s.ok(ini, s.ask(ini, again))
		s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
		s.check()
	},
	"a deposit that was given up comes into a block": func(s *stage) {
		s.open()
		follow(s.deposit(ini, 5)[:6])
		late := s.sign(s.sign(s.pending, ini), res)
		s.conflict(ini, wire.ConflictTimeout, 1)
		s.conflict(res, wire.ConflictTimeout, 1)
		s.onChain(ini, wire.OnChainChannelChanged, wire.TxTypeDeposit, late)
		s.check()
	},
	"a client that comes back while the channel closes": func(s *stage) {
		s.open()
		s.update(ini, 1)
		steps := s.solo(nil)
		follow(steps[:2])
		s.closed(ini, 1006)
		s.c[ini].Connected(true)
		s.fsmUp(ini, s.channel)
		follow(steps[4:])
	},
	"a timer that runs out before a signature of a solo close that was read": func(s *stage) {
		s.open()
		follow(s.solo(nil)[:2])
		s.conflict(ini, 3, s.round)
		s.info(ini, wire.EventDied) // of a signature too many
	},
	"a close that the acker aborts, and another one": func(s *stage) {
		s.rich()
		s.open()
		follow(s.shutdown(ini, nil)[:3])
		s.abort(res, wire.TagShutdownSignAck, 42)
		s.info(res, wire.EventAbortedUpdate)
		s.conflict(ini, 42, 1)
		s.check()
		follow(s.shutdown(res, nil))
	},
	"a slash signature that timed out opens the channel": func(s *stage) {
		s.open()
		s.update(ini, 1)
		follow(s.solo(nil)[:4])
		s.askSolo(wire.Slash{}, wire.TagSlashTx, &tx.Slash{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Payload: s.payload(), PoI: s.proofOf(s.bal), Nonce: 8}, nil)
		s.conflict(ini, wire.ConflictTimeout, 2)
		s.info(ini, wire.EventOpen)
		s.propose(ini, 1)
	},
	"an update and its abort in one batch": func(s *stage) {
		s.open()
		params := wire.AppendCall(nil, wire.IntID(7), wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
		s.out(ini, slices.Concat([]byte("["), params, []byte(","), wire.AppendAbort(nil, wire.IntID(8), wire.TagUpdate, []byte("42")), []byte("]")))
		s.in(ini, slices.Concat([]byte("["), wire.AppendOK(nil, wire.IntID(7), s.channel), []byte(","), wire.AppendOK(nil, wire.IntID(8), s.channel), []byte("]")))
		s.request(ini, s.channel, wire.TagUpdate, s.offer(1), s.transfer(1))
		s.out(ini, wire.AppendSigned(nil, nil, wire.TagUpdate, s.sign(s.pending, ini).Text())) // too late
		s.info(ini, wire.EventAbortedUpdate)
		s.check()
		s.update(res, 1)
	},
	"an abort in a batch whose query is answered alone": func(s *stage) { // ws-api 3.1
		s.open()
		s.propose(ini, 1)
		s.out(ini, slices.Concat([]byte("["), wire.AppendAbort(nil, wire.IntID(7), wire.TagUpdate, []byte("42")), []byte(","),
			wire.AppendCall(nil, wire.IntID(8), wire.System{Action: wire.ActionPing}), []byte("]")))
		s.in(ini, wire.AppendResult(nil, wire.IntID(8), s.channel, []byte(pong)))
		s.info(ini, wire.EventAbortedUpdate)
		s.check()
		s.update(res, 1)
	},
	"a solo signature behind a forced progress, which waits for it": func(s *stage) {
		s.open()
		s.update(ini, 1)
		t := s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Payload: s.payload(), PoI: s.proofOf(s.bal), Nonce: 8}, nil)
		forced := s.ask(ini, wire.ForceProgress{})
		s.unread(ini, wire.TagCloseSoloSign, t)
		id := wire.IntID(s.id)
		s.in(ini, wire.AppendError(nil, forced, s.channel, wire.CodeInternalError, nil, wire.AppendCall(nil, forced, wire.ForceProgress{})))
		s.conflict(ini, wire.ConflictTimeout, 2)
		s.ok(ini, id)
	},
	"a solo close that waited before the signature of a settlement": func(s *stage) {
		s.open()
		s.update(ini, 1)
		follow(s.solo(nil)[:4])
		s.ok(ini, s.ask(ini, wire.Settle{}))
		waiting := s.ask(ini, wire.CloseSolo{})
		t := s.make(&tx.Settle{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), InitiatorAmountFinal: s.bal[0], ResponderAmountFinal: s.bal[1], Nonce: 8}, nil)
		s.request(ini, s.channel, wire.TagSettleSign, t)
		s.unread(ini, wire.TagSettleSign, t)
		s.ok(ini, waiting) // it takes the place of the settlement, whose signature is not read yet
		s.request(ini, s.channel, wire.TagCloseSoloSign, s.make(&tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), PoI: s.proofOf(s.bal), Nonce: 8}, nil))
	},
	"a responder with both keys signs another nonce": func(s *stage) {
		s.open(7)
		t, err := s.create.Decode()
		if err != nil {
			s.t.Fatal(err)
		}
		t.(*tx.Create).Nonce++
		s.create = s.sign(tx.NewSigned(t), ini)
		s.answer(res, wire.TagResponderSign, s.create, s.channel)
		s.create = s.sign(s.create, res)
		s.onChain(res, wire.OnChainFundingCreated, wire.TxTypeCreate, s.create)
	},
	"a settlement after a reestablish that does not tell of the solo close": func(s *stage) {
		s.open()
		s.update(ini, 1)
		s.reestablish()
		s.report(ini, s.state)
		settle := &tx.Settle{ChannelID: s.channelTx(), FromID: s.keys[res].ID(), InitiatorAmountFinal: s.bal[0], ResponderAmountFinal: s.bal[1], Nonce: 9}
		s.onChain(ini, wire.OnChainChannelClosed, wire.TxTypeSettle, s.sign(tx.NewSigned(settle), res))
	},
	"a message before the reestablish is done": func(s *stage) {
		s.open()
		s.check()
		s.info(ini, wire.EventDied)
		s.closed(ini, 1000)
		s.info(res, wire.EventPeerDisconnected)
		s.check()
		s.c[ini].Connected(true)
		s.fsm[ini] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
		s.fsmUp(ini, s.channel)
		s.tell("nobody hears it")
		for side := range 2 {
			s.info(side, wire.EventChannelReestablished)
			s.info(side, wire.EventOpen)
			s.report(side, s.state)
		}
		s.check()
		s.tell("heard")
		s.message(res, s.account(ini), s.account(res), "heard")
		s.check()
	},
	"a message before a reestablish that follows a socket which broke off": func(s *stage) {
		s.open()
		s.check()
		s.closed(ini, 1006) // its state machine ends with it, and nobody tells (fsm 7)
		s.c[ini].Connected(true)
		s.fsm[ini] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
		s.fsmUp(ini, s.channel)
		s.info(res, wire.EventPeerDisconnected)
		s.check()
		s.tell("nobody hears it")
		for side := range 2 {
			s.info(side, wire.EventChannelReestablished)
			s.info(side, wire.EventOpen)
			s.report(side, s.state)
		}
		s.check()
		s.tell("heard")
		s.message(res, s.account(ini), s.account(res), "heard")
		s.check()
	},
	"a leave that a solo operation takes the place of, and another one": func(s *stage) {
		s.open()
		s.ok(ini, s.ask(ini, wire.Leave{}))
		s.in(res, wire.AppendLeave(nil, s.channel, s.state.Text()))
		s.ok(ini, s.ask(ini, wire.SnapshotSolo{})) // while it waits for the peer's leave_ack (fsm 3.2)
		s.update(res, 1)
		s.ok(res, s.ask(res, wire.Leave{}))
		s.in(res, wire.AppendLeave(nil, s.channel, s.state.Text()))
		s.info(res, wire.EventDied)
	},
	"a leave, and a reestablish that comes when its other side has given up": func(s *stage) {
		s.open()
		s.check()
		s.ok(ini, s.ask(ini, wire.Leave{}))
		s.in(res, wire.AppendLeave(nil, s.channel, s.state.Text()))
		s.in(ini, wire.AppendLeave(nil, s.channel, s.state.Text()))
		s.info(ini, wire.EventDied)
		s.closed(ini, 1000)
		s.info(res, wire.EventPeerDisconnected)
		s.c[ini].Connected(true)
		s.fsm[ini] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
		s.fsmUp(ini, s.channel)
		s.info(ini, wire.EventTimeout)
		s.info(ini, wire.EventDied)
		s.closed(ini, 1000)
		s.info(res, wire.EventChannelReestablished) // its machine had something else to wait for
		s.info(res, wire.EventOpen)
		s.report(res, s.state)
		s.info(res, wire.EventPeerDisconnected)
		s.check()
	},
	"a signature for an earlier offer of the same": func(s *stage) {
		s.open()
		t := s.half(ini, 1)
		s.unread(res, wire.TagUpdateAck, t)
		first := wire.IntID(s.id)
		s.conflict(res, 2, 1)
		s.conflict(ini, 2, 1)
		s.half(ini, 1)
		s.unread(res, wire.TagUpdateAck, t)
		second := wire.IntID(s.id)
		s.ok(res, first)
		s.report(res, s.sign(t, res))
		s.ok(res, second)
	},
	"a solo operation that is aborted and then signed": func(s *stage) {
		s.open()
		t := s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), PoI: s.proofOf(s.bal), Nonce: 8}, nil)
		s.abort(ini, wire.TagCloseSoloSign, 42)
		s.unread(ini, wire.TagCloseSoloSign, t)
		s.info(ini, wire.EventAbortedUpdate)
		s.ok(ini, wire.IntID(s.id))
	},
	"sockets that end without a close frame, or as this client ends them": func(s *stage) {
		s.open()
		s.closed(ini, 0)
		s.c[ini].Connected(true)
		s.fsmUp(ini, s.channel)
		s.closed(ini, 1005)
		s.closed(res, 1006)
		s.c[res].Connected(true)
		s.fsmUp(res, s.channel)
		s.c[res].Closing() // it broke a rule of WebSocket
		s.closed(res, 1002)
	},
	"a query that was still to be read when the machine ended": func(s *stage) {
		s.open()
		s.ask(ini, wire.GetBalances{})
		id := s.ask(ini, wire.System{Action: wire.ActionStop})
		s.info(ini, wire.EventDied)
		s.ok(ini, id)
	},
	"a client that does not wait for an answer": func(s *stage) {
		s.open()
		s.ask(ini, wire.GetBalances{})
		s.c[ini].HangsUp()
		s.closed(ini, 1000)
	},
	"connections that are refused": func(s *stage) {
		s.closed(ini, 1000)
		s.closed(res, CloseInternalError) // an unknown protocol
	},
	"a leave that the two sides see in two checks": func(s *stage) {
		s.open()
		s.ok(ini, s.ask(ini, wire.Leave{}))
		s.in(res, wire.AppendLeave(nil, s.channel, s.state.Text()))
		s.check()
		s.in(ini, wire.AppendLeave(nil, s.channel, s.state.Text()))
		s.info(ini, wire.EventDied)
		s.info(res, wire.EventPeerDisconnected)
		s.check()
	},
	"a solo close in the place of a mutual one that was signed": func(s *stage) {
		s.rich()
		s.open()
		follow(s.solo(nil)[:4])
		follow(s.shutdown(ini, nil)[:2])
		s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), PoI: s.proofOf(s.bal), Nonce: 9}, nil)
	},
	"a solo close after a mutual one that came to the chain before it": func(s *stage) {
		s.rich()
		s.open()
		steps := s.shutdown(ini, nil)
		follow(steps[:8])
		t := &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[res].ID(), PoI: s.proofOf(s.bal), Nonce: 9}
		s.onChain(ini, wire.OnChainSoloClosing, wire.TxTypeCloseSolo, s.sign(s.make(t, nil), res))
		s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), PoI: s.proofOf(s.bal), Nonce: 9}, nil)
	},
	"a reestablish after the peer went while the channel closed": func(s *stage) {
		s.rich()
		s.open()
		follow(s.shutdown(ini, nil)[:6])
		s.info(res, wire.EventOpen) // something failed, and the peer is gone by now
		s.info(res, wire.EventChannelReestablished)
		s.info(res, wire.EventOpen)
		s.report(res, s.state)
	},
	"a peer that comes back twice to a responder that is not told of the state": func(s *stage) {
		s.open()
		for range 2 { // older nodes (ws-api 9)
			s.info(res, wire.EventPeerDisconnected)
			s.info(res, wire.EventChannelReestablished)
			s.info(res, wire.EventOpen)
		}
	},
	"a solo close before the peer comes back": func(s *stage) {
		s.open()
		s.info(ini, wire.EventDied)
		s.closed(ini, 1000)
		s.c[ini].Connected(true)
		s.fsm[ini] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
		s.fsmUp(ini, s.channel)
		t := &tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[res].ID(), PoI: s.proofOf(s.bal), Nonce: 9}
		s.onChain(ini, wire.OnChainSoloClosing, wire.TxTypeCloseSolo, s.sign(s.make(t, nil), res))
		s.info(ini, wire.EventClosing)
		s.report(ini, s.state)
	},
	"a responder that is open again falls back to the solo close before": func(s *stage) {
		s.rich()
		s.open()
		s.info(res, wire.EventDied)
		s.closed(res, 1000)
		s.c[res].Connected(true)
		s.fsm[res] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
		s.fsmUp(res, s.channel)
		s.info(res, wire.EventChannelReestablished)
		s.info(res, wire.EventOpen)
		s.report(res, s.state)
		s.propose(res, 1)
		s.conflict(res, wire.ConflictTimeout, 1)
		follow(s.shutdown(ini, nil)[:3])
		s.abort(res, wire.TagShutdownSignAck, 42)
		s.info(res, wire.EventAbortedUpdate)
		s.info(res, wire.EventClosing)
		s.conflict(ini, 42, 1)
	},
	"a mutual close that waited in the pool while the state machines were started anew": func(s *stage) {
		s.rich()
		s.open()
		steps := s.shutdown(ini, nil)
		follow(steps[:8])
		s.reestablish()
		s.report(ini, s.state)
		steps[8]()
	},
	"an offer that was signed twice": func(s *stage) {
		s.open()
		t := s.half(ini, 1)
		s.unread(res, wire.TagUpdateAck, t)
		first := wire.IntID(s.id)
		s.unread(res, wire.TagUpdateAck, t)
		s.ok(res, first)
		s.report(res, s.sign(t, res))
		s.ok(res, wire.IntID(s.id))
	},
	"a shutdown in a channel that closes alone": func(s *stage) {
		s.rich()
		s.open()
		follow(s.solo(nil)[:4])
		follow(s.shutdown(ini, nil)[:2])
		both := s.sign(s.sign(s.closeTx(ini, nil), ini), res)
		s.onChain(ini, wire.OnChainCloseMutual, wire.TxTypeCloseMutual, both)
		follow(s.shutdown(ini, nil)[8:])
	},
}

func TestRareLegalSessionsHaveNoViolation(t *testing.T) {
	for name, play := range legalSessions {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			play(s)
			if len(s.found) > 0 {
				t.Errorf("got %v, want nothing", s.found)
			}
		})
	}
}

// TestFeeSplitOfAMutualClose is the table of transactions 5.4.
func TestFeeSplitOfAMutualClose(t *testing.T) {
	for _, c := range []struct{ initiator, responder, fee, wantInitiator, wantResponder int64 }{
		{100, 50, 10, 95, 45},
		{100, 50, 11, 94, 45},
		{5, 6, 11, 0, 0},
		{5, 100, 11, 0, 94},
		{6, 5, 11, 0, 0},
		{100, 4, 11, 93, 0},
		{4, 100, 11, 0, 93},
		{3, 100, 11, 0, 92},
		{4, 6, 11, -1, -1},
	} {
		got, ok := afterFee(balances{big.NewInt(c.initiator), big.NewInt(c.responder)}, big.NewInt(c.fee))
		switch want := (balances{big.NewInt(c.wantInitiator), big.NewInt(c.wantResponder)}); {
		case c.wantInitiator < 0 && ok:
			t.Errorf("%+v: got %v, want a refusal", c, got)
		case c.wantInitiator >= 0 && (!ok || !got.equal(want)):
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
