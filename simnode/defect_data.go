package simnode

import (
	"bytes"
	"regexp"

	"chanbot/wire"
)

// answersOld makes hooks that answer a query about the state before the last
// co-signed one, as far as there is one.
func answersOld(method string) func() hooks {
	return remembering(func(before *saved) machineHooks {
		return machineHooks{query: func(f *fsm, r *clientRequest, a answer) answer {
			if r.method != method || before.round == 0 {
				return a
			}
			now := f.stateNow()
			f.signed, f.round, f.balances = before.signed, before.round, before.balances
			defer func() { f.signed, f.round, f.balances = now.signed, now.round, now.balances }()
			return f.look(r)
		}}
	})
}

// onQuery makes hooks that bend the answers to a query without a memory.
func onQuery(method string, other func(f *fsm, r *clientRequest, a answer) answer) func() hooks {
	return always(machineHooks{query: func(f *fsm, r *clientRequest, a answer) answer {
		if r.method != method || a.code != 0 {
			return a
		}
		return other(f, r, a)
	}})
}

var balanceNumber = regexp.MustCompile(`"balance":([0-9]+)`)

var dataDefects = []Defect{
	{
		Name: "balances-of-the-state-before", Group: groupData,
		Does:   "get.balances gives the balances before the last update.",
		Breaks: "get.balances gives the co-signed balances.", Source: "ws-api 5",
		Flows: []string{flowUpdate, flowQuery},
		bend:  answersOld(wire.MethodGetBalances),
	},
	{
		Name: "balances-exchanged", Group: groupData,
		Does:   "get.balances gives each account the other's balance.",
		Breaks: "get.balances gives the balances of the accounts that were asked for.", Source: "ws-api 5",
		Flows: []string{flowQuery},
		bend: onQuery(wire.MethodGetBalances, func(f *fsm, r *clientRequest, _ answer) answer {
			own := f.balances
			f.balances = balances{own.responder, own.initiator}
			defer func() { f.balances = own }()
			return f.look(r)
		}),
	},
	{
		Name: "balances-as-text", Group: groupData,
		Does:   "get.balances gives the balances as texts.",
		Breaks: "A balance is a whole number.", Source: "ws-api 5",
		Flows: []string{flowQuery},
		bend: onQuery(wire.MethodGetBalances, func(_ *fsm, _ *clientRequest, a answer) answer {
			a.result = balanceNumber.ReplaceAll(a.result, []byte(`"balance":"$1"`))
			return a
		}),
	},
	{
		Name: "balances-of-one-account-only", Group: groupData,
		Does:   "get.balances leaves out all accounts but the first.",
		Breaks: "get.balances gives the balances of all participants that were asked for.", Source: "ws-api 5",
		Flows: []string{flowQuery}, When: "a request for both accounts",
		bend: onQuery(wire.MethodGetBalances, func(_ *fsm, _ *clientRequest, a answer) answer {
			if end := bytes.Index(a.result, []byte("},")); end > 0 {
				a.result = append(bytes.Clone(a.result[:end]), "}]"...)
			}
			return a
		}),
	},
	{
		Name: "proof-of-the-state-before", Group: groupData,
		Does:   "get.poi proves the balances before the last update.",
		Breaks: "get.poi proves the co-signed state.", Source: "transactions 4.4",
		Flows: []string{flowUpdate, flowQuery},
		bend:  answersOld(wire.MethodGetPoI),
	},
	{
		Name: "offchain-state-before-the-last", Group: groupData,
		Does:   "get.offchain_state shows the state before the last update.",
		Breaks: "get.offchain_state shows the last co-signed state.", Source: "ws-api 5",
		Flows: []string{flowUpdate, flowQuery},
		bend:  answersOld(wire.MethodGetOffchainState),
	},
	{
		Name: "history-longer-than-asked", Group: groupData,
		Does:   "history.fetch gives one entry more than were asked for.",
		Breaks: "history.fetch gives at most n entries.", Source: "ws-api 5",
		Flows: []string{flowQuery}, When: "an n below what the history holds",
		bend: always(machineHooks{request: func(_ *fsm, r *clientRequest) {
			if r.method == wire.MethodHistoryFetch {
				r.count++
			}
		}}),
	},
	{
		Name: "history-of-all-types", Group: groupData,
		Does:   "history.fetch gives entries of all types, whichever were asked for.",
		Breaks: "history.fetch gives entries of the types that were asked for.", Source: "ws-api 5",
		Flows: []string{flowQuery}, When: "a request that names types",
		bend: always(machineHooks{request: func(_ *fsm, r *clientRequest) { r.types = nil }}),
	},
}
