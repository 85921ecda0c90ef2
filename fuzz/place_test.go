package fuzz

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"time"

	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/nodeapi"
	"chanbot/simnode"
	"chanbot/tx"
)

func refused(err error) error {
	if no, ok := errors.AsType[*nodeapi.Error](err); ok {
		return &bot.PostRefusal{Status: no.Status, Reason: no.Error()}
	}
	return err
}

// inMemory serves an embedded node in memory.
func inMemory(t testing.TB, change func(*simnode.Config)) *Place {
	// Without any latency a chain of proposals would go on for ever at one moment.
	cfg := simnode.Config{Latency: time.Millisecond, Endow: new(big.Int).Exp(big.NewInt(10), big.NewInt(27), nil)}
	if change != nil {
		change(&cfg)
	}
	node := simnode.New(cfg)
	l := memnet.New()
	srv := &http.Server{Handler: node.HTTP()}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	client, err := nodeapi.New("http://node", &nodeapi.Options{DialContext: l.DialContext})
	if err != nil {
		t.Fatal(err)
	}
	return &Place{
		Bot: bot.Config{
			InitiatorNode: "ws://node", Dial: l.DialContext, NetworkID: node.NetworkID(),
			Embedded: &bot.Embedded{OnDemand: true, KeyBlocks: node.MineKeyBlocks, MicroBlock: node.MineMicroBlock},
			API: &bot.API{
				Post: func(ctx context.Context, s *tx.SignedTx) error { _, err := client.Post(ctx, s); return refused(err) },
				NextNonce: func(ctx context.Context, id tx.ID) (uint64, error) {
					n, err := client.NextNonce(ctx, id)
					return n, refused(err)
				},
				Height: client.Height,
			},
		},
		Account: func(ctx context.Context, id tx.ID) (*big.Int, uint64, error) {
			a, err := client.Account(ctx, id)
			return a.Balance, a.Nonce, err
		},
		Locked: func(ctx context.Context, id tx.ID) (*big.Int, bool, error) {
			c, err := client.Channel(ctx, id)
			if nodeapi.NotFound(err) {
				return nil, false, nil
			}
			return c.Amount, err == nil, err
		},
		Depth: func(ctx context.Context, hash tx.Hash) (uint64, bool, error) {
			t, err := client.Transaction(ctx, hash)
			if nodeapi.NotFound(err) {
				return 0, false, nil
			}
			return t.Depth(), err == nil && !t.Pending, err
		},
		Keys: func(n int) ([2]tx.KeyPair, error) {
			return [2]tx.KeyPair{tx.DeriveKeyPair([]byte("fuzz"), fmt.Sprintf("initiator %d", n)), tx.DeriveKeyPair([]byte("fuzz"), fmt.Sprintf("responder %d", n))}, nil
		},
		Close: func() error {
			err := node.Close()
			client.Close()
			srv.Close()
			<-served
			return err
		},
	}
}
