package tx

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestEveryPrefixOfTheTable(t *testing.T) {
	v := vectors(t)
	var known []string
	for _, p := range Prefixes() {
		known = append(known, string(p)+"_")
	}
	if len(known) != len(v.Prefixes) {
		t.Errorf("%d prefixes, the table has %d", len(known), len(v.Prefixes))
	}
	for i, c := range v.Prefixes {
		if known[i] != c.Prefix {
			t.Errorf("prefix %d is %s, want %s", i, known[i], c.Prefix)
		}
		p := Prefix(strings.TrimSuffix(c.Prefix, "_"))
		payload := unhex(t, c.SamplePayloadHex)
		if got := Encode(p, payload); got != c.SampleText {
			t.Errorf("%s %s: encoded %s, want %s", p, c.Name, got, c.SampleText)
		}
		gotPrefix, gotPayload, err := Decode(c.SampleText)
		if err != nil || gotPrefix != p || !bytes.Equal(gotPayload, payload) {
			t.Errorf("%s: decoded %s %x, %v", c.SampleText, gotPrefix, gotPayload, err)
		}
		if base58, _, known := p.form(); !known || base58 != (c.Encoding == "base58") {
			t.Errorf("%s: base58 is %v, the table says %s", p, base58, c.Encoding)
		}
		size := 0
		if n, fixed := c.PayloadBytes.(json.Number); fixed {
			fmt.Sscan(n.String(), &size)
		}
		if p.Size() != size {
			t.Errorf("%s: size %d, the table says %v", p, p.Size(), c.PayloadBytes)
		}
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	good := Encode(PrefixTransaction, []byte("abcd")) // tx_YWJjZIjUJnw=
	account := Encode(PrefixAccount, make([]byte, 32))
	for _, c := range []struct{ what, text, reason string }{
		{"nothing", "", "no underscore"},
		{"a word", "hello", "no underscore"},
		{"a prefix alone", "tx_", "too short for a checksum"},
		{"a prefix that is not in the table", "xx" + good[2:], "unknown prefix"},
		{"a prefix in capitals", "TX" + good[2:], "unknown prefix"},
		{"a key name that looks like a text", "tx_hash", "too short for a checksum"},
		{"a changed payload", "tx_Z" + good[4:], "wrong checksum"},
		{"padding left out", strings.TrimSuffix(good, "="), "not base64"},
		{"a line feed inside", good[:5] + "\n" + good[5:], "not base64"},
		{"bits behind the end that are not zero", "tx_YWJjZIjUJn1=", "not base64"},
		{"the URL alphabet", strings.NewReplacer("+", "-", "/", "_").Replace("tx_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0xfb, 0xff}, 12))), "not base64"},
		{"a character outside base58", account[:10] + "0" + account[11:], "not base58"},
		{"an account with a changed letter", account[:20] + "2" + account[21:], "wrong checksum"},
		{"an account that is too short", Encode(PrefixAccount, make([]byte, 31)), "31 bytes, not 32"},
		{"a signature that is too long", Encode(PrefixSignature, make([]byte, 65)), "65 bytes, not 64"},
		{"a state hash that is too short", Encode(PrefixState, make([]byte, 20)), "20 bytes, not 32"},
		{"base58 without end", "nm_" + strings.Repeat("z", 5000), "too long for base58"},
	} {
		_, _, err := Decode(c.text)
		textErr, ok := errors.AsType[*TextError](err)
		if !ok || textErr.Reason != c.reason {
			t.Errorf("%s: %q gave %v, want reason %q", c.what, c.text, err, c.reason)
			continue
		}
		if textErr.Text != c.text || len(err.Error()) > 150 {
			t.Errorf("%s: error %q holds text %q", c.what, err, textErr.Text)
		}
	}
	if _, err := DecodeAs(PrefixAccount, good); err == nil || !strings.Contains(err.Error(), "prefix tx, not ak") {
		t.Errorf("a transaction where an account belongs gave %v", err)
	}
	if _, err := ParseHash(PrefixTransaction, good); err == nil {
		t.Error("a hash was read from a transaction")
	}
}

func TestZeroAccountAndEmptyPayload(t *testing.T) {
	if got, want := (ID{Kind: AccountID}).String(), "ak_11111111111111111111111111111111273Yts"; got != want {
		t.Errorf("32 zero bytes are %s, want %s", got, want)
	}
	if got, want := Encode(PrefixTransaction, nil), "tx_Xfbg4g=="; got != want {
		t.Errorf("an empty payload is %s, want %s", got, want)
	}
	if _, b, err := Decode("tx_Xfbg4g=="); err != nil || len(b) != 0 {
		t.Errorf("an empty payload decodes to %x, %v", b, err)
	}
}

func TestTextsThatWereEncodedTwice(t *testing.T) {
	inner := Encode(PrefixAccount, bytes.Repeat([]byte{7}, 32))
	outer := Encode(PrefixAccount, []byte(inner))
	if _, _, err := Decode(outer); err == nil {
		t.Error("the size of a text encoded twice was not noticed")
	}
	if p, b, err := DecodeAnySize(outer); err != nil || p != PrefixAccount || string(b) != inner {
		t.Errorf("decoded %s %q, %v; want the inner text", p, b, err)
	}
}

// slowBase58 is the textbook form: divide by 58 until nothing is left.
func slowBase58(b []byte) string {
	n, mod, radix := new(big.Int).SetBytes(b), new(big.Int), big.NewInt(58)
	var digits []byte
	for n.Sign() > 0 {
		n.DivMod(n, radix, mod)
		digits = append(digits, base58Digits[mod.Int64()])
	}
	for _, x := range b {
		if x != 0 {
			break
		}
		digits = append(digits, base58Digits[0])
	}
	for i, j := 0, len(digits)-1; i < j; i, j = i+1, j-1 {
		digits[i], digits[j] = digits[j], digits[i]
	}
	return string(digits)
}

func TestBase58AgainstTheTextbook(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for size := range 140 {
		for range 20 {
			b := make([]byte, size)
			for i := range b {
				b[i] = byte(r.Uint32() >> 16)
			}
			for i := range r.IntN(size + 1) { // leading zeros are digits of their own
				if r.IntN(2) == 0 {
					break
				}
				b[i] = 0
			}
			text := string(appendBase58(nil, b))
			if want := slowBase58(b); text != want {
				t.Fatalf("%x is %s, want %s", b, text, want)
			}
			back, ok := decodeBase58(nil, text)
			if !ok || !bytes.Equal(back, b) {
				t.Fatalf("%s is %x (%v), want %x", text, back, ok, b)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	key := Hash(bytes.Repeat([]byte{9}, 32))
	seen := map[string]bool{}
	for k := AccountID; k <= ChannelID; k++ {
		id := ID{Kind: k, Key: key}
		got, err := ParseID(id.String())
		if err != nil || got != id {
			t.Errorf("%s %s became %v, %v", k, id, got, err)
		}
		b, err := json.Marshal(map[string]ID{"id": id})
		if want := `{"id":"` + id.String() + `"}`; err != nil || string(b) != want {
			t.Errorf("JSON %s, %v, want %s", b, err, want)
		}
		var back map[string]ID
		if err := json.Unmarshal(b, &back); err != nil || back["id"] != id {
			t.Errorf("JSON %s became %v, %v", b, back, err)
		}
		seen[id.String()] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d different texts for six kinds", len(seen))
	}

	var none ID
	if b, err := none.MarshalText(); none.String() != "" || len(b) != 0 || err != nil || !none.IsZero() {
		t.Errorf("no id is written as %q %q, %v", none.String(), b, err)
	}
	id := ID{Kind: AccountID}
	if err := id.UnmarshalText(nil); err != nil || id != none {
		t.Errorf("an empty text became %v, %v", id, err)
	}
	if _, err := (ID{Kind: 9, Key: key}).MarshalText(); err == nil {
		t.Error("an id of an unknown kind has a text")
	}
	for _, text := range []string{"", "ak_", Encode(PrefixTxHash, key[:]), Encode(PrefixName, []byte("short")), Encode(PrefixChannel, key[:31])} {
		if got, err := ParseID(text); err == nil {
			t.Errorf("%q became the id %v", text, got)
		}
		if err := id.UnmarshalText([]byte(text)); err == nil && text != "" {
			t.Errorf("%q was read as an id", text)
		}
	}
}
