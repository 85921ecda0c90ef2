package simnode_test

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"chanbot/results"
	"chanbot/session"
	"chanbot/tx"
)

// mapping translates what the recorded clients sent into what the clients of
// this run send: accounts have other keys, ids and hashes are those that the
// node gave in the same places.
type mapping struct {
	seed     []byte
	keys     map[tx.ID]tx.KeyPair // recorded account to the key pair of this run
	texts    map[string]string    // recorded text to text of this run
	offers   []offer
	sigs     map[string][]byte // recorded signature to signature of this run
	stranger tx.KeyPair
}

// offer is a transaction that both nodes showed in the same place.
type offer struct {
	side           string
	recorded, here *tx.SignedTx
}

func newMapping(seed string) *mapping {
	return &mapping{
		seed: []byte(seed), keys: make(map[tx.ID]tx.KeyPair), texts: make(map[string]string), sigs: make(map[string][]byte),
		stranger: tx.DeriveKeyPair([]byte(seed), "stranger"),
	}
}

var token = regexp.MustCompile(`\b[a-z]{2}_[A-Za-z0-9+/]+={0,2}`)

// accounts makes a key pair for every account of the recording and returns
// those that the recorded chain knew: the ones of connections that got fsm_up.
func (m *mapping) accounts(entries []session.Entry) []tx.ID {
	var known []tx.ID
	connecting := make(map[string][]tx.ID)
	for _, e := range entries {
		switch e.Dir {
		case results.DirConnect:
			connecting[e.Side] = m.parties(string(e.Text()))
		case results.DirIn:
			if bytes.Contains(e.Frame, []byte(`"fsm_up"`)) {
				known = append(known, connecting[e.Side]...)
			}
		}
	}
	var here []tx.ID
	for _, id := range known {
		here = append(here, m.keys[id].ID())
	}
	return here
}

// parties returns the accounts that a connection names.
func (m *mapping) parties(text string) []tx.ID {
	u, err := url.Parse(text)
	if err != nil {
		return nil
	}
	var ids []tx.ID
	for _, key := range []string{"initiator_id", "responder_id"} {
		id, err := tx.ParseID(u.Query().Get(key))
		if err != nil || id.Kind != tx.AccountID {
			continue
		}
		m.account(id)
		ids = append(ids, id)
	}
	return ids
}

func (m *mapping) account(id tx.ID) tx.KeyPair {
	k, ok := m.keys[id]
	if !ok {
		k = tx.DeriveKeyPair(m.seed, id.String())
		m.keys[id] = k
		m.texts[id.String()] = k.ID().String()
	}
	return k
}

// text translates every text of a key, id or hash inside s.
func (m *mapping) text(s string) string {
	return token.ReplaceAllStringFunc(s, func(t string) string {
		if here, ok := m.texts[t]; ok {
			return here
		}
		if id, err := tx.ParseID(t); err == nil && id.Kind == tx.AccountID && !id.Key.IsZero() {
			return m.account(id).ID().String()
		}
		return t
	})
}

// url is the address of the node with the parameters of a recorded one. What
// was left out, misspelt or empty stays so.
func (m *mapping) url(recorded string) string {
	u, err := url.Parse(recorded)
	if err != nil {
		return recorded
	}
	var parts []string
	for part := range strings.SplitSeq(u.RawQuery, "&") {
		key, v, ok := strings.Cut(part, "=")
		if !ok {
			parts = append(parts, part)
			continue
		}
		plain, err := url.QueryUnescape(v)
		if err != nil {
			plain = v
		}
		parts = append(parts, key+"="+url.QueryEscape(m.text(plain)))
	}
	return "ws://node" + u.Path + "?" + strings.Join(parts, "&")
}

// request translates a frame of a client.
func (m *mapping) request(e session.Entry) []byte {
	text := string(e.Text())
	var f struct {
		Params struct {
			SignedTx *string `json:"signed_tx"`
		}
	}
	if json.Unmarshal([]byte(text), &f) != nil || f.Params.SignedTx == nil {
		return []byte(m.text(text))
	}
	recorded := *f.Params.SignedTx
	return []byte(strings.Replace(m.text(text), strconv.Quote(m.text(recorded)), strconv.Quote(m.signed(e.Side, recorded)), 1))
}

// learn takes two frames that stand in the same place.
func (m *mapping) learn(side string, recorded, here json.RawMessage) {
	a, b := token.FindAllString(string(recorded), -1), token.FindAllString(string(here), -1)
	if len(a) != len(b) {
		return
	}
	for i := range a {
		p, q := strings.SplitN(a[i], "_", 2)[0], strings.SplitN(b[i], "_", 2)[0]
		if p != q || p == string(tx.PrefixAccount) {
			continue
		}
		m.texts[a[i]] = b[i]
		if p == string(tx.PrefixTransaction) {
			m.learnTx(side, a[i], b[i])
		}
	}
}

