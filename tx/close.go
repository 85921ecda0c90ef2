package tx

import "math/big"

// CloseMutual is channel_close_mutual_tx: both parties agree on the final
// amounts (transactions.md section 2). Both sign; the nonce is of FromID, the
// fee comes out of the channel and the finals already exclude it (section 5.4).
type CloseMutual struct {
	ChannelID            ID
	FromID               ID
	InitiatorAmountFinal *big.Int
	ResponderAmountFinal *big.Int
	TTL                  uint64 // last height that may include it, 0 = no limit
	Fee                  *big.Int
	Nonce                uint64
}

// Type returns "channel_close_mutual_tx".
func (*CloseMutual) Type() string { return "channel_close_mutual_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *CloseMutual) Serialize() []byte { return serialize(t, 0) }

func (t *CloseMutual) object() (tag, version uint64) { return tagCloseMutual, 1 }

func (t *CloseMutual) feeField() **big.Int { return &t.Fee }

func (t *CloseMutual) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("from_id", &t.FromID, accounts)
	c.amount("initiator_amount_final", &t.InitiatorAmountFinal)
	c.amount("responder_amount_final", &t.ResponderAmountFinal)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.uint("nonce", &t.Nonce)
}

// Settle is channel_settle_tx: it pays out a channel whose solo close has
// waited out the lock period (transactions.md section 2). FromID signs and pays
// the fee; the finals are the full latest balances.
type Settle struct {
	ChannelID            ID
	FromID               ID
	InitiatorAmountFinal *big.Int
	ResponderAmountFinal *big.Int
	TTL                  uint64 // last height that may include it, 0 = no limit
	Fee                  *big.Int
	Nonce                uint64
}

// Type returns "channel_settle_tx".
func (*Settle) Type() string { return "channel_settle_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *Settle) Serialize() []byte { return serialize(t, 0) }

func (t *Settle) object() (tag, version uint64) { return tagSettle, 1 }

func (t *Settle) feeField() **big.Int { return &t.Fee }

func (t *Settle) layout(c *codec) { (*CloseMutual)(t).layout(c) }

// CloseSolo is channel_close_solo_tx: one party closes with the latest
// co-signed state and starts the lock period (transactions.md section 2).
// FromID signs.
type CloseSolo struct {
	ChannelID ID
	FromID    ID
	Payload   []byte // a co-signed off-chain transaction, or empty: the round on chain
	PoI       []byte // proof of both balances in that state, see [DecodeProof]
	TTL       uint64 // last height that may include it, 0 = no limit
	Fee       *big.Int
	Nonce     uint64
}

// Type returns "channel_close_solo_tx".
func (*CloseSolo) Type() string { return "channel_close_solo_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *CloseSolo) Serialize() []byte { return serialize(t, len(t.Payload)+len(t.PoI)) }

func (t *CloseSolo) object() (tag, version uint64) { return tagCloseSolo, 1 }

func (t *CloseSolo) feeField() **big.Int { return &t.Fee }

func (t *CloseSolo) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("from_id", &t.FromID, accounts)
	c.binary("payload", &t.Payload)
	c.binary("poi", &t.PoI)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.uint("nonce", &t.Nonce)
}

// Slash is channel_slash_tx: it answers a solo close with a newer co-signed
// state (transactions.md section 2). FromID signs.
type Slash struct {
	ChannelID ID
	FromID    ID
	Payload   []byte // a co-signed off-chain transaction; the node refuses an empty one
	PoI       []byte // proof of both balances in that state, see [DecodeProof]
	TTL       uint64 // last height that may include it, 0 = no limit
	Fee       *big.Int
	Nonce     uint64
}

// Type returns "channel_slash_tx".
func (*Slash) Type() string { return "channel_slash_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *Slash) Serialize() []byte { return serialize(t, len(t.Payload)+len(t.PoI)) }

func (t *Slash) object() (tag, version uint64) { return tagSlash, 1 }

func (t *Slash) feeField() **big.Int { return &t.Fee }

func (t *Slash) layout(c *codec) { (*CloseSolo)(t).layout(c) }
