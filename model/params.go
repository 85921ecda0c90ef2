package model

import (
	"bytes"
	"encoding/json"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// What the parameters of a request decide by themselves. The node looks at them
// before its state machine does, in the order of ws-api 5: required keys, integers,
// encodings, optional parameters, negative amounts. Parameters that no recording
// shows stay unjudged.

// verdict is what the node has to make of the parameters of a request.
type verdict struct {
	codes []int // one of these refuses it, if there are any
	fine  bool  // it is not refused because of its parameters
}

func refusedBy(codes ...int) verdict { return verdict{codes: codes} }

// paramCodes are the codes of a refusal because of parameters (ws-api 4).
var paramCodes = []int{
	wire.CodeMethodNotFound, wire.CodeInvalidRequest, wire.CodeNegativeAmount, wire.CodeBrokenAccount, wire.CodeBrokenContract,
	wire.CodeNotANumber, wire.CodeBrokenBytearray, wire.CodeBrokenTransaction, wire.CodeInvalidMeta,
}

// requiredKeys are those without which a method is unknown (ws-api 3.1).
var requiredKeys = map[string][]string{
	wire.MethodUpdateNew:        {"from", "to", "amount"},
	wire.MethodDeposit:          {"amount"},
	wire.MethodWithdraw:         {"amount"},
	wire.MethodMessage:          {"to", "info"},
	wire.MethodGetBalances:      {"accounts"},
	wire.MethodGetOffchainState: {},
	wire.MethodGetPoI:           {},
	wire.MethodSystem:           {"action"},
}

// judgeParams says what the parameters of a request decide.
func (c *Client) judgeParams(r *request) verdict {
	switch r.kind {
	case callSignature:
		switch {
		case !r.req.HasSignedTx:
			return refusedBy(wire.CodeMethodNotFound)
		case !r.readable:
			return refusedBy(wire.CodeBrokenTransaction)
		}
		return verdict{fine: true}
	case callAbort:
		return judgeAbort(r.req.Abort)
	case callStop:
		return verdict{fine: true}
	}
	if w := r.wish; w != nil && w.plain && c.betweenParties(w) {
		return verdict{fine: true}
	}
	method := r.req.Method
	keys, needs := requiredKeys[method]
	members, isObject := wire.Members(r.req.Params)
	switch {
	case needs && r.req.Params == nil:
		return refusedBy(wire.CodeMethodNotFound)
	case !isObject && (needs || r.req.Params != nil):
		return verdict{}
	}
	for _, key := range keys {
		if members[key] == nil {
			return refusedBy(wire.CodeMethodNotFound)
		}
	}
	switch method {
	case wire.MethodUpdateNew:
		return judgeAmount(members, []string{"from", "to"}, []string{"block_hash", "meta"})
	case wire.MethodDeposit, wire.MethodWithdraw:
		return judgeAmount(members, nil, []string{"meta", "block_hash", "nonce", "fee", "gas_price"})
	case wire.MethodShutdown, wire.MethodCloseSolo, wire.MethodSlash, wire.MethodSettle, wire.MethodSnapshotSolo:
		return judgeOptions(members, []string{"nonce", "fee", "gas_price"})
	case wire.MethodMessage:
		return judgeMessage(members)
	case wire.MethodGetPoI:
		return judgeProof(members)
	case wire.MethodGetBalances:
		return judgeAccounts(members["accounts"])
	case wire.MethodSystem:
		if a := action(&r.req); a != wire.ActionPing {
			return refusedBy(wire.CodeMethodNotFound)
		}
		return verdict{fine: true}
	case wire.MethodLeave, wire.MethodGetOffchainState:
		return verdict{fine: true}
	}
	return verdict{}
}

// judgeAbort judges an abort code: 1 to 65535 (fsm 5.5). What the node makes of
// texts is not judged.
func judgeAbort(raw json.RawMessage) verdict {
	if _, isText := wire.Text(raw); isText {
		return verdict{}
	}
	n, ok := wire.Integer(raw)
	if ok && n.IsInt64() && n.Int64() >= 1 && n.Int64() <= 65535 {
		return verdict{fine: true}
	}
	return refusedBy(wire.CodeInternalError, wire.CodeNotAllowed)
}

// judgeAmount judges the requests with an amount, which may name accounts.
func judgeAmount(members map[string]json.RawMessage, accounts, options []string) verdict {
	amount, isInt := wire.Integer(members["amount"])
	if !isInt {
		return refusedBy(wire.CodeNotANumber)
	}
	for _, key := range accounts {
		if v := judgeAccount(members[key]); !v.fine {
			return v
		}
	}
	if v := judgeOptions(members, options); !v.fine {
		return v
	}
	if amount.Sign() < 0 {
		return refusedBy(wire.CodeNegativeAmount)
	}
	return verdict{fine: true}
}

func judgeAccount(raw json.RawMessage) verdict {
	text, isText := wire.Text(raw)
	if !isText {
		return verdict{}
	}
	if id, err := tx.ParseID(text); err != nil || id.Kind != tx.AccountID {
		return refusedBy(wire.CodeBrokenAccount)
	}
	return verdict{fine: true}
}

// judgeAccounts judges a list of accounts.
func judgeAccounts(raw json.RawMessage) verdict {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return verdict{}
	}
	for _, e := range list {
		if v := judgeAccount(e); !v.fine {
			return v
		}
	}
	return verdict{fine: true}
}

