package tx

import "math/big"

// Deposit is channel_deposit_tx: FromID moves Amount into the channel
// (transactions.md section 2). Both parties sign; nonce and fee are of FromID.
// Once co-signed it is a state, like an off-chain transaction.
type Deposit struct {
	ChannelID ID
	FromID    ID
	Amount    *big.Int
	TTL       uint64 // last height that may include it, 0 = no limit
	Fee       *big.Int
	StateHash Hash   // of the new state
	Round     uint64 // of the new state
	Nonce     uint64
}

// Type returns "channel_deposit_tx".
func (*Deposit) Type() string { return "channel_deposit_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *Deposit) Serialize() []byte { return serialize(t, 0) }

func (t *Deposit) object() (tag, version uint64) { return tagDeposit, 1 }

func (t *Deposit) feeField() **big.Int { return &t.Fee }

func (t *Deposit) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("from_id", &t.FromID, accounts)
	c.amount("amount", &t.Amount)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.hash("state_hash", &t.StateHash)
	c.uint("round", &t.Round)
	c.uint("nonce", &t.Nonce)
}

// Withdraw is channel_withdraw_tx: ToID takes Amount out of the channel
// (transactions.md section 2). Both parties sign; nonce and fee are of ToID.
// Once co-signed it is a state, like an off-chain transaction.
type Withdraw struct {
	ChannelID ID
	ToID      ID
	Amount    *big.Int
	TTL       uint64 // last height that may include it, 0 = no limit
	Fee       *big.Int
	StateHash Hash   // of the new state
	Round     uint64 // of the new state
	Nonce     uint64
}

// Type returns "channel_withdraw_tx".
func (*Withdraw) Type() string { return "channel_withdraw_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *Withdraw) Serialize() []byte { return serialize(t, 0) }

func (t *Withdraw) object() (tag, version uint64) { return tagWithdraw, 1 }

func (t *Withdraw) feeField() **big.Int { return &t.Fee }

func (t *Withdraw) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("to_id", &t.ToID, accounts)
	c.amount("amount", &t.Amount)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.hash("state_hash", &t.StateHash)
	c.uint("round", &t.Round)
	c.uint("nonce", &t.Nonce)
}

// Spend is spend_tx: SenderID sends Amount to RecipientID (http-api.md section
// 10). The sender signs.
type Spend struct {
	SenderID    ID
	RecipientID ID // account, name, oracle or contract
	Amount      *big.Int
	Fee         *big.Int
	TTL         uint64 // last height that may include it, 0 = no limit
	Nonce       uint64
	Payload     []byte // any bytes
}

// Type returns "spend_tx".
func (*Spend) Type() string { return "spend_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *Spend) Serialize() []byte { return serialize(t, len(t.Payload)) }

func (t *Spend) object() (tag, version uint64) { return tagSpend, 1 }

func (t *Spend) feeField() **big.Int { return &t.Fee }

func (t *Spend) layout(c *codec) {
	c.id("sender_id", &t.SenderID, accounts)
	c.id("recipient_id", &t.RecipientID, recipients)
	c.amount("amount", &t.Amount)
	c.amount("fee", &t.Fee)
	c.uint("ttl", &t.TTL)
	c.uint("nonce", &t.Nonce)
	c.binary("payload", &t.Payload)
}
