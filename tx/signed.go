package tx

import (
	"bytes"
	"fmt"
	"slices"
)

// SignedTx is signed_tx: a transaction with its signatures, in the form in
// which it travels (encoding.md section 3). Its methods do not change it.
type SignedTx struct {
	// Signatures are as they came. A correct list is ascending and without
	// duplicates, and says nothing about who made which.
	Signatures [][]byte
	// Tx is the complete unsigned object, carried as it came and never written
	// anew, because the signatures are over exactly these bytes.
	Tx []byte
}

// NewSigned returns t without signatures.
func NewSigned(t Tx) *SignedTx { return &SignedTx{Tx: t.Serialize()} }

// ParseSigned reads a "tx_" text that holds a signed_tx. The error is a
// [*TextError] when the text form is broken, and another one when its bytes are
// no signed_tx.
func ParseSigned(text string) (*SignedTx, error) {
	b, err := DecodeAs(PrefixTransaction, text)
	if err != nil {
		return nil, err
	}
	return DecodeSigned(b)
}

// DecodeSigned reads a signed_tx. Neither the size of the signatures nor the
// transaction inside is looked at. The error of another object is an
// [*UnknownObjectError].
func DecodeSigned(b []byte) (*SignedTx, error) {
	fields, err := openKnown(b, tagSigned, 1)
	if err != nil {
		return nil, fmt.Errorf("signed_tx: %w", err)
	}
	s := new(SignedTx)
	c := codec{reading: true, in: fields} // on the stack, unlike that of read
	s.layout(&c)
	if err := c.end(); err != nil {
		return nil, fmt.Errorf("signed_tx: %w", err)
	}
	return s, nil
}

func (s *SignedTx) layout(c *codec) {
	c.binaries("signatures", &s.Signatures)
	c.binary("transaction", &s.Tx)
}

// Bytes returns the serialized signed_tx with the signatures as they stand.
func (s *SignedTx) Bytes() []byte {
	return closeList(s.appendFields(newObject(tagSigned, 1, 16+len(s.Tx)+66*len(s.Signatures))))
}

// appendFields writes what layout reads, without a codec, which would move what
// it writes to from the stack.
func (s *SignedTx) appendFields(dst []byte) []byte {
	size := 0
	for _, sig := range s.Signatures {
		size += stringSize(sig)
	}
	dst = appendHead(dst, listOffset, size)
	for _, sig := range s.Signatures {
		dst = appendString(dst, sig)
	}
	return appendString(dst, s.Tx)
}

// Text returns the "tx_" text.
func (s *SignedTx) Text() string {
	var room [768]byte
	return string(s.AppendText(room[:0]))
}

// AppendText appends the "tx_" text to dst.
func (s *SignedTx) AppendText(dst []byte) []byte {
	var room [512]byte // for those of a channel without contracts
	return AppendText(dst, PrefixTransaction, closeList(s.appendFields(appendUint(appendUint(room[:headRoom], tagSigned), 1))))
}

// Hash returns the transaction hash, th_ as text. Every added signature changes
// it: the chain knows the hash of the fully signed form (encoding.md section 4).
func (s *SignedTx) Hash() Hash { return Blake2b(s.Bytes()) }

// Decode reads the transaction inside. In a channel of generalized accounts
// that is a *GAMeta; see [SignedTx.Innermost].
func (s *SignedTx) Decode() (Tx, error) { return Deserialize(s.Tx) }

// With returns a copy that also has sig; its signatures are sorted and each
// stands there once, as the node writes them (encoding.md section 3). An empty
// sig adds nothing.
func (s *SignedTx) With(sig []byte) *SignedTx {
	all := make([][]byte, 0, len(s.Signatures)+1)
	all = append(all, s.Signatures...)
	if len(sig) > 0 {
		all = append(all, sig)
	}
	slices.SortFunc(all, bytes.Compare)
	return &SignedTx{Signatures: slices.CompactFunc(all, bytes.Equal), Tx: s.Tx}
}

// Sign returns a copy that also has k's signature.
func (s *SignedTx) Sign(k KeyPair, networkID string, f Form) *SignedTx {
	return s.With(Sign(k, networkID, s.Tx, f))
}
