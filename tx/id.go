package tx

import "fmt"

// IDKind is the tag byte of an id inside a transaction (encoding.md section 2).
type IDKind uint8

// The kinds of id.
const (
	AccountID    IDKind = 1 // ak_
	NameID       IDKind = 2 // nm_
	CommitmentID IDKind = 3 // cm_
	OracleID     IDKind = 4 // ok_
	ContractID   IDKind = 5 // ct_
	ChannelID    IDKind = 6 // ch_
)

// Prefix returns the prefix of texts of this kind, or "" for an unknown kind.
func (k IDKind) Prefix() Prefix {
	switch k {
	case AccountID:
		return PrefixAccount
	case NameID:
		return PrefixName
	case CommitmentID:
		return PrefixCommitment
	case OracleID:
		return PrefixOracle
	case ContractID:
		return PrefixContract
	case ChannelID:
		return PrefixChannel
	}
	return ""
}

// String returns the kind's name.
func (k IDKind) String() string {
	switch k {
	case AccountID:
		return "account"
	case NameID:
		return "name"
	case CommitmentID:
		return "commitment"
	case OracleID:
		return "oracle"
	case ContractID:
		return "contract"
	case ChannelID:
		return "channel"
	}
	return fmt.Sprintf("IDKind(%d)", uint8(k))
}

// ID names an account, channel or other object. It is comparable; the zero
// value is no id.
type ID struct {
	Kind IDKind
	Key  Hash // the public key or hash
}

// IsZero reports whether the id is absent.
func (id ID) IsZero() bool { return id == ID{} }

// String returns the text of the id, such as "ak_...", or "" for no id.
func (id ID) String() string {
	if id.IsZero() {
		return ""
	}
	p := id.Kind.Prefix()
	if p == "" {
		return fmt.Sprintf("%v:%v", id.Kind, id.Key)
	}
	return Encode(p, id.Key[:])
}

// AppendText appends the text of the id to b; no id appends nothing. It
// implements [encoding.TextAppender].
func (id ID) AppendText(b []byte) ([]byte, error) {
	if id.IsZero() {
		return b, nil
	}
	p := id.Kind.Prefix()
	if p == "" {
		return b, fmt.Errorf("id of unknown kind %d", uint8(id.Kind))
	}
	return AppendText(b, p, id.Key[:]), nil
}

// MarshalText writes the text of the id, nothing for no id.
func (id ID) MarshalText() ([]byte, error) { return id.AppendText(nil) }

// UnmarshalText reads what MarshalText writes.
func (id *ID) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(b))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID reads an id from its text; the prefix tells the kind (encoding.md
// section 2, id tags). Every error is a [*TextError].
func ParseID(text string) (ID, error) {
	var room [64]byte
	p, payload, err := decodeText(room[:0], text)
	if err != nil {
		return ID{}, err
	}
	for k := AccountID; k <= ChannelID; k++ {
		if k.Prefix() != p {
			continue
		}
		if len(payload) != len(Hash{}) {
			return ID{}, textError(text, fmt.Sprintf("%d bytes, not 32", len(payload)))
		}
		return ID{Kind: k, Key: Hash(payload)}, nil
	}
	return ID{}, textError(text, "no id has this prefix")
}
