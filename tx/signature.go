package tx

import (
	"fmt"

	"github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// Form is which of the two messages a signature is over (encoding.md section
// 5). A node accepts both from the Lima protocol on.
type Form uint8

// The forms.
const (
	Raw    Form = iota // network id, then the transaction: what recordings hold
	Hashed             // network id, then the BLAKE2b digest of the transaction: what the JavaScript SDK signs
)

// InnerTxSuffix follows the network id in the signed message of a transaction
// that lies in a paying_for_tx; channel messages never have it (encoding.md
// section 5).
const InnerTxSuffix = "-inner_tx"

// String returns "raw" or "hash".
func (f Form) String() string {
	switch f {
	case Raw:
		return "raw"
	case Hashed:
		return "hash"
	}
	return fmt.Sprintf("Form(%d)", uint8(f))
}

// ParseForm reads "raw" or "hash".
func ParseForm(s string) (Form, error) {
	switch s {
	case "raw":
		return Raw, nil
	case "hash":
		return Hashed, nil
	}
	return Raw, fmt.Errorf("unknown signature form %q; expected one of raw, hash", s)
}

// MarshalText writes the name.
func (f Form) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (f *Form) UnmarshalText(b []byte) error {
	parsed, err := ParseForm(string(b))
	if err != nil {
		return err
	}
	*f = parsed
	return nil
}

// appendMessage appends what is signed to dst.
func appendMessage(dst []byte, networkID string, unsigned []byte, f Form) []byte {
	dst = append(dst, networkID...)
	if f == Hashed {
		h := Blake2b(unsigned)
		return append(dst, h[:]...)
	}
	return append(dst, unsigned...)
}

// Sign returns the 64 bytes of k's signature over an unsigned transaction, or
// nil when k is the zero value.
func Sign(k KeyPair, networkID string, unsigned []byte, f Form) []byte {
	if k.secret == nil {
		return nil
	}
	var room [512]byte
	return ed25519.Sign(ed25519.PrivateKey(*k.secret.key), appendMessage(room[:0], networkID, unsigned, f))
}

// Verify reports whether sig is id's signature over an unsigned transaction,
// in the raw or the hash form. An id that is no account has no signatures.
func Verify(id ID, networkID string, unsigned, sig []byte) bool {
	_, ok := VerifyForm(id, networkID, unsigned, sig)
	return ok
}

// VerifyForm is [Verify] and tells the form of a good signature. It tries raw
// first, as the node does.
func VerifyForm(id ID, networkID string, unsigned, sig []byte) (Form, bool) {
	for _, f := range [...]Form{Raw, Hashed} {
		var room [512]byte
		if verifyMessage(id, appendMessage(room[:0], networkID, unsigned, f), sig) {
			return f, true
		}
	}
	return Raw, false
}

// likeStandard are the rules of crypto/ed25519. Signatures are the same as its
// ones, too: the library is here because it needs a third less time.
var likeStandard = &ed25519.Options{Verify: ed25519.VerifyOptionsStdLib}

func verifyMessage(id ID, message, sig []byte) bool {
	return id.Kind == AccountID && len(sig) == ed25519.SignatureSize && ed25519.VerifyWithOptions(id.Key[:], message, sig, likeStandard)
}

// Signers tells which of the candidates signed, in the order in which they were
// given, and how many signatures are left over. A second signature of the same
// candidate is left over too: the list holds no link from a position to a
// signer, so every one is tried (encoding.md section 3).
func (s *SignedTx) Signers(networkID string, candidates ...ID) (signed []ID, strangers int) {
	var rawRoom, hashRoom [512]byte
	raw := appendMessage(rawRoom[:0], networkID, s.Tx, Raw)
	var hashed []byte // made when the raw form failed for everybody

	found := make([]bool, len(candidates))
	match := func(message, sig []byte) bool {
		for i, id := range candidates {
			if !found[i] && verifyMessage(id, message, sig) {
				found[i] = true
				return true
			}
		}
		return false
	}
	for _, sig := range s.Signatures {
		if match(raw, sig) {
			continue
		}
		if hashed == nil {
			hashed = appendMessage(hashRoom[:0], networkID, s.Tx, Hashed)
		}
		if !match(hashed, sig) {
			strangers++
		}
	}
	for i, id := range candidates {
		if found[i] {
			signed = append(signed, id)
		}
	}
	return signed, strangers
}
