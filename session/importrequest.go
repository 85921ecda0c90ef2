package session

import (
	"encoding/json"
	"math/big"

	"chanbot/wire"
)

// importRequest is how the requests of one method become an action of the
// language. take is given the params and returns what stands behind the name of
// the action; it is false for a request that only a raw frame can make.
type importRequest struct {
	action string
	hasID  bool // the language's default
	take   func(*importer, *link, mapping) (any, bool)
}

// importRequests are the methods that have an action.
var importRequests = map[string]importRequest{
	wire.MethodUpdateNew:        {"transfer", false, takeTransfer},
	wire.MethodMessage:          {"message", false, takeMessage},
	wire.MethodGetBalances:      {"balances", true, takeBalances},
	wire.MethodGetOffchainState: {"state", true, takeNothing},
	wire.MethodGetPoI:           {"proof", true, takeProof},
}

// request returns the action of a client's request.
func (im *importer) request(k *link, f *envelope) (any, bool) {
	v, ok := decodeOrdered(f.Params)
	m, isObject := v.(mapping)
	if !ok || !isObject {
		return nil, false
	}
	if f.Method == wire.MethodSystem {
		if len(m) == 1 && m[0].key == "action" && m[0].value == wire.ActionPing {
			return "ping", true
		}
		return nil, false
	}
	r, known := importRequests[f.Method]
	if !known {
		return nil, false
	}
	params, ok := r.take(im, k, m)
	if !ok {
		return nil, false
	}
	if params == nil {
		return r.action, true
	}
	return mapping{{r.action, params}}, true
}

// wantsID says whether a request carries an id when its step says nothing.
func wantsID(method string, action any) bool {
	if method == wire.MethodSystem {
		return action == "stop"
	}
	return importRequests[method].hasID
}

func takeNothing(_ *importer, _ *link, m mapping) (any, bool) { return nil, len(m) == 0 }

// takeTransfer reads channels.update.new.
func takeTransfer(im *importer, k *link, m mapping) (any, bool) {
	out := mapping{}
	var from, to string
	for _, x := range m {
		switch x.key {
		case "from":
			from = im.partner(x.value)
		case "to":
			to = im.partner(x.value)
		case "amount":
			n, ok := amountOf(x.value)
			if !ok {
				return nil, false
			}
			out = append(out, member{"amount", n})
		case "meta":
			list, ok := textsOf(x.value)
			if !ok {
				return nil, false
			}
			out = append(out, member{"meta", list})
		default:
			return nil, false
		}
	}
	if from == "" || to == "" || from == to || out.get("amount") == nil {
		return nil, false
	}
	if from != k.role.String() {
		out = append(out, member{"from", from}, member{"to", to})
	}
	return short(out, "amount"), true
}

// takeMessage reads channels.message.
func takeMessage(im *importer, k *link, m mapping) (any, bool) {
	out := mapping{}
	to := ""
	for _, x := range m {
		switch x.key {
		case "info":
			text, ok := x.value.(string)
			if !ok {
				return nil, false
			}
			out = append(out, member{"info", text})
		case "to":
			if to = im.partner(x.value); to == "" {
				return nil, false
			}
		default:
			return nil, false
		}
	}
	if out.get("info") == nil || to == "" {
		return nil, false
	}
	if to != k.role.Peer().String() {
		out = append(out, member{"to", to})
	}
	return short(out, "info"), true
}

// takeBalances reads channels.get.balances.
func takeBalances(im *importer, _ *link, m mapping) (any, bool) {
	if len(m) != 1 || m[0].key != "accounts" {
		return nil, false
	}
	return im.accountList(m[0].value)
}

// takeProof reads channels.get.poi.
func takeProof(im *importer, _ *link, m mapping) (any, bool) {
	if len(m) != 1 || m[0].key != "accounts" {
		return nil, false
	}
	return im.accountList(m[0].value)
}

// accountList reads a list of accounts that the language has words for. The
// empty list means both there.
func (im *importer) accountList(v any) (any, bool) {
	list, ok := v.([]any)
	if !ok || len(list) == 0 {
		return nil, false
	}
	words := make([]string, len(list))
	for i, x := range list {
		text, _ := x.(string)
		if words[i] = im.accounts.word(text); words[i] == "" {
			return nil, false
		}
	}
	return words, true
}

// partner returns the role of an account that takes part, or "".
func (im *importer) partner(v any) string {
	text, _ := v.(string)
	if r, ok := im.accounts.of[text]; ok {
		return r.String()
	}
	return ""
}

// amountOf reads an amount that every client may send.
func amountOf(v any) (rawScalar, bool) {
	n, ok := v.(json.Number)
	if !ok || !wholeNumber(n.String()) {
		return "", false
	}
	x, ok := new(big.Int).SetString(n.String(), 10)
	if !ok {
		return "", false
	}
	return rawScalar(x.String()), true
}

func textsOf(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		return nil, false
	}
	texts := make([]string, len(list))
	for i, x := range list {
		if texts[i], ok = x.(string); !ok {
			return nil, false
		}
	}
	return texts, true
}

// short is the short form of an action that has only the parameter it stands
// for.
func short(m mapping, name string) any {
	if len(m) == 1 && m[0].key == name {
		return m[0].value
	}
	return m
}
