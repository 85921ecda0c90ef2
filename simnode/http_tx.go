package simnode

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http"

	"chanbot/tx"
)

// What the operations on transactions say when they refuse (http-api 5).
const (
	invalidTx       = "Invalid tx"
	alreadyKnown    = "already_known"
	alreadyAccepted = "already_accepted"
)

// postTransaction puts a transaction into the pool (http-api 5).
func (a *api) postTransaction(c apiCall) apiAnswer {
	text, bad := postedText(c.body)
	if bad != nil {
		return *bad
	}
	prefix, payload, err := tx.Decode(text)
	switch {
	case err != nil:
		return denied(http.StatusBadRequest, "Invalid api encoding", "invalid_encoding")
	case prefix != tx.PrefixTransaction:
		return denied(http.StatusBadRequest, "Invalid api encoding", "invalid_prefix")
	}
	signed, err := tx.DecodeSigned(payload)
	if err != nil {
		return denied(http.StatusBadRequest, invalidTx, reasonBrokenTx)
	}
	for _, signature := range signed.Signatures {
		if len(signature) != ed25519.SignatureSize {
			return denied(http.StatusBadRequest, invalidTx, reasonBrokenTx)
		}
	}
	signed = canonical(signed)
	hash := signed.Hash()
	if code := a.known(hash); code != "" {
		return denied(http.StatusBadRequest, invalidTx, code)
	}
	if err := a.node.chain.post(signed); err != nil {
		if no, ok := errors.AsType[*postError](err); ok {
			return denied(http.StatusBadRequest, invalidTx, no.Reason)
		}
		return apiAnswer{http.StatusInternalServerError, object{"reason": "Internal server error"}}
	}
	a.mu.Lock()
	a.posted.set(hash, struct{}{})
	a.mu.Unlock()
	return answered(object{"tx_hash": hash.Text(tx.PrefixTxHash)})
}

