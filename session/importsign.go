package session

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"chanbot/outcome"
	"chanbot/tx"
	"chanbot/wire"
)

// offer is a request to sign that the node made.
type offer struct {
	link   *link
	tag    string
	nth    int // with this tag on this channel, from 1
	text   string
	signed *tx.SignedTx
	body   tx.Tx
	// answered counts the answers that it got.
	answered int
	folded   bool        // its answer is part of the step that led to it
	step     *importStep // in which it came
	past     bool        // its socket has begun another channel since
}

// offered notes a request to sign.
func (im *importer) offered(k *link, s *wire.Sign, step *importStep) {
	other := map[outcome.Role]string{outcome.Initiator: wire.TagResponderSign, outcome.Responder: wire.TagInitiatorSign}[k.role]
	if !slices.Contains(wire.SignTags(), s.Tag) || s.Tag == other {
		return // no client can answer that
	}
	o := &offer{link: k, tag: s.Tag, text: s.SignedTx, nth: 1, step: step}
	for _, other := range slices.Backward(im.offers) {
		if other.link.label == k.label && other.tag == s.Tag {
			o.nth = other.nth + 1
			break
		}
	}
	var err error
	if o.signed, err = tx.ParseSigned(s.SignedTx); err == nil {
		o.body, err = o.signed.Decode()
	}
	if err != nil {
		o.signed, o.body = nil, nil
	}
	im.offers = append(im.offers, o)
}

// offer returns the latest offer to a role that fits, those of the given socket
// first.
func (im *importer) offer(k *link, fits func(*offer) bool) *offer {
	for _, mine := range []bool{true, false} {
		for _, o := range slices.Backward(im.offers) {
			if (o.link.label == k.label) == mine && o.link.role == k.role && !o.past && fits(o) {
				return o
			}
		}
	}
	return nil
}

// reply is an answer to an offer as a scenario writes it.
type reply struct {
	offer  *offer
	do     any    // the answer
	method string // "" for the right one
	params mapping
	plain  bool // it is accepted or aborted as usual
	nth    bool // it is not the latest offer that it answers
}

// answer reads a client's frame as the answer to an offer, or returns nil.
func (im *importer) answer(k *link, f *envelope) *reply {
	params, ok := decodeOrdered(f.Params)
	m, isObject := params.(mapping)
	if !ok || !isObject || m.get("signed_tx") == nil && m.get("error") == nil {
		return nil
	}
	tag := wire.AnsweredTag(f.Method)
	r := &reply{plain: true}
	if signed := m.get("signed_tx"); signed != nil {
		text, isText := signed.value.(string)
		if !isText || !im.signed(r, k, tag, text) {
			return nil
		}
		m = without(m, "signed_tx")
	} else {
		if r.offer = im.offer(k, func(o *offer) bool { return o.tag == tag }); r.offer == nil {
			return nil
		}
		r.do = abortOf(m.get("error").value)
		m = without(m, "error")
	}
	if f.Method != wire.AnswerMethod(r.offer.tag) {
		r.method, r.plain = f.Method, false
	}
	if len(m) > 0 {
		r.params, r.plain = m, false
	}
	return r
}

func without(m mapping, key string) mapping {
	return slices.DeleteFunc(slices.Clone(m), func(x member) bool { return x.key == key })
}

// abortOf writes an abort; a code that no client should send goes unchecked.
func abortOf(code any) any {
	if n, ok := code.(json.Number); ok {
		if c, err := strconv.Atoi(n.String()); err == nil && c >= 1 && c <= 65535 {
			return mapping{{"abort", c}}
		}
	}
	return mapping{{"abort", code}, {"raw", true}}
}

