package session

import (
	"fmt"
	"math/big"
	"slices"
	"strings"

	"chanbot/tx"
)

// transaction describes a signed transaction: its number, who signed it, and
// every field, those that differ from run to run as symbols.
func (t *table) transaction(text string, payload []byte) string {
	if s, ok := t.texts[text]; ok {
		return s
	}
	s := t.describe(payload)
	if t.texts == nil {
		t.texts = make(map[string]string)
	}
	t.texts[text] = s
	return s
}

// deepestTx is how many transactions one may lie in that is described. A solo close
// holds a state, and nothing that a node makes holds more.
const deepestTx = 8

func (t *table) describe(payload []byte) string {
	if t.depth == deepestTx {
		return fmt.Sprintf("<%d bytes in too many transactions>", len(payload))
	}
	t.depth++
	defer func() { t.depth-- }()
	signed, err := tx.DecodeSigned(payload)
	if err != nil {
		if body, err := tx.Deserialize(payload); err == nil {
			return "<unsigned object: " + t.body(body) + ">"
		}
		return fmt.Sprintf("<tx of %d bytes that are no transaction>", len(payload))
	}
	body, err := signed.Decode()
	if err != nil {
		return fmt.Sprintf("<%d signatures over what is no transaction>", len(signed.Signatures))
	}
	fields := t.body(body) // before the signers: it may name accounts
	number := t.symbol(value{kindTx, string(signed.Tx)})
	t.symbols[value{kindTxHash, signed.Hash().Text(tx.PrefixTxHash)}] = "<hash of " + strings.Trim(number, "<>") + ", " + t.signers(signed) + ">"
	return "<" + strings.Trim(number, "<>") + ", " + t.signers(signed) + ": " + fields + ">"
}

// signers tells who signed: by name, or only how many when the network id is
// not known.
func (t *table) signers(s *tx.SignedTx) string {
	if t.o.NetworkID == "" || len(s.Signatures) == 0 {
		return fmt.Sprintf("%d signatures", len(s.Signatures))
	}
	names := make([]string, 0, len(s.Signatures))
	for _, sig := range s.Signatures {
		names = append(names, t.signer(s.Tx, sig))
	}
	slices.Sort(names)
	return "signed by " + strings.Join(names, " and ")
}

func (t *table) signer(unsigned, sig []byte) string {
	key := [2]string{string(unsigned), string(sig)}
	found, ok := t.known[key]
	if !ok || !slices.Contains(t.parties, found.id) {
		found = t.findSigner(unsigned, sig)
		if !found.id.IsZero() {
			t.known[key] = found
		}
	}
	switch {
	case found.id.IsZero():
		return "nobody"
	case found.form == tx.Hashed:
		return t.account(found.id) + " (hash)"
	}
	return t.account(found.id)
}

func (t *table) findSigner(unsigned, sig []byte) signer {
	for _, id := range t.parties {
		if form, ok := tx.VerifyForm(id, t.o.NetworkID, unsigned, sig); ok {
			return signer{id, form}
		}
	}
	return signer{}
}

// fields writes the fields of a transaction in a fixed order.
type fields struct {
	t *table
	b strings.Builder
}

func (f *fields) add(name, text string) { f.b.WriteString(" " + name + "=" + text) }
func (f *fields) amount(name string, n *big.Int) {
	if n == nil {
		n = new(big.Int)
	}
	f.add(name, n.String())
}

func (f *fields) number(name string, n uint64) { f.add(name, fmt.Sprint(n)) }
func (f *fields) state(h tx.Hash)              { f.add("state_hash", f.t.state(h)) }

func (f *fields) id(name string, id tx.ID) {
	switch id.Kind {
	case tx.AccountID:
		f.add(name, f.t.account(id))
	case tx.ChannelID:
		f.add(name, f.t.symbol(value{kindChannel, id.String()}))
	default:
		f.add(name, id.String())
	}
}

