package simnode

import "chanbot/tx"

// mineMicro puts every transaction of the pool that meets its requirements
// into a micro block of the current generation, each account's in nonce order,
// and returns how many these are. Without any there is no block. What does not
// meet its requirements stays in the pool and holds up its account's later
// transactions.
func (c *chain) mineMicro() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mineMicroLocked()
}

// mineKey makes k key blocks, each of which starts a new generation. What
// waits in the pool goes into the generation before. The calls of watch and
// whenHeight are only due when it returns, not made: see flush.
func (c *chain) mineKey(k int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range k {
		c.mineMicroLocked()
		c.addKeyBlockLocked(c.topLocked().Height + 1)
		c.pool.expire(c.topLocked().Height)
		c.tellHeightLocked()
	}
}

func (c *chain) mineMicroLocked() int {
	if c.pool.len() == 0 {
		return 0
	}
	var block []*poolTx
	// A transaction may become possible by one of another account in the same
	// block, so those that are held up are tried again while there is progress.
	for payers := c.pool.payers(); ; {
		before := len(block)
		heldUp := payers[:0]
		for _, payer := range payers {
			var held bool
			if block, held = c.includeLocked(block, payer); held {
				heldUp = append(heldUp, payer)
			}
		}
		payers = heldUp
		if len(block) == before || len(payers) == 0 {
			break
		}
	}
	if len(block) > 0 {
		c.addMicroBlockLocked(block)
	}
	return len(block)
}

// includeLocked adds an account's transactions to a block, as far as they come
// without a gap. Of several with one nonce the best fee wins; the losers are
// dropped. held tells that the next one does not meet its requirements.
func (c *chain) includeLocked(block []*poolTx, payer tx.Hash) (_ []*poolTx, held bool) {
	height := c.topLocked().Height
	for {
		held = false
		var winner *poolTx
		for _, p := range c.pool.at(payer, c.ledger.nonce(payer)+1) {
			if p.blocked = c.ledger.apply(p, height); p.blocked == nil {
				winner = p
				break
			}
			held = true
		}
		if winner == nil {
			return block, held
		}
		for _, h := range c.ledger.bent {
			if h.chain.applied != nil {
				h.chain.applied(c.ledger, winner.tx, winner.terms)
			}
		}
		if s := c.ledger.channels[winner.terms.channel]; s != nil {
			winner.round = s.Round
		}
		block = append(block, winner)
		c.pool.drop(payer, func(p *poolTx) bool { return p.terms.nonce <= winner.terms.nonce })
	}
}

func (c *chain) addMicroBlockLocked(block []*poolTx) {
	height := c.topLocked().Height
	hashes := make([]tx.Hash, len(block))
	for i, p := range block {
		hashes[i] = p.hash
	}
	c.tip = blockHash("micro", c.cfg.NetworkID, c.tip, height, hashes...)
	in := c.past.addMicroBlock(c.tip)
	for _, p := range block {
		m := minedTx{Signed: p.signed, Tx: p.tx, Height: height, Hash: p.hash, Block: c.tip, Round: p.round}
		c.past.mined.set(p.hash, inBlock{p.signed, in})
		c.tellWatchersLocked(p.terms.channel, m)
	}
}
