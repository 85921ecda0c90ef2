package simnode

import (
	"math/big"
	"testing"

	"chanbot/tx"
)

// Requirements of transactions.md, section 7: what does not meet them is
// posted, but never gets into a block.

func TestCreateRequirements(t *testing.T) {
	tests := []struct {
		name   string
		change func(*tx.Create)
		want   requirement
	}{
		{"initiator below the reserve", func(c *tx.Create) { c.ChannelReserve = coins(70_000_000_000_001) }, belowReserve},
		{"responder below the reserve", func(c *tx.Create) { c.ResponderAmount = coins(1) }, belowReserve},
		{"initiator owns the amount but not the fee", func(c *tx.Create) { c.InitiatorAmount = coins(1e15) }, insufficientFunds},
		{"responder owns less than its amount", func(c *tx.Create) { c.ResponderAmount = coins(1e15 + 1) }, insufficientFunds},
		{"responder does not exist", func(c *tx.Create) { c.ResponderID = stranger.ID() }, accountNotFound},
		{"nonce ahead of the account's", func(c *tx.Create) { c.Nonce = 2 }, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := funded(t, chainConfig{})
			create := lifeCreate()
			test.change(create)
			responder := key2
			if create.ResponderID == stranger.ID() {
				responder = stranger
			}
			l.mustWait(test.want, create, key1, responder)
		})
	}
	t.Run("with oneself", func(t *testing.T) {
		l := funded(t, chainConfig{NoVerify: true})
		create := lifeCreate()
		create.ResponderID = key1.ID()
		l.mustWait(sameParties, create)
	})
	t.Run("responder may give all it has", func(t *testing.T) {
		l := funded(t, chainConfig{})
		create := lifeCreate()
		create.ResponderAmount = coins(1e15)
		l.mustMine(create, key1, key2)
	})
}

// solo builds the transactions of an opened channel with what most have alike.
type solo struct{ *ledgerTest }

func (s solo) deposit(amount int64, round uint64) tx.Tx {
	return &tx.Deposit{ChannelID: s.channelID, FromID: key1.ID(), Amount: coins(amount), Round: round, Nonce: s.nextNonce(key1.ID())}
}

func (s solo) withdraw(amount int64, round uint64) tx.Tx {
	return &tx.Withdraw{ChannelID: s.channelID, ToID: key1.ID(), Amount: coins(amount), Round: round, Nonce: s.nextNonce(key1.ID())}
}

func (s solo) closeMutual(one, other int64) tx.Tx {
	return &tx.CloseMutual{ChannelID: s.channelID, FromID: key1.ID(), InitiatorAmountFinal: coins(one), ResponderAmountFinal: coins(other), Nonce: s.nextNonce(key1.ID())}
}

func (s solo) closeSolo(payload, poi []byte) tx.Tx {
	return &tx.CloseSolo{ChannelID: s.channelID, FromID: key1.ID(), Payload: payload, PoI: poi, Nonce: s.nextNonce(key1.ID())}
}

func (s solo) slash(payload, poi []byte) tx.Tx {
	return &tx.Slash{ChannelID: s.channelID, FromID: key1.ID(), Payload: payload, PoI: poi, Nonce: s.nextNonce(key1.ID())}
}

func (s solo) settle(one, other int64) tx.Tx {
	return &tx.Settle{ChannelID: s.channelID, FromID: key1.ID(), InitiatorAmountFinal: coins(one), ResponderAmountFinal: coins(other), Nonce: s.nextNonce(key1.ID())}
}

func (s solo) snapshot(payload []byte) tx.Tx {
	return &tx.SnapshotSolo{ChannelID: s.channelID, FromID: key1.ID(), Payload: payload, Nonce: s.nextNonce(key1.ID())}
}

func (s solo) startClosing() {
	s.Helper()
	s.mustMine(s.closeSolo(nil, lifeState(1).poi()), key1)
}

// from writes another payer into a transaction.
func from(k tx.KeyPair, nonce uint64, t tx.Tx) tx.Tx {
	switch t := t.(type) {
	case *tx.CloseSolo:
		t.FromID, t.Nonce = k.ID(), nonce
	case *tx.Slash:
		t.FromID, t.Nonce = k.ID(), nonce
	case *tx.Settle:
		t.FromID, t.Nonce = k.ID(), nonce
	case *tx.SnapshotSolo:
		t.FromID, t.Nonce = k.ID(), nonce
	case *tx.Deposit:
		t.FromID, t.Nonce = k.ID(), nonce
	case *tx.Withdraw:
		t.ToID, t.Nonce = k.ID(), nonce
	case *tx.CloseMutual:
		t.FromID, t.Nonce = k.ID(), nonce
	case *tx.SetDelegates:
		t.FromID, t.Nonce = k.ID(), nonce
	}
	return t
}

