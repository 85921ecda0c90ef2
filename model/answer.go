package model

import (
	"bytes"

	"chanbot/wire"
)

// answer judges a result or an error: it belongs to a request that waits.
func (c *Client) answer(f *wire.Frame) {
	if f.Kind == wire.KindError && f.Error == nil {
		c.violate(RuleUnknownFrame, "an error with a code", excerpt(f.Raw))
		return
	}
	if f.Kind == wire.KindError {
		c.refused(f)
		return
	}
	i := c.find(func(r *request) bool { return r.req.ID != nil && sameID(r.req.ID, f.ID) })
	if f.ID == nil || i < 0 {
		c.violate(RuleAnswerUnasked, "an answer to a request that waits", f.Name()+" with id "+excerpt(f.ID))
		return
	}
	r := c.take(i)
	if c.phase == PhaseDead {
		if r.kind != callStop {
			c.violate(RuleAfterDied, "nothing after info died but the answer to a stop", f.Name()+" to "+r.name())
		} else {
			c.quirk(QuirkStopAfterDied, "the answer to a stop before info died", f.Name())
		}
	}
	c.result(r, f)
}

// result judges what a request got.
func (c *Client) result(r *request, f *wire.Frame) {
	isOK := string(f.Result) == `"ok"`
	c.accepted(r, "", f.Result)
	switch r.kind {
	case callAction, callSignature, callAbort, callStop:
		if !isOK {
			c.violate(RuleAnswerShape, `"ok" for `+r.name(), excerpt(f.Result))
		}
		if r.kind == callAbort {
			if r.batch {
				c.batched = r
			} else {
				c.owed = r
			}
		}
		if r.kind == callSignature && r.op != nil && !r.op.signed {
			// Text around bytes that are no transaction: still pending (fsm 5.6).
			r.op.maybe = true
		}
	case callQuery:
		if isOK && r.mayBeSilent() {
			c.quirk(QuirkSilentOK, "data for "+r.name(), `"ok"`)
			return
		}
		c.data(r, f.Result)
	}
}

// reply judges the data of a query without an id (ws-api 3.2).
func (c *Client) reply(f *wire.Frame, query string) {
	i := c.find(func(r *request) bool { return r.req.ID == nil && r.kind == callQuery && r.req.Method == query })
	if i < 0 {
		c.violate(RuleAnswerUnasked, "a reply to a query without an id", f.Name())
		return
	}
	r := c.take(i)
	if c.phase == PhaseDead {
		c.violate(RuleAfterDied, "nothing after info died", f.Name())
	}
	c.data(r, f.Data)
}

// refused judges an error frame.
func (c *Client) refused(f *wire.Frame) {
	e := f.Error
	none := len(f.ID) == 0 || string(f.ID) == "null"
	if none && string(e.Request) == "{}" {
		c.refusedConnection(f)
		return
	}
	fits := func(r *request) bool {
		if none {
			return r.req.ID == nil || string(r.req.ID) == "null"
		}
		return r.req.ID != nil && sameID(r.req.ID, f.ID)
	}
	i := c.find(func(r *request) bool { return fits(r) && echoes(r.req.Raw, e.Request) })
	if i < 0 {
		if i = c.find(fits); i < 0 || none {
			c.violate(RuleAnswerUnasked, "an error for a request that waits", f.Name()+" for "+excerpt(e.Request))
			return
		}
		c.violate(RuleErrorEcho, excerpt(c.queue[i].req.Raw), excerpt(e.Request))
	}
	r := c.take(i)
	if c.phase == PhaseDead {
		c.violate(RuleAfterDied, "nothing after info died but the answer to a stop", f.Name()+" to "+r.name())
	}
	c.errorShape(e)
	c.errorCode(r, e)
	c.forget(r)
	if w := r.wish; e.SubCode() == wire.CodeInternalError && w != nil && w.op == wire.OpTransfer && len(w.meta) == 0 && r.simple() && c.affordable(w) {
		c.log.internal = r
	}
	if r.kind == callAbort && r.op != nil && e.SubCode() == wire.CodeNotAllowed && !r.late {
		r.op.refused = true
	}
	c.log.refused(r)
}

// refusedConnection judges the error frame before the end of a socket whose
// parameters are wrong (ws-api 2.4).
func (c *Client) refusedConnection(f *wire.Frame) {
	c.errorShape(f.Error)
	if c.sawUp {
		c.violate(RuleErrorEcho, "the refused request", "{}")
		return
	}
	switch f.Error.SubCode() {
	case wire.CodeParticipantNotFound, wire.CodeValueTooLow, wire.CodeMissingFSMID, wire.CodeInvalidFSMID,
		wire.CodeBadSignature, wire.CodeInternalError:
	default:
		c.violate(RuleErrorCode, "a code for connection parameters", f.Name())
	}
}

