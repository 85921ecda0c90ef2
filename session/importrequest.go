package session

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"chanbot/tx"
	"chanbot/wire"
)

// importRequest is how the requests of one method become an action of the
// language: its name, and its parameters by their name in the request. A request
// with anything else is sent as a raw frame.
type importRequest struct {
	action string
	// hasID says that the request carries an id when a step says nothing.
	hasID bool
	// short is the parameter that a value without a mapping stands for.
	short string
	// least are the parameters that must be there.
	least []string
	// effect is the first frame that the request leads to when it is taken.
	effect string
	params map[string]paramKind
	// check refuses what the language does not take without raw.
	check func(*importer, *link, mapping) (mapping, bool)
}

// paramKind is how the value of a parameter is written.
type paramKind uint8

const (
	paramAmount  paramKind = iota // a whole number from 0
	paramText                     // any text
	paramTexts                    // a list of texts
	paramParty                    // an account that takes part
	paramAccount                  // any account
	paramList                     // a list of accounts
	paramBlock                    // a hash of a block
	paramHash                     // the hash of a transaction
)

var (
	chainParams = map[string]paramKind{"fee": paramAmount, "gas_price": paramAmount, "nonce": paramAmount}
	coinParams  = map[string]paramKind{
		"amount": paramAmount, "meta": paramTexts, "block_hash": paramBlock,
		"fee": paramAmount, "gas_price": paramAmount, "nonce": paramAmount,
	}
)

// importRequests are the methods that have an action.
var importRequests = map[string]importRequest{
	wire.MethodUpdateNew: {action: "transfer", effect: "sign.update", short: "amount", least: []string{"amount", "from", "to"}, check: checkTransfer,
		params: map[string]paramKind{"amount": paramAmount, "from": paramParty, "to": paramParty, "meta": paramTexts, "block_hash": paramBlock}},
	wire.MethodMessage: {action: "message", short: "info", least: []string{"info", "to"}, check: checkMessage,
		params: map[string]paramKind{"info": paramText, "to": paramParty}},
	wire.MethodGetBalances: {action: "balances", hasID: true, short: "accounts", least: []string{"accounts"},
		params: map[string]paramKind{"accounts": paramList}},
	wire.MethodGetOffchainState: {action: "state", hasID: true},
	wire.MethodGetPoI: {action: "proof", hasID: true, short: "accounts", least: []string{"accounts"},
		params: map[string]paramKind{"accounts": paramList}},
	wire.MethodHistoryFetch: {action: "history", hasID: true,
		params: map[string]paramKind{"n": paramAmount, "type": paramTexts, "tag": paramTexts}},
	wire.MethodDeposit:      {action: "deposit", effect: "sign.deposit_tx", short: "amount", least: []string{"amount"}, params: coinParams, check: checkCoins},
	wire.MethodWithdraw:     {action: "withdraw", effect: "sign.withdraw_tx", short: "amount", least: []string{"amount"}, params: coinParams, check: checkCoins},
	wire.MethodShutdown:     {action: "close", effect: "sign.shutdown_sign", params: chainParams},
	wire.MethodCloseSolo:    {action: "close_solo", effect: "sign.close_solo_sign", params: chainParams},
	wire.MethodSlash:        {action: "slash", effect: "sign.slash_tx", params: chainParams},
	wire.MethodSettle:       {action: "settle", effect: "sign.settle_sign", params: chainParams},
	wire.MethodSnapshotSolo: {action: "snapshot", effect: "sign.snapshot_solo_tx", params: chainParams},
	wire.MethodLeave:        {action: "leave"},
	wire.MethodAssumeMinimumDepth: {action: "assume_minimum_depth", hasID: true, short: "tx_hash", least: []string{"tx_hash"},
		params: map[string]paramKind{"tx_hash": paramHash}},
	wire.MethodCleanContractCalls: {action: "clean_calls", hasID: true},
	wire.MethodGetContract: {action: "contract", hasID: true, short: "pubkey", least: []string{"pubkey"},
		params: map[string]paramKind{"pubkey": paramText}},
	wire.MethodGetContractCall: {action: "contract_call", hasID: true, least: []string{"contract_id", "caller_id", "round"},
		params: map[string]paramKind{"contract_id": paramText, "caller_id": paramAccount, "round": paramAmount}},
}

