package tx

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkTrees compares the trees of a force progress with their decoded form.
func checkTrees(t *testing.T, f *ForceProgress, want map[string]any) {
	t.Helper()
	trees, err := DecodeStateTrees(f.OffchainTrees)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(trees.Bytes(), f.OffchainTrees) {
		t.Errorf("state trees written again as %x, want %x", trees.Bytes(), f.OffchainTrees)
	}
	if got := trees.Hash().Text(PrefixState); got != want["state_hash"] {
		t.Errorf("state %s, want %s", got, want["state_hash"])
	}
	for i, tree := range trees.trees {
		w := want[treeNamesOf[i]].(map[string]any)
		root := any(tree.root(nil).String())
		if len(tree) == 0 {
			root = nil
		}
		if fmt.Sprint(len(tree)) != w["entries"].(json.Number).String() || root != w["root_hex"] {
			t.Errorf("tree %s has %d entries and root %v, want %v", treeNamesOf[i], len(tree), root, w)
		}
	}
	update, err := DeserializeUpdate(f.Update)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := update.(*CallContractUpdate); !ok || !bytes.Equal(SerializeUpdate(update), f.Update) {
		t.Errorf("update %+v written again as %x, want %x", update, SerializeUpdate(update), f.Update)
	}
}

func TestStateTreesOfTwoAccounts(t *testing.T) {
	v := vectors(t)
	state := v.Seed.States[0].balances()
	b := StateTrees(state...)
	if got := Encode(PrefixStateTrees, b); got != v.Seed.Derived.StateTrees {
		t.Errorf("state trees %s, want %s", got, v.Seed.Derived.StateTrees)
	}
	trees, err := DecodeStateTrees(b)
	if err != nil {
		t.Fatal(err)
	}
	if trees.Hash() != StateHash(state...) || !bytes.Equal(trees.Bytes(), b) {
		t.Errorf("read back as %x with hash %s", trees.Bytes(), trees.Hash())
	}
	accounts := trees.Accounts()
	if len(accounts) != 2 || accounts[0].ID != state[0].ID || accounts[0].Amount.Cmp(state[0].Amount) != 0 || accounts[1].Amount.Cmp(state[1].Amount) != 0 {
		t.Errorf("accounts %v, want %v", accounts, state)
	}
	if got, err := DecodeStateTrees(StateTrees()); err != nil || len(got.Accounts()) != 0 || got.Hash() != StateHash() {
		t.Errorf("no accounts were read as %v, %v", got, err)
	}
}

func TestEmptyCalls(t *testing.T) {
	list := write(tagTreeList, 1, &treeList{}, 0)
	if got := Encode(PrefixCallTree, write(622, 1, &treeWrapper{list}, 0)); got != EmptyCalls {
		t.Errorf("the empty call tree is %s, want %s", got, EmptyCalls)
	}
}

// treesWith returns state trees whose account tree has the given leaves.
func treesWith(leaves ...treeLeaf) []byte {
	var six sixTrees
	for i, tree := range treesOnWire {
		var list treeList
		if tree == treeAccounts {
			for _, l := range leaves {
				list.leaves = append(list.leaves, write(tagTreeLeaf, 1, &l, 0))
			}
		}
		six.trees[i] = write(tagTreeWrapper+uint64(i), 1, &treeWrapper{write(tagTreeList, 1, &list, 0)}, 0)
	}
	return write(tagStateTrees, 0, &six, 0)
}

