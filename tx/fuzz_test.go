package tx

import (
	"bytes"
	"errors"
	"math/big"
	"reflect"
	"testing"
)

// The properties of every decoder: it never panics, what it accepts can be
// written, and what was written is read as the same value and written as the
// same bytes.

func FuzzText(f *testing.F) {
	v := vectors(f)
	for _, c := range v.Prefixes {
		f.Add(c.SampleText)
	}
	f.Add(v.Seed.Transactions[0].Encoded)
	f.Add(EmptyCalls)
	f.Add("tx_hash")
	f.Fuzz(func(t *testing.T, text string) {
		p, payload, err := DecodeAnySize(text)
		if err != nil {
			if _, ok := errors.AsType[*TextError](err); !ok {
				t.Fatalf("%q gave %v, want a TextError", text, err)
			}
			if id, err := ParseID(text); err == nil {
				t.Fatalf("%q is the id %v, but no text", text, id)
			}
			return
		}
		if got := Encode(p, payload); got != text {
			t.Fatalf("%q was written again as %q", text, got)
		}
		if id, err := ParseID(text); err == nil && id.String() != text {
			t.Fatalf("id %q was written again as %q", text, id)
		}
		if _, _, err := Decode(text); err != nil && (p.Size() == 0 || p.Size() == len(payload)) {
			t.Fatalf("%q of the right size gave %v", text, err)
		}
	})
}

func FuzzBase58(f *testing.F) {
	f.Add([]byte{}, "")
	f.Add([]byte{0, 0, 1, 2, 3}, "111zz")
	f.Fuzz(func(t *testing.T, b []byte, text string) {
		if len(b) > 200 || len(text) > 300 {
			return
		}
		if got, ok := decodeBase58(nil, string(appendBase58(nil, b))); !ok || !bytes.Equal(got, b) {
			t.Fatalf("%x became %x (%v)", b, got, ok)
		}
		if got, ok := decodeBase58(nil, text); ok && string(appendBase58(nil, got)) != text {
			t.Fatalf("%q is %x, which is %q", text, got, appendBase58(nil, got))
		}
	})
}

func FuzzSecretKey(f *testing.F) {
	for _, c := range vectors(f).Signing {
		f.Add(c.SecretText)
		f.Add(c.Hex64)
		f.Add(c.SeedHex)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k, err := ParseSecretKey(text)
		if err != nil {
			return
		}
		if again, err := ParseSecretKey(k.SecretText()); err != nil || again.ID() != k.ID() {
			t.Fatalf("the key of %s was read back as that of %s, %v", k, again, err)
		}
	})
}

// recode writes the items of a list anew.
func recode(elements []byte, depth int) ([]byte, error) {
	var out []byte
	for len(elements) > 0 {
		it, rest, err := nextItem(elements)
		if err != nil {
			return nil, err
		}
		if len(rest) >= len(elements) {
			return nil, errors.New("nothing was read")
		}
		elements = rest
		switch {
		case !it.list:
			out = appendString(out, it.body)
		case depth == 0:
			return nil, errors.New("too deep")
		default:
			inner, err := recode(it.body, depth-1)
			if err != nil {
				return nil, err
			}
			out = appendListItem(out, inner)
		}
	}
	return out, nil
}

func FuzzRLP(f *testing.F) {
	for _, c := range vectors(f).RLP {
		f.Add(unhex(f, c.RLPHex))
	}
	f.Add([]byte{0xc2, 0x81, 5})
	f.Add([]byte{0xff, 255, 255, 255, 255, 255, 255, 255, 255})
	f.Fuzz(func(t *testing.T, b []byte) {
		once, err := recode(b, 20)
		if err != nil {
			return
		}
		twice, err := recode(once, 20)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%x was written as %x, then as %x, %v", b, once, twice, err)
		}
		if len(once) > len(b) {
			t.Fatalf("%x was written longer: %x", b, once)
		}
		if _, err := onlyList(appendListItem(nil, once)); err != nil {
			t.Fatal(err)
		}
	})
}

// addTransactions adds the unsigned form of every transaction of the vectors.
func addTransactions(f *testing.F, add func(s *SignedTx)) {
	f.Helper()
	for _, all := range vectors(f).recorded() {
		for _, c := range all {
			s, err := ParseSigned(c.Encoded)
			if err != nil {
				f.Fatal(err)
			}
			add(s)
		}
	}
}

func FuzzDeserialize(f *testing.F) {
	addTransactions(f, func(s *SignedTx) { f.Add(s.Tx) })
	f.Add((&SetDelegates{InitiatorDelegates: []ID{{AccountID, Hash{1}}}, ChannelID: ID{Kind: ChannelID}, FromID: ID{Kind: AccountID}}).Serialize())
	f.Add(spendBytes(-1))
	f.Add(spendBytes(2, 0xb8, 1, 5))
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := Deserialize(b)
		if err != nil {
			return
		}
		once := first.Serialize()
		second, err := Deserialize(once)
		if err != nil {
			t.Fatalf("%x was written as %x, which is refused: %v", b, once, err)
		}
		if !reflect.DeepEqual(first, second) || !bytes.Equal(second.Serialize(), once) {
			t.Fatalf("%x is %+v, written and read again %+v", b, first, second)
		}
		ChannelOf(first)
		StateOf(first)
		OriginOf(first)
		if fee := MinFee(first, big.NewInt(1e9)); fee.Sign() > 0 {
			SetFee(second, fee)
			need := new(big.Int).Mul(new(big.Int).SetUint64(Gas(second)), big.NewInt(1e9))
			if FeeOf(second).Cmp(need) < 0 {
				t.Fatalf("%+v has fee %d and needs %d", second, fee, need)
			}
		}
	})
}

