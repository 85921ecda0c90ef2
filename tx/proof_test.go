package tx

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// checkProof compares the proof in a solo transaction with its decoded form in
// the vectors, and builds it anew from the balances.
func checkProof(t *testing.T, inner Tx, c *recordedTx) {
	t.Helper()
	var poi []byte
	switch inner := inner.(type) {
	case *CloseSolo:
		poi = inner.PoI
	case *Slash:
		poi = inner.PoI
	default:
		t.Fatalf("%s has no proof", inner.Type())
	}
	p, err := DecodeProof(poi)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.Bytes(), poi) {
		t.Errorf("proof written again as %x, want %x", p.Bytes(), poi)
	}
	if got := p.StateHash().Text(PrefixState); got != c.Poi.Hash {
		t.Errorf("proof of state %s, want %s", got, c.Poi.Hash)
	}
	part := &p.parts[treeAccounts]
	if want := c.Poi.Accounts; part.root.String() != want.RootHex || len(part.nodes) != len(want.Nodes) {
		t.Errorf("account tree %s with %d nodes, want %s with %d", part.root, len(part.nodes), want.RootHex, len(want.Nodes))
	}
	for i, want := range c.Poi.Accounts.Nodes {
		got := part.nodes[i]
		if b := appendListItem(nil, got.itemBytes()); got.hash.String() != want.Hash || hex.EncodeToString(b) != want.RLPHex {
			t.Errorf("node %d is %s = %x, want %s = %s", i, got.hash, b, want.Hash, want.RLPHex)
		}
	}
	var accounts []Balance
	var ids []ID
	for _, found := range c.Poi.Found {
		got, err := p.Balance(found.Account)
		if err != nil || got.Cmp(found.Balance) != 0 {
			t.Errorf("balance of %s is %v, %v, want %d", found.Account, got, err, found.Balance)
		}
		accounts, ids = append(accounts, Balance{found.Account, found.Balance}), append(ids, found.Account)
	}
	built, err := ProofOfInclusion(accounts, ids)
	if err != nil || !bytes.Equal(built, poi) {
		t.Errorf("built from the balances %x, %v, want %x", built, err, poi)
	}
}

// fourAccounts is a state with all kinds of nodes: the first two share their
// first nibble, so that an extension leads to them.
func fourAccounts() []Balance {
	return []Balance{
		{ID{AccountID, Hash{0x12, 0x30}}, bigInt(10)},
		{ID{AccountID, Hash{0x12, 0x35, 1}}, bigInt(0)},
		{ID{AccountID, Hash{0x90}}, bigInt(1 << 60)},
		{ID{AccountID, Hash{0x12, 0x35, 2}}, bigInt(7)},
	}
}

func TestProofsOfSomeAccounts(t *testing.T) {
	state := fourAccounts()
	stranger := ID{AccountID, Hash{0x12, 0x35, 3}}
	for proven := range 16 {
		var ids []ID
		for i, b := range state {
			if proven&(1<<i) != 0 {
				ids = append(ids, b.ID)
			}
		}
		b, err := ProofOfInclusion(state, ids)
		if err != nil {
			t.Fatal(err)
		}
		p, err := DecodeProof(b)
		if err != nil || !bytes.Equal(p.Bytes(), b) {
			t.Fatalf("proof %04b: %x was read as %x, %v", proven, b, p.Bytes(), err)
		}
		if p.StateHash() != StateHash(state...) {
			t.Errorf("proof %04b: state %s, want %s", proven, p.StateHash(), StateHash(state...))
		}
		for i, want := range state {
			got, err := p.Balance(want.ID)
			if proven&(1<<i) != 0 {
				if err != nil || got.Cmp(want.Amount) != 0 {
					t.Errorf("proof %04b: account %d has %v, %v, want %d", proven, i, got, err, want.Amount)
				}
			} else if !errors.Is(err, errNotProven) && !(err == nil && got.Cmp(want.Amount) == 0) {
				t.Errorf("proof %04b: account %d, which is not proven, gave %v, %v", proven, i, got, err)
			}
		}
	}

	_, err := ProofOfInclusion(state, []ID{state[0].ID, stranger})
	if absent, ok := errors.AsType[*NotInTreeError](err); !ok || absent.ID != stranger {
		t.Errorf("the proof of a stranger gave %v", err)
	}
	all, err := ProofOfInclusion(state, []ID{state[0].ID, state[1].ID, state[2].ID, state[3].ID})
	if err != nil {
		t.Fatal(err)
	}
	p, err := DecodeProof(all)
	if err != nil {
		t.Fatal(err)
	}
	for what, id := range map[string]ID{
		"an account beside two others": stranger,
		"one on an unused nibble":      {AccountID, Hash{0x55}},
		"one off the extension":        {AccountID, Hash{0x13}},
		"one off a leaf":               {AccountID, Hash{0x90, 1}},
	} {
		got, err := p.Balance(id)
		if absent, ok := errors.AsType[*NotInTreeError](err); !ok || absent.ID != id {
			t.Errorf("%s: balance %v, %v, want that there is none", what, got, err)
		}
	}
}

