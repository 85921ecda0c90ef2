package tx

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func bigInt(v int64) *big.Int { return big.NewInt(v) }

// checkState compares root, state hash and whatever else the vectors tell about
// a state of accounts.
func checkState(t *testing.T, s *vectorState) {
	t.Helper()
	balances := s.balances()
	if got := StateHash(balances...).Text(PrefixState); got != s.StateHash {
		t.Errorf("round %d: state hash %s, want %s", s.Round, got, s.StateHash)
	}
	slices.Reverse(balances)
	if got := StateHash(balances...).String(); got != s.HashHex {
		t.Errorf("round %d: state hash %s with the accounts turned round, want %s", s.Round, got, s.HashHex)
	}
	tree := accountTree(balances)
	nodes := map[string]string{}
	for i := range tree {
		tree[i].wanted = true
	}
	if got := tree.root(func(h Hash, node []byte) { nodes[h.String()] = hex.EncodeToString(node) }).String(); got != s.RootHex {
		t.Errorf("round %d: root %s, want %s", s.Round, got, s.RootHex)
	}
	if root, ok := twoAccountRoot(&balances[0], &balances[1]); !ok || root.String() != s.RootHex {
		t.Errorf("round %d: root %s by the fast path (%v), want %s", s.Round, root, ok, s.RootHex)
	}
	for _, a := range s.Accounts {
		if got := hex.EncodeToString(accountValue(a.Balance)); a.LeafValueHex != "" && got != a.LeafValueHex {
			t.Errorf("round %d: account object %s, want %s", s.Round, got, a.LeafValueHex)
		}
	}
	if len(s.Nodes) > 0 {
		want := map[string]string{}
		for _, n := range s.Nodes {
			want[n.Hash] = n.RLPHex
			if n.IsRoot && n.Hash != s.RootHex {
				t.Errorf("round %d: root is %s and %s", s.Round, n.Hash, s.RootHex)
			}
		}
		if diff := cmp.Diff(want, nodes); diff != "" {
			t.Errorf("round %d: nodes (-want +got):\n%s", s.Round, diff)
		}
	}
}

// TestRecordedStates applies the recorded updates to the balances and compares
// each state.
func TestRecordedStates(t *testing.T) {
	v := vectors(t)
	for i := range v.Seed.States {
		checkState(t, &v.Seed.States[i])
	}
	for i := range v.Session.States {
		checkState(t, &v.Session.States[i])
	}
	for _, session := range v.Transitions {
		t.Run(session.Transcript, func(t *testing.T) {
			shared := false
			var before []*vectorState
			for i := range session.States {
				s := &session.States[i]
				checkState(t, s)
				if s.TxType == "channel_create_tx" {
					before = nil
				}
				for _, base := range slices.Backward(before) {
					if base.Round == s.Round-1 {
						checkUpdates(t, base, s)
						break
					}
				}
				before = append(before, s)
				shared = shared || s.Accounts[0].Account.Key[0]>>4 == s.Accounts[1].Account.Key[0]>>4
			}
			if want := slices.Contains(session.NodeKinds, "extension"); shared != want {
				t.Errorf("a shared first nibble: %v, want %v", shared, want)
			}
		})
	}
}

func checkUpdates(t *testing.T, base, s *vectorState) {
	t.Helper()
	amounts := map[string]*big.Int{}
	for _, b := range base.balances() {
		amounts[b.ID.String()] = new(big.Int).Set(b.Amount)
	}
	for _, u := range s.Updates {
		amount := new(big.Int)
		if n, ok := u["amount"].(json.Number); ok {
			amount.SetString(n.String(), 10)
		}
		switch u["op"] {
		case "OffChainTransfer":
			from, to := amounts[u["from"].(string)], amounts[u["to"].(string)]
			from.Sub(from, amount)
			to.Add(to, amount)
		case "OffChainDeposit":
			from := amounts[u["from"].(string)]
			from.Add(from, amount)
		case "OffChainWithdrawal":
			to := amounts[u["to"].(string)]
			to.Sub(to, amount)
		case "OffChainMeta":
		default:
			t.Fatalf("update %v", u)
		}
	}
	var got []Balance
	for _, b := range base.balances() {
		got = append(got, Balance{b.ID, amounts[b.ID.String()]})
	}
	if h := StateHash(got...).Text(PrefixState); h != s.StateHash {
		t.Errorf("round %d: the updates lead to %s, want %s", s.Round, h, s.StateHash)
	}
}

