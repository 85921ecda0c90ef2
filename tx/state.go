package tx

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Balance is what an account owns in an off-chain state, in aettos. Only the
// key of the id enters a state, not its kind.
type Balance struct {
	ID     ID
	Amount *big.Int
}

// The six trees of a state, in the order of the state hash and of proofs.
const (
	treeAccounts = iota
	treeCalls
	treeChannels
	treeContracts
	treeNames
	treeOracles
	treeCount
)

var treeNamesOf = [treeCount]string{"accounts", "calls", "channels", "contracts", "ns", "oracles"}

// StateHash returns the hash of the off-chain state with these accounts and
// five empty trees (transactions.md section 4.1), st_ as text. The order of the
// accounts does not matter; of two entries for one account the last counts. Two
// accounts, the state of every channel without contracts, take a fast path that
// allocates nothing.
func StateHash(accounts ...Balance) Hash {
	if len(accounts) == 2 {
		if root, ok := twoAccountRoot(&accounts[0], &accounts[1]); ok {
			return stateHash([treeCount]Hash{treeAccounts: root})
		}
	}
	return stateHash([treeCount]Hash{treeAccounts: accountTree(accounts).root(nil)})
}

// stateHash is the formula of transactions.md section 4.1; the root of an
// empty tree is zero.
func stateHash(roots [treeCount]Hash) Hash {
	var preimage [8 + treeCount*32]byte
	preimage[7] = 1
	for i := range roots {
		copy(preimage[8+32*i:], roots[i][:])
	}
	return Blake2b(preimage[:])
}

func accountTree(accounts []Balance) merkleTree {
	own := slices.Clone(accounts) // the keys of the caller's would move them to the heap
	entries := make([]entry, len(own))
	for i := range own {
		entries[i] = entry{key: own[i].ID.Key[:], value: accountValue(own[i].Amount)}
	}
	return newTree(entries)
}

// accountValue returns the account object of an off-chain account: version 1,
// nonce 0 (transactions.md section 4.2).
func accountValue(amount *big.Int) []byte {
	buf := appendUint(newObject(tagAccount, 1, 24), 0)
	return closeList(appendAmount(buf, amount))
}

// parseAccount reads the balance in an account object of version 1.
func parseAccount(value []byte) (*big.Int, error) {
	fields, err := openKnown(value, tagAccount, 1)
	if err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	var a accountObject
	if err := read(fields, &a); err != nil {
		return nil, fmt.Errorf("account: %w", err)
	}
	return a.balance, nil
}

type accountObject struct {
	nonce   uint64
	balance *big.Int
}

func (a *accountObject) layout(c *codec) {
	c.uint("nonce", &a.nonce)
	c.amount("balance", &a.balance)
}

const (
	fastShared     = 8   // nibbles; a leaf below them is never short enough to be embedded
	fastAmountBits = 256 // larger balances take the general way
)

// twoAccountRoot returns the root of a tree of two accounts, working on the
// stack. ok is false when the general way has to be taken: for one account
// twice, keys that share a long beginning, or an enormous balance.
func twoAccountRoot(a, b *Balance) (root Hash, ok bool) {
	low, high := a, b
	if bytes.Compare(a.ID.Key[:], b.ID.Key[:]) > 0 {
		low, high = b, a
	}
	shared := 0
	for shared <= fastShared && nibbleAt(low.ID.Key[:], shared) == nibbleAt(high.ID.Key[:], shared) {
		shared++
	}
	if shared > fastShared || !isFastAmount(low.Amount) || !isFastAmount(high.Amount) {
		return Hash{}, false
	}
	first, second := accountLeaf(low, shared+1), accountLeaf(high, shared+1)

	var room [96]byte
	branch := append(room[:0], listOffset+shortSize+1, 15+2*33)
	for nibble := range byte(16) {
		switch nibble {
		case nibbleAt(low.ID.Key[:], shared):
			branch = append(append(branch, stringOffset+32), first[:]...)
		case nibbleAt(high.ID.Key[:], shared):
			branch = append(append(branch, stringOffset+32), second[:]...)
		default:
			branch = append(branch, stringOffset)
		}
	}
	branch = append(branch, stringOffset)
	root = Blake2b(branch)
	if shared == 0 {
		return root, true
	}

	var pathRoom [1 + fastShared/2]byte
	path := appendPath(pathRoom[:0], low.ID.Key[:], 0, shared, false)
	extension := append(room[:0], listOffset+byte(stringSize(path)+33))
	extension = append(appendString(extension, path), stringOffset+32)
	return Blake2b(append(extension, root[:]...)), true
}

func isFastAmount(v *big.Int) bool { return v == nil || v.BitLen() <= fastAmountBits }

// accountLeaf returns the hash of the leaf of an account, whose path starts at
// nibble from of the key.
func accountLeaf(b *Balance, from int) Hash {
	var pathRoom, valueRoom, leafRoom [96]byte
	path := appendPath(pathRoom[:0], b.ID.Key[:], from, 64, true)

	value := append(valueRoom[:0], listOffset+byte(3+amountSize(b.Amount)), tagAccount, 1, 0)
	if n := b.Amount; n == nil || n.Sign() <= 0 || n.IsUint64() {
		value = appendAmount(value, n)
	} else {
		size := (n.BitLen() + 7) / 8
		value = append(value, stringOffset+byte(size))
		value = value[:len(value)+size]
		n.FillBytes(value[len(value)-size:])
	}

	leaf := appendHead(leafRoom[:0], listOffset, stringSize(path)+stringSize(value))
	return Blake2b(appendString(appendString(leaf, path), value))
}

// NotInTreeError reports an account that a state does not have.
type NotInTreeError struct{ ID ID }

// Error names the account.
func (e *NotInTreeError) Error() string { return fmt.Sprintf("no account %s in the state", e.ID) }

var errBadNode = errors.New("malformed tree node")
