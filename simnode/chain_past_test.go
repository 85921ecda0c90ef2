package simnode

import (
	"testing"

	"chanbot/tx"
)

func TestTheChainForgetsOldGenerations(t *testing.T) {
	l := funded(t, chainConfig{})
	genesis, _ := l.keyBlock(0)
	l.mustMine(spendOf(key1, 1), key1)
	micro := l.tip
	l.mineKey(1)
	young, _ := l.keyBlock(2)
	for _, h := range []tx.Hash{genesis.Hash, micro, young.Hash} {
		if _, ok := l.blockByHash(h); !ok {
			t.Errorf("%v is unknown from the start", h)
		}
	}
	l.mineKey(keptKeyBlocks - 1)
	top, _ := l.top()
	if first := l.past.keys[0].Height; len(l.past.keys) != keptKeyBlocks || top-first != keptKeyBlocks-1 {
		t.Fatalf("%d key blocks are remembered from height %d, the top is at %d", len(l.past.keys), first, top)
	}
	if k, ok := l.keyBlock(0); !ok || k != genesis {
		t.Errorf("the genesis block is %v, %v", k, ok)
	}
	if _, ok := l.keyBlock(1); ok {
		t.Error("the first forgotten height is known")
	}
	if k, ok := l.keyBlock(2); !ok || k != young {
		t.Errorf("the oldest height that is remembered is %v, %v", k, ok)
	}
	for h, want := range map[tx.Hash]bool{genesis.Hash: true, micro: false, young.Hash: true} {
		if _, ok := l.blockByHash(h); ok != want {
			t.Errorf("block %v is known: %v, want %v", h, ok, want)
		}
	}
	if n := len(l.past.heights); n != keptKeyBlocks+1 {
		t.Errorf("%d hashes for %d blocks and the genesis block", n, keptKeyBlocks)
	}
	if len(l.past.micros) != 0 {
		t.Errorf("micro blocks of forgotten generations: %v", l.past.micros)
	}
}

func TestTheChainForgetsOldTransactions(t *testing.T) {
	l := funded(t, chainConfig{NoVerify: true})
	l.endow(key1.ID(), coins(9e18))
	var hashes []tx.Hash
	for n := range uint64(keptTransactions + 2) {
		s := tx.NewSigned(spendOf(key1, n+1))
		if err := l.post(s); err != nil {
			t.Fatal(err)
		}
		l.mineMicro()
		hashes = append(hashes, s.Hash())
	}
	for i, want := range map[int]bool{0: false, 1: false, 2: true, len(hashes) - 1: true} {
		m, ok := l.transaction(hashes[i])
		if ok != want {
			t.Errorf("transaction %d is known: %v, want %v", i, ok, want)
		}
		if ok && (m.Hash != hashes[i] || m.Tx.(*tx.Spend).Nonce != uint64(i+1)) {
			t.Errorf("transaction %d is %+v", i, m)
		}
	}
	if len(l.past.mined.all) != keptTransactions {
		t.Errorf("%d transactions are remembered", len(l.past.mined.all))
	}
	// A forgotten one is not taken a second time either: its nonce is used up.
	l.mustRefuse(reasonNonceTooLow, tx.NewSigned(spendOf(key1, 1)))
}
