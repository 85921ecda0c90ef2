package tx

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const irisTestnet = "local_iris_testnet"

// seedCreate returns the create transaction of the seed and its signatures by
// initiator and responder.
func seedCreate(t testing.TB) (unsigned, initiator, responder []byte) {
	t.Helper()
	all := vectors(t).Seed.Transactions
	s, err := ParseSigned(all[2].Encoded)
	if err != nil || len(s.Signatures) != 2 {
		t.Fatalf("co-signed create of the seed: %v, %v", s, err)
	}
	return s.Tx, s.Signatures[0], s.Signatures[1]
}

// TestSignatureMatrix tries all networks and forms of the vectors against the
// signatures of the seed.
func TestSignatureMatrix(t *testing.T) {
	seed := vectors(t).Seed
	unsigned, byInitiator, byResponder := seedCreate(t)
	for _, c := range seed.Matrix {
		network := c.NetworkID
		if c.Inner {
			network += InnerTxSuffix
		}
		message := appendMessage(nil, network, unsigned, c.Form)
		if got := verifyMessage(seed.Parameters.InitiatorID, message, byInitiator); got != c.Initiator {
			t.Errorf("%s %s: initiator's signature is good: %v, want %v", network, c.Form, got, c.Initiator)
		}
		if got := verifyMessage(seed.Parameters.ResponderID, message, byResponder); got != c.Responder {
			t.Errorf("%s %s: responder's signature is good: %v, want %v", network, c.Form, got, c.Responder)
		}
	}
	if len(seed.Matrix) != 60 {
		t.Errorf("%d combinations, want 60", len(seed.Matrix))
	}
}

func TestDerivedSignatures(t *testing.T) {
	unsigned, _, _ := seedCreate(t)
	for _, c := range vectors(t).Signing {
		k, err := ParseSecretKey(c.SecretText)
		if err != nil {
			t.Fatal(err)
		}
		if k.ID().String() != c.Account || k.ID().Key.String() != c.PubkeyHex || k.SecretText() != c.SecretText {
			t.Errorf("key of %s is %s %s", c.Account, k.ID(), k.ID().Key)
		}
		for what, text := range map[string]string{"seed in hexadecimal": c.SeedHex, "64 bytes in hexadecimal": c.Hex64} {
			if other, err := ParseSecretKey(text); err != nil || other.ID() != k.ID() {
				t.Errorf("%s: %s, %v, want %s", what, other, err, k)
			}
		}
		for _, sig := range c.Signatures {
			network := sig.NetworkID
			if sig.Inner {
				network += InnerTxSuffix
			}
			if got := Blake2b(appendMessage(nil, network, unsigned, sig.Form)).String(); got != sig.MessageHash {
				t.Errorf("%s %s: message %s, want %s", network, sig.Form, got, sig.MessageHash)
			}
			got := Sign(k, network, unsigned, sig.Form)
			if hex.EncodeToString(got) != sig.SignatureHex || Encode(PrefixSignature, got) != sig.Signature {
				t.Errorf("%s %s: signature %x, want %s", network, sig.Form, got, sig.SignatureHex)
			}
			if form, ok := VerifyForm(k.ID(), network, unsigned, got); !ok || form != sig.Form {
				t.Errorf("%s %s: own signature is good: %v, form %s", network, sig.Form, ok, form)
			}
		}
	}
}

// TestDerivedSession builds the life of a channel from two keys and compares
// every text.
func TestDerivedSession(t *testing.T) {
	v := vectors(t)
	var keys []KeyPair
	for _, c := range v.Signing {
		keys = append(keys, NewKeyPair([32]byte(unhex(t, c.SeedHex))))
	}
	for _, c := range v.Session.Transactions {
		t.Run(c.Name, func(t *testing.T) {
			unsigned := unhex(t, c.TxHex)
			decoded, err := Deserialize(unsigned)
			if err != nil {
				t.Fatal(err)
			}
			tag, version := decoded.object()
			built, err := objectOf(tag, version, c.Fields)
			if err != nil || !bytes.Equal(built, unsigned) || len(built) != c.TxSize {
				t.Errorf("built %x, %v, want %x of %d bytes", built, err, unsigned, c.TxSize)
			}
			s := NewSigned(decoded)
			if s.Text() != c.Unsigned {
				t.Errorf("unsigned %s, want %s", s.Text(), c.Unsigned)
			}
			first := keys[0]
			if origin, _, ok := OriginOf(decoded); ok && origin == keys[1].ID() {
				first = keys[1]
			}
			if s = s.Sign(first, irisTestnet, Raw); s.Text() != c.First {
				t.Errorf("first signature: %s, want %s", s.Text(), c.First)
			}
			if NeedsBoth(decoded) {
				s = s.Sign(keys[1], irisTestnet, Raw)
			}
			if s.Text() != c.Full || s.Hash().Text(PrefixTxHash) != c.TxHash {
				t.Errorf("%s with hash %s, want %s with %s", s.Text(), s.Hash().Text(PrefixTxHash), c.Full, c.TxHash)
			}
			if channel, ok := ChannelOf(decoded); !ok || channel.String() != v.Session.ChannelID {
				t.Errorf("channel %s, want %s", channel, v.Session.ChannelID)
			}
		})
	}
}

