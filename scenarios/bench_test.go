package scenarios_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/nodeapi"
	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
	"chanbot/wire"
)

// damage is what a relay makes of the nth frame of its kind, from 0, that the node
// sends to a side during the run: the frames that the side gets instead. Frames of
// other kinds may come between or not.
type damage func(side, kind string, nth int, frame []byte) [][]byte

// played is what became of a case.
type played struct {
	report *bot.Report
	frames []results.FrameRecord
}

func (p *played) passed() bool { return p.report.Scenario.Verdict == results.Passed }

// Record keeps a frame.
func (p *played) Record(r results.FrameRecord) { p.frames = append(p.frames, r) }

// play runs a case on the embedded node, which damage stands before when it is
// not nil. It must be called in a bubble of fake time.
func play(t *testing.T, c scenarios.Case, change damage) *played {
	t.Helper()
	s := scenario(t, c.Scenario)
	if change != nil {
		impatient(s.Steps)
	}
	config := simnode.Config{Latency: 2 * time.Millisecond, DialRetry: 50 * time.Millisecond}
	if c.Era == "2020" {
		config.Era = simnode.Era2020
	}
	if s.Node != nil && s.Node.Blocks == strategy.BlocksManual {
		config.Blocks = simnode.Manual
	}
	node := simnode.New(config)
	keys := make([]tx.KeyPair, 2)
	for i := range keys {
		keys[i] = tx.DeriveKeyPair([]byte("conformance"), fmt.Sprint(i))
		node.Endow(keys[i].ID(), new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	}
	dial, stop := serve(node.HTTP())
	between := &relay{dial: dial, change: change, nth: map[string]int{}}
	outer, stopRelay := serve(between)
	defer func() {
		stopRelay()
		if err := node.Close(); err != nil {
			t.Error(err)
		}
		stop()
		between.wg.Wait()
	}()
	p := new(played)
	var err error
	p.report, err = bot.Run(t.Context(), bot.Config{
		Scenario: s, InitiatorNode: "ws://node", Dial: outer, NetworkID: node.NetworkID(), Keys: keys, Seed: 1,
		Timeout: patience, Frames: p, API: api(t, dial),
		Embedded: &bot.Embedded{OnDemand: config.Blocks == simnode.OnDemand, KeyBlocks: node.MineKeyBlocks, MicroBlock: node.MineMicroBlock},
	})
	if err != nil {
		t.Fatalf("%s: %v", c.Scenario, err)
	}
	return p
}

// patience is how long a step may take.
const patience = 20 * time.Second

// impatient takes the long timeouts out of steps, for nodes that let them run
// out. On a damaged node a step waits for what never comes.
func impatient(steps []strategy.Step) {
	for i := range steps {
		steps[i].Timeout = min(steps[i].Timeout, patience)
		impatient(steps[i].Action.Steps)
		for _, b := range steps[i].Action.Branches {
			impatient(b)
		}
	}
}

// api returns the HTTP API of the node.
func api(t *testing.T, dial dialFunc) *bot.API {
	t.Helper()
	client, err := nodeapi.New("http://node", &nodeapi.Options{DialContext: dial})
	if err != nil {
		t.Fatal(err)
	}
	return &bot.API{
		Post: func(ctx context.Context, s *tx.SignedTx) error {
			defer client.Close()
			_, err := client.Post(ctx, s)
			return err
		},
		NextNonce: func(ctx context.Context, id tx.ID) (uint64, error) {
			defer client.Close()
			return client.NextNonce(ctx, id)
		},
	}
}

func scenario(t *testing.T, name string) *strategy.Scenario {
	t.Helper()
	text, ok := scenarios.Scenario(name)
	if !ok {
		t.Fatalf("no scenario %q", name)
	}
	s, problems := strategy.Parse(name+".yaml", text, strategy.Options{ResolveStrategy: func(name string) (string, []byte, error) {
		b, _ := scenarios.Strategy(name)
		return name, b, nil
	}})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return s
}

type dialFunc = func(ctx context.Context, network, addr string) (net.Conn, error)

func serve(h http.Handler) (dial dialFunc, stop func()) {
	l := memnet.New()
	srv := &http.Server{Handler: h}
	served := make(chan struct{})
	go func() {
		srv.Serve(l)
		close(served)
	}()
	return l.DialContext, func() {
		srv.Close()
		<-served
	}
}

// relay stands between the bots and a node.
type relay struct {
	dial   dialFunc
	change damage
	wg     sync.WaitGroup

	mu  sync.Mutex
	nth map[string]int // frames of the node so far, by side and kind
}

func (r *relay) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d := websocket.Dialer{NetDialContext: r.dial}
	node, _, err := d.DialContext(req.Context(), "ws://node"+req.URL.RequestURI(), nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	client, err := (&websocket.Upgrader{}).Upgrade(w, req, nil)
	if err != nil {
		node.Close()
		return
	}
	side := req.URL.Query().Get("role")
	r.wg.Go(func() { pump(client, node, func(b []byte) [][]byte { return [][]byte{b} }) })
	r.wg.Go(func() { pump(node, client, func(b []byte) [][]byte { return r.damaged(side, b) }) })
}

func (r *relay) damaged(side string, b []byte) [][]byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.change == nil {
		return [][]byte{b}
	}
	f := wire.DecodeFrame(b)
	kind := notation(&f)
	n := r.nth[side+" "+kind]
	r.nth[side+" "+kind]++
	return r.change(side, kind, n, b)
}

// pump carries messages until the source ends, and how it ended.
func pump(from, to *websocket.Conn, change func([]byte) [][]byte) {
	defer to.Close()
	for {
		kind, b, err := from.ReadMessage()
		if err != nil {
			if c, ok := errors.AsType[*websocket.CloseError](err); ok && c.Code != websocket.CloseAbnormalClosure {
				message := websocket.FormatCloseMessage(c.Code, "")
				to.WriteControl(websocket.CloseMessage, message, time.Now().Add(time.Second)) //nolint:errcheck // it may be gone too
			}
			return
		}
		for _, f := range change(b) {
			if to.WriteMessage(kind, f) != nil {
				return
			}
		}
	}
}
