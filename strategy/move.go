package strategy

import (
	"encoding/json"
	"math/big"
	"time"

	"chanbot/outcome"
)

// Request is a signing request that a role got.
type Request struct {
	Role  outcome.Role
	Tag   string            // of channels.sign.TAG
	Op    outcome.Operation // what the transaction is for
	Round uint64            // of the transaction; 1 for create
	// Nth counts the requests with this tag to this role from 1, on this
	// channel; StepNth does so within the step (or the arrival).
	Nth     int
	StepNth int
	Amount  *big.Int // nil when the operation moves nothing
}

// Layer is one source of answers; those given first come first.
type Layer struct {
	Answers Answers
	// Step says that when.nth counts within the step.
	Step bool
}

// MoveKind is one thing a bot can do.
type MoveKind uint8

// The moves.
const (
	MoveAccept MoveKind = iota
	MoveAbort
	MoveIgnore
	MoveWait
	MoveTamper
	MovePropose
	MoveStop
	MoveDisconnect
	MoveReconnect
	MoveParams
	MoveHold // the request waits for an answer step
)

// Move is one thing that the bot does, in order. A move whose frame carries an
// id, as signatures do, is answered by the node before the next one is made.
// Only the fields of its kind are set.
type Move struct {
	Pos     Pos // of the answer; the zero Pos for the answer nobody wrote (accept)
	Kind    MoveKind
	Code    json.RawMessage // MoveAbort: the JSON of error
	Params  json.RawMessage // MoveParams: the JSON of params
	For     time.Duration   // MoveWait
	Tamper  *Tamper         // MoveTamper
	Propose *Action         // MovePropose
	Cut     Cut             // MoveDisconnect
	Expect  *Expect         // what this move must lead to, told to the role itself; nil says nothing
}
