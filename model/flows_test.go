package model

import (
	"math/big"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// make writes a transaction with the node's default fee, after change.
func (s *stage) make(t tx.Tx, change func(tx.Tx)) *tx.SignedTx {
	if tx.FeeOf(t).Sign() == 0 {
		tx.SetFee(t, tx.MinFee(t, big.NewInt(1_000_000_000)))
	}
	if change != nil {
		change(t)
	}
	return tx.NewSigned(t)
}

func (s *stage) channelTx() tx.ID {
	id, err := tx.ParseID(s.channel)
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// follow plays steps but those left out.
func follow(steps []func(), without ...int) {
	for i, step := range steps {
		if !slices.Contains(without, i) {
			step()
		}
	}
}

// askDeposit has a side ask for a deposit and gets it offered.
func (s *stage) askDeposit(side int, amount int64, change func(tx.Tx)) *wire.Frame {
	s.next = s.bal
	s.next[side] = new(big.Int).Add(s.bal[side], big.NewInt(amount))
	s.ok(side, s.ask(side, wire.Deposit{Amount: big.NewInt(amount)}))
	s.pending = s.make(&tx.Deposit{ChannelID: s.channelTx(), FromID: s.keys[side].ID(), Amount: big.NewInt(amount),
		StateHash: s.hash(s.next), Round: s.round + 1, Nonce: 8}, change)
	return s.request(side, s.channel, wire.TagDepositTx, s.pending, s.depositOf(side, amount))
}

func (s *stage) depositOf(side int, amount int64) wire.Update {
	return wire.Update{Op: wire.OpDeposit, From: s.account(side), Amount: big.NewInt(amount)}
}

// deposit is a deposit, step by step: 0 asked, 1 signed, 2 announced and
// offered to the peer, 3 signed by it, 4 deposit_created, 5 deposit_signed, then
// for the starter (6 to 9) and its peer (10 to 13): channel_changed,
// own_deposit_locked, deposit_locked, update.
func (s *stage) deposit(side int, amount int64) []func() {
	both := func() *tx.SignedTx { return s.sign(s.sign(s.pending, side), 1-side) }
	steps := []func(){
		func() { s.askDeposit(side, amount, nil) },
		func() { s.answer(side, wire.TagDepositTx, s.pending, s.channel) },
		func() {
			s.info(1-side, wire.EventDepositCreated)
			s.request(1-side, s.channel, wire.TagDepositAck, s.sign(s.pending, side), s.depositOf(side, amount))
		},
		func() { s.answer(1-side, wire.TagDepositAck, s.sign(s.pending, side), s.channel) },
		func() { s.onChain(1-side, wire.OnChainDepositCreated, wire.TxTypeDeposit, both()) },
		func() { s.onChain(side, wire.OnChainDepositSigned, wire.TxTypeDeposit, both()) },
	}
	for _, to := range []int{side, 1 - side} {
		steps = append(steps,
			func() { s.onChain(to, wire.OnChainChannelChanged, wire.TxTypeDeposit, both()) },
			func() { s.info(to, wire.EventOwnDepositLocked) },
			func() { s.info(to, wire.EventDepositLocked) },
			func() {
				s.report(to, both())
				if to != side {
					s.state, s.round, s.bal = both(), s.round+1, s.next
				}
			})
	}
	return steps
}

// closeTx is a mutual close, with the default fee of the full balances.
func (s *stage) closeTx(side int, change func(tx.Tx)) *tx.SignedTx {
	t := &tx.CloseMutual{ChannelID: s.channelTx(), FromID: s.keys[side].ID(), InitiatorAmountFinal: s.bal[0], ResponderAmountFinal: s.bal[1], Nonce: 8}
	t.Fee = tx.MinFee(t, big.NewInt(1_000_000_000))
	if final, ok := afterFee(s.bal, t.Fee); ok {
		t.InitiatorAmountFinal, t.ResponderAmountFinal = final[0], final[1]
	}
	return s.make(t, change)
}

// shutdown is a mutual close: 0 asked, 1 signed, 2 announced and offered to the
// peer, 3 signed by it, then for the peer (4, 5) and the starter (6, 7):
// close_mutual, closing; then for the starter 8 channel_closed,
// 9 closed_confirmed, 10 died.
func (s *stage) shutdown(side int, change func(tx.Tx)) []func() {
	t := s.closeTx(side, change)
	both := s.sign(s.sign(t, side), 1-side)
	return []func(){
		func() {
			s.ok(side, s.ask(side, wire.Shutdown{}))
			s.request(side, s.channel, wire.TagShutdownSign, t)
		},
		func() { s.answer(side, wire.TagShutdownSign, t, s.channel) },
		func() {
			s.info(1-side, wire.EventShutdown)
			s.request(1-side, s.channel, wire.TagShutdownSignAck, s.sign(t, side))
		},
		func() { s.answer(1-side, wire.TagShutdownSignAck, s.sign(t, side), s.channel) },
		func() { s.onChain(1-side, wire.OnChainCloseMutual, wire.TxTypeCloseMutual, both) },
		func() { s.info(1-side, wire.EventClosing) },
		func() { s.onChain(side, wire.OnChainCloseMutual, wire.TxTypeCloseMutual, both) },
		func() { s.info(side, wire.EventClosing) },
		func() { s.onChain(side, wire.OnChainChannelClosed, wire.TxTypeCloseMutual, both) },
		func() { s.info(side, wire.EventClosedConfirmed) },
		func() { s.info(side, wire.EventDied) },
	}
}

func (s *stage) proofOf(b balances) []byte {
	ids := []tx.ID{s.keys[ini].ID(), s.keys[res].ID()}
	poi, err := tx.ProofOfInclusion([]tx.Balance{{ID: ids[0], Amount: b[0]}, {ID: ids[1], Amount: b[1]}}, ids)
	if err != nil {
		s.t.Fatal(err)
	}
	return poi
}

func (s *stage) payload() []byte {
	if s.round == 1 {
		return nil
	}
	return s.state.Bytes()
}

// askSolo has the initiator ask for something that it signs alone.
func (s *stage) askSolo(p wire.Params, tag string, t tx.Tx, change func(tx.Tx)) *tx.SignedTx {
	signed := s.make(t, change)
	s.ok(ini, s.ask(ini, p))
	s.request(ini, s.channel, tag, signed)
	return signed
}

// solo is a solo close of the initiator and its settlement: 0 asked, 1 signed,
// 2 solo_closing, 3 closing, 4 settle asked, 5 signed, 6 channel_closed,
// 7 closed_confirmed, 8 died.
func (s *stage) solo(change func(tx.Tx)) []func() {
	var t, settle *tx.SignedTx
	id := s.keys[ini].ID()
	return []func(){
		func() {
			t = s.askSolo(wire.CloseSolo{}, wire.TagCloseSoloSign, &tx.CloseSolo{ChannelID: s.channelTx(), FromID: id, Payload: s.payload(), PoI: s.proofOf(s.bal), Nonce: 8}, change)
		},
		func() { s.answer(ini, wire.TagCloseSoloSign, t, s.channel) },
		func() { s.onChain(ini, wire.OnChainSoloClosing, wire.TxTypeCloseSolo, s.sign(t, ini)) },
		func() { s.info(ini, wire.EventClosing) },
		func() {
			settle = s.askSolo(wire.Settle{}, wire.TagSettleSign, &tx.Settle{ChannelID: s.channelTx(), FromID: id, InitiatorAmountFinal: s.bal[0], ResponderAmountFinal: s.bal[1], Nonce: 9}, change)
		},
		func() { s.answer(ini, wire.TagSettleSign, settle, s.channel) },
		func() { s.onChain(ini, wire.OnChainChannelClosed, wire.TxTypeSettle, s.sign(settle, ini)) },
		func() { s.info(ini, wire.EventClosedConfirmed) },
		func() { s.info(ini, wire.EventDied) },
	}
}

// snapshot is a snapshot of the initiator: 0 asked, 1 signed, 2 channel_changed,
// 3 min_depth_achieved.
func (s *stage) snapshot(change func(tx.Tx)) []func() {
	var t *tx.SignedTx
	return []func(){
		func() {
			t = s.askSolo(wire.SnapshotSolo{}, wire.TagSnapshotSoloTx, &tx.SnapshotSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), Payload: s.payload(), Nonce: 8}, change)
		},
		func() { s.answer(ini, wire.TagSnapshotSoloTx, t, s.channel) },
		func() { s.onChain(ini, wire.OnChainChannelChanged, wire.TxTypeSnapshotSolo, s.sign(t, ini)) },
		func() { s.minDepth() },
	}
}

func (s *stage) minDepth() {
	s.in(ini, wire.AppendInfo(nil, s.channel, wire.Info{Event: wire.EventMinDepthAchieved, Type: wire.TxTypeSnapshotSolo, TxHash: "?"}))
}

// rich begins anew with balances that are large enough for a fee.
func (s *stage) rich() {
	*s = *newStage(s.t, append(slices.Clone(s.change), func(c *Config) {
		c.InitiatorAmount, c.ResponderAmount = big.NewInt(70_000_000_000_000), big.NewInt(40_000_000_000_000)
	})...)
}