// body describes a transaction without its signatures.
func (t *table) body(body tx.Tx) string {
	f := &fields{t: t}
	f.b.WriteString(body.Type())
	f.origin(body)
	switch b := body.(type) {
	case *tx.Create:
		f.create(b)
	case *tx.OffChain:
		if !t.o.Eras {
			f.number("version", uint64(b.Version))
			f.number("updates", uint64(len(b.Updates)))
		}
		f.id("channel_id", b.ChannelID)
		f.number("round", b.Round)
		f.state(b.StateHash)
	case *tx.Deposit:
		f.id("channel_id", b.ChannelID)
		f.amount("amount", b.Amount)
		f.number("ttl", b.TTL)
		f.number("round", b.Round)
		f.state(b.StateHash)
	case *tx.Withdraw:
		f.id("channel_id", b.ChannelID)
		f.amount("amount", b.Amount)
		f.number("ttl", b.TTL)
		f.number("round", b.Round)
		f.state(b.StateHash)
	case *tx.CloseMutual:
		f.closeMutual(b)
	case *tx.CloseSolo:
		f.solo(b.ChannelID, b.Payload, b.PoI, b.TTL)
	case *tx.Slash:
		f.solo(b.ChannelID, b.Payload, b.PoI, b.TTL)
	case *tx.SnapshotSolo:
		f.solo(b.ChannelID, b.Payload, nil, b.TTL)
	case *tx.Settle:
		f.id("channel_id", b.ChannelID)
		f.amount("initiator_amount_final", b.InitiatorAmountFinal)
		f.amount("responder_amount_final", b.ResponderAmountFinal)
		f.number("ttl", b.TTL)
	default:
		f.number("bytes", uint64(len(body.Serialize())))
	}
	return f.b.String()
}

// origin writes the sender, its nonce, counted from the first one that was
// seen of it, and the fee.
func (f *fields) origin(body tx.Tx) {
	id, nonce, ok := tx.OriginOf(body)
	if !ok {
		return
	}
	f.id("from", id)
	first, seen := f.t.nonces[id]
	if !seen {
		first = nonce
		f.t.nonces[id] = nonce
	}
	f.add("nonce", fmt.Sprintf("first%+d", int64(nonce-first)))
	if f.t.o.KeepFees {
		f.amount("fee", tx.FeeOf(body))
	}
}

func (f *fields) create(b *tx.Create) {
	if !f.t.o.Eras {
		f.number("version", uint64(b.Version))
		f.number("delegates", uint64(len(b.InitiatorDelegates)+len(b.ResponderDelegates)))
	}
	f.id("initiator_id", b.InitiatorID)
	f.amount("initiator_amount", b.InitiatorAmount)
	f.id("responder_id", b.ResponderID)
	f.amount("responder_amount", b.ResponderAmount)
	f.amount("channel_reserve", b.ChannelReserve)
	f.number("lock_period", b.LockPeriod)
	f.number("ttl", b.TTL)
	f.state(b.StateHash)
	// The id of the channel follows from this transaction; giving it its number
	// here makes a frame that names another channel differ.
	f.id("makes", tx.ChannelIDOf(b.InitiatorID, b.Nonce, b.ResponderID))
}

// closeMutual writes the final amounts. A fee was taken from them, so unless
// fees are compared only their sum with the fee is.
func (f *fields) closeMutual(b *tx.CloseMutual) {
	f.id("channel_id", b.ChannelID)
	f.number("ttl", b.TTL)
	if f.t.o.KeepFees {
		f.amount("initiator_amount_final", b.InitiatorAmountFinal)
		f.amount("responder_amount_final", b.ResponderAmountFinal)
		return
	}
	sum := new(big.Int)
	for _, n := range []*big.Int{b.InitiatorAmountFinal, b.ResponderAmountFinal, b.Fee} {
		if n != nil {
			sum.Add(sum, n)
		}
	}
	f.amount("amounts_and_fee", sum)
}

func (f *fields) solo(channel tx.ID, payload, poi []byte, ttl uint64) {
	f.id("channel_id", channel)
	f.number("ttl", ttl)
	if len(payload) == 0 {
		f.add("payload", "none")
	} else {
		f.add("payload", f.t.describe(payload))
	}
	if poi != nil {
		f.add("poi", f.t.proof(poi))
	}
}

// trees describes serialized state trees by their hash and balances.
func (t *table) trees(payload []byte) string {
	trees, err := tx.DecodeStateTrees(payload)
	if err != nil {
		return "<broken state trees>"
	}
	var lines []string
	for _, b := range trees.Accounts() {
		lines = append(lines, fmt.Sprintf("%s has %s", t.account(b.ID), b.Amount))
	}
	slices.Sort(lines)
	return "<trees of " + t.state(trees.Hash()) + ": " + strings.Join(lines, ", ") + ">"
}

// proof describes a proof of inclusion by its state and the balances that it
// proves of the accounts that are known.
func (t *table) proof(payload []byte) string {
	p, err := tx.DecodeProof(payload)
	if err != nil {
		return "<broken proof>"
	}
	var lines []string
	for _, id := range t.parties {
		if n, err := p.Balance(id); err == nil && n != nil {
			lines = append(lines, fmt.Sprintf("%s has %s", t.account(id), n))
		}
	}
	slices.Sort(lines)
	return "<proof of " + t.state(p.StateHash()) + ": " + strings.Join(slices.Compact(lines), ", ") + ">"
}
