package model

import (
	"fmt"
	"math/big"
	"testing"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

const network = "ae_dev"

// The two sides of a stage.
const (
	ini = 0
	res = 1
)

// stage plays the frames of a correct node and of two clients by hand, so that
// a test can leave the script anywhere.
type stage struct {
	t       testing.TB
	keys    [2]tx.KeyPair
	c       [2]*Client
	channel string
	create  *tx.SignedTx // co-signed
	state   *tx.SignedTx // the last co-signed one
	round   uint64
	bal     balances
	pending *tx.SignedTx // the offer of the starter, unsigned
	next    balances
	fsm     [2]string
	id      int64
	found   []Violation
	change  []func(*Config)
}

func newStage(t testing.TB, change ...func(*Config)) *stage {
	s := &stage{t: t, round: 1, change: change}
	for i, label := range []string{"initiator", "responder"} {
		s.keys[i] = tx.DeriveKeyPair([]byte("model"), label)
		s.fsm[i] = tx.Encode(tx.PrefixByteArray, make([]byte, 32))
	}
	period := uint64(10)
	for i, role := range outcome.Roles {
		cfg := Config{
			Role: role, Initiator: s.keys[ini].ID(), Responder: s.keys[res].ID(),
			InitiatorAmount: big.NewInt(1000), ResponderAmount: big.NewInt(500),
			PushAmount: big.NewInt(10), ChannelReserve: big.NewInt(2), LockPeriod: &period, NetworkID: network,
		}
		for _, f := range change {
			f(&cfg)
		}
		s.c[i] = NewClient(cfg)
		s.c[i].Connected(false)
	}
	amounts := s.c[ini].cfg
	s.bal = s.c[ini].ledger.balances
	create := &tx.Create{
		Version: 2, InitiatorID: s.keys[ini].ID(), InitiatorAmount: amounts.InitiatorAmount, ResponderID: s.keys[res].ID(),
		ResponderAmount: amounts.ResponderAmount, ChannelReserve: big.NewInt(2), LockPeriod: 10, Fee: big.NewInt(17_640_000_000_000),
		StateHash: s.hash(s.bal), Nonce: 7,
	}
	s.channel = tx.ChannelIDOf(s.keys[ini].ID(), 7, s.keys[res].ID()).String()
	s.create = s.sign(s.sign(tx.NewSigned(create), ini), res)
	s.state = s.create
	return s
}

func (s *stage) hash(b balances) tx.Hash {
	return tx.StateHash(tx.Balance{ID: s.keys[ini].ID(), Amount: b[0]}, tx.Balance{ID: s.keys[res].ID(), Amount: b[1]})
}

func (s *stage) sign(t *tx.SignedTx, side int) *tx.SignedTx {
	return t.Sign(s.keys[side], network, tx.Raw)
}

func (s *stage) account(side int) string { return s.keys[side].ID().String() }

// in gives a side a frame of the node.
func (s *stage) in(side int, frame []byte) *wire.Frame {
	f := wire.DecodeFrame(frame)
	s.found = append(s.found, s.c[side].Received(&f)...)
	return &f
}

// out gives the node a frame of a side.
func (s *stage) out(side int, frame []byte) { s.c[side].Sent(frame, wire.Request{}) }

// ask sends a request with an id and returns the id.
func (s *stage) ask(side int, p wire.Params) wire.ID {
	s.id++
	id := wire.IntID(s.id)
	s.out(side, wire.AppendCall(nil, id, p))
	return id
}

func (s *stage) ok(side int, id wire.ID) { s.in(side, wire.AppendOK(nil, id, s.channel)) }

func (s *stage) info(side int, event string) {
	s.in(side, wire.AppendInfo(nil, s.channel, wire.Info{Event: event}))
}

func (s *stage) fsmUp(side int, channel string) {
	s.in(side, wire.AppendInfo(nil, channel, wire.Info{Event: wire.EventFSMUp, FSMID: s.fsm[side]}))
}

func (s *stage) request(side int, channel, tag string, t *tx.SignedTx, updates ...wire.Update) *wire.Frame {
	return s.in(side, wire.AppendSign(nil, channel, wire.Sign{Tag: tag, SignedTx: t.Text(), Updates: updates}))
}

// answer signs with an id; the node says ok.
func (s *stage) answer(side int, tag string, t *tx.SignedTx, channel string) {
	s.id++
	s.out(side, wire.AppendSigned(nil, wire.IntID(s.id), tag, s.sign(t, side).Text()))
	s.in(side, wire.AppendOK(nil, wire.IntID(s.id), channel))
}

// unread signs with an id, and the node does not get to it.
func (s *stage) unread(side int, tag string, t *tx.SignedTx) {
	s.id++
	s.out(side, wire.AppendSigned(nil, wire.IntID(s.id), tag, s.sign(t, side).Text()))
}

func (s *stage) onChain(side int, info, typ string, t *tx.SignedTx) {
	s.in(side, wire.AppendOnChainTx(nil, s.channel, wire.OnChainTx{Info: info, Type: typ, Tx: t.Text()}))
}

func (s *stage) report(side int, t *tx.SignedTx) {
	s.in(side, wire.AppendUpdate(nil, s.channel, t.Text()))
}

func (s *stage) conflict(side, code int, round uint64) {
	s.in(side, wire.AppendConflict(nil, s.channel, wire.Conflict{ChannelID: s.channel, Code: code, Message: wire.ConflictMessage(code), Round: round}))
}

// script is an opening, step by step, of both sides.
func (s *stage) script() []func() {
	bare := &tx.SignedTx{Tx: s.create.Tx}
	half := s.sign(bare, ini)
	steps := []func(){
		func() { s.fsmUp(ini, ""); s.fsmUp(res, "") },
		func() { s.in(res, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventChannelOpen})) },
		func() { s.in(ini, wire.AppendInfo(nil, "", wire.Info{Event: wire.EventChannelAccept})) },
		func() { s.request(ini, "", wire.TagInitiatorSign, bare) },
		func() { s.answer(ini, wire.TagInitiatorSign, bare, "") },
		func() {
			s.in(res, wire.AppendInfo(nil, s.channel, wire.Info{Event: wire.EventFundingCreated, FSMID: s.fsm[res]}))
		},
		func() { s.request(res, s.channel, wire.TagResponderSign, half) },
		func() { s.answer(res, wire.TagResponderSign, half, s.channel) },
		func() { s.onChain(res, wire.OnChainFundingCreated, wire.TxTypeCreate, s.create) },
		func() {
			s.in(ini, wire.AppendInfo(nil, s.channel, wire.Info{Event: wire.EventFundingSigned, FSMID: s.fsm[ini]}))
		},
		func() { s.onChain(ini, wire.OnChainFundingSigned, wire.TxTypeCreate, s.create) },
	}
	for side := range 2 {
		steps = append(steps, func() { s.onChain(side, wire.OnChainChannelChanged, wire.TxTypeCreate, s.create) })
	}
	for side := range 2 {
		for _, event := range []string{wire.EventOwnFundingLocked, wire.EventFundingLocked, wire.EventOpen} {
			steps = append(steps, func() { s.info(side, event) })
		}
		steps = append(steps, func() { s.report(side, s.create) })
	}
	return steps
}

