package model

import (
	"math/big"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// overdueCases are sessions that come to a silence, and the rule that it breaks;
// "" where a correct node has nothing more to say.
var overdueCases = map[string]struct {
	rule string
	deep bool
	play func(*stage)
}{
	"an idle open channel":               {"", true, func(s *stage) { s.open() }},
	"after a whole transfer":             {"", true, func(s *stage) { s.open(); s.update(ini, 1) }},
	"nobody has asked for the create tx": {"", true, func(s *stage) { s.open(3) }},
	"the initiator has not signed":       {"", true, func(s *stage) { s.open(4) }},
	"the responder is not asked":         {RuleStuck, false, func(s *stage) { s.open(5) }},
	"the responder has not signed":       {"", true, func(s *stage) { s.open(7) }},
	"no funding_created":                 {RuleStuck, false, func(s *stage) { s.open(8) }},
	"no funding_signed":                  {RuleStuck, false, func(s *stage) { s.open(10) }},
	"no blocks yet":                      {"", false, func(s *stage) { s.open(11) }},
	"deep enough and not open":           {RuleStuck, true, func(s *stage) { s.open(13) }},
	"one side is not open":               {"", true, func(s *stage) { s.open(17) }},

	"a query without an answer":      {RulePairUnanswered, false, func(s *stage) { s.open(); s.ask(ini, wire.GetBalances{}) }},
	"a query without id and without": {RulePairUnanswered, false, func(s *stage) { s.open(); s.out(ini, wire.AppendCall(nil, nil, wire.GetBalances{})) }},
	"an update that is not offered": {RuleStuck, false, func(s *stage) {
		s.open()
		s.ok(ini, s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
	}},
	"an update that a conflict may have swallowed": {"", false, func(s *stage) {
		s.open()
		s.half(ini, 1)
		s.ok(res, s.ask(res, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
		s.conflict(res, 2, 1)
		s.conflict(ini, 2, 1)
	}},
	"a request to sign without an answer": {"", false, func(s *stage) { s.open(); s.propose(ini, 1) }},
	"the acker is not asked": {RuleStuck, false, func(s *stage) {
		s.open()
		s.propose(ini, 1)
		s.answer(ini, wire.TagUpdate, s.pending, s.channel)
	}},
	"an opening that does not go on": {RuleStuck, false, func(s *stage) { s.open(8) }},
	"an opening with a wrong signature": {"", false, func(s *stage) {
		s.open(7)
		half := s.sign(&tx.SignedTx{Tx: s.create.Tx}, ini)
		s.id++
		s.out(res, wire.AppendSigned(nil, wire.IntID(s.id), wire.TagResponderSign, half.Sign(s.keys[res], "ae_other", tx.Raw).Text()))
		s.in(res, wire.AppendOK(nil, wire.IntID(s.id), s.channel))
	}},
	"a deposit that both signed": {RuleStuck, false, func(s *stage) { s.open(); follow(s.deposit(ini, 5)[:4]) }},
	"a deposit with a request behind it that waits": {"", false, func(s *stage) {
		s.open()
		follow(s.deposit(ini, 5)[:4])
		s.ask(res, wire.UpdateNew{From: s.account(res), To: s.account(ini), Amount: big.NewInt(1)})
	}},
	"the acker has not answered": {"", false, func(s *stage) { s.open(); s.half(ini, 1) }},
	"no report on either side":   {RuleStuck, false, func(s *stage) { s.open(); s.cosign(ini, 1) }},
	"no report for the starter":  {RuleStuck, false, func(s *stage) { s.open(); s.report(res, s.cosign(ini, 1)) }},
	"another transaction than was offered": {"", false, func(s *stage) {
		s.open()
		s.propose(ini, 1)
		s.answer(ini, wire.TagUpdate, s.offchain(7, s.hash(s.bal)), s.channel)
	}},
	"a signature too many":          {"", false, func(s *stage) { s.open(); s.cosign(ini, 1); s.answer(ini, wire.TagUpdate, s.pending, s.channel) }},
	"an abort that nothing follows": {RuleAbortSwallowed, false, func(s *stage) { s.open(); s.propose(ini, 1); s.abort(ini, wire.TagUpdate, 5) }},
	"an abort that was refused":     {"", false, func(s *stage) { s.open(); s.refuse(ini, s.abort(ini, wire.TagUpdate, 5), wire.CodeNotAllowed) }},
	"an abort that the starter never heard": {RuleStuck, false, func(s *stage) {
		s.open()
		s.half(ini, 1)
		s.abort(res, wire.TagUpdateAck, 5)
		s.info(res, wire.EventAbortedUpdate)
	}},
	"a message that never arrives": {RulePairMessageLost, false, func(s *stage) { s.open(); s.tell("a") }},
	"a message that arrived": {"", false, func(s *stage) {
		s.open()
		s.tell("a")
		s.message(res, s.account(ini), s.account(res), "a")
		s.check()
	}},
	"a channel that somebody leaves": {"", false, func(s *stage) { s.open(); s.ask(ini, wire.Leave{}) }},
	"a solo close":                   {"", false, func(s *stage) { s.open(); s.ask(ini, wire.CloseSolo{}) }},
	"a signature behind a shutdown, which waits for it": {"", false, func(s *stage) {
		s.open()
		s.half(ini, 1)
		s.ask(res, wire.Shutdown{})
		s.unread(res, wire.TagUpdateAck, s.sign(s.pending, ini))
		s.ask(ini, wire.GetBalances{})
	}},
	"an abort behind a contract call, which waits for it": {"", false, func(s *stage) {
		s.open()
		s.propose(ini, 1)
		s.ask(ini, wire.GetContractCall{Round: big.NewInt(1)})
		s.abort(ini, wire.TagUpdate, 5)
	}},
	"a signature behind an update, which ends the operation": {RuleStuck, false, func(s *stage) {
		s.open()
		s.half(ini, 1)
		s.ask(res, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
		s.unread(res, wire.TagUpdateAck, s.sign(s.pending, ini))
	}},
	"a shutdown in front of an offer that its starter has lost": {"", false, func(s *stage) {
		s.strayOffer()
		s.ask(res, wire.Shutdown{})
	}},
	"the same without an id": {"", false, func(s *stage) {
		s.strayOffer()
		s.out(res, wire.AppendCall(nil, nil, wire.Shutdown{}))
	}},
	"a shutdown behind such an offer that was seen": {RuleStuck, false, func(s *stage) {
		s.strayOffer()
		s.info(res, wire.EventUpdate)
		s.request(res, s.channel, wire.TagUpdateAck, s.sign(s.pending, ini), s.transfer(1))
		s.conflict(res, 2, 1)
		s.out(res, wire.AppendCall(nil, nil, wire.Shutdown{}))
	}},
	"a shutdown in front of such an offer, after an operation of the peer's that was lost, too": {"", false, func(s *stage) {
		s.strayOffer()
		s.answer(ini, wire.TagUpdateAck, s.half(res, 1), s.channel)
		s.conflict(ini, 2, 1)
		s.conflict(res, 2, 1)
		s.out(res, wire.AppendCall(nil, nil, wire.Shutdown{}))
	}},
	"an update in front of such an offer, which it ends": {RuleStuck, false, func(s *stage) {
		s.strayOffer()
		s.out(res, wire.AppendCall(nil, nil, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
	}},
	"a shutdown that crossed the peer's": {"", false, func(s *stage) {
		s.rich()
		s.open()
		follow(s.shutdown(ini, nil)[:2])
		s.ask(res, wire.Shutdown{})
	}},
	"an update behind a wrong signature, after which the peer's shutdown is next": {"", false, func(s *stage) {
		s.rich()
		s.open()
		follow(s.deposit(ini, 5)[:1])
		follow(s.shutdown(res, nil)[:2])
		s.answer(ini, wire.TagDepositTx, s.pending, s.channel)
		s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
	}},
	"an update that crossed the peer's deposit": {RuleStuck, false, func(s *stage) {
		s.open()
		follow(s.deposit(ini, 5)[:2])
		s.ask(res, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
	}},
	"a create signature behind an update": {"", false, func(s *stage) {
		s.open(4)
		s.ask(ini, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)})
		s.unread(ini, wire.TagInitiatorSign, &tx.SignedTx{Tx: s.create.Tx})
	}},
	"a socket that came back": {"", false, func(s *stage) { s.open(); s.cosign(ini, 1); s.closed(ini, 1000); s.c[ini].Connected(true) }},
}

// strayOffer lets the initiator sign an update and lose it to a conflict that the
// responder's node told before the offer got there.
func (s *stage) strayOffer() {
	s.open()
	s.propose(ini, 1)
	s.answer(ini, wire.TagUpdate, s.pending, s.channel)
	s.conflict(ini, 2, 1)
}

func TestASilenceIsJudgedByWhatTheNodeOwes(t *testing.T) {
	for name, c := range overdueCases {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			c.play(s)
			if len(s.found) > 0 {
				t.Fatalf("the session itself: %v", s.found)
			}
			found := NewPair(s.c[ini], s.c[res]).Overdue(c.deep)
			if c.rule == "" && len(found) > 0 || c.rule != "" && (len(found) == 0 || found[0].Rule != c.rule) {
				t.Errorf("got %v, want %q", found, c.rule)
			}
		})
	}
}

// TestALoneOperationIsNotLost: in a calm channel one operation that both sign
// ends in a state.
func TestALoneOperationIsNotLost(t *testing.T) {
	lone := func(code int, disturb func(*stage)) []Violation {
		s := newStage(t)
		s.open()
		s.check()
		disturb(s)
		s.cosign(ini, 1)
		s.round--
		s.conflict(res, code, 1)
		s.conflict(ini, code, 1)
		s.check()
		return s.found
	}
	if got := lone(1, func(*stage) {}); len(got) == 0 || got[0].Rule != RulePairConflict {
		t.Errorf("conflict 1: got %v", got)
	}
	if got := lone(2, func(*stage) {}); len(got) > 0 {
		t.Errorf("conflict 2, which an old block explains: got %v", got)
	}
	other := func(s *stage) {
		s.out(res, wire.AppendCall(nil, nil, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(1)}))
	}
	if got := lone(1, other); len(got) > 0 {
		t.Errorf("with another request: got %v", got)
	}
}

func TestAPlainTransferIsNotRefusedInACalmChannel(t *testing.T) {
	refused := func(amount int64, disturb func(*stage)) []Violation {
		s := newStage(t)
		s.open()
		s.check()
		disturb(s)
		b := wire.AppendCall(nil, nil, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(amount)})
		s.out(ini, b)
		s.in(ini, wire.AppendError(nil, nil, s.channel, wire.CodeInternalError, nil, b))
		s.check()
		return s.found
	}
	if got := refused(1, func(*stage) {}); len(got) != 1 || got[0].Rule != RuleErrorCode {
		t.Errorf("got %v", got)
	}
	if got := refused(5000, func(*stage) {}); len(got) > 0 {
		t.Errorf("more than there is: got %v", got)
	}
	if got := refused(1, func(s *stage) { s.ask(res, wire.Deposit{Amount: big.NewInt(1)}) }); len(got) > 1 || len(got) == 1 && got[0].Rule == RuleErrorCode {
		t.Errorf("beside a deposit: got %v", got)
	}
}
