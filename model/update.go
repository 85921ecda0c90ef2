package model

import (
	"bytes"
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// update judges channels.update: a co-signed state (ws-api 6.4).
func (c *Client) update(f *wire.Frame) {
	switch {
	case c.openingDone():
	case c.reconnected:
		c.skipOpening()
	default:
		c.opening("update")
	}
	text := f.Update.State
	o := c.op
	if o == nil {
		o = c.create // only when "info open" was missed
	}
	var state *tx.SignedTx
	if o != nil {
		state = o.answeredWith(text)
	}
	own := state != nil // exactly what this client sent
	if state == nil {
		s, err := c.parse(text)
		if err != nil {
			c.violate(RuleUpdateShape, "a co-signed transaction", quoted(text))
			return
		}
		state = s
	}
	switch {
	case o != nil && (o.holds(state.Tx) || c.resigned(o, state)):
		c.cosigned(o, state, text, own)
	case c.ledger.signed != nil && bytes.Equal(state.Tx, c.ledger.signed.Tx):
		c.reportedAgain(state, text)
	default:
		c.otherState(o, state, text)
	}
	c.reestablish = reestablishNone
}

// cosigned takes over the state that an operation made.
func (c *Client) cosigned(o *op, state *tx.SignedTx, text string, own bool) {
	c.signedFor(o, "channels.update")
	c.locked(o)
	switch {
	case !o.signed && !o.given && c.certain() && !c.loose:
		c.violate(RuleUpdateUnsigned, "no state before the client signs "+o.tag, "round "+number(o.round))
	case o.refused && o.answer != nil && o.answer.kind == callAbort:
		c.violate(RuleAbortRefused, "no state of what could not be aborted", "round "+number(o.round))
	}
	c.cosignatures(o, state, text, own)
	if o.spec.kind == kindCreate {
		c.createSeen(o)
	}
	if o.round != c.ledger.round+1 && o.spec.kind != kindCreate {
		c.deposited = nil // what happened in the rounds that were missed?
	}
	if c.deposited != nil && o.moved != nil {
		c.deposited = new(big.Int).Add(c.deposited, o.moved)
	}
	c.ledger = ledger{round: o.round, known: o.known, balances: o.after, signed: state, text: text}
	if !o.known {
		c.relearn(state)
	}
	c.reported, c.stale = true, false
	c.leads = !o.spec.own || o.spec.kind == kindOnChain
	if c.shut.gap && c.phase == PhaseOpen {
		c.openedAgain() // whoever makes a state is not closing
		c.shut.gap = false
	}
	c.lost, c.astray = false, nil // a split channel makes no state any more
	c.leaving = false             // the peer has stayed: another operation took the place of its leave (fsm 3.2)
	c.op, c.next = nil, nil
	c.retire(o)
}

// retire forgets an off-chain update that is co-signed, or the create transaction
// of a channel that is open: it is not offered again, and who has many channels
// keeps no more of each than it needs.
func (c *Client) retire(o *op) {
	if o.spec.kind != kindUpdate && o.spec.kind != kindCreate {
		return
	}
	for i, x := range c.seen {
		if x == o {
			c.seen[i] = nil
		}
	}
}

// cosignatures judges that both parties signed. What this client sent itself is
// good if the peer's signature in the offer was.
func (c *Client) cosignatures(o *op, state *tx.SignedTx, text string, own bool) {
	if own && o.checked || c.ledger.text == text {
		return
	}
	ids, known := c.parties[:], [][]byte(nil)
	if o.spec.own && len(o.sent) > 0 {
		mine := o.sent[len(o.sent)-1].Signatures
		if len(mine) > 0 && holdsAll(state.Signatures, mine) { // the node took this client's signature
			me := c.cfg.Role.Index()
			ids, known = c.parties[1-me:2-me], mine
		}
	}
	if _, general := o.inner.(*tx.GAMeta); general || o.inner == nil {
		return
	}
	if !c.verifiedBeside(known, state, o.spec.kind != kindUpdate, ids...) {
		c.violate(RuleUpdateSignatures, "a signature of each party", number(uint64(len(state.Signatures)))+" signatures, not both good")
	}
}

// resigned reports whether a state is another transaction with the effect of
// the offered one, signed by both. A node compares channel, round and state
// hash only, so whoever has both keys can exchange the rest (fsm 5.6).
func (c *Client) resigned(o *op, state *tx.SignedTx) bool {
	if o.inner == nil || c.cfg.NetworkID == "" {
		return false
	}
	t, err := state.Decode()
	if err != nil || t.Type() != o.inner.Type() {
		return false
	}
	hash, ok := stateHash(t)
	want, ok2 := stateHash(o.inner)
	round, _ := stateRound(state)
	return ok && ok2 && hash == want && round == o.round && channelOf(t) == channelOf(o.inner) &&
		c.verified(state, true, c.parties[:]...)
}

// channelOf returns the channel that a transaction with a state names.
func channelOf(t tx.Tx) tx.ID {
	switch t := t.(type) {
	case *tx.OffChain:
		return t.ChannelID
	case *tx.Deposit:
		return t.ChannelID
	case *tx.Withdraw:
		return t.ChannelID
	}
	return tx.ID{}
}

func holdsAll(all, some [][]byte) bool {
	for _, s := range some {
		found := false
		for _, a := range all {
			if found = bytes.Equal(a, s); found {
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// reportedAgain judges the report of a state that is known already.
func (c *Client) reportedAgain(state *tx.SignedTx, text string) {
	again := c.reestablish == reestablishOpen || c.closesEarly()
	if c.reported && !again && c.certain() {
		c.violate(RuleUpdateRepeated, "each state once", "round "+number(c.ledger.round)+" again")
	}
	if text != c.ledger.text && !c.verified(state, true, c.parties[:]...) {
		c.violate(RuleUpdateSignatures, "a signature of each party", number(uint64(len(state.Signatures)))+" signatures, not both good")
	}
	c.reported, c.stale = true, false
}

// otherState judges a state that no operation of this side made. After a gap it
// is the way to learn where the channel is.
func (c *Client) otherState(o *op, state *tx.SignedTx, text string) {
	round, ok := stateRound(state)
	switch {
	case !ok:
		if _, err := state.Decode(); err != nil {
			c.violate(RuleUpdateShape, "a transaction that makes a state", quoted(text))
			return
		}
		c.ledger = ledger{round: c.ledger.round, signed: state, text: text}
		return
	case c.certain():
		want := "no state: nothing was offered"
		if o != nil {
			want = "the transaction that was offered as " + o.tag
		}
		c.violate(RuleUpdateOther, want, "another one, round "+number(round))
	case round < c.ledger.round:
		c.violate(RuleUpdateOther, "round "+number(c.ledger.round)+" or later", "round "+number(round))
	}
	if !c.verified(state, true, c.parties[:]...) {
		c.violate(RuleUpdateSignatures, "a signature of each party", number(uint64(len(state.Signatures)))+" signatures, not both good")
	}
	same := round == c.ledger.round
	c.ledger = ledger{round: round, known: c.ledger.known, balances: c.ledger.balances, signed: state, text: text}
	if !same {
		c.ledger.known = false
	}
	c.relearn(state)
	c.op, c.stale, c.reported, c.deposited = nil, false, true, nil
}

// relearn keeps the balances only if they give the state's hash.
func (c *Client) relearn(state *tx.SignedTx) {
	t, err := state.Decode()
	if err != nil {
		return
	}
	hash, ok := stateHash(t)
	if ok && c.ledger.balances[0] != nil {
		c.ledger.known = c.hash(c.ledger.balances) == hash
	}
}

// stateRound returns the round of a transaction that makes a state.
func stateRound(s *tx.SignedTx) (uint64, bool) {
	t, err := s.Decode()
	if err != nil {
		return 0, false
	}
	switch t := t.(type) {
	case *tx.Create:
		return 1, true
	case *tx.OffChain:
		return t.Round, true
	case *tx.Deposit:
		return t.Round, true
	case *tx.Withdraw:
		return t.Round, true
	case *tx.ForceProgress:
		return t.Round, true
	}
	return 0, false
}

func stateHash(t tx.Tx) (tx.Hash, bool) {
	switch t := t.(type) {
	case *tx.Create:
		return t.StateHash, true
	case *tx.OffChain:
		return t.StateHash, true
	case *tx.Deposit:
		return t.StateHash, true
	case *tx.Withdraw:
		return t.StateHash, true
	case *tx.ForceProgress:
		return t.StateHash, true
	}
	return tx.Hash{}, false
}
