package outcome

import (
	"fmt"
	"strings"
)

// Kind is the way in which an operation ended. Every operation that was
// attempted ends in exactly one kind, so the counts add up to the attempts.
type Kind uint8

// The closed list. The zero value means "not ended yet" and is never counted.
const (
	// Pending is an operation that has not ended.
	Pending Kind = iota
	// Signed: both sides reported the co-signed state.
	Signed
	// Aborted: the starter took its own operation back with an error code.
	Aborted
	// Conflict: the node answered with channels.conflict.
	Conflict
	// Rejected: the request was refused with an error frame.
	Rejected
	// Refused: the connection was closed or answered with an error before fsm_up.
	Refused
	// Done: an action without a co-signed state worked (message, query, ping, stop, leave, close).
	Done
	// Timeout: a timer of the node (code 3 or the event timeout) or chanbot's own ran out.
	Timeout
	// Died: the channel's FSM ended under the operation.
	Died
	// Disconnected: the socket went away under the operation.
	Disconnected
	// Violation: the node did what a correct node cannot do.
	Violation
	// Cancelled: the run ended before the operation did.
	Cancelled
	// Unknown: what became of the operation can no longer be known.
	Unknown
)

var kindNames = [...]string{
	"pending", "signed", "aborted", "conflict", "rejected", "refused", "done",
	"timeout", "died", "disconnected", "violation", "cancelled", "unknown",
}

// Kinds lists every kind that an ended operation can have, in the order in
// which reports show them.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kindNames)-1)
	for k := Signed; int(k) < len(kindNames); k++ {
		all = append(all, k)
	}
	return all
}

// String returns the name used in scenarios, reports and metrics.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// ParseKind reads the name of an ended operation's kind.
func ParseKind(s string) (Kind, error) {
	for _, k := range Kinds() {
		if k.String() == s {
			return k, nil
		}
	}
	names := make([]string, 0, len(kindNames))
	for _, k := range Kinds() {
		names = append(names, k.String())
	}
	return Pending, fmt.Errorf("unknown outcome %q; expected one of %s", s, strings.Join(names, ", "))
}

// MarshalText writes the name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (k *Kind) UnmarshalText(b []byte) error {
	if string(b) == kindNames[Pending] {
		*k = Pending
		return nil
	}
	p, err := ParseKind(string(b))
	if err != nil {
		return err
	}
	*k = p
	return nil
}

// Party is who caused an outcome.
type Party uint8

// The parties. ByBot marks chanbot's own timer, ByNode the node's.
const (
	ByNobody Party = iota
	ByInitiator
	ByResponder
	ByNode
	ByBot
)

var partyNames = [...]string{"", "initiator", "responder", "node", "chanbot"}

// String returns the name used in scenarios, or "" for ByNobody.
func (p Party) String() string {
	if int(p) < len(partyNames) {
		return partyNames[p]
	}
	return fmt.Sprintf("Party(%d)", uint8(p))
}

// ByRole returns the party that plays role r.
func ByRole(r Role) Party { return Party(r) }

// ParseParty reads a party's name.
func ParseParty(s string) (Party, error) {
	for p := ByInitiator; int(p) < len(partyNames); p++ {
		if p.String() == s {
			return p, nil
		}
	}
	return ByNobody, fmt.Errorf("unknown party %q; expected one of initiator, responder, node, chanbot", s)
}

// MarshalText writes the name.
func (p Party) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (p *Party) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = ByNobody
		return nil
	}
	v, err := ParseParty(string(b))
	if err != nil {
		return err
	}
	*p = v
	return nil
}

// Outcome is how one operation ended.
type Outcome struct {
	Kind Kind `json:"kind"`
	// Code is the abort or conflict code, the sub-code of a rejection, or its
	// JSON-RPC code when it has no sub-code. Zero when the kind has none.
	Code int `json:"code,omitempty"`
	// By is who caused a conflict, or whose timer ran out.
	By Party `json:"by,omitzero"`
	// Round is the round of the co-signed state, or the one a conflict names.
	Round uint64 `json:"round,omitempty"`
	// Detail says in words what a reader needs beyond the other fields.
	Detail string `json:"detail,omitempty"`
}

// String reads like the expectation that the outcome meets: "signed",
// "aborted 42", "conflict 2 by node", "rejected 1001".
func (o Outcome) String() string {
	var b strings.Builder
	b.WriteString(o.Kind.String())
	if o.Code != 0 {
		fmt.Fprintf(&b, " %d", o.Code)
	}
	if o.By != ByNobody {
		b.WriteString(" by " + o.By.String())
	}
	if o.Detail != "" {
		b.WriteString(" (" + o.Detail + ")")
	}
	return b.String()
}
