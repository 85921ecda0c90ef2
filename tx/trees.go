package tx

import (
	"errors"
	"fmt"
	"slices"
)

// EmptyCalls is the text of a call state tree without calls, the only one in a
// channel without contracts (encoding.md section 1, cs_).
const EmptyCalls = "cs_yYICbgGEwz8BwHtqgWY="

// Trees is the whole content of an off-chain state (transactions.md section
// 4.5). Its text has [PrefixStateTrees].
type Trees struct{ trees [treeCount]merkleTree }

// treesOnWire is the order of the trees in the object, which is not that of the
// state hash; tree i is wrapped in an object with tag tagTreeWrapper+i.
var treesOnWire = [treeCount]int{treeContracts, treeCalls, treeChannels, treeNames, treeOracles, treeAccounts}

const tagTreeWrapper = 621

// StateTrees returns the serialized state with these accounts and five empty
// trees.
func StateTrees(accounts ...Balance) []byte {
	return (&Trees{[treeCount]merkleTree{treeAccounts: accountTree(accounts)}}).Bytes()
}

// The objects that a serialized state is made of.
type (
	sixTrees    struct{ trees [treeCount][]byte }
	treeWrapper struct{ tree []byte }
	treeList    struct{ leaves [][]byte }
	treeLeaf    struct{ key, value []byte }
)

func (s *sixTrees) layout(c *codec) {
	for i, tree := range treesOnWire {
		c.binary(treeNamesOf[tree], &s.trees[i])
	}
}

func (w *treeWrapper) layout(c *codec) { c.binary("tree", &w.tree) }

func (l *treeList) layout(c *codec) { c.binaries("leaves", &l.leaves) }

func (l *treeLeaf) layout(c *codec) {
	c.binary("key", &l.key)
	c.binary("value", &l.value)
}

// readObject reads a serialized object that must have this tag and version.
func readObject(b []byte, tag, version uint64, o laidOut) error {
	fields, err := openKnown(b, tag, version)
	if err != nil {
		return err
	}
	return read(fields, o)
}

// DecodeStateTrees reads serialized state trees. Leaves may come in any order,
// but each key once; every leaf of the account tree must be an account object
// of version 1 under a key of 32 bytes, the only kind there is off chain.
func DecodeStateTrees(b []byte) (*Trees, error) {
	var six sixTrees
	if err := readObject(b, tagStateTrees, 0, &six); err != nil {
		return nil, fmt.Errorf("state trees: %w", err)
	}
	t := new(Trees)
	for i, tree := range treesOnWire {
		entries, err := readTree(six.trees[i], tagTreeWrapper+uint64(i))
		if err == nil && tree == treeAccounts {
			err = checkAccounts(entries)
		}
		if err != nil {
			return nil, fmt.Errorf("state trees: %s: %w", treeNamesOf[tree], err)
		}
		t.trees[tree] = entries
	}
	return t, nil
}

func readTree(b []byte, tag uint64) (merkleTree, error) {
	var wrapper treeWrapper
	if err := readObject(b, tag, 1, &wrapper); err != nil {
		return nil, err
	}
	var list treeList
	if err := readObject(wrapper.tree, tagTreeList, 1, &list); err != nil {
		return nil, err
	}
	entries := make([]entry, len(list.leaves))
	for i, b := range list.leaves {
		var leaf treeLeaf
		if err := readObject(b, tagTreeLeaf, 1, &leaf); err != nil {
			return nil, fmt.Errorf("leaf: %w", err)
		}
		entries[i] = entry{key: leaf.key, value: leaf.value}
	}
	tree := newTree(entries)
	if len(tree) != len(list.leaves) {
		return nil, errors.New("a key stands twice")
	}
	return tree, nil
}

func checkAccounts(entries merkleTree) error {
	for _, e := range entries {
		if len(e.key) != len(Hash{}) {
			return fmt.Errorf("key of %d bytes, not 32", len(e.key))
		}
		if _, err := parseAccount(e.value); err != nil {
			return err
		}
	}
	return nil
}

// Bytes returns the canonical bytes of the state trees, leaves in descending
// order of their keys as the node writes them.
func (t *Trees) Bytes() []byte {
	var six sixTrees
	for i, tree := range treesOnWire {
		var list treeList
		for _, e := range slices.Backward(t.trees[tree]) {
			list.leaves = append(list.leaves, write(tagTreeLeaf, 1, &treeLeaf{e.key, e.value}, len(e.key)+len(e.value)+16))
		}
		wrapper := treeWrapper{write(tagTreeList, 1, &list, 128)}
		six.trees[i] = write(tagTreeWrapper+uint64(i), 1, &wrapper, len(wrapper.tree)+16)
	}
	return write(tagStateTrees, 0, &six, 256)
}

// Hash returns the state hash, for which it builds the six trees.
func (t *Trees) Hash() Hash {
	var roots [treeCount]Hash
	for i, tree := range t.trees {
		roots[i] = tree.root(nil)
	}
	return stateHash(roots)
}

// Accounts returns the balances in ascending order of their keys. All ids are
// of kind [AccountID]: the tree does not tell the account of a contract from
// that of a party.
func (t *Trees) Accounts() []Balance {
	balances := make([]Balance, 0, len(t.trees[treeAccounts]))
	for _, e := range t.trees[treeAccounts] {
		amount, err := parseAccount(e.value)
		if err != nil {
			continue // not reached: DecodeStateTrees has read them all
		}
		balances = append(balances, Balance{ID: ID{Kind: AccountID, Key: Hash(e.key)}, Amount: amount})
	}
	return balances
}
