package bot

import (
	"encoding/json"

	"chanbot/outcome"
	"chanbot/strategy"
)

// signing follows an operation for which the node asks for signatures.
type signing interface {
	tracker
	// asks says whether a request to sign with a tag, to e, is the operation's.
	asks(o *op, e *end, tag string) bool
	// gave is told that e has answered with a transaction.
	gave(o *op, e *end)
	// took is told that e has answered with an error code.
	took(o *op, e *end, code json.RawMessage)
}

// mine asks for key blocks, or asks no more. An operation that is over asks for
// none.
func (o *op) mine(wanted bool) {
	if wanted == o.mining || wanted && o.over {
		return
	}
	o.mining = wanted
	if wanted {
		o.p.fleet.miner.want(1)
	} else {
		o.p.fleet.miner.want(-1)
	}
}

// asleep says that an end has nothing more to be told: it has no socket, or its
// channel has died.
func (e *end) asleep() bool { return e.sock == nil || e.died }

// closes says whether the sockets of some ends are gone, which the node closes
// after died. It waits for that a while only.
func (o *op) closes(ends ...*end) bool {
	for _, e := range ends {
		if e.sock != nil {
			o.settleSoon()
			return false
		}
	}
	return true
}

// coSigned says whether both sides sign an operation of a kind that one of them
// has asked for.
func coSigned(kind outcome.Operation) bool {
	switch kind {
	case outcome.Transfer, outcome.Deposit, outcome.Withdraw, outcome.Close, strategy.CreateContract, strategy.CallContract:
		return true
	}
	return false
}