func TestRequirements(t *testing.T) {
	one, two := lifeState(1), lifeState(2)
	rich := offState{2, 100_000_000_000_000, 40_000_000_000_000}
	both := []tx.KeyPair{key1, key2}
	tests := []struct {
		name    string
		closing bool // after a close_solo with round 1
		tx      func(s solo) tx.Tx
		keys    []tx.KeyPair
		want    requirement
	}{
		{"deposit beyond the balance", false, func(s solo) tx.Tx { return s.deposit(900_000_000_000_000, 2) }, both, insufficientFunds},
		{"deposit of the same round", false, func(s solo) tx.Tx { return s.deposit(1, 1) }, both, sameRound},
		{"deposit of an old round", false, func(s solo) tx.Tx { return s.deposit(1, 0) }, both, oldRound},
		{"deposit while closing", true, func(s solo) tx.Tx { return s.deposit(1, 2) }, both, channelNotActive},
		{"deposit by a stranger", false, func(s solo) tx.Tx { return from(stranger, 1, s.deposit(1, 2)) }, both, notPeer},
		{"withdraw below both reserves", false, func(s solo) tx.Tx { return s.withdraw(109_999_999_999_997, 2) }, both, reserveNotKept},
		{"withdraw of the same round", false, func(s solo) tx.Tx { return s.withdraw(1, 1) }, both, sameRound},
		{"withdraw while closing", true, func(s solo) tx.Tx { return s.withdraw(1, 2) }, both, channelNotActive},
		{"withdraw by a stranger", false, func(s solo) tx.Tx { return from(stranger, 1, s.withdraw(1, 2)) }, both, notPeer},
		{"close_mutual without room for the fee", false, func(s solo) tx.Tx { return s.closeMutual(one.one, one.other) }, both, amountTooSmall},
		{"close_mutual by a stranger", false, func(s solo) tx.Tx { return from(stranger, 1, s.closeMutual(1, 1)) }, both, notPeer},
		{"snapshot without payload", false, func(s solo) tx.Tx { return s.snapshot(nil) }, both[:1], snapshotNeedsPayload},
		{"snapshot of the same round", false, func(s solo) tx.Tx { return s.snapshot(one.payload(s.channelID)) }, both[:1], sameRound},
		{"snapshot while closing", true, func(s solo) tx.Tx { return s.snapshot(two.payload(s.channelID)) }, both[:1], channelNotActive},
		{"snapshot by a stranger", false, func(s solo) tx.Tx { return from(stranger, 1, s.snapshot(two.payload(s.channelID))) }, []tx.KeyPair{stranger}, notPeerOrDelegate},
		{"snapshot with bytes for a payload", false, func(s solo) tx.Tx { return s.snapshot([]byte("state")) }, both[:1], brokenPayload},
		{"snapshot with a co-signed deposit for a payload", false, func(s solo) tx.Tx {
			return s.snapshot(signedWith(priced(s.deposit(1, 2)), both...).Bytes())
		}, both[:1], brokenPayload},
		{"snapshot with a state of version 1", false, func(s solo) tx.Tx {
			return s.snapshot(signedWith(&tx.OffChain{Version: 1, ChannelID: s.channelID, Round: 2, StateHash: two.hash()}, both...).Bytes())
		}, both[:1], brokenPayload},
		{"snapshot with a state of another channel", false, func(s solo) tx.Tx {
			return s.snapshot(two.payload(tx.ChannelIDOf(key1.ID(), 7, key2.ID())))
		}, both[:1], payloadOfOther},
		{"snapshot with a half-signed state", false, func(s solo) tx.Tx {
			return s.snapshot(signedWith(&tx.OffChain{Version: 2, ChannelID: s.channelID, Round: 2, StateHash: two.hash()}, key1).Bytes())
		}, both[:1], payloadNotCosigned},
		{"snapshot with a state that a stranger signed too", false, func(s solo) tx.Tx {
			return s.snapshot(signedWith(&tx.OffChain{Version: 2, ChannelID: s.channelID, Round: 2, StateHash: two.hash()}, key1, key2, stranger).Bytes())
		}, both[:1], payloadNotCosigned},
		{"close_solo while closing", true, func(s solo) tx.Tx { return s.closeSolo(two.payload(s.channelID), two.poi()) }, both[:1], channelNotActive},
		{"close_solo by a stranger", false, func(s solo) tx.Tx { return from(stranger, 1, s.closeSolo(nil, one.poi())) }, []tx.KeyPair{stranger}, notPeer},
		{"close_solo with the proof of another state", false, func(s solo) tx.Tx { return s.closeSolo(nil, two.poi()) }, both[:1], wrongStateHash},
		{"close_solo with a proof that is not the payload's", false, func(s solo) tx.Tx { return s.closeSolo(two.payload(s.channelID), one.poi()) }, both[:1], wrongPayloadHash},
		{"close_solo with the round on chain as payload", false, func(s solo) tx.Tx { return s.closeSolo(one.payload(s.channelID), one.poi()) }, both[:1], sameRound},
		{"close_solo with bytes for a proof", false, func(s solo) tx.Tx { return s.closeSolo(nil, []byte("proof")) }, both[:1], brokenPoI},
		{"close_solo that proves one account", false, func(s solo) tx.Tx {
			poi, err := tx.ProofOfInclusion(one.balances(), []tx.ID{key1.ID()})
			if err != nil {
				s.Fatal(err)
			}
			return s.closeSolo(nil, poi)
		}, both[:1], brokenPoI},
		{"close_solo that proves no account", false, func(s solo) tx.Tx {
			poi, err := tx.ProofOfInclusion(one.balances(), nil)
			if err != nil {
				s.Fatal(err)
			}
			return s.closeSolo(nil, poi)
		}, both[:1], brokenPoI},
		{"close_solo with more than the channel holds", false, func(s solo) tx.Tx { return s.closeSolo(rich.payload(s.channelID), rich.poi()) }, both[:1], amountTooSmall},
		{"slash while active", false, func(s solo) tx.Tx { return s.slash(two.payload(s.channelID), two.poi()) }, both[:1], channelNotClosing},
		{"slash without payload", true, func(s solo) tx.Tx { return s.slash(nil, one.poi()) }, both[:1], slashNeedsPayload},
		{"slash with the same round", true, func(s solo) tx.Tx { return s.slash(one.payload(s.channelID), one.poi()) }, both[:1], sameRound},
		{"slash by a stranger", true, func(s solo) tx.Tx { return from(stranger, 1, s.slash(two.payload(s.channelID), two.poi())) }, []tx.KeyPair{stranger}, notPeerOrDelegate},
		{"settle of an active channel", false, func(s solo) tx.Tx { return s.settle(one.one, one.other) }, both[:1], channelNotClosed},
		{"settle while locked", true, func(s solo) tx.Tx { return s.settle(one.one, one.other) }, both[:1], channelNotClosed},
		{"settle by a stranger", true, func(s solo) tx.Tx { return from(stranger, 1, s.settle(one.one, one.other)) }, []tx.KeyPair{stranger}, notPeer},
		{"force_progress", false, func(s solo) tx.Tx {
			return &tx.ForceProgress{ChannelID: s.channelID, FromID: key1.ID(), Round: 2, Nonce: 2}
		}, both[:1], contractsUnknown},
		{"set_delegates with another round", false, func(s solo) tx.Tx {
			return &tx.SetDelegates{ChannelID: s.channelID, FromID: key1.ID(), StateHash: one.hash(), Round: 2, Nonce: 2}
		}, both, delegatesStateWrong},
		{"set_delegates with another state", false, func(s solo) tx.Tx {
			return &tx.SetDelegates{ChannelID: s.channelID, FromID: key1.ID(), StateHash: two.hash(), Round: 1, Nonce: 2}
		}, both, delegatesStateWrong},
		{"set_delegates while closing", true, func(s solo) tx.Tx {
			return &tx.SetDelegates{ChannelID: s.channelID, FromID: key1.ID(), StateHash: one.hash(), Round: 1, Nonce: 3}
		}, both, channelNotActive},
		{"set_delegates by a stranger", false, func(s solo) tx.Tx {
			return &tx.SetDelegates{ChannelID: s.channelID, FromID: stranger.ID(), StateHash: one.hash(), Round: 1, Nonce: 1}
		}, both, notPeer},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := solo{opened(t, chainConfig{})}
			s.endow(stranger.ID(), coins(1e15))
			if test.closing {
				s.startClosing()
			}
			before, _ := s.channel(s.channelID)
			s.mustWait(test.want, test.tx(s), test.keys...)
			if after, _ := s.channel(s.channelID); after.Round != before.Round || after.ChannelAmount.Cmp(before.ChannelAmount) != 0 || after.LockedUntil != before.LockedUntil {
				t.Errorf("the channel changed from %+v to %+v", before, after)
			}
		})
	}
}

