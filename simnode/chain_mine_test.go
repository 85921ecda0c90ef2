package simnode

import (
	"testing"
	"time"

	"chanbot/tx"
)

func TestGapInNonces(t *testing.T) {
	l := funded(t, chainConfig{})
	for _, nonce := range []uint64{4, 2} {
		l.mustPost(spendOf(key1, nonce), key1)
	}
	if got := l.mineMicro(); got != 0 {
		t.Fatalf("%d mined above a gap", got)
	}
	l.mustPost(spendOf(key1, 1), key1)
	if got := l.mineMicro(); got != 2 {
		t.Errorf("%d mined, want nonces 1 and 2", got)
	}
	l.mustPost(spendOf(key1, 3), key1)
	if got := l.mineMicro(); got != 2 {
		t.Errorf("%d mined, want nonces 3 and 4", got)
	}
	if l.pending() != 0 {
		t.Errorf("%d left", l.pending())
	}
}

// fsm.md, section 6.3: an excessive deposit passes the pool, never gets into a
// block and blocks every later transaction of its account, but of no other.
func TestExcessiveDepositBlocksTheAccount(t *testing.T) {
	s := solo{opened(t, chainConfig{})}
	s.mustWait(insufficientFunds, s.deposit(1e15, 2), key1, key2)
	s.mustPost(spendOf(key1, 3), key1)
	s.mineKey(20)
	if s.pending() != 2 {
		t.Errorf("%d in the pool, want both", s.pending())
	}
	s.mustMine(&tx.Spend{SenderID: key2.ID(), RecipientID: stranger.ID(), Amount: coins(1), Nonce: 1}, key2)
	// Somebody pays the account: both go through.
	s.mustMine(&tx.Spend{SenderID: key2.ID(), RecipientID: key1.ID(), Amount: coins(500_000_000_000_000), Nonce: 2}, key2)
	if s.pending() != 0 {
		t.Errorf("%d in the pool", s.pending())
	}
}

func TestBestFeeWins(t *testing.T) {
	l := funded(t, chainConfig{})
	low, high, other := spendOf(key1, 1), spendOf(key1, 1), spendOf(key1, 1)
	high.Fee = coins(30_000_000_000_000)
	other.Fee, other.Amount = coins(40_000_000_000_000), coins(2e15) // best fee, but no money
	sLow, sHigh := l.mustPost(low, key1), l.mustPost(high, key1)
	sOther := l.mustPost(other, key1)
	if got := l.mineMicro(); got != 1 {
		t.Fatalf("%d mined", got)
	}
	if _, ok := l.transaction(sHigh.Hash()); !ok {
		t.Error("the best fee that is possible did not win")
	}
	for _, loser := range []*tx.SignedTx{sLow, sOther} {
		if _, _, waits := l.waiting(loser.Hash()); waits {
			t.Error("a loser is still in the pool")
		}
	}
}

// A transaction may become possible by another account's in the same block.
func TestOneBlockHoldsWhatBuildsOnEachOther(t *testing.T) {
	l := newLedgerTest(t, chainConfig{})
	l.endow(key1.ID(), coins(1e15))
	l.mustPost(&tx.Spend{SenderID: key2.ID(), RecipientID: stranger.ID(), Amount: coins(1), Nonce: 1}, key2)
	l.mustPost(&tx.Spend{SenderID: key1.ID(), RecipientID: key2.ID(), Amount: coins(5e14), Nonce: 1}, key1)
	if got := l.mineMicro(); got != 2 {
		t.Errorf("%d mined, want 2", got)
	}
}

func TestTTL(t *testing.T) {
	l := funded(t, chainConfig{})
	gap := spendOf(key1, 2) // cannot be mined for now
	gap.TTL = 3
	s := l.mustPost(gap, key1)
	l.goTo(3)
	if _, _, waits := l.waiting(s.Hash()); !waits {
		t.Fatal("dropped at the height of its ttl")
	}
	l.goTo(4)
	if _, _, waits := l.waiting(s.Hash()); waits {
		t.Error("still in the pool above its ttl")
	}
	if got := l.nextNonce(key1.ID()); got != 1 {
		t.Errorf("next nonce %d", got)
	}
}

