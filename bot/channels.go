package bot

import (
	"math/big"

	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// keepChannel tells Config.Channels what f changes about the channel, as far as
// it is needed to come back to it and to close it. The responder hears of its
// channel before it is asked to sign for it, so nobody has signed for a channel
// that is not kept. It is not called for a state that breaks a rule: that must not
// take the place of one by which the channel can be closed.
func (e *end) keepChannel(f *wire.Frame) {
	sink := e.p.fleet.cfg.Channels
	if sink == nil || e.joins || e.client == nil {
		return
	}
	r := results.ChannelRecord{Channel: e.client.ChannelID(), Pair: e.p.number}
	if r.Channel == "" {
		return
	}
	switch {
	case f.Update != nil:
		r.Round, r.Signed, r.Balances = e.client.Round(), f.Update.State, e.balances()
	case closedBy(f):
		r.Closed = true
	case f.OnChainTx != nil && f.OnChainTx.Type == wire.TxTypeCreate:
		if signed, err := tx.ParseSigned(f.OnChainTx.Tx); err == nil {
			r.Create = signed.Hash().Text(tx.PrefixTxHash)
		}
		e.keepIdentity(&r)
	case f.Info != nil && f.Info.FSMID != "":
		e.keepIdentity(&r)
	default:
		return
	}
	sink.Channel(r)
}

// keepIdentity fills in who takes part and what opens the node's state. The
// other side may not know its channel yet.
func (e *end) keepIdentity(r *results.ChannelRecord) {
	r.Parties, r.Balances = e.party.address, e.balances()
	for i, role := range outcome.Roles {
		x := e
		if role != e.role {
			x = e.peer()
		}
		if c := x.client; c != nil && (c.ChannelID() == "" || c.ChannelID() == r.Channel) {
			r.FSMIDs[i] = c.FSMID()
		}
	}
}

// balances returns those of the last state, nil when they are not known.
func (e *end) balances() []*big.Int {
	initiator, responder := e.client.Balances()
	if initiator == nil || responder == nil {
		return nil
	}
	return []*big.Int{initiator, responder}
}