// The payer must own the fee of every transaction but close_mutual, even if
// the transaction brings it much more.
func TestFeeIsTakenFirst(t *testing.T) {
	two := lifeState(2)
	tests := []struct {
		name    string
		closing bool
		tx      func(s solo) tx.Tx
		keys    []tx.KeyPair
	}{
		{"deposit", false, func(s solo) tx.Tx { return s.deposit(0, 2) }, []tx.KeyPair{key1, key2}},
		{"withdraw", false, func(s solo) tx.Tx { return s.withdraw(50_000_000_000_000, 2) }, []tx.KeyPair{key1, key2}},
		{"snapshot_solo", false, func(s solo) tx.Tx { return s.snapshot(two.payload(s.channelID)) }, []tx.KeyPair{key1}},
		{"close_solo", false, func(s solo) tx.Tx { return s.closeSolo(two.payload(s.channelID), two.poi()) }, []tx.KeyPair{key1}},
		{"slash", true, func(s solo) tx.Tx { return s.slash(two.payload(s.channelID), two.poi()) }, []tx.KeyPair{key1}},
		{"settle", true, func(s solo) tx.Tx { s.mineKey(10); return s.settle(lifeState(1).one, lifeState(1).other) }, []tx.KeyPair{key1}},
		{"set_delegates", false, func(s solo) tx.Tx {
			return &tx.SetDelegates{ChannelID: s.channelID, FromID: key1.ID(), StateHash: lifeState(1).hash(), Round: 1, Nonce: 2}
		}, []tx.KeyPair{key1, key2}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := solo{opened(t, chainConfig{})}
			if test.closing {
				s.startClosing()
			}
			poor := test.tx(s)
			a, _ := s.account(key1.ID())
			fee := tx.MinFee(poor, defaultMinerGasPrice)
			s.mustMine(&tx.Spend{SenderID: key2.ID(), RecipientID: stranger.ID(), Amount: coins(1), Nonce: 1}, key2)
			tx.SetFee(poor, new(big.Int).Add(a.Balance, fee)) // more than all it owns
			s.mustWait(insufficientFunds, poor, test.keys...)
		})
	}
}

