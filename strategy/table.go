package strategy

import (
	"slices"
	"strings"
)

// key is one key of a mapping of the language. The same tables tell the parser
// which keys there are and make the JSON Schema.
type key struct {
	name     string
	doc      string
	form     form
	required bool
}

// names returns the keys' names in their order.
func names(ks []key) []string {
	all := make([]string, len(ks))
	for i, k := range ks {
		all[i] = k.name
	}
	return all
}

// fields checks that n is a mapping with keys of the table, and returns its
// values. What is null has no value. The result is nil when n is no mapping.
func (p *parser) fields(n *node, what string, table []key) map[string]*node {
	if n == nil || n.bad {
		return nil
	}
	if n.kind != mapNode {
		p.reportNode(n, "%s must be a mapping with the keys %s; found %s", what, strings.Join(names(table), ", "), found(n))
		return nil
	}
	values := make(map[string]*node, len(n.pairs))
	for _, pr := range n.pairs {
		i := slices.IndexFunc(table, func(k key) bool { return k.name == pr.key.text })
		if i < 0 {
			p.reportNode(pr.key, "unknown key %q; expected %s", pr.key.text, oneOf(pr.key.text, names(table)))
			continue
		}
		if !pr.value.isNull() {
			values[pr.key.text] = pr.value
		}
	}
	for _, k := range table {
		if k.required && values[k.name] == nil {
			p.reportNode(n, "%s needs the key %q", what, k.name)
		}
	}
	return values
}

// with returns the table with more keys after its own.
func with(table []key, more ...key) []key {
	return append(slices.Clip(table), more...)
}

