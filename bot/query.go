package bot

import (
	"math/big"
	"net/url"
	"strconv"
	"strings"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/strategy"
	"chanbot/tx"
)

// params returns the connection parameters of a role for a new channel: those
// of the channel, over them what the scenario says about the role, over them
// those of the step and of the command line.
func (p *pair) params(e *end, step []strategy.Param) url.Values {
	f := p.fleet
	ch := &f.cfg.Scenario.Channel
	amount := func(v *big.Int) string {
		if v == nil {
			return "0"
		}
		return v.String()
	}
	q := url.Values{}
	q.Set("protocol", "json-rpc")
	q.Set("role", e.role.String())
	q.Set("port", strconv.Itoa(f.cfg.ResponderPort))
	q.Set("initiator_id", e.party.address[0])
	q.Set("responder_id", e.party.address[1])
	q.Set("initiator_amount", amount(ch.InitiatorAmount))
	q.Set("responder_amount", amount(ch.ResponderAmount))
	q.Set("push_amount", amount(ch.PushAmount))
	q.Set("channel_reserve", amount(ch.ChannelReserve))
	q.Set("lock_period", amount(ch.LockPeriod))
	q.Set("keep_running", strconv.FormatBool(ch.KeepRunning))
	if e.role == outcome.Initiator {
		q.Set("host", f.cfg.ResponderHost)
	}
	for name, d := range f.timeouts {
		q.Set("timeout_"+name, strconv.FormatInt(d.Milliseconds(), 10))
	}
	p.override(q, e, ch.Params)
	p.override(q, e, f.cfg.Scenario.Standing(e.role).Params)
	p.override(q, e, step)
	p.override(q, e, f.cfg.Params)
	return q
}

// joinParams returns the connection parameters for coming back to a channel.
func (p *pair) joinParams(e *end, step []strategy.Param) url.Values {
	q := url.Values{}
	q.Set("protocol", "json-rpc")
	q.Set("role", e.role.String())
	q.Set("port", strconv.Itoa(p.fleet.cfg.ResponderPort))
	if e.role == outcome.Initiator {
		q.Set("host", p.fleet.cfg.ResponderHost)
	}
	for name, d := range p.fleet.timeouts {
		q.Set("timeout_"+name, strconv.FormatInt(d.Milliseconds(), 10))
	}
	q.Set("existing_channel_id", p.placeholder(e, "$channel_id"))
	q.Set("existing_fsm_id", p.placeholder(e, "$fsm_id"))
	p.override(q, e, step)
	return q
}

func (p *pair) override(q url.Values, e *end, params []strategy.Param) {
	for _, param := range params {
		if param.Omit {
			q.Del(param.Name)
			continue
		}
		q.Set(param.Name, p.placeholder(e, param.Value))
	}
}

// placeholder replaces a text that stands for something of the pair.
func (p *pair) placeholder(e *end, text string) string {
	switch text {
	case "$initiator":
		return e.party.address[0]
	case "$responder":
		return e.party.address[1]
	case "$outsider":
		return Outsider().String()
	case "$other":
		return p.fleet.stranger.ID().String()
	case "$channel_id":
		return p.channelID(e)
	case "$fsm_id":
		if e.client != nil {
			return e.client.FSMID()
		}
		return ""
	}
	return text
}

// channelID returns the id of the channel, "" while no side knows it.
func (p *pair) channelID(e *end) string {
	for _, x := range []*end{e, p.first(outcome.Initiator), p.first(outcome.Responder)} {
		if x.client != nil && x.client.ChannelID() != "" {
			return x.client.ChannelID()
		}
	}
	return ""
}

// url returns the URL of a connection.
func (p *pair) url(e *end, q url.Values) string {
	return p.fleet.nodes[e.role.Index()] + "?" + q.Encode()
}

// modelConfig returns what the oracle of an end knows. A parameter in which the
// two sides differ, as some scenarios want it, is left out.
func (p *pair) modelConfig(e *end, own url.Values) model.Config {
	peer := p.params(e.peer(), nil)
	if e.peer().query != nil {
		peer = e.peer().query
	}
	same := func(name string) (string, bool) {
		v := own.Get(name)
		return v, v != "" && v == peer.Get(name)
	}
	number := func(name string) *big.Int {
		text, ok := same(name)
		if !ok {
			return nil
		}
		n, ok := new(big.Int).SetString(text, 10)
		if !ok {
			return nil
		}
		return n
	}
	account := func(name string) tx.ID {
		text, ok := same(name)
		if !ok {
			return tx.ID{}
		}
		id, err := tx.ParseID(text)
		if err != nil {
			return tx.ID{}
		}
		return id
	}
	cfg := model.Config{
		Role:      e.role,
		Initiator: account("initiator_id"), Responder: account("responder_id"),
		InitiatorAmount: number("initiator_amount"), ResponderAmount: number("responder_amount"),
		PushAmount: number("push_amount"), ChannelReserve: number("channel_reserve"),
		NetworkID:     p.fleet.cfg.NetworkID,
		SampleChecks:  p.fleet.cfg.SampleChecks,
		MsgForwarding: own.Get("msg_forwarding") == "true",
		Deny:          p.fleet.cfg.Deny,
	}
	if cfg.PushAmount == nil {
		cfg.InitiatorAmount, cfg.ResponderAmount = nil, nil
	}
	if n := number("lock_period"); n != nil && n.IsUint64() {
		cfg.LockPeriod = new(n.Uint64())
	}
	for name := range own {
		if strings.HasPrefix(name, "report_") && own.Get(name) == "false" {
			cfg.Unreported = true
		}
	}
	return cfg
}
