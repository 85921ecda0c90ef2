package model

import (
	"math/big"
	"slices"

	"chanbot/outcome"
	"chanbot/tx"
)

// Config is what one side knows before it connects. A field that is left out
// is not compared with anything.
type Config struct {
	// Role is the side; it must be set.
	Role outcome.Role

	// Initiator and Responder are the two accounts. A responder that connects
	// with initiator_id=any leaves Initiator out.
	Initiator, Responder tx.ID

	// The connection parameters, in aettos. The balances are known only if the
	// two amounts are given; a nil PushAmount counts as 0 then.
	InitiatorAmount, ResponderAmount *big.Int
	PushAmount, ChannelReserve       *big.Int
	// LockPeriod is in key blocks; nil when it is not to be compared.
	LockPeriod *uint64

	// NetworkID is what signatures are made for. Without it no signature is
	// verified.
	NetworkID string

	// SampleChecks verifies the signatures of every nth off-chain transaction:
	// 0 and 1 mean each one. Those of on-chain transactions are always verified.
	SampleChecks int

	// MaxFee is the highest fee that CheckSign lets pass, in aettos; nil means
	// 10^17, a few thousand times the usual one.
	MaxFee *big.Int

	// MsgForwarding is the connection parameter msg_forwarding: with it,
	// messages between other parties are delivered too.
	MsgForwarding bool

	// Unreported says that a family of notifications was switched off with a
	// report_ parameter. Rules that miss a frame then stay silent.
	Unreported bool

	// Deny names the quirks that are to be violations, or holds "all".
	Deny []string
}

func (c Config) withDefaults() Config {
	if c.PushAmount == nil {
		c.PushAmount = new(big.Int)
	}
	if c.MaxFee == nil {
		c.MaxFee = big.NewInt(100_000_000_000_000_000)
	}
	c.Deny = slices.Clone(c.Deny)
	return c
}
