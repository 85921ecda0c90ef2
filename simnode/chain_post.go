package simnode

import (
	"bytes"
	"fmt"
	"math/big"
	"slices"

	"chanbot/tx"
)

// postError says why the pool did not take a transaction. Reason is the
// error_code of the node's HTTP interface (http-api, section 5).
type postError struct{ Reason string }

func (e *postError) Error() string { return fmt.Sprintf("transaction refused: %s", e.Reason) }

// Reasons of a postError.
const (
	reasonBrokenTx     = "broken_tx"
	reasonProtocol     = "invalid_at_protocol"
	reasonSignature    = "signature_check_failed"
	reasonNonceTooLow  = "nonce_too_low"
	reasonNonceTooHigh = "nonce_too_high"
	reasonFeeTooLow    = "too_low_fee"
	reasonGasPrice     = "too_low_gas_price_for_miner"
	reasonName         = "could_not_resolve_recipient"
	reasonTTL          = "ttl_expired"
)

func refused(reason string) error { return &postError{reason} }

// post puts a transaction into the pool, or returns a *postError. The checks
// and their order are the node's: protocol version, signatures, nonce, fee, gas
// price, recipient, ttl. Balances, the state of the channel and gaps of up to
// five nonces are not checked, so what post took may never get into a block.
//
// A transaction that is already in the pool or in a block is taken and changes
// nothing; use waiting and transaction to tell these apart.
func (c *chain) post(s *tx.SignedTx) error {
	s = canonical(s)
	t, err := s.Decode()
	if err != nil {
		return refused(reasonBrokenTx)
	}
	hash := s.Hash()
	if c.knows(hash) {
		return nil
	}
	terms, ok := termsOf(t)
	if !ok {
		return refused(reasonSignature)
	}
	if !wellFormed(t, terms) {
		return refused(reasonBrokenTx)
	}
	if !c.validAtProtocol(t) {
		return refused(reasonProtocol)
	}
	// Signatures are costly and do not depend on anything that may change, so
	// they are checked without the lock.
	if !c.cfg.NoVerify {
		signers, ok := c.signers(t, terms)
		if !ok || !signedBy(s, c.cfg.NetworkID, signers...) {
			return refused(reasonSignature)
		}
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if c.knowsLocked(hash) {
		return nil
	}
	if reason := c.refusalLocked(t, terms); reason != "" {
		return refused(reason)
	}
	c.pool.add(&poolTx{signed: s, tx: t, terms: terms, hash: hash, since: c.topLocked().Height})
	for _, fn := range c.posted {
		c.courier.send(fn)
	}
	return nil
}

// refusalLocked makes the checks that depend on the state of the chain.
func (c *chain) refusalLocked(t tx.Tx, terms txTerms) string {
	payer := c.ledger.sight(terms.payer.Key)
	var nonce, offset uint64 = 0, 1 // an account that does not exist yet
	if payer != nil {
		nonce, offset = payer.Nonce, nonceOffset
	}
	gas := new(big.Int).SetUint64(tx.Gas(t))
	spend, isSpend := t.(*tx.Spend)
	switch {
	case terms.nonce <= nonce:
		return reasonNonceTooLow
	case terms.nonce-nonce > offset:
		return reasonNonceTooHigh
	case terms.fee.Cmp(new(big.Int).Mul(gas, protocolGasPrice)) < 0:
		return reasonFeeTooLow
	case priceOf(terms.fee, gas).Cmp(c.cfg.MinGasPrice) < 0:
		return reasonGasPrice
	case isSpend && spend.RecipientID.Kind == tx.NameID:
		return reasonName
	case terms.expired(c.topLocked().Height):
		return reasonTTL
	}
	return ""
}

// priceOf is the gas price as the miner sees it: rounded up.
func priceOf(fee, gas *big.Int) *big.Int {
	price, rest := new(big.Int).QuoRem(fee, gas, new(big.Int))
	if rest.Sign() > 0 {
		price.Add(price, big.NewInt(1))
	}
	return price
}

func (c *chain) knows(h tx.Hash) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.knowsLocked(h)
}

func (c *chain) knowsLocked(h tx.Hash) bool {
	if _, mined := c.past.mined.get(h); mined {
		return true
	}
	return c.pool.byHash[h] != nil
}

// signers returns who has to sign (transactions.md, section 1). For a channel
// transaction that takes the channel's object: without it the node cannot
// check, whoever signed.
func (c *chain) signers(t tx.Tx, terms txTerms) ([]tx.ID, bool) {
	switch t := t.(type) {
	case *tx.Spend:
		return []tx.ID{t.SenderID}, true
	case *tx.Create:
		return []tx.ID{t.InitiatorID, t.ResponderID}, true
	}
	s, ok := c.channel(terms.channel)
	if !ok {
		return nil, false
	}
	switch t.(type) {
	case *tx.Deposit, *tx.Withdraw, *tx.CloseMutual, *tx.SetDelegates:
		return []tx.ID{s.InitiatorID, s.ResponderID}, true
	}
	return []tx.ID{terms.payer}, true
}

func (c *chain) validAtProtocol(t tx.Tx) bool {
	switch t := t.(type) {
	case *tx.Create:
		return t.Version == c.cfg.CreateVersion
	case *tx.SetDelegates: // from Iris
		return c.cfg.CreateVersion >= 2
	}
	return true
}

// wellFormed checks the kinds of the ids that the chain relies on.
func wellFormed(t tx.Tx, terms txTerms) bool {
	switch t := t.(type) {
	case *tx.Spend:
		switch t.RecipientID.Kind {
		case tx.AccountID, tx.NameID, tx.OracleID, tx.ContractID:
		default:
			return false
		}
	case *tx.Create:
		if t.ResponderID.Kind != tx.AccountID {
			return false
		}
	}
	return terms.payer.Kind == tx.AccountID && (terms.channel.IsZero() || terms.channel.Kind == tx.ChannelID)
}

// canonical sorts the signatures and drops repeated ones, as the node does
// before it computes the hash, and writes the transaction anew.
func canonical(s *tx.SignedTx) *tx.SignedTx {
	signatures := slices.Clone(s.Signatures)
	slices.SortFunc(signatures, bytes.Compare)
	return &tx.SignedTx{Signatures: slices.CompactFunc(signatures, bytes.Equal), Tx: rewritten(s).Tx}
}

// rewritten is a transaction in the node's own bytes, which are what signatures
// are checked against, whatever form of RLP a client has sent (encoding.md 2). What
// cannot be read stays.
func rewritten(s *tx.SignedTx) *tx.SignedTx {
	t, err := s.Decode()
	if err != nil {
		return s
	}
	unsigned := t.Serialize()
	if bytes.Equal(unsigned, s.Tx) {
		return s
	}
	return &tx.SignedTx{Signatures: s.Signatures, Tx: unsigned}
}
