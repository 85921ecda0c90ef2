package fault

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"chanbot/outcome"
)

// Action is what happens to a message.
type Action uint8

const (
	// Delay lets the message, and what is behind it, go on later.
	Delay Action = iota
	// Stall is a Delay during which nothing is taken from the sender either.
	Stall
	// Drop takes the message away.
	Drop
	// Double sends the message twice.
	Double
	// Reorder sends the message after the one that follows it.
	Reorder
	// Corrupt damages the message within its frame.
	Corrupt
	// Cut ends the connection in place of the message.
	Cut
	// Throttle lets the bytes of the message through at a rate.
	Throttle
)

var actionNames = [...]string{"delay", "stall", "drop", "double", "reorder", "corrupt", "cut", "throttle"}

// String returns the action as scenarios spell it.
func (a Action) String() string {
	if int(a) < len(actionNames) {
		return actionNames[a]
	}
	return fmt.Sprintf("Action(%d)", uint8(a))
}

// Direction is a way through a connection. The zero value is both.
type Direction uint8

const (
	// Both directions.
	Both Direction = iota
	// In is from the node to the client.
	In
	// Out is from the client to the node.
	Out
)

var directionNames = [...]string{"both", "in", "out"}

// String returns the direction as scenarios spell it.
func (d Direction) String() string {
	if int(d) < len(directionNames) {
		return directionNames[d]
	}
	return fmt.Sprintf("Direction(%d)", uint8(d))
}

// Damage is how Corrupt damages a message.
type Damage uint8

const (
	// DamageByte changes one byte of the payload, drawn from the seed.
	DamageByte Damage = iota
	// DamageTruncate leaves out the second half of the payload.
	DamageTruncate
	// DamageGarbage replaces the payload by as many random letters.
	DamageGarbage
)

var damageNames = [...]string{"byte", "truncate", "garbage"}

// String returns the damage as scenarios spell it.
func (d Damage) String() string {
	if int(d) < len(damageNames) {
		return damageNames[d]
	}
	return fmt.Sprintf("Damage(%d)", uint8(d))
}

// Ending is how Cut ends a connection.
type Ending uint8

const (
	// EndReset cuts the connection so that reads on both sides fail at once.
	EndReset Ending = iota
	// EndClose ends it like a process that closes its socket, without a close frame.
	EndClose
	// EndHalf lets the first half of the message's bytes through and then resets.
	EndHalf
)

var endingNames = [...]string{"reset", "close", "half"}

// String returns the ending as scenarios spell it.
func (e Ending) String() string {
	if int(e) < len(endingNames) {
		return endingNames[e]
	}
	return fmt.Sprintf("Ending(%d)", uint8(e))
}

// Rule says which messages something happens to. The zero value delays every
// message by nothing.
type Rule struct {
	Do Action
	// For is how long Delay, Stall and Reorder take: for Delay the time, or the
	// least one if Most is greater, which is then drawn evenly between the two;
	// for Stall the time, zero being until the connection ends; for Reorder how
	// long the message waits for another one, zero being 100 ms.
	For, Most time.Duration
	// Rate is that of Throttle, in bytes a second.
	Rate   uint64
	Damage Damage // of Corrupt
	Ending Ending // of Cut

	// Frames are the names of the messages; without any, all of them. From the
	// node a message has its name in scenarios ("sign.update", "info fsm_up",
	// "result ok"), to the node that of its method without "channels."
	// ("update.new", "update"), with "abort " in front when it is one. Besides
	// there are "ping", "pong", "close", "binary", "batch" and "invalid". A name
	// that ends with * stands for all that begin with the rest.
	Frames []string
	// Direction is the way that messages go; Both by default.
	Direction Direction
	// Role is whose connections; NoRole is both roles'.
	Role outcome.Role
	// Nth says which of the messages that the rule names, from 1 on for each
	// pair, role and direction, over all connections of that role; without any,
	// all of them.
	Nth []Span
	// Share is the probability of the rule for such a message, from 0 to 1; zero
	// is 1.
	Share float64
	// After and Until are the window of time in which the rule holds, since the
	// start of the proxy's clock. Messages outside are counted all the same.
	// Until zero is no end.
	After, Until time.Duration
}

// Span is the numbers from Min to Max, both included; Max zero is no end. Not
// turns it around.
type Span struct {
	Min, Max uint64
	Not      bool
}

func (s Span) holds(n uint64) bool { return (n >= s.Min && (s.Max == 0 || n <= s.Max)) != s.Not }

// Validate tells what is wrong with a rule.
func (r *Rule) Validate() error {
	switch {
	case r.Do > Throttle:
		return fmt.Errorf("unknown action %d", r.Do)
	case r.Direction > Out:
		return fmt.Errorf("unknown direction %d", r.Direction)
	case r.Damage > DamageGarbage:
		return fmt.Errorf("unknown damage %d", r.Damage)
	case r.Ending > EndHalf:
		return fmt.Errorf("unknown ending %d", r.Ending)
	case r.For < 0 || r.Most < 0 || r.After < 0 || r.Until < 0:
		return fmt.Errorf("%s: a negative time", r.Do)
	case r.Most != 0 && r.Most < r.For:
		return fmt.Errorf("%s: at most %v is less than %v", r.Do, r.Most, r.For)
	case r.Do == Delay && r.For == 0 && r.Most == 0:
		return fmt.Errorf("delay needs a time")
	case r.Do == Throttle && r.Rate == 0:
		return fmt.Errorf("throttle needs a rate")
	case r.Share < 0 || r.Share > 1:
		return fmt.Errorf("%s: the share %v is not from 0 to 1", r.Do, r.Share)
	case r.Until != 0 && r.Until <= r.After:
		return fmt.Errorf("%s: the window ends at %v, before it begins at %v", r.Do, r.Until, r.After)
	}
	return nil
}

// concerns tells whether the rule can hold for messages of a role in a
// direction.
func (r *Rule) concerns(role outcome.Role, d Direction) bool {
	return (r.Role == outcome.NoRole || r.Role == role) && (r.Direction == Both || r.Direction == d)
}

// names tells whether the rule means messages with this name.
func (r *Rule) names(name string) bool {
	return slices.ContainsFunc(r.Frames, func(f string) bool {
		if head, open := strings.CutSuffix(f, "*"); open {
			return strings.HasPrefix(name, head)
		}
		return f == name
	})
}

// counts tells whether the rule means the nth of the messages that it names.
func (r *Rule) counts(n uint64) bool {
	return len(r.Nth) == 0 || slices.ContainsFunc(r.Nth, func(s Span) bool { return s.holds(n) })
}

// in tells whether the rule holds at a time.
func (r *Rule) in(t time.Duration) bool { return t >= r.After && (r.Until == 0 || t < r.Until) }