// request returns the action of a client's request.
func (im *importer) request(i int, k *link, f *envelope) (any, bool) {
	v, ok := decodeOrdered(f.Params)
	m, isObject := v.(mapping)
	if !ok || !isObject {
		return nil, false
	}
	if f.Method == wire.MethodSystem {
		return "ping", len(m) == 1 && m[0].key == "action" && m[0].value == wire.ActionPing
	}
	r, known := importRequests[f.Method]
	if !known {
		return nil, false
	}
	params := mapping{}
	for _, x := range m {
		kind, known := r.params[x.key]
		if !known {
			return nil, false
		}
		value, ok := im.param(i, k, kind, x.value)
		if !ok {
			return nil, false
		}
		if value != nil {
			params = append(params, member{x.key, value})
		}
	}
	if slices.ContainsFunc(r.least, func(name string) bool { return m.get(name) == nil }) {
		return nil, false
	}
	if r.check != nil {
		if params, ok = r.check(im, k, params); !ok {
			return nil, false
		}
	}
	switch {
	case len(params) == 0:
		return r.action, true
	case len(params) == 1 && params[0].key == r.short:
		return mapping{{r.action, params[0].value}}, true
	}
	return mapping{{r.action, params}}, true
}

// param writes the value of a parameter; nil leaves it out.
func (im *importer) param(i int, k *link, kind paramKind, v any) (any, bool) {
	text, isText := v.(string)
	switch kind {
	case paramAmount:
		return amountOf(v)
	case paramText:
		return text, isText && len(text) <= 1<<20
	case paramTexts:
		return textsOf(v)
	case paramParty:
		word := im.partner(v)
		return word, word != ""
	case paramAccount:
		word := im.accounts.word(text)
		return word, word == "initiator" || word == "responder" || word == "other"
	case paramList:
		return im.accountList(v)
	case paramBlock:
		prefix, hash, err := tx.Decode(text)
		if !isText || err != nil || prefix != tx.PrefixKeyBlock && prefix != tx.PrefixMicroBlock || im.refused(i, k) {
			return nil, false
		}
		if len(bytes.Trim(hash, "\x00")) == 0 {
			return text, true // of no chain
		}
		im.note(i, "block_hash: it names a block of the recorded chain; the node's choice is taken instead")
		im.pins = true
		return nil, true
	case paramHash:
		if isText && text == im.watched[k.label] {
			return nil, true
		}
		return text, isText && strings.HasPrefix(text, "th_")
	}
	return nil, false
}

// refused says whether the next frame of a socket is an error.
func (im *importer) refused(at int, k *link) bool {
	for i := at + 1; i < len(im.entries); i++ {
		if im.links[i] == k && im.entries[i].Dir == "in" {
			f := wire.DecodeFrame(slices.Clone(im.entries[i].Frame))
			return f.Kind == wire.KindError
		}
	}
	return false
}

// wantsID says whether a request carries an id when its step says nothing.
func wantsID(method string) bool { return importRequests[method].hasID }

// checkTransfer leaves out who pays whom when it is the usual way.
func checkTransfer(_ *importer, k *link, m mapping) (mapping, bool) {
	from, to := m.get("from").value, m.get("to").value
	if from == to {
		return nil, false
	}
	if from == k.role.String() {
		m = without(without(m, "from"), "to")
	}
	return m, true
}

// checkMessage leaves out the usual receiver.
func checkMessage(_ *importer, k *link, m mapping) (mapping, bool) {
	if m.get("to").value == k.role.Peer().String() {
		m = without(m, "to")
	}
	return m, true
}

// checkCoins refuses the amount 0.
func checkCoins(_ *importer, _ *link, m mapping) (mapping, bool) {
	return m, m.get("amount").value != rawScalar("0")
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
		switch words[i] = im.accounts.word(text); words[i] {
		case "initiator", "responder", "other":
		default:
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
func amountOf(v any) (any, bool) {
	n, ok := v.(json.Number)
	if !ok || !wholeNumber(n.String()) {
		return nil, false
	}
	x, ok := new(big.Int).SetString(n.String(), 10)
	if !ok || x.String() != n.String() {
		return nil, false
	}
	return rawScalar(n.String()), true
}

func textsOf(v any) (any, bool) {
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
