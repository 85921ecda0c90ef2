package bot

import (
	"math/big"
	"slices"
	"strconv"

	"chanbot/tx"
)

// fields are the parts of a transaction that a scenario can change.
type fields struct {
	numbers map[string]*uint64
	amounts map[string]**big.Int
	ids     map[string]*tx.ID
	hashes  map[string]*tx.Hash
	bytes   map[string]*[]byte
	version *int
}

// fieldsOf returns the fields of a transaction by the names they have in its
// serialization.
func fieldsOf(t tx.Tx) fields {
	var f fields
	switch t := t.(type) {
	case *tx.Create:
		f = fields{
			numbers: map[string]*uint64{"lock_period": &t.LockPeriod, "ttl": &t.TTL, "nonce": &t.Nonce},
			amounts: map[string]**big.Int{"initiator_amount": &t.InitiatorAmount, "responder_amount": &t.ResponderAmount, "channel_reserve": &t.ChannelReserve, "fee": &t.Fee},
			ids:     map[string]*tx.ID{"initiator_id": &t.InitiatorID, "responder_id": &t.ResponderID},
			hashes:  map[string]*tx.Hash{"state_hash": &t.StateHash},
			version: &t.Version,
		}
	case *tx.OffChain:
		f = fields{
			numbers: map[string]*uint64{"round": &t.Round},
			ids:     map[string]*tx.ID{"channel_id": &t.ChannelID},
			hashes:  map[string]*tx.Hash{"state_hash": &t.StateHash},
			version: &t.Version,
		}
	case *tx.Deposit:
		f = fields{
			numbers: map[string]*uint64{"ttl": &t.TTL, "round": &t.Round, "nonce": &t.Nonce},
			amounts: map[string]**big.Int{"amount": &t.Amount, "fee": &t.Fee},
			ids:     map[string]*tx.ID{"channel_id": &t.ChannelID, "from_id": &t.FromID},
			hashes:  map[string]*tx.Hash{"state_hash": &t.StateHash},
		}
	case *tx.Withdraw:
		f = fields{
			numbers: map[string]*uint64{"ttl": &t.TTL, "round": &t.Round, "nonce": &t.Nonce},
			amounts: map[string]**big.Int{"amount": &t.Amount, "fee": &t.Fee},
			ids:     map[string]*tx.ID{"channel_id": &t.ChannelID, "to_id": &t.ToID},
			hashes:  map[string]*tx.Hash{"state_hash": &t.StateHash},
		}
	case *tx.CloseMutual:
		f = fields{
			numbers: map[string]*uint64{"ttl": &t.TTL, "nonce": &t.Nonce},
			amounts: map[string]**big.Int{"initiator_amount_final": &t.InitiatorAmountFinal, "responder_amount_final": &t.ResponderAmountFinal, "fee": &t.Fee},
			ids:     map[string]*tx.ID{"channel_id": &t.ChannelID, "from_id": &t.FromID},
		}
	case *tx.CloseSolo:
		f = solo(&t.ChannelID, &t.FromID, &t.TTL, &t.Nonce, &t.Fee)
		f.bytes = map[string]*[]byte{"payload": &t.Payload, "poi": &t.PoI}
	case *tx.Slash:
		f = solo(&t.ChannelID, &t.FromID, &t.TTL, &t.Nonce, &t.Fee)
		f.bytes = map[string]*[]byte{"payload": &t.Payload, "poi": &t.PoI}
	case *tx.SnapshotSolo:
		f = solo(&t.ChannelID, &t.FromID, &t.TTL, &t.Nonce, &t.Fee)
		f.bytes = map[string]*[]byte{"payload": &t.Payload}
	case *tx.Settle:
		f = solo(&t.ChannelID, &t.FromID, &t.TTL, &t.Nonce, &t.Fee)
		f.amounts["initiator_amount_final"] = &t.InitiatorAmountFinal
		f.amounts["responder_amount_final"] = &t.ResponderAmountFinal
	}
	return f
}

func solo(channel, from *tx.ID, ttl, nonce *uint64, fee **big.Int) fields {
	return fields{
		numbers: map[string]*uint64{"ttl": ttl, "nonce": nonce},
		amounts: map[string]**big.Int{"fee": fee},
		ids:     map[string]*tx.ID{"channel_id": channel, "from_id": from},
	}
}

// setField changes one field of a transaction. A value that begins with + or -
// is added to a number; without a value a number grows by one, and the last bit
// of a hash, of an id or of bytes is turned. The field version is that of the
// serialization, 1 or 2; without a value it is the other one. It reports false
// for a field that the transaction does not have, or a value that it cannot hold.
func setField(t tx.Tx, name, value string) bool {
	f := fieldsOf(t)
	if n := f.numbers[name]; n != nil {
		v := changedNumber(new(big.Int).SetUint64(*n), value)
		if v == nil || !v.IsUint64() {
			return false
		}
		*n = v.Uint64()
		return true
	}
	if n := f.amounts[name]; n != nil {
		old := *n
		if old == nil {
			old = new(big.Int)
		}
		v := changedNumber(old, value)
		if v == nil || v.Sign() < 0 {
			return false
		}
		*n = v
		return true
	}
	if id := f.ids[name]; id != nil {
		if value == "" {
			id.Key[len(id.Key)-1] ^= 1
			return true
		}
		parsed, err := tx.ParseID(value)
		if err == nil {
			*id = parsed
		}
		return err == nil
	}
	if b := f.bytes[name]; b != nil {
		return setBytes(b, value)
	}
	if name == "version" && f.version != nil {
		switch {
		case value != "":
			n, err := strconv.Atoi(value)
			if err != nil || n != 1 && n != 2 {
				return false
			}
			*f.version = n
		case *f.version == 1:
			*f.version = 2
		default:
			*f.version = 1
		}
		return true
	}
	h := f.hashes[name]
	if h == nil {
		return false
	}
	if value == "" {
		h[len(h)-1] ^= 1
		return true
	}
	b, err := tx.DecodeAs(tx.PrefixState, value)
	if err != nil || len(b) != len(h) {
		return false
	}
	copy(h[:], b)
	return true
}

// setBytes changes bytes: to those of a text, or by their last bit. Empty ones
// become a zero.
func setBytes(b *[]byte, value string) bool {
	if value != "" {
		decoded, err := tx.DecodeAs(tx.PrefixByteArray, value)
		if err == nil {
			*b = decoded
		}
		return err == nil
	}
	if len(*b) == 0 {
		*b = []byte{0}
		return true
	}
	*b = slices.Clone(*b)
	(*b)[len(*b)-1] ^= 1
	return true
}

// changedNumber returns what a number becomes, nil when value is none.
func changedNumber(old *big.Int, value string) *big.Int {
	if value == "" {
		value = "+1"
	}
	v, ok := new(big.Int).SetString(value, 10)
	if !ok {
		return nil
	}
	if _, err := strconv.ParseUint(value[:1], 10, 8); err != nil {
		return v.Add(v, old)
	}
	return v
}
