package bot_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/nodeapi"
	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// bench is an embedded node on a network in memory. It must be made inside the
// bubble of a test on fake time.
type bench struct {
	t    testing.TB
	node *simnode.Node
	net  *memnet.Listener
	cfg  bot.Config
	stop func()
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

func newBench(t testing.TB, s *strategy.Scenario, pairs int, with func(*simnode.Config)) *bench {
	t.Helper()
	nc := simnode.Config{}
	if with != nil {
		with(&nc)
	}
	node := simnode.New(nc)
	l := memnet.New()
	srv := &http.Server{Handler: node.HTTP()}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	b := &bench{t: t, node: node, net: l, stop: func() {
		if err := node.Close(); err != nil {
			t.Error(err)
		}
		srv.Close()
		<-served
	}}
	b.cfg = bot.Config{
		Scenario:      s,
		InitiatorNode: "ws://node",
		Dial:          l.DialContext,
		NetworkID:     node.NetworkID(),
		Keys:          keys(node, pairs*s.AccountPairs()),
		Pairs:         pairs,
		Seed:          1,
		API:           api(t, l.DialContext),
		Embedded:      &bot.Embedded{OnDemand: nc.Blocks == simnode.OnDemand, KeyBlocks: node.MineKeyBlocks, MicroBlock: node.MineMicroBlock},
	}
	return b
}

// api returns the HTTP API of the node.
func api(t testing.TB, dial dialFunc) *bot.API {
	client, err := nodeapi.New("http://node", &nodeapi.Options{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	refused := func(err error) error {
		if no, ok := errors.AsType[*nodeapi.Error](err); ok {
			return &bot.PostRefusal{Status: no.Status, Reason: no.Error()}
		}
		return err
	}
	return &bot.API{
		Post: func(ctx context.Context, s *tx.SignedTx) error {
			defer client.Close()
			_, err := client.Post(ctx, s)
			return refused(err)
		},
		NextNonce: func(ctx context.Context, id tx.ID) (uint64, error) {
			n, err := client.NextNonce(ctx, id)
			return n, refused(err)
		},
		Height: func(ctx context.Context) (uint64, error) {
			defer client.Close()
			return client.Height(ctx)
		},
	}
}

// keys returns the accounts of some pairs, each with plenty of coins.
func keys(node *simnode.Node, pairs int) []tx.KeyPair {
	list := someKeys(2 * pairs)
	for _, k := range list {
		node.Endow(k.ID(), new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	}
	return list
}

func someKeys(n int) []tx.KeyPair {
	list := make([]tx.KeyPair, n)
	for i := range list {
		list[i] = tx.DeriveKeyPair([]byte("test"), strconv.Itoa(i))
	}
	return list
}

// run runs the scenario and logs the report if the run did not pass.
func (b *bench) run() *bot.Report {
	b.t.Helper()
	rep, err := bot.Run(b.t.Context(), b.cfg)
	if err != nil {
		b.t.Errorf("run: %v", err)
	}
	return rep
}

func load(t *testing.T, name string) *strategy.Scenario {
	t.Helper()
	src, ok := scenarios.Scenario(name)
	if !ok {
		t.Fatalf("no scenario %s", name)
	}
	return parse(t, name+".yaml", string(src))
}

func parse(t *testing.T, file, src string) *strategy.Scenario {
	t.Helper()
	s, err := parseText(file, src)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func parseText(file, src string) (*strategy.Scenario, error) {
	s, problems := strategy.Parse(file, []byte(src), strategy.Options{ResolveStrategy: func(name string) (string, []byte, error) {
		src, ok := scenarios.Strategy(name)
		if !ok {
			return "", nil, fmt.Errorf("no strategy %s", name)
		}
		return name + ".yaml", src, nil
	}})
	return s, problems.Err()
}

func passed(t *testing.T, rep *bot.Report) {
	t.Helper()
	if rep == nil {
		return
	}
	if rep.Scenario.Verdict != results.Passed {
		t.Errorf("%s", rep.Scenario.Render(results.Style{Width: 110}))
	}
}

func TestReadyScenariosPass(t *testing.T) {
	for _, name := range scenarios.Names() {
		t.Run(name, func(t *testing.T) {
			s := load(t, name)
			pairs := 1
			if s.Load != nil { // a part of it tells enough
				pairs = min(s.Load.Pairs, 20)
				for i := range s.Load.Phases {
					ph := &s.Load.Phases[i]
					ph.Warmup, ph.Duration = min(ph.Warmup, time.Second), min(ph.Duration, 3*time.Second)
				}
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, pairs, func(c *simnode.Config) {
					if s.Node != nil && s.Node.Era == "2020" {
						c.Era = simnode.Era2020
						c.Latency = time.Millisecond // so that signatures of both sides cross
					}
					if s.Load != nil {
						c.Latency = 5 * time.Millisecond // for without any a closed model would never get on
					}
				})
				defer b.stop()
				passed(t, b.run())
			})
		})
	}
}
