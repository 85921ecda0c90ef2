package model

import (
	"bytes"

	"chanbot/tx"
	"chanbot/wire"
)

// closeKind is what ends a channel.
type closeKind uint8

const (
	closeNone   closeKind = iota
	closeMutual           // co-signed
	closeSolo             // one side's, on the chain
)

// closeFlow is how far the end of a channel has come on this side (fsm 6.4, 6.5).
type closeFlow struct {
	by     closeKind
	owes   string   // the frame that info closing must follow, "" when none must
	solo   bool     // a solo close came to the chain, whatever has come after it
	past   bool     // the same may have happened before a reestablish (fsm 6.8)
	said   bool     // info closing came
	again  bool     // info open came after a solo close
	before bool     // info closing came before the last info open
	mutual []byte   // the unsigned transaction in on_chain_tx close_mutual, the last one
	stored balances // what the last closing transaction on the chain stores, if known
	done   bool     // on_chain_tx channel_closed came
	gap    bool     // frames may have been missed
}

// judging reports whether the frames of a closing can be judged.
func (c *Client) judging() bool { return c.certain() && !c.loose && !c.shut.gap }

// closingOwed judges that info closing follows what closes the channel.
func (c *Client) closingOwed(name string) {
	if c.shut.owes != "" && c.certain() && !c.shut.gap {
		c.violate(RuleClosingOrder, "info closing after "+c.shut.owes, name)
	}
	c.shut.owes = ""
}

// closes notes a frame that begins or goes on with a closing.
func (c *Client) closes(by closeKind, name string) {
	c.closingOwed(name)
	c.shut.by = by
	c.shut.solo = c.shut.solo || by == closeSolo
	if !c.shut.said && !c.shut.again {
		c.shut.owes = name
	}
	c.becomeClosing()
}

// announceClosing judges info closing.
func (c *Client) announceClosing() {
	const got = "info closing"
	switch f := &c.shut; {
	case !c.judging():
	case f.by == closeNone && (c.reestablish == reestablishShaken || f.past && !f.said):
		// It is on the chain since before the reestablish. An initiator says so at
		// once, a responder when it falls back to that (fsm 5.3, 6.8).
		f.by, f.solo = closeSolo, true
	case f.said:
		c.violate(RuleClosingOrder, "info closing once", got+" again")
	case f.by == closeNone && c.fellBack && !c.shut.before:
		// Whoever takes back what was pending goes by the chain, which may have a
		// solo close in a block already (fsm 5.5).
		f.by = closeSolo
		c.quirk(QuirkChainAhead, "a closing transaction before info closing", got)
	case f.by == closeNone:
		c.violate(RuleClosingOrder, "a closing transaction before info closing", got)
	case f.before:
		c.quirk(QuirkClosingAgain, "info closing once", got+" again")
	}
	if c.reestablish == reestablishShaken {
		c.reestablish = reestablishOpen // it closes instead
	}
	c.shut.said, c.shut.owes = true, ""
	c.becomeClosing()
}

// openedAgain notes info open after info closing: a mutual close that failed
// leaves nothing, a solo close is still on the chain.
func (c *Client) openedAgain() {
	before := c.shut.before || c.shut.said
	if c.shut.solo {
		c.shut.by, c.shut.again, c.shut.said, c.shut.owes = closeSolo, true, false, ""
	} else {
		c.shut = closeFlow{}
	}
	c.shut.before = before
}

// leavesMutual notes that what took the place of a mutual close was aborted. The
// channel is open again, which info open says, or closes by a solo close that is
// on the chain, of which nothing more is said (fsm 3.2, 5.5).
func (c *Client) leavesMutual() {
	if c.shut.by == closeMutual {
		c.shut.by = closeSolo
	}
}

// closeMutual judges on_chain_tx close_mutual: the close that this client
// signed.
func (c *Client) closeMutual(name string, s *tx.SignedTx) {
	o := c.op
	switch {
	case c.certain() && !c.shut.gap && !c.offeredLately(wire.TxTypeCloseMutual):
		c.violate(RuleCloseUnsigned, "a request to sign it first", name)
	case !c.judging():
	case o == nil || o.spec.kind != kindShutdown:
		if !c.solo {
			c.violate(RuleCloseUnsigned, "a mutual close that this client has signed", name)
		}
	case o.maybe:
	case !o.signed && !o.given:
		c.violate(RuleCloseUnsigned, "nothing before the client signs "+o.tag, name)
	case !c.closeIs(o, s):
		c.violate(RuleOnChainOther, "the transaction that was signed as "+o.tag, "another one in "+name)
	}
	if o != nil && o.spec.kind == kindShutdown {
		c.signedFor(o, name)
	}
	c.shut.mutual = s.Tx
	c.closes(closeMutual, name)
}

