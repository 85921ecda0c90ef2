package strategy

import (
	"encoding/json"
	"math/big"
	"time"

	"chanbot/outcome"
)

// Answers are the answers of one layer. An answer for a role and a tag comes
// before an answer for the tag alone.
type Answers struct {
	ByTag  map[string]*Answer
	ByRole [2]map[string]*Answer // outcome.Role.Index, then tag
}

// Empty says that the layer answers nothing.
func (a Answers) Empty() bool {
	return len(a.ByTag) == 0 && len(a.ByRole[0]) == 0 && len(a.ByRole[1]) == 0
}

// AnswerKind is the form of an answer.
type AnswerKind uint8

// The kinds. List, Cases, Delay and Pick are made of other answers.
const (
	AnswerAccept AnswerKind = iota
	AnswerAbort
	AnswerIgnore
	AnswerHold // nothing yet: an answer step gives the answer
	AnswerDelay
	AnswerTamper
	AnswerPropose
	AnswerStop
	AnswerDisconnect
	AnswerReconnect
	AnswerParams // raw parameters instead of signed_tx or error
	AnswerList   // all of Items, in order
	AnswerCases  // the first of Items whose When holds
	AnswerPick   // one of Choices, drawn
)

// Answer is what a role does when it is asked to sign.
type Answer struct {
	Pos  Pos
	Kind AnswerKind
	// When limits the answer; nil always holds. Where it does not hold, the
	// next layer answers.
	When *When

	Code    json.RawMessage // AnswerAbort: the JSON of error; an integer 1..65535 unless Raw
	Raw     bool            // AnswerAbort, AnswerParams: sent unchecked
	Params  json.RawMessage // AnswerParams
	For     time.Duration   // AnswerDelay
	Then    *Answer         // AnswerDelay
	Tamper  *Tamper         // AnswerTamper
	Propose *Action         // AnswerPropose: an operation that is started instead of answering
	Cut     Cut             // AnswerDisconnect
	Items   []*Answer       // AnswerList, AnswerCases
	Choices []AnswerChoice  // AnswerPick
	// Expect is what this one frame must lead to, told to the role itself.
	Expect *Expect
}

// AnswerChoice is one branch of a drawn answer. Weight is in millionths.
type AnswerChoice struct {
	Pos    Pos
	Weight uint64
	Do     *Answer
}

// TamperKind is a way to answer with a wrong transaction (fsm.md section 5.6).
type TamperKind string

// The ways.
const (
	BadSignature     TamperKind = "bad_signature"     // the own signature with a bit flipped
	OtherKey         TamperKind = "other_key"         // signed by a stranger
	OtherNetwork     TamperKind = "other_network"     // the own signature for another network
	OtherTransaction TamperKind = "other_transaction" // another state hash, properly signed
	StaleTransaction TamperKind = "stale_transaction" // the transaction that was signed before this one
	Unsigned         TamperKind = "unsigned"          // as it was offered
	Garbage          TamperKind = "garbage"           // tx_ text around bytes that are no transaction
	PeerTwice        TamperKind = "peer_twice"        // acker: the peer's signature twice, none of its own
	OwnOnly          TamperKind = "own_only"          // acker: the peer's signature removed
	BothKeys         TamperKind = "both_keys"         // starter: signed for both sides
	Truncated        TamperKind = "truncated"         // text cut short
	EmptyText        TamperKind = "empty"             // the empty text
	NotBase64        TamperKind = "not_base64"        // tx_ and then no base64
	NoPrefix         TamperKind = "no_prefix"         // the text without tx_
	FieldChange      TamperKind = "field"             // one field changed, see Tamper
	Made             TamperKind = "made"              // put together, see Tamper.Signatures and Tamper.Change
)

// Tamper says how a transaction is changed before it is given back. Field,
// Value and Resign belong to FieldChange: Field is named as in the serialized
// transaction (round, state_hash, channel_id, fee, amount, nonce, ...); with
// Resign the changed transaction is properly signed, without it the offered
// one is.
type Tamper struct {
	Pos    Pos
	Kind   TamperKind
	Field  string
	Value  string
	Resign bool
	// Signatures and Change belong to Made: the offered transaction with the
	// changed fields, and nothing but these signatures, in this order.
	Signatures []Signature
	Change     []FieldValue
}

// When is a condition on a signing request; everything in it must hold.
type When struct {
	Pos Pos
	// Round is the round of the transaction that is to be signed.
	Round *Span
	// Nth counts the requests with this tag to this role from 1: those of the
	// step in the answers of a step, those of the channel elsewhere.
	Nth *Span
	// Amount is what the operation moves.
	Amount *Span
	// Ops are the operations that ask; empty is any.
	Ops []outcome.Operation
}

// Span is a set of whole numbers: those for which any of its ranges holds.
type Span struct {
	Ranges []Range
}

// Range is the numbers from Min to Max, both included; nil is unbounded. Not
// turns it around.
type Range struct {
	Min, Max *big.Int
	Not      bool
}