func (m *mapping) learnTx(side, recorded, here string) {
	r, err := tx.ParseSigned(recorded)
	if err != nil {
		return
	}
	h, err := tx.ParseSigned(here)
	if err != nil {
		return
	}
	m.texts[r.Hash().Text(tx.PrefixTxHash)] = h.Hash().Text(tx.PrefixTxHash)
	m.offers = append(m.offers, offer{side, r, h})
	for _, sig := range r.Signatures {
		if _, known := m.sigs[string(sig)]; known {
			continue
		}
		if s, ok := m.signerOf(r.Tx, sig); ok {
			m.sigs[string(sig)] = s.sign(h.Tx)
		}
	}
}

// signer is who made a signature and how.
type signer struct {
	key     tx.KeyPair // of this run
	network string
	form    tx.Form
}

func (s signer) sign(unsigned []byte) []byte { return tx.Sign(s.key, s.network, unsigned, s.form) }

// signerOf finds out who made a recorded signature.
func (m *mapping) signerOf(unsigned, sig []byte) (signer, bool) {
	for id, key := range m.keys {
		for _, n := range []string{network, network + tx.InnerTxSuffix} {
			if form, ok := tx.VerifyForm(id, n, unsigned, sig); ok {
				return signer{key, n, form}, true
			}
		}
	}
	return signer{}, false
}

// signed makes a client's answer anew: the transaction that our node offered,
// changed and signed like the recorded one was.
func (m *mapping) signed(side, text string) string {
	s, err := tx.ParseSigned(text)
	if err != nil {
		return m.brokenAnswer(side, text)
	}
	unsigned, ok := m.body(side, s.Tx)
	if !ok {
		return text
	}
	out := &tx.SignedTx{Tx: unsigned}
	for _, sig := range s.Signatures {
		out.Signatures = append(out.Signatures, m.signature(s.Tx, unsigned, sig))
	}
	if slices.IsSortedFunc(s.Signatures, bytes.Compare) {
		slices.SortFunc(out.Signatures, bytes.Compare)
	}
	return out.Text()
}

// signature makes a signature of the same kind as the recorded one: of the same
// account, left from another transaction, or of nobody.
func (m *mapping) signature(recorded, unsigned, sig []byte) []byte {
	if s, ok := m.signerOf(recorded, sig); ok {
		return s.sign(unsigned)
	}
	if here, ok := m.sigs[string(sig)]; ok {
		return here
	}
	return tx.Sign(m.stranger, network, unsigned, tx.Raw)
}

// brokenAnswer translates a text that is no signed transaction.
func (m *mapping) brokenAnswer(side, text string) string {
	const prefix = string(tx.PrefixTransaction) + "_"
	if _, err := tx.ParseSigned(prefix + text); err == nil {
		return strings.TrimPrefix(m.signed(side, prefix+text), prefix)
	}
	if _, err := tx.DecodeAs(tx.PrefixTransaction, text); err == nil || len(text) < 60 {
		return text // it was made up
	}
	at := m.latest(func(o offer) bool { return o.side == side })
	if at < 0 {
		return text
	}
	here := m.offers[at].here.Text()
	return here[:len(here)-min(9, len(here))] // a text that was cut short
}

func (m *mapping) latest(fits func(offer) bool) int {
	for i := len(m.offers) - 1; i >= 0; i-- {
		if fits(m.offers[i]) {
			return i
		}
	}
	return -1
}

// body returns our transaction for a recorded one: the offered one, or that
// with the changes that the recorded client made.
func (m *mapping) body(side string, recorded []byte) ([]byte, bool) {
	same := func(o offer) bool { return bytes.Equal(o.recorded.Tx, recorded) }
	at := m.latest(func(o offer) bool { return o.side == side && same(o) })
	if at < 0 {
		at = m.latest(same)
	}
	if at >= 0 {
		return m.offers[at].here.Tx, true
	}
	changed, err := tx.Deserialize(recorded)
	if err != nil {
		return nil, false
	}
	alike := func(o offer) bool { t, err := o.recorded.Decode(); return err == nil && t.Type() == changed.Type() }
	if at = m.latest(func(o offer) bool { return o.side == side && alike(o) }); at < 0 {
		at = m.latest(alike)
	}
	if at < 0 {
		return nil, false
	}
	from, err := m.offers[at].recorded.Decode()
	if err != nil {
		return nil, false
	}
	here, err := m.offers[at].here.Decode()
	if err != nil {
		return nil, false
	}
	if !rechange(here, from, changed) {
		return nil, false
	}
	return here.Serialize(), true
}
