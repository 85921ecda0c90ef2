package nodeapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/internal/memnet"
	"chanbot/nodeapi"
	"chanbot/simnode"
	"chanbot/tx"
)

// serve answers at http://node until the test ends. Call it inside the bubble.
func serve(t *testing.T, h http.Handler, o *nodeapi.Options) *nodeapi.Client {
	t.Helper()
	l := memnet.New()
	server := &http.Server{Handler: h, IdleTimeout: 5 * time.Second} // the node's
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	if o == nil {
		o = new(nodeapi.Options)
	}
	o.DialContext = l.DialContext
	c, err := nodeapi.New("http://node/", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		server.Close()
		wg.Wait()
	})
	return c
}

func keyOf(label string) tx.KeyPair { return tx.DeriveKeyPair([]byte("nodeapi"), label) }

func spend(from tx.KeyPair, to tx.ID, amount int64, nonce uint64) *tx.SignedTx {
	t := &tx.Spend{SenderID: from.ID(), RecipientID: to, Amount: big.NewInt(amount), Nonce: nonce}
	tx.SetFee(t, tx.MinFee(t, nodeapi.DefaultGasPrice()))
	return tx.NewSigned(t).Sign(from, "ae_dev", tx.Raw)
}

// TestEverythingAgainstTheEmbeddedNode asks for all there is, over real HTTP on
// a network in memory.
func TestEverythingAgainstTheEmbeddedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		node := simnode.New(simnode.Config{Blocks: simnode.Manual})
		defer node.Close()
		alice, bob := keyOf("alice"), keyOf("bob")
		rich, _ := new(big.Int).SetString("1000000000000000000000", 10) // more than 64 bits
		node.Endow(alice.ID(), rich)
		c := serve(t, node.HTTP(), nil)
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}

		status, err := c.Status(ctx)
		must(err)
		if status.NetworkID != "ae_dev" || status.Syncing || status.TopHeight != 1 || status.Protocol() != 6 || status.GenesisKeyBlock.IsZero() {
			t.Errorf("status %+v", status)
		}
		account, err := c.Account(ctx, alice.ID())
		must(err)
		if account.Balance.Cmp(rich) != 0 || account.Nonce != 0 || !account.Basic || account.Top != 1 {
			t.Errorf("account %+v", account)
		}
		if _, err := c.Account(ctx, bob.ID()); !nodeapi.NotFound(err) {
			t.Errorf("unknown account: %v", err)
		}
		if _, err := c.NextNonce(ctx, bob.ID()); !nodeapi.NotFound(err) || nodeapi.Code(err) != "account_not_found" {
			t.Errorf("nonce of an unknown account: %v", err)
		}

		first, third := spend(alice, bob.ID(), 7, 1), spend(alice, bob.ID(), 7, 3)
		for _, s := range []*tx.SignedTx{first, third} {
			posted, err := c.Post(ctx, s)
			must(err)
			if posted != nodeapi.PostedNew {
				t.Errorf("posted as %v", posted)
			}
		}
		if posted, err := c.Post(ctx, first); err != nil || posted != nodeapi.PostedKnown {
			t.Errorf("posted again as %v, %v", posted, err)
		}
		next, err := c.NextNonce(ctx, alice.ID())
		must(err)
		free, err := c.FreeNonce(ctx, alice.ID())
		must(err)
		if next != 4 || free != 2 {
			t.Errorf("next nonce %d, free nonce %d; want 4 and 2", next, free)
		}
		got, err := c.Transaction(ctx, first.Hash())
		must(err)
		if !got.Pending || got.Type != "SpendTx" || got.Signed.Text() != first.Text() || got.Depth() != 0 {
			t.Errorf("pending transaction %+v", got)
		}
		mine, err := c.PendingOf(ctx, alice.ID())
		must(err)
		pool, err := c.Pool(ctx)
		must(err)
		if len(mine) != 2 || len(pool) != 2 || mine[1].Hash != third.Hash() {
			t.Errorf("pending of the account %+v, pool %+v", mine, pool)
		}
		if why, err := c.CheckTx(ctx, first.Hash()); err != nil || why != "includable" {
			t.Errorf("check of the first: %q, %v", why, err)
		}

		// Somebody else makes blocks while this one waits.
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(10 * time.Second)
			if height, err := c.EmitMicroBlock(ctx); err != nil || height != 1 {
				t.Errorf("micro block: height %d, %v", height, err)
			}
			time.Sleep(10 * time.Second)
			if height, err := c.EmitKeyBlocks(ctx, 3); err != nil || height != 4 {
				t.Errorf("key blocks: height %d, %v", height, err)
			}
		})
		start := time.Now()
		got, err = c.Wait(ctx, first.Hash(), nodeapi.Wait{Every: time.Second})
		must(err)
		if took := time.Since(start); got.Pending || got.Height != 1 || took > 11*time.Second {
			t.Errorf("in a block after %v: %+v", took, got)
		}
		got, err = c.Wait(ctx, first.Hash(), nodeapi.Wait{Depth: 3})
		must(err)
		if took := time.Since(start); got.Depth() != 3 || took < 20*time.Second || took > 21*time.Second {
			t.Errorf("deep enough after %v: %+v", took, got)
		}
		wg.Wait()
		if posted, err := c.Post(ctx, first); err != nil || posted != nodeapi.PostedAccepted {
			t.Errorf("posted once more as %v, %v", posted, err)
		}
		if _, err := c.Post(ctx, spend(alice, bob.ID(), 8, 1)); nodeapi.Code(err) != nodeapi.CodeNonceTooLow {
			t.Errorf("an old nonce: %v", err)
		}
		if _, err := c.Transaction(ctx, tx.Hash{1}); !nodeapi.NotFound(err) {
			t.Errorf("unknown transaction: %v", err)
		}

		height, err := c.Height(ctx)
		must(err)
		current, err := c.CurrentKeyBlock(ctx)
		must(err)
		second, err := c.KeyBlockAt(ctx, 2)
		must(err)
		if height != 4 || current.Height != 4 || second.Height != 2 || !second.MicroBelow || current.MicroBelow || current.Version != 6 {
			t.Errorf("height %d, top %+v, second %+v", height, current, second)
		}
		if _, err := c.KeyBlockAt(ctx, 99); !nodeapi.NotFound(err) {
			t.Errorf("future block: %v", err)
		}
		prices, err := c.GasPrices(ctx)
		must(err)
		if len(prices) != 4 || prices[3].Minutes != 60 || prices[3].Min.Cmp(nodeapi.DefaultGasPrice()) != 0 {
			t.Errorf("gas prices %+v", prices)
		}
		if n, err := c.FSMCount(ctx); err != nil || n != 0 {
			t.Errorf("%d machines, %v", n, err)
		}
	})
}

