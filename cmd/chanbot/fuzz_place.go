package main

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"chanbot/bot"
	"chanbot/fuzz"
	"chanbot/nodeapi"
	"chanbot/simnode"
	"chanbot/tx"
)

// place returns where the cases are played: at a node of the user's, or at an
// embedded one in a process of its own.
func (g *fuzzing) place(ctx context.Context) (*fuzz.Place, error) {
	if g.s.embedded {
		return g.fresh(ctx)
	}
	keys, err := g.c.keys(g.s, g.where, g.o.pairs+1)
	if err != nil {
		return nil, err
	}
	cfg := g.config()
	cfg.InitiatorNode, cfg.ResponderNode, cfg.NetworkID = g.s.urls[0], g.s.urls[1], g.where.networkID
	p := &fuzz.Place{Bot: cfg, Close: func() error { return nil }}
	pool := make(chan [2]tx.KeyPair, g.o.pairs+1) // one for each pair and one for playing again
	for i := range g.o.pairs + 1 {
		pool <- [2]tx.KeyPair{keys[2*i], keys[2*i+1]}
	}
	// A play takes the pair that has rested longest.
	p.Keys = func(int) ([2]tx.KeyPair, error) { return <-pool, nil }
	p.Free = func(keys [2]tx.KeyPair) { pool <- keys }
	p.Alive = g.reachable
	if g.s.api != "" {
		client, err := apiClient(g.s.api, g.where.guard, g.s.tls, g.s.header, oneAttempt)
		if err != nil {
			return nil, err
		}
		p.Bot.API = poster(client)
		p.Alive = func(ctx context.Context) error {
			if _, err := client.Status(ctx); err != nil {
				return err
			}
			return g.reachable(ctx)
		}
		p.Close = func() error { client.Close(); return nil }
	}
	return p, nil
}

// reachable asks the channel API of the user's nodes for something that needs no
// channel. Whatever the answer is, it is one (ws-api 1: 404).
func (g *fuzzing) reachable(ctx context.Context) error {
	transport := apiTransport(g.where.guard, g.s.tls)
	defer transport.CloseIdleConnections()
	urls := g.s.urls // a copy
	for _, node := range slices.Compact(urls[:]) {
		u, err := url.Parse(node)
		if err != nil {
			return err
		}
		u.Scheme, u.Path, u.RawQuery = strings.Replace(u.Scheme, "ws", "http", 1), "/", ""
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
		if err != nil {
			return err
		}
		maps.Copy(req.Header, g.s.header)
		req.Host = cmp.Or(g.s.header.Get("Host"), req.Host)
		resp, err := transport.RoundTrip(req)
		if err != nil {
			return err
		}
		_ = resp.Body.Close() // nobody reads it
	}
	return nil
}

// oneAttempt is how often a search asks the API of a node for something: whether
// the node is there is what it wants to know.
const oneAttempt = 1

// config is what every place has.
func (g *fuzzing) config() bot.Config {
	s := g.s
	return bot.Config{
		Dial: g.where.guard.Dial, TLS: s.tls, Header: s.header, First: s.first, SignForm: s.form,
		ResponderHost: s.responderHost, ResponderPort: s.responderPort,
		Log: slog.New(slog.NewTextHandler(g.c.Stderr, &slog.HandlerOptions{Level: s.level})),
	}
}

// fresh starts an embedded node in a process of its own.
func (g *fuzzing) fresh(ctx context.Context) (*fuzz.Place, error) {
	cfg := g.config()
	args := nodeArgs(simnode.Config{Era: g.s.era, NetworkID: g.s.networkID, Latency: g.o.latency, DialRetry: dialRetry, Forgiving: g.o.forgiving, Defects: g.s.defects})
	args = append(args, "--endow", plenty.String(), "--log-level", "error")
	node, err := g.c.startNode(ctx, g.where.guard, cfg.Log, args...)
	if err != nil {
		return nil, err
	}
	node.onDemand = true
	cfg.InitiatorNode, cfg.ResponderNode, cfg.NetworkID, cfg.Embedded = node.url(), node.url(), node.network(), node.powers()
	client, err := apiClient(node.api(), g.where.guard, nil, nil, oneAttempt)
	if err != nil {
		_ = node.close() // it was of no use
		return nil, err
	}
	cfg.API = poster(client)
	p := chainOf(client)
	p.Bot, p.Keys = cfg, g.derived
	p.Alive = func(ctx context.Context) error {
		_, err := client.Status(ctx)
		return err
	}
	p.Gone = func() error {
		if !isClosed(node.gone()) {
			return nil
		}
		return node.died()
	}
	p.Close = func() error {
		client.Close()
		return node.close()
	}
	return p, nil
}

// chainOf returns what an embedded node says of its chain.
func chainOf(client *nodeapi.Client) *fuzz.Place {
	return &fuzz.Place{
		Account: func(ctx context.Context, id tx.ID) (*big.Int, uint64, error) {
			a, err := client.Account(ctx, id)
			if nodeapi.NotFound(err) {
				return new(big.Int).Set(plenty), 0, nil // it gets its coins when it is seen first
			}
			return a.Balance, a.Nonce, err
		},
		Locked: func(ctx context.Context, id tx.ID) (*big.Int, bool, error) {
			ch, err := client.Channel(ctx, id)
			if nodeapi.NotFound(err) {
				return nil, false, nil
			}
			return ch.Amount, err == nil, err
		},
		Depth: func(ctx context.Context, hash tx.Hash) (uint64, bool, error) {
			t, err := client.Transaction(ctx, hash)
			if nodeapi.NotFound(err) {
				return 0, false, nil
			}
			return t.Depth(), err == nil && !t.Pending, err
		},
	}
}

// derived returns accounts that nobody has used before on an embedded node.
func (g *fuzzing) derived(n int) ([2]tx.KeyPair, error) {
	label := func(role string) string { return "fuzz " + role + " " + strconv.Itoa(n) }
	seed := []byte(strconv.FormatUint(g.s.seed, 10))
	return [2]tx.KeyPair{tx.DeriveKeyPair(seed, label("initiator")), tx.DeriveKeyPair(seed, label("responder"))}, nil
}
