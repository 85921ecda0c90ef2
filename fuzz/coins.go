package fuzz

import (
	"context"
	"fmt"
	"math/big"
	"regexp"
	"strconv"

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
	start   [2]uint64 // the nonces before anything was done
	locked  *big.Int  // what the chain has for the channel, nil for none
	channel tx.ID
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

// lock changes what the chain has for the channel.
func (p *purses) lock(channel tx.ID, amount *big.Int, sign int64) {
	if p.locked != nil && p.channel == channel && amount != nil {
		p.locked.Add(p.locked, new(big.Int).Mul(amount, big.NewInt(sign)))
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
		p.channel, p.locked = tx.ChannelIDOf(t.InitiatorID, t.Nonce, t.ResponderID), new(big.Int).Add(t.InitiatorAmount, t.ResponderAmount)
	case *tx.Deposit:
		p.pays(t.FromID, t.Fee)
		p.add(t.FromID, t.Amount, -1)
		p.lock(t.ChannelID, t.Amount, 1)
	case *tx.Withdraw:
		p.pays(t.ToID, t.Fee)
		p.add(t.ToID, t.Amount, 1)
		p.lock(t.ChannelID, t.Amount, -1)
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

// payer returns who pays for a transaction, and its nonce.
func payer(t tx.Tx) (id tx.ID, nonce uint64, ok bool) {
	switch t := t.(type) {
	case *tx.Create:
		return t.InitiatorID, t.Nonce, true
	case *tx.Deposit:
		return t.FromID, t.Nonce, true
	case *tx.Withdraw:
		return t.ToID, t.Nonce, true
	case *tx.SnapshotSolo:
		return t.FromID, t.Nonce, true
	case *tx.CloseSolo:
		return t.FromID, t.Nonce, true
	case *tx.Slash:
		return t.FromID, t.Nonce, true
	case *tx.Settle:
		return t.FromID, t.Nonce, true
	case *tx.CloseMutual:
		return t.FromID, t.Nonce, true
	}
	return tx.ID{}, 0, false
}

var signedText = regexp.MustCompile(`"(tx_[A-Za-z0-9+/=]+)"`)

// strangeNonce judges that an account has the nonce of a transaction that was
// seen: only one in a block changes it (transactions 7). Nothing is known of an
// account for which somebody has posted a transaction.
func (t *tape) strangeNonce(before, now *purses) *breach {
	seen := [2]map[uint64]bool{{before.start[0]: true}, {before.start[1]: true}}
	for i := range t.frames {
		for _, m := range signedText.FindAllSubmatch(t.frames[i].Frame, -1) {
			signed, err := tx.ParseSigned(string(m[1]))
			if err != nil {
				continue
			}
			inner, err := signed.Decode()
			if err != nil {
				continue
			}
			if id, nonce, ok := payer(inner); ok {
				for j := range before.ids {
					if before.ids[j] == id {
						seen[j][nonce] = true
					}
				}
			}
		}
	}
	for i, r := range outcome.Roles {
		if now.nonce[i] != before.nonce[i] && !seen[i][now.nonce[i]] {
			return &breach{
				Rule: RuleCoins, Role: r, Cell: model.Cell{State: "chain", Input: "nonce"},
				Expected: "the nonce of a transaction that was made", Got: strconv.FormatUint(now.nonce[i], 10),
			}
		}
	}
	return nil
}

// mined are the reports that a transaction is in a block.
var mined = map[string]bool{
	wire.OnChainChannelChanged: true, wire.OnChainChannelClosed: true, wire.OnChainSoloClosing: true,
}

// coins judges what the two accounts have after a case. An account whose nonce
// is another one than the reported transactions give had a transaction that
// nobody was told of: then nothing is known.
func (s *stage) coins(ctx context.Context, keys []tx.KeyPair, before *purses, t *tape) *breach {
	if before == nil || t.posted.Load() {
		return nil
	}
	before.start = before.nonce
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
	b := s.differs(ctx, before, now, t, len(seen))
	if b == nil {
		return nil
	}
	// One account is read after the other, and a block may have come in between.
	if again := s.accounts(ctx, keys); again == nil || !again.same(now) {
		return nil
	}
	return b
}

// same says whether the accounts are as they were.
func (p *purses) same(was *purses) bool {
	return p.nonce == was.nonce && p.balance[0].Cmp(was.balance[0]) == 0 && p.balance[1].Cmp(was.balance[1]) == 0
}

// differs judges what the accounts and the channel have now by what some reported
// transactions give.
func (s *stage) differs(ctx context.Context, want, now *purses, t *tape, transactions int) *breach {
	if want.nonce != now.nonce {
		return t.strangeNonce(want, now)
	}
	for i, r := range outcome.Roles {
		if want.balance[i].Cmp(now.balance[i]) != 0 {
			return &breach{
				Rule: RuleCoins, Role: r, Cell: model.Cell{State: "chain", Input: fmt.Sprintf("%d transactions", transactions)},
				Expected: want.balance[i].String() + " aettos by the transactions that were reported", Got: now.balance[i].String(),
			}
		}
	}
	return s.locked(ctx, want)
}

// locked judges what the chain holds for a channel that is still open.
func (s *stage) locked(ctx context.Context, p *purses) *breach {
	if s.place.Locked == nil || p.locked == nil {
		return nil
	}
	got, ok, err := s.place.Locked(ctx, p.channel)
	if err != nil || !ok || got.Cmp(p.locked) == 0 {
		return nil
	}
	return &breach{
		Rule: RuleCoins, Role: outcome.Initiator, Cell: model.Cell{State: "chain", Input: "channel"},
		Expected: p.locked.String() + " aettos in the channel by the transactions that were reported", Got: got.String(),
	}
}
