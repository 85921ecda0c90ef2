package accounts

import (
	"bufio"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"chanbot/tx"
)

// Derive returns the first n accounts of a seed. The same seed always gives the
// same accounts, and a longer list begins with the shorter one. Whoever knows
// the seed has the keys, so these accounts are for test networks only.
func Derive(seed uint64, n int) []tx.KeyPair {
	keys := make([]tx.KeyPair, max(n, 0))
	for i := range keys {
		keys[i] = tx.DeriveKeyPair(binary.BigEndian.AppendUint64(nil, seed), "account "+strconv.Itoa(i))
	}
	return keys
}

// Seed is what the accounts of a key file are derived from. Unlike that of
// [Derive] it cannot be guessed, so these accounts are for real coins, too.
type Seed [32]byte

// Format shows nothing of the seed, whatever the verb.
func (Seed) Format(f fmt.State, _ rune) { io.WriteString(f, "accounts.Seed") }

// MarshalText hides it, too.
func (Seed) MarshalText() ([]byte, error) { return []byte("accounts.Seed"), nil }

// NewSeed returns a random seed.
func NewSeed() (s Seed) {
	rand.Read(s[:]) // never fails
	return s
}

// ParseSeed reads what Text writes. The error does not repeat it.
func ParseSeed(text string) (s Seed, err error) {
	b, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(b) != len(s) {
		return Seed{}, errors.New("a seed is 64 hexadecimal digits")
	}
	return Seed(b), nil
}

// Text is the seed for a seed file: 64 hexadecimal digits.
func (s Seed) Text() string { return hex.EncodeToString(s[:]) }

// Accounts returns the first n accounts of the seed. A longer list begins with
// the shorter one.
func (s Seed) Accounts(n int) []tx.KeyPair {
	keys := make([]tx.KeyPair, max(n, 0))
	for i := range keys {
		keys[i] = tx.DeriveKeyPair(s[:], "account "+strconv.Itoa(i))
	}
	return keys
}

// Save writes a key file as [Load] reads it, secret keys included.
func Save(w io.Writer, keys []tx.KeyPair) error {
	b := bufio.NewWriter(w)
	for _, k := range keys {
		fmt.Fprintf(b, "- address: %s\n  secret_key: %s\n", k, k.SecretText())
	}
	return b.Flush()
}
