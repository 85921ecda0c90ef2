package simnode

import (
	"fmt"
	"math/big"
	"testing"

	"chanbot/tx"
	"pgregory.net/rapid"
)

// TestCoinsAreConserved throws transactions of all types at a chain, good ones
// and bad ones, and counts the coins after every step.
func TestCoinsAreConserved(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := newGambler(t)
		t.Repeat(map[string]func(*rapid.T){
			"post":       g.post,
			"play":       g.play,
			"micro":      func(*rapid.T) { g.c.mineMicro() },
			"key blocks": func(t *rapid.T) { g.c.mineKey(rapid.IntRange(1, 4).Draw(t, "blocks")) },
			"clear":      g.clear,
			"endow": func(t *rapid.T) {
				g.c.endow(g.player(t).ID(), coins(rapid.Int64Range(0, 1e14).Draw(t, "gift")))
			},
			"": g.check,
		})
	})
}

// gambler makes up transactions between three keys.
type gambler struct {
	c        *chain
	keys     []tx.KeyPair
	channels []tx.ID
}

func newGambler(t *rapid.T) *gambler {
	cfg := chainConfig{NetworkID: testNetwork, NoVerify: true}
	if rapid.Bool().Draw(t, "every account endowed") {
		cfg.Endow = coins(2e14)
	}
	g := &gambler{c: newChain(cfg), keys: []tx.KeyPair{key1, key2, stranger}}
	g.c.endow(key1.ID(), coins(1e15))
	g.c.endow(key2.ID(), coins(3e14))
	return g
}

func (g *gambler) player(t *rapid.T) tx.KeyPair { return rapid.SampledFrom(g.keys).Draw(t, "player") }

func (g *gambler) amount(t *rapid.T) int64 {
	return rapid.OneOf(rapid.Int64Range(2e13, 1e14), rapid.Int64Range(0, 10)).Draw(t, "amount")
}

// claim is an off-chain state of a channel, whoever takes part in it.
type claim struct {
	channel  tx.ID
	round    uint64
	balances []tx.Balance
}

func claimOf(s channelState, round uint64, one, other *big.Int) claim {
	return claim{s.ID, round, []tx.Balance{{ID: s.InitiatorID, Amount: one}, {ID: s.ResponderID, Amount: other}}}
}

// state draws a claim near the state on chain, of which the channel can
// mostly pay all.
func (g *gambler) state(t *rapid.T, s channelState) claim {
	one := rapid.Int64Range(0, s.ChannelAmount.Int64()).Draw(t, "initiator's part")
	other := max(0, s.ChannelAmount.Int64()-one+rapid.SampledFrom([]int64{0, 0, 0, -5, 1}).Draw(t, "difference"))
	return claimOf(s, s.Round+rapid.Uint64Range(0, 2).Draw(t, "rounds ahead"), coins(one), coins(other))
}

func (c claim) hash() tx.Hash { return tx.StateHash(c.balances...) }

func (c claim) payload() []byte {
	return tx.NewSigned(&tx.OffChain{Version: 2, ChannelID: c.channel, Round: c.round, StateHash: c.hash()}).Bytes()
}

func (c claim) poi() []byte {
	poi, err := tx.ProofOfInclusion(c.balances, []tx.ID{c.balances[0].ID, c.balances[1].ID})
	if err != nil {
		panic(err)
	}
	return poi
}

// play posts and mines several times, so that channels get through their life
// within the few steps of a run.
func (g *gambler) play(t *rapid.T) {
	for range rapid.IntRange(1, 12).Draw(t, "moves") {
		g.post(t)
		g.c.mineMicro()
		g.check(t)
	}
}

func (g *gambler) post(t *rapid.T) {
	if len(g.channels) > 0 {
		if s, open := g.c.channel(rapid.SampledFrom(g.channels).Draw(t, "channel")); open && rapid.IntRange(0, 4).Draw(t, "elsewhere") > 0 {
			g.postTo(t, s)
			return
		}
	}
	from, to := g.player(t).ID(), g.player(t).ID()
	nonce := g.nonce(t, from)
	if rapid.Bool().Draw(t, "spend") {
		g.take(&tx.Spend{SenderID: from, RecipientID: to, Amount: coins(g.amount(t)), Nonce: nonce})
		return
	}
	id := tx.ChannelIDOf(from, nonce, to)
	one, other := coins(g.amount(t)), coins(g.amount(t))
	g.take(&tx.Create{
		Version: 2, InitiatorID: from, ResponderID: to, Nonce: nonce, LockPeriod: rapid.Uint64Range(0, 3).Draw(t, "lock"),
		InitiatorAmount: one, ResponderAmount: other,
		StateHash: claimOf(channelState{ID: id, InitiatorID: from, ResponderID: to}, 1, one, other).hash(),
	})
	g.channels = append(g.channels, id)
}

