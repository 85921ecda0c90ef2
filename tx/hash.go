package tx

import (
	"encoding/hex"

	"golang.org/x/crypto/blake2b"
)

// Hash is a BLAKE2b digest of 32 bytes, or another value of that size such as
// a public key (encoding.md section 4).
type Hash [32]byte

// String returns the hash in hexadecimal. Use [Hash.Text] for the texts of the
// protocol, whose prefix depends on what was hashed.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// Text returns the hash as a text with prefix p, for example a state hash with
// [PrefixState] or a transaction hash with [PrefixTxHash].
func (h Hash) Text(p Prefix) string { return Encode(p, h[:]) }

// IsZero reports whether all bytes are 0, the root of an empty tree.
func (h Hash) IsZero() bool { return h == Hash{} }

// ParseHash reads a text of 32 bytes with prefix p. Every error is a
// [*TextError].
func ParseHash(p Prefix, text string) (Hash, error) {
	payload, err := DecodeAs(p, text)
	if err != nil {
		return Hash{}, err
	}
	if len(payload) != len(Hash{}) {
		return Hash{}, textError(text, "not 32 bytes")
	}
	return Hash(payload), nil
}

// Blake2b returns the digest that the protocol uses for transactions, ids, tree
// nodes and state hashes.
func Blake2b(b []byte) Hash { return blake2b.Sum256(b) }