// signed finds out which offer a signed transaction answers, and how it was
// made. It is false when nothing was offered that it could answer.
func (im *importer) signed(r *reply, k *link, tag, text string) bool {
	tagged := func(o *offer) bool { return o.tag == tag }
	s, err := tx.ParseSigned(text)
	if err != nil {
		if r.offer = im.offer(k, tagged); r.offer == nil {
			return false
		}
		r.do = brokenText(text)
		return true
	}
	same := func(o *offer) bool { return o.signed != nil && bytes.Equal(o.signed.Tx, s.Tx) }
	r.offer = im.offer(k, func(o *offer) bool { return same(o) && tagged(o) })
	if r.offer == nil {
		r.offer = im.offer(k, same)
	}
	if r.offer != nil {
		r.do = im.signatures(r.offer, s, nil)
		return true
	}
	return im.changed(r, k, tag, s)
}

// changed is signed for a transaction that nobody offered: one that was changed
// by the client.
func (im *importer) changed(r *reply, k *link, tag string, s *tx.SignedTx) bool {
	body, err := s.Decode()
	if err != nil {
		if r.offer = im.offer(k, func(o *offer) bool { return o.tag == tag }); r.offer == nil {
			return false
		}
		r.do = mapping{{"params", mapping{{"signed_tx", s.Text()}}}, {"raw", true}}
		return true
	}
	alike := func(o *offer) bool { return o.body != nil && o.body.Type() == body.Type() }
	r.offer = im.offer(k, func(o *offer) bool { return o.tag == tag && alike(o) })
	if r.offer == nil {
		r.offer = im.offer(k, alike)
	}
	if r.offer == nil {
		return false
	}
	change, ok := changes(r.offer.body, body)
	if !ok {
		r.do = mapping{{"params", mapping{{"signed_tx", s.Text()}}}, {"raw", true}}
		return true
	}
	r.do = im.signatures(r.offer, s, change)
	return true
}

// brokenText is the answer for a text that is no signed transaction.
func brokenText(text string) any {
	const prefix = string(tx.PrefixTransaction) + "_"
	_, prefixless := tx.ParseSigned(prefix + text)
	_, payload := tx.DecodeAs(tx.PrefixTransaction, text)
	switch {
	case text == "":
		return mapping{{"tamper", "empty"}}
	case prefixless == nil:
		return mapping{{"tamper", "no_prefix"}}
	case payload != nil && len(text) >= 60:
		return mapping{{"tamper", "truncated"}}
	}
	return mapping{{"params", mapping{{"signed_tx", text}}}, {"raw", true}}
}

// signatures says whose signatures an answer has, in the fewest words.
func (im *importer) signatures(o *offer, s *tx.SignedTx, change mapping) any {
	own, peer := o.link.role.String(), o.link.role.Peer().String()
	var words []string
	for _, sig := range s.Signatures {
		words = append(words, im.signature(o, s, sig))
	}
	var given []string
	for i := range o.signed.Signatures {
		given = append(given, "given "+strconv.Itoa(i+1))
	}
	is := func(list ...string) bool {
		a, b := slices.Sorted(slices.Values(list)), slices.Sorted(slices.Values(words))
		return slices.Equal(a, b)
	}
	if change == nil {
		switch {
		case is(append(slices.Clone(given), own)...):
			if strange(o) || im.foreign(o) {
				return mapping{{"tamper", mapping{{"signatures", words}}}}
			}
			return "accept"
		case is(given...):
			return mapping{{"tamper", "unsigned"}}
		case is(append(slices.Clone(given), "other")...):
			return mapping{{"tamper", "other_key"}}
		case len(given) == 0 && is(own, peer):
			return mapping{{"tamper", "both_keys"}}
		case len(given) == 1 && is(given[0], given[0]):
			return mapping{{"tamper", "peer_twice"}}
		case len(given) == 1 && is(own):
			return mapping{{"tamper", "own_only"}}
		}
	}
	m := mapping{{"signatures", words}}
	if change != nil {
		m = append(m, member{"change", change})
	}
	return mapping{{"tamper", m}}
}

