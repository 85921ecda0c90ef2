package tx

import (
	"fmt"
	"math/big"
)

// Tx is a transaction without signatures. The types that implement it are
// pointers: *Create, *OffChain, *Deposit, *Withdraw, *CloseMutual, *CloseSolo,
// *Slash, *Settle, *SnapshotSolo, *ForceProgress, *SetDelegates, *Spend and
// *GAMeta.
type Tx interface {
	// Type returns the node's name of the transaction, such as
	// "channel_create_tx".
	Type() string
	// Serialize returns the canonical bytes of the unsigned object: what is
	// signed, and field 2 of signed_tx.
	Serialize() []byte

	laidOut
	object() (tag, version uint64)
	feeField() **big.Int // nil when the transaction has no fee
}

// UnknownObjectError reports an object that the reader does not know, or not
// in this version.
type UnknownObjectError struct{ Tag, Version uint64 }

// Error names tag and version.
func (e *UnknownObjectError) Error() string {
	return fmt.Sprintf("unexpected object with tag %d version %d", e.Tag, e.Version)
}

// Object tags (encoding.md section 3).
const (
	tagAccount       = 10
	tagSigned        = 11
	tagSpend         = 12
	tagCreate        = 50
	tagDeposit       = 51
	tagWithdraw      = 52
	tagCloseMutual   = 53
	tagCloseSolo     = 54
	tagSlash         = 55
	tagSettle        = 56
	tagOffChain      = 57
	tagSnapshotSolo  = 59
	tagProof         = 60
	tagStateTrees    = 62
	tagTreeList      = 63
	tagTreeLeaf      = 64
	tagGAMeta        = 81
	tagSetDelegates  = 501
	tagForceProgress = 521
)

// newTx returns an empty transaction for a tag and version, or nil.
func newTx(tag, version uint64) Tx {
	switch tag {
	case tagCreate:
		if version == 1 || version == 2 {
			return &Create{Version: int(version)}
		}
		return nil
	case tagOffChain:
		if version == 1 || version == 2 {
			return &OffChain{Version: int(version)}
		}
		return nil
	case tagGAMeta:
		if version == 1 || version == 2 {
			return &GAMeta{Version: int(version)}
		}
		return nil
	}
	if version != 1 {
		return nil
	}
	switch tag {
	case tagSpend:
		return new(Spend)
	case tagDeposit:
		return new(Deposit)
	case tagWithdraw:
		return new(Withdraw)
	case tagCloseMutual:
		return new(CloseMutual)
	case tagCloseSolo:
		return new(CloseSolo)
	case tagSlash:
		return new(Slash)
	case tagSettle:
		return new(Settle)
	case tagSnapshotSolo:
		return new(SnapshotSolo)
	case tagSetDelegates:
		return new(SetDelegates)
	case tagForceProgress:
		return new(ForceProgress)
	}
	return nil
}

// Deserialize reads an unsigned transaction object. The error of an object
// that is no transaction of this package is an [*UnknownObjectError]; a
// signed_tx is one of those. Ids of a kind that the field cannot hold are
// refused.
func Deserialize(b []byte) (Tx, error) {
	tag, version, fields, err := openObject(b)
	if err != nil {
		return nil, fmt.Errorf("transaction: %w", err)
	}
	t := newTx(tag, version)
	if t == nil {
		return nil, &UnknownObjectError{Tag: tag, Version: version}
	}
	if err := read(fields, t); err != nil {
		return nil, fmt.Errorf("%s: %w", t.Type(), err)
	}
	return t, nil
}

// serialize writes t; extra is the expected size of its binaries.
func serialize(t Tx, extra int) []byte {
	tag, version := t.object()
	return write(tag, version, t, 160+extra)
}

// oldOrNew returns 1 for version 1 and 2 for all others, so that the zero value
// of a transaction is the version of current nodes.
func oldOrNew(version int) uint64 {
	if version == 1 {
		return 1
	}
	return 2
}
