package tx

import (
	"errors"
	"math/big"
)

// GAMeta is ga_meta_tx: what a generalized account wraps around a transaction
// instead of signing it (transactions.md section 2).
type GAMeta struct {
	// Version is 1 before the Iris protocol; every other value writes 2.
	Version    int
	GAID       ID
	AuthData   []byte
	ABIVersion uint64
	Fee        *big.Int
	Gas        uint64
	GasPrice   *big.Int
	TTL        uint64 // version 1 only
	Tx         []byte // the wrapped signed_tx
}

// Type returns "ga_meta_tx".
func (*GAMeta) Type() string { return "ga_meta_tx" }

// Serialize returns the canonical bytes of the unsigned object.
func (t *GAMeta) Serialize() []byte { return serialize(t, len(t.AuthData)+len(t.Tx)) }

func (t *GAMeta) object() (tag, version uint64) { return tagGAMeta, oldOrNew(t.Version) }

func (t *GAMeta) feeField() **big.Int { return &t.Fee }

func (t *GAMeta) layout(c *codec) {
	c.id("ga_id", &t.GAID, accounts)
	c.binary("auth_data", &t.AuthData)
	c.uint("abi_version", &t.ABIVersion)
	c.amount("fee", &t.Fee)
	c.uint("gas", &t.Gas)
	c.amount("gas_price", &t.GasPrice)
	if t.Version == 1 {
		c.uint("ttl", &t.TTL)
	}
	c.binary("tx", &t.Tx)
}

// Inner returns the wrapped signed_tx.
func (t *GAMeta) Inner() (*SignedTx, error) { return DecodeSigned(t.Tx) }

// maxWraps bounds how many ga_meta_tx lie around a transaction. A channel has
// two parties, so the node never makes more than two.
const maxWraps = 8

var errTooManyWraps = errors.New("too many ga_meta_tx around a transaction")

// Innermost returns the transaction inside all ga_meta_tx, with these from the
// outermost to the innermost; they are nil when no party is a generalized
// account.
func (s *SignedTx) Innermost() (Tx, []*GAMeta, error) {
	var wraps []*GAMeta
	for {
		t, err := s.Decode()
		if err != nil {
			return nil, nil, err
		}
		meta, wrapped := t.(*GAMeta)
		if !wrapped {
			return t, wraps, nil
		}
		if wraps = append(wraps, meta); len(wraps) > maxWraps {
			return nil, nil, errTooManyWraps
		}
		if s, err = meta.Inner(); err != nil {
			return nil, nil, err
		}
	}
}
