package tx

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Proof is a proof of inclusion: some nodes of the trees of a state, enough to
// read the proven accounts and to compute the state hash (transactions.md
// section 4.4). Its text has [PrefixProof].
type Proof struct{ parts [treeCount]proofPart }

// proofPart is what a proof holds of one tree. An empty tree is absent.
type proofPart struct {
	present bool
	root    Hash
	nodes   []proofNode
}

type proofNode struct {
	hash  Hash
	items [][]byte
}

// ProofOfInclusion returns the serialized proof of some accounts of the state
// that has these accounts and five empty trees. Proving none gives the root
// alone. The error is a [*NotInTreeError] when an account is not in the state.
func ProofOfInclusion(accounts []Balance, prove []ID) ([]byte, error) {
	tree := accountTree(accounts)
	for _, id := range prove {
		e := tree.find(id.Key[:])
		if e == nil {
			return nil, &NotInTreeError{ID: id}
		}
		e.wanted = true
	}
	p := new(Proof)
	part := &p.parts[treeAccounts]
	part.present = len(tree) > 0
	part.root = tree.root(func(h Hash, node []byte) {
		items, err := nodeItems(node)
		if err == nil { // always: the node was written just now
			part.nodes = append(part.nodes, proofNode{h, items})
		}
	})
	slices.SortFunc(part.nodes, func(a, b proofNode) int { return bytes.Compare(a.hash[:], b.hash[:]) })
	return p.Bytes(), nil
}

// nodeItems splits the RLP of a tree node into its items.
func nodeItems(node []byte) ([][]byte, error) {
	elements, err := onlyList(node)
	if err != nil {
		return nil, err
	}
	return stringsOf(elements)
}

func stringsOf(elements []byte) (all [][]byte, err error) {
	for len(elements) > 0 {
		var body []byte
		if body, elements, err = takeString(elements); err != nil {
			return nil, err
		}
		all = append(all, body)
	}
	return all, nil
}

// DecodeProof reads a serialized proof. It checks the shape only; the hashes
// are checked by [Proof.Balance].
func DecodeProof(b []byte) (*Proof, error) {
	fields, err := openKnown(b, tagProof, 1)
	if err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	p := new(Proof)
	for i := range p.parts {
		var part []byte
		if part, fields, err = takeList(fields); err == nil {
			err = p.parts[i].read(part)
		}
		if err != nil {
			return nil, fmt.Errorf("proof: %s: %w", treeNamesOf[i], err)
		}
	}
	if len(fields) > 0 {
		return nil, fmt.Errorf("proof: %w", errSurplusFields)
	}
	return p, nil
}

func (p *proofPart) read(part []byte) error {
	if len(part) == 0 {
		return nil
	}
	tree, rest, err := takeList(part)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return errSurplusFields
	}
	p.present = true
	if p.root, tree, err = takeHash(tree); err != nil {
		return fmt.Errorf("root: %w", err)
	}
	nodes, rest, err := takeList(tree)
	if err != nil {
		return fmt.Errorf("nodes: %w", err)
	}
	if len(rest) > 0 {
		return errSurplusFields
	}
	for len(nodes) > 0 {
		var node proofNode
		if nodes, err = node.read(nodes); err != nil {
			return fmt.Errorf("node: %w", err)
		}
		p.nodes = append(p.nodes, node)
	}
	return nil
}

func (n *proofNode) read(nodes []byte) (rest []byte, err error) {
	fields, rest, err := takeList(nodes)
	if err != nil {
		return nil, err
	}
	if n.hash, fields, err = takeHash(fields); err != nil {
		return nil, err
	}
	items, surplus, err := takeList(fields)
	if err != nil {
		return nil, err
	}
	if len(surplus) > 0 {
		return nil, errSurplusFields
	}
	n.items, err = stringsOf(items)
	return rest, err
}

