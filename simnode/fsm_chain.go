package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// defaultGasPrice is the node's min_miner_gas_price, which the machine uses
// when a client asks for nothing else (transactions.md 5.1).
var defaultGasPrice = big.NewInt(1_000_000_000)

// becomeAwaitingLocked waits until the co-signed transaction s has its depth.
func (f *fsm) becomeAwaitingLocked(op operation, s *tx.SignedTx) {
	f.op = operation{}
	f.half = op
	f.locked, f.lockedKind = s, op.kind
	f.state = awaitingLocked
	f.emit(action{kind: actWatch})
}

func (f *fsm) dropLocked() { f.locked, f.lockedKind = nil, opNone }

// becomeMutualClosed waits until the co-signed close_mutual is in a block.
func (f *fsm) becomeMutualClosed(s *tx.SignedTx, typ string) {
	f.op, f.half = operation{}, operation{}
	f.locked, f.lockedKind = s, opShutdown
	f.state = mutualClosed
	f.onChain(wire.OnChainCloseMutual, s, typ)
	f.announceClosing()
	f.emit(action{kind: actWatch})
}

// mined handles a transaction of this channel that was seen in a block.
func (f *fsm) mined(ev event) {
	f.note(historyReceive, historyChanged, nil)
	switch t := ev.mined.(type) {
	case *tx.Create, *tx.Deposit, *tx.Withdraw:
		if f.state != awaitingLocked || f.locked == nil || ev.signed.Hash() != f.locked.Hash() {
			return
		}
		f.onChain(wire.OnChainChannelChanged, ev.signed, t.Type())
		f.awaitDepth(ev)
	case *tx.CloseMutual, *tx.Settle:
		f.op, f.half = operation{}, operation{}
		f.state = channelClosed
		f.locked, f.lockedKind = ev.signed, opShutdown // whose depth can be assumed
		f.status = statusClosing
		f.onChain(wire.OnChainChannelClosed, ev.signed, t.Type())
		f.awaitDepth(ev)
	case *tx.SnapshotSolo:
		f.onChain(wire.OnChainChannelChanged, ev.signed, t.Type())
		if t.FromID == f.own {
			f.awaitDepth(ev)
		}
	case *tx.CloseSolo, *tx.Slash:
		f.soloClosing(ev, t)
	}
}

// awaitDepth asks for the moment at which a mined transaction is deep enough.
func (f *fsm) awaitDepth(ev event) {
	f.emit(action{kind: actDepth, height: ev.height + f.requiredDepth(ev.mined), deep: ev.signed})
}

// requiredDepth is how deep this side wants t to be (ws-api 2.3).
func (f *fsm) requiredDepth(t tx.Tx) uint64 {
	return f.p.requiredDepth(f.peerDepth, feeOf(t))
}

func feeOf(t tx.Tx) *big.Int {
	switch t := t.(type) {
	case *tx.Create:
		return t.Fee
	case *tx.Deposit:
		return t.Fee
	case *tx.Withdraw:
		return t.Fee
	case *tx.CloseMutual:
		return t.Fee
	case *tx.Settle:
		return t.Fee
	case *tx.SnapshotSolo:
		return t.Fee
	}
	return new(big.Int)
}

// lockTraits names the frames of reaching the depth.
var lockTraits = map[opKind]struct {
	ownLocked, peerLocked string
	msg                   msgKind
	reached               state
}{
	opCreate:   {wire.EventOwnFundingLocked, wire.EventFundingLocked, msgFundingLocked, signed},
	opDeposit:  {wire.EventOwnDepositLocked, wire.EventDepositLocked, msgDepositLocked, depSigned},
	opWithdraw: {wire.EventOwnWithdrawLocked, wire.EventWithdrawLocked, msgWithdrawLocked, wdrawSigned},
}

// depthReached: s is as deep as this side wants it. Without s it is the height
// at which the lock period of a solo-closing channel is over.
func (f *fsm) depthReached(s *tx.SignedTx) {
	if s == nil {
		f.postSettle()
		return
	}
	hash := s.Hash()
	inner, err := s.Decode()
	if err != nil {
		return
	}
	if f.assumed[hash] {
		f.info(wire.Info{Event: wire.EventMinimumDepthAchieved, Notice: "already_assumed", TxHash: tx.Encode(tx.PrefixTxHash, hash[:]), TxType: inner.Type()})
		return
	}
	if snapshot, ok := inner.(*tx.SnapshotSolo); ok {
		// The real node squeezes the raw hash into a JSON string (ws-api 6.1).
		f.info(wire.Info{Event: wire.EventMinDepthAchieved, Type: snapshot.Type(), TxHash: string(hash[:])})
		return
	}
	f.confirmed(hash)
}

// confirmed goes on as if the watched transaction had its depth.
func (f *fsm) confirmed(hash tx.Hash) {
	switch f.state {
	case awaitingLocked:
		if f.locked.Hash() != hash {
			return
		}
		l := lockTraits[f.lockedKind]
		f.event(l.ownLocked)
		f.state = l.reached
		f.tell(peerMsg{kind: l.msg})
	case channelClosed:
		f.event(wire.EventClosedConfirmed)
		f.end()
	}
}

// assumable tells whether assume_minimum_depth names the transaction that this
// state waits for (fsm.md 6.10).
func (f *fsm) assumable(r *clientRequest) bool {
	return f.locked != nil && f.locked.Hash() == *r.txHash
}

// assume confirms the awaited transaction before its depth.
func (f *fsm) assume(r *clientRequest) {
	f.reply(answer{})
	if f.assumed == nil {
		f.assumed = make(map[tx.Hash]bool)
	}
	f.assumed[*r.txHash] = true
	f.confirmed(*r.txHash)
}

// peerLocked handles the peer's *_locked and tells whether it was expected.
func (f *fsm) peerLocked(ev event) bool {
	if f.state == awaitingLocked {
		f.keep(ev)
		return true
	}
	l, ok := lockTraits[f.lockedKind]
	if !ok || f.state != l.reached || ev.msg.kind != l.msg {
		return false
	}
	f.event(l.peerLocked)
	op := f.half
	f.adopt(f.locked, op.round, op.after)
	f.dropLocked()
	f.becomeOpen()
	return true
}
