package simnode

import "chanbot/tx"

// How much a chain remembers. A real node keeps everything on its disk; here it
// is in memory, and a node has to be able to run for days. The state of accounts
// and channels does not depend on it.
const (
	keptKeyBlocks    = 10_000
	keptTransactions = 10_000
)

// past is what a chain remembers of its blocks: the newest of them, and the
// genesis block.
type past struct {
	genesis keyBlock
	keys    []keyBlock               // ascending by height, without gaps; the last one is the top
	micros  []microBlock             // oldest first
	heights map[tx.Hash]uint64       // of the generation of every key and micro block
	mined   recent[tx.Hash, inBlock] // by transaction hash
}

// microBlock is a block with transactions.
type microBlock struct {
	hash   tx.Hash
	height uint64 // of its generation
}

// inBlock says where a transaction is.
type inBlock struct {
	signed *tx.SignedTx
	block  microBlock
}

func newPast() past {
	return past{heights: make(map[tx.Hash]uint64), mined: newRecent[tx.Hash, inBlock](keptTransactions)}
}

func (p *past) top() keyBlock { return p.keys[len(p.keys)-1] }

// keyBlock finds a key block that is remembered.
func (p *past) keyBlock(height uint64) (keyBlock, bool) {
	first := p.keys[0].Height
	switch {
	case height == p.genesis.Height:
		return p.genesis, true
	case height < first || height > p.top().Height:
		return keyBlock{}, false
	}
	return p.keys[height-first], true
}

// addKeyBlock adds the block above the top, and forgets the oldest generation
// when there are too many.
func (p *past) addKeyBlock(k keyBlock) {
	if len(p.keys) == 0 {
		p.genesis = k
	}
	p.keys = append(p.keys, k)
	p.heights[k.Hash] = k.Height
	if len(p.keys) <= keptKeyBlocks {
		return
	}
	old := p.keys[0]
	p.keys = p.keys[1:]
	if old.Height != p.genesis.Height {
		delete(p.heights, old.Hash)
	}
	for len(p.micros) > 0 && p.micros[0].height <= old.Height {
		delete(p.heights, p.micros[0].hash)
		p.micros = p.micros[1:]
	}
}

// addMicroBlock adds a block to the generation of the top.
func (p *past) addMicroBlock(hash tx.Hash) microBlock {
	b := microBlock{hash, p.top().Height}
	p.micros = append(p.micros, b)
	p.heights[hash] = b.height
	return b
}

// transaction finds a transaction that is remembered.
func (p *past) transaction(hash tx.Hash) (minedTx, bool) {
	in, ok := p.mined.get(hash)
	if !ok {
		return minedTx{}, false
	}
	t, err := in.signed.Decode()
	return minedTx{Signed: in.signed, Tx: t, Height: in.block.height, Hash: hash, Block: in.block.hash}, err == nil
}
