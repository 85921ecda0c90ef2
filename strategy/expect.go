package strategy

import (
	"math/big"

	"chanbot/outcome"
)

// Expect is how a step must end. Everything in it must hold.
type Expect struct {
	Pos Pos
	// Outcomes are alternatives; empty accepts any outcome.
	Outcomes []Wanted
	// Values are the balances a query must return, in the order of the file.
	Values []Value
	// Frames say per role (outcome.Role.Index) what must and what must not be
	// seen from the start of the step to its end.
	Frames [2]FrameRule
	// Sockets say the same of further sockets of a role (initiator.2). Only
	// frames in order are possible there.
	Sockets []SocketRule
}

// Wanted is one acceptable outcome.
type Wanted struct {
	Pos  Pos
	Kind outcome.Kind
	// Code counts only with HasCode.
	Code    int
	HasCode bool
	// By is ByNobody when it does not matter.
	By outcome.Party
}

// Match says whether o is the outcome that is wanted.
func (w Wanted) Match(o outcome.Outcome) bool {
	return w.Kind == o.Kind && (!w.HasCode || w.Code == o.Code) && (w.By == outcome.ByNobody || w.By == o.By)
}

// Match says whether o is among the outcomes that are accepted. It does not
// look at values and frames. A nil Expect accepts every outcome.
func (e *Expect) Match(o outcome.Outcome) bool {
	if e == nil || len(e.Outcomes) == 0 {
		return true
	}
	for _, w := range e.Outcomes {
		if w.Match(o) {
			return true
		}
	}
	return false
}

// Any says that every end is accepted but a violation ("any").
func (e *Expect) Any() bool {
	return e != nil && len(e.Outcomes) == len(outcome.Kinds())-2 && !e.Match(outcome.Outcome{Kind: outcome.Violation})
}

// Value is one balance that must be returned.
type Value struct {
	Pos     Pos
	Account Account
	Amount  *big.Int
}

// FrameRule is what one side must and must not see. Must holds in any order;
// a name that is there twice must be seen twice.
type FrameRule struct {
	Must []FrameName
	Not  []FrameName
	// InOrder are, with Ordered, the next frames of this side: those that come
	// after the ones that earlier steps had in order, or after an earlier step
	// without any, except wait and blocks. Nothing may come between them. An expectation that has frames in order and no outcome ends its step
	// when they were seen, whatever becomes of the operation.
	InOrder []FrameName
	Ordered bool
}

// SocketRule is what a further socket of a role must see.
type SocketRule struct {
	Who Who
	FrameRule
}

// Ordered says whether any side has frames in order.
func (e *Expect) Ordered() bool {
	if e == nil {
		return false
	}
	for _, s := range e.Sockets {
		if s.Ordered {
			return true
		}
	}
	return e.Frames[0].Ordered || e.Frames[1].Ordered
}