func takeHash(elements []byte) (h Hash, rest []byte, err error) {
	body, rest, err := takeString(elements)
	if err != nil {
		return Hash{}, nil, err
	}
	if len(body) != len(h) {
		return Hash{}, nil, fmt.Errorf("%d bytes, not 32", len(body))
	}
	return Hash(body), rest, nil
}

// Bytes returns the canonical bytes of the proof, the nodes in the order in
// which they came.
func (p *Proof) Bytes() []byte {
	buf := newObject(tagProof, 1, 512)
	for i := range p.parts {
		part := &p.parts[i]
		if !part.present {
			buf = appendListItem(buf, nil)
			continue
		}
		var nodes []byte
		for _, n := range part.nodes {
			node := appendString(nil, n.hash[:])
			node = appendListItem(node, n.itemBytes())
			nodes = appendListItem(nodes, node)
		}
		tree := appendListItem(appendString(nil, part.root[:]), nodes)
		buf = appendListItem(buf, appendListItem(nil, tree))
	}
	return closeList(buf)
}

func (n *proofNode) itemBytes() []byte {
	var items []byte
	for _, item := range n.items {
		items = appendString(items, item)
	}
	return items
}

// StateHash returns the hash of the state that the proof is about: the formula
// of transactions.md section 4.1 over its six roots.
func (p *Proof) StateHash() Hash {
	var roots [treeCount]Hash
	for i := range p.parts {
		roots[i] = p.parts[i].root
	}
	return stateHash(roots)
}

var errNotProven = errors.New("the proof lacks a node on the path to the account")

// Balance returns the balance of an account, in aettos. It follows the path
// from the root and checks the hash of every node on it. The error is a
// [*NotInTreeError] when the proof shows that there is no such account, and
// another one when a node is missing or wrong.
func (p *Proof) Balance(id ID) (*big.Int, error) {
	part := &p.parts[treeAccounts]
	if !part.present {
		return nil, &NotInTreeError{ID: id}
	}
	value, found, err := part.lookup(id.Key[:])
	if err != nil {
		return nil, fmt.Errorf("proof of %s: %w", id, err)
	}
	if !found {
		return nil, &NotInTreeError{ID: id}
	}
	amount, err := parseAccount(value)
	if err != nil {
		return nil, fmt.Errorf("proof of %s: %w", id, err)
	}
	return amount, nil
}

// node returns the items of the node with a hash.
func (p *proofPart) node(h Hash) ([][]byte, error) {
	for i := range p.nodes {
		n := &p.nodes[i]
		if n.hash != h {
			continue
		}
		if Blake2b(appendListItem(nil, n.itemBytes())) != h {
			return nil, fmt.Errorf("node %s has another hash than it claims", h)
		}
		return n.items, nil
	}
	return nil, errNotProven
}

// lookup follows key from the root. Each step takes a nibble of the key or
// ends, so there are at most as many as the key has nibbles.
func (p *proofPart) lookup(key []byte) (value []byte, found bool, err error) {
	items, err := p.node(p.root)
	depth := 0
	for err == nil {
		var ref []byte
		switch len(items) {
		case 2:
			n, leaf, match, ok := matchPath(items[0], key, depth)
			depth += n
			switch {
			case !ok, !leaf && (n == 0 || len(items[1]) != len(Hash{})):
				return nil, false, errBadNode
			case !match, leaf && depth != 2*len(key):
				return nil, false, nil
			case leaf:
				return items[1], true, nil
			}
			ref = items[1]
		case 17:
			if depth == 2*len(key) {
				return items[16], len(items[16]) > 0, nil
			}
			ref = items[nibbleAt(key, depth)]
			depth++
		default:
			return nil, false, errBadNode
		}
		switch {
		case len(ref) == 0:
			return nil, false, nil
		case len(ref) == len(Hash{}):
			items, err = p.node(Hash(ref))
		case len(ref) < len(Hash{}):
			items, err = nodeItems(ref)
		default:
			err = errBadNode
		}
	}
	return nil, false, err
}