func TestSettleNeedsTheStoredAmounts(t *testing.T) {
	s := solo{opened(t, chainConfig{})}
	s.startClosing()
	s.goTo(11)
	// The latest balances, while the chain holds those of round 1: can_slash
	// was not followed by a slash.
	s.mustWait(wrongAmounts, s.settle(lifeState(2).one, lifeState(2).other), key1)
}

func TestSlashIsPossibleAfterTheLock(t *testing.T) {
	s := solo{opened(t, chainConfig{})}
	s.startClosing()
	s.goTo(50)
	s.mustMine(s.slash(lifeState(2).payload(s.channelID), lifeState(2).poi()), key1)
	s.checkChannel("slash", want{amount: 110_000_000_000_000, one: lifeState(2).one, other: lifeState(2).other, state: lifeState(2), lockedUntil: 60})
}

func TestCloseMutualWhileClosing(t *testing.T) {
	s := solo{opened(t, chainConfig{})}
	s.startClosing()
	s.mustMine(s.closeMutual(50_000_000_000_000, 30_000_000_000_000), key1, key2)
	s.checkNoChannel("close_mutual")
}

// What the finals leave in the channel is lost.
func TestRestIsBurnt(t *testing.T) {
	holder := tx.ID{Kind: tx.AccountID}
	t.Run("close_mutual", func(t *testing.T) {
		s := solo{opened(t, chainConfig{})}
		if _, ok := s.account(holder); ok {
			t.Fatal("the account of burnt coins exists already")
		}
		s.mustMine(s.closeMutual(1, 2), key1, key2)
		a, ok := s.account(holder)
		if rest := coins(110_000_000_000_000 - 3 - 16_660_000_000_000); !ok || a.Balance.Cmp(rest) != 0 {
			t.Errorf("burnt %s, want %s", a.Balance, rest)
		}
	})
	t.Run("settle", func(t *testing.T) {
		s := solo{opened(t, chainConfig{})}
		few := offState{2, 5, 6}
		s.mustMine(s.closeSolo(few.payload(s.channelID), few.poi()), key1)
		s.goTo(11)
		s.mustMine(s.settle(5, 6), key1)
		a, ok := s.account(holder)
		if rest := coins(110_000_000_000_000 - 11); !ok || a.Balance.Cmp(rest) != 0 {
			t.Errorf("burnt %s, want %s", a.Balance, rest)
		}
	})
	t.Run("is never endowed", func(t *testing.T) {
		l := newLedgerTest(t, chainConfig{Endow: coins(10)})
		if _, ok := l.account(holder); ok {
			t.Error("the account of burnt coins exists")
		}
	})
}

