package model

import (
	"bytes"
	"errors"
	"math/big"
	"strings"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

const pong = `{"action":"system","tag":"pong"}`

var otherChannel = tx.ID{Kind: tx.ChannelID, Key: tx.Hash{1, 2, 3}}.String()

// pingReply asks for a pong without an id and returns it.
func pingReply(s *stage) string {
	s.out(ini, wire.AppendCall(nil, nil, wire.System{Action: wire.ActionPing}))
	return string(wire.AppendNotification(nil, s.channel, wire.MethodSystemPong, []byte(pong)))
}

func longMessage(s *stage, size int) []byte {
	return wire.AppendMessage(nil, s.channel, wire.Message{ChannelID: s.channel, From: s.account(ini), To: s.account(res), Info: strings.Repeat("x", size)})
}

// refuseTransfer has the node refuse a transfer for want of coins.
func refuseTransfer(s *stage, amount int64) {
	b := wire.AppendCall(nil, nil, wire.UpdateNew{From: s.account(ini), To: s.account(res), Amount: big.NewInt(amount)})
	s.out(ini, b)
	s.refuse(ini, b, wire.CodeInsufficientBalance)
}

func requestCreate(s *stage, fee int64) *wire.Frame {
	t, _ := s.create.Decode()
	t.(*tx.Create).Fee.SetInt64(fee)
	return s.request(ini, "", wire.TagInitiatorSign, tx.NewSigned(t))
}

// refusal notes why the initiator does not sign.
func (s *stage) refusal(f *wire.Frame) {
	_, err := s.c[ini].CheckSign(f)
	if r, ok := errors.AsType[*Refusal](err); ok {
		s.found = append(s.found, Violation{Role: outcome.Initiator, Rule: r.Rule, Expected: r.Expected, Got: r.Got})
	}
}

func (s *stage) closed(side, code int) { s.found = append(s.found, s.c[side].Closed(code, nil)...) }

// reestablish ends the initiator's state machine and brings it back, up to the
// report of the state.
func (s *stage) reestablish() {
	s.info(ini, wire.EventDied)
	s.closed(ini, 1000)
	s.c[ini].Connected(true)
	s.fsm[ini] = tx.Encode(tx.PrefixByteArray, bytes.Repeat([]byte{7}, 32))
	s.fsmUp(ini, s.channel)
	s.info(ini, wire.EventChannelReestablished)
	s.info(ini, wire.EventOpen)
}

// balances has the node answer get.balances.
func (s *stage) balances(side int, initiator, responder int64) {
	id := s.ask(side, wire.GetBalances{Accounts: []string{s.account(ini), s.account(res)}})
	s.in(side, wire.AppendResult(nil, id, s.channel, wire.AppendBalances(nil, []wire.Balance{
		{Account: s.account(ini), Balance: big.NewInt(initiator)}, {Account: s.account(res), Balance: big.NewInt(responder)},
	})))
}

// proof has the node answer get.poi.
func (s *stage) proof(initiator, responder int64) {
	ids := []tx.ID{s.keys[ini].ID(), s.keys[res].ID()}
	poi, err := tx.ProofOfInclusion([]tx.Balance{{ID: ids[0], Amount: big.NewInt(initiator)}, {ID: ids[1], Amount: big.NewInt(responder)}}, ids)
	if err != nil {
		s.t.Fatal(err)
	}
	id := s.ask(ini, wire.GetPoI{Accounts: []string{s.account(ini), s.account(res)}})
	s.in(ini, wire.AppendResult(nil, id, s.channel, []byte(`{"poi":"`+tx.Encode(tx.PrefixProof, poi)+`"}`)))
}

func (s *stage) leave(state *tx.SignedTx) {
	s.ok(ini, s.ask(ini, wire.Leave{}))
	s.in(ini, wire.AppendLeave(nil, s.channel, state.Text()))
}

// tell has the initiator send a message.
func (s *stage) tell(info string) {
	s.out(ini, wire.AppendRequest(nil, nil, wire.MethodMessage, []byte(`{"info":"`+info+`","to":"`+s.account(res)+`"}`)))
}

// message delivers a message.
func (s *stage) message(side int, from, to, info string) {
	s.in(side, wire.AppendMessage(nil, s.channel, wire.Message{ChannelID: s.channel, From: from, To: to, Info: info}))
}