// errorShape judges the codes and texts of an error (ws-api 4).
func (c *Client) errorShape(e *wire.Error) {
	text := func(code int, got string) {
		if want := wire.ErrorMessage(code); want != "" && want != got {
			c.violate(RuleErrorText, quoted(want), quoted(got))
		}
	}
	text(e.Code, e.Message)
	for _, d := range e.Data {
		text(d.Code, d.Message)
	}
	sub := e.SubCode()
	switch {
	case len(e.Data) == 0 && e.Code > 0:
		c.violate(RuleErrorCode, "a sub-code below "+wire.ErrorMessage(e.Code), "none")
	case (e.Code == wire.CodeActionNotAllowed) != (sub == wire.CodeOffchainTxExpected):
		c.violate(RuleErrorCode, "2 with 1012 and 3 with the others", number(uint64(max(e.Code, 0)))+" with "+number(uint64(max(sub, 0))))
	}
}

// leadsTo reports whether a request can be refused with a code (ws-api 4.2,
// 4.3). Contract calls and on-chain operations are judged mildly.
func (c *Client) leadsTo(r *request, code int) bool {
	switch code {
	case wire.CodeInternalError, wire.CodeMethodNotFound:
		return true
	case wire.CodeNotReady:
		return r.early || c.phase <= PhaseStarted || !c.certain()
	case wire.CodeNotAllowed:
		return r.kind == callAbort
	case wire.CodeParticipantNotFound, wire.CodeInvalidFSMID, wire.CodeMissingFSMID:
		return false
	case wire.CodeInvalidRequest:
		return r.req.Method == wire.MethodMessage
	}
	switch r.kind {
	case callSignature:
		return code == wire.CodeBrokenTransaction
	case callAbort, callStop, callUnknown:
		return false
	}
	if codes, ok := refusals[r.req.Method]; ok {
		return codes[code]
	}
	return code != wire.CodeBrokenTransaction && wire.ErrorMessage(code) != ""
}

// refusals holds the sub-codes of the methods whose refusals are known.
var refusals = map[string]map[int]bool{
	wire.MethodUpdateNew: {wire.CodeInsufficientBalance: true, wire.CodeNegativeAmount: true, wire.CodeInvalidPubkeys: true,
		wire.CodeBrokenAccount: true, wire.CodeNotANumber: true, wire.CodeInvalidMeta: true},
	wire.MethodMessage:          {wire.CodeBrokenAccount: true},
	wire.MethodGetBalances:      {wire.CodeBrokenAccount: true},
	wire.MethodGetPoI:           {wire.CodeDoesNotExist: true, wire.CodeBrokenAccount: true, wire.CodeBrokenContract: true},
	wire.MethodGetOffchainState: {},
	wire.MethodSystem:           {},
	wire.MethodLeave:            {},
	wire.MethodDeposit:          {wire.CodeNegativeAmount: true, wire.CodeNotANumber: true, wire.CodeInvalidMeta: true},
	wire.MethodWithdraw:         {wire.CodeNegativeAmount: true, wire.CodeNotANumber: true, wire.CodeInvalidMeta: true},
	wire.MethodShutdown:         {wire.CodeInsufficientBalance: true},
	wire.MethodCloseSolo:        {},
	wire.MethodSlash:            {},
	wire.MethodSettle:           {},
	wire.MethodSnapshotSolo:     {wire.CodeOffchainTxExpected: true, wire.CodeTxAlreadyOnChain: true},
}

// errorCode judges the code of a refusal.
func (c *Client) errorCode(r *request, e *wire.Error) {
	codes := []int{e.Code}
	if len(e.Data) > 0 {
		codes = codes[:0]
		for _, d := range e.Data {
			codes = append(codes, d.Code)
		}
	}
	if c.refusedParams(r, codes) {
		return
	}
	for _, d := range e.Data {
		if !c.leadsTo(r, d.Code) {
			c.violate(RuleErrorCode, "a code that "+r.name()+" can cause", number(uint64(max(d.Code, 0))))
			return
		}
	}
	if len(e.Data) == 0 && !c.leadsTo(r, e.Code) {
		c.violate(RuleErrorCode, "a code that "+r.name()+" can cause", excerpt(e.Message))
		return
	}
	if len(e.Data) > 0 {
		c.refusedWish(r, e.SubCode())
	}
}

func sameID(a, b wire.ID) bool { return bytes.Equal(a, b) || sameJSON(a, b) }

// echoes reports whether a request came back as it was sent.
func echoes(sent, echo []byte) bool { return bytes.Equal(sent, echo) || sameJSON(sent, echo) }
