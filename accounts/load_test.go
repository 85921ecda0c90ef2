package accounts

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"chanbot/tx"
)

func seedOf(b byte) [32]byte {
	var seed [32]byte
	for i := range seed {
		seed[i] = b
	}
	return seed
}

func TestLoadReadsEverySpelling(t *testing.T) {
	one, two, three := tx.NewKeyPair(seedOf(1)), tx.NewKeyPair(seedOf(2)), tx.NewKeyPair(seedOf(3))
	seed2, seed3 := seedOf(2), seedOf(3)
	hex64 := hex.EncodeToString(seed2[:])
	key3 := three.ID().Key
	hex128 := hex.EncodeToString(append(seed3[:], key3[:]...))
	for name, file := range map[string]string{
		"yaml": fmt.Sprintf("# keys\n- address: %s\n  secret_key: %s\n- {publicKey: %s, secretKey: %s}\n- {public_key: %s, secretKey: \"%s\"}\n",
			one, one.SecretText(), two, hex64, three, hex128),
		"json": fmt.Sprintf("[{\"address\":%q,\"secretKey\":%q},\n\t{\"address\":%q,\"secret_key\":%q}, {\"secretKey\":%q,\"publicKey\":%q}]",
			one, one.SecretText(), two, hex64, hex128, three),
	} {
		t.Run(name, func(t *testing.T) {
			keys, err := Load(strings.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := fmt.Sprint(keys), fmt.Sprint([]tx.KeyPair{one, two, three}); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if keys[1].SecretText() != two.SecretText() {
				t.Error("the secret of the second account differs")
			}
		})
	}
}

func TestLoadReportsEveryMistakeWithItsPlace(t *testing.T) {
	one, two := tx.NewKeyPair(seedOf(1)), tx.NewKeyPair(seedOf(2))
	a1, s1 := one.ID().String(), one.SecretText()
	for _, c := range []struct{ name, file, want string }{
		{"empty file", "", "no accounts in this file"},
		{"only a comment", "# nothing\n", "no accounts in this file"},
		{"empty list", "[]", "1:1: no accounts in this file"},
		{"a mapping", "address: ak_1", "1:1: expected a list of accounts, each {address: ak_…, secret_key: sk_…}; found a mapping"},
		{"bad syntax", "- {address: [", "1: neither YAML nor JSON: did not find expected node content"},
		{"two documents", "[]\n---\n[]\n", "2:1: a second document; a key file is one list"},
		{"entry of the wrong shape", "- 12", "1:3: expected an account {address: ak_…, secret_key: sk_…}; found a single value"},
		{"unknown key", "- {address: " + a1 + ", secret_key: " + s1 + ", nonce: 1}",
			fmt.Sprintf("1:%d: unknown key \"nonce\"; expected address and secret_key", len("- {address: "+a1+", secret_key: "+s1+", ")+1)},
		{"missing key", "- address: " + a1, "1:3: this account has no secret_key"},
		{"key twice", "- {address: " + a1 + ", publicKey: " + a1 + ", secret_key: " + s1 + "}",
			fmt.Sprintf("1:%d: address is given twice in this account", len("- {address: "+a1+", ")+1)},
		{"wrong pair", "- address: " + a1 + "\n  secret_key: " + two.SecretText(),
			"1:12: the secret key belongs to " + two.String() + ", not to " + a1},
		{"bad checksum", "- address: " + a1[:len(a1)-1] + "2\n  secret_key: " + s1, "1:12: address: wrong checksum"},
		{"secret in the wrong place", "- address: " + s1 + "\n  secret_key: " + s1, "1:12: address: the text of an account begins with ak_"},
		{"secret without checksum", "- address: " + a1 + "\n  secret_key: sk_1111", "2:15: secret key: wrong checksum"},
		{"account twice", "- {address: " + a1 + ", secret_key: " + s1 + "}\n- {address: " + a1 + ", secret_key: " + s1 + "}",
			"2:13: account " + a1 + " is already in line 1"},
		{"alias", "- &a {address: " + a1 + ", secret_key: " + s1 + "}\n- *a", "2:3: expected an account {address: ak_…, secret_key: sk_…}; found an alias, which key files cannot have"},
		{"unknown alias", "- *" + s1, "neither YAML nor JSON"},
		{"empty secret", "- address: " + a1 + "\n  secret_key:", "2:14: expected the text of the secret_key; found nothing"},
		{"two at once", "- 1\n- 2", "1:3: expected an account {address: ak_…, secret_key: sk_…}; found a single value\n2:3: expected an account {address: ak_…, secret_key: sk_…}; found a single value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			keys, err := Load(strings.NewReader(c.file))
			if err == nil {
				t.Fatalf("%d accounts and no error from\n%s", len(keys), c.file)
			}
			if got := err.Error(); got != c.want {
				t.Errorf("file\n%s\ngot  %s\nwant %s", c.file, got, c.want)
			}
			if strings.Contains(err.Error(), s1) {
				t.Error("the error repeats the secret key")
			}
		})
	}
}

func TestLoadShowsAtMostFiftyProblems(t *testing.T) {
	_, err := Load(strings.NewReader(strings.Repeat("- 1\n", 60)))
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 50 || !strings.HasSuffix(lines[49], "; and 10 more problems") {
		t.Errorf("%d lines, the last one %q", len(lines), lines[len(lines)-1])
	}
}

func TestDerivedAccountsDependOnTheSeedAlone(t *testing.T) {
	ten, two := Derive(7, 10), Derive(7, 2)
	seen := make(map[tx.ID]bool)
	for i, k := range ten {
		if seen[k.ID()] {
			t.Errorf("account %d is there twice", i)
		}
		seen[k.ID()] = true
	}
	if two[0].ID() != ten[0].ID() || two[1].ID() != ten[1].ID() {
		t.Error("a longer list does not begin with the shorter one")
	}
	if Derive(8, 1)[0].ID() == ten[0].ID() {
		t.Error("two seeds give the same account")
	}
	if n := len(Derive(1, -1)); n != 0 {
		t.Errorf("%d accounts for -1", n)
	}
}

func FuzzLoad(f *testing.F) {
	k := tx.NewKeyPair(seedOf(1))
	f.Add("- address: " + k.String() + "\n  secret_key: " + k.SecretText())
	f.Add(`[{"address":"ak_x","secretKey":"00"}]`)
	f.Add("- &a {address: 1}\n- *a\n--- \n")
	f.Fuzz(func(t *testing.T, file string) {
		keys, err := Load(strings.NewReader(file))
		if err == nil && len(keys) == 0 {
			t.Error("neither accounts nor an error")
		}
		for _, k := range keys {
			if k.IsZero() {
				t.Error("an account without a key")
			}
		}
	})
}
