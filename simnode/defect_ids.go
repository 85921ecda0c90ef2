package simnode

import (
	"chanbot/tx"
	"chanbot/wire"
)

var idDefects = []Defect{
	{
		Name: "fsm-id-changes", Group: groupIDs,
		Does:   "funding_created and funding_signed have another fsm_id than fsm_up.",
		Breaks: "funding_created and funding_signed repeat the fsm_id of fsm_up.", Source: "ws-api 6.1",
		Flows: []string{flowOpen},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool {
			return isInfo(n, wire.EventFundingCreated) || isInfo(n, wire.EventFundingSigned)
		}, func(f *fsm, n wire.Frame) []wire.Frame {
			id := tx.Hash{}
			copy(id[:], f.fsmID)
			n.Info.FSMID = tx.Encode(tx.PrefixByteArray, id[:])
			return []wire.Frame{n}
		}),
	},
	{
		Name: "fsm-id-too-short", Group: groupIDs,
		Does:   "The fsm_id of fsm_up has 31 bytes.",
		Breaks: "An fsm_id has 32 bytes.", Source: "ws-api 2.2",
		Flows: []string{flowOpen},
		bend: onFrame(infoIs(wire.EventFSMUp), func(_ *fsm, n wire.Frame) []wire.Frame {
			if b, err := tx.DecodeAs(tx.PrefixByteArray, n.Info.FSMID); err == nil {
				n.Info.FSMID = tx.Encode(tx.PrefixByteArray, b[1:])
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "channel-id-of-another-nonce", Group: groupIDs,
		Does:   "Notifications carry a channel_id that does not follow from the create transaction.",
		Breaks: "The channel id follows from initiator, nonce and responder of the create transaction.", Source: "transactions 3",
		Flows: []string{flowOpen},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool { return n.ChannelID != "" }, func(f *fsm, n wire.Frame) []wire.Frame {
			n.ChannelID = another(f.channelID).String()
			return []wire.Frame{n}
		}),
	},
	{
		Name: "channel-id-before-the-create", Group: groupIDs,
		Does:   "sign.initiator_sign carries the channel_id already.",
		Breaks: "channel_id is null until the create transaction is signed.", Source: "ws-api 3.3",
		Flows: []string{flowOpen},
		bend: onFrame(func(_ *fsm, n *wire.Frame) bool { return n.Sign != nil && n.Sign.Tag == wire.TagInitiatorSign }, func(f *fsm, n wire.Frame) []wire.Frame {
			if create, is := f.op.inner.(*tx.Create); is {
				n.ChannelID = tx.ChannelIDOf(create.InitiatorID, create.Nonce, create.ResponderID).String()
			}
			return []wire.Frame{n}
		}),
	},
	{
		Name: "channel-id-changes-with-a-deposit", Group: groupIDs,
		Does:   "Once a deposit has been made the notifications carry another channel_id.",
		Breaks: "The channel_id of a session never changes.", Source: "ws-api 3.3",
		Flows: []string{flowDeposit},
		bend: onFrame(func(f *fsm, n *wire.Frame) bool { return n.ChannelID != "" && isDeposit(f.signed) }, func(f *fsm, n wire.Frame) []wire.Frame {
			n.ChannelID = another(f.channelID).String()
			return []wire.Frame{n}
		}),
	},
	{
		Name: "offer-names-another-channel", Group: groupIDs,
		Does:   "The first update after an abort names another channel in its transaction.",
		Breaks: "Every transaction of a channel names that channel.", Source: "transactions 3",
		Flows: []string{flowUpdate, flowAbort},
		bend: each(func() machineHooks {
			aborted := false
			return machineHooks{
				dropped: func(_ *fsm, _ *operation, why loss) { aborted = aborted || why == lostAbort },
				offer: func(f *fsm, op *operation) {
					if aborted && op.own && op.kind == opUpdate {
						aborted = false
						op.rewrite(func(t tx.Tx) { t.(*tx.OffChain).ChannelID = another(f.channelID) })
					}
				},
				check: func(f *fsm, at checkpoint, op *operation, s *tx.SignedTx, good bool) bool {
					return good || at == checkOffer && op.kind == opUpdate && f.hasSigned(s, f.peer) && contentOf(op.inner).channel == another(f.channelID)
				},
			}
		}),
	},
	{
		Name: "reestablish-with-the-old-fsm-id", Group: groupIDs,
		Does:   "Every machine of the node has the same fsm_id, also the one of a channel that is reestablished.",
		Breaks: "Each state machine has an fsm_id of its own; a reestablished one shows a new one.", Source: "fsm 6.8",
		Flows: []string{flowOpen, flowLeave},
		bend: func() hooks {
			return hooks{node: nodeHooks{fsmID: func(id *[32]byte) { *id = [32]byte{1} }}}
		},
	},
}
