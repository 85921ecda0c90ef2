package fuzz

import (
	"context"
	"math/big"

	"chanbot/bot"
	"chanbot/tx"
)

// Place is a node that cases are played against. Its functions may be called
// from many goroutines at once.
type Place struct {
	// Bot is what package bot needs to reach the node. The scenario, the keys,
	// the seed, the timeouts and what listens are filled in for each case.
	Bot bot.Config
	// Keys returns the keys of an initiator and a responder for play number n;
	// their accounts have coins and are used by nobody else until Free gets them.
	Keys func(n int) ([2]tx.KeyPair, error)
	// Free takes the keys of a play that has ended. Nil where every play has
	// accounts of its own.
	Free func(keys [2]tx.KeyPair)
	// Alive asks the node for anything that needs no channel; the error says why
	// it does not answer.
	Alive func(ctx context.Context) error
	// Account returns the coins and the nonce of an account on the chain. Nil
	// leaves the chain unjudged.
	Account func(ctx context.Context, id tx.ID) (balance *big.Int, nonce uint64, err error)
	// Locked returns what the chain holds for a channel; ok is false for one that
	// it does not have. Nil leaves that unjudged.
	Locked func(ctx context.Context, channel tx.ID) (amount *big.Int, ok bool, err error)
	// Depth returns how many key blocks are above the one with a transaction; ok
	// is false for one that is in none, or not known. Nil leaves depths unjudged.
	Depth func(ctx context.Context, hash tx.Hash) (depth uint64, ok bool, err error)
	// Gone returns how the node has ended by itself, nil while it has not. Nil
	// for a node that is somebody else's.
	Gone func() error
	// Close ends a node that was started for us.
	Close func() error

	blocks   blockLog
	machines census
}

func (p *Place) close() {
	if p.Close != nil {
		_ = p.Close() // what it says about its end is no more wanted than the node
	}
}
