// Package outcome holds the words that every part of chanbot shares: the two
// roles of a channel, the operations that are measured, the three clocks of an
// operation and the closed list of ways in which an operation can end.
package outcome

import "fmt"

// Role is a side of a state channel as the node names it.
type Role uint8

// The two roles. The zero value is no role.
const (
	NoRole Role = iota
	Initiator
	Responder
)

// Roles lists both roles in the order in which they are always written.
var Roles = [2]Role{Initiator, Responder}

var roleNames = [...]string{"", "initiator", "responder"}

// String returns the node's spelling, or "" for NoRole.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("Role(%d)", uint8(r))
}

// Peer returns the other role, and NoRole for NoRole.
func (r Role) Peer() Role {
	switch r {
	case Initiator:
		return Responder
	case Responder:
		return Initiator
	}
	return NoRole
}

// Index returns 0 for the initiator and 1 for the responder, for arrays that
// hold one thing a side. It panics on NoRole, which is a bug of the caller.
func (r Role) Index() int {
	if r != Initiator && r != Responder {
		panic("outcome: index of no role")
	}
	return int(r - Initiator)
}

// ParseRole reads "initiator" or "responder".
func ParseRole(s string) (Role, error) {
	for _, r := range Roles {
		if s == r.String() {
			return r, nil
		}
	}
	return NoRole, fmt.Errorf("role %q is neither initiator nor responder", s)
}

// MarshalText writes the node's spelling.
func (r Role) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what MarshalText writes; the empty text is NoRole.
func (r *Role) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*r = NoRole
		return nil
	}
	p, err := ParseRole(string(b))
	if err != nil {
		return err
	}
	*r = p
	return nil
}
