package reclaim_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"sync"
	"testing"
	"time"

	"chanbot/accounts"
	"chanbot/bot"
	"chanbot/internal/memnet"
	"chanbot/nodeapi"
	"chanbot/reclaim"
	"chanbot/results"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// bench is an embedded node as a server of its own, for one synctest bubble, and
// the folder of a run against it.
type bench struct {
	*testing.T
	node   *simnode.Node
	net    *memnet.Listener
	api    *nodeapi.Client
	wires  *http.Transport
	keys   []tx.KeyPair
	folder *results.Folder
	target tx.KeyPair
	given  *big.Int // what the accounts had in all
	// query, if it is not nil, may change how a connection is made.
	query func(r *http.Request)
}

func newBench(t *testing.T, pairs int) *bench {
	t.Helper()
	b := &bench{
		T: t, net: memnet.New(), keys: accounts.Derive(7, 2*pairs), target: tx.DeriveKeyPair([]byte("reclaim"), "target"),
		node:  simnode.New(simnode.Config{Blocks: simnode.Interval, KeyBlockEvery: time.Second, Latency: 2 * time.Millisecond, SetupSlots: 10, SetupQueue: 5}),
		given: new(big.Int),
	}
	for _, k := range b.keys {
		amount := big.NewInt(1e18)
		b.node.Endow(k.ID(), amount)
		b.given.Add(b.given, amount)
	}
	handler := b.node.HTTP()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if b.query != nil {
			b.query(r)
		}
		handler.ServeHTTP(w, r)
	})}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(b.net); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	wires := &http.Transport{DialContext: b.net.DialContext, IdleConnTimeout: 4 * time.Second}
	b.wires = wires
	var err error
	if b.api, err = nodeapi.New("http://node", &nodeapi.Options{Transport: wires, Attempts: 1}); err != nil {
		t.Fatal(err)
	}
	if b.folder, err = results.CreateFolder(t.TempDir(), time.Now(), t.Name()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		wires.CloseIdleConnections()
		if err := b.node.Close(); err != nil {
			t.Error(err)
		}
		server.Close()
		wg.Wait()
	})
	return b
}

// play runs a scenario and keeps its channels in the folder. With kill the bot
// is gone, sockets and all, when it returns true.
func (b *bench) play(steps string, kill func(results.FrameRecord) bool) {
	b.Helper()
	s, problems := strategy.Parse("test.yaml", []byte("chanbot: 1\nname: test\ndescription: test\nchannel: {lock_period: 10, push_amount: 7, params: {minimum_depth: 1, minimum_depth_strategy: plain}}\nsteps:\n"+steps), strategy.Options{})
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	channels, _, err := b.folder.OpenChannels()
	if err != nil {
		b.Fatal(err)
	}
	leave := make(chan struct{})
	var once sync.Once
	cfg := bot.Config{
		Scenario: s, InitiatorNode: "ws://node", Dial: b.net.DialContext, Keys: b.keys, Pairs: len(b.keys) / 2,
		Seed: 1, Channels: channels, Leave: leave, KeepAlive: -1,
		Frames: frames(func(r results.FrameRecord) {
			if kill != nil && kill(r) {
				once.Do(func() { close(leave) })
			}
		}),
	}
	if _, err := bot.Run(b.Context(), cfg); err != nil {
		b.Fatal(err)
	}
	if err := channels.Close(); err != nil {
		b.Fatal(err)
	}
}

// countingTransport tells of each request before it is sent.
type countingTransport struct {
	next http.RoundTripper
	each func()
}

func (c *countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	c.each()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return c.next.RoundTrip(r)
}

type frames func(results.FrameRecord)

func (f frames) Record(r results.FrameRecord) { f(r) }

// reclaim opens the folder, reclaims and sweeps. change may change the Config.
func (b *bench) reclaim(change func(*reclaim.Config)) []reclaim.Result {
	b.Helper()
	channels, known, err := b.folder.OpenChannels()
	if err != nil {
		b.Fatal(err)
	}
	defer channels.Close()
	cfg := reclaim.Config{
		Terms: accounts.Terms{Node: b.api}, Keys: b.keys, Nodes: [2]string{"ws://node/channel", "ws://node/channel"}, Dial: b.net.DialContext,
		Host: "localhost", Port: 13179, Wait: 10 * time.Minute, Channels: channels,
	}
	if change != nil {
		change(&cfg)
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	all, err := reclaim.Run(ctx, cfg, known)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range all {
		b.Log(r)
	}
	return all
}

// want fails unless every channel has come to a status.
func (b *bench) want(all []reclaim.Result, channels int, status reclaim.Status) {
	b.Helper()
	if len(all) != channels {
		b.Errorf("%d channels, want %d", len(all), channels)
	}
	for _, r := range all {
		if r.Status != status {
			b.Errorf("%s is %s (%s), want %s", r.Channel, r.Status, r.Reason, status)
		}
	}
}

// sweptAll sweeps the accounts and fails unless everything but fees of at most
// some transactions for each pair is with the target.
func (b *bench) sweptAll(fees int64) {
	b.Helper()
	swept, err := accounts.Sweep(b.Context(), accounts.Terms{Node: b.api}, b.keys, b.target.ID())
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range swept {
		if s.Err != nil {
			b.Errorf("%s: %v", s.ID, s.Err)
		}
	}
	if err := b.node.CheckCoins(); err != nil {
		b.Error(err)
	}
	has, err := b.api.Account(b.Context(), b.target.ID())
	if err != nil {
		b.Fatal(err)
	}
	cost := new(big.Int).Sub(b.given, has.Balance)
	most := big.NewInt(fees * int64(len(b.keys)/2) * 30_000 * 1_000_000_000)
	if cost.Sign() <= 0 || cost.Cmp(most) > 0 {
		b.Errorf("of %s aettos %s are missing, want at most %s", b.given, cost, most)
	}
}

// onChain is a channel as the chain has it.
func (b *bench) onChain(id string) (nodeapi.Channel, error) {
	b.Helper()
	channel, err := tx.ParseID(id)
	if err != nil {
		b.Fatal(err)
	}
	return b.api.Channel(b.Context(), channel)
}

// known reads the folder's channels.
func (b *bench) known() []results.ChannelRecord {
	b.Helper()
	channels, known, err := b.folder.OpenChannels()
	if err == nil {
		err = channels.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	return known
}

// updates are so many transfers, one way and the other.
func updates(n int) string {
	return fmt.Sprintf("  - open:\n  - repeat:\n      times: %d\n      steps:\n        - initiator: {transfer: 3}\n        - responder: {transfer: 1}\n", n)
}
