package simnode

import (
	"fmt"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"chanbot/tx"
)

func TestWatchSeesEveryTransactionOfItsChannel(t *testing.T) {
	l := funded(t, chainConfig{})
	l.channelID = tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	s := solo{l}
	var seen []string
	cancel := l.watch(l.channelID, func(m minedTx) {
		seen = append(seen, fmt.Sprintf("%s at %d", m.Tx.Type(), m.Height))
		if m.Signed.Hash() != m.Hash {
			t.Errorf("hash %s, want %s", m.Hash, m.Signed.Hash())
		}
	})
	l.watch(tx.ChannelIDOf(key1.ID(), 2, key2.ID()), func(minedTx) { t.Error("another channel's watcher was called") })

	l.mustPost(lifeCreate(), key1, key2)
	l.mineKey(1)
	l.mustMine(s.deposit(2, 3), key1, key2)
	l.mineKey(2)
	l.mustMine(spendOf(key1, 3), key1)
	l.mustMine(s.closeMutual(1, 1), key1, key2)
	l.flush()
	want := []string{"channel_create_tx at 1", "channel_deposit_tx at 2", "channel_close_mutual_tx at 4"}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
	cancel()
	cancel()
}

func TestWatchCancelled(t *testing.T) {
	l := funded(t, chainConfig{})
	channel := tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	var calls []string
	// The second watcher is cancelled by the first while its call is due.
	var cancel func()
	l.watch(channel, func(minedTx) { calls = append(calls, "first"); cancel() })
	cancel = l.watch(channel, func(minedTx) { calls = append(calls, "second") })
	l.watch(channel, func(minedTx) { calls = append(calls, "third") })
	l.mustMine(lifeCreate(), key1, key2)
	l.flush()
	if want := []string{"first", "third"}; !slices.Equal(calls, want) {
		t.Errorf("called %v, want %v", calls, want)
	}
}

func TestWhenHeight(t *testing.T) {
	l := funded(t, chainConfig{})
	var calls []string
	note := func(s string) func() {
		return func() { height, _ := l.top(); calls = append(calls, fmt.Sprintf("%s at %d", s, height)) }
	}
	l.whenHeight(4, note("4"))
	l.whenHeight(3, note("3"))
	l.whenHeight(4, note("4 again"))
	cancel := l.whenHeight(3, note("cancelled"))
	l.whenHeight(1, note("now"))
	l.flush()
	cancel()
	for range 5 {
		l.mineKey(1)
		l.flush()
	}
	cancel()
	want := []string{"now at 1", "3 at 3", "4 at 4", "4 again at 4"}
	if !slices.Equal(calls, want) {
		t.Errorf("called %v, want %v", calls, want)
	}
}

// Within one generation's end the transactions come before the height that
// follows them.
func TestOrderOfCalls(t *testing.T) {
	l := funded(t, chainConfig{})
	var calls []string
	l.onPost(func() { calls = append(calls, "posted") })
	l.watch(tx.ChannelIDOf(key1.ID(), 1, key2.ID()), func(m minedTx) { calls = append(calls, "mined") })
	for h := uint64(2); h <= 3; h++ {
		l.whenHeight(h, func() { calls = append(calls, fmt.Sprintf("height %d", h)) })
	}
	l.mustPost(lifeCreate(), key1, key2)
	l.mineKey(2)
	l.flush()
	if want := []string{"posted", "mined", "height 2", "height 3"}; !slices.Equal(calls, want) {
		t.Errorf("calls %v, want %v", calls, want)
	}
}

// Callbacks may use the chain, and callers may hold locks that callbacks want.
func TestCallbacksUseTheChain(t *testing.T) {
	l := funded(t, chainConfig{})
	channel := tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	var mu sync.Mutex
	var depth, mined int
	l.onPost(func() { l.mineMicro() })
	l.watch(channel, func(m minedTx) {
		mu.Lock()
		defer mu.Unlock()
		mined++
		l.whenHeight(m.Height+2, func() {
			mu.Lock()
			defer mu.Unlock()
			depth++
		})
		l.mineKey(2)
	})
	mu.Lock()
	l.mustPost(lifeCreate(), key1, key2)
	l.mineKey(1)
	l.whenHeight(0, func() { mu.Lock(); defer mu.Unlock() })
	mu.Unlock()
	l.flush()
	if mined != 1 || depth != 1 {
		t.Errorf("%d mined, %d deep", mined, depth)
	}
}

