package simnode

import (
	"math/big"

	"chanbot/tx"
	"chanbot/wire"
)

var parameterDefects = []Defect{
	{
		Name: "takes-amounts-below-the-reserve", Group: groupParameters,
		Does:   "A channel is started although a side has less than channel_reserve.",
		Breaks: "Amounts below channel_reserve are refused with 105.", Source: "ws-api 2.1",
		Flows: []string{flowConnect},
		bend: func() hooks {
			return hooks{node: nodeHooks{refusal: func(p *connectParams, bad *refusal) *refusal {
				if bad != nil && bad.sub == wire.CodeValueTooLow && !p.negativeLockTime && p.ChannelReserve.Sign() >= 0 && p.PushAmount.Sign() >= 0 {
					return nil
				}
				return bad
			}}}
		},
	},
	{
		Name: "unknown-account-called-a-low-value", Group: groupParameters,
		Does:   "An account that does not exist is refused with 105 instead of 1011.",
		Breaks: "An unknown account is refused with 1011.", Source: "ws-api 2.4",
		Flows: []string{flowConnect},
		bend: func() hooks {
			return hooks{node: nodeHooks{refusal: func(_ *connectParams, bad *refusal) *refusal {
				if bad != nil && bad.sub == wire.CodeParticipantNotFound {
					return refusedWith(wire.CodeValueTooLow)
				}
				return bad
			}}}
		},
	},
	{
		Name: "create-without-reserve", Group: groupParameters,
		Does:   "The create transaction has a channel_reserve of 0.",
		Breaks: "The create transaction has the parameters of the connection.", Source: "transactions 2",
		Flows: []string{flowOpen}, When: "channel_reserve is not 0",
		bend: onOffer(opCreate, func(_ *fsm, t tx.Tx) { t.(*tx.Create).ChannelReserve = new(big.Int) }),
	},
	{
		Name: "create-with-a-longer-lock", Group: groupParameters,
		Does:   "The create transaction has a lock_period of one key block more.",
		Breaks: "The create transaction has the parameters of the connection.", Source: "transactions 2",
		Flows: []string{flowOpen},
		bend:  onOffer(opCreate, func(_ *fsm, t tx.Tx) { t.(*tx.Create).LockPeriod++ }),
	},
	{
		Name: "create-exchanges-the-amounts", Group: groupParameters,
		Does:   "The create transaction takes from each side what the other one is to put in.",
		Breaks: "The create transaction has the parameters of the connection.", Source: "transactions 2",
		Flows: []string{flowOpen}, When: "the two amounts differ",
		bend: onOffer(opCreate, func(_ *fsm, t tx.Tx) {
			c := t.(*tx.Create)
			c.InitiatorAmount, c.ResponderAmount = c.ResponderAmount, c.InitiatorAmount
		}),
	},
}
