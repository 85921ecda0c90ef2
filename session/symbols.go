package session

import (
	"fmt"
	"regexp"
	"strings"

	"chanbot/tx"
)

// Options say what makes two sessions the same. The zero value is strict:
// everything but names, hashes and fees must be equal.
type Options struct {
	// NetworkID lets signatures be told by who made them and in which form.
	// Empty means that they are only counted.
	NetworkID string
	// KeepFees compares fees, and amounts that a fee was taken from, as numbers.
	KeepFees bool
	// Eras forgives what changed in the node after March 2020 (ws-api.md section
	// 9): fsm_id and channel_id in the frames of the opening, versions of
	// transactions, the second update after a reestablish, the name of a
	// consumed forced progress.
	Eras bool
	// Stops forgives the three legal ends of a side that stops after the other
	// one did (sequences/32): died then ok, ok then died, died alone, also before
	// the stop could be sent.
	Stops bool
	// Doubles compares numbers as a client reads them that keeps every number in
	// a 64-bit float, as the one did that wrote the recordings.
	Doubles bool
	// NodeOnly leaves out what the clients did: only frames and closes that came
	// from the node are compared.
	NodeOnly bool
}

// Symbols replaces what differs from run to run, side by side: the n-th channel
// id, account, transaction, hash and so on that a side sees gets the number n,
// so that two sides that see the same kind of session read the same. Not for
// use by several goroutines at once.
type Symbols struct {
	o       Options
	sides   map[string]*table
	signers map[[2]string]signer // by transaction and signature; checking one is slow
}

// signer is who made a signature, and in which form.
type signer struct {
	id   tx.ID
	form tx.Form
}

// NewSymbols returns an empty set of tables.
func NewSymbols(o Options) *Symbols {
	return &Symbols{o: o, sides: make(map[string]*table), signers: make(map[[2]string]signer)}
}

func (s *Symbols) side(name string) *table {
	t := s.sides[name]
	if t == nil {
		t = &table{o: s.o, known: s.signers, symbols: make(map[value]string), counts: make(map[string]int), nonces: make(map[tx.ID]uint64)}
		s.sides[name] = t
	}
	return t
}

// value is something that has a symbol: a text of some kind.
type value struct{ kind, text string }

// table holds the symbols of one side.
type table struct {
	o       Options
	symbols map[value]string
	counts  map[string]int    // symbols of each kind
	parties []tx.ID           // accounts, for telling signatures apart
	nonces  map[tx.ID]uint64  // the first nonce of each account
	texts   map[string]string // symbols of whole transactions
	depth   int               // how many transactions the one lies in that is being described
	known   map[[2]string]signer
}

// mostParties bounds how many accounts a signature is tried with.
const mostParties = 16

// symbol returns the symbol of v, a new one when v was not seen before.
func (t *table) symbol(v value) string {
	if s, ok := t.symbols[v]; ok {
		return s
	}
	t.counts[v.kind]++
	s := fmt.Sprintf("<%s %d>", v.kind, t.counts[v.kind])
	t.symbols[v] = s
	return s
}

// name gives v a symbol of its own, such as <initiator>, unless it has one.
func (t *table) name(v value, name string) {
	if _, ok := t.symbols[v]; ok {
		return
	}
	t.counts[name]++
	s := "<" + name + ">"
	if n := t.counts[name]; n > 1 {
		s = fmt.Sprintf("<%s %d>", name, n)
	}
	t.symbols[v] = s
}

// account returns the symbol of an account and remembers it as a signer.
func (t *table) account(id tx.ID) string {
	v := value{kindAccount, id.String()}
	if _, ok := t.symbols[v]; !ok && len(t.parties) < mostParties {
		t.parties = append(t.parties, id)
	}
	return t.symbol(v)
}

// party gives an account the name of its role.
func (t *table) party(role, text string) {
	id, err := tx.ParseID(text)
	if err != nil || id.Kind != tx.AccountID {
		return
	}
	t.name(value{kindAccount, id.String()}, role)
	if len(t.parties) < mostParties {
		t.parties = append(t.parties, id)
	}
}

// The kinds of values that have numbers.
const (
	kindAccount = "account"
	kindChannel = "channel"
	kindFSM     = "fsm_id"
	kindTx      = "tx"
	kindTxHash  = "tx_hash"
	kindState   = "state"
	kindBlock   = "block"
	kindRequest = "id"
	kindPort    = "port"
)

// token finds the texts of keys, hashes and transactions inside a string.
var token = regexp.MustCompile(`\b[a-z]{2}_[A-Za-z0-9+/]+={0,2}`)

// text replaces every token in s.
func (t *table) text(s string) string {
	if !strings.Contains(s, "_") {
		if len(s) >= shortest {
			if _, _, err := tx.Decode(string(tx.PrefixTransaction) + "_" + s); err == nil {
				return "<tx without its prefix>"
			}
		}
		return s
	}
	return token.ReplaceAllStringFunc(s, t.token)
}

// shortest is the length under which a text that does not decode was written by
// hand, as "ak_xx", and is kept.
const shortest = 40

// token returns the symbol of one text, or the text itself when it has none.
func (t *table) token(s string) string {
	prefix, payload, err := tx.Decode(s)
	if err != nil {
		if known := prefixed(s); known == "" || len(s) < shortest {
			return s
		}
		return "<broken " + s[:2] + ">"
	}
	switch prefix {
	case tx.PrefixAccount:
		return t.account(tx.ID{Kind: tx.AccountID, Key: tx.Hash(payload)})
	case tx.PrefixChannel:
		return t.symbol(value{kindChannel, s})
	case tx.PrefixByteArray:
		return t.symbol(value{kindFSM, s})
	case tx.PrefixTxHash:
		return t.symbol(value{kindTxHash, s})
	case tx.PrefixState:
		return t.state(tx.Hash(payload))
	case tx.PrefixKeyBlock, tx.PrefixMicroBlock:
		if tx.Hash(payload).IsZero() {
			return s
		}
		return t.symbol(value{kindBlock, s})
	case tx.PrefixTransaction:
		return t.transaction(s, payload)
	case tx.PrefixStateTrees:
		return t.trees(payload)
	case tx.PrefixProof:
		return t.proof(payload)
	case tx.PrefixCallTree:
		if s == tx.EmptyCalls {
			return s
		}
	}
	return t.symbol(value{string(prefix), s})
}

// prefixed returns the known prefix of s, or "".
func prefixed(s string) tx.Prefix {
	for _, p := range tx.Prefixes() {
		if strings.HasPrefix(s, string(p)+"_") {
			return p
		}
	}
	return ""
}

func (t *table) state(h tx.Hash) string { return t.symbol(value{kindState, h.String()}) }