func FuzzSigned(f *testing.F) {
	addTransactions(f, func(s *SignedTx) { f.Add(s.Bytes(), "signature") })
	f.Fuzz(func(t *testing.T, b []byte, sig string) {
		s, err := DecodeSigned(b)
		if err != nil {
			return
		}
		if got := string(s.AppendText([]byte("before "))); got != "before "+s.Text() {
			t.Errorf("AppendText gives %q, Text %q", got, s.Text())
		}
		back, err := ParseSigned(s.Text())
		if err != nil || !bytes.Equal(back.Bytes(), s.Bytes()) || !bytes.Equal(back.Tx, s.Tx) {
			t.Fatalf("%x was written as %x and read as %+v, %v", b, s.Bytes(), back, err)
		}
		more := s.With([]byte(sig))
		for i := 1; i < len(more.Signatures); i++ {
			if bytes.Compare(more.Signatures[i-1], more.Signatures[i]) >= 0 {
				t.Fatalf("signatures %x are not sorted", more.Signatures)
			}
		}
		if inner, wraps, err := s.Innermost(); err == nil && (inner == nil || len(wraps) > maxWraps) {
			t.Fatalf("inside %x: %v, %d wraps", b, inner, len(wraps))
		}
	})
}

func FuzzUpdate(f *testing.F) {
	account := ID{Kind: AccountID}
	for _, u := range []Update{
		&Transfer{account, account, big.NewInt(1000)}, &DepositUpdate{From: account}, &WithdrawUpdate{To: account},
		&NewContractUpdate{Owner: account, Code: []byte("code")}, &MetaUpdate{[]byte("meta")},
		&CallContractUpdate{Caller: account, Contract: account, CallStack: []*big.Int{big.NewInt(5)}},
	} {
		f.Add(SerializeUpdate(u))
	}
	f.Add(appendListItem(nil, append(appendID([]byte{0x82, 2, 59, 1}, account), 0x80))) // an amount of no bytes
	f.Fuzz(func(t *testing.T, b []byte) {
		first, err := DeserializeUpdate(b)
		if err != nil {
			return
		}
		once := SerializeUpdate(first)
		second, err := DeserializeUpdate(once)
		if err != nil || !reflect.DeepEqual(first, second) || !bytes.Equal(SerializeUpdate(second), once) {
			t.Fatalf("%x is %+v, written and read again %+v, %v", b, first, second, err)
		}
	})
}

func FuzzProof(f *testing.F) {
	state := fourAccounts()
	for n := range len(state) + 1 {
		var ids []ID
		for _, b := range state[:n] {
			ids = append(ids, b.ID)
		}
		b, err := ProofOfInclusion(state, ids)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, state[0].ID.Key[:])
	}
	f.Fuzz(func(t *testing.T, b, key []byte) {
		p, err := DecodeProof(b)
		if err != nil {
			return
		}
		once := p.Bytes()
		again, err := DecodeProof(once)
		if err != nil || !bytes.Equal(again.Bytes(), once) || again.StateHash() != p.StateHash() {
			t.Fatalf("%x was written as %x and read as %+v, %v", b, once, again, err)
		}
		id := ID{Kind: AccountID}
		copy(id.Key[:], key)
		if amount, err := p.Balance(id); err == nil && amount == nil {
			t.Fatalf("%x proves no balance of %s", b, id)
		}
		for i := range p.parts {
			p.parts[i].lookup(key)
		}
	})
}

func FuzzStateTrees(f *testing.F) {
	f.Add(StateTrees())
	f.Add(StateTrees(fourAccounts()...))
	addTransactions(f, func(s *SignedTx) {
		if t, err := s.Decode(); err == nil {
			if forced, ok := t.(*ForceProgress); ok {
				f.Add(forced.OffchainTrees)
			}
		}
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		trees, err := DecodeStateTrees(b)
		if err != nil {
			return
		}
		once := trees.Bytes()
		again, err := DecodeStateTrees(once)
		if err != nil || !bytes.Equal(again.Bytes(), once) || again.Hash() != trees.Hash() {
			t.Fatalf("%x was written as %x and read as %+v, %v", b, once, again, err)
		}
		if accounts := trees.Accounts(); len(accounts) != len(trees.trees[treeAccounts]) {
			t.Fatalf("%x has %d accounts, %d were read", b, len(trees.trees[treeAccounts]), len(accounts))
		}
	})
}

func FuzzTwoAccounts(f *testing.F) {
	f.Add(make([]byte, 32), make([]byte, 32), []byte{1}, []byte{2})
	f.Add([]byte{0x12, 0x34}, []byte{0x12, 0x44}, []byte{}, bytes.Repeat([]byte{255}, 33))
	f.Fuzz(func(t *testing.T, key1, key2, amount1, amount2 []byte) {
		var a, b Balance
		copy(a.ID.Key[:], key1)
		copy(b.ID.Key[:], key2)
		a.Amount, b.Amount = new(big.Int).SetBytes(amount1), new(big.Int).SetBytes(amount2)
		if got, ok := twoAccountRoot(&a, &b); ok && got != accountTree([]Balance{a, b}).root(nil) {
			t.Fatalf("%v and %v: the fast path gives %s", a, b, got)
		}
		if a.ID == b.ID {
			return
		}
		if got, want := StateHash(a, b), StateHash(b, a); got != want {
			t.Fatalf("%v and %v: %s in one order, %s in the other", a, b, got, want)
		}
	})
}
