package tx

import "math/big"

// Create is channel_create_tx: it opens a channel with round 1 and moves both
// amounts into it (transactions.md section 2). Both parties sign; nonce and
// fee are the initiator's.
type Create struct {
	// Version is 1 before the Iris protocol; every other value writes 2.
	Version         int
	InitiatorID     ID
	InitiatorAmount *big.Int // deposited by the initiator, before the push amount
	ResponderID     ID
	ResponderAmount *big.Int // deposited by the responder, before the push amount
	ChannelReserve  *big.Int // what each side must keep
	LockPeriod      uint64   // key blocks
	TTL             uint64   // last height that may include it, 0 = no limit; the node's FSM always writes 0
	Fee             *big.Int
	// InitiatorDelegates holds the one list of version 1.
	InitiatorDelegates []ID
	ResponderDelegates []ID // version 2 only
	StateHash          Hash // of round 1, after the push amount
	Nonce              uint64
}

// Type returns "channel_create_tx".
func (*Create) Type() string { return "channel_create_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *Create) Serialize() []byte {
	return serialize(t, (idSize+1)*(len(t.InitiatorDelegates)+len(t.ResponderDelegates)))
}

func (t *Create) object() (tag, version uint64) { return tagCreate, oldOrNew(t.Version) }

func (t *Create) feeField() **big.Int { return &t.Fee }

func (t *Create) layout(c *codec) {
	c.id("initiator_id", &t.InitiatorID, accounts)
	c.amount("initiator_amount", &t.InitiatorAmount)
	c.id("responder_id", &t.ResponderID, accounts)
	c.amount("responder_amount", &t.ResponderAmount)
	c.amount("channel_reserve", &t.ChannelReserve)
	c.uint("lock_period", &t.LockPeriod)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	if t.Version == 1 {
		c.ids("delegate_ids", &t.InitiatorDelegates, accounts)
	} else {
		c.ids("initiator_delegate_ids", &t.InitiatorDelegates, accounts)
		c.ids("responder_delegate_ids", &t.ResponderDelegates, accounts)
	}
	c.hash("state_hash", &t.StateHash)
	c.uint("nonce", &t.Nonce)
}

// SetDelegates is channel_set_delegates_tx: it replaces the delegates of both
// parties (transactions.md section 2). Both sign; nonce and fee are of FromID.
type SetDelegates struct {
	ChannelID          ID
	FromID             ID
	InitiatorDelegates []ID
	ResponderDelegates []ID
	Payload            []byte // a co-signed off-chain transaction, or empty: the round on chain
	StateHash          Hash
	Round              uint64
	TTL                uint64
	Fee                *big.Int
	Nonce              uint64
}

// Type returns "channel_set_delegates_tx".
func (*SetDelegates) Type() string { return "channel_set_delegates_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *SetDelegates) Serialize() []byte {
	return serialize(t, len(t.Payload)+(idSize+1)*(len(t.InitiatorDelegates)+len(t.ResponderDelegates)))
}

func (t *SetDelegates) object() (tag, version uint64) { return tagSetDelegates, 1 }

func (t *SetDelegates) feeField() **big.Int { return &t.Fee }

func (t *SetDelegates) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("from_id", &t.FromID, accounts)
	c.ids("initiator_delegate_ids", &t.InitiatorDelegates, accounts)
	c.ids("responder_delegate_ids", &t.ResponderDelegates, accounts)
	c.binary("payload", &t.Payload)
	c.hash("state_hash", &t.StateHash)
	c.uint("round", &t.Round)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.uint("nonce", &t.Nonce)
}
