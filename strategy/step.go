package strategy

import (
	"encoding/json"
	"math/big"
	"time"

	"chanbot/outcome"
)

// Step is one line of a scenario: who does what, how the roles answer the
// signing requests that follow, and how it must end.
type Step struct {
	Pos    Pos
	Who    Who
	Action Action
	// Sign holds for this step only and comes before every other layer.
	Sign   Answers
	Expect *Expect // nil expects that it works as far as the answers let it
	ID     IDPolicy
	// Offset shifts the responder of a step of both. With HasOffset the
	// answers are not held until both sides have their request.
	Offset    time.Duration
	HasOffset bool
	// Raw says that values were not checked and that Action.Params are sent.
	Raw bool
	// Until ends the step as soon as either side has seen this frame, whatever
	// becomes of the operation; nil waits for its effect.
	Until *FrameName
	// Timeout is how long the step may take; zero leaves it to the caller.
	Timeout time.Duration
}

// Party is the side of a step.
type Party uint8

// The sides. Nobody is for steps without a role: open of both, wait, blocks,
// repeat, choose, parallel, post.
const (
	Nobody Party = iota
	Initiator
	Responder
	Both
)

// Who is the side, and the socket of that side, that acts.
type Who struct {
	Party Party
	// Socket is 1 for the socket of the role, 2 and more for further ones
	// (initiator.2); 0 when Party is Nobody or Both.
	Socket int
}

// Role returns the role that acts, or NoRole for Nobody and Both.
func (w Who) Role() outcome.Role {
	switch w.Party {
	case Initiator:
		return outcome.Initiator
	case Responder:
		return outcome.Responder
	}
	return outcome.NoRole
}

// Actions that no operation is measured for under their own name, or that the
// shared words do not have.
const (
	CreateContract     outcome.Operation = "create_contract"
	CallContract       outcome.Operation = "call_contract"
	DryRun             outcome.Operation = "dry_run"
	ContractCall       outcome.Operation = "contract_call"
	Contract           outcome.Operation = "contract"
	CleanCalls         outcome.Operation = "clean_calls"
	AssumeMinimumDepth outcome.Operation = "assume_minimum_depth"
	Post               outcome.Operation = "post"
	Reply              outcome.Operation = "answer"
	Repeat             outcome.Operation = "repeat"
	Choose             outcome.Operation = "choose"
	Parallel           outcome.Operation = "parallel"
)

// Action is what a step does. Kind says which fields mean something.
type Action struct {
	Pos  Pos
	Kind outcome.Operation

	// Amount of transfer, deposit, withdraw, and of the contract actions (for
	// create_contract it is the deposit). Never nil for transfer, deposit and
	// withdraw; negative only in a raw step.
	Amount *big.Int
	// From and To of transfer and message: Account "" is the default, which is
	// the acting role and its peer.
	From, To Account
	Meta     []string
	// Info is the text of a message.
	Info string
	// Accounts of balances and proof; empty means initiator and responder.
	Accounts []Account
	// Contracts of proof.
	Contracts []string
	// Options are the optional parameters of the node (fee, gas_price, nonce,
	// block_hash, n, type, tag, contract_id, ...), typed and named as the node
	// wants them, in the order of the file.
	Options []Option
	// Params are the parameters of a raw step: a JSON merge patch over what
	// the action would send (null removes), or, when they are not an object,
	// what is sent instead. For the texts in it that start with $ see Param.
	Params json.RawMessage
	// Query are the connection parameters of open, reconnect and reestablish,
	// over those of the channel and the role.
	Query []Param

	// Until names per role (outcome.Role.Index) the frame at which open goes
	// no further; nil when open goes on to the end. A nil entry means that
	// nothing is waited for on that side. A side that has seen its frame does
	// not answer signing requests until a later open resumes.
	Until *[2]*FrameName

	// Wait is what wait waits for.
	Wait *Wait
	// Reply is the answer that answer gives.
	Reply *HeldAnswer
	// Send is what send writes.
	Send *Send
	// Cut says how disconnect ends the socket.
	Cut Cut
	// KeyBlocks and MicroBlocks are what blocks makes; only one is not zero.
	KeyBlocks, MicroBlocks int
	// Tx is the transaction of post, and the hash of assume_minimum_depth
	// ("" is the transaction that the channel waits for).
	Tx string

	// Steps of repeat, run Times times, or again and again until For is over
	// (then Times is 0).
	Steps []Step
	Times int
	For   time.Duration
	// Choices of choose.
	Choices []StepChoice
	// Branches of parallel: each one runs its steps in order, beside the others.
	Branches [][]Step
}

// Account names an account: "initiator", "responder", "other" (well-formed,
// not a participant), or the text of an address.
type Account string

// Role returns the role the account belongs to, or NoRole.
func (a Account) Role() outcome.Role {
	r, err := outcome.ParseRole(string(a))
	if err != nil {
		return outcome.NoRole
	}
	return r
}

// Option is one optional parameter of a request; Value is its JSON.
type Option struct {
	Pos   Pos
	Name  string
	Value json.RawMessage
}

// Wait is what a wait step waits for: a frame when Frame is set, key blocks when
// Blocks is not zero, else the time For, which may be zero.
type Wait struct {
	For time.Duration
	// Frame must be seen by the acting role, or by both without one. What came
	// since the beginning of the last step that is no wait counts.
	Frame  *FrameName
	Blocks int
}

// Send is what a send step writes, past every check: exactly one of its
// fields is set. For the texts in Frame that start with $ see Param.
type Send struct {
	Frame     json.RawMessage // one text frame
	Text      *string         // one text frame that need not be JSON
	Binary    []byte          // one binary frame
	Bytes     []byte          // bytes written to the connection, past the framing
	Fragments []string        // one text message in several fragments
}

// Cut is a way to end a socket from the client's side.
type Cut uint8

// The cuts: CutClose is a WebSocket close, CutReset resets the connection, and
// CutHalf ends the client's direction of it alone, without a close.
const (
	CutClose Cut = iota
	CutReset
	CutHalf
)

// String returns the word of the language.
func (c Cut) String() string { return cutNames[c] }

// StepChoice is one branch of a choose step. Weight is in millionths.
type StepChoice struct {
	Pos    Pos
	Weight uint64
	Steps  []Step
}

// IDPolicy says whether a step's request carries an id. The zero value means
// as in the recorded session: on signatures, queries and stop only.
type IDPolicy struct {
	Mode IDMode
	// Value is the JSON of the id for IDValue.
	Value json.RawMessage
}

// IDMode is how the id of a request is chosen.
type IDMode uint8

// The modes.
const (
	IDDefault IDMode = iota
	IDAlways         // a fresh id
	IDNever
	IDValue // the value given
)
