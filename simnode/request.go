package simnode

import (
	"encoding/json"
	"math"
	"math/big"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// clientRequest is a request with its parameters decoded.
type clientRequest struct {
	method string
	// an abort is {"error": code} with an answer method; tag is what it answers
	abort bool
	tag   string
	code  int

	from, to         tx.ID
	fromText, toText string
	text             string
	amount           *big.Int
	meta             []string
	blockHash        *tx.Hash
	txHash           *tx.Hash
	accounts         []tx.ID
	contracts        []string
	types, tags      []string // history.fetch
	count            int
	nonce            *uint64
	fee, gasPrice    *big.Int
}

var groupOf = map[string]group{
	wire.MethodGetBalances: groupQuery, wire.MethodGetOffchainState: groupQuery, wire.MethodGetContract: groupQuery,
	wire.MethodGetPoI: groupQuery, wire.MethodHistoryFetch: groupQuery, wire.MethodCleanContractCalls: groupQuery, wire.MethodMessage: groupQuery,
	wire.MethodUpdateNew: groupUpdate, wire.MethodDeposit: groupUpdate, wire.MethodWithdraw: groupUpdate,
	wire.MethodUpdateNewContract: groupUpdate, wire.MethodUpdateCallContract: groupUpdate, wire.MethodDryRunCallContract: groupUpdate,
	wire.MethodGetContractCall: groupCall, wire.MethodShutdown: groupShutdown, wire.MethodLeave: groupLeave,
	wire.MethodForceProgress: groupForce, wire.MethodCloseSolo: groupSolo, wire.MethodSnapshotSolo: groupSolo,
	wire.MethodSlash: groupSettling, wire.MethodSettle: groupSettling, wire.MethodAssumeMinimumDepth: groupAssume,
}

func (r *clientRequest) group() group {
	if r.abort {
		return groupAbort
	}
	return groupOf[r.method]
}

// required lists the keys without which a request is no known method
// (ws-api 3.1: -32601). A method that is missing here may come without params.
var required = map[string][]string{
	wire.MethodUpdateNew:          {"from", "to", "amount"},
	wire.MethodUpdateNewContract:  {"vm_version", "abi_version", "deposit", "code", "call_data"},
	wire.MethodUpdateCallContract: {"contract_id", "abi_version", "amount", "call_data"},
	wire.MethodDryRunCallContract: {"contract_id", "abi_version", "amount", "call_data"},
	wire.MethodForceProgress:      {"contract_id", "abi_version", "amount", "call_data", "gas_price"},
	wire.MethodDeposit:            {"amount"},
	wire.MethodWithdraw:           {"amount"},
	wire.MethodMessage:            {"to", "info"},
	wire.MethodAssumeMinimumDepth: {"tx_hash"},
	wire.MethodGetBalances:        {"accounts"},
	wire.MethodGetOffchainState:   {},
	wire.MethodGetContract:        {"pubkey"},
	wire.MethodGetContractCall:    {"contract_id", "caller_id", "round"},
	wire.MethodGetPoI:             {},
	wire.MethodHistoryFetch:       {},
	wire.MethodSystem:             {"action"},
}

// maxMessage is the longest in-band message in bytes (ws-api 4.1, -32000).
const maxMessage = 65000

type params map[string]json.RawMessage

// paramsOf returns the members of params; ok is false when the node does not
// know the method in this form.
func paramsOf(r *wire.Request) (params, bool) {
	if _, known := groupOf[r.Method]; !known && r.Method != wire.MethodSystem {
		return nil, false
	}
	keys, needs := required[r.Method]
	if r.Params == nil {
		return nil, !needs
	}
	m, isObject := wire.Members(r.Params)
	if !isObject {
		return nil, !needs
	}
	for _, k := range keys {
		if _, there := m[k]; !there {
			return nil, false
		}
	}
	return m, true
}

// decodeRequest checks the parameters in the node's order: required keys,
// integers, keys, optional parameters, negative amounts (ws-api 5). A non-nil
// refusal is the answer.
func decodeRequest(r *wire.Request) (clientRequest, *answer) {
	c := clientRequest{method: r.Method}
	p, known := paramsOf(r)
	if !known {
		return c, &answer{code: wire.CodeMethodNotFound}
	}
	if fields, isContract := contractParams[r.Method]; isContract {
		return c, c.contract(p, fields)
	}
	var bad *answer
	switch r.Method {
	case wire.MethodUpdateNew:
		if bad = c.integer(p, "amount"); bad != nil {
			return c, bad
		}
		if bad = c.parties(p); bad != nil {
			return c, bad
		}
		return c, c.options(p)
	case wire.MethodDeposit, wire.MethodWithdraw:
		if bad = c.integer(p, "amount"); bad != nil {
			return c, bad
		}
		return c, c.options(p)
	case wire.MethodShutdown, wire.MethodCloseSolo, wire.MethodSnapshotSolo, wire.MethodSlash, wire.MethodSettle:
		return c, c.options(p)
	case wire.MethodMessage:
		return c, c.messageParams(p)
	case wire.MethodGetBalances:
		return c, c.accountList(p["accounts"])
	case wire.MethodGetPoI:
		return c, c.proofParams(p)
	case wire.MethodHistoryFetch:
		if !c.historyParams(p) {
			return c, new(internalError())
		}
	case wire.MethodAssumeMinimumDepth:
		text, _ := wire.Text(p["tx_hash"])
		if c.txHash = decodeHash(text, tx.PrefixTxHash); c.txHash == nil {
			return c, &answer{silent: true}
		}
	}
	return c, nil
}

func (c *clientRequest) integer(p params, key string) *answer {
	n, ok := wire.Integer(p[key])
	if !ok {
		return new(rejected(wire.CodeNotANumber))
	}
	c.amount = n
	return nil
}

func (c *clientRequest) parties(p params) *answer {
	var ok bool
	if c.from, ok = accountID(p["from"]); !ok {
		return new(rejected(wire.CodeBrokenAccount))
	}
	if c.to, ok = accountID(p["to"]); !ok {
		return new(rejected(wire.CodeBrokenAccount))
	}
	return nil
}

func accountID(raw json.RawMessage) (tx.ID, bool) {
	text, ok := wire.Text(raw)
	if !ok {
		return tx.ID{}, false
	}
	id, err := tx.ParseID(text)
	return id, err == nil && id.Kind == tx.AccountID
}

func decodeHash(text string, prefixes ...tx.Prefix) *tx.Hash {
	p, b, err := tx.Decode(text)
	if err != nil || len(b) != len(tx.Hash{}) {
		return nil
	}
	if slices.Contains(prefixes, p) {
		return new(tx.Hash(b))
	}
	return nil
}

func (c *clientRequest) messageParams(p params) *answer {
	if _, ok := accountID(p["to"]); !ok {
		return new(rejected(wire.CodeBrokenAccount))
	}
	c.toText, _ = wire.Text(p["to"])
	if raw, there := p["from"]; there {
		if _, ok := accountID(raw); !ok {
			return new(internalError())
		}
		c.fromText, _ = wire.Text(raw)
	}
	text, ok := wire.Text(p["info"])
	if !ok {
		text, ok = byteList(p["info"])
	}
	if !ok || len(text) > maxMessage {
		return &answer{code: wire.CodeInvalidRequest}
	}
	c.text = text
	return nil
}

// byteList reads a list of byte values, which the node takes for a text.
func byteList(raw json.RawMessage) (string, bool) {
	var values []uint8
	var numbers []json.Number
	if json.Unmarshal(raw, &numbers) != nil || numbers == nil {
		return "", false
	}
	for _, n := range numbers {
		v, err := n.Int64()
		if err != nil || v < 0 || v > 255 {
			return "", false
		}
		values = append(values, uint8(v))
	}
	return string(values), true
}

func (c *clientRequest) accountList(raw json.RawMessage) *answer {
	var items []json.RawMessage
	if json.Unmarshal(raw, &items) != nil || items == nil {
		return new(internalError())
	}
	for _, item := range items {
		id, ok := accountID(item)
		if !ok {
			return new(rejected(wire.CodeBrokenAccount))
		}
		c.accounts = append(c.accounts, id)
	}
	return nil
}

// proofParams reads both lists of get.poi; both may be broken at once.
func (c *clientRequest) proofParams(p params) *answer {
	var codes []int
	if raw, there := p["accounts"]; there && c.accountList(raw) != nil {
		codes = append(codes, wire.CodeBrokenAccount)
	}
	if raw, there := p["contracts"]; there {
		var items []string
		if json.Unmarshal(raw, &items) != nil {
			codes = append(codes, wire.CodeBrokenContract)
		}
		for _, text := range items {
			if decodeHash(text, tx.PrefixContract) == nil {
				codes = append(codes, wire.CodeBrokenContract)
				break
			}
		}
		c.contracts = items
	}
	if len(codes) > 0 {
		return new(rejected(codes...))
	}
	return nil
}

// historyParams reads n (10), type and tag of history.fetch; an n below 1 acts
// as 1.
func (c *clientRequest) historyParams(p params) bool {
	c.count = 10
	if raw, there := p["n"]; there {
		n, ok := wire.Integer(raw)
		if !ok {
			return false
		}
		c.count = int(max(1, min(n.Int64(), math.MaxInt32)))
		if !n.IsInt64() && n.Sign() > 0 {
			c.count = math.MaxInt32
		}
	}
	list := func(key string, names map[string]string) (out []string, ok bool) {
		raw, there := p[key]
		if !there {
			return nil, true
		}
		var items []string
		if json.Unmarshal(raw, &items) != nil {
			return nil, false
		}
		for _, item := range items {
			name, known := names[item]
			if !known {
				return nil, false
			}
			out = append(out, name)
		}
		return out, true
	}
	var ok bool
	if c.types, ok = list("type", historyTypes); !ok {
		return false
	}
	c.tags, ok = list("tag", historyTags)
	return ok
}

// The values of type and tag that history.fetch takes (ws-api 5).
var (
	historyTypes = map[string]string{"rpt": historyReport.String(), "rcv": historyReceive.String(), "snd": historySend.String(), "req": historyRequest.String()}
	historyTags  = map[string]string{"info": "info", "on_chain_tx": "on_chain_tx", "conflict": "conflict", "update": "update", "leave": "leave", "error": "error", "debug": "debug"}
)

// abortCode reads the N of {"error": N}: an integer from 1 to 65535, also as
// text (real-node.md). Everything else is -32603.
func abortCode(raw json.RawMessage) (int, bool) {
	n, ok := wire.Integer(raw)
	if text, isText := wire.Text(raw); isText {
		n, ok = wire.Integer([]byte(text))
	}
	if !ok || !n.IsInt64() || n.Int64() < 1 || n.Int64() > 65535 {
		return 0, false
	}
	return int(n.Int64()), true
}
