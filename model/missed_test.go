package model

import (
	"bytes"
	"testing"

	"chanbot/tx"
	"chanbot/wire"
)

// TestCoinsAreCountedAnewAfterAGap: what went in while a side had no socket is
// known again as soon as the node has said the balances of a co-signed state.
func TestCoinsAreCountedAnewAfterAGap(t *testing.T) {
	s := newStage(t)
	s.open()
	steps := s.deposit(ini, 5)
	for _, step := range steps[:8] { // up to the own lock of the initiator
		step()
	}
	s.closed(ini, 1000)
	s.c[ini].Connected(true)
	s.fsmUp(ini, s.channel)
	for _, step := range steps[10:] { // the responder sees the rest
		step()
	}
	s.update(ini, 1)
	s.balances(ini, s.bal[0].Int64(), s.bal[1].Int64())
	s.check()
	if len(s.found) > 0 {
		t.Fatalf("got %v", s.found)
	}
	if got := s.c[ini].deposited; got == nil || got.Int64() != 1505 {
		t.Errorf("the initiator counts %v coins, want 1505", got)
	}
}

// TestAMessageMayComeAfterAGap: what was on its way while a side had no socket
// comes late, once, or not at all.
func TestAMessageMayComeAfterAGap(t *testing.T) {
	for name, c := range map[string]struct {
		sent []string // when the responder knows its state again
		got  []string // from then on
		want string
	}{
		"late":           {nil, []string{"b"}, ""},
		"lost":           {nil, nil, ""},
		"twice":          {nil, []string{"b", "b"}, RulePairMessage},
		"out of order":   {nil, []string{"b", "a"}, RulePairMessage},
		"came before":    {nil, []string{"came"}, RulePairMessage},
		"never sent":     {nil, []string{"c"}, RulePairMessage},
		"a later one":    {[]string{"x"}, []string{"x"}, ""},
		"in turn":        {[]string{"x"}, []string{"a", "b", "x"}, ""},
		"a later, lost":  {[]string{"x", "y"}, []string{"y"}, RulePairMessageLost},
		"one of twins":   {[]string{"b", "x"}, []string{"b", "x"}, ""},
		"both twins":     {[]string{"b", "x"}, []string{"b", "b", "x"}, ""},
		"three of twins": {[]string{"b", "x"}, []string{"b", "b", "b"}, RulePairMessage},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.closed(res, 1000)
			s.c[res].Connected(true)
			s.fsmUp(res, s.channel)
			for _, info := range []string{"came", "a", "b"} {
				s.tell(info)
			}
			s.message(res, s.account(ini), s.account(res), "came")
			s.check()
			s.report(res, s.create)
			s.check()
			for _, info := range c.sent {
				s.tell(info)
			}
			for _, info := range c.got {
				s.message(res, s.account(ini), s.account(res), info)
			}
			s.check()
			s.check()
			s.wants(c.want)
		})
	}
}

// TestALostMessageThatCannotBeReadMayBeAnyOther: the node sends on other things than
// plain text, too, so what comes may be what may have been lost.
func TestALostMessageThatCannotBeReadMayBeAnyOther(t *testing.T) {
	for name, c := range map[string]struct {
		lost string
		got  []string
		want string
	}{
		"all that was sent since":      {"ü", []string{"x", "x", "y"}, ""},
		"and it, too":                  {"ü", []string{"ü", "x", "x", "y"}, ""},
		"with one too many":            {"ü", []string{"ü", "x", "x", "y", "y"}, RulePairMessage},
		"after one that can be read":   {"a", []string{"x", "x", "y"}, ""},
		"which does not explain a gap": {"a", []string{"x", "y"}, RulePairMessageLost},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.tell(c.lost)
			s.c[ini].loseMessages()
			for _, info := range []string{"x", "x", "y"} {
				s.tell(info)
			}
			for _, info := range c.got {
				s.message(res, s.account(ini), s.account(res), info)
			}
			s.check()
			s.wants(c.want)
		})
	}
}