func TestStatesOfOtherThanTwoAccounts(t *testing.T) {
	a, b := Balance{ID{AccountID, Hash{1}}, bigInt(5)}, Balance{ID{AccountID, Hash{2}}, bigInt(6)}
	empty := Blake2b(append([]byte{7: 1}, make([]byte, 6*32)...))
	if got := StateHash(); got != empty {
		t.Errorf("the empty state is %s, want %s", got, empty)
	}
	leaf := twoItems(append([]byte{0x20}, a.ID.Key[:]...), accountValue(a.Amount))
	if got, want := StateHash(a), stateHash([treeCount]Hash{Blake2b(leaf)}); got != want {
		t.Errorf("one account gives %s, want the hash of its leaf as root: %s", got, want)
	}
	if StateHash(b, a, a) != StateHash(a, b) {
		t.Error("an account that is given twice changes the state")
	}
	old := Balance{a.ID, bigInt(99)}
	if StateHash(old, a) != StateHash(a) {
		t.Error("of two entries for one account the last does not count")
	}
	contract := Balance{ID{ContractID, a.ID.Key}, a.Amount}
	if StateHash(contract, b) != StateHash(a, b) {
		t.Error("the kind of an id enters the state")
	}
	if StateHash(Balance{a.ID, nil}, b) != StateHash(Balance{a.ID, bigInt(0)}, b) || StateHash(Balance{a.ID, bigInt(-4)}, b) != StateHash(Balance{a.ID, bigInt(0)}, b) {
		t.Error("nil and negative balances are not 0")
	}
}

// TestFastPathAgainstTheGeneralTree draws pairs of accounts that share from no
// nibble to all of them, with balances of every size.
func TestFastPathAgainstTheGeneralTree(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	fast := 0
	for range 4000 {
		var a, b Balance
		for i := range a.ID.Key {
			a.ID.Key[i], b.ID.Key[i] = byte(r.Uint32()>>8), byte(r.Uint32()>>8)
		}
		for i := range r.IntN(64 + 1) {
			if i%2 == 0 {
				b.ID.Key[i/2] = a.ID.Key[i/2]&0xf0 | b.ID.Key[i/2]&15
			} else {
				b.ID.Key[i/2] = a.ID.Key[i/2]
			}
			if r.IntN(8) == 0 {
				break
			}
		}
		a.Amount, b.Amount = new(big.Int), new(big.Int)
		for _, x := range []*big.Int{a.Amount, b.Amount} {
			bits := make([]byte, r.IntN(36))
			for i := range bits {
				bits[i] = byte(r.Uint32() >> 8)
			}
			x.SetBytes(bits)
		}
		want := accountTree([]Balance{a, b}).root(nil)
		got, ok := twoAccountRoot(&a, &b)
		if ok && got != want {
			t.Fatalf("%v and %v: root %s, want %s", a, b, got, want)
		}
		if ok {
			fast++
		}
		if StateHash(a, b) != stateHash([treeCount]Hash{treeAccounts: want}) {
			t.Fatalf("%v and %v: wrong state hash", a, b)
		}
	}
	if fast < 1000 {
		t.Errorf("the fast path was taken %d times only", fast)
	}
}

