package strategy

import (
	"cmp"
	"fmt"
	"math/big"
	"time"

	"chanbot/outcome"
)

// Pos is a place in a file. Line and Col count from 1; the zero Pos is
// nowhere, for what no file says (defaults, the command line).
type Pos struct {
	File string
	Line int
	Col  int
}

// String writes file:line:col.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}

func (p Pos) compare(q Pos) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Col, q.Col))
}

// Scenario is one scenario file after substitution, checks and defaults.
// A scenario has steps, or a load, or a load whose phases run the steps.
type Scenario struct {
	Pos         Pos
	Version     int // of the language; always 1
	Name        string
	Description string
	Tags        []string
	// Vars holds the variables as they were used, overrides included.
	Vars      map[string]string
	Channel   Channel
	Node      *Node // nil when the scenario says nothing about the embedded node
	Faults    []Fault
	Initiator Standing
	Responder Standing
	Steps     []Step
	// InTurn says that of several pairs one plays a step at a time: the first one
	// its first step, then the next one, and so on round and round.
	InTurn bool
	// Patience is how long a node may take to react; 0 leaves that to the caller.
	Patience   time.Duration
	Load       *Load // nil when the scenario is steps only
	Thresholds []Threshold
}

// Standing returns what the file says about role r as a whole.
func (s *Scenario) Standing(r outcome.Role) *Standing {
	if r == outcome.Responder {
		return &s.Responder
	}
	return &s.Initiator
}

// AccountPairs is how many pairs of accounts one pair of clients needs.
func (s *Scenario) AccountPairs() int { return max(s.Channel.Accounts, 1) }

// Channel holds the connection parameters that both roles send
// (ws-api.md section 2.1). What the file leaves out has the value of the
// recorded session: 70000000000000, 40000000000000, push 1, reserve 2, lock
// period 10, keep_running false.
type Channel struct {
	Pos             Pos
	InitiatorAmount *big.Int
	ResponderAmount *big.Int
	PushAmount      *big.Int
	ChannelReserve  *big.Int
	LockPeriod      *big.Int
	KeepRunning     bool
	// Timeouts are the node's timers by their name without "timeout_". Empty
	// means that the node's own defaults hold.
	Timeouts map[string]time.Duration
	// KeepAlive is the time between the pings on a silent socket; zero leaves it
	// to the caller, a negative one sends none.
	KeepAlive time.Duration
	// Accounts is how many pairs of accounts the sockets have: those with the
	// number 2 have the second one, and so on; all further ones have the first.
	// Less than one is one.
	Accounts int
	// Params are sent as they are, after and instead of the ones above, in the
	// order of the file.
	Params []Param
	// First is the role that connects first; NoRole leaves it to the caller
	// (whose default is the responder).
	First outcome.Role
}

// Param is one connection parameter as it goes into the query.
type Param struct {
	Pos  Pos
	Name string
	// Value is the text before URL encoding. The texts "$initiator" and
	// "$responder" stand for the addresses of the accounts, "$outsider" for that
	// of one that takes no part and that the embedded node has, "$other" for a
	// well-formed address without an account, "$channel_id" and "$fsm_id" for
	// what the node gave.
	Value string
	// Omit leaves the parameter out of the query (null in the file).
	Omit bool
}

// Node holds settings of the embedded node.
type Node struct {
	Pos Pos
	// Blocks says where blocks come from; BlockEvery is set for BlocksEvery.
	Blocks     BlockMode
	BlockEvery time.Duration
	Era        string // "current", "2020", or "" for the caller's choice
	Forgiving  bool
	Limits     []Setting // fsms, slots, queue, sockets
	Faults     []Setting
	Defects    []Setting
	// Optional says that the scenario also makes sense on a node that cannot
	// be set up like this.
	Optional bool
}

// BlockMode says what makes the blocks of the embedded node.
type BlockMode uint8

// The block modes. BlocksDefault leaves it to the caller.
const (
	BlocksDefault BlockMode = iota
	BlocksOnDemand
	BlocksEvery
	BlocksManual
	BlocksExpected
)

// Setting is a named value whose meaning the embedded node knows. The value is
// empty for a name alone.
type Setting struct {
	Pos   Pos
	Name  string
	Value string
}

// Standing is what holds for a role during the whole scenario, or a phase.
type Standing struct {
	Pos Pos
	// Strategy is the one named by use, resolved; nil without use.
	Strategy *Strategy
	// Sign holds the answers written in the scenario itself, which come before
	// the strategy's.
	Sign Answers
	// SignID says whether the answers with a signature carry an id; those of
	// steps that say it themselves excepted.
	SignID IDPolicy
	// Params override the channel's connection parameters for this role.
	Params []Param
}

// Strategy is a named set of answers, read from a file of its own.
type Strategy struct {
	Pos         Pos
	Name        string
	Description string
	Vars        map[string]string
	Sign        Answers
}
