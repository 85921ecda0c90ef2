package simnode

import (
	"math/big"
	"slices"
	"testing"

	"chanbot/tx"
)

func spendOf(k tx.KeyPair, nonce uint64) *tx.Spend {
	return &tx.Spend{SenderID: k.ID(), RecipientID: key2.ID(), Amount: coins(1), Fee: coins(20_000_000_000_000), Nonce: nonce}
}

// The table of http-api, section 5.
func TestPostRefusals(t *testing.T) {
	changed := func(change func(*tx.Spend)) *tx.SignedTx {
		s := spendOf(key1, 1)
		change(s)
		return signedWith(s, key1)
	}
	// 15000 + 20 * 83 gas, the fee's own bytes included.
	const gas = 16_660
	deposit := func(channel tx.ID) *tx.Deposit {
		return priced(&tx.Deposit{ChannelID: channel, FromID: key1.ID(), Amount: coins(1), Round: 2, Nonce: 2}).(*tx.Deposit)
	}
	create1 := lifeCreate()
	create1.Version = 1
	tests := []struct {
		name string
		tx   func(l *ledgerTest) *tx.SignedTx
		want string // "" is taken
	}{
		{"a spend", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 2), key1) }, ""},
		{"the hash form", func(*ledgerTest) *tx.SignedTx {
			return tx.NewSigned(spendOf(key1, 2)).Sign(key1, testNetwork, tx.Hashed)
		}, ""},
		{"no transaction", func(*ledgerTest) *tx.SignedTx { return &tx.SignedTx{Tx: []byte("x")} }, reasonBrokenTx},
		{"spend to a channel", func(l *ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.RecipientID = l.channelID })
		}, reasonBrokenTx},
		{"create of an old protocol", func(*ledgerTest) *tx.SignedTx { return signedWith(priced(create1), key1, key2) }, reasonProtocol},
		{"no signature", func(*ledgerTest) *tx.SignedTx { return tx.NewSigned(spendOf(key1, 2)) }, reasonSignature},
		{"a stranger's signature", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 2), stranger) }, reasonSignature},
		{"an additional signature", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 2), key1, key2) }, reasonSignature},
		{"signed for another network", func(*ledgerTest) *tx.SignedTx {
			return tx.NewSigned(spendOf(key1, 2)).Sign(key1, "ae_dev", tx.Raw)
		}, reasonSignature},
		{"half-signed deposit", func(l *ledgerTest) *tx.SignedTx { return signedWith(deposit(l.channelID), key1) }, reasonSignature},
		{"deposit", func(l *ledgerTest) *tx.SignedTx { return signedWith(deposit(l.channelID), key1, key2) }, ""},
		{"deposit into an unknown channel", func(*ledgerTest) *tx.SignedTx {
			return signedWith(deposit(tx.ChannelIDOf(key1.ID(), 9, key2.ID())), key1, key2)
		}, reasonSignature},
		{"settle signed by both", func(l *ledgerTest) *tx.SignedTx {
			return signedWith(priced(&tx.Settle{ChannelID: l.channelID, FromID: key1.ID(), Nonce: 2}), key1, key2)
		}, reasonSignature},
		{"settle of an open channel", func(l *ledgerTest) *tx.SignedTx {
			return signedWith(priced(&tx.Settle{ChannelID: l.channelID, FromID: key1.ID(), Nonce: 2}), key1)
		}, ""},
		{"an off-chain transaction", func(l *ledgerTest) *tx.SignedTx {
			return signedWith(&tx.OffChain{Version: 2, ChannelID: l.channelID, Round: 2}, key1, key2)
		}, reasonSignature},
		{"nonce of the account", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 1), key1) }, reasonNonceTooLow},
		{"nonce 5 above the account's", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 6), key1) }, ""},
		{"nonce 6 above the account's", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 7), key1) }, reasonNonceTooHigh},
		{"nonce of 64 bits", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(key1, 1<<64-1), key1) }, reasonNonceTooHigh},
		{"first nonce of an unknown account", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(stranger, 1), stranger) }, ""},
		{"second nonce of an unknown account", func(*ledgerTest) *tx.SignedTx { return signedWith(spendOf(stranger, 2), stranger) }, reasonNonceTooHigh},
		{"fee below the protocol's", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.Fee = 2, coins((gas-20)*1_000_000-1) })
		}, reasonFeeTooLow},
		{"fee of the protocol", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.Fee = 2, coins((gas-20)*1_000_000) })
		}, reasonGasPrice},
		{"least fee of the miner", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.Fee = 2, coins(gas*999_999_999+1) })
		}, ""},
		{"fee below the miner's", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.Fee = 2, coins(gas*999_999_999) })
		}, reasonGasPrice},
		{"fee 0", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.Fee = 2, nil })
		}, reasonFeeTooLow},
		{"spend to a name", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.RecipientID = 2, tx.ID{Kind: tx.NameID, Key: tx.Hash{1}} })
		}, reasonName},
		{"ttl of the top", func(*ledgerTest) *tx.SignedTx { return changed(func(s *tx.Spend) { s.Nonce, s.TTL = 2, 5 }) }, ""},
		{"ttl below the top", func(*ledgerTest) *tx.SignedTx { return changed(func(s *tx.Spend) { s.Nonce, s.TTL = 2, 4 }) }, reasonTTL},
		{"far more than the balance", func(*ledgerTest) *tx.SignedTx {
			return changed(func(s *tx.Spend) { s.Nonce, s.Amount = 2, new(big.Int).Lsh(coins(1), 100) })
		}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := opened(t, chainConfig{Start: 5})
			s := test.tx(l)
			if test.want != "" {
				l.mustRefuse(test.want, s)
				if l.pending() != 0 {
					t.Error("it is in the pool")
				}
				return
			}
			if err := l.post(s); err != nil {
				t.Errorf("%v, want it taken", err)
			}
			if l.pending() != 1 {
				t.Error("it is not in the pool")
			}
		})
	}
}

