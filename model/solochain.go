package model

import "chanbot/tx"

// soloOnChain judges a close_solo or slash that the chain has taken, and notes
// what it stores (transactions 7). What the chain requires is certain whoever
// posted the transaction.
func (c *Client) soloOnChain(name string, s *tx.SignedTx, from tx.ID, payload, proof []byte) {
	c.signedBy(name, s, from)
	round, hash, known := c.payloadOnChain(name, payload)
	if len(payload) == 0 {
		round = c.chainRound
	} else {
		c.onChainRound(round)
	}
	if round != 0 && round == c.ledger.round && c.ledger.signed != nil && !known {
		if last, err := c.ledger.signed.Decode(); err == nil {
			hash, known = stateHash(last)
		}
	}
	c.shut.stored = balances{}
	p, err := tx.DecodeProof(proof)
	if err != nil {
		c.violate(RuleOnChainPayload, "a proof in "+name, excerpt(err.Error()))
		return
	}
	if got := p.StateHash(); known && got != hash {
		c.violate(RuleOnChainPayload, stateText(hash)+" in the proof of "+name, stateText(got))
		return
	}
	var b balances
	for i, id := range c.parties {
		if id.IsZero() {
			return
		}
		if b[i], err = p.Balance(id); err != nil {
			c.violate(RuleOnChainPayload, "a proof of both balances in "+name, excerpt(err.Error()))
			return
		}
	}
	c.shut.stored = b
	switch {
	case !c.judging() || round == 0 || c.assumed:
	case round < c.ledger.round:
		c.violate(RuleCanSlash, "on_chain_tx can_slash: round "+number(round)+" is older than round "+number(c.ledger.round), name)
	case round == c.ledger.round && c.ledger.known && !b.equal(c.ledger.balances):
		c.violate(RuleOnChainPayload, c.ledger.balances.String()+" in the proof of "+name, b.String())
	}
}

// snapshotOnChain judges a snapshot in a block (fsm 6.6).
func (c *Client) snapshotOnChain(name, text string, s *tx.SignedTx, t *tx.SnapshotSolo) {
	c.signedBy(name, s, t.FromID)
	round, _, ok := c.payloadOnChain(name, t.Payload)
	switch {
	case len(t.Payload) == 0:
		c.violate(RuleOnChainPayload, "a co-signed state in "+name, "an empty payload")
	case !ok:
	case text == c.chainText:
		c.quirk(QuirkOnChainAgain, "each block once", name+" again")
	case c.judging() && c.chainRound != 0 && round <= c.chainRound:
		c.quirk(QuirkOnChainAgain, "a state after round "+number(c.chainRound)+" in "+name, "round "+number(round))
	}
	c.chainText = text
	c.onChainRound(round)
	if t.FromID == c.parties[c.cfg.Role.Index()] {
		c.snapshots++
	}
}

// payloadOnChain judges the co-signed state inside a solo transaction. ok is
// false when there is none.
func (c *Client) payloadOnChain(name string, payload []byte) (round uint64, hash tx.Hash, ok bool) {
	if len(payload) == 0 {
		return 0, tx.Hash{}, false
	}
	s, err := tx.DecodeSigned(payload)
	var inner tx.Tx
	if err == nil {
		inner, err = s.Decode()
	}
	if err != nil {
		c.violate(RuleOnChainPayload, "a co-signed state in "+name, excerpt(err.Error()))
		return 0, tx.Hash{}, false
	}
	t, offChain := inner.(*tx.OffChain)
	if !offChain {
		if _, general := inner.(*tx.GAMeta); !general {
			c.violate(RuleOnChainPayload, "a channel_offchain_tx in "+name, "a "+inner.Type())
		}
		return 0, tx.Hash{}, false
	}
	if got := t.ChannelID.String(); c.channel != "" && got != c.channel {
		c.violate(RuleOnChainPayload, "a state of "+c.channel+" in "+name, "one of "+got)
	}
	if !c.verified(s, true, c.parties[:]...) {
		c.violate(RuleOnChainPayload, "a signature of each party in the payload of "+name, number(uint64(len(s.Signatures)))+" signatures, not both good")
	}
	return t.Round, t.StateHash, true
}

// signedBy judges the signature of a solo transaction.
func (c *Client) signedBy(name string, s *tx.SignedTx, from tx.ID) {
	if !c.verified(s, true, from) {
		c.violate(RuleOnChainShape, "the signature of "+from.String()+" in "+name, number(uint64(len(s.Signatures)))+" signatures, not a good one")
	}
}
