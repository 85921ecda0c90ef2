package simnode

import (
	"testing"

	"chanbot/tx"
)

// The branches of transactions.md, section 10, with its exact balances.

func TestLifeOfAChannelStates(t *testing.T) {
	for round, want := range map[uint64]string{
		1: "st_A6QRa+m1JtnXE5G8oKsMQjcVp7pHcm+spXIFN4ZgbHhrxUQk",
		2: "st_uQSM9O6qq0Xfm77h90uMQgHoJktFRuilRGGdJmzZD7JnpmXD",
		3: "st_gb2qkcnyv7Cg2bGxU1vVnjCeWPFaoILHVmPIg6Fh8zwO4l5Q",
		4: "st_RQQLZQiUZ1M/o+hS1SZg88T2ai/3FXyZLRzw2E2y49USbNHq",
	} {
		if got := lifeState(round).hash().Text(tx.PrefixState); got != want {
			t.Errorf("round %d: %s, want %s", round, got, want)
		}
	}
}

func TestLifeCreate(t *testing.T) {
	l := opened(t, chainConfig{})
	if got, want := l.channelID.String(), "ch_BGLKQwiDsgjffSyXYJWCGjQdQLMZXeNmosCEXsTVY8dJpxkzp"; got != want {
		t.Errorf("channel %s, want %s", got, want)
	}
	l.checkAccounts("create", 912_360_000_000_000, 960_000_000_000_000)
	l.checkChannel("create", want{amount: 110_000_000_000_000, one: 70_000_000_000_000, other: 40_000_000_000_000, state: lifeState(1)})
}

func TestLifeADepositAndWithdraw(t *testing.T) {
	l := opened(t, chainConfig{})
	l.mustMine(&tx.Deposit{ChannelID: l.channelID, FromID: key1.ID(), Amount: coins(2), StateHash: lifeState(3).hash(), Round: 3, Nonce: 2}, key1, key2)
	l.checkAccounts("deposit", 895_039_999_999_998, 960_000_000_000_000)
	l.checkChannel("deposit", want{amount: 110_000_000_000_002, one: 70_000_000_000_000, other: 40_000_000_000_000, state: lifeState(3)})
	l.mustMine(&tx.Withdraw{ChannelID: l.channelID, ToID: key1.ID(), Amount: coins(5), StateHash: lifeState(4).hash(), Round: 4, Nonce: 3}, key1, key2)
	l.checkAccounts("withdraw", 877_720_000_000_003, 960_000_000_000_000)
	l.checkChannel("withdraw", want{amount: 109_999_999_999_997, one: 70_000_000_000_000, other: 40_000_000_000_000, state: lifeState(4)})
}

func TestLifeBSnapshot(t *testing.T) {
	l := opened(t, chainConfig{})
	l.mustMine(&tx.SnapshotSolo{ChannelID: l.channelID, FromID: key1.ID(), Payload: lifeState(2).payload(l.channelID), Nonce: 2}, key1)
	l.checkAccounts("snapshot", 912_360_000_000_000-20_920_000_000_000, 960_000_000_000_000)
	l.checkChannel("snapshot", want{amount: 110_000_000_000_000, one: 70_000_000_000_000, other: 40_000_000_000_000, state: lifeState(2)})
}

func TestLifeCSoloCloseAndSettle(t *testing.T) {
	l := opened(t, chainConfig{Start: 100})
	l.mustMine(&tx.CloseSolo{ChannelID: l.channelID, FromID: key1.ID(), Payload: lifeState(2).payload(l.channelID), PoI: lifeState(2).poi(), Nonce: 2}, key1)
	l.checkChannel("close_solo", want{amount: 110_000_000_000_000, one: lifeState(2).one, other: lifeState(2).other, state: lifeState(2), lockedUntil: 110})
	l.goTo(110)
	l.mustMine(lifeSettle(l.channelID), key1)
	l.checkNoChannel("settle")
	// 27620 and 16900 gas at 10^9 are gone.
	l.checkAccounts("settle", 912_360_000_000_000-27_620_000_000_000-16_900_000_000_000+lifeState(2).one, 960_000_000_000_000+lifeState(2).other)
}

