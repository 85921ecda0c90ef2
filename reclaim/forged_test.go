package reclaim

import (
	"log/slog"
	"math/big"
	"testing"

	"chanbot/accounts"
	"chanbot/results"
	"chanbot/tx"
)

// TestOnlyStatesOfBothSidesAreKept shows a link states as a node could make them
// up: they must not take the place of the one with which the channel can be closed.
func TestOnlyStatesOfBothSidesAreKept(t *testing.T) {
	const network = "ae_dev"
	keys := accounts.Derive(1, 3)
	channel := tx.ID{Kind: tx.ChannelID, Key: tx.Hash{7}}
	parties := [2]tx.ID{keys[0].ID(), keys[1].ID()}
	balances := []tx.Balance{{ID: parties[0], Amount: big.NewInt(5)}, {ID: parties[1], Amount: big.NewInt(6)}}
	state := func(round uint64, signers ...tx.KeyPair) string {
		s := tx.NewSigned(&tx.OffChain{ChannelID: channel, Round: round, StateHash: tx.StateHash(balances...)})
		for _, k := range signers {
			s = s.Sign(k, network, tx.Raw)
		}
		return s.Text()
	}
	good := state(3, keys[0], keys[1])
	fresh := func() *link {
		w := &work{Config: Config{Terms: accounts.Terms{NetworkID: network}, Log: slog.New(slog.DiscardHandler)}}
		return &link{job: &job{work: w, id: channel, parties: parties, known: results.ChannelRecord{Channel: channel.String(), Round: 3, Signed: good, Balances: []*big.Int{big.NewInt(5), big.NewInt(6)}}}}
	}
	for name, forged := range map[string]string{
		"of nobody":             state(9),
		"of one side":           state(9, keys[0]),
		"of one and a stranger": state(9, keys[0], keys[2]),
	} {
		l := fresh()
		if round := l.keepState(forged, balances); round != 0 || l.known.Signed != good || l.known.Round != 3 {
			t.Errorf("%s: round %d, kept round %d", name, round, l.known.Round)
		}
	}
	l := fresh()
	later := state(4, keys[0], keys[1])
	if round := l.keepState(later, balances); round != 4 || l.known.Signed != later {
		t.Errorf("of both sides: round %d, kept round %d", round, l.known.Round)
	}
}
