package tx

import "math/big"

// Gas of a transaction (transactions.md section 5.1).
const (
	baseGas          = 15_000
	forceProgressGas = 30 * baseGas // from the Fortuna protocol
	gasPerByte       = 20
)

// feeBuilds is how often the node builds a transaction to find its fee.
const feeBuilds = 5

// Gas returns the gas of t with the fee it has: a base and 20 for each byte of
// the unsigned object (transactions.md section 5.1). The gas of a contract call
// is not part of it. It is 0 for an off-chain transaction, which has no fee, and
// for ga_meta_tx, whose gas is not known here.
func Gas(t Tx) uint64 {
	base := baseGasOf(t)
	if base == 0 {
		return 0
	}
	return base + gasPerByte*uint64(len(t.Serialize()))
}

func baseGasOf(t Tx) uint64 {
	switch t.(type) {
	case *OffChain, *GAMeta:
		return 0
	case *ForceProgress:
		return forceProgressGas
	}
	return baseGas
}

// MinFee returns the default fee of t, in aettos, at a gas price in aettos
// (transactions.md section 5.1). The fee that t has does not matter. Since the
// fee's own bytes cost gas, the node writes a fee of 0, computes the fee that is
// needed, writes it, and goes on until it is enough, at most five times; so
// does this. For a close_mutual, t must have the full balances as finals. The
// result is 0 where [Gas] is 0, and for a nil or negative price.
func MinFee(t Tx, gasPrice *big.Int) *big.Int {
	fee := new(big.Int)
	base := baseGasOf(t)
	if base == 0 || gasPrice == nil || gasPrice.Sign() <= 0 {
		return fee
	}
	elements, err := onlyList(t.Serialize())
	if err != nil {
		return fee // not reached: Serialize writes a list
	}
	others := len(elements) - amountSize(*t.feeField())
	for range feeBuilds {
		size := others + amountSize(fee)
		size += headSize(size)
		need := new(big.Int).SetUint64(base + gasPerByte*uint64(size))
		if need.Mul(need, gasPrice).Cmp(fee) <= 0 {
			break
		}
		fee = need
	}
	return fee
}

// SetFee writes a copy of fee, in aettos, into t. It does nothing to an
// off-chain transaction.
func SetFee(t Tx, fee *big.Int) {
	field := t.feeField()
	if field == nil {
		return
	}
	*field = nil
	if fee != nil {
		*field = new(big.Int).Set(fee)
	}
}