func TestLifeDCheatSlashSettle(t *testing.T) {
	l := opened(t, chainConfig{Start: 100})
	l.mustMine(&tx.CloseSolo{ChannelID: l.channelID, FromID: key1.ID(), PoI: lifeState(1).poi(), Nonce: 2}, key1)
	l.checkAccounts("close_solo", 889_000_000_000_000, 960_000_000_000_000)
	l.checkChannel("close_solo", want{amount: 110_000_000_000_000, one: lifeState(1).one, other: lifeState(1).other, state: lifeState(1), lockedUntil: 110})

	l.goTo(105)
	l.mustMine(&tx.Slash{ChannelID: l.channelID, FromID: key2.ID(), Payload: lifeState(2).payload(l.channelID), PoI: lifeState(2).poi(), Nonce: 1}, key2)
	l.checkAccounts("slash", 889_000_000_000_000, 932_380_000_000_000)
	l.checkChannel("slash", want{amount: 110_000_000_000_000, one: lifeState(2).one, other: lifeState(2).other, state: lifeState(2), lockedUntil: 115})

	l.goTo(114)
	l.mustWait(channelNotClosed, lifeSettle(l.channelID), key1)
	l.goTo(115)
	if got := l.mineMicro(); got != 1 {
		t.Fatalf("%d transactions at height 115, want the settle", got)
	}
	l.checkAccounts("settle", 942_099_999_999_989, 972_380_000_000_011)
	l.checkNoChannel("settle")
}

func TestLifeECloseMutual(t *testing.T) {
	l := opened(t, chainConfig{})
	l.mustMine(&tx.CloseMutual{
		ChannelID: l.channelID, FromID: key1.ID(), Nonce: 2, Fee: coins(16_900_000_000_000),
		InitiatorAmountFinal: coins(61_549_999_999_989), ResponderAmountFinal: coins(31_550_000_000_011),
	}, key1, key2)
	l.checkAccounts("close_mutual", 973_909_999_999_989, 991_550_000_000_011)
	l.checkNoChannel("close_mutual")
	if a, _ := l.account(key1.ID()); a.Nonce != 2 {
		t.Errorf("nonce of from_id %d, want 2", a.Nonce)
	}
	if a, _ := l.account(key2.ID()); a.Nonce != 0 {
		t.Errorf("nonce of the other %d, want 0", a.Nonce)
	}
}

func TestLifeWithCreateVersion1(t *testing.T) {
	l := opened(t, chainConfig{CreateVersion: 1})
	// One byte less than version 2 makes the fee 20 gas cheaper.
	l.checkAccounts("create", 912_380_000_000_000, 960_000_000_000_000)
}

func lifeSettle(channel tx.ID) *tx.Settle {
	return &tx.Settle{
		ChannelID: channel, FromID: key1.ID(), Nonce: 3,
		InitiatorAmountFinal: coins(lifeState(2).one), ResponderAmountFinal: coins(lifeState(2).other),
	}
}

// want is what a channel object should show.
type want struct {
	amount, one, other int64
	state              offState
	lockedUntil        uint64
}

func (l *ledgerTest) checkChannel(when string, w want) {
	l.Helper()
	s, ok := l.channel(l.channelID)
	if !ok {
		l.Fatalf("after %s: no channel", when)
	}
	if s.ChannelAmount.Cmp(coins(w.amount)) != 0 || s.InitiatorAmount.Cmp(coins(w.one)) != 0 || s.ResponderAmount.Cmp(coins(w.other)) != 0 {
		l.Errorf("after %s: amounts %s (%s, %s), want %d (%d, %d)", when, s.ChannelAmount, s.InitiatorAmount, s.ResponderAmount, w.amount, w.one, w.other)
	}
	if s.Round != w.state.round || s.StateHash != w.state.hash() {
		l.Errorf("after %s: round %d, state %s, want round %d", when, s.Round, s.StateHash, w.state.round)
	}
	if s.LockedUntil != w.lockedUntil {
		l.Errorf("after %s: locked until %d, want %d", when, s.LockedUntil, w.lockedUntil)
	}
}

func (l *ledgerTest) checkNoChannel(when string) {
	l.Helper()
	if s, ok := l.channel(l.channelID); ok {
		l.Errorf("after %s: the channel still exists: %+v", when, s)
	}
}
