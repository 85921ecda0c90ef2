package simnode

import (
	"math/big"
	"time"

	"chanbot/tx"
)

// role is a side of a channel.
type role uint8

const (
	roleInitiator role = iota
	roleResponder
)

// String returns the role as the protocol spells it.
func (r role) String() string {
	if r == roleResponder {
		return "responder"
	}
	return "initiator"
}

// connectParams are the parameters of a connection, from the query of its URL
// (ws-api, sections 2.1 and 2.2).
//
// Whole numbers may have any size. Those that end up in a 64-bit field of a
// transaction, in a duration or in a port are cut off at the ends of that
// range, which is out of reach of a useful value.
type connectParams struct {
	Role role
	Host string // address of the responder's node; read for the initiator only
	Port int    // the responder's node listens there, the initiator's dials it

	// Reconnect tells that existing_channel_id was given: a reconnect or a
	// reestablish. The parameters from InitiatorID to LockPeriod are then not
	// read; the channel on chain has them.
	Reconnect       bool
	ExistingChannel tx.ID
	ExistingFSMID   [32]byte // valid if checkFSMID is nil
	fsmID           fsmIDState

	InitiatorID      tx.ID // zero if AnyInitiator
	AnyInitiator     bool  // the responder gave "any"
	ResponderID      tx.ID
	InitiatorAmount  *big.Int
	ResponderAmount  *big.Int
	PushAmount       *big.Int
	ChannelReserve   *big.Int
	LockPeriod       uint64 // key blocks
	negativeLockTime bool

	// MinimumDepth and Strategy are what the client gave, see minimumDepth.
	// MinimumDepth is nil and Strategy unset where it did not.
	MinimumDepth  *uint64
	Strategy      depthStrategy
	negativeDepth bool

	KeepRunning   bool     // default true; the initiator's is ignored
	TTL           uint64   // height of all on-chain transactions but create; 0 none
	Fee, GasPrice *big.Int // of the create transaction, nil: computed
	Nonce         *uint64  // of the create transaction, nil: the next one
	MsgForwarding bool
	LogKeep       int // size of the history window, default 10
	Slogan        string

	Timeouts timeouts
	reportFlags
	blockDelta
}

// timeouts say how long an FSM stays in its states (fsm.md, section 4).
type timeouts struct {
	Idle          time.Duration // default 600 s
	FundingCreate time.Duration // default 120 s
	FundingSign   time.Duration // default 120 s
	FundingLock   time.Duration // default 360 s
	Sign          time.Duration // default 500 s
	Accept        time.Duration // default 120 s
	Initialized   time.Duration // default that of Accept
	AwaitingOpen  time.Duration // default that of Idle
}

// reportFlags switch whole families of notifications on.
type reportFlags struct {
	ReportInfo      bool // default true, as all to ReportOnChainTx
	ReportUpdate    bool
	ReportLeave     bool
	ReportConflict  bool
	ReportMessage   bool
	ReportError     bool
	ReportOnChainTx bool
	ReportDebug     bool // default false
	ReportMinDepth  bool // default true; has no effect
}

// blockDelta is the window, in heights below the top, of the blocks that
// operations may be pinned to.
type blockDelta struct {
	NotNewerThan uint64 // bh_delta_not_newer_than, default 0
	NotOlderThan uint64 // bh_delta_not_older_than, default 10
	BlockPick    uint64 // where the FSM picks a block itself: NotNewerThan plus bh_delta_pick, default 0
}

// fsmIDState is what came in existing_fsm_id.
type fsmIDState uint8

const (
	fsmIDMissing   fsmIDState = iota
	fsmIDMalformed            // no text of 32 bytes
	fsmIDGiven
)

// depthSettings returns the client's own settings of the minimum depth.
func (p *connectParams) depthSettings() depthSettings {
	return depthSettings{Depth: p.MinimumDepth, Strategy: p.Strategy}
}
