package wire

import (
	"encoding/json"
	"fmt"
	"math/big"
)

// The types in this file are the data of queries (section 5): the result of an
// answer, or the data of a reply notification when the query had no id.

// PongData and CallsPrunedData are the data of a ping and of
// channels.clean_contract_calls.
const (
	PongData        = `{"action":"system","tag":"pong"}`
	CallsPrunedData = `{"action":"calls_pruned"}`
)

// Balance is one entry of the data of [GetBalances].
type Balance struct {
	Account string   `json:"account"`
	Balance *big.Int `json:"balance"`
}

// OffchainState is the data of [GetOffchainState]; a transaction that does not
// exist is "".
type OffchainState struct {
	Calls        string `json:"calls"`          // cs_ text
	HalfSignedTx string `json:"half_signed_tx"` // tx_ text
	SignedTx     string `json:"signed_tx"`      // tx_ text
	Trees        string `json:"trees"`          // ss_ text
}

// PoI is the data of [GetPoI].
type PoI struct {
	PoI string `json:"poi"` // pi_ text
}

// Contract is the data of [GetContract].
type Contract struct {
	Contract ContractHead      `json:"contract"`
	State    map[string]string `json:"contract_state"` // ck_ text to cv_ text
}

// ContractHead is the contract itself in [Contract].
type ContractHead struct {
	ABIVersion  int64    `json:"abi_version"`
	Active      bool     `json:"active"`
	Deposit     *big.Int `json:"deposit"`
	ID          string   `json:"id"`
	OwnerID     string   `json:"owner_id"`
	ReferrerIDs []string `json:"referrer_ids"`
	VMVersion   int64    `json:"vm_version"`
}

// Call is the call object, the data of [GetContractCall] and [DryRun].
type Call struct {
	CallerID    string          `json:"caller_id"`
	CallerNonce uint64          `json:"caller_nonce"` // the round
	ContractID  string          `json:"contract_id"`
	GasPrice    *big.Int        `json:"gas_price"`
	GasUsed     *big.Int        `json:"gas_used"`
	Height      uint64          `json:"height"` // the round
	Log         json.RawMessage `json:"log"`
	ReturnType  string          `json:"return_type"`  // ok, error or revert
	ReturnValue string          `json:"return_value"` // cb_ text
}

// HistoryEntry is one entry of the data of [HistoryFetch], newest first. A
// running node fills Info with values that are encoded twice or damaged.
type HistoryEntry struct {
	Info json.RawMessage `json:"info"`
	Tag  string          `json:"tag"`
	Time string          `json:"time"` // RFC 3339
	Type string          `json:"type"` // report, send, receive or request
}

// DecodeReply reads the data of a query into one of the types above, or a
// slice of them.
func DecodeReply[T any](data json.RawMessage) (T, error) {
	var v T
	if trim(data) == nil {
		return v, errNotJSON
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, fmt.Errorf("decode %T: %w", v, err)
	}
	return v, nil
}

// AppendBalances writes the data of [GetBalances].
func AppendBalances(dst []byte, list []Balance) []byte {
	dst = append(dst, '[')
	for i, b := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		f := openObject(dst)
		f.text("account", b.Account)
		f.amount("balance", b.Balance)
		dst = f.close()
	}
	return append(dst, ']')
}

// AppendOffchainState writes the data of [GetOffchainState].
func AppendOffchainState(dst []byte, s OffchainState) []byte {
	f := openObject(dst)
	f.text("calls", s.Calls)
	f.text("half_signed_tx", s.HalfSignedTx)
	f.text("signed_tx", s.SignedTx)
	f.text("trees", s.Trees)
	return f.close()
}

// AppendPoI writes the data of [GetPoI].
func AppendPoI(dst []byte, p PoI) []byte {
	f := openObject(dst)
	f.text("poi", p.PoI)
	return f.close()
}

// AppendContract writes the data of [GetContract].
func AppendContract(dst []byte, c Contract) []byte {
	h := openObject(nil)
	h.number("abi_version", c.Contract.ABIVersion)
	h.raw("active", fmt.Append(nil, c.Contract.Active))
	h.amount("deposit", c.Contract.Deposit)
	h.text("id", c.Contract.ID)
	h.text("owner_id", c.Contract.OwnerID)
	h.texts("referrer_ids", c.Contract.ReferrerIDs)
	h.number("vm_version", c.Contract.VMVersion)

	state := make(map[string]json.RawMessage, len(c.State))
	for key, value := range c.State {
		state[key] = appendString(nil, value)
	}
	f := openObject(dst)
	f.raw("contract", h.close())
	f.raw("contract_state", appendMembers(nil, state))
	return f.close()
}

// AppendCallData writes the call object; a nil log is written as [].
func AppendCallData(dst []byte, c Call) []byte {
	f := openObject(dst)
	f.text("caller_id", c.CallerID)
	f.amount("caller_nonce", new(big.Int).SetUint64(c.CallerNonce))
	f.text("contract_id", c.ContractID)
	f.amount("gas_price", c.GasPrice)
	f.amount("gas_used", c.GasUsed)
	f.amount("height", new(big.Int).SetUint64(c.Height))
	if c.Log == nil {
		c.Log = json.RawMessage("[]")
	}
	f.raw("log", c.Log)
	f.text("return_type", c.ReturnType)
	f.text("return_value", c.ReturnValue)
	return f.close()
}

// AppendHistory writes the data of [HistoryFetch]; the infos are raw.
func AppendHistory(dst []byte, list []HistoryEntry) []byte {
	dst = append(dst, '[')
	for i, e := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		f := openObject(dst)
		f.raw("info", e.Info)
		f.text("tag", e.Tag)
		f.text("time", e.Time)
		f.text("type", e.Type)
		dst = f.close()
	}
	return append(dst, ']')
}
