package simnode

import (
	"math/big"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// answer is what a request gets: "ok" when result and code are empty, else
// data or an error.
type answer struct {
	result []byte // raw JSON of a query's data
	code   int    // JSON-RPC code of an error, 0 for none
	sub    []int  // its sub-codes
	// silent marks a request that the node leaves without an answer.
	silent bool
	// gone marks a request whose machine ended while it waited: the socket
	// closes with 1011 (fsm.md 3.3).
	gone bool
}

func rejected(sub ...int) answer {
	top := wire.CodeRejected
	if len(sub) == 1 && sub[0] == wire.CodeOffchainTxExpected {
		top = wire.CodeActionNotAllowed
	}
	return answer{code: top, sub: sub}
}

func internalError() answer { return answer{code: wire.CodeInternalError} }

// request handles a client's call by the cell of the matrix.
func (f *fsm) request(ev event) {
	r := ev.request
	verdict := f.judge(r.group(), r.tag)
	for i := range f.bent {
		if fn := f.bent[i].verdict; fn != nil {
			verdict = fn(f, r.group(), r.tag, verdict)
		}
	}
	if r.method == wire.MethodAssumeMinimumDepth && verdict == accept && !f.assumable(r) {
		verdict = wait
		if f.state == channelClosed {
			verdict = refuse
		}
	}
	switch verdict {
	case accept, replace:
		f.serve(r)
	case wait:
		f.keep(ev)
	case collide:
		f.reply(answer{})
		f.drops(lostCollision)
		f.conflict(wire.ConflictConflict, f.round)
		f.tell(peerMsg{kind: traits[f.op.kind].failed, code: wire.ConflictConflict, round: f.round})
		f.becomeOpen()
	case notReady:
		f.reply(swallowed(r.method, rejected(wire.CodeNotReady)))
	case notAllowed:
		f.reply(rejected(wire.CodeNotAllowed))
	default:
		f.reply(swallowed(r.method, internalError()))
	}
}

// swallowed is the answer to a request whose refusal the node loses: leave
// always, some queries while the machine is not ready (fsm.md 3.2).
func swallowed(method string, refusal answer) answer {
	switch method {
	case wire.MethodLeave:
		return answer{}
	case wire.MethodGetOffchainState, wire.MethodHistoryFetch, wire.MethodCleanContractCalls:
		if refusal.code == wire.CodeRejected {
			return answer{}
		}
	}
	return refusal
}

// serve carries out an accepted request.
func (f *fsm) serve(r *clientRequest) {
	for i := range f.bent {
		if fn := f.bent[i].request; fn != nil {
			fn(f, r)
		}
	}
	switch r.method {
	case wire.MethodUpdateNew:
		f.transfer(r)
	case wire.MethodDeposit, wire.MethodWithdraw:
		f.depositOrWithdraw(r)
	case wire.MethodShutdown:
		f.shutdown(r)
	case wire.MethodCloseSolo, wire.MethodSlash, wire.MethodSettle, wire.MethodSnapshotSolo:
		f.solo(r)
	case wire.MethodLeave:
		f.leave()
	case wire.MethodAssumeMinimumDepth:
		f.assume(r)
	case wire.MethodMessage:
		f.message(r)
	case wire.MethodGetBalances, wire.MethodGetOffchainState, wire.MethodGetContract, wire.MethodGetContractCall,
		wire.MethodGetPoI, wire.MethodHistoryFetch, wire.MethodCleanContractCalls:
		f.reply(f.query(r))
	default:
		if r.abort {
			f.abort(r)
			return
		}
		f.emit(action{kind: actNoMachine, method: r.method})
		f.reply(internalError())
	}
}

// abort gives the pending operation up (fsm.md 5.5).
func (f *fsm) abort(r *clientRequest) {
	op := f.op
	f.reply(answer{})
	f.drops(lostAbort)
	f.event(wire.EventAbortedUpdate)
	if !op.own {
		f.tell(peerMsg{kind: traits[op.kind].failed, code: r.code, round: f.round})
	}
	f.becomeIdle()
}

// pin finds the block that an operation is pinned to: the one asked for, or
// the node's own choice.
func (f *fsm) pin(r *clientRequest) (uint64, bool) {
	if r.blockHash == nil || *r.blockHash == (tx.Hash{}) {
		top := f.view.top()
		return top - min(top, f.p.BlockPick), true
	}
	return f.view.blockHeight(*r.blockHash)
}

// transfer starts an off-chain update (fsm.md 6.2).
func (f *fsm) transfer(r *clientRequest) {
	if r.from == r.to || !f.terms.participant(r.from) || !f.terms.participant(r.to) {
		f.reply(rejected(wire.CodeInvalidPubkeys))
		return
	}
	pinned, known := f.pin(r)
	if !known {
		f.reply(internalError())
		return
	}
	updates := append([]update{{kind: updTransfer, from: r.from, to: r.to, amount: r.amount}}, metas(r.meta)...)
	after, ok := f.execute(updates)
	if !ok {
		f.reply(rejected(wire.CodeInsufficientBalance))
		return
	}
	f.reply(answer{})
	f.stale = slices.DeleteFunc(f.stale, func(m peerMsg) bool { return m.round != f.round }) // the channel has gone on since
	if len(f.stale) > 0 {
		f.conflict(f.stale[0].code, f.stale[0].round)
		f.stale = f.stale[1:]
		return
	}
	t := &tx.OffChain{Version: 2, ChannelID: f.channelID, Round: f.round + 1, StateHash: after.hash(&f.terms)}
	f.start(operation{kind: opUpdate, own: true, offer: tx.NewSigned(t), inner: t, updates: updates, after: after, round: f.round + 1, pinned: pinned})
}

func metas(texts []string) []update {
	ups := make([]update, len(texts))
	for i, m := range texts {
		ups[i] = update{kind: updMeta, meta: m}
	}
	return ups
}

func (f *fsm) start(op operation) {
	f.ongoing = true
	f.becomeAwaitingSignature(op)
}

// depositOrWithdraw starts one of the two (fsm.md 6.3). What it refuses has no
// code of its own: -32603 (ws-api 4.3).
func (f *fsm) depositOrWithdraw(r *clientRequest) {
	pinned, known := f.pin(r)
	if !known || r.amount.Sign() <= 0 {
		f.reply(internalError())
		return
	}
	kind, u := opDeposit, update{kind: updDeposit, from: f.own, amount: r.amount}
	if r.method == wire.MethodWithdraw {
		kind, u = opWithdraw, update{kind: updWithdraw, to: f.own, amount: r.amount}
	}
	updates := append([]update{u}, metas(r.meta)...)
	after, ok := f.execute(updates)
	if !ok {
		f.reply(internalError())
		return
	}
	nonce := f.nonceFor(r)
	var t tx.Tx
	if kind == opDeposit {
		t = &tx.Deposit{ChannelID: f.channelID, FromID: f.own, Amount: r.amount, TTL: f.p.TTL, StateHash: after.hash(&f.terms), Round: f.round + 1, Nonce: nonce}
	} else {
		t = &tx.Withdraw{ChannelID: f.channelID, ToID: f.own, Amount: r.amount, TTL: f.p.TTL, StateHash: after.hash(&f.terms), Round: f.round + 1, Nonce: nonce}
	}
	fee := chosenFee(t, r.fee, r.gasPrice)
	tx.SetFee(t, fee)
	if feeTooLow(t, fee) {
		f.reply(internalError())
		return
	}
	f.reply(answer{})
	f.start(operation{kind: kind, own: true, offer: tx.NewSigned(t), inner: t, updates: updates, after: after, round: f.round + 1, pinned: pinned})
}

func (f *fsm) nonceFor(r *clientRequest) uint64 {
	if r.nonce != nil {
		return *r.nonce
	}
	return f.view.nextNonce(f.own)
}

// feeTooLow is the machine's own limit: gas times the protocol's minimum gas
// price of 10^6 (transactions.md 5.2).
func feeTooLow(t tx.Tx, fee *big.Int) bool {
	least := new(big.Int).Mul(new(big.Int).SetUint64(tx.Gas(t)), big.NewInt(1_000_000))
	return fee.Cmp(least) < 0
}

// message passes an in-band message on (fsm.md 6.9).
func (f *fsm) message(r *clientRequest) {
	from := r.fromText
	if from == "" {
		from = f.ownText
	}
	if !f.p.MsgForwarding && (r.toText != f.peerTxt || from != f.ownText) {
		f.reply(internalError())
		return
	}
	f.reply(answer{})
	if f.channelID.IsZero() {
		return // nobody is reached before the channel has an id
	}
	f.tell(peerMsg{kind: msgInBand, channel: f.channelID, from: from, to: r.toText, text: r.text})
}
