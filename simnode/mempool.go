package simnode

import (
	"cmp"
	"math/big"
	"slices"

	"chanbot/tx"
)

// poolTx is a transaction that waits for its block.
type poolTx struct {
	signed *tx.SignedTx
	tx     tx.Tx
	terms  txTerms
	hash   tx.Hash
	order  uint64 // of arrival
	since  uint64 // height at arrival

	blocked error  // why it is not in a block, from the last attempt
	round   uint64 // of its channel on the chain right after it, once it is in a block

	// The co-signed state it carries, once looked at: whether the signatures
	// are right does not depend on the chain.
	offchain     *tx.OffChain
	offchainErr  error
	offchainRead bool
}

// pool holds the transactions that wait. It copies a node's pool as far as a
// channel sees it (http-api, section 5): it knows nothing of balances or
// channels, several transactions may have the same nonce, and one that cannot
// get into a block stays and holds up all later ones of its account.
type pool struct {
	byHash  map[tx.Hash]*poolTx
	byPayer map[tx.Hash][]*poolTx // by nonce, then best fee, then arrival
	arrived uint64
}

func newPool() *pool {
	return &pool{byHash: make(map[tx.Hash]*poolTx), byPayer: make(map[tx.Hash][]*poolTx)}
}

func (p *pool) len() int { return len(p.byHash) }

func (p *pool) add(t *poolTx) {
	p.arrived++
	t.order = p.arrived
	key := t.terms.payer.Key
	list := p.byPayer[key]
	i, _ := slices.BinarySearchFunc(list, t, comparePoolTx)
	p.byPayer[key] = slices.Insert(list, i, t)
	p.byHash[t.hash] = t
}

func comparePoolTx(a, b *poolTx) int {
	return cmp.Or(
		cmp.Compare(a.terms.nonce, b.terms.nonce),
		b.terms.fee.Cmp(a.terms.fee),
		cmp.Compare(a.order, b.order),
	)
}

// of returns all transactions of an account in nonce order. The caller does
// not change or keep the slice.
func (p *pool) of(payer tx.Hash) []*poolTx { return p.byPayer[payer] }

// at returns the transactions of an account with a nonce, the best fee first.
func (p *pool) at(payer tx.Hash, nonce uint64) []*poolTx {
	list := p.byPayer[payer]
	lo, _ := slices.BinarySearchFunc(list, nonce, func(t *poolTx, n uint64) int { return cmp.Compare(t.terms.nonce, n) })
	hi := lo
	for hi < len(list) && list[hi].terms.nonce == nonce {
		hi++
	}
	return list[lo:hi]
}

func (p *pool) highestNonce(payer tx.Hash) uint64 {
	list := p.byPayer[payer]
	if len(list) == 0 {
		return 0
	}
	return list[len(list)-1].terms.nonce
}

// payers returns the accounts that have something waiting, in the order in
// which the first transaction of each arrived.
func (p *pool) payers() []tx.Hash {
	type arrival struct {
		payer tx.Hash
		order uint64
	}
	list := make([]arrival, 0, len(p.byPayer))
	for payer, txs := range p.byPayer {
		first := slices.MinFunc(txs, func(a, b *poolTx) int { return cmp.Compare(a.order, b.order) })
		list = append(list, arrival{payer, first.order})
	}
	slices.SortFunc(list, func(a, b arrival) int { return cmp.Compare(a.order, b.order) })
	payers := make([]tx.Hash, len(list))
	for i, a := range list {
		payers[i] = a.payer
	}
	return payers
}

// drop removes the transactions of an account for which gone is true.
func (p *pool) drop(payer tx.Hash, gone func(*poolTx) bool) {
	kept := slices.DeleteFunc(p.byPayer[payer], func(t *poolTx) bool {
		if !gone(t) {
			return false
		}
		delete(p.byHash, t.hash)
		return true
	})
	if len(kept) == 0 {
		delete(p.byPayer, payer)
		return
	}
	p.byPayer[payer] = kept
}

// expire removes what may not be in a block of this height any more, because
// of its ttl or because it waited too long.
func (p *pool) expire(height uint64) {
	for payer := range p.byPayer {
		p.drop(payer, func(t *poolTx) bool {
			return t.terms.expired(height) || height-t.since > poolLifetime
		})
	}
}

// txTerms are the fields that the pool reads of every transaction: who pays the
// fee and whose nonce counts (transactions.md, section 1).
type txTerms struct {
	payer   tx.ID
	nonce   uint64
	fee     *big.Int
	ttl     uint64
	channel tx.ID // zero for a spend_tx
}

func (t txTerms) expired(height uint64) bool { return t.ttl != 0 && t.ttl < height }

// termsOf returns false for what never goes on chain by itself, and for
// transactions of generalized accounts, which this chain does not have.
func termsOf(t tx.Tx) (txTerms, bool) {
	switch t := t.(type) {
	case *tx.Spend:
		return txTerms{payer: t.SenderID, nonce: t.Nonce, fee: t.Fee, ttl: t.TTL}, true
	case *tx.Create:
		return txTerms{t.InitiatorID, t.Nonce, t.Fee, t.TTL, tx.ChannelIDOf(t.InitiatorID, t.Nonce, t.ResponderID)}, true
	case *tx.Deposit:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.Withdraw:
		return txTerms{t.ToID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.CloseMutual:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.CloseSolo:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.Slash:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.Settle:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.SnapshotSolo:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.ForceProgress:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	case *tx.SetDelegates:
		return txTerms{t.FromID, t.Nonce, t.Fee, t.TTL, t.ChannelID}, true
	}
	return txTerms{}, false
}
