package simnode

import (
	"encoding/json"
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

// optional lists the optional parameters of a method in the order in which the
// node reads them (ws-api 5). It takes no notice of any others.
var optional = func() map[string][]string {
	m := map[string][]string{
		wire.MethodUpdateNew:          {"block_hash", "meta"},
		wire.MethodUpdateNewContract:  {"block_hash", "meta"},
		wire.MethodUpdateCallContract: {"block_hash", "meta"},
		wire.MethodDryRunCallContract: {"block_hash", "meta"},
		wire.MethodForceProgress:      {"gas", "nonce"},
	}
	onChain := []string{"nonce", "fee", "gas_price"}
	for _, method := range []string{wire.MethodDeposit, wire.MethodWithdraw} {
		m[method] = append([]string{"meta", "block_hash"}, onChain...)
	}
	for _, method := range []string{wire.MethodShutdown, wire.MethodCloseSolo, wire.MethodSnapshotSolo, wire.MethodSlash, wire.MethodSettle} {
		m[method] = onChain
	}
	return m
}()

// options reads the optional parameters, and last the sign of the amount.
func (c *clientRequest) options(p params) *answer {
	for _, name := range optional[c.method] {
		if raw, there := p[name]; there {
			if bad := c.option(name, raw); bad != nil {
				return bad
			}
		}
	}
	if c.amount != nil && c.amount.Sign() < 0 {
		return new(rejected(wire.CodeNegativeAmount))
	}
	return nil
}

func (c *clientRequest) option(name string, raw json.RawMessage) *answer {
	ok := false
	switch name {
	case "meta":
		if c.meta, ok = textList(raw); !ok {
			return new(rejected(wire.CodeInvalidMeta))
		}
	case "block_hash":
		text, _ := wire.Text(raw)
		c.blockHash = decodeHash(text, tx.PrefixKeyBlock, tx.PrefixMicroBlock)
		ok = c.blockHash != nil
	case "nonce":
		var n *big.Int
		if n, ok = natural(raw); ok {
			ok = n.IsUint64()
			c.nonce = new(n.Uint64())
		}
	case "fee":
		c.fee, ok = natural(raw)
	case "gas_price":
		c.gasPrice, ok = natural(raw)
	case "gas":
		_, ok = wire.Integer(raw)
	}
	if !ok {
		return new(internalError())
	}
	return nil
}

// textList reads a list of texts.
func textList(raw json.RawMessage) ([]string, bool) {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		return nil, false
	}
	var list []string
	for _, item := range items {
		text, ok := wire.Text(item)
		if !ok {
			return nil, false
		}
		list = append(list, text)
	}
	return list, true
}

// natural reads a number of the three that may also be written as text (ws-api 5).
func natural(raw json.RawMessage) (*big.Int, bool) {
	if text, isText := wire.Text(raw); isText {
		raw = []byte(text)
	}
	n, ok := wire.Integer(raw)
	if !ok || n.Sign() < 0 {
		return nil, false
	}
	return n, true
}
