package strategy

import (
	"slices"

	"chanbot/outcome"
)

// actionDef describes an action of the language.
type actionDef struct {
	kind outcome.Operation
	doc  string
	keys []key
	// short is the key that a value without a mapping stands for; "" when
	// there is none.
	short string
	// bare actions stand without a role, the others need one; both is possible
	// for open only.
	bare, role bool
	// request says that a request is sent, which may carry an id and be raw.
	request bool
	// group actions are made of steps and take no keys of a step beside them.
	group bool
}

// optional parameters of the node, by what they hold.
var (
	numberOptions = []string{"fee", "gas_price", "nonce", "gas", "vm_version", "abi_version", "deposit", "round", "n"}
	listOptions   = []string{"type", "tag"}
)

func opt(name, doc string) key {
	f := textForm
	switch {
	case slices.Contains(numberOptions, name):
		f = amountForm
	case slices.Contains(listOptions, name):
		f = listOf(textForm)
	}
	return key{name: name, doc: doc, form: f}
}

func must(k key) key { k.required = true; return k }

var (
	amountKey  = key{name: "amount", doc: "Aettos, in decimal digits.", form: amountForm, required: true}
	fromKey    = key{name: "from", doc: "An account; the acting role by default.", form: accountForm}
	toKey      = key{name: "to", doc: "An account; the peer by default.", form: accountForm}
	metaKey    = key{name: "meta", doc: "Texts kept with the update.", form: listOf(textForm)}
	blockKey   = opt("block_hash", "The block that the update is pinned to.")
	chainKeys  = []key{opt("fee", "The fee in aettos."), opt("gas_price", "The gas price in aettos."), opt("nonce", "The nonce of the account.")}
	queryKey   = key{name: "params", doc: "Connection parameters; null leaves one out.", form: ref("params")}
	contractID = opt("contract_id", "The contract (ct_).")
	abiVersion = opt("abi_version", "The ABI version.")
	callData   = opt("call_data", "The call data (cb_).")
	rawKey     = key{name: "params", doc: "With raw: any JSON, merged over what would be sent.", form: anyForm}
)

