package model

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"chanbot/tx"
	"chanbot/wire"
)

// aboutChain reports whether a frame is about what happens on the chain, or
// about leave and reestablish.
func aboutChain(f *wire.Frame) bool {
	switch {
	case f.OnChainTx != nil:
		return f.OnChainTx.Type != wire.TxTypeCreate
	case f.Sign != nil:
		return f.Sign.Tag != wire.TagInitiatorSign && f.Sign.Tag != wire.TagResponderSign && f.Sign.Tag != wire.TagUpdate && f.Sign.Tag != wire.TagUpdateAck
	case f.Info != nil:
		switch f.Info.Event {
		case wire.EventFSMUp, wire.EventChannelOpen, wire.EventChannelAccept, wire.EventFundingCreated, wire.EventFundingSigned,
			wire.EventOwnFundingLocked, wire.EventFundingLocked, wire.EventUpdate:
			return false
		}
		return true
	}
	return f.Leave != nil || f.Update != nil || f.Conflict != nil
}

// onChainOnly restricts a mutation to such frames.
func onChainOnly(damage func(events []event, i, next int) []event) func([]event, int, int) []event {
	return func(events []event, i, next int) []event {
		if f := wire.DecodeFrame(textOf(events[i].Frame)); !aboutChain(&f) {
			return nil
		}
		return damage(events, i, next)
	}
}

// signs changes the transaction in a request to sign, chain the one in
// on_chain_tx. change returns false when there is nothing to change.
func signs(own bool, change func(tx.Tx) bool) func(events []event, i, next int) []event {
	return inFrames(func(f *wire.Frame) bool { return f.Sign != nil && tagSpecs[f.Sign.Tag].own == own }, change)
}

func chain(change func(tx.Tx) bool) func(events []event, i, next int) []event {
	return inFrames(func(f *wire.Frame) bool { return f.OnChainTx != nil && f.OnChainTx.Type != wire.TxTypeCreate }, change)
}

func inFrames(fits func(*wire.Frame) bool, change func(tx.Tx) bool) func(events []event, i, next int) []event {
	return func(events []event, i, _ int) []event {
		f := wire.DecodeFrame(textOf(events[i].Frame))
		if !fits(&f) {
			return nil
		}
		return edit(events, i, changeTx(func(s *tx.SignedTx, t tx.Tx) *tx.SignedTx {
			if f.Sign != nil && slices.ContainsFunc(f.Sign.Updates, func(u wire.Update) bool { return u.Op == wire.OpDeposit && u.Amount == nil }) {
				return nil // a recording that lost the number
			}
			if _, create := t.(*tx.Create); create || !change(t) {
				return nil
			}
			return withTx(s, t)
		}))
	}
}

func addOne(n *big.Int) { n.Add(n, big.NewInt(1)) }

func feeChanged(t tx.Tx) bool {
	if _, offChain := t.(*tx.OffChain); offChain {
		return false
	}
	tx.SetFee(t, new(big.Int).Add(tx.FeeOf(t), big.NewInt(1)))
	return true
}

func amountChanged(t tx.Tx) bool {
	switch t := t.(type) {
	case *tx.Deposit:
		addOne(t.Amount)
	case *tx.Withdraw:
		addOne(t.Amount)
	default:
		return false
	}
	return true
}

func stateChanged(t tx.Tx) bool {
	switch t := t.(type) {
	case *tx.Deposit:
		t.StateHash[3] ^= 1
	case *tx.Withdraw:
		t.StateHash[3] ^= 1
	default:
		return false
	}
	return true
}

func roundChanged(t tx.Tx) bool {
	switch t := t.(type) {
	case *tx.Deposit:
		t.Round++
	case *tx.Withdraw:
		t.Round++
	default:
		return false
	}
	return true
}

// finalsChanged moves a coin from the initiator to the responder.
func finalsChanged(t tx.Tx) bool {
	switch t := t.(type) {
	case *tx.CloseMutual:
		addOne(t.ResponderAmountFinal)
		t.InitiatorAmountFinal.Sub(t.InitiatorAmountFinal, big.NewInt(1))
	case *tx.Settle:
		addOne(t.ResponderAmountFinal)
		t.InitiatorAmountFinal.Sub(t.InitiatorAmountFinal, big.NewInt(1))
	default:
		return false
	}
	return true
}

func channelChangedTo(t tx.Tx) bool {
	id := tx.ID{Kind: tx.ChannelID, Key: tx.Hash{1}}
	switch t := t.(type) {
	case *tx.Deposit:
		t.ChannelID = id
	case *tx.Withdraw:
		t.ChannelID = id
	case *tx.CloseMutual:
		t.ChannelID = id
	case *tx.CloseSolo:
		t.ChannelID = id
	case *tx.Slash:
		t.ChannelID = id
	case *tx.Settle:
		t.ChannelID = id
	case *tx.SnapshotSolo:
		t.ChannelID = id
	case *tx.OffChain:
		t.ChannelID = id
	default:
		return false
	}
	return true
}

// payerChanged makes somebody else pay.
func payerChanged(t tx.Tx) bool {
	stranger := tx.ID{Kind: tx.AccountID, Key: tx.Hash{1}}
	switch t := t.(type) {
	case *tx.Deposit:
		t.FromID = stranger
	case *tx.Withdraw:
		t.ToID = stranger
	case *tx.CloseMutual:
		t.FromID = stranger
	case *tx.CloseSolo:
		t.FromID = stranger
	case *tx.Slash:
		t.FromID = stranger
	case *tx.Settle:
		t.FromID = stranger
	case *tx.SnapshotSolo:
		t.FromID = stranger
	default:
		return false
	}
	return true
}