func TestProofSizesOfTwoAccounts(t *testing.T) {
	plain := []Balance{{ID{AccountID, Hash{0x10}}, bigInt(1)}, {ID{AccountID, Hash{0x20}}, bigInt(2)}}
	shared := []Balance{{ID{AccountID, Hash{0x10}}, bigInt(1)}, {ID{AccountID, Hash{0x11}}, bigInt(2)}}
	for _, c := range []struct {
		what  string
		state []Balance
		prove int
		nodes int
	}{
		{"both of two accounts: a branch and two leaves", plain, 2, 3},
		{"one of two accounts: a branch and its leaf", plain, 1, 2},
		{"none of two accounts: the root alone", plain, 0, 0},
		{"both, with a shared first nibble: an extension more", shared, 2, 4},
		{"one, with a shared first nibble: an extension more", shared, 1, 3},
		{"the only account: its leaf", plain[:1], 1, 1},
		{"none of none: no tree", nil, 0, -1},
	} {
		var ids []ID
		for _, b := range c.state[:c.prove] {
			ids = append(ids, b.ID)
		}
		b, err := ProofOfInclusion(c.state, ids)
		if err != nil {
			t.Fatal(err)
		}
		p, err := DecodeProof(b)
		if err != nil {
			t.Fatal(err)
		}
		got := len(p.parts[treeAccounts].nodes)
		if !p.parts[treeAccounts].present {
			got = -1
		}
		if got != c.nodes {
			t.Errorf("%s: %d nodes, want %d", c.what, got, c.nodes)
		}
	}
	p, err := DecodeProof(appendListItem(nil, []byte{tagProof, 1, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0}))
	if err != nil || p.StateHash() != StateHash() {
		t.Errorf("the proof of nothing: %v", err)
	} else if _, err := p.Balance(plain[0].ID); err == nil {
		t.Error("the proof of nothing has a balance")
	}
}

func TestProofsThatAreWrong(t *testing.T) {
	state := fourAccounts()
	b, err := ProofOfInclusion(state, []ID{state[0].ID})
	if err != nil {
		t.Fatal(err)
	}
	for i := range b {
		for _, flip := range []byte{1, 0x80} {
			bad := bytes.Clone(b)
			bad[i] ^= flip
			p, err := DecodeProof(bad)
			if err != nil {
				continue
			}
			if amount, err := p.Balance(state[0].ID); err == nil && p.StateHash() == StateHash(state...) {
				t.Errorf("byte %d changed: still proves %d of %s", i, amount, p.StateHash())
			}
		}
	}
	short := appendString(nil, make([]byte, 31))
	for what, part := range map[string][]byte{
		"a part that is a string":    {0x83, 1, 2, 3},
		"a root of 31 bytes":         appendListItem(nil, appendListItem(nil, append(bytes.Clone(short), 0xc0))),
		"a tree without nodes field": appendListItem(nil, appendListItem(nil, appendString(nil, make([]byte, 32)))),
		"two trees in one part":      appendListItem(nil, bytes.Repeat(appendListItem(nil, append(appendString(nil, make([]byte, 32)), 0xc0)), 2)),
	} {
		bad := appendListItem(nil, append(append([]byte{tagProof, 1}, part...), 0xc0, 0xc0, 0xc0, 0xc0, 0xc0))
		if _, err := DecodeProof(bad); err == nil || !strings.HasPrefix(err.Error(), "proof: accounts: ") {
			t.Errorf("%s gave %v", what, err)
		}
	}
	if _, err := DecodeProof(appendListItem(nil, []byte{tagProof, 1, 0xc0, 0xc0, 0xc0, 0xc0, 0xc0})); err == nil {
		t.Error("a proof of five trees was accepted")
	}
}

// TestProofWithMalformedNodes checks that a node with the right hash and a
// wrong shape is found out.
func TestProofWithMalformedNodes(t *testing.T) {
	id := ID{AccountID, Hash{0x12}}
	long := bytes.Repeat([]byte{1}, 40)
	for what, items := range map[string][][]byte{
		"three items":                        {{0x20}, {1}, {2}},
		"a path with an unknown flag":        {{0x40}, {1}},
		"an empty path":                      {{}, {1}},
		"an even path with a stray nibble":   {{0x01, 0x12}, long[:32]},
		"an extension without nibbles":       {{0x00}, long[:32]},
		"an extension to no hash":            {{0x11}, long},
		"a child reference that is too long": {{}, long, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}},
		"an embedded child that is no node":  {{}, {0x83, 1}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}},
	} {
		node := proofNode{items: items}
		node.hash = Blake2b(appendListItem(nil, node.itemBytes()))
		p := new(Proof)
		p.parts[treeAccounts] = proofPart{present: true, root: node.hash, nodes: []proofNode{node}}
		got, err := p.Balance(id)
		if _, absent := errors.AsType[*NotInTreeError](err); err == nil || absent {
			t.Errorf("%s: balance %v, %v", what, got, err)
		}
	}
	leaf := proofNode{items: [][]byte{appendPath(nil, id.Key[:], 0, 64, true), []byte("no account")}}
	leaf.hash = Blake2b(appendListItem(nil, leaf.itemBytes()))
	p := new(Proof)
	p.parts[treeAccounts] = proofPart{present: true, root: leaf.hash, nodes: []proofNode{leaf}}
	if got, err := p.Balance(id); err == nil {
		t.Errorf("a leaf without account has balance %d", got)
	}
	if got := fmt.Sprint(&NotInTreeError{id}); got != "no account "+id.String()+" in the state" {
		t.Errorf("error %q", got)
	}
}
