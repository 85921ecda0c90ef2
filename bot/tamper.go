package bot

import (
	"slices"
	"strings"

	"chanbot/strategy"
	"chanbot/tx"
)

// tampered returns a wrong answer to a signing request. What cannot be made,
// for example the peer's signature where there is none, is left out of it.
func (e *end) tampered(a *asked, t *strategy.Tamper) string {
	offered := a.f.Sign.SignedTx
	switch t.Kind {
	case strategy.Unsigned:
		return offered
	case strategy.Garbage:
		return tx.Encode(tx.PrefixTransaction, []byte("no transaction"))
	case strategy.EmptyText:
		return ""
	case strategy.NotBase64:
		return "tx_!not base64!"
	case strategy.StaleTransaction:
		if e.lastSigned != "" {
			return e.lastSigned
		}
		return offered
	}
	s, err := tx.ParseSigned(offered)
	if err != nil {
		return offered
	}
	cfg := &e.p.fleet.cfg
	own := func(unsigned []byte) []byte { return tx.Sign(e.key, cfg.NetworkID, unsigned, cfg.SignForm) }
	switch t.Kind {
	case strategy.Made:
		return e.made(s, t).Text()
	case strategy.Truncated:
		text := s.With(own(s.Tx)).Text()
		return text[:len(text)/2]
	case strategy.NoPrefix:
		return strings.TrimPrefix(s.With(own(s.Tx)).Text(), "tx_")
	case strategy.BadSignature:
		sig := own(s.Tx)
		sig[0] ^= 1
		return s.With(sig).Text()
	case strategy.OtherNetwork:
		return s.Sign(e.key, "not_"+cfg.NetworkID, cfg.SignForm).Text()
	case strategy.OtherKey:
		return s.Sign(e.p.fleet.stranger, cfg.NetworkID, cfg.SignForm).Text()
	case strategy.PeerTwice:
		twice := append(slices.Clone(s.Signatures), s.Signatures...)
		return (&tx.SignedTx{Signatures: twice, Tx: s.Tx}).Text()
	case strategy.OwnOnly:
		return (&tx.SignedTx{Tx: s.Tx}).With(own(s.Tx)).Text()
	case strategy.BothKeys:
		return s.With(own(s.Tx)).Sign(e.peer().key, cfg.NetworkID, cfg.SignForm).Text()
	}
	changed, err := s.Decode()
	if err != nil {
		return offered
	}
	field, value, resign := t.Field, t.Value, t.Resign
	if t.Kind == strategy.OtherTransaction {
		field, value, resign = "state_hash", "", true
	}
	if !setField(changed, field, value) {
		return s.With(own(s.Tx)).Text()
	}
	other := tx.NewSigned(changed)
	if !resign {
		// The signatures that belong to the offered transaction.
		other.Signatures = s.With(own(s.Tx)).Signatures
		return other.Text()
	}
	if len(s.Signatures) > 0 {
		// The pair has both keys: the peer's signature is made good as well.
		other = other.Sign(e.peer().key, cfg.NetworkID, cfg.SignForm)
	}
	return other.With(own(other.Tx)).Text()
}
