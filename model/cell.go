package model

import (
	"slices"

	"chanbot/outcome"
	"chanbot/wire"
)

// Cell is a field of the matrix of fsm 3.2: what a client sends in which state
// of the node's state machine, as far as the client can know it.
type Cell struct{ State, Input string }

// String is the cell as it stands in reports: "open × shutdown".
func (c Cell) String() string { return c.State + " × " + c.Input }

// The states of a state machine (fsm 1). Where a client cannot tell two of them
// apart, they have one name.
const (
	StateAwaitingOpen        = "awaiting_open"
	StateInitialized         = "initialized" // or awaiting_connect
	StateAccepted            = "accepted"
	StateHalfSigned          = "half_signed"
	StateSigned              = "signed"
	StateAwaitingLocked      = "awaiting_locked"
	StateOpen                = "open"
	StateSigningCreate       = "awaiting_signature (create)"
	StateSigningBoth         = "awaiting_signature (co-signed)"
	StateSigningOther        = "awaiting_signature (other)" // shutdown_ack and solo operations
	StateAwaitingUpdateAck   = "awaiting_update_ack"
	StateDepHalfSigned       = "dep_half_signed"
	StateDepSigned           = "dep_signed"
	StateWdrawHalfSigned     = "wdraw_half_signed"
	StateWdrawSigned         = "wdraw_signed"
	StateMutualClosing       = "mutual_closing"
	StateMutualClosed        = "mutual_closed"
	StateChannelClosing      = "channel_closing"
	StateChannelClosed       = "channel_closed"
	StateAwaitingLeaveAck    = "awaiting_leave_ack"
	StateAwaitingReestablish = "awaiting_reestablish"
	StateReestablishInit     = "reestablish_init"
)

// The inputs: the request groups of fsm 3.1. An abort or a signature with the
// tag of another operation than the pending one is an input of its own.
const (
	InputQuery         = "query"
	InputUpdate        = "update"
	InputContractCall  = "contract_call"
	InputShutdown      = "shutdown"
	InputLeave         = "leave"
	InputForceProgress = "force_progress"
	InputSolo          = "solo"
	InputSlash         = "slash or settle"
	InputAssume        = "assume_minimum_depth"
	InputAbort         = "abort"
	InputAbortOther    = "abort of another"
	InputSign          = "signature"
	InputSignOther     = "signature of another"
)

var states = []string{
	StateAwaitingOpen, StateInitialized, StateAccepted, StateHalfSigned, StateSigned, StateAwaitingLocked, StateOpen,
	StateSigningCreate, StateSigningBoth, StateSigningOther, StateAwaitingUpdateAck, StateDepHalfSigned, StateDepSigned,
	StateWdrawHalfSigned, StateWdrawSigned, StateMutualClosing, StateMutualClosed, StateChannelClosing, StateChannelClosed,
	StateAwaitingLeaveAck, StateAwaitingReestablish, StateReestablishInit,
}

var inputs = []string{
	InputQuery, InputUpdate, InputContractCall, InputShutdown, InputLeave, InputForceProgress, InputSolo, InputSlash,
	InputAssume, InputAbort, InputSign,
}

// Cells returns the reviewed list of cells: every field of the matrix, with a
// fitting and another abort and signature where something waits for one.
func Cells() []Cell {
	var all []Cell
	for _, s := range states {
		for _, in := range inputs {
			all = append(all, Cell{s, in})
		}
		if s == StateSigningCreate || s == StateSigningBoth || s == StateSigningOther {
			all = append(all, Cell{s, InputAbortOther}, Cell{s, InputSignOther})
		}
	}
	return all
}

var inputOf = map[string]string{
	wire.MethodUpdateNew: InputUpdate, wire.MethodDeposit: InputUpdate, wire.MethodWithdraw: InputUpdate,
	wire.MethodUpdateNewContract: InputUpdate, wire.MethodUpdateCallContract: InputUpdate, wire.MethodDryRunCallContract: InputUpdate,
	wire.MethodGetContractCall: InputContractCall, wire.MethodShutdown: InputShutdown, wire.MethodLeave: InputLeave,
	wire.MethodForceProgress: InputForceProgress, wire.MethodCloseSolo: InputSolo, wire.MethodSnapshotSolo: InputSolo,
	wire.MethodSlash: InputSlash, wire.MethodSettle: InputSlash, wire.MethodAssumeMinimumDepth: InputAssume,
	wire.MethodMessage: InputQuery,
}

