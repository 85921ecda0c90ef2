package nodeapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"chanbot/tx"
)

// The codes with which the pool refuses a transaction (http-api 5), as far as
// one wants to react to them. See [Code].
const (
	CodeNonceTooLow     = "nonce_too_low"               // the account's nonce is there already
	CodeNonceTooHigh    = "nonce_too_high"              // more than [NonceWindow] above the account's
	CodeFeeTooLow       = "too_low_fee"                 // below the protocol's limit
	CodeGasPriceTooLow  = "too_low_gas_price_for_miner" // below the miner's limit
	CodeTTLExpired      = "ttl_expired"
	CodeSignature       = "signature_check_failed" // also a transaction of a channel that is not on chain
	CodeAlreadyKnown    = "already_known"          // in the pool, or dropped from it
	CodeAlreadyAccepted = "already_accepted"       // in a block
)

// NonceWindow is how far above the account's a nonce may be for the pool.
const NonceWindow = 5

// Posted says what became of a transaction that was posted.
type Posted uint8

const (
	// PostedNew: it is in the pool now. That does not mean that it is valid.
	PostedNew Posted = iota + 1
	// PostedKnown: it was posted before and is in the pool, or was dropped from
	// it; only asking for it tells.
	PostedKnown
	// PostedAccepted: it is in a block.
	PostedAccepted
)

// String returns new, known or accepted.
func (p Posted) String() string {
	switch p {
	case PostedNew:
		return "new"
	case PostedKnown:
		return "known"
	case PostedAccepted:
		return "accepted"
	}
	return fmt.Sprintf("Posted(%d)", uint8(p))
}

// Post puts a signed transaction into the pool. Posting the same one twice has
// the effect of once, so it may be repeated after any error. A refusal is an
// [*Error] whose Code says why.
func (c *Client) Post(ctx context.Context, s *tx.SignedTx) (Posted, error) {
	s = s.With(nil) // as the node does before it hashes
	body, err := json.Marshal(map[string]string{"tx": s.Text()})
	if err != nil {
		return 0, fmt.Errorf("post transaction: %w", err)
	}
	a, err := c.do(ctx, &request{method: http.MethodPost, path: "/v3/transactions", body: body})
	switch Code(err) {
	case CodeAlreadyKnown:
		return PostedKnown, nil
	case CodeAlreadyAccepted:
		return PostedAccepted, nil
	}
	if err != nil {
		return 0, err
	}
	f := readObject("posted transaction", a.body)
	if hash := f.hash("tx_hash", tx.PrefixTxHash); f.err == nil && hash != s.Hash() {
		f.err = errors.New("posted transaction: the hash is that of another one")
	}
	if f.err != nil {
		return 0, a.malformed(f.err)
	}
	return PostedNew, nil
}

// Transaction is a transaction that the node knows (http-api 5).
type Transaction struct {
	Hash   tx.Hash // th_
	Signed *tx.SignedTx
	Type   string // such as SpendTx
	// Height is that of the generation whose micro block has it; meaningless
	// while it is pending.
	Height  uint64
	Block   tx.Hash // mh_
	Pending bool
	Top     uint64 // height of the chain when this was asked, 0 if the node did not say
}

// Depth is how many key blocks are above the generation that has it; 0 while it
// is pending.
func (t *Transaction) Depth() uint64 {
	if t.Pending || t.Top < t.Height {
		return 0
	}
	return t.Top - t.Height
}

// Transaction asks for a transaction. See [NotFound] for one that the node does
// not know, or does not any more: it may have been dropped from the pool.
func (c *Client) Transaction(ctx context.Context, hash tx.Hash) (Transaction, error) {
	a, err := c.get(ctx, "/v3/transactions/"+hash.Text(tx.PrefixTxHash), nil)
	if err != nil {
		return Transaction{}, err
	}
	t, err := readTransaction(a.body)
	if err == nil && t.Hash != hash {
		err = errors.New("transaction: another one than asked for")
	}
	if err != nil {
		return Transaction{}, a.malformed(err)
	}
	t.Top = a.top
	return t, nil
}

func (c *Client) transactions(ctx context.Context, path string) ([]Transaction, error) {
	a, err := c.get(ctx, path, nil)
	if err != nil {
		return nil, err
	}
	list, err := readTransactions(a.body)
	if err != nil {
		return nil, a.malformed(err)
	}
	for i := range list {
		list[i].Top = a.top
	}
	return list, nil
}

func readTransactions(b []byte) ([]Transaction, error) {
	f := readObject("transactions", b)
	var all []Transaction
	for _, raw := range f.list("transactions") {
		t, err := readTransaction(raw)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, f.err
}

// readTransaction takes the bytes from encoded_tx and leaves the fields of the
// transaction alone, which say the same.
func readTransaction(b []byte) (Transaction, error) {
	f := readObject("transaction", b)
	t := Transaction{Hash: f.hash("hash", tx.PrefixTxHash), Type: f.object("tx").text("type")}
	encoded, block := f.text("encoded_tx"), f.text("block_hash")
	height, ok := f.integer("block_height")
	switch {
	case !ok:
		return t, f.err
	case height.Sign() < 0:
		t.Pending = true
		if block != "none" {
			f.fail("block_hash", "none for a pending transaction", f.m["block_hash"])
		}
	case height.IsUint64():
		t.Height, t.Block = height.Uint64(), f.hash("block_hash", tx.PrefixMicroBlock)
	default:
		f.fail("block_height", "a height", f.m["block_height"])
	}
	if f.err != nil {
		return t, f.err
	}
	var err error
	if t.Signed, err = tx.ParseSigned(encoded); err != nil {
		return t, fmt.Errorf("transaction: encoded_tx: %w", err)
	}
	if t.Signed.Hash() != t.Hash {
		return t, errors.New("transaction: hash and encoded_tx do not belong together")
	}
	return t, nil
}

// Wait says for what [Client.Wait] waits.
type Wait struct {
	// Depth is how many key blocks there must be above its generation; 0 is
	// content with a block.
	Depth uint64
	// Every is the time between two questions; default 250 ms.
	Every time.Duration
}

// Wait asks for a transaction that was posted until it is in a block, and as
// deep as wanted; a fork may put it back into the pool meanwhile. There is no
// time limit but that of the context. A transaction that the pool has dropped
// is an error for which [NotFound] holds.
func (c *Client) Wait(ctx context.Context, hash tx.Hash, w Wait) (Transaction, error) {
	every := w.Every
	if every <= 0 {
		every = 250 * time.Millisecond
	}
	for {
		t, err := c.Transaction(ctx, hash)
		if err == nil && t.Top == 0 && w.Depth > 0 { // a proxy may keep the header for itself
			t.Top, err = c.Height(ctx)
		}
		if err != nil || !t.Pending && t.Depth() >= w.Depth {
			return t, err
		}
		if err := sleep(ctx, every); err != nil {
			return t, fmt.Errorf("wait for %s: %w", hash.Text(tx.PrefixTxHash), err)
		}
	}
}