// open plays the first n steps of the opening, all of them without n.
func (s *stage) open(n ...int) *stage {
	steps := s.script()
	if len(n) > 0 {
		steps = steps[:n[0]]
	}
	for _, step := range steps {
		step()
	}
	return s
}

// transfer returns the updates of a transfer of the initiator.
func (s *stage) transfer(amount int64) wire.Update {
	return wire.Update{Op: wire.OpTransfer, From: s.account(ini), To: s.account(res), Amount: big.NewInt(amount)}
}

// offer prepares the off-chain transaction of a transfer.
func (s *stage) offer(amount int64) *tx.SignedTx {
	s.next = balances{new(big.Int).Sub(s.bal[0], big.NewInt(amount)), new(big.Int).Add(s.bal[1], big.NewInt(amount))}
	s.pending = s.offchain(s.round+1, s.hash(s.next))
	return s.pending
}

func (s *stage) offchain(round uint64, hash tx.Hash) *tx.SignedTx {
	id, err := tx.ParseID(s.channel)
	if err != nil {
		s.t.Fatal(err)
	}
	return tx.NewSigned(&tx.OffChain{Version: 2, ChannelID: id, Round: round, StateHash: hash})
}

// propose asks for a transfer by side and gets it offered.
func (s *stage) propose(side int, amount int64) *wire.Frame {
	id := s.ask(side, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(amount)})
	s.ok(side, id)
	return s.request(side, s.channel, wire.TagUpdate, s.offer(amount), s.transfer(amount))
}

// half has the starter sign, and the acker asked.
func (s *stage) half(side int, amount int64) *tx.SignedTx {
	s.propose(side, amount)
	s.answer(side, wire.TagUpdate, s.pending, s.channel)
	t := s.sign(s.pending, side)
	s.info(1-side, wire.EventUpdate)
	s.request(1-side, s.channel, wire.TagUpdateAck, t, s.transfer(amount))
	return t
}

// cosign has the acker sign too, before any report.
func (s *stage) cosign(side int, amount int64) *tx.SignedTx {
	t := s.half(side, amount)
	s.answer(1-side, wire.TagUpdateAck, t, s.channel)
	s.state, s.round, s.bal = s.sign(t, 1-side), s.round+1, s.next
	return s.state
}

// update plays a whole transfer.
func (s *stage) update(side int, amount int64) {
	t := s.cosign(side, amount)
	s.report(1-side, t)
	s.report(side, t)
}

// abort sends an abort of a tag without id.
func (s *stage) abort(side int, tag string, code int) []byte {
	b := wire.AppendAbort(nil, nil, tag, fmt.Appendf(nil, "%d", code))
	s.out(side, b)
	return b
}

// refuse answers a request with an error frame.
func (s *stage) refuse(side int, request []byte, sub int) {
	reqs, _, _ := wire.ParseRequests(request)
	s.in(side, wire.AppendError(nil, reqs[0].ID, s.channel, wire.CodeRejected, []int{sub}, request))
}

func (s *stage) check() { s.found = append(s.found, NewPair(s.c[ini], s.c[res]).Check()...) }

// wants judges that a rule was found to be broken once, or nothing when it is "".
func (s *stage) wants(rule string) {
	s.t.Helper()
	switch {
	case rule == "" && len(s.found) > 0:
		s.t.Errorf("got %v", s.found)
	case rule != "" && (len(s.found) != 1 || s.found[0].Rule != rule):
		s.t.Errorf("got %v, want %s", s.found, rule)
	}
}

func (s *stage) overdue() {
	s.found = append(s.found, NewPair(s.c[ini], s.c[res]).Overdue(false)...)
}