// postTo makes a transaction of an existing channel, mostly by a participant.
func (g *gambler) postTo(t *rapid.T, s channelState) {
	from := rapid.SampledFrom([]tx.ID{s.InitiatorID, s.ResponderID, s.InitiatorID, s.ResponderID, stranger.ID()}).Draw(t, "from")
	nonce := g.nonce(t, from)
	st := g.state(t, s)
	switch rapid.SampledFrom([]string{"deposit", "withdraw", "snapshot", "close_solo", "cheat", "slash", "settle", "close_mutual", "set_delegates"}).Draw(t, "type") {
	case "deposit":
		g.take(&tx.Deposit{ChannelID: s.ID, FromID: from, Amount: coins(g.amount(t)), Round: st.round, StateHash: st.hash(), Nonce: nonce})
	case "withdraw":
		g.take(&tx.Withdraw{ChannelID: s.ID, ToID: from, Amount: coins(g.amount(t)), Round: st.round, StateHash: st.hash(), Nonce: nonce})
	case "snapshot":
		g.take(&tx.SnapshotSolo{ChannelID: s.ID, FromID: from, Payload: st.payload(), Nonce: nonce})
	case "close_solo":
		g.take(&tx.CloseSolo{ChannelID: s.ID, FromID: from, Payload: st.payload(), PoI: st.poi(), Nonce: nonce})
	case "cheat": // right while nothing but the create is on chain
		st := claimOf(s, s.Round, s.InitiatorAmount, s.ResponderAmount)
		g.take(&tx.CloseSolo{ChannelID: s.ID, FromID: from, PoI: st.poi(), Nonce: nonce})
	case "slash":
		g.take(&tx.Slash{ChannelID: s.ID, FromID: from, Payload: st.payload(), PoI: st.poi(), Nonce: nonce})
	case "settle":
		g.take(&tx.Settle{ChannelID: s.ID, FromID: from, InitiatorAmountFinal: s.InitiatorAmount, ResponderAmountFinal: s.ResponderAmount, Nonce: nonce})
	case "close_mutual":
		one := new(big.Int).Rsh(s.ChannelAmount, 1)
		g.take(&tx.CloseMutual{ChannelID: s.ID, FromID: from, InitiatorAmountFinal: one, ResponderAmountFinal: coins(g.amount(t)), Nonce: nonce})
	case "set_delegates":
		g.take(&tx.SetDelegates{ChannelID: s.ID, FromID: from, InitiatorDelegates: []tx.ID{g.player(t).ID()}, StateHash: s.StateHash, Round: s.Round, Nonce: nonce})
	}
}

// nonce is mostly the next one.
func (g *gambler) nonce(t *rapid.T, id tx.ID) uint64 {
	nonce := g.c.nextNonce(id)
	if rapid.IntRange(0, 19).Draw(t, "gap") == 0 {
		nonce++
	}
	return nonce
}

// take posts; a transaction that is refused is as good a test.
func (g *gambler) take(t tx.Tx) { _ = g.c.post(tx.NewSigned(priced(t))) }

// clear replaces what holds up an account by a cheap spend with a better fee.
func (g *gambler) clear(t *rapid.T) {
	for _, k := range g.keys {
		if a, ok := g.c.account(k.ID()); ok && len(g.c.pendingOf(k.ID())) > 0 {
			g.take(&tx.Spend{SenderID: k.ID(), RecipientID: k.ID(), Fee: coins(30_000_000_000_000), Nonce: a.Nonce + 1})
		}
	}
	g.c.mineMicro()
}

func (g *gambler) check(t *rapid.T) {
	if got, want := g.c.total(), g.c.endowed(); got.Cmp(want) != 0 {
		t.Fatalf("%s coins on chain, %s endowed", got, want)
	}
	g.c.mu.Lock()
	defer g.c.mu.Unlock()
	for key, a := range g.c.ledger.accounts {
		if a.Balance.Sign() < 0 {
			t.Fatalf("account %x owes %s", key, a.Balance)
		}
	}
	for id, s := range g.c.ledger.channels {
		if err := sound(s); err != nil {
			t.Fatalf("channel %s: %v", id, err)
		}
	}
}

// sound checks what is true of every channel at all times.
func sound(s *channelState) error {
	switch {
	case s.ChannelAmount.Sign() < 0:
		return fmt.Errorf("it owes %s", s.ChannelAmount)
	case s.Round < 1:
		return fmt.Errorf("round %d", s.Round)
	case !s.active() && s.ChannelAmount.Cmp(sum(s.InitiatorAmount, s.ResponderAmount)) < 0:
		return fmt.Errorf("it closes with %s and %s but holds %s", s.InitiatorAmount, s.ResponderAmount, s.ChannelAmount)
	}
	return nil
}