// postedText finds the transaction in a body, which has to be an object with a
// text under tx; other keys do not matter.
func postedText(body []byte) (string, *apiAnswer) {
	wrong := func(parameter string, info object) (string, *apiAnswer) {
		bad := invalid(parameter, info)
		return "", &bad
	}
	if len(bytes.TrimSpace(body)) == 0 {
		return wrong("body", object{"data": "", "error": "wrong_type"})
	}
	if !json.Valid(body) {
		return wrong("", object{"data": string(body[:min(len(body), 1024)]), "error": "invalid_body"})
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil || fields == nil {
		return wrong("body", object{"data": json.RawMessage(body), "error": "wrong_type"})
	}
	raw, ok := fields["tx"]
	if !ok {
		return wrong("body", object{"data": json.RawMessage(body), "error": "missing_required_property", "path": []string{"tx"}})
	}
	var text *string
	if err := json.Unmarshal(raw, &text); err != nil || text == nil {
		return wrong("body", object{"data": raw, "error": "wrong_type", "path": []string{"tx"}})
	}
	return *text, nil
}

// known tells why a transaction is not taken a second time, or "". One that the
// pool has dropped stays known.
func (a *api) known(h tx.Hash) string {
	a.mu.Lock()
	_, before := a.posted.get(h)
	a.mu.Unlock()
	// A transaction goes from the pool into a block, so look in this order.
	_, _, waits := a.node.chain.waiting(h)
	if _, mined := a.node.chain.transaction(h); mined {
		return alreadyAccepted
	}
	if waits || before {
		return alreadyKnown
	}
	return ""
}

// transaction shows a transaction of the pool or of a block (http-api 5).
func (a *api) transaction(c apiCall) apiAnswer {
	_, hash, bad := readHash(c.args[0], "Invalid hash", tx.PrefixTxHash)
	if bad != nil {
		return *bad
	}
	signed, _, waits := a.node.chain.waiting(hash)
	if m, mined := a.node.chain.transaction(hash); mined {
		return answered(minedObject(m))
	}
	if !waits {
		return denied(http.StatusNotFound, "Transaction not found", "")
	}
	return answered(pendingObject(signed))
}

func minedObject(m minedTx) object {
	o := signedObject(m.Signed, m.Tx)
	o["block_hash"], o["block_height"] = m.Block.Text(tx.PrefixMicroBlock), m.Height
	return o
}

func pendingObject(s *tx.SignedTx) object {
	t, err := s.Decode()
	if err != nil { // the pool holds nothing of the kind
		t = nil
	}
	o := signedObject(s, t)
	o["block_hash"], o["block_height"] = "none", -1
	return o
}

func pendingObjects(list []*tx.SignedTx) []object {
	objects := []object{}
	for _, s := range list {
		objects = append(objects, pendingObject(s))
	}
	return objects
}

func signedObject(s *tx.SignedTx, t tx.Tx) object {
	signatures := []string{}
	for _, signature := range s.Signatures {
		signatures = append(signatures, tx.Encode(tx.PrefixSignature, signature))
	}
	return object{
		"encoded_tx": s.Text(),
		"hash":       s.Hash().Text(tx.PrefixTxHash),
		"signatures": signatures,
		"tx":         txObject(t),
	}
}

// txObject shows the fields of a transaction under their names (http-api 5).
func txObject(t tx.Tx) object {
	o, ttl := txFields(t)
	if ttl != 0 {
		o["ttl"] = ttl
	}
	if _, isSet := o["version"]; !isSet {
		o["version"] = 1
	}
	if _, nonce, ok := tx.OriginOf(t); ok {
		o["nonce"], o["fee"] = nonce, tx.FeeOf(t)
	}
	if channel, ok := tx.ChannelOf(t); ok && o["type"] != "ChannelCreateTx" {
		o["channel_id"] = channel
	}
	return o
}

// txFields returns what is not common to all types, and the ttl.
func txFields(t tx.Tx) (o object, ttl uint64) {
	switch t := t.(type) {
	case *tx.Spend:
		return object{
			"type": "SpendTx", "amount": sum(t.Amount), "sender_id": t.SenderID, "recipient_id": t.RecipientID,
			"payload": tx.Encode(tx.PrefixByteArray, t.Payload),
		}, t.TTL
	case *tx.Create:
		o := object{
			"type": "ChannelCreateTx", "version": 2, "delegate_ids": delegateObject(t.InitiatorDelegates, t.ResponderDelegates),
			"initiator_id": t.InitiatorID, "initiator_amount": sum(t.InitiatorAmount),
			"responder_id": t.ResponderID, "responder_amount": sum(t.ResponderAmount),
			"channel_reserve": sum(t.ChannelReserve), "lock_period": t.LockPeriod, "state_hash": t.StateHash.Text(tx.PrefixState),
		}
		if t.Version == 1 {
			o["version"], o["delegate_ids"] = 1, ids(t.InitiatorDelegates)
		}
		return o, t.TTL
	case *tx.Deposit:
		return object{
			"type": "ChannelDepositTx", "from_id": t.FromID, "amount": sum(t.Amount),
			"round": t.Round, "state_hash": t.StateHash.Text(tx.PrefixState),
		}, t.TTL
	case *tx.Withdraw:
		return object{
			"type": "ChannelWithdrawTx", "to_id": t.ToID, "amount": sum(t.Amount),
			"round": t.Round, "state_hash": t.StateHash.Text(tx.PrefixState),
		}, t.TTL
	case *tx.CloseMutual:
		return object{
			"type": "ChannelCloseMutualTx", "from_id": t.FromID,
			"initiator_amount_final": sum(t.InitiatorAmountFinal), "responder_amount_final": sum(t.ResponderAmountFinal),
		}, t.TTL
	case *tx.Settle:
		return object{
			"type": "ChannelSettleTx", "from_id": t.FromID,
			"initiator_amount_final": sum(t.InitiatorAmountFinal), "responder_amount_final": sum(t.ResponderAmountFinal),
		}, t.TTL
	}
	return soloFields(t)
}

// soloFields is txFields for the transactions that carry a co-signed state.
func soloFields(t tx.Tx) (o object, ttl uint64) {
	payload := func(b []byte) string { return tx.Encode(tx.PrefixTransaction, b) }
	switch t := t.(type) {
	case *tx.CloseSolo:
		return object{
			"type": "ChannelCloseSoloTx", "from_id": t.FromID, "payload": payload(t.Payload),
			"poi": tx.Encode(tx.PrefixProof, t.PoI),
		}, t.TTL
	case *tx.Slash:
		return object{
			"type": "ChannelSlashTx", "from_id": t.FromID, "payload": payload(t.Payload),
			"poi": tx.Encode(tx.PrefixProof, t.PoI),
		}, t.TTL
	case *tx.SnapshotSolo:
		return object{"type": "ChannelSnapshotSoloTx", "from_id": t.FromID, "payload": payload(t.Payload)}, t.TTL
	case *tx.ForceProgress:
		return object{
			"type": "ChannelForceProgressTx", "from_id": t.FromID, "payload": payload(t.Payload), "round": t.Round,
			"state_hash": t.StateHash.Text(tx.PrefixState), "update": tx.Encode(tx.PrefixByteArray, t.Update),
			"offchain_trees": tx.Encode(tx.PrefixStateTrees, t.OffchainTrees),
		}, t.TTL
	case *tx.SetDelegates:
		return object{
			"type": "ChannelSetDelegatesTx", "from_id": t.FromID, "payload": payload(t.Payload), "round": t.Round,
			"initiator_delegate_ids": ids(t.InitiatorDelegates), "responder_delegate_ids": ids(t.ResponderDelegates),
			"state_hash": t.StateHash.Text(tx.PrefixState),
		}, t.TTL
	}
	return object{"type": "UnknownTx"}, 0
}