func TestSignaturesAreSortedAndOnce(t *testing.T) {
	unsigned, low, high := seedCreate(t)
	p := vectors(t).Seed.Parameters
	want := &SignedTx{Signatures: [][]byte{low, high}, Tx: unsigned}
	none := &SignedTx{Tx: unsigned}
	for what, got := range map[string]*SignedTx{
		"in order":          none.With(low).With(high),
		"turned round":      none.With(high).With(low),
		"one of them twice": none.With(high).With(low).With(high),
		"from a bad list":   (&SignedTx{Signatures: [][]byte{high, high}, Tx: unsigned}).With(low),
	} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	if len(none.Signatures) != 0 {
		t.Error("With changed what it was called on")
	}
	half := none.With(high)
	first, second := half.With(low), half.With(low)
	if first.Signatures[1] = nil; second.Signatures[1] == nil {
		t.Error("two copies share their list")
	}
	if got := none.Sign(KeyPair{}, p.NetworkID, Raw); len(got.Signatures) != 0 {
		t.Errorf("no key signed: %x", got.Signatures)
	}

	// A list that came unsorted is written as it came.
	odd := &SignedTx{Signatures: [][]byte{high, low, high}, Tx: unsigned}
	back, err := ParseSigned(odd.Text())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(odd, back); diff != "" {
		t.Errorf("a bad list (-want +got):\n%s", diff)
	}
}

func TestWhoSigned(t *testing.T) {
	const network = "ae_dev"
	i, r, x := DeriveKeyPair(nil, "initiator"), DeriveKeyPair(nil, "responder"), DeriveKeyPair(nil, "stranger")
	empty := NewSigned(&OffChain{ChannelID: ID{ChannelID, Hash{1}}, Round: 2})
	both := []ID{i.ID(), r.ID()}
	garbage := bytes.Repeat([]byte{7}, 64)
	sign := func(k KeyPair, network string, f Form) []byte { return Sign(k, network, empty.Tx, f) }
	for _, c := range []struct {
		what       string
		signatures [][]byte
		candidates []ID
		signed     []ID
		strangers  int
	}{
		{"nobody", nil, both, nil, 0},
		{"the initiator, raw", [][]byte{sign(i, network, Raw)}, both, both[:1], 0},
		{"the responder, by the digest", [][]byte{sign(r, network, Hashed)}, both, both[1:], 0},
		{"both, in mixed forms", [][]byte{sign(r, network, Hashed), sign(i, network, Raw)}, both, both, 0},
		{"both, asked in the other order", [][]byte{sign(i, network, Raw), sign(r, network, Raw)}, []ID{both[1], both[0]}, []ID{both[1], both[0]}, 0},
		{"a stranger beside the initiator", [][]byte{sign(x, network, Raw), sign(i, network, Raw)}, both, both[:1], 1},
		{"the initiator twice", [][]byte{sign(i, network, Raw), sign(i, network, Raw)}, both, both[:1], 1},
		{"the initiator in both forms", [][]byte{sign(i, network, Raw), sign(i, network, Hashed)}, both, both[:1], 1},
		{"the initiator for another network", [][]byte{sign(i, "ae_uat", Raw)}, both, nil, 1},
		{"the initiator for an inner transaction", [][]byte{sign(i, network+InnerTxSuffix, Raw)}, both, nil, 1},
		{"garbage of all sizes", [][]byte{garbage, garbage[:63], {}, append(garbage, 1)}, both, nil, 4},
		{"nobody asked for", [][]byte{sign(i, network, Raw)}, nil, nil, 1},
		{"an id that is no account", [][]byte{sign(i, network, Raw)}, []ID{{ChannelID, i.ID().Key}}, nil, 1},
	} {
		s := &SignedTx{Signatures: c.signatures, Tx: empty.Tx}
		signed, strangers := s.Signers(network, c.candidates...)
		if diff := cmp.Diff(c.signed, signed); diff != "" || strangers != c.strangers {
			t.Errorf("%s: %d strangers, want %d; signed (-want +got):\n%s", c.what, strangers, c.strangers, diff)
		}
		for n, sig := range c.signatures {
			good := slices.ContainsFunc(c.candidates, func(id ID) bool { return Verify(id, network, s.Tx, sig) })
			if !good && len(c.signed) == len(c.signatures) {
				t.Errorf("%s: signature %d verifies for nobody", c.what, n)
			}
		}
	}
}