// Cell returns the field that a request meets if it is sent now; ok is false for
// what never reaches the state machine (system ping, unknown methods), for a
// stop, and while there is no state machine.
func (c *Client) Cell(req *wire.Request) (cell Cell, ok bool) {
	cell.State = c.State()
	if cell.State == "" {
		return cell, false
	}
	switch kindOf(req) {
	case callAbort:
		cell.Input = InputAbort
		if c.waiting() != nil && c.waiting().tag != wire.AnsweredTag(req.Method) {
			cell.Input = InputAbortOther
		}
	case callSignature:
		cell.Input = InputSign
		if c.waiting() != nil && c.waiting().tag != wire.AnsweredTag(req.Method) {
			cell.Input = InputSignOther
		}
	case callAction:
		cell.Input = inputOf[req.Method]
	case callQuery:
		if cell.Input = inputOf[req.Method]; cell.Input == "" && slices.Contains(queries, req.Method) {
			cell.Input = InputQuery
		}
	case callStop, callUnknown:
	}
	return cell, cell.Input != ""
}

// waiting returns the operation that waits for this client's answer, or nil.
func (c *Client) waiting() *op {
	for _, o := range []*op{c.op, c.create} {
		if o != nil && o.answer == nil && !o.signed {
			return o
		}
	}
	return nil
}

// State returns the state that the node's state machine of this side is in, as
// far as this client can know, and "" while there is none.
func (c *Client) State() string {
	if !c.sawUp || c.phase < PhaseStarted || c.phase == PhaseDead {
		return ""
	}
	if o := c.waiting(); o != nil {
		switch {
		case o.spec.kind == kindCreate:
			return StateSigningCreate
		case o.spec.kind == kindSolo || o.tag == wire.TagShutdownSignAck:
			return StateSigningOther
		}
		return StateSigningBoth
	}
	initiator := c.cfg.Role == outcome.Initiator
	pick := func(i, r string) string {
		if initiator {
			return i
		}
		return r
	}
	if c.reestablish == reestablishWaits {
		return pick(StateReestablishInit, StateAwaitingReestablish)
	}
	switch c.phase {
	case PhaseStarted:
		return pick(StateInitialized, StateAwaitingOpen)
	case PhaseAccepted:
		if c.create != nil && c.create.signed {
			return pick(StateHalfSigned, StateAwaitingLocked)
		}
		return pick(StateInitialized, StateAccepted)
	case PhaseFunding:
		return StateAwaitingLocked
	case PhaseLocked:
		return StateSigned
	case PhaseClosing:
		if c.shut.by == closeSolo {
			return StateChannelClosing
		}
		return StateMutualClosed
	case PhaseClosed:
		return StateChannelClosed
	case PhaseOffline, PhaseConnecting, PhaseOpen, PhaseDead:
	}
	if c.op != nil && c.op.signed {
		return c.op.state()
	}
	if c.leaveSent {
		return StateAwaitingLeaveAck
	}
	return StateOpen
}

// state returns what a signed operation brings its state machine to.
func (o *op) state() string {
	switch o.tag {
	case wire.TagUpdate:
		return StateAwaitingUpdateAck
	case wire.TagShutdownSign:
		return StateMutualClosing
	case wire.TagShutdownSignAck:
		return StateMutualClosed
	case wire.TagDepositTx, wire.TagDepositAck:
		return o.locked(StateDepHalfSigned, StateDepSigned)
	case wire.TagWithdrawTx, wire.TagWithdrawAck:
		return o.locked(StateWdrawHalfSigned, StateWdrawSigned)
	}
	return StateOpen
}

func (o *op) locked(half, signed string) string {
	switch {
	case o.lock >= lockOwn:
		return signed
	case o.lock >= lockSigned || !o.spec.own:
		return StateAwaitingLocked
	}
	return half
}