// withPayload changes the payload of a solo transaction that has one.
func withPayload(change func(*tx.SignedTx) []byte) func(tx.Tx) bool {
	return func(t tx.Tx) bool {
		var payload *[]byte
		switch t := t.(type) {
		case *tx.CloseSolo:
			payload = &t.Payload
		case *tx.Slash:
			payload = &t.Payload
		case *tx.SnapshotSolo:
			payload = &t.Payload
		default:
			return false
		}
		s, err := tx.DecodeSigned(*payload)
		if err != nil {
			return false
		}
		*payload = change(s)
		return true
	}
}

func olderPayload(s *tx.SignedTx) []byte {
	t, err := s.Decode()
	if err != nil {
		return nil
	}
	t.(*tx.OffChain).Round--
	return withTx(s, t).Bytes()
}

// proofChanged changes a balance inside a proof.
func proofChanged(t tx.Tx) bool {
	var proof []byte
	switch t := t.(type) {
	case *tx.CloseSolo:
		proof = t.PoI
	case *tx.Slash:
		proof = t.PoI
	}
	if len(proof) == 0 {
		return false
	}
	proof[len(proof)-20] ^= 1
	return true
}

// renamed replaces a name in the data of a frame, of those that come in pairs.
func renamed(pairs ...string) func(events []event, i, next int) []event {
	return func(events []event, i, _ int) []event {
		return edit(events, i, func(b json.RawMessage) json.RawMessage {
			if !bytes.Contains(b, []byte(`"method":"channels.info"`)) && !bytes.Contains(b, []byte(`"method":"channels.on_chain_tx"`)) {
				return nil
			}
			for n, name := range pairs {
				if old := []byte(`"` + name + `"`); bytes.Contains(b, old) {
					return bytes.Replace(b, old, []byte(`"`+pairs[n^1]+`"`), 1)
				}
			}
			return nil
		})
	}
}

func general(name string) mutation {
	n := slices.IndexFunc(mutations, func(m mutation) bool { return m.name == name })
	m := mutations[n]
	m.damage = onChainOnly(m.damage)
	m.name = strings.Replace(m.name, "frame", "chain frame", 1)
	return m
}

var chainMutations = func() []mutation {
	drop, duplicate, swap, signature, removed := general("drop a frame"), general("duplicate a frame"), general("swap two frames"), general("signature"), general("signature removed")
	drop.least, duplicate.least, swap.least, signature.least, removed.least = 0.78, 0.85, 0.93, 0.99, 0.99
	none := func(*tx.SignedTx) []byte { return nil }
	return []mutation{
		drop, duplicate, swap, signature, removed,
		{name: "fee of an own offer", least: 1, damage: signs(true, feeChanged)},
		{name: "fee of a peer's offer", least: 1, damage: signs(false, feeChanged), signed: true, sample: 1000},
		{name: "amount of an own offer", least: 1, damage: signs(true, amountChanged)},
		{name: "amount of a peer's offer", least: 1, damage: signs(false, amountChanged), signed: true, sample: 1000},
		{name: "state hash of an own offer", least: 1, damage: signs(true, stateChanged)},
		{name: "state hash of a peer's offer", least: 1, damage: signs(false, stateChanged)},
		{name: "round of an own offer", least: 1, damage: signs(true, roundChanged)},
		{name: "round of a peer's offer", least: 1, damage: signs(false, roundChanged)},
		{name: "finals of an own offer", least: 1, damage: signs(true, finalsChanged)},
		{name: "finals of a peer's offer", least: 1, damage: signs(false, finalsChanged)},
		{name: "channel of an own offer", least: 1, damage: signs(true, channelChangedTo)},
		{name: "payer of an own offer", least: 1, damage: signs(true, payerChanged)},
		{name: "payer of a peer's offer", least: 1, damage: signs(false, payerChanged), signed: true, sample: 1000},
		{name: "older payload of an offer", least: 1, damage: signs(true, withPayload(olderPayload))},
		{name: "no payload of an offer", least: 1, damage: signs(true, withPayload(none))},
		{name: "proof of an offer", least: 1, damage: signs(true, proofChanged)},
		{name: "fee on chain", least: 1, damage: chain(feeChanged), signed: true, sample: 1000},
		{name: "amount on chain", least: 1, damage: chain(amountChanged), signed: true, sample: 1000},
		{name: "round on chain", least: 1, damage: chain(roundChanged), signed: true, sample: 1000},
		{name: "finals on chain", least: 1, damage: chain(finalsChanged), signed: true, sample: 1000},
		{name: "payload on chain", least: 1, damage: chain(withPayload(olderPayload)), signed: true, sample: 1000},
		{name: "proof on chain", least: 1, damage: chain(proofChanged)},
		{name: "channel on chain", least: 1, damage: chain(channelChangedTo)},
		{name: "payer on chain", least: 1, damage: chain(payerChanged), signed: true, sample: 1000},
		{name: "name of an event", least: 0.97, damage: renamed(
			"own_deposit_locked", "deposit_locked", "own_withdraw_locked", "withdraw_locked",
			"deposit_created", "deposit_signed", "withdraw_created", "withdraw_signed",
			"solo_closing", "can_slash", "closing", "closed_confirmed", "close_mutual", "channel_closed",
			"channel_reestablished", "open")},
	}
}()
