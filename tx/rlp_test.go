package tx

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func TestIntegers(t *testing.T) {
	for _, c := range vectors(t).Integers {
		v, _ := new(big.Int).SetString(c.Value, 10)
		want := unhex(t, c.RLPHex)
		if got := appendAmount(nil, v); !bytes.Equal(got, want) {
			t.Errorf("%s is %x, want %x", c.Value, got, want)
		}
		if got := amountSize(v); got != len(want) {
			t.Errorf("%s has size %d, want %d", c.Value, got, len(want))
		}
		body, rest, err := takeString(want)
		if err != nil || len(rest) > 0 || hex.EncodeToString(body) != c.BytesHex {
			t.Errorf("%x holds %x, %v, want %s", want, body, err, c.BytesHex)
		}
		if got, err := parseAmount(body); err != nil || got.Cmp(v) != 0 {
			t.Errorf("%x is the amount %v, %v, want %s", body, got, err, c.Value)
		}
		got, err := parseUint(body)
		if v.IsUint64() {
			if err != nil || got != v.Uint64() {
				t.Errorf("%x is the int %d, %v, want %s", body, got, err, c.Value)
			}
			if b := appendUint(nil, got); !bytes.Equal(b, want) {
				t.Errorf("%d is written %x, want %x", got, b, want)
			}
		} else if !errors.Is(err, errIntTooLong) {
			t.Errorf("%s fits in 64 bits: %d, %v", c.Value, got, err)
		}
	}
	for what, v := range map[string]*big.Int{"nil": nil, "a negative amount": big.NewInt(-300)} {
		if got := appendAmount(nil, v); !bytes.Equal(got, []byte{0}) || amountSize(v) != 1 {
			t.Errorf("%s is written as %x, want 00", what, got)
		}
	}
}

func TestItems(t *testing.T) {
	strs := map[string][]byte{
		"empty byte string": {}, "byte 00": {0}, "byte 7f": {0x7f}, "byte 80": {0x80},
		"55 bytes of 01": bytes.Repeat([]byte{1}, 55), "56 bytes of 01": bytes.Repeat([]byte{1}, 56), "256 bytes of 01": bytes.Repeat([]byte{1}, 256),
	}
	lists := map[string][]byte{"empty list": {}, "list of one byte 00": {0}}
	for _, c := range vectors(t).RLP {
		if elements, isList := lists[c.Item]; isList {
			if got := appendListItem(nil, elements); hex.EncodeToString(got) != c.RLPHex {
				t.Errorf("%s is %x, want %s", c.Item, got, c.RLPHex)
			}
			continue
		}
		body, known := strs[c.Item]
		if !known {
			t.Errorf("no case for %q", c.Item)
			continue
		}
		got := appendString(nil, body)
		if s := hex.EncodeToString(got); c.RLPHex != "" && s != c.RLPHex || !strings.HasPrefix(s, c.RLPPrefixHex) {
			t.Errorf("%s is %s, want %s%s", c.Item, s, c.RLPHex, c.RLPPrefixHex)
		}
		if len(got) != stringSize(body) {
			t.Errorf("%s has size %d, want %d", c.Item, stringSize(body), len(got))
		}
	}
}

// spendBytes returns a spend transaction whose element number field, counted
// after the version, is replaced by raw.
func spendBytes(field int, raw ...byte) []byte {
	account := appendID(nil, ID{Kind: AccountID, Key: Hash{1}})
	elements := [][]byte{account, account, {5}, {6}, {0}, {1}, {stringOffset}}
	if field >= 0 {
		elements[field] = raw
	}
	return appendListItem(nil, slices.Concat([]byte{tagSpend, 1}, slices.Concat(elements...)))
}

