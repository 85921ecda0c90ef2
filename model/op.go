package model

import (
	"bytes"
	"math/big"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// opKind groups the operations by what becomes of them.
type opKind uint8

const (
	kindCreate   opKind = iota + 1
	kindUpdate          // off-chain: a state at once
	kindOnChain         // deposit, withdraw: a state when the chain has it
	kindShutdown        // mutual close: no state
	kindSolo            // signed by one side, no state
)

// tagSpec is what is fixed about one tag of channels.sign.TAG (fsm 1, 6;
// ws-api 6.3).
type tagSpec struct {
	kind      opKind
	own       bool         // asked for by this client; otherwise by its peer
	role      outcome.Role // the only role that gets it; NoRole: both
	announce  string       // the info event right before it
	txType    string
	abortable bool     // an abort is answered for certain
	asks      []string // the methods that ask for it
}

// changes reports whether it makes a state that both sides sign.
func (t tagSpec) changes() bool { return t.kind == kindUpdate || t.kind == kindOnChain }

// proposes reports whether it takes the signatures of both sides.
func (t tagSpec) proposes() bool { return t.changes() || t.kind == kindShutdown }

var tagSpecs = map[string]tagSpec{
	wire.TagInitiatorSign: {kind: kindCreate, own: true, role: outcome.Initiator, txType: wire.TxTypeCreate},
	wire.TagResponderSign: {kind: kindCreate, role: outcome.Responder, announce: wire.EventFundingCreated, txType: wire.TxTypeCreate},
	wire.TagUpdate: {kind: kindUpdate, own: true, txType: wire.TxTypeOffChain, abortable: true,
		asks: []string{wire.MethodUpdateNew, wire.MethodUpdateNewContract, wire.MethodUpdateCallContract}},
	wire.TagUpdateAck:       {kind: kindUpdate, announce: wire.EventUpdate, txType: wire.TxTypeOffChain, abortable: true},
	wire.TagDepositTx:       {kind: kindOnChain, own: true, txType: wire.TxTypeDeposit, abortable: true, asks: []string{wire.MethodDeposit}},
	wire.TagDepositAck:      {kind: kindOnChain, announce: wire.EventDepositCreated, txType: wire.TxTypeDeposit, abortable: true},
	wire.TagWithdrawTx:      {kind: kindOnChain, own: true, txType: wire.TxTypeWithdraw, abortable: true, asks: []string{wire.MethodWithdraw}},
	wire.TagWithdrawAck:     {kind: kindOnChain, announce: wire.EventWithdrawCreated, txType: wire.TxTypeWithdraw, abortable: true},
	wire.TagShutdownSign:    {kind: kindShutdown, own: true, txType: wire.TxTypeCloseMutual, asks: []string{wire.MethodShutdown}},
	wire.TagShutdownSignAck: {kind: kindShutdown, announce: wire.EventShutdown, txType: wire.TxTypeCloseMutual},
	wire.TagCloseSoloSign:   {kind: kindSolo, own: true, txType: wire.TxTypeCloseSolo, asks: []string{wire.MethodCloseSolo}},
	wire.TagSlashTx:         {kind: kindSolo, own: true, txType: wire.TxTypeSlash, asks: []string{wire.MethodSlash}},
	wire.TagSettleSign:      {kind: kindSolo, own: true, txType: wire.TxTypeSettle, asks: []string{wire.MethodSettle}},
	wire.TagSnapshotSoloTx:  {kind: kindSolo, own: true, txType: wire.TxTypeSnapshotSolo, asks: []string{wire.MethodSnapshotSolo}},
	wire.TagForceProgressTx: {kind: kindSolo, own: true, txType: wire.TxTypeForceProgress, asks: []string{wire.MethodForceProgress}},
}

// fault is a rule that an offer breaks.
type fault struct{ rule, expected, got string }

// op is one operation that was offered to this client for signing.
type op struct {
	tag  string
	spec tagSpec
	text string // the offered transaction
	// offer is text decoded, nil when it cannot be; inner is what is inside,
	// nil when that is not known here (generalized accounts).
	offer *tx.SignedTx
	inner tx.Tx
	hash  tx.Hash // of offer.Tx
	twin  *op     // the peer's with the same transaction, while this one is examined

	round   uint64 // of the state that it makes, 0 for none
	known   bool   // after is known
	after   balances
	moved   *big.Int // coins put into the channel, negative for taken out; nil for none
	faults  []fault
	doubts  []fault // what a correct node may offer and this client does not sign
	lock    lockStep
	checked bool // the peer's signature in the offer was verified

	given  bool           // the client signed this transaction before, for an operation that got lost
	ahead  bool           // a signature for an earlier offer of this kind was still to be read when it came (fsm 3.3)
	signed bool           // this client sent a transaction for it
	sent   []*tx.SignedTx // what it sent, without repetitions of offer
	texts  []string       // the texts of sent
	answer *request       // the last signature or abort for it
	first  *request       // the first one

	room struct { // of sent and texts, for the one that there is nearly always
		sent  [1]*tx.SignedTx
		texts [1]string
	}

	maybe   bool // it may be gone without a frame
	refused bool // an abort of it was refused with 1018
}

func (o *op) fail(rule, expected, got string) {
	o.faults = append(o.faults, fault{rule, expected, got})
}

func (o *op) doubt(rule, expected, got string) {
	o.doubts = append(o.doubts, fault{rule, expected, got})
}

// holds reports whether unsigned is one of the transactions that this
// operation may make: the offered one or what the client sent instead (a node
// does not compare everything, fsm 5.6).
func (o *op) holds(unsigned []byte) bool {
	if o.offer != nil && bytes.Equal(o.offer.Tx, unsigned) {
		return true
	}
	for _, s := range o.sent {
		if bytes.Equal(s.Tx, unsigned) {
			return true
		}
	}
	return false
}

// sign notes that the client answered with a transaction.
func (o *op) sign(text string, s *tx.SignedTx) {
	o.signed = true
	if o.sent == nil {
		o.sent, o.texts = o.room.sent[:0], o.room.texts[:0]
	}
	if len(o.sent) < 16 {
		o.sent, o.texts = append(o.sent, s), append(o.texts, text)
	}
}

// answeredBy notes a signature or an abort of the client.
func (o *op) answeredBy(r *request) {
	o.answer = r
	if o.first == nil {
		o.first = r
	}
}

// answeredWith returns what the client sent as text, or nil.
func (o *op) answeredWith(text string) *tx.SignedTx {
	for i, t := range o.texts {
		if t == text {
			return o.sent[i]
		}
	}
	return nil
}