// TestTheOtherConflictMayComeLate: each side has a socket of its own, so one may
// be told of a conflict after the check that follows the other's.
func TestTheOtherConflictMayComeLate(t *testing.T) {
	for name, c := range map[string]struct {
		shown             bool // the proposal, which it aborts
		checks, conflicts int
		want              string
	}{
		"at the next check":         {false, 1, 1, ""},
		"two":                       {false, 1, 2, RulePairConflict},
		"after one more check":      {false, 2, 1, ""}, // of the proposal that it was not shown
		"two after one more":        {false, 2, 2, RulePairConflict},
		"with nothing to cause":     {false, 0, 1, RulePairConflict},
		"shown, at the next check":  {true, 1, 1, ""},
		"shown, after two more":     {true, 3, 1, ""},
		"shown, two after two more": {true, 3, 2, RulePairConflict},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.check()
			switch {
			case c.shown:
				s.half(ini, 1)
				s.abort(res, wire.TagUpdateAck, 42)
				s.info(res, wire.EventAbortedUpdate)
				s.conflict(ini, 2, 1) // its node refuses before it hears of the abort
			case c.checks > 0:
				s.propose(ini, 1)
				s.answer(ini, wire.TagUpdate, s.pending, s.channel)
				s.conflict(ini, 2, 1) // the responder's node refuses
			}
			for range c.checks {
				s.check()
			}
			for range c.conflicts {
				s.conflict(res, 2, 1)
			}
			s.check()
			s.wants(c.want)
		})
	}
}

// TestAMessageMayEndWithItsStateMachine: what was on its way when a state machine
// ended is not delivered by the one that follows, and need not be.
func TestAMessageMayEndWithItsStateMachine(t *testing.T) {
	for name, c := range map[string]struct {
		ends bool
		by   int // who sends
		want string
	}{
		"the sender's":         {true, ini, ""},
		"the receiver's":       {true, res, ""},
		"none, initiator asks": {false, ini, RulePairMessageLost},
		"none, responder asks": {false, res, RulePairMessageLost},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.check()
			tell := func(info string) {
				s.out(c.by, wire.AppendRequest(nil, nil, wire.MethodMessage, []byte(`{"info":"`+info+`","to":"`+s.account(1-c.by)+`"}`)))
			}
			tell("before")
			if c.ends {
				s.reestablish()
				s.report(ini, s.state)
			}
			tell("after")
			s.message(1-c.by, s.account(c.by), s.account(1-c.by), "after")
			s.check()
			s.wants(c.want)
		})
	}
}

// TestAMessageMayMeetTheEndOfThePeer: what a responder sends before it is told
// that its peer's state machine has gone and come back need not be delivered.
func TestAMessageMayMeetTheEndOfThePeer(t *testing.T) {
	for name, c := range map[string]struct {
		when int // 0 before the peer's end shows, 1 before the reestablish, 2 after it
		want string
	}{
		"before the end shows":   {0, ""},
		"before the reestablish": {1, ""},
		"after it":               {2, RulePairMessageLost},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			s.check()
			tell := func(info string) {
				s.out(res, wire.AppendRequest(nil, nil, wire.MethodMessage, []byte(`{"info":"`+info+`","to":"`+s.account(ini)+`"}`)))
			}
			s.closed(ini, 1000)
			s.c[ini].Connected(true)
			s.fsm[ini] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
			s.fsmUp(ini, s.channel)
			s.check()
			for i, step := range []func(){
				func() { s.info(res, wire.EventPeerDisconnected) },
				func() {
					s.info(res, wire.EventChannelReestablished)
					s.info(res, wire.EventOpen)
					s.report(res, s.create)
				},
				func() {
					s.info(ini, wire.EventChannelReestablished)
					s.info(ini, wire.EventOpen)
					s.report(ini, s.create)
				},
			} {
				if c.when == i {
					tell("early")
				}
				step()
			}
			tell("late")
			s.message(ini, s.account(res), s.account(ini), "late")
			s.check()
			s.wants(c.want)
		})
	}
}

// TestASignatureMayEndWithABlockedSocket: what a socket has not passed on to the
// state machine when it ends, the operation still waits for (fsm 3.3).
func TestASignatureMayEndWithABlockedSocket(t *testing.T) {
	for name, c := range map[string]struct {
		read bool // the node had said ok to the signature
		want string
	}{
		"not read": {false, ""},
		"read":     {true, RuleAbortedSigned},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.open()
			offer := s.half(ini, 1)
			if c.read {
				s.answer(res, wire.TagUpdateAck, offer, s.channel)
			} else {
				s.unread(res, wire.TagUpdateAck, offer)
			}
			s.closed(res, 1006)
			s.c[res].Connected(true)
			s.fsmUp(res, s.channel)
			s.abort(res, wire.TagUpdateAck, 42)
			s.info(res, wire.EventAbortedUpdate)
			s.wants(c.want)
		})
	}
}