func TestForms(t *testing.T) {
	for _, f := range []Form{Raw, Hashed} {
		b, err := f.MarshalText()
		var back Form
		if err != nil || back.UnmarshalText(b) != nil || back != f {
			t.Errorf("%s was written %q, %v and read as %s", f, b, err, back)
		}
	}
	if _, err := ParseForm("hashed"); err == nil {
		t.Error("hashed was read as a form")
	}
	var f Form
	if err := f.UnmarshalText([]byte("Raw")); err == nil || Form(7).String() != "Form(7)" {
		t.Errorf("Raw was read as a form, or %s", Form(7))
	}
}

// TestUnsignedBytesAreCarried keeps an inner transaction that is not canonical.
func TestUnsignedBytesAreCarried(t *testing.T) {
	odd := spendBytes(2, 0xb8, 1, 5)
	s := &SignedTx{Tx: odd}
	back, err := ParseSigned(s.With([]byte("signature")).Text())
	if err != nil || !bytes.Equal(back.Tx, odd) {
		t.Errorf("inside is %x, %v, want %x", back.Tx, err, odd)
	}
}

func TestInnermostIsBounded(t *testing.T) {
	s := NewSigned(&OffChain{ChannelID: ID{ChannelID, Hash{1}}, Round: 2})
	for range maxWraps {
		s = NewSigned(&GAMeta{GAID: ID{AccountID, Hash{2}}, Tx: s.Bytes()})
	}
	if inner, wraps, err := s.Innermost(); err != nil || inner.Type() != "channel_offchain_tx" || len(wraps) != maxWraps {
		t.Errorf("%d wraps gave %v with %d, %v", maxWraps, inner, len(wraps), err)
	}
	s = NewSigned(&GAMeta{GAID: ID{AccountID, Hash{2}}, Tx: s.Bytes()})
	if _, _, err := s.Innermost(); err == nil {
		t.Errorf("%d wraps were accepted", maxWraps+1)
	}
	s = NewSigned(&GAMeta{GAID: ID{AccountID, Hash{2}}, Tx: []byte("none")})
	if _, _, err := s.Innermost(); err == nil {
		t.Error("a wrap around nothing was accepted")
	}
	if _, _, err := (&SignedTx{}).Innermost(); err == nil {
		t.Error("a signed_tx around nothing was accepted")
	}
}

// TestSignaturesAreThoseOfTheStandardLibrary signs with both and lets both judge
// what is right, what is wrong in one bit, and what is right but for a second
// form of its number.
func TestSignaturesAreThoseOfTheStandardLibrary(t *testing.T) {
	draw := rand.New(rand.NewPCG(25, 519))
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(draw.Uint32())
		}
		return b
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	good := 0
	for range 500 {
		k := NewKeyPair([32]byte(random(32)))
		unsigned := random(draw.IntN(200))
		message := appendMessage(nil, irisTestnet, unsigned, Raw)
		sig := Sign(k, irisTestnet, unsigned, Raw)
		if want := ed25519.Sign(*k.secret.key, message); !bytes.Equal(sig, want) {
			t.Fatalf("key %s, message %x: signature %x, want %x", k, message, sig, want)
		}
		public := k.ID()
		tried := [][]byte{sig, random(64)}
		flipped := bytes.Clone(sig)
		flipped[draw.IntN(64)] ^= 1 << draw.IntN(8)
		tried = append(tried, flipped)
		// S and S plus the order of the group are the same number to whoever
		// does not look whether it is small enough.
		s := bytes.Clone(sig[32:])
		slices.Reverse(s)
		if sum := new(big.Int).Add(new(big.Int).SetBytes(s), order); sum.BitLen() <= 256 {
			large := sum.FillBytes(make([]byte, 32))
			slices.Reverse(large)
			tried = append(tried, append(bytes.Clone(sig[:32]), large...))
		}
		for _, id := range []ID{public, {Kind: AccountID, Key: Hash(random(32))}, {Kind: AccountID}, {Kind: AccountID, Key: Hash{1}}} {
			for _, sig := range tried {
				got, want := verifyMessage(id, message, sig), ed25519.Verify(id.Key[:], message, sig)
				if got != want {
					t.Fatalf("key %x, message %x, signature %x: good %v, want %v", id.Key, message, sig, got, want)
				}
				if got {
					good++
				}
			}
		}
	}
	if good != 500 {
		t.Errorf("%d signatures were good, want 500", good)
	}
}
