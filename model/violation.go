package model

import (
	"fmt"

	"chanbot/outcome"
)

// keptFrame bounds how much of a frame a violation keeps, in bytes. Reports
// shorten it further.
const keptFrame = 64 << 10

// Violation is something that a correct node does not do.
type Violation struct {
	Role outcome.Role // the side that saw it
	Rule string       // one of the Rule or Quirk constants
	// Expected and Got say in words what was allowed and what came.
	Expected, Got string
	// Frame is a copy of the frame that showed it, shortened when it is huge;
	// nil when it was no frame.
	Frame []byte
}

// String is one line for logs and test failures.
func (v Violation) String() string {
	return fmt.Sprintf("%s: %s: expected %s, got %s", v.Role, v.Rule, v.Expected, v.Got)
}

// Refusal is the error of [Client.CheckSign]: why a transaction must not be
// signed.
type Refusal struct {
	Rule          string // one of the Rule constants
	Expected, Got string
	// NodeAtFault says that a correct node does not offer it. Otherwise the
	// peer's client has signed something else than was asked for, or connected
	// with other parameters, which no node compares (fsm 5.6, ws-api 2.1).
	NodeAtFault bool
}

// Error says it in one line.
func (r *Refusal) Error() string {
	return fmt.Sprintf("refused to sign: %s: expected %s, got %s", r.Rule, r.Expected, r.Got)
}
