package model

import (
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// lockStep is how far a co-signed deposit or withdrawal has come on one socket
// (fsm 6.3).
type lockStep uint8

const (
	lockNone    lockStep = iota
	lockSigned           // on_chain_tx *_created (acker), *_signed (starter)
	lockOnChain          // on_chain_tx channel_changed
	lockOwn              // info own_*_locked: this side has its depth
	lockPeer             // info *_locked: so has the peer; update follows
)

// lockFrame is what is fixed about one frame of such an operation.
type lockFrame struct {
	step   lockStep
	txType string
	starts bool // for the starter alone; those of lockSigned otherwise for the acker alone
}

var lockFrames = map[string]lockFrame{
	wire.OnChainDepositCreated:  {step: lockSigned, txType: wire.TxTypeDeposit},
	wire.OnChainDepositSigned:   {step: lockSigned, txType: wire.TxTypeDeposit, starts: true},
	wire.OnChainWithdrawCreated: {step: lockSigned, txType: wire.TxTypeWithdraw},
	wire.OnChainWithdrawSigned:  {step: lockSigned, txType: wire.TxTypeWithdraw, starts: true},
	wire.EventOwnDepositLocked:  {step: lockOwn, txType: wire.TxTypeDeposit},
	wire.EventDepositLocked:     {step: lockPeer, txType: wire.TxTypeDeposit},
	wire.EventOwnWithdrawLocked: {step: lockOwn, txType: wire.TxTypeWithdraw},
	wire.EventWithdrawLocked:    {step: lockPeer, txType: wire.TxTypeWithdraw},
}

var lockSteps = [...]string{"the signature of both", "on_chain_tx channel_changed", "its own locked event", "the peer's locked event", "update"}

// locking judges the place of a frame in a deposit or withdrawal. s is the
// transaction in it, nil when it has none.
func (c *Client) locking(l lockFrame, name string, s *tx.SignedTx) {
	o := c.op
	if o == nil || o.spec.txType != l.txType || o.spec.kind != kindOnChain {
		c.lockingNothing(l, name)
		return
	}
	defer func() { o.lock = max(o.lock, l.step) }()
	if o.maybe && o.signed && s != nil && o.holds(s.Tx) {
		o.maybe = false // it was not lost
	}
	if !c.certain() || c.loose || o.maybe {
		return
	}
	if s != nil && o.inner != nil && !o.holds(s.Tx) && !c.resigned(o, s) {
		c.violate(RuleOnChainOther, "the transaction that was signed as "+o.tag, "another one in "+name)
	}
	next := o.lock + 1
	switch {
	case !o.signed && !o.given:
		c.violate(RuleLockOrder, "nothing before the client signs "+o.tag, name)
	case l.step == lockSigned && l.starts != o.spec.own:
		c.violate(RuleLockOrder, "the frame of the other side of "+o.tag, name)
	case l.step == lockOnChain && o.lock >= lockOnChain:
		c.quirk(QuirkOnChainAgain, "each block once", name+" again")
	case l.step < next:
		c.violate(RuleLockOrder, lockSteps[o.lock], name+" again or too late")
	case l.step > next && !(c.assumed && l.step == lockOwn && next == lockOnChain):
		c.violate(RuleLockOrder, lockSteps[o.lock], name)
	}
	c.signedFor(o, name)
}

// lockingNothing judges such a frame when no operation is pending that it fits.
// A transaction that got lost may still come into a block.
func (c *Client) lockingNothing(l lockFrame, name string) {
	switch {
	case c.certain() && l.step == lockSigned && !c.offeredLately(l.txType):
		c.violate(RuleLockOrder, "a request to sign a "+l.txType+" first", name)
	case !c.certain() || c.loose || c.solo:
	case l.step == lockOnChain:
		c.quirk(QuirkOnChainAgain, "a transaction that is waited for", name)
	default:
		c.violate(RuleLockOrder, "a pending operation with a "+l.txType, name)
	}
}

// locked judges that a reported state of a deposit or withdrawal has its depth
// on both sides.
func (c *Client) locked(o *op) {
	if o.spec.kind == kindOnChain && o.lock != lockPeer && c.certain() && !c.loose && !o.maybe {
		c.violate(RuleLockOrder, lockSteps[o.lock], "update")
	}
}

// amountOnChain judges a deposit or withdrawal in on_chain_tx.
func (c *Client) amountOnChain(x *wire.OnChainTx, name string, round uint64, s *tx.SignedTx) {
	if x.Tx != c.chainText && !c.verified(s, true, c.parties[:]...) {
		c.violate(RuleOnChainShape, "a signature of each party in "+name, number(uint64(len(s.Signatures)))+" signatures, not both good")
	}
	c.chainText = x.Tx
	if x.Info == wire.OnChainChannelChanged {
		c.onChainRound(round)
	}
}

// onChainRound notes a state that is on chain.
func (c *Client) onChainRound(round uint64) { c.chainRound = max(c.chainRound, round) }

// signedByMe reports whether this client lately signed this transaction.
func (c *Client) signedByMe(s *tx.SignedTx) bool {
	return slices.Contains(c.given[:], tx.Blake2b(s.Tx))
}

// offeredLately reports whether one of the last requests to sign was for a
// transaction of this type. A signature alone, asked for or not, makes none.
func (c *Client) offeredLately(txType string) bool {
	return slices.ContainsFunc(c.seen[:], func(o *op) bool { return o != nil && o.spec.txType == txType })
}
