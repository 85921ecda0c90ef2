package simnode

import (
	"encoding/json"

	"chanbot/tx"
	"chanbot/wire"
)

// The embedded node has no contract machine. It checks the parameters of the
// contract methods like the real one; what would have to run a contract is
// answered with -32603 and a line in the log.

// contractFields are the parameters of a contract method by what they must be.
type contractFields struct {
	ints, contracts, accounts, bytes []string
}

var contractParams = map[string]contractFields{
	wire.MethodGetContract:        {contracts: []string{"pubkey"}},
	wire.MethodGetContractCall:    {ints: []string{"round"}, contracts: []string{"contract_id"}, accounts: []string{"caller_id"}},
	wire.MethodUpdateNewContract:  {ints: []string{"vm_version", "abi_version", "deposit"}, bytes: []string{"code", "call_data"}},
	wire.MethodUpdateCallContract: {ints: []string{"abi_version", "amount"}, contracts: []string{"contract_id"}, bytes: []string{"call_data"}},
	wire.MethodDryRunCallContract: {ints: []string{"abi_version", "amount"}, contracts: []string{"contract_id"}, bytes: []string{"call_data"}},
	wire.MethodForceProgress:      {ints: []string{"abi_version", "amount", "gas_price"}, contracts: []string{"contract_id"}, bytes: []string{"call_data"}},
}

// crashing are the parameters whose negative value crashes the real handler, which
// is then answered with ok (ws-api 4.4). Of a round the 0 does so, too.
var crashing = []string{"amount", "deposit", "gas", "round"}

// contract checks the parameters: integers, then encodings, of which several
// can be broken at once (ws-api 3.2), then the optional ones. All that is broken
// in a forced progress has the code of an account (ws-api 4.2).
func (c *clientRequest) contract(p params, fields contractFields) *answer {
	for _, key := range fields.ints {
		if _, ok := wire.Integer(p[key]); !ok {
			return new(rejected(wire.CodeNotANumber))
		}
	}
	var codes []int
	check := func(keys []string, code int, fine func(json.RawMessage) bool) {
		for _, key := range keys {
			if !fine(p[key]) {
				codes = append(codes, code)
				return
			}
		}
	}
	check(fields.contracts, wire.CodeBrokenContract, func(raw json.RawMessage) bool {
		text, _ := wire.Text(raw)
		return decodeHash(text, tx.PrefixContract) != nil
	})
	check(fields.accounts, wire.CodeBrokenAccount, func(raw json.RawMessage) bool { _, ok := accountID(raw); return ok })
	check(fields.bytes, wire.CodeBrokenBytearray, func(raw json.RawMessage) bool {
		text, _ := wire.Text(raw)
		_, err := tx.DecodeAs(tx.PrefixContractBytes, text)
		return err == nil
	})
	switch {
	case len(codes) > 0 && c.method == wire.MethodForceProgress:
		return new(rejected(wire.CodeBrokenAccount))
	case len(codes) > 0:
		return new(rejected(codes...))
	}
	if bad := c.options(p); bad != nil {
		return bad
	}
	for _, key := range crashing {
		if n, ok := wire.Integer(p[key]); ok && (n.Sign() < 0 || key == "round" && n.Sign() == 0) {
			return &answer{}
		}
	}
	return nil
}