// actions are all the actions, in the order in which they are listed.
var actions = []actionDef{
	{kind: outcome.Open, doc: "Connect and sign until the channel is open; with a role, only that side.", bare: true, role: true,
		keys: []key{{name: "until", doc: "The frame at which to go no further.", form: ref("until")}, queryKey}},
	{kind: outcome.Transfer, doc: "Move coins within the channel.", role: true, request: true, short: "amount",
		keys: []key{amountKey, fromKey, toKey, metaKey, blockKey}},
	{kind: outcome.Message, doc: "Send an in-band message to the peer.", role: true, request: true, short: "info",
		keys: []key{{name: "info", doc: "The text.", form: textForm, required: true}, toKey, fromKey}},
	{kind: outcome.Balances, doc: "Ask for balances.", role: true, request: true, short: "accounts",
		keys: []key{{name: "accounts", doc: "Whose; both by default.", form: listOf(accountForm)}}},
	{kind: outcome.State, doc: "Ask for the off-chain state.", role: true, request: true},
	{kind: outcome.Proof, doc: "Ask for a proof of inclusion.", role: true, request: true, short: "accounts",
		keys: []key{{name: "accounts", doc: "Whose; both by default.", form: listOf(accountForm)}, {name: "contracts", doc: "Which contracts.", form: listOf(textForm)}}},
	{kind: outcome.History, doc: "Ask for the history.", role: true, request: true,
		keys: []key{opt("n", "How many entries."), opt("type", "Which kinds of entries."), opt("tag", "Which reports.")}},
	{kind: outcome.Ping, doc: "Ask the node for a pong.", role: true, request: true},
	{kind: outcome.Deposit, doc: "Put coins in.", role: true, request: true, short: "amount",
		keys: with([]key{amountKey, metaKey, blockKey}, chainKeys...)},
	{kind: outcome.Withdraw, doc: "Take coins out.", role: true, request: true, short: "amount",
		keys: with([]key{amountKey, metaKey, blockKey}, chainKeys...)},
	{kind: outcome.Close, doc: "Close the channel by mutual consent.", role: true, request: true, short: "how",
		keys: with([]key{{name: "how", doc: "mutual, which is the only way.", form: wordForm("mutual")}}, chainKeys...)},
	{kind: outcome.CloseSolo, doc: "Close the channel alone.", role: true, request: true, keys: chainKeys},
	{kind: outcome.Slash, doc: "Answer a solo close with a later state.", role: true, request: true, keys: chainKeys},
	{kind: outcome.Settle, doc: "Settle after the lock period.", role: true, request: true, keys: chainKeys},
	{kind: outcome.Snapshot, doc: "Put the latest state on chain.", role: true, request: true, keys: chainKeys},
	{kind: outcome.ForceProgress, doc: "Make a contract call on chain.", role: true, request: true,
		keys: []key{must(contractID), must(abiVersion), amountKey, must(callData), must(opt("gas_price", "The gas price in aettos.")), opt("gas", "The gas."), opt("nonce", "The nonce of the account.")}},
	{kind: CreateContract, doc: "Create a contract in the channel.", role: true, request: true,
		keys: []key{must(opt("vm_version", "The VM version.")), must(abiVersion), must(opt("deposit", "The deposit in aettos.")), must(opt("code", "The code (cb_).")), must(callData), blockKey, metaKey}},
	{kind: CallContract, doc: "Call a contract in the channel.", role: true, request: true,
		keys: []key{must(contractID), must(abiVersion), amountKey, must(callData), blockKey, metaKey}},
	{kind: DryRun, doc: "Call a contract without changing the state.", role: true, request: true,
		keys: []key{must(contractID), must(abiVersion), amountKey, must(callData), blockKey, metaKey}},
	{kind: ContractCall, doc: "Ask for a call that was made.", role: true, request: true,
		keys: []key{must(contractID), {name: "caller_id", doc: "Who called; the acting role by default.", form: accountForm}, must(opt("round", "The round of the call."))}},
	{kind: Contract, doc: "Ask for a contract.", role: true, request: true, short: "pubkey",
		keys: []key{must(opt("pubkey", "The contract (ct_)."))}},
	{kind: CleanCalls, doc: "Forget the calls that were made.", role: true, request: true},
	{kind: AssumeMinimumDepth, doc: "Take the transaction for confirmed.", role: true, request: true, short: "tx_hash",
		keys: []key{{name: "tx_hash", doc: "Its hash (th_); by default the transaction waited for.", form: textForm}}},
	{kind: outcome.Leave, doc: "Leave the channel; it can be reestablished.", role: true, request: true},
	{kind: outcome.Reestablish, doc: "Bring a channel back whose FSM is gone.", role: true, keys: []key{queryKey}},
	{kind: outcome.Reconnect, doc: "Connect again to the FSM that is running.", role: true, keys: []key{queryKey}},
	{kind: outcome.Disconnect, doc: "End the socket without a word to the FSM.", role: true, short: "how",
		keys: []key{{name: "how", doc: "A WebSocket close, a reset of the connection, or the end of the half that the client writes.", form: wordForm(cutNames...)}}},
	{kind: outcome.Stop, doc: "Stop the FSM.", role: true, request: true},
	{kind: outcome.Wait, doc: "Wait for a time, a frame or blocks.", bare: true, role: true,
		keys: []key{{name: "for", doc: "A time.", form: durationForm}, {name: "frame", doc: "A frame.", form: frameForm}, {name: "blocks", doc: "Key blocks.", form: wholeForm(1)}}},
	{kind: outcome.Send, doc: "Write something past all checks.", role: true, short: "text",
		keys: []key{{name: "frame", doc: "Any JSON, as one text frame.", form: anyForm}, {name: "text", doc: "One text frame.", form: textForm},
			{name: "binary", doc: "One binary frame, in hexadecimal.", form: bytesForm}, {name: "bytes", doc: "Bytes past the framing, in hexadecimal.", form: bytesForm},
			{name: "fragments", doc: "One text message in several fragments.", form: listOf(textForm)}}},
	{kind: Reply, doc: "Answer a request to sign that an answer hold has left open, or one that was answered before.", role: true, short: "tag", request: true,
		keys: replyKeys},
	{kind: Post, doc: "Post a transaction to the node's HTTP API.", bare: true, role: true, short: "tx",
		keys: []key{{name: "tx", doc: "The transaction (tx_), or $close_solo: a solo close by the state before the last one, or by that of the round behind it ($close_solo 2).", form: textForm, required: true}}},
	{kind: Repeat, doc: "Run steps again and again.", bare: true, group: true,
		keys: []key{{name: "times", doc: "How many times.", form: wholeForm(1)}, {name: "for", doc: "How long.", form: durationForm}, {name: "steps", doc: "What is repeated.", form: listOf(ref("step")), required: true}}},
	{kind: Choose, doc: "Run one of several, drawn from the seed.", bare: true, group: true},
	{kind: Parallel, doc: "Run several beside each other.", bare: true, group: true},
	{kind: outcome.Blocks, doc: "Make the node produce blocks.", bare: true, short: "key",
		keys: []key{{name: "key", doc: "Key blocks.", form: wholeForm(1)}, {name: "micro", doc: "Micro blocks.", form: wholeForm(1)}}},
}

// cutNames are the words of the cuts, in their order.
var cutNames = []string{"close", "reset", "half"}

// table returns the keys of the action's mapping.
func (d *actionDef) table() []key {
	if d.request {
		return with(d.keys, rawKey)
	}
	return d.keys
}

func action(name string) *actionDef {
	for i := range actions {
		if string(actions[i].kind) == name {
			return &actions[i]
		}
	}
	return nil
}

// actionNames returns the names of the actions for which keep holds.
func actionNames(keep func(*actionDef) bool) []string {
	var all []string
	for i := range actions {
		if keep(&actions[i]) {
			all = append(all, string(actions[i].kind))
		}
	}
	return all
}

func bareAction(d *actionDef) bool { return d.bare }
func roleAction(d *actionDef) bool { return d.role }

// operations are the operations that ask for a signature, for when.op.
var operations = []outcome.Operation{
	outcome.Open, outcome.Transfer, outcome.Deposit, outcome.Withdraw, outcome.Close,
	outcome.CloseSolo, outcome.Slash, outcome.Settle, outcome.Snapshot, outcome.ForceProgress,
	CreateContract, CallContract,
}