func TestPostWithoutVerification(t *testing.T) {
	l := funded(t, chainConfig{NoVerify: true})
	l.mustMine(lifeCreate())
	l.channelID = tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	unsigned := &tx.OffChain{Version: 2, ChannelID: l.channelID, Round: 2, StateHash: lifeState(2).hash()}
	l.mustMine(&tx.SnapshotSolo{ChannelID: l.channelID, FromID: key1.ID(), Payload: tx.NewSigned(unsigned).Bytes(), Nonce: 2})
}

func TestPostOldProtocol(t *testing.T) {
	l := funded(t, chainConfig{CreateVersion: 1})
	l.mustRefuse(reasonProtocol, signedWith(priced(lifeCreate()), key1, key2))
	l.mustRefuse(reasonProtocol, signedWith(priced(&tx.SetDelegates{ChannelID: tx.ChannelIDOf(key1.ID(), 1, key2.ID()), FromID: key1.ID(), Nonce: 1}), key1, key2))
}

func TestPostTwice(t *testing.T) {
	l := funded(t, chainConfig{})
	calls := 0
	l.onPost(func() { calls++ })
	s := signedWith(priced(lifeCreate()), key1, key2)
	// The node sorts signatures and drops repeated ones before it hashes.
	shuffled := &tx.SignedTx{Signatures: append(slices.Clone(s.Signatures), s.Signatures[0]), Tx: s.Tx}
	slices.Reverse(shuffled.Signatures)
	for i, again := range []*tx.SignedTx{s, s, shuffled} {
		if err := l.post(again); err != nil {
			t.Fatalf("post %d: %v", i+1, err)
		}
		if l.pending() != 1 {
			t.Fatalf("post %d: %d transactions in the pool", i+1, l.pending())
		}
	}
	l.mineMicro()
	if err := l.post(s); err != nil {
		t.Errorf("post after it is mined: %v", err)
	}
	if l.pending() != 0 {
		t.Error("it is in the pool again")
	}
	if m, ok := l.transaction(s.Hash()); !ok || m.Hash != s.Hash() || m.Height != 1 {
		t.Errorf("mined as %+v", m)
	}
	l.flush()
	if calls != 1 {
		t.Errorf("onPost was called %d times", calls)
	}
}

func TestNonces(t *testing.T) {
	l := funded(t, chainConfig{})
	check := func(when string, next, free uint64) {
		t.Helper()
		if got := l.nextNonce(key1.ID()); got != next {
			t.Errorf("%s: next nonce %d, want %d", when, got, next)
		}
		if got := l.freeNonce(key1.ID()); got != free {
			t.Errorf("%s: free nonce %d, want %d", when, got, free)
		}
	}
	check("at first", 1, 1)
	for _, nonce := range []uint64{5, 1, 3} {
		l.mustPost(spendOf(key1, nonce), key1)
	}
	check("with 1, 3, 5 pending", 6, 2)
	var order []uint64
	for _, s := range l.pendingOf(key1.ID()) {
		inner, err := s.Decode()
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, inner.(*tx.Spend).Nonce)
	}
	if !slices.Equal(order, []uint64{1, 3, 5}) {
		t.Errorf("pending in order %v", order)
	}
	l.mineMicro()
	check("with 1 mined", 6, 2)
	if got := l.nextNonce(stranger.ID()); got != 1 {
		t.Errorf("next nonce of an unknown account %d, want 1", got)
	}
}
