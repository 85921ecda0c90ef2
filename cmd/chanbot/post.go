package main

import (
	"context"
	"errors"

	"chanbot/bot"
	"chanbot/nodeapi"
	"chanbot/tx"
)

// poster lets the bot post transactions to the HTTP API of a node.
func poster(client *nodeapi.Client) *bot.API {
	return &bot.API{
		Post: func(ctx context.Context, s *tx.SignedTx) error {
			_, err := client.Post(ctx, s)
			return refusal(err)
		},
		NextNonce: func(ctx context.Context, id tx.ID) (uint64, error) {
			nonce, err := client.NextNonce(ctx, id)
			return nonce, refusal(err)
		},
		Height: client.Height,
	}
}

// refusal turns what the node refuses into what the bot knows.
func refusal(err error) error {
	no, ok := errors.AsType[*nodeapi.Error](err)
	if !ok {
		return err
	}
	return &bot.PostRefusal{Status: no.Status, Reason: no.Error()}
}