// judgeProof judges the accounts of get.poi. Contracts may be wrong beside them.
func judgeProof(members map[string]json.RawMessage) verdict {
	if members["contracts"] != nil {
		return verdict{}
	}
	if members["accounts"] == nil {
		return verdict{fine: true}
	}
	return judgeAccounts(members["accounts"])
}

// judgeOptions judges the optional parameters in the order in which they are read.
func judgeOptions(members map[string]json.RawMessage, names []string) verdict {
	for _, name := range names {
		raw := members[name]
		if raw == nil {
			continue
		}
		v := verdict{}
		switch name {
		case "meta":
			v = judgeMeta(raw)
		case "block_hash":
			v = judgeBlockHash(raw)
		default:
			v = judgeNumber(name, raw)
		}
		if !v.fine {
			return v
		}
	}
	return verdict{fine: true}
}

func judgeMeta(raw json.RawMessage) verdict {
	var list []json.RawMessage
	notText := func(e json.RawMessage) bool { _, ok := wire.Text(e); return !ok }
	if json.Unmarshal(raw, &list) != nil || list == nil || slices.ContainsFunc(list, notText) {
		return refusedBy(wire.CodeInvalidMeta)
	}
	return verdict{fine: true}
}

func judgeBlockHash(raw json.RawMessage) verdict {
	text, isText := wire.Text(raw)
	if !isText {
		return verdict{}
	}
	p, b, err := tx.Decode(text)
	if err != nil || len(b) != len(tx.Hash{}) || p != tx.PrefixKeyBlock && p != tx.PrefixMicroBlock {
		return refusedBy(wire.CodeInternalError)
	}
	return verdict{fine: true}
}

// judgeNumber judges nonce, fee and gas_price, which may be texts, too. A fraction
// is none, nor is a negative fee (transactions 5.2).
func judgeNumber(name string, raw json.RawMessage) verdict {
	n, ok := wire.Integer(raw)
	text, isText := wire.Text(raw)
	if isText {
		n, ok = wire.Integer([]byte(text))
	}
	switch {
	case ok && n.Sign() >= 0:
		return verdict{fine: true}
	case isText:
	case ok && name == "fee", !ok && bytes.ContainsAny(raw[:1], "-0123456789"):
		return refusedBy(wire.CodeInternalError)
	}
	return verdict{}
}

// maxInfo is the longest in-band message in bytes (ws-api 4.1).
const maxInfo = 65_000

func judgeMessage(members map[string]json.RawMessage) verdict {
	if v := judgeAccount(members["to"]); !v.fine {
		return v
	}
	from := verdict{fine: true}
	if members["from"] != nil {
		from = judgeAccount(members["from"])
	}
	text, isText := wire.Text(members["info"])
	switch {
	case !from.fine:
		return verdict{}
	case isText && len(text) <= maxInfo:
		return verdict{fine: true}
	case isText && plain(text), !isText && members["info"][0] != '[':
		return refusedBy(wire.CodeInvalidRequest)
	}
	return verdict{}
}

// accepted judges that a request was not refused: by what came of it, or by its
// answer.
func (c *Client) accepted(r *request, effect string, answer []byte) {
	if r == nil || r.early || r.taken {
		return
	}
	r.taken = true
	if v := c.judgeParams(r); len(v.codes) > 0 {
		c.violate(RuleWrongAccepted, wire.ErrorMessage(v.codes[0])+" for "+r.name(), effect+excerpt(answer))
	}
}

// refusedParams judges the codes of a refusal by the parameters alone, and reports
// whether they are wrong.
func (c *Client) refusedParams(r *request, codes []int) bool {
	if r.early {
		return false
	}
	v := c.judgeParams(r)
	for _, code := range codes {
		switch {
		case code == wire.CodeNotReady:
			return false
		case len(v.codes) > 0 && !slices.Contains(v.codes, code):
			c.violate(RuleErrorCode, wire.ErrorMessage(v.codes[0])+" for "+r.name(), wire.ErrorMessage(code))
			return true
		case v.fine && (slices.Contains(paramCodes, code) || code == wire.CodeInternalError && r.neverFails()):
			c.violate(RuleErrorCode, "no refusal of the parameters of "+r.name(), wire.ErrorMessage(code))
			return true
		}
	}
	return false
}

// neverFails reports whether nothing at all makes the node refuse a request: a
// signature is acknowledged whatever it is, a leave and a stop always, a ping needs
// no state machine, and an abort has its own refusal (ws-api 3.4, 5; fsm 3.2).
func (r *request) neverFails() bool {
	switch r.kind {
	case callSignature, callAbort, callStop:
		return true
	}
	return r.req.Method == wire.MethodLeave || r.req.Method == wire.MethodSystem
}
