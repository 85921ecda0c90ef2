package simnode

import (
	"errors"
	"math/big"
	"testing"

	"chanbot/tx"
)

const testNetwork = "local_iris_testnet"

// The two keys of transactions.md, section 10, and one who has no part in it.
var (
	key1     = tx.NewKeyPair(seedFrom(1))
	key2     = tx.NewKeyPair(seedFrom(101))
	stranger = tx.NewKeyPair(seedFrom(201))
)

func seedFrom(first byte) (seed [32]byte) {
	for i := range seed {
		seed[i] = first + byte(i)
	}
	return seed
}

func coins(n int64) *big.Int { return big.NewInt(n) }

// ledgerTest is a chain with helpers that fail the test.
type ledgerTest struct {
	*testing.T
	*chain
	channelID tx.ID
}

func newLedgerTest(t *testing.T, cfg chainConfig) *ledgerTest {
	t.Helper()
	if cfg.NetworkID == "" {
		cfg.NetworkID = testNetwork
	}
	l := &ledgerTest{T: t, chain: newChain(cfg)}
	t.Cleanup(func() {
		l.flush()
		l.checkTotal("the end of the test")
	})
	return l
}

// funded is a chain on which both keys have 10^15.
func funded(t *testing.T, cfg chainConfig) *ledgerTest {
	t.Helper()
	l := newLedgerTest(t, cfg)
	l.endow(key1.ID(), coins(1e15))
	l.endow(key2.ID(), coins(1e15))
	return l
}

// opened is funded with the channel of transactions.md, section 10, in it.
func opened(t *testing.T, cfg chainConfig) *ledgerTest {
	t.Helper()
	l := funded(t, cfg)
	create := lifeCreate()
	if cfg.CreateVersion != 0 {
		create.Version = cfg.CreateVersion
	}
	l.mustMine(create, key1, key2)
	l.channelID = tx.ChannelIDOf(key1.ID(), 1, key2.ID())
	return l
}

func lifeCreate() *tx.Create {
	return &tx.Create{
		Version:         2,
		InitiatorID:     key1.ID(),
		InitiatorAmount: coins(70_000_000_000_000),
		ResponderID:     key2.ID(),
		ResponderAmount: coins(40_000_000_000_000),
		ChannelReserve:  coins(2),
		LockPeriod:      10,
		StateHash:       lifeState(1).hash(),
		Nonce:           1,
	}
}

// offState is an off-chain state of the two keys.
type offState struct {
	round      uint64
	one, other int64
}

// lifeState returns the states of transactions.md, section 10.
func lifeState(round uint64) offState {
	return map[uint64]offState{
		1: {1, 69_999_999_999_999, 40_000_000_000_001},
		2: {2, 69_999_999_999_989, 40_000_000_000_011},
		3: {3, 69_999_999_999_991, 40_000_000_000_011},
		4: {4, 69_999_999_999_986, 40_000_000_000_011},
	}[round]
}

func (s offState) balances() []tx.Balance {
	return []tx.Balance{{ID: key1.ID(), Amount: coins(s.one)}, {ID: key2.ID(), Amount: coins(s.other)}}
}

func (s offState) hash() tx.Hash { return tx.StateHash(s.balances()...) }

func (s offState) poi() []byte {
	poi, err := tx.ProofOfInclusion(s.balances(), []tx.ID{key1.ID(), key2.ID()})
	if err != nil {
		panic(err)
	}
	return poi
}

// payload is the co-signed off-chain transaction of the state.
func (s offState) payload(channel tx.ID) []byte {
	t := &tx.OffChain{Version: 2, ChannelID: channel, Round: s.round, StateHash: s.hash()}
	return signedWith(t, key1, key2).Bytes()
}

func signedWith(t tx.Tx, keys ...tx.KeyPair) *tx.SignedTx {
	s := tx.NewSigned(t)
	for _, k := range keys {
		s = s.Sign(k, testNetwork, tx.Raw)
	}
	return s
}

// priced writes the default fee into a transaction that has none.
func priced(t tx.Tx) tx.Tx {
	if terms, ok := termsOf(t); ok && terms.fee == nil {
		tx.SetFee(t, tx.MinFee(t, defaultMinerGasPrice))
	}
	return t
}

// mustPost signs and posts.
func (l *ledgerTest) mustPost(t tx.Tx, keys ...tx.KeyPair) *tx.SignedTx {
	l.Helper()
	s := signedWith(priced(t), keys...)
	if err := l.post(s); err != nil {
		l.Fatalf("post %s: %v", t.Type(), err)
	}
	return s
}

// mustMine posts and expects the transaction in the next micro block.
func (l *ledgerTest) mustMine(t tx.Tx, keys ...tx.KeyPair) {
	l.Helper()
	s := l.mustPost(t, keys...)
	l.mineMicro()
	if _, ok := l.transaction(s.Hash()); !ok {
		_, reason, _ := l.waiting(s.Hash())
		l.Fatalf("%s is not mined: %s", t.Type(), reason)
	}
	l.checkTotal(t.Type())
}

// mustWait posts and expects that the transaction stays in the pool, because
// of a requirement.
func (l *ledgerTest) mustWait(want requirement, t tx.Tx, keys ...tx.KeyPair) {
	l.Helper()
	s := l.mustPost(t, keys...)
	l.mineMicro()
	_, reason, waits := l.waiting(s.Hash())
	switch {
	case !waits:
		l.Errorf("%s does not wait, want %q", t.Type(), want)
	case reason != string(want):
		l.Errorf("%s waits because of %q, want %q", t.Type(), reason, want)
	}
	l.checkTotal(t.Type())
}

func (l *ledgerTest) mustRefuse(want string, s *tx.SignedTx) {
	l.Helper()
	refused, ok := errors.AsType[*postError](l.post(s))
	switch {
	case !ok:
		l.Errorf("posted, want %s", want)
	case refused.Reason != want:
		l.Errorf("refused with %s, want %s", refused.Reason, want)
	}
}

func (l *ledgerTest) checkTotal(when string) {
	l.Helper()
	if got, want := l.total(), l.endowed(); got.Cmp(want) != 0 {
		l.Errorf("after %s: %s coins on chain, %s endowed", when, got, want)
	}
}

// checkAccounts compares the balances of both keys.
func (l *ledgerTest) checkAccounts(when string, want1, want2 int64) {
	l.Helper()
	for _, a := range []struct {
		name string
		id   tx.ID
		want int64
	}{{"key 1", key1.ID(), want1}, {"key 2", key2.ID(), want2}} {
		got, ok := l.account(a.id)
		if !ok || got.Balance.Cmp(coins(a.want)) != 0 {
			l.Errorf("after %s: %s owns %s, want %d", when, a.name, got.Balance, a.want)
		}
	}
}

// goTo makes key blocks up to a height.
func (l *ledgerTest) goTo(height uint64) {
	l.Helper()
	top, _ := l.top()
	if top > height {
		l.Fatalf("already at height %d", top)
	}
	l.mineKey(int(height - top))
}
