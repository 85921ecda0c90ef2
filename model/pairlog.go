package model

import (
	"encoding/json"

	"chanbot/wire"
)

// logLimit bounds what is remembered between two checks of a pair.
const logLimit = 4096

// pairLog is what one side did and saw since the last check of its pair.
type pairLog struct {
	messagesSent []*request
	messagesGot  []string
	aborts       []int    // codes of aborted acknowledgements
	conflicts    []int    // codes of conflicts with something pending
	unprovoked   int      // conflicts 1 and 2 with nothing pending
	ops          int      // own operations asked for
	oddRounds    []uint64 // rounds of conflicts that only a split channel explains
	from         uint64   // the round at the last check
	gap          bool     // frames or answers may be missing
	timeout      bool     // a last word of the state machine
	deadOpen     bool     // it died in an open channel with nothing under way
	death        death
	left         int  // channels.leave that came
	pending      bool // an operation was under way at the last check
	calm         bool // the channel was open and idle at the last check
	late         bool // a conflict had come to the peer alone at an earlier check
	aborted      bool // an abort was sent
	lostOps      []lostOp
	internal     *request // a transfer that the sender can pay was refused with an internal error
}

// crossings counts, over the life of a client, what can cross with what the peer
// does.
type crossings struct {
	proposed int // own updates, deposits, withdrawals and mutual closes that were signed
	shown    int // those of the peer that this client was asked to sign
	refused  int // conflicts 1 and 2
}

func (l *pairLog) sent(r *request) {
	switch {
	case r.kind == callAbort:
		l.aborted = true
	case r.req.Method == wire.MethodMessage && r.kind == callAction:
		if len(l.messagesSent) < logLimit {
			l.messagesSent = append(l.messagesSent, r)
		} else {
			l.gap = true
		}
	case r.kind == callAction || r.req.Method == wire.MethodDryRunCallContract:
		l.ops++
	}
}

// refused forgets a message that the node did not take.
func (l *pairLog) refused(r *request) {
	for i, m := range l.messagesSent {
		if m == r {
			l.messagesSent = append(l.messagesSent[:i:i], l.messagesSent[i+1:]...)
			return
		}
	}
}

func (l *pairLog) message(info string) {
	if len(l.messagesGot) < logLimit {
		l.messagesGot = append(l.messagesGot, info)
	} else {
		l.gap = true
	}
}

// abort notes an accepted abort. Only those of a peer's operation reach the peer.
func (l *pairLog) abort(r *request) {
	if spec, known := tagSpecs[r.tag]; !known || spec.own {
		return
	}
	code, ok := abortCode(r.req.Abort)
	if !ok || len(l.aborts) >= logLimit {
		l.gap = true
		return
	}
	l.aborts = append(l.aborts, code)
}

// abortCode reads the code of an abort. A numeric string is taken by the node,
// and what the peer makes of it is not known (ws-api 5).
func abortCode(raw json.RawMessage) (int, bool) {
	n, ok := wire.Integer(raw)
	if !ok || !n.IsInt64() || n.Int64() < 1 || n.Int64() > 65535 {
		return 0, false
	}
	return int(n.Int64()), true
}

func (l *pairLog) conflict(c *Client, code int) {
	if c.op != nil && code <= wire.ConflictConflict && len(l.lostOps) < logLimit {
		l.lostOps = append(l.lostOps, lostOp{c, c.op, code})
	}
	switch {
	case c.closed:
		// What a closing channel does to a close that is aborted or fails is not compared.
	case len(l.conflicts) >= logLimit:
		l.gap = true
	case code > wire.ConflictConflict || c.op != nil && c.op.spec.own && c.op.signed:
		l.conflicts = append(l.conflicts, code)
	case c.op == nil:
		l.unprovoked++
	}
}

// told reports whether a conflict has come.
func (l *pairLog) told() bool {
	return len(l.conflicts)+len(l.lostOps)+l.unprovoked > 0
}

func (l *pairLog) oddRound(round uint64) {
	if len(l.oddRounds) < logLimit {
		l.oddRounds = append(l.oddRounds, round)
	}
}

// death is what was under way when a state machine died without a last word.
type death uint8

const (
	deathNone     death = iota
	deathOther          // nothing that explains it
	deathShutdown       // an own shutdown was signed
	deathProposal       // an own update, deposit or withdrawal was signed
)

func (l *pairLog) died(c *Client) {
	certain := !c.loose && !c.closed && c.certain()
	l.deadOpen = c.phase == PhaseOpen && c.op == nil && !c.ended && certain
	l.death = deathNone
	if c.phase != PhaseOpen || !certain || c.ending != "" || c.stopped {
		return
	}
	switch o := c.op; {
	case o == nil || !o.spec.own || !o.signed:
		l.death = deathOther
	case o.spec.kind == kindShutdown:
		l.death = deathShutdown
	case o.spec.kind != kindSolo:
		l.death = deathProposal
	}
}
