package fuzz

import (
	"context"
	"fmt"
	"math/big"

	"chanbot/model"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/tx"
	"chanbot/wire"
)

// purses are the two accounts of a channel.
type purses struct {
	ids     [2]tx.ID
	balance [2]*big.Int
	nonce   [2]uint64
}

// add changes the coins of an account; those of others are not followed.
func (p *purses) add(id tx.ID, amount *big.Int, sign int64) {
	if amount == nil {
		return
	}
	for i := range p.ids {
		if p.ids[i] == id {
			p.balance[i].Add(p.balance[i], new(big.Int).Mul(amount, big.NewInt(sign)))
		}
	}
}

// pays takes a fee from an account and counts its transaction.
func (p *purses) pays(id tx.ID, fee *big.Int) {
	p.add(id, fee, -1)
	for i := range p.ids {
		if p.ids[i] == id {
			p.nonce[i]++
		}
	}
}

// include does what a transaction in a block does to the accounts
// (transactions 7). It reports false for one whose effect is not known here.
func (p *purses) include(t tx.Tx) bool {
	switch t := t.(type) {
	case *tx.Create:
		p.pays(t.InitiatorID, t.Fee)
		p.add(t.InitiatorID, t.InitiatorAmount, -1)
		p.add(t.ResponderID, t.ResponderAmount, -1)
	case *tx.Deposit:
		p.pays(t.FromID, t.Fee)
		p.add(t.FromID, t.Amount, -1)
	case *tx.Withdraw:
		p.pays(t.ToID, t.Fee)
		p.add(t.ToID, t.Amount, 1)
	case *tx.SnapshotSolo:
		p.pays(t.FromID, t.Fee)
	case *tx.CloseSolo:
		p.pays(t.FromID, t.Fee)
	case *tx.Slash:
		p.pays(t.FromID, t.Fee)
	case *tx.Settle:
		p.pays(t.FromID, t.Fee)
		p.add(p.ids[0], t.InitiatorAmountFinal, 1)
		p.add(p.ids[1], t.ResponderAmountFinal, 1)
	case *tx.CloseMutual:
		p.pays(t.FromID, nil)
		p.add(p.ids[0], t.InitiatorAmountFinal, 1)
		p.add(p.ids[1], t.ResponderAmountFinal, 1)
	default:
		return false
	}
	return true
}

// mined are the reports that a transaction is in a block.
var mined = map[string]bool{
	wire.OnChainChannelChanged: true, wire.OnChainChannelClosed: true, wire.OnChainSoloClosing: true,
}

// coins judges what the two accounts have after a case. An account whose nonce
// is another one than the reported transactions give had a transaction that
// nobody was told of: then nothing is known.
func (s *stage) coins(ctx context.Context, keys [2]tx.KeyPair, before *purses, t *tape) *breach {
	if before == nil {
		return nil
	}
	now := s.accounts(ctx, keys)
	if now == nil {
		return nil
	}
	seen := make(map[tx.Hash]bool)
	for i := range t.frames {
		f := &t.frames[i]
		if f.Dir != results.DirIn {
			continue
		}
		w := wire.DecodeFrame(f.Frame)
		if w.OnChainTx == nil || !mined[w.OnChainTx.Info] {
			continue
		}
		signed, err := tx.ParseSigned(w.OnChainTx.Tx)
		if err != nil || seen[signed.Hash()] {
			continue
		}
		seen[signed.Hash()] = true
		inner, err := signed.Decode()
		if err != nil || !before.include(inner) {
			return nil
		}
	}
	if before.nonce != now.nonce {
		return nil
	}
	for i, r := range outcome.Roles {
		if before.balance[i].Cmp(now.balance[i]) != 0 {
			return &breach{
				Rule: RuleCoins, Role: r, Cell: model.Cell{State: "chain", Input: fmt.Sprintf("%d transactions", len(seen))},
				Expected: before.balance[i].String() + " aettos by the transactions that were reported", Got: now.balance[i].String(),
			}
		}
	}
	return nil
}