// The tables of the mappings that are not actions. Actions have theirs in
// actions.go.
var (
	scenarioKeys = []key{
		{name: "chanbot", doc: "Version of the language.", form: constant(1), required: true},
		{name: "name", doc: "Name of the scenario: letters, digits, '.', '_' and '-'.", form: nameForm, required: true},
		{name: "description", doc: "What the scenario shows, in sentences.", form: textForm},
		{name: "tags", doc: "Words to find it by.", form: listOf(textForm)},
		{name: "vars", doc: "Variables and their values; ${name} in a value uses them.", form: mapOf(anyScalar)},
		{name: "channel", doc: "Connection parameters of both roles.", form: ref("channel")},
		{name: "node", doc: "Settings of the embedded node.", form: ref("node")},
		{name: "faults", doc: "What happens to frames on their way.", form: listOf(ref("fault"))},
		{name: "initiator", doc: "What holds for the initiator during the whole scenario.", form: ref("initiator")},
		{name: "responder", doc: "What holds for the responder during the whole scenario.", form: ref("responder")},
		{name: "steps", doc: "What happens, in order.", form: listOf(ref("step"))},
		{name: "in_turn", doc: "Of several pairs one plays a step at a time, round and round. Default false.", form: boolForm},
		{name: "patience", doc: "How long a node may take to react before it is given up. Default 10s, or what --patience says.", form: durationForm},
		{name: "load", doc: "A fleet of pairs and the phases it goes through.", form: ref("load")},
		{name: "thresholds", doc: "Conditions on the results.", form: listOf(ref("threshold"))},
	}
	strategyKeys = []key{
		{name: "chanbot", doc: "Version of the language.", form: constant(1), required: true},
		{name: "name", doc: "Name of the strategy.", form: nameForm, required: true},
		{name: "description", doc: "What a role with this strategy does.", form: textForm},
		{name: "vars", doc: "Variables and their values; with: of a use gives others.", form: mapOf(anyScalar)},
		{name: "sign", doc: "Answers to signing requests.", form: ref("signs"), required: true},
	}
	channelKeys = []key{
		{name: "initiator_amount", doc: "What the initiator puts in, in aettos. Default 70000000000000.", form: amountForm},
		{name: "responder_amount", doc: "What the responder puts in, in aettos. Default 40000000000000.", form: amountForm},
		{name: "push_amount", doc: "What the initiator gives the responder at the start. Default 1.", form: amountForm},
		{name: "channel_reserve", doc: "What each side must keep. Default 2.", form: amountForm},
		{name: "lock_period", doc: "Key blocks a solo close stays open to challenge. Default 10.", form: wholeForm(0)},
		{name: "keep_running", doc: "Whether the responder's side outlives its peer. Default false.", form: boolForm},
		{name: "timeouts", doc: "Timers of the node, without timeout_ in their names.", form: mapOfWords(timeoutNames, durationForm)},
		{name: "accounts", doc: "How many pairs of accounts the sockets have: initiator.2 and responder.2 the second, and so on; one by default.", form: wholeForm(1)},
		{name: "keep_alive", doc: "The time between two WebSocket pings on a silent socket, or off.", form: anyOf(wordForm("off"), durationForm, constant(false))},
		{name: "params", doc: "Further connection parameters, sent as they are; null leaves one out.", form: ref("params")},
		{name: "first", doc: "The role that connects first.", form: wordForm(roleNames...)},
	}
	nodeKeys = []key{
		{name: "blocks", doc: "on-demand, expected (when frames in order need them), manual, or the time between two blocks.", form: anyOf(wordForm("on-demand", "expected", "manual"), durationForm)},
		{name: "era", doc: "Which node it behaves like.", form: anyOf(wordForm(eras...), constant(2020))},
		{name: "forgiving", doc: "Switches the quirks of the real node off.", form: boolForm},
		{name: "limits", doc: "Limits that are off by default.", form: mapOfWords(limitNames, wholeForm(0))},
		{name: "faults", doc: "Faults by name.", form: ref("settings")},
		{name: "defects", doc: "Protocol mistakes by name.", form: ref("settings")},
		{name: "optional", doc: "The scenario also makes sense on a node without these settings.", form: boolForm},
	}
	standingKeys = []key{
		{name: "use", doc: "A named strategy.", form: textForm},
		{name: "with", doc: "Values for the variables of the strategy.", form: mapOf(anyScalar)},
		{name: "sign", doc: "Answers to signing requests; they come before those of use.", form: ref("sign")},
		{name: "id", doc: "Whether signatures carry an id; true by default.", form: boolForm},
		{name: "params", doc: "Connection parameters of this role only; null leaves one out.", form: ref("params")},
	}
	loadKeys = []key{
		{name: "pairs", doc: "How many channels.", form: wholeForm(1), required: true},
		{name: "setup", doc: "How fast the channels are opened.", form: object("setup")},
		{name: "phases", doc: "What happens, one after the other.", form: listOf(ref("phase")), required: true},
		{name: "teardown", doc: "How the channels end.", form: ref("teardown")},
	}
	setupKeys = []key{
		{name: "rate", doc: "Channels a second.", form: rateFormKey},
		{name: "in_flight", doc: "Channels being opened at once.", form: wholeForm(1)},
	}
	phaseKeys = []key{
		{name: "name", doc: "Name of the phase.", form: nameForm},
		{name: "arrivals", doc: "When operations are due.", form: ref("arrivals"), required: true},
		{name: "warmup", doc: "Recorded, not judged, not part of duration.", form: durationForm},
		{name: "duration", doc: "How long the phase is.", form: durationForm, required: true},
		{name: "mix", doc: "What an arrival does; without it, the steps.", form: listOf(ref("mixEntry"))},
		{name: "sign", doc: "Answers of both roles in this phase.", form: ref("signs")},
		{name: "initiator", doc: "What holds for the initiator in this phase.", form: ref("initiator")},
		{name: "responder", doc: "What holds for the responder in this phase.", form: ref("responder")},
	}
	arrivalsKeys = []key{
		{name: "rate", doc: "Operations in a time, over the fleet.", form: rateFormKey},
		{name: "process", doc: "How they are spread.", form: wordForm("uniform", "poisson")},
		{name: "ramp", doc: "A rate that changes evenly.", form: object("ramp")},
		{name: "step", doc: "A rate that rises in steps.", form: object("stairs")},
		{name: "burst", doc: "Many operations at once.", form: object("burst")},
		{name: "closed", doc: "Each pair starts its next operation after the last one.", form: object("closed")},
	}
	rampKeys = []key{
		{name: "from", doc: "The rate at the start.", form: rateFormKey, required: true},
		{name: "to", doc: "The rate at the end.", form: rateFormKey, required: true},
	}
	stairsKeys = []key{
		{name: "from", doc: "The rate at the start.", form: rateFormKey, required: true},
		{name: "by", doc: "What is added.", form: rateFormKey, required: true},
		{name: "every", doc: "The time between two steps.", form: durationForm, required: true},
		{name: "to", doc: "Where it stops rising.", form: rateFormKey},
	}
	burstKeys = []key{
		{name: "size", doc: "Operations at once.", form: wholeForm(1), required: true},
		{name: "every", doc: "The time between two bursts.", form: durationForm, required: true},
	}
	closedKeys = []key{
		{name: "think", doc: "The time between the end of one operation and the next.", form: durationForm},
	}
	stepKeys = []key{
		{name: "sign", doc: "Answers to signing requests during this step.", form: ref("signs")},
		{name: "expect", doc: "How the step must end.", form: ref("expect")},
		{name: "id", doc: "Whether the request carries an id, or which.", form: anyForm},
		{name: "offset", doc: "Only for both: how much later the responder starts.", form: durationForm},
		{name: "raw", doc: "Sends params unchecked.", form: boolForm},
		{name: "until", doc: "The step is over as soon as either side has seen this frame.", form: frameForm},
		{name: "timeout", doc: "How long the step may take.", form: durationForm},
	}
	expectKeys = []key{
		{name: "outcome", doc: "The outcome, or a list of acceptable ones.", form: ref("outcome")},
		{name: "by", doc: "Who caused a conflict, or whose timer ran out.", form: wordForm(partyNames...)},
		{name: "values", doc: "The balances that must be returned.", form: mapOf(amountForm)},
		{name: "frames", doc: "What each side must or must not see.", form: object("frames")},
	}
	frameSides = append([]key{
		{name: "initiator", doc: "Frames of the initiator.", form: ref("frameRule")},
		{name: "responder", doc: "Frames of the responder.", form: ref("frameRule")},
	}, furtherSockets...)
	frameRuleKeys = []key{
		{name: "must", doc: "Frames that must be seen.", form: listOf(frameForm)},
		{name: "not", doc: "Frames that must not be seen.", form: listOf(frameForm)},
		{name: "in_order", doc: "The next frames that this side gets, all of them, in their order.", form: listOf(frameForm)},
	}
	whenKeys = []key{
		{name: "round", doc: "The round to be signed.", form: spanForm},
		{name: "nth", doc: "The how many-th request with this tag, from 1.", form: spanForm},
		{name: "amount", doc: "What the operation moves.", form: spanForm},
		{name: "op", doc: "The operation that asks.", form: anyOf(textForm, listOf(textForm))},
	}
	delayKeys = []key{
		{name: "for", doc: "How long.", form: durationForm, required: true},
		{name: "then", doc: "The answer afterwards; accept by default.", form: ref("answer")},
	}
	fieldKeys = []key{
		{name: "field", doc: "The field of the transaction.", form: textForm, required: true},
		{name: "value", doc: "Its new value.", form: anyScalar, required: true},
		{name: "resign", doc: "Whether the changed transaction is properly signed.", form: boolForm},
	}
)

var (
	roleNames  = []string{"initiator", "responder"}
	partyNames = []string{"initiator", "responder", "node", "chanbot"}
	eras       = []string{"current", "2020"}
	limitNames = []string{"fsms", "slots", "queue", "sockets"}
)