// foreign says whether an offer to co-sign is none that the peer was offered: its
// client gave something else back.
func (im *importer) foreign(o *offer) bool {
	switch o.tag {
	case wire.TagResponderSign, wire.TagUpdateAck, wire.TagDepositAck, wire.TagWithdrawAck, wire.TagShutdownSignAck:
	default:
		return false
	}
	alike := false
	for _, p := range slices.Backward(im.offers) {
		if p.link.role == o.link.role || p.signed == nil || p.body.Type() != o.body.Type() {
			continue
		}
		if bytes.Equal(p.signed.Tx, o.signed.Tx) {
			return false
		}
		alike = true
	}
	return alike
}

// strange says whether an offer to create a channel is not what the socket was
// opened for, so that a client which looks at it does not sign.
func strange(o *offer) bool {
	c, ok := o.body.(*tx.Create)
	if !ok || o.link.joins {
		return false
	}
	differs := func(name string, v *big.Int) bool {
		text := o.link.query.Get(name)
		return v == nil || wholeNumber(text) && strings.TrimLeft(text, "0") != strings.TrimLeft(v.String(), "0")
	}
	return differs("initiator_amount", c.InitiatorAmount) || differs("responder_amount", c.ResponderAmount) ||
		differs("channel_reserve", c.ChannelReserve) || differs("lock_period", new(big.Int).SetUint64(c.LockPeriod))
}

// signature says who made a signature, and how, in the words of the language.
func (im *importer) signature(o *offer, s *tx.SignedTx, sig []byte) string {
	for i, g := range o.signed.Signatures {
		if bytes.Equal(g, sig) {
			return "given " + strconv.Itoa(i+1)
		}
	}
	for _, what := range []struct {
		body []byte
		word string
	}{{s.Tx, ""}, {o.signed.Tx, " offered"}} {
		for _, network := range []struct{ id, word string }{{im.network, ""}, {im.network + tx.InnerTxSuffix, " inner"}} {
			for _, r := range outcome.Roles {
				ids := im.accounts.ids[r.Index()]
				if own, err := tx.ParseID(im.all.partiesOf(o.link)[r.Index()]); err == nil && im.pairs > 1 {
					ids = slices.Concat([]tx.ID{own}, ids)
				}
				for _, id := range ids[:min(len(ids), mostParties)] {
					if form, ok := tx.VerifyForm(id, network.id, what.body, sig); ok {
						word := r.String()
						if form == tx.Hashed {
							word += " hash"
						}
						return word + network.word + what.word
					}
				}
			}
		}
	}
	return "other"
}

