package simnode

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"sync"
	"time"

	"chanbot/tx"
)

// chainConfig says what a simulated chain is like. The zero value is a chain
// of the current protocol without any account.
type chainConfig struct {
	NetworkID     string           // prefix of every signed message
	CreateVersion int              // version of channel_create_tx the protocol takes: 1 before Iris, 2 (default) from Iris
	Endow         *big.Int         // balance every account has when it is first seen; nil: only endowed accounts exist
	NoVerify      bool             // take any signature, or none
	Start         uint64           // height of the first top, default 1
	MinGasPrice   *big.Int         // the miner's limit, default 10^9
	Clock         func() time.Time // time stamps of blocks, default time.Now
}

// Limits of a node's transaction pool with its default configuration
// (http-api, section 5).
const (
	nonceOffset  = 5    // a nonce may be this far above the account's
	poolLifetime = 6720 // key blocks a transaction waits before it is dropped
	pastBlocks   = 100  // key blocks that exist below the first top
)

// Gas prices below which a transaction is refused: by the protocol from Minerva
// on, and by a miner with the default configuration.
var (
	protocolGasPrice     = big.NewInt(1_000_000)
	defaultMinerGasPrice = big.NewInt(1_000_000_000)
)

func (cfg chainConfig) withDefaults() chainConfig {
	if cfg.CreateVersion == 0 {
		cfg.CreateVersion = 2
	}
	if cfg.Start == 0 {
		cfg.Start = 1
	}
	if cfg.MinGasPrice == nil {
		cfg.MinGasPrice = defaultMinerGasPrice
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return cfg
}

// chain is a block chain without consensus: a ledger, a pool of transactions
// that wait, and a list of blocks that grows when somebody asks for it. It
// copies the parts of a node that a channel FSM can observe: the pool's checks
// (http-api, section 5), the effects of transactions (transactions.md, section
// 7) and generations (ws-api, section 2.3): a micro block belongs to the
// generation of the key block below it, and the depth of a transaction is the
// height of the top less that of its generation. There are no forks.
//
// All methods may be called at any time, also from callbacks and with locks of
// the caller held. None of them waits for a callback but flush.
type chain struct {
	cfg     chainConfig
	courier *courier

	mu       sync.Mutex // guards all below
	ledger   *ledger
	pool     *pool
	past     past
	tip      tx.Hash // newest block, key or micro
	watchers map[tx.ID][]*watcher
	heights  heightQueue
	posted   []func()
}

// keyBlock opens a generation.
type keyBlock struct {
	Height  uint64
	Hash    tx.Hash
	Prev    tx.Hash // the block below, key or micro
	PrevKey tx.Hash // the key block below
	Time    time.Time
}

// minedTx is a transaction in a block.
type minedTx struct {
	Signed *tx.SignedTx
	Tx     tx.Tx
	Height uint64 // of the generation
	Hash   tx.Hash
	Block  tx.Hash // the micro block
	Round  uint64  // of its channel right after it; only watchers are told
}

func newChain(cfg chainConfig) *chain {
	cfg = cfg.withDefaults()
	c := &chain{
		cfg:      cfg,
		courier:  newCourier(),
		ledger:   newLedger(cfg),
		pool:     newPool(),
		past:     newPast(),
		watchers: make(map[tx.ID][]*watcher),
	}
	for h := cfg.Start - min(cfg.Start, pastBlocks); h <= cfg.Start; h++ {
		c.addKeyBlockLocked(h)
	}
	return c
}

// endow gives amount to an account, which exists from then on. It stands for a
// genesis account or a transfer from outside the simulation.
func (c *chain) endow(id tx.ID, amount *big.Int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ledger.endow(id.Key, amount)
}

// account returns the state of an account on chain, which the pool does not
// change. It is never created by a query, unless the configuration endows
// every account.
func (c *chain) account(id tx.ID) (accountState, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.ledger.sight(id.Key); a != nil {
		return *a, true
	}
	return accountState{}, false
}

// nextNonce is the nonce the FSM gives a new transaction of id: one above the
// account's and above every one of its transactions in the pool
// (transactions.md, section 5.3; strategy "max" of http-api, section 4). It
// reserves nothing.
func (c *chain) nextNonce(id tx.ID) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return max(c.ledger.nonce(id.Key), c.pool.highestNonce(id.Key)) + 1
}