// TestWhatTheNodesDecoderTolerates has one case for each row of encoding.md
// section 2 and of rlp_decoder_leniency.
func TestWhatTheNodesDecoderTolerates(t *testing.T) {
	if n := len(vectors(t).Leniency); n != 9 {
		t.Errorf("the vectors list %d rules, this test knows 9", n)
	}
	badID := appendID(nil, ID{Kind: 9})
	zeroID := appendID(nil, ID{})
	channel := appendID(nil, ID{Kind: ChannelID})
	canonical := spendBytes(-1)
	for _, c := range []struct {
		what  string
		input []byte
		want  []byte // written again; nil = refused
	}{
		{"a correct transaction", canonical, canonical},
		{"a byte in the longer form 8105", spendBytes(2, 0x81, 5), canonical},
		{"a byte in the longest form b80105", spendBytes(2, 0xb8, 1, 5), canonical},
		{"a length with a leading zero byte", spendBytes(2, 0xb9, 0, 1, 5), nil},
		{"a list in a longer form", append([]byte{0xf9, 0}, canonical[1:]...), nil},
		{"a byte after the object", append(bytes.Clone(canonical), 0), nil},
		{"an int of zero bytes", spendBytes(4, 0x80), canonical},
		{"an int with a leading zero byte", spendBytes(2, 0x82, 0, 5), nil},
		{"an int that is a list", spendBytes(2, 0xc1, 5), nil},
		{"a nonce of 64 bits", spendBytes(5, 0x88, 255, 255, 255, 255, 255, 255, 255, 255), spendBytes(5, 0x88, 255, 255, 255, 255, 255, 255, 255, 255)},
		{"a nonce of 65 bits", spendBytes(5, 0x89, 1, 0, 0, 0, 0, 0, 0, 0, 0), nil},
		{"an id with tag 9", spendBytes(0, badID...), nil},
		{"an id with tag 0", spendBytes(0, zeroID...), nil},
		{"a channel as the sender", spendBytes(0, channel...), nil},
		{"a channel as the recipient", spendBytes(1, channel...), nil},
		{"an id of 32 bytes", spendBytes(0, append([]byte{0xa0}, make([]byte, 32)...)...), nil},
		{"a field too many", spendBytes(6, 0x80, 0x80), nil},
		{"a field too few", spendBytes(6), nil},
		{"a list cut off", canonical[:len(canonical)-1], nil},
		{"a string where the list belongs", []byte{0x83, 1, 2, 3}, nil},
		{"an empty list", []byte{0xc0}, nil},
		{"nothing", nil, nil},
		{"a length of 2^64-1", []byte{0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1}, nil},
		{"a length without its bytes", []byte{0xff, 255}, nil},
	} {
		got, err := Deserialize(c.input)
		if c.want == nil {
			if err == nil {
				t.Errorf("%s: %x was accepted as %+v", c.what, c.input, got)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %x was refused: %v", c.what, c.input, err)
			continue
		}
		if b := got.Serialize(); !bytes.Equal(b, c.want) {
			t.Errorf("%s: written again as %x, want %x", c.what, b, c.want)
		}
	}
}

func TestUnknownObjects(t *testing.T) {
	for _, c := range []struct{ tag, version uint64 }{
		{9, 1}, {tagSigned, 1}, {tagCreate, 0}, {tagCreate, 3}, {tagOffChain, 3}, {tagDeposit, 2}, {tagGAMeta, 3}, {575, 1}, {1 << 40, 1 << 40},
	} {
		_, err := Deserialize(closeList(newObject(c.tag, c.version, 0)))
		unknown, ok := errors.AsType[*UnknownObjectError](err)
		if !ok || unknown.Tag != c.tag || unknown.Version != c.version {
			t.Errorf("tag %d version %d gave %v", c.tag, c.version, err)
		}
	}
	if _, err := DecodeSigned(spendBytes(-1)); err == nil {
		t.Error("a spend transaction was read as signed_tx")
	} else if _, ok := errors.AsType[*UnknownObjectError](err); !ok {
		t.Errorf("a spend transaction read as signed_tx gave %v", err)
	}
}