func TestManyWaiters(t *testing.T) {
	l := funded(t, chainConfig{})
	const waiters = 5000
	var calls atomic.Int64
	var cancels []func()
	for i := range waiters {
		cancel := l.whenHeight(uint64(2+i%100), func() { calls.Add(1) })
		if i%2 == 1 {
			cancels = append(cancels, cancel)
		}
	}
	for _, cancel := range cancels {
		cancel()
	}
	if got := l.heights.Len(); got != waiters/2 {
		t.Errorf("%d wait, want %d", got, waiters/2)
	}
	l.mineKey(200)
	l.flush()
	if got := calls.Load(); got != waiters/2 {
		t.Errorf("%d calls, want %d", got, waiters/2)
	}
}

func TestChainIsSafeForConcurrentUse(t *testing.T) {
	l := newLedgerTest(t, chainConfig{Endow: coins(1e18)})
	l.onPost(func() { l.mineMicro() })
	var opened atomic.Int64
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			one, other := tx.NewKeyPair(seedFrom(byte(2*i))), tx.NewKeyPair(seedFrom(byte(2*i+100)))
			create := lifeCreate()
			create.InitiatorID, create.ResponderID = one.ID(), other.ID()
			channel := tx.ChannelIDOf(one.ID(), 1, other.ID())
			cancel := l.watch(channel, func(m minedTx) {
				l.whenHeight(m.Height+1, func() { opened.Add(1) })
			})
			if err := l.post(signedWith(priced(create), one, other)); err != nil {
				t.Errorf("post: %v", err)
			}
			l.mineKey(1)
			l.flush()
			cancel()
			l.account(one.ID())
			l.channel(channel)
			l.top()
		})
	}
	wg.Wait()
	l.mineKey(2)
	l.flush()
	if got := opened.Load(); got != 8 {
		t.Errorf("%d channels open, want 8", got)
	}
}

func BenchmarkPostAndMine(b *testing.B) {
	c := newChain(chainConfig{NetworkID: testNetwork, Endow: new(big.Int).Lsh(coins(1), 128), NoVerify: true})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s := tx.NewSigned(spendOf(key1, uint64(i+1)))
		if err := c.post(s); err != nil {
			b.Fatal(err)
		}
		c.mineMicro()
	}
}

// TestWatchersAreToldTheRoundOfThen: a block may hold what came to the channel
// after the transaction that a watcher is told, even its end.
func TestWatchersAreToldTheRoundOfThen(t *testing.T) {
	s := solo{opened(t, chainConfig{})}
	var seen []string
	s.watch(s.channelID, func(m minedTx) { seen = append(seen, fmt.Sprintf("%s round %d", m.Tx.Type(), m.Round)) })
	s.mustPost(&tx.CloseSolo{ChannelID: s.channelID, FromID: key1.ID(), PoI: lifeState(1).poi(), Nonce: 2}, key1)
	s.mustPost(&tx.Slash{ChannelID: s.channelID, FromID: key1.ID(), Payload: lifeState(2).payload(s.channelID), PoI: lifeState(2).poi(), Nonce: 3}, key1)
	s.mustPost(&tx.CloseMutual{ChannelID: s.channelID, FromID: key1.ID(), InitiatorAmountFinal: coins(1), ResponderAmountFinal: coins(1), Nonce: 4}, key1, key2)
	s.mineKey(1)
	s.flush()
	s.checkNoChannel("close_mutual")
	want := []string{"channel_close_solo_tx round 1", "channel_slash_tx round 2", "channel_close_mutual_tx round 0"}
	if !slices.Equal(seen, want) {
		t.Errorf("seen %v, want %v", seen, want)
	}
}
