package bot_test

import (
	"fmt"
	"math/big"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// bench is an embedded node on a network in memory. It must be made inside the
// bubble of a test on fake time.
type bench struct {
	t    *testing.T
	node *simnode.Node
	cfg  bot.Config
	stop func()
}

func newBench(t *testing.T, s *strategy.Scenario, pairs int, with func(*simnode.Config)) *bench {
	t.Helper()
	nc := simnode.Config{}
	if with != nil {
		with(&nc)
	}
	node := simnode.New(nc)
	l := memnet.New()
	srv := &http.Server{Handler: node}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	b := &bench{t: t, node: node, stop: func() {
		node.Close()
		srv.Close()
		<-served
	}}
	b.cfg = bot.Config{
		Scenario:      s,
		InitiatorNode: "ws://node",
		Dial:          l.DialContext,
		NetworkID:     node.NetworkID(),
		Keys:          keys(node, pairs),
		Pairs:         pairs,
		Seed:          1,
		Embedded:      &bot.Embedded{OnDemand: nc.Blocks == simnode.OnDemand, KeyBlocks: node.MineKeyBlocks, MicroBlock: node.MineMicroBlock},
	}
	return b
}

func keys(node *simnode.Node, pairs int) []tx.KeyPair {
	var list []tx.KeyPair
	for i := range 2 * pairs {
		k := tx.DeriveKeyPair([]byte("test"), string(rune('a'+i%26))+time.Duration(i).String())
		node.Endow(k.ID(), new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
		list = append(list, k)
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
	s, problems := strategy.Parse(file, []byte(src), strategy.Options{ResolveStrategy: func(name string) (string, []byte, error) {
		src, ok := scenarios.Strategy(name)
		if !ok {
			return "", nil, fmt.Errorf("no strategy %s", name)
		}
		return name + ".yaml", src, nil
	}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return s
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
			if s.Load != nil {
				t.Skip("load is not runnable yet")
			}
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, s, 1, nil)
				defer b.stop()
				passed(t, b.run())
			})
		})
	}
}
