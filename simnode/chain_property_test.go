package simnode

import (
	"fmt"
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
			"micro":      func(*rapid.T) { g.c.mineMicro() },
			"key blocks": func(t *rapid.T) { g.c.mineKey(rapid.IntRange(1, 4).Draw(t, "blocks")) },
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
	return rapid.OneOf(rapid.Int64Range(0, 1e14), rapid.Int64Range(0, 10)).Draw(t, "amount")
}

// state draws an off-chain state near the one on chain.
func (g *gambler) state(t *rapid.T, s channelState) offState {
	st := offState{round: s.Round + rapid.Uint64Range(0, 2).Draw(t, "rounds ahead")}
	st.one = g.amount(t)
	st.other = s.ChannelAmount.Int64() - st.one + rapid.Int64Range(-1, 0).Draw(t, "missing")
	if st.other < 0 {
		st.one, st.other = s.ChannelAmount.Int64(), 0
	}
	return st
}

func (g *gambler) post(t *rapid.T) {
	from, to := g.player(t).ID(), g.player(t).ID()
	nonce := g.c.nextNonce(from)
	if rapid.IntRange(0, 9).Draw(t, "gap") == 0 {
		nonce++
	}
	types := []string{"spend", "create"}
	var s channelState
	var open bool
	if len(g.channels) > 0 {
		s, open = g.c.channel(rapid.SampledFrom(g.channels).Draw(t, "channel"))
	}
	if open {
		types = append(types, "deposit", "withdraw", "snapshot", "close_solo", "cheat", "slash", "settle", "close_mutual", "set_delegates", "force_progress")
	}
	var made tx.Tx
	switch rapid.SampledFrom(types).Draw(t, "type") {
	case "spend":
		made = &tx.Spend{SenderID: from, RecipientID: to, Amount: coins(g.amount(t)), Nonce: nonce}
	case "create":
		st := offState{1, g.amount(t), g.amount(t)}
		made = &tx.Create{
			Version: 2, InitiatorID: from, ResponderID: to, Nonce: nonce, LockPeriod: rapid.Uint64Range(0, 3).Draw(t, "lock"),
			InitiatorAmount: coins(st.one), ResponderAmount: coins(st.other), StateHash: st.hash(),
		}
		g.channels = append(g.channels, tx.ChannelIDOf(from, nonce, to))
	case "deposit":
		made = &tx.Deposit{ChannelID: s.ID, FromID: from, Amount: coins(g.amount(t)), Round: s.Round + 1, Nonce: nonce}
	case "withdraw":
		made = &tx.Withdraw{ChannelID: s.ID, ToID: from, Amount: coins(g.amount(t)), Round: s.Round + 1, Nonce: nonce}
	case "snapshot":
		made = &tx.SnapshotSolo{ChannelID: s.ID, FromID: from, Payload: g.state(t, s).payload(s.ID), Nonce: nonce}
	case "close_solo":
		st := g.state(t, s)
		made = &tx.CloseSolo{ChannelID: s.ID, FromID: from, Payload: st.payload(s.ID), PoI: g.poi(s, st), Nonce: nonce}
	case "cheat":
		st := offState{1, s.InitiatorAmount.Int64(), s.ResponderAmount.Int64()}
		made = &tx.CloseSolo{ChannelID: s.ID, FromID: from, PoI: g.poi(s, st), Nonce: nonce}
	case "slash":
		st := g.state(t, s)
		made = &tx.Slash{ChannelID: s.ID, FromID: from, Payload: st.payload(s.ID), PoI: g.poi(s, st), Nonce: nonce}
	case "settle":
		made = &tx.Settle{ChannelID: s.ID, FromID: from, InitiatorAmountFinal: s.InitiatorAmount, ResponderAmountFinal: s.ResponderAmount, Nonce: nonce}
	case "close_mutual":
		st := g.state(t, s)
		made = &tx.CloseMutual{ChannelID: s.ID, FromID: from, InitiatorAmountFinal: coins(st.one / 2), ResponderAmountFinal: coins(st.other / 2), Nonce: nonce}
	case "set_delegates":
		made = &tx.SetDelegates{ChannelID: s.ID, FromID: from, InitiatorDelegates: []tx.ID{to}, StateHash: s.StateHash, Round: s.Round, Nonce: nonce}
	case "force_progress":
		made = &tx.ForceProgress{ChannelID: s.ID, FromID: from, Round: s.Round + 1, Nonce: nonce}
	}
	// A refused one is as good a test.
	_ = g.c.post(tx.NewSigned(priced(made)))
}

// poi proves a state for the channel's participants, whoever they are.
func (g *gambler) poi(s channelState, st offState) []byte {
	poi, err := tx.ProofOfInclusion([]tx.Balance{
		{ID: s.InitiatorID, Amount: coins(st.one)},
		{ID: s.ResponderID, Amount: coins(st.other)},
	}, []tx.ID{s.InitiatorID, s.ResponderID})
	if err != nil {
		panic(err)
	}
	return poi
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