// changes says in which fields a transaction differs from the offered one. It is
// false for a type that no client changes.
func changes(from, to tx.Tx) (mapping, bool) {
	m := mapping{}
	number := func(name string, a, b uint64) {
		if a != b {
			m = append(m, member{name, difference(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))})
		}
	}
	amount := func(name string, a, b *big.Int) {
		if a != nil && b != nil && a.Cmp(b) != 0 {
			m = append(m, member{name, difference(a, b)})
		}
	}
	hash := func(name string, a, b tx.Hash) {
		if a != b {
			m = append(m, member{name, ""}) // some other one
		}
	}
	switch f := from.(type) {
	case *tx.Create:
		t := to.(*tx.Create)
		amount("initiator_amount", f.InitiatorAmount, t.InitiatorAmount)
		amount("responder_amount", f.ResponderAmount, t.ResponderAmount)
		amount("channel_reserve", f.ChannelReserve, t.ChannelReserve)
		number("lock_period", f.LockPeriod, t.LockPeriod)
		number("ttl", f.TTL, t.TTL)
		amount("fee", f.Fee, t.Fee)
		number("nonce", f.Nonce, t.Nonce)
		hash("state_hash", f.StateHash, t.StateHash)
		hash("initiator_id", f.InitiatorID.Key, t.InitiatorID.Key)
		hash("responder_id", f.ResponderID.Key, t.ResponderID.Key)
	case *tx.OffChain:
		t := to.(*tx.OffChain)
		hash("channel_id", f.ChannelID.Key, t.ChannelID.Key)
		number("round", f.Round, t.Round)
		hash("state_hash", f.StateHash, t.StateHash)
	case *tx.Deposit:
		t := to.(*tx.Deposit)
		hash("channel_id", f.ChannelID.Key, t.ChannelID.Key)
		hash("from_id", f.FromID.Key, t.FromID.Key)
		amount("amount", f.Amount, t.Amount)
		number("ttl", f.TTL, t.TTL)
		amount("fee", f.Fee, t.Fee)
		hash("state_hash", f.StateHash, t.StateHash)
		number("round", f.Round, t.Round)
		number("nonce", f.Nonce, t.Nonce)
	case *tx.Withdraw:
		t := to.(*tx.Withdraw)
		hash("channel_id", f.ChannelID.Key, t.ChannelID.Key)
		hash("to_id", f.ToID.Key, t.ToID.Key)
		amount("amount", f.Amount, t.Amount)
		number("ttl", f.TTL, t.TTL)
		amount("fee", f.Fee, t.Fee)
		hash("state_hash", f.StateHash, t.StateHash)
		number("round", f.Round, t.Round)
		number("nonce", f.Nonce, t.Nonce)
	case *tx.CloseMutual:
		t := to.(*tx.CloseMutual)
		hash("channel_id", f.ChannelID.Key, t.ChannelID.Key)
		hash("from_id", f.FromID.Key, t.FromID.Key)
		amount("initiator_amount_final", f.InitiatorAmountFinal, t.InitiatorAmountFinal)
		amount("responder_amount_final", f.ResponderAmountFinal, t.ResponderAmountFinal)
		number("ttl", f.TTL, t.TTL)
		amount("fee", f.Fee, t.Fee)
		number("nonce", f.Nonce, t.Nonce)
	case *tx.Settle:
		t := to.(*tx.Settle)
		hash("channel_id", f.ChannelID.Key, t.ChannelID.Key)
		hash("from_id", f.FromID.Key, t.FromID.Key)
		amount("initiator_amount_final", f.InitiatorAmountFinal, t.InitiatorAmountFinal)
		amount("responder_amount_final", f.ResponderAmountFinal, t.ResponderAmountFinal)
		number("ttl", f.TTL, t.TTL)
		amount("fee", f.Fee, t.Fee)
		number("nonce", f.Nonce, t.Nonce)
	case *tx.CloseSolo:
		t := to.(*tx.CloseSolo)
		soloChanges(hash, number, amount, f.ChannelID, t.ChannelID, f.FromID, t.FromID, f.TTL, t.TTL, f.Nonce, t.Nonce, f.Fee, t.Fee)
	case *tx.Slash:
		t := to.(*tx.Slash)
		soloChanges(hash, number, amount, f.ChannelID, t.ChannelID, f.FromID, t.FromID, f.TTL, t.TTL, f.Nonce, t.Nonce, f.Fee, t.Fee)
	case *tx.SnapshotSolo:
		t := to.(*tx.SnapshotSolo)
		soloChanges(hash, number, amount, f.ChannelID, t.ChannelID, f.FromID, t.FromID, f.TTL, t.TTL, f.Nonce, t.Nonce, f.Fee, t.Fee)
	}
	return m, len(m) > 0
}

func soloChanges(hash func(string, tx.Hash, tx.Hash), number func(string, uint64, uint64), amount func(string, *big.Int, *big.Int),
	c1, c2, f1, f2 tx.ID, ttl1, ttl2, n1, n2 uint64, fee1, fee2 *big.Int) {
	hash("channel_id", c1.Key, c2.Key)
	hash("from_id", f1.Key, f2.Key)
	number("ttl", ttl1, ttl2)
	number("nonce", n1, n2)
	amount("fee", fee1, fee2)
}

// difference is what is added to a number: "+5", "-5".
func difference(a, b *big.Int) string { return fmt.Sprintf("%+d", new(big.Int).Sub(b, a)) }
