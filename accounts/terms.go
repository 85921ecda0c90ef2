package accounts

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"time"

	"chanbot/nodeapi"
	"chanbot/tx"
)

// Terms say how coins are moved: over which node, at what price, and when they
// count as arrived. Node is all that is needed.
type Terms struct {
	Node *nodeapi.Client
	// NetworkID is the network that is expected; a node of another one is
	// refused. "" takes the node's.
	NetworkID string
	// GasPrice is what a unit of gas costs, in aettos. Nil asks the node what
	// was paid lately, and takes at least the default of miners.
	GasPrice *big.Int
	// Depth is how many key blocks must be above a transaction's generation; 0
	// is content with a block, which a fork can still take away.
	Depth uint64
	// Every is the time between two looks at the chain, less after something
	// happened; default 500 ms.
	Every time.Duration
	// Patience is how long nothing may happen before it is given up; default
	// 10 min.
	Patience time.Duration
}

func (t Terms) withDefaults() Terms {
	if t.Every <= 0 {
		t.Every = 500 * time.Millisecond
	}
	if t.Patience <= 0 {
		t.Patience = 10 * time.Minute
	}
	return t
}

// Agreed asks the node who it is and returns the terms with network, gas price
// and defaults filled in. The error is about the node: it cannot be reached, is
// of another network, or still syncing.
func (t Terms) Agreed(ctx context.Context) (Terms, error) {
	t, _, err := t.agree(ctx)
	return t, err
}

// agree asks the node who it is and fills in network and gas price.
func (t Terms) agree(ctx context.Context) (Terms, nodeapi.Status, error) {
	t = t.withDefaults()
	status, err := t.Node.Status(ctx)
	if err != nil {
		return t, status, err
	}
	switch {
	case status.NetworkID == "":
		return t, status, errors.New("the node does not say what network it is in")
	case t.NetworkID != "" && t.NetworkID != status.NetworkID:
		return t, status, fmt.Errorf("the node is in network %s, not in %s", status.NetworkID, t.NetworkID)
	case status.Syncing:
		return t, status, errors.New("the node is still syncing")
	}
	t.NetworkID = status.NetworkID
	if t.GasPrice == nil {
		t.GasPrice, err = suggestedPrice(ctx, t.Node)
	}
	return t, status, err
}

// busyPercent is how full the blocks of the last minute are when paying more
// than the others starts to matter.
const busyPercent = 80

// greedyFactor bounds the price that a node may suggest, in default prices.
const greedyFactor = 100

// suggestedPrice is what was paid at least in the last five minutes, twice that
// if blocks are nearly full, and never below the default (http-api 9).
func suggestedPrice(ctx context.Context, node *nodeapi.Client) (*big.Int, error) {
	price := nodeapi.DefaultGasPrice()
	most := new(big.Int).Mul(price, big.NewInt(greedyFactor))
	recent, err := node.GasPrices(ctx)
	if nodeapi.Unsupported(err) {
		return price, nil
	}
	if err != nil {
		return nil, err
	}
	busy := false
	for _, r := range recent {
		if r.Minutes <= 5 && r.Min.Cmp(price) > 0 {
			price = r.Min
		}
		busy = busy || r.Minutes == 1 && r.Utilization >= busyPercent
	}
	if busy {
		price = new(big.Int).Lsh(price, 1)
	}
	if price.Cmp(most) > 0 {
		return nil, fmt.Errorf("the node suggests %s aettos for a unit of gas, more than %s; choose a gas price", price, most)
	}
	return price, nil
}

// spend returns a payment with its fee, unsigned.
func (t *Terms) spend(from, to tx.ID, amount *big.Int, nonce uint64) *tx.Spend {
	s := &tx.Spend{SenderID: from, RecipientID: to, Amount: amount, Nonce: nonce}
	tx.SetFee(s, tx.MinFee(s, t.GasPrice))
	return s
}

// sign signs in the form that nodes of every protocol take.
func (t *Terms) sign(s *tx.Spend, key tx.KeyPair) *tx.SignedTx {
	return tx.NewSigned(s).Sign(key, t.NetworkID, tx.Raw)
}

// eager is the part of Every after which the next look follows when something
// has just happened.
const eager = 10

// pause waits for the next look. The result is how long to wait the next time,
// unless something happens.
func (t *Terms) pause(ctx context.Context, d time.Duration) (time.Duration, error) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return min(2*d, t.Every), nil
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}
