package accounts

import (
	"encoding/binary"
	"strconv"

	"chanbot/tx"
)

// Derive returns the first n accounts of a seed. The same seed always gives the
// same accounts, and a longer list begins with the shorter one. Whoever knows
// the seed has the keys, so these accounts are for test networks only.
func Derive(seed uint64, n int) []tx.KeyPair {
	keys := make([]tx.KeyPair, max(n, 0))
	for i := range keys {
		keys[i] = tx.DeriveKeyPair(binary.BigEndian.AppendUint64(nil, seed), "account "+strconv.Itoa(i))
	}
	return keys
}
