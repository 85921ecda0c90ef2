package tx

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestSecretKeysStaySecret prints a key pair in every way that is known.
func TestSecretKeysStaySecret(t *testing.T) {
	seed := [32]byte(bytes.Repeat([]byte{0xa7}, 32))
	k := NewKeyPair(seed)
	type party struct {
		Name string
		Key  KeyPair
		key  KeyPair // fmt cannot call the methods of an unexported field
	}
	p := party{"p", k, k}
	var out strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%o", "%b", "%c", "%U", "%p", "%t"} {
		for _, v := range []any{k, &k, []KeyPair{k}, map[string]KeyPair{"k": k}, p, &p} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	fmt.Fprintln(&out, k, k.String(), k.GoString())
	for _, h := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(h).Info("key", "key", k, "party", p)
	}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	out.Write(b)
	for _, text := range []string{k.SecretText()[:len(k.SecretText())-1], "sk_ " + k.SecretText(), hex.EncodeToString(seed[:])[1:]} {
		_, err := ParseSecretKey(text)
		if err == nil {
			t.Errorf("%q was read as a secret key", text)
		}
		fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
		if strings.HasPrefix(text, "sk_") {
			_, _, err = Decode(text)
			fmt.Fprintf(&out, "%v %+v %#v\n", err, err, err)
		}
	}

	secret := k.SecretText()
	for what, leak := range map[string]string{
		"the text":            secret[3:20],
		"bytes in hex":        strings.Repeat("a7", 4),
		"bytes in capitals":   strings.Repeat("A7", 4),
		"bytes in decimal":    "167 167 167",
		"bytes for Go":        "0xa7, 0xa7",
		"bytes in binary":     "10100111 10100111",
		"bytes in octal":      "247 247",
		"base64 of the bytes": "p6enp6en",
		"unicode":             "U+00A7 U+00A7",
		"runes":               "§ §",
	} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%s of the secret key can be printed", what)
		}
	}
	if !strings.Contains(out.String(), k.ID().String()) {
		t.Error("the account is not printed")
	}
}

func TestSecretKeysThatAreRefused(t *testing.T) {
	k := DeriveKeyPair([]byte("master"), "a")
	seed := k.secret.key.Seed()
	wrong := append(bytes.Clone(seed), make([]byte, 32)...)
	for what, text := range map[string]string{
		"nothing":                           "",
		"an account":                        k.ID().String(),
		"hexadecimal of 31 bytes":           hex.EncodeToString(seed[:31]),
		"an odd number of digits":           hex.EncodeToString(seed)[1:],
		"64 bytes that do not fit together": hex.EncodeToString(wrong),
		"sk_ text of 31 bytes":              Encode(PrefixSecretKey, seed[:31]),
		"sk_ text with a typing mistake":    k.SecretText()[:len(k.SecretText())-1] + "1",
	} {
		if got, err := ParseSecretKey(text); err == nil {
			t.Errorf("%s was read as the key of %s", what, got)
		}
	}
}

func TestDerivedKeys(t *testing.T) {
	same := DeriveKeyPair([]byte("master"), "pair 1 initiator")
	if again := DeriveKeyPair([]byte("master"), "pair 1 initiator"); again.ID() != same.ID() || again.SecretText() != same.SecretText() {
		t.Error("the same seed and label give different keys")
	}
	seen := map[ID]string{}
	for _, c := range [][2]string{{"master", "a"}, {"master", "b"}, {"mastera", ""}, {"", "mastera"}, {"maste", "ra"}, {"", ""}} {
		id := DeriveKeyPair([]byte(c[0]), c[1]).ID()
		if other, ok := seen[id]; ok {
			t.Errorf("%q and %q give the same key", c, other)
		}
		seen[id] = c[0] + "/" + c[1]
	}
	var none KeyPair
	if !none.IsZero() || same.IsZero() || none.SecretText() != "" || none.String() != "" || Sign(none, "ae_dev", nil, Raw) != nil {
		t.Errorf("the zero key pair is %v with secret %q", none, none.SecretText())
	}
}
