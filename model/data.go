package model

import (
	"bytes"
	"encoding/json"
	"math/big"
	"slices"

	"chanbot/tx"
	"chanbot/wire"
)

// data judges the answer to a query.
func (c *Client) data(r *request, raw json.RawMessage) {
	shape := func(ok bool, want string) {
		if !ok {
			c.violate(RuleAnswerShape, want, excerpt(raw))
		}
	}
	members, isObject := wire.Members(raw)
	switch r.req.Method {
	case wire.MethodSystem:
		a, _ := wire.Text(members["action"])
		tag, _ := wire.Text(members["tag"])
		shape(a == "system" && tag == "pong", "a pong")
	case wire.MethodGetBalances:
		c.balancesReply(r, raw)
	case wire.MethodGetOffchainState:
		shape(isObject, "trees, calls and transactions")
		c.stateReply(members)
	case wire.MethodGetPoI:
		poi, ok := wire.Text(members["poi"])
		shape(ok, "a poi")
		if ok {
			c.proofReply(r, poi)
		}
	case wire.MethodCleanContractCalls:
		a, _ := wire.Text(members["action"])
		shape(a == "calls_pruned", "calls_pruned")
	case wire.MethodHistoryFetch:
		c.historyReply(r, raw)
	case wire.MethodGetContract:
		shape(isObject, "an object")
		c.contractReply(r, members)
	case wire.MethodGetContractCall, wire.MethodDryRunCallContract:
		shape(isObject, "an object")
		c.callReply(r, members)
	default:
		shape(isObject, "an object")
	}
}

// states returns the states that the node may have now: the last one and, since
// an answer may overtake the report, the one that is being made. ok is false
// when that is not known.
func (c *Client) states() (all []balances, ok bool) {
	if !c.current() || !c.ledger.known || c.loose && c.op == nil && c.ledger.round == 0 {
		return nil, false
	}
	if c.phase < PhaseAccepted || c.ledger.round == 0 && (c.create == nil || !c.create.known) {
		// Before the create transaction the responder's own parameters may
		// give way to the initiator's (ws-api 2.1).
		return nil, false
	}
	all = append(all, c.ledger.balances)
	if c.op != nil && c.op.spec.kind != kindSolo && c.op.spec.kind != kindShutdown {
		if !c.op.known {
			return nil, false
		}
		all = append(all, c.op.after)
	}
	return all, true
}

// balancesReply judges get.balances (ws-api 5): the accounts in the order of the
// request, unknown ones left out.
func (c *Client) balancesReply(r *request, raw json.RawMessage) {
	var list []struct {
		Account string          `json:"account"`
		Balance json.RawMessage `json:"balance"`
	}
	if json.Unmarshal(raw, &list) != nil {
		c.violate(RuleAnswerShape, "a list of accounts and balances", excerpt(raw))
		return
	}
	members, _ := wire.Members(r.req.Params)
	var asked []string
	if json.Unmarshal(members["accounts"], &asked) != nil {
		return
	}
	at := 0 // the place in asked
	var got balances
	for _, e := range list {
		i := slices.Index(asked[at:], e.Account)
		if i < 0 {
			c.violate(RuleBalances, "the accounts that were asked for, in their order", excerpt(e.Account))
			return
		}
		at += i + 1
		amount, ok := wire.Integer(e.Balance)
		if !ok || amount.Sign() < 0 {
			c.violate(RuleBalances, "a balance", excerpt(e.Balance))
			return
		}
		if p := c.party(e.Account); p >= 0 {
			got[p] = amount
		}
	}
	c.learnBalances(got)
	all, ok := c.states()
	if !ok {
		return
	}
	for p, account := range c.accounts {
		if account != "" && got[p] == nil && slices.Contains(asked, account) {
			c.violate(RuleBalances, "the balance of "+account, "none")
			return
		}
	}
	for _, b := range all {
		if (got[0] == nil || got[0].Cmp(b[0]) == 0) && (got[1] == nil || got[1].Cmp(b[1]) == 0) {
			return
		}
	}
	c.violate(RuleBalances, all[0].String(), excerpt(raw))
}

