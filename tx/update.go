package tx

import (
	"fmt"
	"math/big"
)

// Tags of update objects (transactions.md section 6).
const (
	tagTransfer     = 570
	tagDepositOp    = 571
	tagWithdrawOp   = 572
	tagNewContract  = 573
	tagCallContract = 574
	tagMeta         = 576
)

// Update is one change of an off-chain state (transactions.md section 6). The
// types that implement it are pointers: *Transfer, *DepositUpdate,
// *WithdrawUpdate, *NewContractUpdate, *CallContractUpdate and *MetaUpdate.
type Update interface {
	// Op returns the name in the JSON key "op", such as "OffChainTransfer".
	Op() string

	laidOut
	object() (tag, version uint64)
}

// SerializeUpdate returns the canonical bytes of an update object.
func SerializeUpdate(u Update) []byte {
	tag, version := u.object()
	return write(tag, version, u, 128)
}

// DeserializeUpdate reads an update object. The error of another object is an
// [*UnknownObjectError].
func DeserializeUpdate(b []byte) (Update, error) {
	tag, version, fields, err := openObject(b)
	if err != nil {
		return nil, fmt.Errorf("update: %w", err)
	}
	var u Update
	switch tag {
	case tagTransfer:
		u = new(Transfer)
	case tagDepositOp:
		u = new(DepositUpdate)
	case tagWithdrawOp:
		u = new(WithdrawUpdate)
	case tagNewContract:
		u = new(NewContractUpdate)
	case tagCallContract:
		u = new(CallContractUpdate)
	case tagMeta:
		u = new(MetaUpdate)
	default:
		return nil, &UnknownObjectError{Tag: tag, Version: version}
	}
	if _, known := u.object(); known != version {
		return nil, &UnknownObjectError{Tag: tag, Version: version}
	}
	if err := read(fields, u); err != nil {
		return nil, fmt.Errorf("%s: %w", u.Op(), err)
	}
	return u, nil
}

// Transfer moves Amount from one party to the other.
type Transfer struct {
	From, To ID
	Amount   *big.Int
}

// Op returns "OffChainTransfer".
func (*Transfer) Op() string { return "OffChainTransfer" }

func (*Transfer) object() (tag, version uint64) { return tagTransfer, 1 }

func (u *Transfer) layout(c *codec) {
	c.id("from", &u.From, anyID)
	c.id("to", &u.To, anyID)
	c.amount("amount", &u.Amount)
}

// DepositUpdate adds Amount to the balance of From.
type DepositUpdate struct {
	From   ID
	Amount *big.Int
}

// Op returns "OffChainDeposit".
func (*DepositUpdate) Op() string { return "OffChainDeposit" }

func (*DepositUpdate) object() (tag, version uint64) { return tagDepositOp, 1 }

func (u *DepositUpdate) layout(c *codec) {
	c.id("from", &u.From, anyID)
	c.amount("amount", &u.Amount)
}

// WithdrawUpdate takes Amount from the balance of To.
type WithdrawUpdate struct {
	To     ID
	Amount *big.Int
}

// Op returns "OffChainWithdrawal".
func (*WithdrawUpdate) Op() string { return "OffChainWithdrawal" }

func (*WithdrawUpdate) object() (tag, version uint64) { return tagWithdrawOp, 1 }

func (u *WithdrawUpdate) layout(c *codec) {
	c.id("to", &u.To, anyID)
	c.amount("amount", &u.Amount)
}

// NewContractUpdate creates an off-chain contract.
type NewContractUpdate struct {
	Owner     ID
	CTVersion uint64 // vm version * 65536 + abi version
	Code      []byte
	Deposit   *big.Int
	CallData  []byte
}

// Op returns "OffChainNewContract".
func (*NewContractUpdate) Op() string { return "OffChainNewContract" }

func (*NewContractUpdate) object() (tag, version uint64) { return tagNewContract, 1 }

func (u *NewContractUpdate) layout(c *codec) {
	c.id("owner", &u.Owner, anyID)
	c.uint("ct_version", &u.CTVersion)
	c.binary("code", &u.Code)
	c.amount("deposit", &u.Deposit)
	c.binary("call_data", &u.CallData)
}

// CallContractUpdate calls an off-chain contract. The order of its fields is
// that of the recordings, not of the published specification.
type CallContractUpdate struct {
	Caller     ID
	Contract   ID
	ABIVersion uint64
	Amount     *big.Int
	Gas        uint64
	GasPrice   *big.Int
	CallData   []byte
	CallStack  []*big.Int
}

// Op returns "OffChainCallContract".
func (*CallContractUpdate) Op() string { return "OffChainCallContract" }

func (*CallContractUpdate) object() (tag, version uint64) { return tagCallContract, 1 }

func (u *CallContractUpdate) layout(c *codec) {
	c.id("caller", &u.Caller, anyID)
	c.id("contract", &u.Contract, anyID)
	c.uint("abi_version", &u.ABIVersion)
	c.amount("amount", &u.Amount)
	c.uint("gas", &u.Gas)
	c.amount("gas_price", &u.GasPrice)
	c.binary("call_data", &u.CallData)
	c.amounts("call_stack", &u.CallStack)
}

// MetaUpdate carries data and changes no balance.
type MetaUpdate struct{ Data []byte }

// Op returns "OffChainMeta".
func (*MetaUpdate) Op() string { return "OffChainMeta" }

func (*MetaUpdate) object() (tag, version uint64) { return tagMeta, 2 }

func (u *MetaUpdate) layout(c *codec) { c.binary("data", &u.Data) }
