package tx

import (
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// KeyPair is the Ed25519 key pair of an account. The zero value holds no key
// and signs nothing. Whatever prints it (fmt, JSON, slog) shows the account's
// id only; the secret leaves through [KeyPair.SecretText] alone. A KeyPair may
// be copied and used by many goroutines at once.
type KeyPair struct {
	secret *secretKey
	id     ID
}

// secretKey keeps the key behind two pointers. In an unexported field of
// another struct fmt cannot call Format; it shows an address instead, but for a
// verb that does not fit it follows one pointer.
type secretKey struct{ key *ed25519.PrivateKey }

// NewKeyPair returns the key pair of an Ed25519 seed.
func NewKeyPair(seed [32]byte) KeyPair {
	key := ed25519.NewKeyFromSeed(seed[:])
	return KeyPair{
		secret: &secretKey{&key},
		id:     ID{Kind: AccountID, Key: Hash(key[ed25519.SeedSize:])},
	}
}

// ParseSecretKey reads a secret key in one of the forms in use (encoding.md
// section 5, keys): "sk_" text of the 32-byte seed, the seed in hexadecimal, or
// the 64 bytes of seed and public key in hexadecimal. Errors do not repeat the
// text.
func ParseSecretKey(text string) (KeyPair, error) {
	if strings.HasPrefix(text, string(PrefixSecretKey)+"_") {
		seed, err := DecodeAs(PrefixSecretKey, text)
		if err != nil {
			return KeyPair{}, fmt.Errorf("secret key: %w", err)
		}
		return NewKeyPair([32]byte(seed)), nil
	}
	b, err := hex.DecodeString(text)
	if err != nil {
		return KeyPair{}, errors.New("secret key: neither sk_ text nor hexadecimal")
	}
	switch len(b) {
	case ed25519.SeedSize:
		return NewKeyPair([32]byte(b)), nil
	case ed25519.PrivateKeySize:
		k := NewKeyPair([32]byte(b[:ed25519.SeedSize]))
		if k.id.Key != Hash(b[ed25519.SeedSize:]) {
			return KeyPair{}, errors.New("secret key: its second half is not the public key of the first")
		}
		return k, nil
	}
	return KeyPair{}, fmt.Errorf("secret key: %d bytes, not 32 or 64", len(b))
}

// DeriveKeyPair returns the key pair number label of a master seed: the same
// seed and label always give the same keys, and nothing about one pair tells
// another. The Ed25519 seed is the BLAKE2b digest of a fixed word, the length
// of seed, seed and label.
func DeriveKeyPair(seed []byte, label string) KeyPair {
	b := []byte("chanbot key pair")
	b = binary.BigEndian.AppendUint64(b, uint64(len(seed)))
	b = append(b, seed...)
	b = append(b, label...)
	return NewKeyPair(Blake2b(b))
}

// ID returns the account of the key pair.
func (k KeyPair) ID() ID { return k.id }

// IsZero reports whether the key pair holds no key.
func (k KeyPair) IsZero() bool { return k.secret == nil }

// SecretText returns the secret key as "sk_" text, for key files only; "" for
// the zero value.
func (k KeyPair) SecretText() string {
	if k.secret == nil {
		return ""
	}
	return Encode(PrefixSecretKey, k.secret.key.Seed())
}

// String returns the text of the account.
func (k KeyPair) String() string { return k.id.String() }

// GoString returns the text of the account, for %#v.
func (k KeyPair) GoString() string { return "tx.KeyPair(" + k.id.String() + ")" }

// Format writes the text of the account for every verb, also %x and %d.
func (k KeyPair) Format(f fmt.State, verb rune) {
	if verb == 'v' && f.Flag('#') {
		io.WriteString(f, k.GoString())
		return
	}
	io.WriteString(f, k.String())
}

// MarshalText writes the text of the account; JSON uses it too.
func (k KeyPair) MarshalText() ([]byte, error) { return k.id.MarshalText() }
