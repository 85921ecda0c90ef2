package tx

import "math/big"

// OffChain is channel_offchain_tx: a state that both parties sign and keep to
// themselves (transactions.md section 2). It has neither nonce nor fee.
type OffChain struct {
	// Version is 1 before the Fortuna protocol; every other value writes 2.
	Version   int
	ChannelID ID
	Round     uint64
	Updates   [][]byte // version 1 only: update objects, see [DeserializeUpdate]
	StateHash Hash
}

// Type returns "channel_offchain_tx".
func (*OffChain) Type() string { return "channel_offchain_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *OffChain) Serialize() []byte {
	size := 0
	for _, u := range t.Updates {
		size += stringSize(u)
	}
	return serialize(t, size)
}

func (t *OffChain) object() (tag, version uint64) { return tagOffChain, oldOrNew(t.Version) }

func (t *OffChain) feeField() **big.Int { return nil }

func (t *OffChain) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.uint("round", &t.Round)
	if t.Version == 1 {
		c.binaries("updates", &t.Updates)
	}
	c.hash("state_hash", &t.StateHash)
}

// ForceProgress is channel_force_progress_tx: a contract call that one party
// forces on chain (transactions.md section 2). FromID signs.
type ForceProgress struct {
	ChannelID     ID
	FromID        ID
	Payload       []byte // the base state: a co-signed off-chain transaction, or empty: the round on chain
	Round         uint64 // base round + 1
	Update        []byte // one update object, a *CallContractUpdate
	StateHash     Hash   // after the call
	OffchainTrees []byte // state trees before the call, see [DecodeStateTrees]
	TTL           uint64 // last height that may include it, 0 = no limit
	Fee           *big.Int
	Nonce         uint64
}

// Type returns "channel_force_progress_tx".
func (*ForceProgress) Type() string { return "channel_force_progress_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *ForceProgress) Serialize() []byte {
	return serialize(t, len(t.Payload)+len(t.Update)+len(t.OffchainTrees))
}

func (t *ForceProgress) object() (tag, version uint64) { return tagForceProgress, 1 }

func (t *ForceProgress) feeField() **big.Int { return &t.Fee }

func (t *ForceProgress) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("from_id", &t.FromID, accounts)
	c.binary("payload", &t.Payload)
	c.uint("round", &t.Round)
	c.binary("update", &t.Update)
	c.hash("state_hash", &t.StateHash)
	c.binary("offchain_trees", &t.OffchainTrees)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.uint("nonce", &t.Nonce)
}

// SnapshotSolo is channel_snapshot_solo_tx: one party puts a co-signed state on
// chain without closing (transactions.md section 2). FromID signs.
type SnapshotSolo struct {
	ChannelID ID
	FromID    ID
	Payload   []byte // a co-signed off-chain transaction; the node refuses an empty one
	TTL       uint64 // last height that may include it, 0 = no limit
	Fee       *big.Int
	Nonce     uint64
}

// Type returns "channel_snapshot_solo_tx".
func (*SnapshotSolo) Type() string { return "channel_snapshot_solo_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *SnapshotSolo) Serialize() []byte { return serialize(t, len(t.Payload)) }

func (t *SnapshotSolo) object() (tag, version uint64) { return tagSnapshotSolo, 1 }

func (t *SnapshotSolo) feeField() **big.Int { return &t.Fee }

func (t *SnapshotSolo) layout(c *codec) {
	c.id("channel_id", &t.ChannelID, channels)
	c.id("from_id", &t.FromID, accounts)
	c.binary("payload", &t.Payload)
	c.uint("ttl", &t.TTL)
	c.amount("fee", &t.Fee)
	c.uint("nonce", &t.Nonce)
}
