package tx

import (
	"bytes"
	"slices"
)

// The Merkle Patricia tree of transactions.md section 4.3. A tree is its
// entries; nodes are made on the way to the root hash and kept by nobody.

// entry is one key with its value. wanted asks for the nodes on the path from
// the root to it.
type entry struct {
	key, value []byte
	wanted     bool
}

// merkleTree holds entries in ascending order of their keys, each key once.
// Keys may differ in length.
type merkleTree []entry

// newTree returns the tree of the entries, which it sorts in place; of those
// with the same key the last one counts.
func newTree(entries []entry) merkleTree {
	slices.SortStableFunc(entries, func(a, b entry) int { return bytes.Compare(a.key, b.key) })
	kept := entries[:0]
	for i, e := range entries {
		if i+1 < len(entries) && bytes.Equal(e.key, entries[i+1].key) {
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

// find returns the entry of a key, or nil.
func (t merkleTree) find(key []byte) *entry {
	i, found := slices.BinarySearchFunc(t, key, func(e entry, key []byte) int { return bytes.Compare(e.key, key) })
	if !found {
		return nil
	}
	return &t[i]
}

// root returns the root hash, zero for an empty tree, and hands visit the nodes
// on the paths to the wanted entries, except nodes that lie embedded in their
// parent. visit may be nil.
func (t merkleTree) root(visit func(h Hash, node []byte)) Hash {
	if len(t) == 0 {
		return Hash{}
	}
	b := treeBuilder{visit}
	node, wanted := b.node(t, 0)
	return b.reference(node, wanted)
}

type treeBuilder struct{ visit func(h Hash, node []byte) }

// reference hashes a node that is referred to by hash.
func (b treeBuilder) reference(node []byte, wanted bool) Hash {
	h := Blake2b(node)
	if wanted && b.visit != nil {
		b.visit(h, node)
	}
	return h
}

// node returns the RLP of the node over a group of entries that share their
// first depth nibbles, and whether one of them is wanted. It calls itself at
// most once for each nibble of a key.
func (b treeBuilder) node(group merkleTree, depth int) (rlp []byte, wanted bool) {
	first, last := group[0], group[len(group)-1]
	if len(group) == 1 {
		return twoItems(appendPath(nil, first.key, depth, 2*len(first.key), true), first.value), first.wanted
	}
	shared := depth
	for shared < 2*len(first.key) && nibbleAt(first.key, shared) == nibbleAt(last.key, shared) {
		shared++
	}
	rlp, wanted = b.branch(group, shared)
	if shared == depth {
		return rlp, wanted
	}
	child := b.reference(rlp, wanted)
	return twoItems(appendPath(nil, first.key, depth, shared, false), child[:]), wanted
}

func (b treeBuilder) branch(group merkleTree, depth int) (rlp []byte, wanted bool) {
	var value []byte
	if 2*len(group[0].key) == depth {
		value, wanted = group[0].value, group[0].wanted
		group = group[1:]
	}
	buf := newList(17*33 + len(value))
	for nibble := range byte(16) {
		n := 0
		for n < len(group) && nibbleAt(group[n].key, depth) == nibble {
			n++
		}
		if n == 0 {
			buf = appendString(buf, nil)
			continue
		}
		child, childWanted := b.node(group[:n], depth+1)
		group, wanted = group[n:], wanted || childWanted
		if len(child) >= len(Hash{}) {
			h := b.reference(child, childWanted)
			child = h[:]
		}
		buf = appendString(buf, child)
	}
	return closeList(appendString(buf, value)), wanted
}

func twoItems(path, second []byte) []byte {
	buf := newList(len(path) + len(second) + 8)
	return closeList(appendString(appendString(buf, path), second))
}

// nibbleAt returns nibble i of key, the high one of a byte first.
func nibbleAt(key []byte, i int) byte {
	if i%2 == 0 {
		return key[i/2] >> 4
	}
	return key[i/2] & 15
}

// The flags of a path: the high nibble of its first byte.
const (
	oddFlag  = 1
	leafFlag = 2
)

// appendPath appends the path bytes of nibbles from..to of key.
func appendPath(dst, key []byte, from, to int, leaf bool) []byte {
	var flag byte
	if leaf {
		flag = leafFlag
	}
	if (to-from)%2 == 1 {
		dst = append(dst, (flag|oddFlag)<<4|nibbleAt(key, from))
		from++
	} else {
		dst = append(dst, flag<<4)
	}
	if from%2 == 0 {
		return append(dst, key[from/2:to/2]...)
	}
	for ; from < to; from += 2 {
		dst = append(dst, nibbleAt(key, from)<<4|nibbleAt(key, from+1))
	}
	return dst
}

// matchPath reads path bytes and reports how many nibbles they hold, whether
// they are a leaf's, and whether key continues with them at depth. ok is false
// when they are no path.
func matchPath(path, key []byte, depth int) (n int, leaf, match, ok bool) {
	if len(path) == 0 || path[0]>>4 > leafFlag|oddFlag {
		return 0, false, false, false
	}
	flag := path[0] >> 4
	from := 2
	if flag&oddFlag != 0 {
		from = 1
	} else if path[0]&15 != 0 {
		return 0, false, false, false
	}
	n = 2*len(path) - from
	leaf = flag&leafFlag != 0
	if depth+n > 2*len(key) {
		return n, leaf, false, true
	}
	for i := range n {
		if nibbleAt(path, from+i) != nibbleAt(key, depth+i) {
			return n, leaf, false, true
		}
	}
	return n, leaf, true, true
}
