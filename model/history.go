package model

import (
	"encoding/json"
	"slices"
	"strconv"

	"chanbot/wire"
)

// historyTypes is what the names in a request stand for (ws-api 5).
var historyTypes = map[string]string{"rpt": "report", "rcv": "receive", "snd": "send", "req": "request"}

// historyReply judges history.fetch: not more entries than asked for, of the
// types asked for. What they hold is unusable (ws-api 5).
func (c *Client) historyReply(r *request, raw json.RawMessage) {
	var list []struct {
		Type json.RawMessage `json:"type"`
	}
	if json.Unmarshal(raw, &list) != nil {
		c.violate(RuleAnswerShape, "a list of entries", excerpt(raw))
		return
	}
	members, _ := wire.Members(r.req.Params)
	most := int64(10)
	if n, ok := wire.Integer(members["n"]); ok && n.IsInt64() {
		most = max(1, n.Int64())
	} else if members["n"] != nil {
		return
	}
	if int64(len(list)) > most {
		c.violate(RuleHistory, "at most "+strconv.FormatInt(most, 10)+" entries", strconv.Itoa(len(list)))
	}
	var names []string
	var wanted []string
	if json.Unmarshal(members["type"], &names) == nil {
		for _, name := range names {
			wanted = append(wanted, historyTypes[name])
		}
	} else if members["type"] != nil {
		return
	}
	for _, e := range list {
		got, ok := wire.Text(e.Type)
		switch {
		case !ok || got != "report" && got != "receive" && got != "send" && got != "request":
			c.violate(RuleHistory, "an entry of type report, receive, send or request", excerpt(e.Type))
			return
		case len(wanted) > 0 && !slices.Contains(wanted, got):
			c.violate(RuleHistory, "entries of the types that were asked for", got)
			return
		}
	}
}

// callReply judges get.contract_call and dry_run.call_contract mildly: an answer
// is about the call that was asked for. What a contract computes is not judged.
func (c *Client) callReply(r *request, reply map[string]json.RawMessage) {
	asked, _ := wire.Members(r.req.Params)
	same := func(key string) {
		want, ok := wire.Text(asked[key])
		if got, isText := wire.Text(reply[key]); ok && isText && got != want {
			c.violate(RuleContract, key+" "+excerpt(want), excerpt(got))
		}
	}
	same("contract_id")
	same("caller_id")
	if kind, ok := wire.Text(reply["return_type"]); ok && kind != "ok" && kind != "error" && kind != "revert" {
		c.violate(RuleContract, "return_type ok, error or revert", quoted(kind))
	}
}

// contractReply judges get.contract mildly.
func (c *Client) contractReply(r *request, reply map[string]json.RawMessage) {
	asked, _ := wire.Members(r.req.Params)
	contract, _ := wire.Members(reply["contract"])
	want, ok := wire.Text(asked["pubkey"])
	if got, isText := wire.Text(contract["id"]); ok && isText && got != want {
		c.violate(RuleContract, "the contract "+excerpt(want), excerpt(got))
	}
}