// TestAnAbortInABlockedSocketComesFirst: an abort that was sent before the offer
// that it meets is read before the signature that was sent after it (fsm 3.3).
func TestAnAbortInABlockedSocketComesFirst(t *testing.T) {
	for name, c := range map[string]struct {
		tag  string // of the abort
		want string
	}{
		"of the close":    {wire.TagCloseSoloSign, ""},
		"of another kind": {wire.TagSlashTx, RuleAbortedUnasked},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.rich()
			s.open()
			s.ask(ini, wire.CloseSolo{})
			s.abort(ini, c.tag, 42)
			offer := s.make(&tx.CloseSolo{ChannelID: s.channelTx(), FromID: s.keys[ini].ID(), PoI: s.proofOf(s.bal), Nonce: 8}, nil)
			s.ok(ini, wire.IntID(s.id))
			s.request(ini, s.channel, wire.TagCloseSoloSign, offer)
			s.unread(ini, wire.TagCloseSoloSign, offer)
			s.info(ini, wire.EventAbortedUpdate)
			s.wants(c.want)
		})
	}
}

// TestASignatureInABlockedSocketMeetsTheNextOffer: one for an offer that was lost
// is read when the next one is pending, which may have another nonce, and what
// follows is its effect (fsm 3.3, 5.6).
func TestASignatureInABlockedSocketMeetsTheNextOffer(t *testing.T) {
	for name, c := range map[string]struct {
		ahead bool
		want  string
	}{
		"one ahead": {true, ""},
		"none":      {false, RuleEffectFirst},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.rich()
			s.open()
			first := s.closeTx(ini, func(t tx.Tx) { t.(*tx.CloseMutual).Nonce = 1 })
			asked := [2]wire.ID{s.ask(ini, wire.Shutdown{}), s.ask(ini, wire.Shutdown{})}
			s.ok(ini, asked[0])
			s.request(ini, s.channel, wire.TagShutdownSign, first)
			if c.ahead {
				s.unread(ini, wire.TagShutdownSign, first)
			}
			read := wire.IntID(s.id)
			s.conflict(ini, 2, s.round)
			second := s.closeTx(ini, nil)
			s.ok(ini, asked[1])
			s.request(ini, s.channel, wire.TagShutdownSign, second)
			s.unread(ini, wire.TagShutdownSign, second)
			if c.ahead {
				s.ok(ini, read)
			}
			s.onChain(ini, wire.OnChainCloseMutual, wire.TxTypeCloseMutual, s.sign(s.sign(second, ini), res))
			s.wants(c.want)
		})
	}
}

// TestTheOtherConflictOfACloseMayComeLate: a mutual close that is refused at once is
// one conflict for the side that was not shown it, however late.
func TestTheOtherConflictOfACloseMayComeLate(t *testing.T) {
	for conflicts, want := range map[int]string{1: "", 2: RulePairConflict} {
		s := newStage(t)
		s.rich()
		s.open()
		s.check()
		follow(s.shutdown(ini, nil)[:2])
		s.conflict(ini, 1, s.round)
		s.check()
		s.check()
		for range conflicts {
			s.conflict(res, 1, s.round)
		}
		s.check()
		s.wants(want)
	}
}

// TestSignaturesThatNobodyAnswersAreForgotten: one without an id whose operation
// was lost does not stay among those that wait, nor keep the later ones there.
func TestSignaturesThatNobodyAnswersAreForgotten(t *testing.T) {
	s := newStage(t)
	s.open()
	sign := func() *tx.SignedTx {
		offer := s.half(ini, 1)
		s.out(res, wire.AppendSigned(nil, nil, wire.TagUpdateAck, s.sign(offer, res).Text()))
		return s.sign(offer, res)
	}
	sign()
	s.conflict(ini, 2, s.round)
	s.conflict(res, 2, s.round)
	for range 3 {
		state := sign()
		s.report(res, state)
		s.report(ini, state)
		s.state, s.round, s.bal = state, s.round+1, s.next
	}
	if n := len(s.c[res].queue); n > 0 {
		t.Errorf("%d requests wait", n)
	}
	s.check()
	s.wants("")
}
