package reclaim

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// closeSolo closes the channel from one side: over the channel API if a machine
// is there, which has the newest state, else over HTTP with the state that the
// run has kept.
func (j *job) closeSolo(ctx context.Context, ch *nodeapi.Channel) error {
	if !j.Solo && j.tries[tryClose] == 1 {
		over, err := j.soloOnSocket(ctx, ch)
		if over {
			return nil
		}
		if err != nil {
			if _, ok := errors.AsType[*UnreachableError](err); ok {
				return err
			}
			j.Log.Info("no solo close over the channel API", "id", j.known.Channel, "err", err)
		}
	}
	s, err := j.stateFor(ch)
	if err != nil {
		return err
	}
	return j.post(ctx, func(from tx.ID, nonce uint64) tx.Tx {
		return &tx.CloseSolo{ChannelID: j.id, FromID: from, Payload: s.payload, PoI: s.proof, Fee: new(big.Int), Nonce: nonce}
	})
}

// newer says that the run has kept a later state than the one that closes the
// channel, and can prove it.
func (j *job) newer(ch *nodeapi.Channel) bool {
	if j.known.Round <= ch.Round || j.tries[trySlash] >= most {
		return false
	}
	s, err := j.stateFor(ch)
	return err == nil && len(s.payload) > 0
}

// slash replaces the state that closes the channel by the later one.
func (j *job) slash(ctx context.Context, ch *nodeapi.Channel) error {
	s, err := j.stateFor(ch)
	if err != nil {
		return err
	}
	return j.post(ctx, func(from tx.ID, nonce uint64) tx.Tx {
		return &tx.Slash{ChannelID: j.id, FromID: from, Payload: s.payload, PoI: s.proof, Fee: new(big.Int), Nonce: nonce}
	})
}

// settleOnChain pays the channel out as the chain has it.
func (j *job) settleOnChain(ctx context.Context, ch *nodeapi.Channel) error {
	err := j.post(ctx, func(from tx.ID, nonce uint64) tx.Tx {
		return &tx.Settle{ChannelID: j.id, FromID: from, InitiatorAmountFinal: ch.InitiatorAmount, ResponderAmountFinal: ch.ResponderAmount, Fee: new(big.Int), Nonce: nonce}
	})
	if err == nil {
		j.how = ClosedSolo
	}
	return err
}

// claim is a state as a solo close claims it.
type claim struct {
	payload []byte // empty: the state on chain
	proof   []byte
}

// stateFor returns the newest state with which the channel can be closed.
func (j *job) stateFor(ch *nodeapi.Channel) (claim, error) {
	if j.known.Round > ch.Round && len(j.known.Balances) == 2 {
		signed, err := tx.ParseSigned(j.known.Signed)
		if err != nil {
			return claim{}, fmt.Errorf("the kept state: %w", err)
		}
		inner, _, err := signed.Innermost()
		if err != nil {
			return claim{}, fmt.Errorf("the kept state: %w", err)
		}
		off, ok := inner.(*tx.OffChain)
		accounts := j.accounts(j.known.Balances[0], j.known.Balances[1])
		if ok && off.StateHash == tx.StateHash(accounts...) {
			proof, err := tx.ProofOfInclusion(accounts, j.parties[:])
			return claim{payload: signed.Bytes(), proof: proof}, err
		}
	}
	for _, accounts := range j.candidates(ch) {
		if tx.StateHash(accounts...) == ch.StateHash {
			proof, err := tx.ProofOfInclusion(accounts, j.parties[:])
			return claim{proof: proof}, err
		}
	}
	return claim{}, fmt.Errorf("nobody knows the balances of round %d, which is on the chain; the run has kept round %d", ch.Round, j.known.Round)
}

// candidates are what the state on chain may hold: what the run has kept, that
// with a deposit or a withdrawal which was not seen any more, or what the
// channel began with.
func (j *job) candidates(ch *nodeapi.Channel) (all [][]tx.Balance) {
	if len(j.known.Balances) == 2 {
		i, r := j.known.Balances[0], j.known.Balances[1]
		rest := new(big.Int).Sub(ch.Amount, new(big.Int).Add(i, r))
		all = append(all, j.accounts(i, r))
		for _, c := range [][2]*big.Int{{new(big.Int).Add(i, rest), r}, {i, new(big.Int).Add(r, rest)}} {
			if c[0].Sign() >= 0 && c[1].Sign() >= 0 {
				all = append(all, j.accounts(c[0], c[1]))
			}
		}
	}
	return append(all, j.accounts(ch.InitiatorAmount, ch.ResponderAmount))
}

func (j *job) accounts(initiator, responder *big.Int) []tx.Balance {
	return []tx.Balance{{ID: j.parties[0], Amount: initiator}, {ID: j.parties[1], Amount: responder}}
}