func TestStateTreesThatAreOddOrWrong(t *testing.T) {
	one, two := bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)
	value := accountValue(bigInt(5))
	withNonce := closeList(append(newObject(tagAccount, 1, 0), 3, 5))
	generalized := closeList(append(newObject(tagAccount, 2, 0), 3, 5))

	ascending := treesWith(treeLeaf{one, value}, treeLeaf{two, value})
	got, err := DecodeStateTrees(ascending)
	if err != nil {
		t.Fatalf("leaves in ascending order: %v", err)
	}
	if want := treesWith(treeLeaf{two, value}, treeLeaf{one, value}); !bytes.Equal(got.Bytes(), want) {
		t.Errorf("written as %x, want descending order: %x", got.Bytes(), want)
	}
	if got, err := DecodeStateTrees(treesWith(treeLeaf{one, withNonce})); err != nil || got.Accounts()[0].Amount.Int64() != 5 {
		t.Errorf("an account with a nonce: %v, %v", got, err)
	}

	for what, c := range map[string]struct {
		b    []byte
		want string
	}{
		"a key twice":               {treesWith(treeLeaf{one, value}, treeLeaf{one, value}), "a key stands twice"},
		"a key of 31 bytes":         {treesWith(treeLeaf{one[:31], value}), "key of 31 bytes"},
		"a value that is no object": {treesWith(treeLeaf{one, []byte("x")}), "account"},
		"a generalized account":     {treesWith(treeLeaf{one, generalized}), "tag 10 version 2"},
		"another version":           {closeList(newObject(tagStateTrees, 1, 0)), "tag 62 version 1"},
		"no trees":                  {closeList(newObject(tagStateTrees, 0, 0)), "contracts: missing"},
		"nothing":                   {nil, "ends inside an item"},
	} {
		_, err := DecodeStateTrees(c.b)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "state trees: ") {
			t.Errorf("%s gave %v, want %q", what, err, c.want)
		}
	}
}

func TestUpdateObjects(t *testing.T) {
	account, contract := ID{AccountID, Hash{1}}, ID{ContractID, Hash{2}}
	a, c := appendID(nil, account), appendID(nil, contract)
	join := func(parts ...[]byte) []byte { return appendListItem(nil, bytes.Join(parts, nil)) }
	for _, tc := range []struct {
		update Update
		op     string
		want   []byte
	}{
		{&Transfer{account, account, bigInt(300)}, "OffChainTransfer", join([]byte{0x82, 2, 58, 1}, a, a, []byte{0x82, 1, 44})},
		{&DepositUpdate{account, bigInt(4)}, "OffChainDeposit", join([]byte{0x82, 2, 59, 1}, a, []byte{4})},
		{&WithdrawUpdate{account, nil}, "OffChainWithdrawal", join([]byte{0x82, 2, 60, 1}, a, []byte{0})},
		{&NewContractUpdate{account, 196609, []byte("code"), bigInt(9), []byte("data")}, "OffChainNewContract",
			join([]byte{0x82, 2, 61, 1}, a, []byte{0x83, 3, 0, 1}, []byte("\x84code"), []byte{9}, []byte("\x84data"))},
		{&CallContractUpdate{account, contract, 3, bigInt(7), 1000000, bigInt(1), []byte("data"), nil}, "OffChainCallContract",
			join([]byte{0x82, 2, 62, 1}, a, c, []byte{3, 7, 0x83, 15, 66, 64, 1}, []byte("\x84data"), []byte{0xc0})},
		{&MetaUpdate{[]byte("meta 1")}, "OffChainMeta", join([]byte{0x82, 2, 64, 2}, []byte("\x86meta 1"))},
	} {
		got := SerializeUpdate(tc.update)
		if tc.update.Op() != tc.op || !bytes.Equal(got, tc.want) {
			t.Errorf("%s is %x, want %s %x", tc.update.Op(), got, tc.op, tc.want)
		}
		back, err := DeserializeUpdate(got)
		if err != nil || !bytes.Equal(SerializeUpdate(back), got) {
			t.Errorf("%s was read back as %+v, %v", tc.op, back, err)
		}
	}
	stack := &CallContractUpdate{Caller: account, Contract: contract, CallStack: []*big.Int{bigInt(0), bigInt(1 << 40)}}
	back, err := DeserializeUpdate(SerializeUpdate(stack))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("[0 1099511627776]", fmt.Sprint(back.(*CallContractUpdate).CallStack)); diff != "" {
		t.Errorf("call stack (-want +got):\n%s", diff)
	}
	for what, b := range map[string][]byte{
		"meta of version 1":   join([]byte{0x82, 2, 64, 1}, []byte("\x86meta 1")),
		"a reconnect":         join([]byte{0x82, 2, 63, 1}),
		"an unknown tag":      join([]byte{0x82, 9, 9, 1}),
		"a transfer cut off":  join([]byte{0x82, 2, 58, 1}, a),
		"no object":           {1},
		"a call stack string": join([]byte{0x82, 2, 62, 1}, a, c, []byte{3, 7, 1, 1}, []byte{0x80, 0x80}),
	} {
		if u, err := DeserializeUpdate(b); err == nil {
			t.Errorf("%s was read as %+v", what, u)
		}
	}
}
