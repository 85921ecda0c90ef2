package simnode

import (
	"fmt"

	"chanbot/tx"
	"chanbot/wire"
)

// refusalKind is how the node turns a connection down (ws-api, section 1).
type refusalKind uint8

const (
	// refuseSilent: the upgrade succeeds, then close 1000 without any frame.
	refuseSilent refusalKind = iota
	// refuseCrash: the upgrade succeeds, then close 1011 without any frame.
	refuseCrash
	// refuseError: the upgrade succeeds, then one error frame and close 1000.
	refuseError
	// refuseHTTP: no upgrade, the HTTP status is in code.
	refuseHTTP
)

// refusal is the answer to a connection that the node does not take.
type refusal struct {
	how  refusalKind
	code int // of the error frame, or HTTP status
	sub  int // code in the data of the error frame, 0: no data
}

func (r *refusal) String() string {
	switch {
	case r == nil:
		return "accepted"
	case r.how == refuseSilent:
		return "close 1000"
	case r.how == refuseCrash:
		return "close 1011"
	case r.how == refuseHTTP:
		return fmt.Sprintf("HTTP %d", r.code)
	case r.sub == 0:
		return fmt.Sprintf("error %d", r.code)
	}
	return fmt.Sprintf("error %d/%d", r.code, r.sub)
}

// closeCode is the code of the close frame that ends a refused connection.
func (r *refusal) closeCode() int {
	if r.how == refuseCrash {
		return 1011
	}
	return 1000
}

func silently() *refusal           { return &refusal{how: refuseSilent} }
func refusedWith(sub int) *refusal { return &refusal{refuseError, wire.CodeRejected, sub} }
func refusedStart() *refusal       { return &refusal{how: refuseError, code: wire.CodeInternalError} }

// checkAmounts is the first of the checks that follow once everything could be
// read (ws-api, section 2.1, "Order of the E checks").
func (p *connectParams) checkAmounts() *refusal {
	switch {
	case p.ChannelReserve.Sign() < 0,
		p.PushAmount.Sign() < 0,
		less(p.InitiatorAmount, p.PushAmount).Cmp(p.ChannelReserve) < 0,
		sum(p.ResponderAmount, p.PushAmount).Cmp(p.ChannelReserve) < 0:
		return refusedWith(wire.CodeValueTooLow)
	}
	return nil
}

// checkAccounts is the second: participants that do not exist on chain are
// refused, then a negative lock period. With initiator_id "any" the node looks
// at the responder only. A reconnecting client passes.
func (p *connectParams) checkAccounts(exists func(tx.ID) bool) *refusal {
	switch {
	case p.Reconnect:
		return nil
	case !p.AnyInitiator && !exists(p.InitiatorID), !exists(p.ResponderID):
		return refusedWith(wire.CodeParticipantNotFound)
	case p.negativeLockTime:
		return refusedWith(wire.CodeValueTooLow)
	}
	return nil
}

// checkStart is the last: what the start of the FSM itself refuses, in its
// order. full tells that the node runs as many FSMs as it may; listen tries to
// listen on the port of a responder.
func (p *connectParams) checkStart(full bool, listen func(port int) bool) *refusal {
	switch {
	case full:
		return refusedStart()
	case p.negativeDepth:
		return silently()
	case p.Role == roleResponder && (p.Port < 0 || p.Port > 65535 || !listen(p.Port)):
		return refusedStart()
	}
	return nil
}

// checkFSMID refuses a reconnecting client whose existing_fsm_id is missing or
// malformed. It comes after the lookup of the channel: if the node does not
// know that, the connection is closed silently whatever the id. One that is
// well-formed but wrong is refused like a malformed one, by wrongFSMID.
func (p *connectParams) checkFSMID() *refusal {
	switch p.fsmID {
	case fsmIDMissing:
		return refusedWith(wire.CodeMissingFSMID)
	case fsmIDMalformed:
		return wrongFSMID()
	}
	return nil
}

func wrongFSMID() *refusal { return refusedWith(wire.CodeInvalidFSMID) }