// learnBalances takes balances that were not known, if they give the state hash
// of the last co-signed state.
func (c *Client) learnBalances(got balances) {
	if c.ledger.known || c.ledger.signed == nil || c.op != nil || got[0] == nil || got[1] == nil {
		return
	}
	t, err := c.ledger.signed.Decode()
	if err != nil {
		return
	}
	if hash, ok := stateHash(t); ok && hash == c.hash(got) {
		c.ledger.known, c.ledger.balances = true, got
		if c.deposited == nil {
			c.deposited = new(big.Int).Add(got[0], got[1])
		}
	}
}

// proofReply judges get.poi (transactions 4.4).
func (c *Client) proofReply(r *request, text string) {
	b, err := tx.DecodeAs(tx.PrefixProof, text)
	if err != nil {
		c.violate(RuleProof, "a proof", quoted(text))
		return
	}
	p, err := tx.DecodeProof(b)
	if err != nil {
		c.violate(RuleProof, "a proof", quoted(text))
		return
	}
	all, ok := c.states()
	if !ok {
		return
	}
	hash := p.StateHash()
	i := slices.IndexFunc(all, func(b balances) bool { return c.hash(b) == hash })
	if i < 0 {
		c.violate(RuleProof, stateText(c.hash(all[0]))+" for "+all[0].String(), stateText(hash))
		return
	}
	members, _ := wire.Members(r.req.Params)
	var asked []string
	if json.Unmarshal(members["accounts"], &asked) != nil {
		return
	}
	for _, account := range asked {
		side := c.party(account)
		if side < 0 {
			continue
		}
		if got, err := p.Balance(c.parties[side]); err != nil || got.Cmp(all[i][side]) != 0 {
			c.violate(RuleProof, "a proof of "+all[i][side].String()+" for "+account, "another one")
			return
		}
	}
}

// stateReply judges get.offchain_state (ws-api 5).
func (c *Client) stateReply(members map[string]json.RawMessage) {
	signed, ok := wire.Text(members["signed_tx"])
	if !ok {
		c.violate(RuleAnswerShape, "a signed_tx", excerpt(members["signed_tx"]))
		return
	}
	if signed != "" {
		c.sameState(signed, "get.offchain_state")
	}
	text, ok := wire.Text(members["trees"])
	b, err := tx.DecodeAs(tx.PrefixStateTrees, text)
	if !ok || err != nil {
		c.violate(RuleAnswerShape, "state trees", excerpt(members["trees"]))
		return
	}
	all, known := c.states()
	if !known {
		return
	}
	trees, err := tx.DecodeStateTrees(b)
	if err != nil {
		c.violate(RuleState, "state trees", quoted(text))
		return
	}
	hash := trees.Hash()
	if !slices.ContainsFunc(all, func(b balances) bool { return c.hash(b) == hash }) {
		c.violate(RuleState, stateText(c.hash(all[0]))+" for "+all[0].String(), stateText(hash))
	}
}

// sameState judges that a text is the last co-signed state, or the one that is
// being made.
func (c *Client) sameState(text, where string) {
	s, err := tx.ParseSigned(text)
	if err != nil {
		c.violate(RuleState, "a signed_tx in "+where, quoted(text))
		return
	}
	if !c.current() || c.ledger.signed == nil {
		return
	}
	if bytes.Equal(s.Tx, c.ledger.signed.Tx) {
		if text != c.ledger.text && !c.verified(s, true, c.parties[:]...) {
			c.violate(RuleState, "a signature of each party in "+where, number(uint64(len(s.Signatures)))+" signatures, not both good")
		}
		return
	}
	if c.op != nil && c.op.holds(s.Tx) {
		return
	}
	round, _ := stateRound(s)
	c.violate(RuleState, "the state of round "+number(c.ledger.round), "another one, round "+number(round)+", in "+where)
}
