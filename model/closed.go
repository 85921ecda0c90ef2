package model

import (
	"strconv"

	"chanbot/wire"
)

// CloseInternalError is the close code of a crashed handler (ws-api 1).
const CloseInternalError = 1011

// Further close codes. A close frame without a code and an end without a close
// frame have one of their own in RFC 6455.
const (
	closeNormal   = 1000
	closeNoCode   = 1005
	closeAbnormal = 1006
)

// closesWith reports whether a node ends a socket of a client that keeps to the
// rules of WebSocket with this code, or the socket can end so by itself (ws-api 1).
func closesWith(code int) bool {
	switch code {
	case 0, closeNormal, closeNoCode, closeAbnormal, CloseInternalError:
		return true
	}
	return false
}

// Closing tells that this client is about to break a rule of WebSocket, so that the
// end of its socket is no surprise. Closed is called all the same.
func (c *Client) Closing() { c.closing = true }

// HangsUp tells that this client ends its socket as one does: what the node has not
// said by then it need not say. Closed is called all the same.
func (c *Client) HangsUp() { c.hangsUp = true }

// Closed tells that the socket ended: code is the close code, 0 when there was
// none, err what the reader returned. A socket that this client closed itself
// is told the same way.
func (c *Client) Closed(code int, err error) []Violation {
	c.found, c.raw = nil, nil
	if c.phase == PhaseOffline {
		return nil
	}
	got := "close " + strconv.Itoa(code)
	if err != nil && code == 0 {
		got = excerpt(err.Error())
	}
	dead := c.phase == PhaseDead
	switch {
	case c.closing:
	case !closesWith(code):
		c.violate(RuleCloseCode, "1000, or 1011 while a request waits", got)
	case code == CloseInternalError && dead:
		c.violate(RuleCloseCode, "1000 after info "+wire.EventDied, got)
	case code == CloseInternalError && c.sawUp:
		if len(c.queue) == 0 && len(c.asked) == 0 && c.op == nil {
			c.violate(RuleCloseCode, "1000, or 1011 while a request waits", got)
		} else {
			c.quirk(QuirkBlockedClose, "an answer and info died", got)
		}
	case !dead && c.ending != "" && code == closeNormal:
		c.violate(RuleAfterEnd, "info died after info "+c.ending, got)
	case c.hangsUp:
	case !dead && code == closeNormal && c.sawUp && c.awaits():
		// Who asks is not silent for 60 s, and a socket that is blocked ends with 1011.
		c.violate(RuleCloseCode, "info died, or the answer to what was asked", got)
	case !dead && code == closeNormal && c.sawUp:
		c.quirk(QuirkClosedSilently, "info died before the end", got)
	}
	if dead && !c.closing && c.find(func(r *request) bool { return r.kind == callStop && r.req.ID != nil }) >= 0 {
		c.quirk(QuirkStopUnanswered, "the answer to a stop", got)
	}
	if !dead {
		c.missed = true
		c.log.gap = true
	}
	if o := c.op; o != nil && c.find(func(r *request) bool { return r.op == o }) >= 0 {
		o.maybe = true // a blocked socket ends with what it has not passed on (fsm 3.3)
	}
	c.calmLoss = c.current() && c.idle() && !c.closed && !c.solo && !c.loose && !c.leaveAsked && !c.stopped && len(c.asked) == 0 && len(c.queue) == 0
	c.queue, c.owed, c.announced, c.ending = nil, nil, "", ""
	c.becomeOffline()
	return c.found
}

// awaits reports whether the node owes this side an answer that it gives at once.
func (c *Client) awaits() bool {
	if !c.certain() || c.loose || c.stopped || c.phase != PhaseOpen {
		return false
	}
	return c.owed != nil || c.find(func(r *request) bool {
		return !r.batch && !r.early && (r.kind == callAbort || r.mustAnswer() || r.mustReply())
	}) >= 0
}
