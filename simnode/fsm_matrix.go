package simnode

// group is a class of requests that every state treats alike (fsm.md 3.1).
type group uint8

const (
	groupQuery    group = iota // Q
	groupUpdate                // U
	groupCall                  // C
	groupShutdown              // S
	groupLeave                 // L
	groupForce                 // F
	groupSolo                  // X: close_solo, snapshot_solo
	groupSettling              // Z: slash, settle
	groupAssume                // M
	groupAbort                 // A
	groupSigned                // G
	groups
)

// verdict is what a state does with a request, a cell of the matrix.
type verdict uint8

const (
	// accept: handled.
	accept verdict = iota
	// notReady: error 108.
	notReady
	// notAllowed: error 1018.
	notAllowed
	// refuse: error -32603.
	refuse
	// wait: kept until the state changes; the socket is blocked.
	wait
	// drop: ignored.
	drop
	// park: kept and judged again after the next change of state.
	park
	// die: the machine ends with a protocol error.
	die
	// collide: an own update while a co-signed operation is pending (fsm.md 5.4).
	collide
	// replace: accepted, and the pending operation is given up.
	replace
)

var verdictNames = [...]string{"accept", "108", "1018", "-32603", "wait", "drop", "park", "die", "conflict", "replace"}

func (v verdict) String() string { return verdictNames[v] }

type row [groups]verdict

// Rows of fsm.md 3.2, in the order Q U C S L F X Z M A G. Accepting M depends
// on the hash and A and G on the tag, which the code looks at.
var (
	rowNotReady  = row{notReady, notReady, notReady, notReady, notReady, notReady, notReady, notReady, notReady, notReady, die}
	rowHandshake = row{accept, refuse, refuse, refuse, refuse, refuse, refuse, refuse, refuse, notAllowed, park}
	rowBusy      = row{accept, wait, wait, wait, wait, wait, replace, refuse, wait, notAllowed, park}
	rowLocked    = row{accept, wait, wait, wait, wait, wait, replace, refuse, accept, notAllowed, die}
	rowOnTheWay  = row{accept, refuse, refuse, refuse, refuse, refuse, replace, refuse, refuse, notAllowed, die}
)

var matrix = map[state]row{
	awaitingOpen:      rowNotReady,
	awaitingConnect:   rowHandshake,
	initialized:       rowHandshake,
	accepted:          rowHandshake,
	halfSigned:        rowHandshake,
	signed:            rowHandshake,
	awaitingLocked:    rowLocked,
	open:              {accept, accept, accept, accept, accept, accept, accept, refuse, refuse, notAllowed, drop},
	awaitingUpdateAck: rowBusy,
	depHalfSigned:     rowOnTheWay,
	depSigned:         rowOnTheWay,
	wdrawHalfSigned:   rowOnTheWay,
	wdrawSigned:       rowOnTheWay,
	mutualClosing:     {accept, wait, wait, wait, wait, wait, replace, refuse, wait, notAllowed, die},
	mutualClosed:      {accept, refuse, refuse, refuse, refuse, refuse, replace, refuse, refuse, notAllowed, park},
	channelClosing:    {accept, refuse, refuse, accept, refuse, accept, refuse, accept, refuse, notAllowed, drop},
	channelClosed:     {accept, refuse, refuse, refuse, refuse, refuse, refuse, refuse, accept, notAllowed, drop},
	awaitingLeaveAck:  rowBusy,

	awaitingReestablish: rowHandshake,
	reestablishInit:     rowHandshake,

	awaitingSignature: {accept, wait, wait, wait, wait, wait, replace, refuse, wait, accept, accept},
}

// judge looks up the cell for a request of group g in the present state. tag is
// the sign tag that an abort or a signature answers.
func (f *fsm) judge(g group, tag string) verdict {
	v := matrix[f.state][g]
	switch f.state {
	case awaitingSignature:
		switch g {
		case groupUpdate:
			if f.ongoing && f.op.kind.coSigned() {
				v = collide
			}
		case groupSolo:
			if f.op.kind == opCreate {
				v = refuse
			}
		case groupAbort:
			if f.op.kind == opCreate || tag != f.op.tag() {
				v = notAllowed
			}
		case groupSigned:
			if tag != f.op.tag() {
				v = park
			}
		}
	case awaitingLocked:
		if g == groupSolo && f.lockedKind == opCreate {
			v = refuse
		}
	}
	if f.forgiving && v == die {
		v = drop
	}
	return v
}

// stray is what a state does with a peer message that it does not expect
// (fsm.md 3.4).
func (f *fsm) stray() verdict {
	switch f.state {
	case awaitingOpen, awaitingLocked, depHalfSigned, depSigned, wdrawHalfSigned, wdrawSigned, mutualClosing:
		if f.forgiving {
			return drop
		}
		return die
	case open, channelClosing, channelClosed:
		return drop
	}
	return park
}