func TestFastPathAllocatesNothing(t *testing.T) {
	s := vectors(t).Seed.States[0]
	a, b := s.balances()[0], s.balances()[1]
	b.Amount = new(big.Int).Lsh(big.NewInt(1), 255)
	if n := testing.AllocsPerRun(100, func() { StateHash(a, b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestShortNodes has a tree whose nodes are shorter than a hash, computed by
// hand from the rules of transactions.md section 4.3.
func TestShortNodes(t *testing.T) {
	key := func(s string) []byte { b, _ := hex.DecodeString(s); return b }
	leafA := []byte{0xc3, 0x20, 0x82, 0, 0}[:0]
	leafA = append(leafA, 0xc2, 0x30, 'A') // [path of nibble 0, odd, leaf; "A"]
	leafB := []byte{0xc2, 0x31, 'B'}
	branch := []byte{0x80, 0x83, 0xc2, 0x30, 'A', 0x83, 0xc2, 0x31, 'B'} // nibbles 0, 1 and 2
	branch = append(append([]byte{listOffset + 22}, branch...), bytes.Repeat([]byte{0x80}, 13)...)
	branch = append(branch, 0x80)
	if len(branch) != 1+9+13+1 {
		t.Fatal("the branch was counted wrongly")
	}
	branch[0] = listOffset + byte(len(branch)-1)

	got := newTree([]entry{{key: key("10"), value: []byte("A")}, {key: key("21"), value: []byte("B")}}).root(nil)
	if want := Blake2b(branch); got != want {
		t.Errorf("two embedded leaves %x %x: root %s, want %s", leafA, leafB, got, want)
	}

	// The same one byte deeper: an extension that refers to the short branch by
	// its hash.
	h := Blake2b(branch)
	extension := append([]byte{0xe4, 0x82, 0x00, 0xff, 0xa0}, h[:]...)
	var visited []Hash
	got = newTree([]entry{
		{key: key("ff10"), value: []byte("A"), wanted: true}, {key: key("ff21"), value: []byte("B")},
	}).root(func(h Hash, _ []byte) { visited = append(visited, h) })
	if want := Blake2b(extension); got != want {
		t.Errorf("extension to a short branch: root %s, want %s", got, want)
	}
	if diff := cmp.Diff([]Hash{h, got}, visited); diff != "" {
		t.Errorf("nodes of the proof (-want +got): embedded leaves are not listed\n%s", diff)
	}

	// A short root is a hash too.
	if got, want := newTree([]entry{{key: key("10"), value: []byte("A")}}).root(nil), Blake2b([]byte{0xc4, 0x82, 0x20, 0x10, 'A'}); got != want {
		t.Errorf("one short leaf: root %s, want %s", got, want)
	}

	// A key that is the beginning of another is the value of a branch.
	child := []byte{0xc2, 0x30, 'B'} // below nibble 1 of key 1010: the path 0
	withValue := append([]byte{0}, 0x80, 0x83)
	withValue = append(append(withValue, child...), bytes.Repeat([]byte{0x80}, 14)...)
	withValue = append(withValue, 'A')
	withValue[0] = listOffset + byte(len(withValue)-1)
	h = Blake2b(withValue)
	extension = append([]byte{0xe4, 0x82, 0x00, 0x10, 0xa0}, h[:]...)
	if got, want := newTree([]entry{{key: key("1010"), value: []byte("B")}, {key: key("10"), value: []byte("A")}}).root(nil), Blake2b(extension); got != want {
		t.Errorf("value of a branch: root %s, want %s", got, want)
	}
}

// TestProofsInOddTrees looks every key up in trees of keys of all lengths.
func TestProofsInOddTrees(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		var entries []entry
		for range 1 + r.IntN(12) {
			key := make([]byte, 1+r.IntN(4))
			for i := range key {
				key[i] = byte(r.IntN(3)) * 0x11
			}
			value := bytes.Repeat([]byte{byte(1 + r.IntN(255))}, 1+r.IntN(40))
			entries = append(entries, entry{key: key, value: value, wanted: true})
		}
		tree := newTree(entries)
		part := proofPart{present: true}
		part.root = tree.root(func(h Hash, node []byte) {
			items, err := nodeItems(node)
			if err != nil {
				t.Fatal(err)
			}
			part.nodes = append(part.nodes, proofNode{h, items})
		})
		for _, e := range tree {
			value, found, err := part.lookup(e.key)
			if err != nil || !found || !bytes.Equal(value, e.value) {
				t.Fatalf("key %x: %x (%v), %v, want %x", e.key, value, found, err, e.value)
			}
			absent := append(bytes.Clone(e.key), 0x77)
			if value, found, err := part.lookup(absent); found || err != nil {
				t.Fatalf("key %x, which is not there: %x (%v), %v", absent, value, found, err)
			}
		}
		shuffled := slices.Clone(tree)
		r.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if got := newTree(shuffled).root(nil); got != part.root {
			t.Fatalf("the order of insertion changes the root")
		}
	}
}

func ExampleStateHash() {
	initiator, _ := ParseID("ak_2TYAjeSxPXcs6y3PBSo8zo947Xb7yPCnpXQZkJxqspcR8JzLu7")
	responder, _ := ParseID("ak_n5NCzqWFdAzWzFxTGgXVeNBpTqLL8JGf65XSVy1mpHRtLznbu")
	hash := StateHash(
		Balance{initiator, big.NewInt(69999999999999)},
		Balance{responder, big.NewInt(40000000000001)},
	)
	fmt.Println(hash.Text(PrefixState))
	// Output: st_aEYX/Veu9he4zSlaDag6hDX9eSXAZf9Vc+j2TV40wnZM98qZ
}