func TestDelegates(t *testing.T) {
	two := lifeState(2)
	delegated := func(t *testing.T, cfg chainConfig) solo {
		l := funded(t, cfg)
		l.endow(stranger.ID(), coins(1e15))
		create := lifeCreate()
		create.Version = max(cfg.CreateVersion, 1)
		create.InitiatorDelegates = []tx.ID{stranger.ID()}
		l.mustMine(create, key1, key2)
		l.channelID = tx.ChannelIDOf(key1.ID(), 1, key2.ID())
		return solo{l}
	}
	t.Run("slashes", func(t *testing.T) {
		s := delegated(t, chainConfig{CreateVersion: 2})
		s.startClosing()
		s.mustMine(from(stranger, 1, s.slash(two.payload(s.channelID), two.poi())), stranger)
	})
	t.Run("snapshots from Iris on", func(t *testing.T) {
		s := delegated(t, chainConfig{CreateVersion: 2})
		s.mustMine(from(stranger, 1, s.snapshot(two.payload(s.channelID))), stranger)
	})
	t.Run("does not snapshot before", func(t *testing.T) {
		s := delegated(t, chainConfig{CreateVersion: 1})
		s.mustWait(notPeerOrDelegate, from(stranger, 1, s.snapshot(two.payload(s.channelID))), stranger)
	})
	t.Run("does not close", func(t *testing.T) {
		s := delegated(t, chainConfig{CreateVersion: 2})
		s.mustWait(notPeer, from(stranger, 1, s.closeSolo(nil, lifeState(1).poi())), stranger)
	})
	t.Run("are replaced, with a snapshot", func(t *testing.T) {
		s := delegated(t, chainConfig{CreateVersion: 2})
		s.mustMine(&tx.SetDelegates{
			ChannelID: s.channelID, FromID: key1.ID(), Nonce: 2, ResponderDelegates: []tx.ID{key2.ID()},
			Payload: two.payload(s.channelID), StateHash: two.hash(), Round: 2,
		}, key1, key2)
		got, _ := s.channel(s.channelID)
		if got.delegate(stranger.ID()) || !got.delegate(key2.ID()) || got.Round != 2 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("are replaced, as of the state on chain", func(t *testing.T) {
		s := delegated(t, chainConfig{CreateVersion: 2})
		s.mustMine(&tx.SetDelegates{ChannelID: s.channelID, FromID: key1.ID(), Nonce: 2, StateHash: lifeState(1).hash(), Round: 1}, key1, key2)
		if got, _ := s.channel(s.channelID); got.delegate(stranger.ID()) || got.Round != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestNewerThanAForcedState(t *testing.T) {
	forced := channelState{Round: 9, SoloRound: 7}
	for round, want := range map[uint64]bool{6: false, 7: true, 8: true, 9: true, 10: true} {
		if got := forced.supersededBy(round); got != want {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
	}
	coSigned := channelState{Round: 9}
	for round, want := range map[uint64]bool{8: false, 9: false, 10: true} {
		if got := coSigned.supersededBy(round); got != want {
			t.Errorf("round %d: %v, want %v", round, got, want)
		}
	}
}

func TestLockPeriodOfAnySize(t *testing.T) {
	l := funded(t, chainConfig{})
	create := lifeCreate()
	create.LockPeriod = 1<<64 - 1
	l.mustMine(create, key1, key2)
	l.channelID = tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	solo{l}.startClosing()
	if got, _ := l.channel(l.channelID); got.LockedUntil != 1<<64-1 {
		t.Errorf("locked until %d", got.LockedUntil)
	}
}

func TestSpend(t *testing.T) {
	l := funded(t, chainConfig{})
	l.mustMine(&tx.Spend{SenderID: key1.ID(), RecipientID: stranger.ID(), Amount: coins(7), Fee: coins(20_000_000_000_000), Nonce: 1}, key1)
	if a, ok := l.account(stranger.ID()); !ok || a.Balance.Cmp(coins(7)) != 0 {
		t.Errorf("recipient owns %s, want 7", a.Balance)
	}
	l.mustMine(&tx.Spend{SenderID: key1.ID(), RecipientID: key1.ID(), Amount: coins(7), Fee: coins(20_000_000_000_000), Nonce: 2}, key1)
	l.checkAccounts("two spends", 1e15-7-40_000_000_000_000, 1e15)
	l.mustWait(insufficientFunds, &tx.Spend{SenderID: key1.ID(), RecipientID: key2.ID(), Amount: coins(1e15), Nonce: 3}, key1)
}
