package nodeapi

import (
	"context"
	"errors"
	"math/big"

	"chanbot/tx"
)

// Channel is the object of a channel on chain (http-api 6). Deposits and
// withdrawals change Amount and not those of the sides, which are from before
// the push amount until a solo closing writes them.
type Channel struct {
	ID                               tx.ID
	InitiatorID, ResponderID         tx.ID
	Amount                           *big.Int // what is locked in it, in aettos
	InitiatorAmount, ResponderAmount *big.Int
	Reserve                          *big.Int
	InitiatorDelegates               []tx.ID // all of them before Iris, whose list is one
	ResponderDelegates               []tx.ID
	Round, SoloRound                 uint64 // SoloRound is 0 unless the last state was forced
	StateHash                        tx.Hash
	LockPeriod                       uint64 // key blocks
	LockedUntil                      uint64 // height; 0 while no solo closing goes on
	Top                              uint64 // height of the chain when this was asked, 0 if the node did not say
}

// Closing tells whether a solo closing goes on.
func (c *Channel) Closing() bool { return c.LockedUntil > 0 }

// Channel asks for a channel. One that is not created yet, settled or closed by
// agreement is not there: see [NotFound].
func (c *Client) Channel(ctx context.Context, id tx.ID) (Channel, error) {
	a, err := c.get(ctx, "/v3/channels/"+id.String(), nil)
	if err != nil {
		return Channel{}, err
	}
	ch, err := readChannel(a.body)
	if err == nil && ch.ID != id {
		err = errors.New("channel: another one than asked for")
	}
	if err != nil {
		return Channel{}, a.malformed(err)
	}
	ch.Top = a.top
	return ch, nil
}

func readChannel(b []byte) (Channel, error) {
	f := readObject("channel", b)
	c := Channel{
		ID:              f.id("id", tx.ChannelID),
		InitiatorID:     f.id("initiator_id", tx.AccountID),
		ResponderID:     f.id("responder_id", tx.AccountID),
		Amount:          f.amount("channel_amount"),
		InitiatorAmount: f.amount("initiator_amount"),
		ResponderAmount: f.amount("responder_amount"),
		Reserve:         f.amount("channel_reserve"),
		Round:           f.uint("round"),
		SoloRound:       f.uint("solo_round"),
		StateHash:       f.hash("state_hash", tx.PrefixState),
		LockPeriod:      f.uint("lock_period"),
		LockedUntil:     f.uint("locked_until"),
	}
	if raw, ok := f.get("delegate_ids"); ok && len(raw) > 0 && raw[0] == '[' {
		c.InitiatorDelegates = f.ids("delegate_ids")
		return c, f.err
	}
	delegates := f.object("delegate_ids")
	c.InitiatorDelegates, c.ResponderDelegates = delegates.ids("initiator"), delegates.ids("responder")
	if f.err == nil {
		f.err = delegates.err
	}
	return c, f.err
}