// closeIs reports whether a mutual close is the pending one, or another one that
// both signed (fsm 5.6).
func (c *Client) closeIs(o *op, s *tx.SignedTx) bool {
	return o.inner == nil || o.holds(s.Tx) || c.cfg.NetworkID != "" && c.verified(s, true, c.parties[:]...)
}

// canSlash judges on_chain_tx can_slash: this client's own latest state is newer
// than what the chain has.
func (c *Client) canSlash(x *wire.OnChainTx, name string, s *tx.SignedTx, inner tx.Tx) {
	if _, forced := inner.(*tx.ForceProgress); !forced && c.certain() && c.ledger.signed != nil {
		switch {
		case !bytes.Equal(s.Tx, c.ledger.signed.Tx) && (c.op == nil || !c.op.holds(s.Tx)):
			round, _ := stateRound(s)
			c.violate(RuleCanSlash, "the own latest state, round "+number(c.ledger.round), "another one, round "+number(round))
		case c.ledger.round <= 1:
			c.violate(RuleCanSlash, "on_chain_tx solo_closing: nothing is older than round 1", name)
		case x.Tx != c.ledger.text && !c.verified(s, true, c.parties[:]...):
			c.violate(RuleCanSlash, "a signature of each party", number(uint64(len(s.Signatures)))+" signatures, not both good")
		}
	}
	c.shut.stored = balances{}
	c.chainRound = 0 // older than the latest, and not known
	c.closes(closeSolo, name)
}

// soloClosing judges on_chain_tx solo_closing: a closing transaction in a block
// that is not older than this client's latest state.
func (c *Client) soloClosing(name string, s *tx.SignedTx, inner tx.Tx) {
	switch t := inner.(type) {
	case *tx.CloseSolo:
		c.soloOnChain(name, s, t.FromID, t.Payload, t.PoI)
	case *tx.Slash:
		if c.judging() && !c.shut.solo && !c.shut.past {
			c.violate(RuleClosingOrder, "a solo close on the chain before a slash", name)
		}
		c.soloOnChain(name, s, t.FromID, t.Payload, t.PoI)
	default:
		c.shut.stored = balances{}
	}
	c.closes(closeSolo, name)
}

// channelClosed judges on_chain_tx channel_closed.
func (c *Client) channelClosed(name string, s *tx.SignedTx, inner tx.Tx) {
	c.closingOwed(name)
	f := &c.shut
	if f.done {
		c.quirk(QuirkOnChainAgain, "each block once", name+" again")
	}
	switch t := inner.(type) {
	case *tx.CloseMutual:
		switch {
		case !c.judging() || c.lostClose || c.solo:
		case f.mutual == nil && !(f.past && c.signedByMe(s)):
			c.violate(RuleClosingOrder, "on_chain_tx close_mutual first", name)
		case !bytes.Equal(f.mutual, s.Tx) && !c.signedByMe(s):
			c.violate(RuleOnChainOther, "the transaction of on_chain_tx close_mutual", "another one in "+name)
		}
		if f.by == closeNone {
			f.by = closeMutual
		}
	case *tx.Settle:
		c.signedBy(name, s, t.FromID)
		got := balances{t.InitiatorAmountFinal, t.ResponderAmountFinal}
		switch {
		case !c.judging():
		case !f.solo && !f.past:
			c.violate(RuleClosingOrder, "a solo close on the chain before a settlement", name)
		case f.stored[0] != nil && !got.equal(f.stored):
			c.violate(RuleOnChainOther, "the amounts that the last closing transaction has, "+f.stored.String(), got.String()+" in "+name)
		}
	}
	f.done = true
	c.becomeClosed()
}

// closedConfirmed judges info closed_confirmed.
func (c *Client) closedConfirmed() {
	const got = "info " + wire.EventClosedConfirmed
	c.closingOwed(got)
	if c.judging() && !c.shut.done {
		c.violate(RuleClosingOrder, "on_chain_tx channel_closed first", got)
	}
	c.becomeClosed()
	c.ending = wire.EventClosedConfirmed
}

// diedClosing judges info died in a channel whose closing transaction is in a
// block: it has its depth first, unless somebody ends the state machine.
func (c *Client) diedClosing() {
	const got = "info " + wire.EventDied
	c.closingOwed(got)
	if c.phase == PhaseClosed && c.ending == "" && c.judging() && !c.stopped && !c.errored && !c.closing {
		c.violate(RuleClosingOrder, "info closed_confirmed first", got)
	}
}
