package simnode

import (
	"encoding/json"
	"math/big"
	"strconv"

	"chanbot/tx"
	"chanbot/wire"
)

// query answers a question about the last co-signed state.
func (f *fsm) query(r *clientRequest) answer {
	a := f.look(r)
	for i := range f.bent {
		if fn := f.bent[i].query; fn != nil {
			a = fn(f, r, a)
		}
	}
	return a
}

func (f *fsm) look(r *clientRequest) answer {
	switch r.method {
	case wire.MethodGetBalances:
		return answer{result: f.balancesOf(r.accounts)}
	case wire.MethodGetOffchainState:
		return answer{result: f.offchainState()}
	case wire.MethodGetPoI:
		return f.proof(r)
	case wire.MethodGetContract:
		return rejected(wire.CodeDoesNotExist)
	case wire.MethodGetContractCall:
		return rejected(wire.CodeCallNotFound)
	case wire.MethodHistoryFetch:
		return answer{result: f.fetchHistory(r)}
	case wire.MethodCleanContractCalls:
		return answer{result: []byte(`{"action":"calls_pruned"}`)}
	}
	return internalError()
}

// balancesOf lists the known accounts in the order of the request; unknown
// ones are left out (ws-api 5).
func (f *fsm) balancesOf(accounts []tx.ID) []byte {
	out := []byte{'['}
	for _, id := range accounts {
		if !f.terms.participant(id) {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		b := f.balances
		out = append(out, `{"account":"`...)
		out = append(out, id.String()...)
		out = append(out, `","balance":`...)
		out = appendBig(out, *b.of(&f.terms, id))
		out = append(out, '}')
	}
	return append(out, ']')
}

func appendBig(dst []byte, n *big.Int) []byte { return n.Append(dst, 10) }

// offchainState is the data of get.offchain_state. The signed transaction is
// empty until the create is locked (recordings 60_stop_09, 63a).
func (f *fsm) offchainState() []byte {
	state := ""
	if f.signed != nil {
		state = f.signed.Text()
	}
	half := ""
	if f.state == awaitingUpdateAck || f.state == depHalfSigned || f.state == wdrawHalfSigned {
		half = f.half.offer.Text()
	}
	trees := tx.Encode(tx.PrefixStateTrees, tx.StateTrees(f.balances.list(&f.terms)...))
	out := []byte(`{"calls":` + strconv.Quote(tx.EmptyCalls))
	out = append(out, `,"half_signed_tx":`+strconv.Quote(half)...)
	out = append(out, `,"signed_tx":`+strconv.Quote(state)...)
	out = append(out, `,"trees":`+strconv.Quote(trees)+`}`...)
	return out
}

// proof is the data of get.poi; an account outside the tree or any contract is
// refused with code 100 (transactions.md 4.4).
func (f *fsm) proof(r *clientRequest) answer {
	if len(r.contracts) > 0 {
		return rejected(wire.CodeDoesNotExist)
	}
	poi, err := tx.ProofOfInclusion(f.balances.list(&f.terms), r.accounts)
	if err != nil {
		return rejected(wire.CodeDoesNotExist)
	}
	out, err := json.Marshal(map[string]string{"poi": tx.Encode(tx.PrefixProof, poi)})
	if err != nil {
		return internalError()
	}
	return answer{result: out}
}