// freeNonce is the lowest nonce above the account's that no transaction in the
// pool uses (strategy "continuity" of http-api, section 4).
func (c *chain) freeNonce(id tx.ID) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.ledger.nonce(id.Key) + 1
	for len(c.pool.at(id.Key, n)) > 0 {
		n++
	}
	return n
}

// top returns the key block of the current generation.
func (c *chain) top() (height uint64, keyHash tx.Hash) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.topLocked()
	return k.Height, k.Hash
}

func (c *chain) topLocked() keyBlock { return c.past.top() }

// keyBlock returns the key block at a height that is remembered. The hundred
// heights below the first top exist too, so that an old block can be picked from
// the start.
func (c *chain) keyBlock(height uint64) (keyBlock, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.past.keyBlock(height)
}

// blockByHash finds the generation of a key or micro block, as named by the
// block_hash parameter of an update request.
func (c *chain) blockByHash(h tx.Hash) (height uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	height, ok = c.past.heights[h]
	return height, ok
}

// pending returns the number of transactions in the pool.
func (c *chain) pending() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pool.len()
}

// pendingOf returns the transactions of an account in the pool, in nonce order.
func (c *chain) pendingOf(id tx.ID) []*tx.SignedTx {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []*tx.SignedTx
	for _, p := range c.pool.of(id.Key) {
		list = append(list, p.signed)
	}
	return list
}

// transaction returns a transaction that is in a block, if it is remembered.
func (c *chain) transaction(h tx.Hash) (minedTx, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.past.transaction(h)
}

// waiting returns a transaction of the pool, and why the last attempt to put
// it into a block failed: empty before the first one, or with a gap of nonces
// in front of it.
func (c *chain) waiting(h tx.Hash) (s *tx.SignedTx, reason string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pool.byHash[h]
	if p == nil {
		return nil, "", false
	}
	if p.blocked != nil {
		reason = p.blocked.Error()
	}
	return p.signed, reason, true
}

// channel returns the on-chain object of a channel that exists: created and
// neither settled nor closed by agreement.
func (c *chain) channel(id tx.ID) (channelState, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.ledger.channels[id]; s != nil {
		return *s, true
	}
	return channelState{}, false
}

// total adds up every coin: accounts (the one of 32 zero bytes holds what is
// burnt), locked in channels, collected as fees. It equals endowed at all
// times.
func (c *chain) total() *big.Int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.total()
}

// endowed is the sum of all that endow, or the first sight of an account, gave.
func (c *chain) endowed() *big.Int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return new(big.Int).Set(c.ledger.endowed)
}

// coins is total and endowed at one moment.
func (c *chain) coins() (total, endowed *big.Int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ledger.total(), new(big.Int).Set(c.ledger.endowed)
}

// addKeyBlockLocked puts a key block on the tip. The hashes depend on nothing
// but what is below them, so a repeated run has the same ones.
func (c *chain) addKeyBlockLocked(height uint64) {
	k := keyBlock{Height: height, Prev: c.tip, Time: c.cfg.Clock()}
	if len(c.past.keys) > 0 {
		k.PrevKey = c.topLocked().Hash
	}
	k.Hash = blockHash("key", c.cfg.NetworkID, c.tip, height)
	c.past.addKeyBlock(k)
	c.tip = k.Hash
}

func blockHash(kind, networkID string, prev tx.Hash, height uint64, txs ...tx.Hash) tx.Hash {
	b := append([]byte(kind+" "+networkID+" "), prev[:]...)
	b = binary.BigEndian.AppendUint64(b, height)
	for _, h := range txs {
		b = append(b, h[:]...)
	}
	return sha256.Sum256(b)
}
