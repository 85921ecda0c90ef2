package tx

import (
	"math/big"
	"testing"
)

func BenchmarkStateHash(b *testing.B) {
	s := vectors(b).Seed.States[0]
	x, y := s.balances()[0], s.balances()[1]
	b.Run("two accounts", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			StateHash(x, y)
		}
	})
	b.Run("two accounts by the general tree", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			stateHash([treeCount]Hash{treeAccounts: accountTree([]Balance{x, y}).root(nil)})
		}
	})
	shared := y
	shared.ID.Key[0] = x.ID.Key[0] ^ 1
	b.Run("two accounts with an extension", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			StateHash(x, shared)
		}
	})
}

func BenchmarkSign(b *testing.B) {
	k := DeriveKeyPair(nil, "bench")
	unsigned := (&OffChain{Round: 2}).Serialize()
	for _, f := range []Form{Raw, Hashed} {
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Sign(k, "ae_dev", unsigned, f)
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	k := DeriveKeyPair(nil, "bench")
	unsigned := (&OffChain{Round: 2}).Serialize()
	for _, f := range []Form{Raw, Hashed} {
		sig := Sign(k, "ae_dev", unsigned, f)
		b.Run(f.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !Verify(k.ID(), "ae_dev", unsigned, sig) {
					b.Fatal("a good signature is refused")
				}
			}
		})
	}
}

// benchSigned returns the co-signed create transaction of the seed.
func benchSigned(b *testing.B) (*SignedTx, string) {
	b.Helper()
	text := vectors(b).Seed.Transactions[2].Encoded
	s, err := ParseSigned(text)
	if err != nil {
		b.Fatal(err)
	}
	return s, text
}

func BenchmarkParseSigned(b *testing.B) {
	_, text := benchSigned(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseSigned(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkText(b *testing.B) {
	s, _ := benchSigned(b)
	b.ReportAllocs()
	for b.Loop() {
		s.Text()
	}
}

func BenchmarkSignAndText(b *testing.B) {
	s, _ := benchSigned(b)
	empty := &SignedTx{Tx: s.Tx}
	k := DeriveKeyPair(nil, "bench")
	b.ReportAllocs()
	for b.Loop() {
		_ = empty.Sign(k, "ae_dev", Raw).Text()
	}
}

func BenchmarkSigners(b *testing.B) {
	p := vectors(b).Seed.Parameters
	s, _ := benchSigned(b)
	b.ReportAllocs()
	for b.Loop() {
		if signed, _ := s.Signers(p.NetworkID, p.InitiatorID, p.ResponderID); len(signed) != 2 {
			b.Fatal("the seed is not signed")
		}
	}
}

func BenchmarkDeserialize(b *testing.B) {
	update := (&OffChain{ChannelID: ID{Kind: ChannelID}, Round: 2}).Serialize()
	create, _ := benchSigned(b)
	for name, unsigned := range map[string][]byte{"off-chain": update, "create": create.Tx} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Deserialize(unsigned); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSerialize(b *testing.B) {
	t := &OffChain{ChannelID: ID{Kind: ChannelID}, Round: 2}
	b.ReportAllocs()
	for b.Loop() {
		t.Serialize()
	}
}

func BenchmarkID(b *testing.B) {
	id := vectors(b).Seed.Parameters.InitiatorID
	text := id.String()
	b.Run("String", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_ = id.String()
		}
	})
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ParseID(text); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkProof(b *testing.B) {
	accounts := vectors(b).Seed.States[0].balances()
	ids := []ID{accounts[0].ID, accounts[1].ID}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ProofOfInclusion(accounts, ids); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMinFee(b *testing.B) {
	t := &Deposit{Amount: big.NewInt(2), Round: 3, Nonce: 58}
	price := big.NewInt(gigaPrice)
	b.ReportAllocs()
	for b.Loop() {
		MinFee(t, price)
	}
}
