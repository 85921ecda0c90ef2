package model

import (
	"math/big"
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