func TestPoolLifetime(t *testing.T) {
	l := funded(t, chainConfig{})
	l.mustPost(spendOf(key1, 2), key1)
	l.mineKey(poolLifetime)
	if l.pending() != 1 {
		t.Fatal("dropped too early")
	}
	l.mineKey(1)
	if l.pending() != 0 {
		t.Error("not dropped")
	}
}

func TestGenerations(t *testing.T) {
	now := time.Date(2026, 11, 22, 11, 20, 0, 0, time.UTC)
	l := funded(t, chainConfig{Start: 7, Clock: func() time.Time { return now }})
	height, first := l.top()
	if height != 7 {
		t.Fatalf("first top at %d", height)
	}
	s := l.mustPost(spendOf(key1, 1), key1)
	now = now.Add(time.Second)
	l.mineKey(1) // what waits belongs to the generation before
	m, ok := l.transaction(s.Hash())
	if !ok || m.Height != 7 {
		t.Fatalf("mined at %d, %v, want 7", m.Height, ok)
	}
	if h, ok := l.blockByHash(m.Block); !ok || h != 7 {
		t.Errorf("micro block at %d, %v", h, ok)
	}
	if h, ok := l.blockByHash(first); !ok || h != 7 {
		t.Errorf("key block at %d, %v", h, ok)
	}
	if h, ok := l.blockByHash(tx.Hash{1}); ok {
		t.Errorf("unknown block at %d", h)
	}
	k, ok := l.keyBlock(8)
	if _, top := l.top(); !ok || k.Hash != top || k.Prev != m.Block || k.PrevKey != first || !k.Time.Equal(now) {
		t.Errorf("key block %+v", k)
	}
	if _, ok := l.keyBlock(0); !ok {
		t.Error("no block at height 0")
	}
	if _, ok := l.keyBlock(9); ok {
		t.Error("a block above the top")
	}
	if l.mineMicro() != 0 {
		t.Error("a micro block without transactions")
	}
}

// An old block can be pinned from the start.
func TestPastBlocks(t *testing.T) {
	c := newChain(chainConfig{Start: 1000})
	if _, ok := c.keyBlock(900); !ok {
		t.Error("no block a hundred below the first top")
	}
	if _, ok := c.keyBlock(899); ok {
		t.Error("more blocks than said")
	}
}

func TestChainsRepeat(t *testing.T) {
	run := func() tx.Hash {
		l := funded(t, chainConfig{})
		l.mustMine(lifeCreate(), key1, key2)
		l.mineKey(3)
		_, top := l.top()
		return top
	}
	if a, b := run(), run(); a != b {
		t.Errorf("tops %s and %s", a, b)
	}
}

func TestEndowOnFirstSight(t *testing.T) {
	l := newLedgerTest(t, chainConfig{Endow: coins(1e15)})
	if a, ok := l.account(key1.ID()); !ok || a.Balance.Cmp(coins(1e15)) != 0 {
		t.Errorf("got %+v, %v", a, ok)
	}
	if l.endowed().Cmp(coins(1e15)) != 0 {
		t.Errorf("endowed %s", l.endowed())
	}
	l.mustMine(lifeCreate(), key1, key2) // sees key 2
	l.checkAccounts("create", 912_360_000_000_000, 960_000_000_000_000)
	l.mustMine(&tx.Spend{SenderID: key1.ID(), RecipientID: stranger.ID(), Amount: coins(5), Nonce: 2}, key1)
	if a, _ := l.account(stranger.ID()); a.Balance.Cmp(coins(1e15+5)) != 0 {
		t.Errorf("a new recipient owns %s", a.Balance)
	}

	none := newLedgerTest(t, chainConfig{})
	if _, ok := none.account(key1.ID()); ok {
		t.Error("an account exists without endowment")
	}
}

// A snapshot of an account or a channel does not change afterwards.
func TestSnapshotsStay(t *testing.T) {
	s := solo{opened(t, chainConfig{})}
	a, _ := s.account(key1.ID())
	ch, _ := s.channel(s.channelID)
	s.mustMine(s.deposit(5, 2), key1, key2)
	if a.Balance.Cmp(coins(912_360_000_000_000)) != 0 || a.Nonce != 1 {
		t.Errorf("account became %+v", a)
	}
	if ch.ChannelAmount.Cmp(coins(110_000_000_000_000)) != 0 || ch.Round != 1 {
		t.Errorf("channel became %+v", ch)
	}
}