func TestChannelObject(t *testing.T) {
	for _, era := range []simnode.Era{simnode.EraCurrent, simnode.Era2020} {
		synctest.Test(t, func(t *testing.T) {
			node := simnode.New(simnode.Config{NetworkID: "ae_dev", Era: era})
			defer node.Close()
			i, r := keyOf("initiator"), keyOf("responder")
			node.Endow(i.ID(), big.NewInt(1e15))
			node.Endow(r.ID(), big.NewInt(1e15))
			c := serve(t, node.HTTP(simnode.ExternalPort), nil)
			id := tx.ChannelIDOf(i.ID(), 1, r.ID())
			if _, err := c.Channel(t.Context(), id); !nodeapi.NotFound(err) {
				t.Errorf("before it is created: %v", err)
			}
			create := &tx.Create{
				Version: 2 - int(era), InitiatorID: i.ID(), InitiatorAmount: big.NewInt(7e13), ResponderID: r.ID(), ResponderAmount: big.NewInt(4e13),
				ChannelReserve: big.NewInt(2), LockPeriod: 10, StateHash: tx.Hash{1}, Nonce: 1, InitiatorDelegates: []tx.ID{r.ID()},
			}
			tx.SetFee(create, tx.MinFee(create, nodeapi.DefaultGasPrice()))
			s := tx.NewSigned(create).Sign(i, "ae_dev", tx.Raw).Sign(r, "ae_dev", tx.Hashed)
			if _, err := c.Post(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if _, err := c.Wait(t.Context(), s.Hash(), nodeapi.Wait{}); err != nil {
				t.Fatal(err)
			}
			ch, err := c.Channel(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			if ch.ID != id || ch.Amount.Cmp(big.NewInt(11e13)) != 0 || ch.InitiatorAmount.Cmp(big.NewInt(7e13)) != 0 || ch.Round != 1 ||
				ch.Closing() || ch.LockPeriod != 10 || ch.StateHash != (tx.Hash{1}) || len(ch.InitiatorDelegates) != 1 || len(ch.ResponderDelegates) != 0 {
				t.Errorf("channel %+v", ch)
			}
			if _, err := c.FSMCount(t.Context()); !nodeapi.Unsupported(err) || nodeapi.NotFound(err) {
				t.Errorf("an operation of another port: %v", err)
			}
		})
	}
}

// http-api 1: what an overloaded node and a proxy in front of it do.
func TestRequestsAreRepeated(t *testing.T) {
	const height = `{"height":5}`
	type step func(http.ResponseWriter, *http.Request)
	say := func(status int, body string, headers ...string) step {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i+1 < len(headers); i += 2 {
				w.Header().Set(headers[i], headers[i+1])
			}
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	reset := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	switched := func(w http.ResponseWriter, r *http.Request) { // and then says no more
		c, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		io.Copy(io.Discard, c)
	}
	overload := say(503, `{"reason":"Temporary overload"}`, "Retry-After", "3")
	for _, c := range []struct {
		name     string
		steps    []step
		requests int
		least    time.Duration // that it takes
		err      string        // "" for success
	}{
		{"at once", []step{say(200, height)}, 1, 0, ""},
		{"overloaded twice", []step{overload, overload, say(200, height)}, 3, 6 * time.Second, ""},
		{"always overloaded", []step{overload}, 5, 12 * time.Second, "503 Service Unavailable: Temporary overload"},
		{"a server that wants an hour", []step{say(503, "", "Retry-After", "3600"), say(200, height)}, 2, 30 * time.Second, ""},
		{"broken connection", []step{reset, say(200, height)}, 2, 0, ""},
		{"always broken", []step{reset}, 5, 0, "EOF"},
		{"no answer", []step{hang, say(200, height)}, 2, 15 * time.Second, ""},
		{"bad gateway", []step{say(502, "<html>"), say(200, height)}, 2, 0, ""},
		{"internal error", []step{say(500, `{"reason":"Internal server error"}`)}, 1, 0, "500 Internal Server Error: Internal server error"},
		{"empty error", []step{say(404, "")}, 1, 0, "404 Not Found"},
		{"another protocol", []step{switched}, 1, 0, "101 Switching Protocols"},
		{"redirect", []step{say(302, "", "Location", "http://elsewhere/")}, 1, 0, "302 Found"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n atomic.Int64
				client := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					c.steps[min(int(n.Add(1)), len(c.steps))-1](w, r)
				}), nil)
				start := time.Now()
				h, err := client.Height(t.Context())
				took := time.Since(start)
				switch {
				case c.err == "" && (err != nil || h != 5):
					t.Errorf("height %d, %v", h, err)
				case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err) || !strings.HasPrefix(err.Error(), "GET /v3/key-blocks/current/height: ")):
					t.Errorf("got %v, want %s", err, c.err)
				}
				if int(n.Load()) != c.requests || took < c.least || took > c.least+10*time.Second {
					t.Errorf("%d requests in %v, want %d in %v", n.Load(), took, c.requests, c.least)
				}
			})
		})
	}
}

func TestBlocksAreNotMadeTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n atomic.Int64
		c := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			n.Add(1)
			panic(http.ErrAbortHandler)
		}), nil)
		if _, err := c.EmitKeyBlocks(t.Context(), 5); err == nil || n.Load() != 1 {
			t.Errorf("%d requests, error %v", n.Load(), err)
		}
	})
}

func TestCancellation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "10")
			w.WriteHeader(503)
		}), &nodeapi.Options{Attempts: 1000})
		reason := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(65*time.Second, func() { cancel(reason) })
		start := time.Now()
		if _, err := c.Status(ctx); !errors.Is(err, reason) || time.Since(start) != 65*time.Second {
			t.Errorf("ended after %v with %v", time.Since(start), err)
		}
	})
}

func TestRequestsInFlightAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Second)
			now.Add(-1)
			io.WriteString(w, `{"height":1}`)
		}), nil)
		var wg sync.WaitGroup
		for range 40 {
			wg.Go(func() {
				if _, err := c.Height(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most.Load() != 16 {
			t.Errorf("%d requests at once, want 16", most.Load())
		}
	})
}

// The node closes idle connections after 5 s; the client is faster.
func TestIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, `{"height":1}`) }), &nodeapi.Options{Attempts: 1})
		for i := range 100 {
			time.Sleep(time.Duration(i) * 100 * time.Millisecond)
			if _, err := c.Height(t.Context()); err != nil {
				t.Fatalf("after a pause of %d00 ms: %v", i, err)
			}
		}
	})
}

func TestNewRefusesURLs(t *testing.T) {
	for _, base := range []string{"", "node:3013", "ws://node", "http://", "http://user:word@node", "http://node?x=1", "http://node#x", "http://%zz"} {
		if _, err := nodeapi.New(base, nil); err == nil || strings.Contains(err.Error(), "word") {
			t.Errorf("%q: %v", base, err)
		}
	}
	c, err := nodeapi.New("https://node/proxy/", nil)
	if err != nil || c.URL() != "https://node/proxy" {
		t.Errorf("URL %v, %v", c, err)
	}
}

func ExampleNew() {
	c, err := nodeapi.New("http://127.0.0.1:3013", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	fmt.Println(c.URL())
	// Output: http://127.0.0.1:3013
}
