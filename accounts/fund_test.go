package accounts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"chanbot/simnode"
	"chanbot/tx"
)

func TestFundPaysEachOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{})
		all := recipients(23)
		var reports []string
		got, err := b.fund(all[:20], func(f *Funding) {
			f.Report = func(done, total int) { reports = append(reports, fmt.Sprintf("%d/%d", done, total)) }
		})
		if err != nil {
			t.Fatal(err)
		}
		if got.Paid != 20 || got.Before != 0 || got.Fees.Cmp(coins(20*16_700_000_000_000)) != 0 {
			t.Errorf("paid %d, before %d, fees %s", got.Paid, got.Before, got.Fees)
		}
		if len(reports) != 21 || reports[0] != "0/20" || reports[20] != "20/20" {
			t.Errorf("reports %v", reports)
		}
		b.has(all[:20], 1)
		b.mustFund(all[:20], Funded{Before: 20})
		b.has(all[:20], 1)
		b.mustFund(all, Funded{Before: 20, Paid: 3}) // a longer list
		b.has(all, 1)
		account, err := b.client.Account(t.Context(), b.rich.ID())
		if err != nil || account.Nonce != 23 {
			t.Errorf("nonce %d, %v; want 23", account.Nonce, err)
		}
	})
}

func TestFundWaitsForDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Interval, KeyBlockEvery: 9 * time.Minute})
		start := time.Now()
		got, err := b.fund(recipients(12), func(f *Funding) { f.Depth = 3 })
		if took := time.Since(start); err != nil || got.Paid != 12 || took < 27*time.Minute || took > 28*time.Minute {
			t.Errorf("paid %d after %v, %v", got.Paid, took, err)
		}
		b.has(recipients(12), 1)
	})
}

// crash ends everything at one point: from then on no request leaves and
// nothing is written.
type crash struct {
	mu    sync.Mutex
	left  int // steps until then
	torn  int // bytes of the line that is being written
	sent  bool
	ended bool
}

var errCrash = errors.New("crash")

// step tells whether the next thing happens in full, and whether it is the one
// at which everything ends.
func (c *crash) step() (whole, last bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return false, false
	}
	c.left--
	c.ended = c.left < 0
	return !c.ended, c.ended
}

func (c *crash) roundTrip(next http.RoundTripper, r *http.Request) (*http.Response, error) {
	whole, last := c.step()
	if whole {
		return next.RoundTrip(r)
	}
	if last && c.sent { // the node gets it, the answer is lost
		if resp, err := next.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
	}
	return nil, errCrash
}

// crashFile is a progress file whose writes are steps, too.
type crashFile struct {
	*os.File
	c *crash
}

func (f crashFile) Write(b []byte) (int, error) {
	whole, last := f.c.step()
	if whole {
		return f.File.Write(b)
	}
	if last {
		n, _ := f.File.Write(b[:min(f.c.torn, len(b))])
		return n, errCrash
	}
	return 0, errCrash
}

func (f crashFile) Sync() error {
	if whole, _ := f.c.step(); !whole {
		return errCrash
	}
	return f.File.Sync()
}

// TestFundCrashesAnywhere breaks a run off at every step it takes: each write,
// each sync and each request, before it has an effect, within it, or after it.
// Whatever happened, going on pays everybody once.
func TestFundCrashesAnywhere(t *testing.T) {
	for _, c := range []struct {
		name  string
		sent  bool
		torn  int
		twice bool // the second run crashes, too
		every int  // tried are steps 0, every, twice that, ...
	}{
		{"nothing of the last step happens", false, 0, false, 1},
		{"the request arrives and a part of the line is written", true, 20, false, 1},
		{"the whole line is written", true, 1 << 20, false, 1},
		{"and the next run crashes, too", true, 1 << 20, true, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			payments := recipients(6)
			for at, ended := 0, false; !ended; at += c.every {
				synctest.Test(t, func(t *testing.T) {
					b := newBank(t, simnode.Config{})
					run := func(at int) error {
						end := &crash{left: at, torn: c.torn, sent: c.sent}
						p := b.progress()
						defer p.Close()
						p.file = crashFile{p.file.(*os.File), end}
						b.fault = end.roundTrip
						defer func() { b.fault = nil }()
						_, err := Fund(t.Context(), Funding{Terms: Terms{Node: b.client}, From: b.rich, Progress: p}, payments)
						return err
					}
					err := run(at)
					if ended = err == nil; !ended && !errors.Is(err, errCrash) {
						t.Fatalf("crash at step %d: %v", at, err)
					}
					if c.twice && !ended {
						if err := run(at/2 + 1); err != nil && !errors.Is(err, errCrash) {
							t.Fatalf("second crash after step %d: %v", at, err)
						}
					}
					if _, err := b.fund(payments, nil); err != nil {
						t.Fatalf("after a crash at step %d: %v", at, err)
					}
					b.has(payments, 1)
					account, err := b.client.Account(t.Context(), b.rich.ID())
					if err != nil || account.Nonce != 6 {
						t.Errorf("crash at step %d: nonce %d, %v; want 6", at, account.Nonce, err)
					}
				})
				if t.Failed() {
					t.Fatalf("crash at step %d", at)
				}
			}
		})
	}
}

// A line that is on the disk before the transaction was posted is honoured even
// if the gas price has changed since.
func TestFundPostsTheSameBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Manual})
		payments := recipients(3)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		p := b.progress()
		_, err := Fund(ctx, Funding{Terms: Terms{Node: b.client}, From: b.rich, Progress: p}, payments)
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("without blocks: %v", err)
		}
		p.Close()
		before, err := os.ReadFile(b.file)
		if err != nil || bytes.Count(before, []byte("signed")) != 3 {
			t.Fatalf("progress %s, %v", before, err)
		}
		time.AfterFunc(30*time.Second, b.node.MineMicroBlock)
		b.mustFund(payments, Funded{Paid: 3})
		after, err := os.ReadFile(b.file)
		if err != nil || !bytes.HasPrefix(after, before) || bytes.Count(after, []byte("signed")) != 3 {
			t.Errorf("progress %s, %v; want no new signature", after, err)
		}
		b.has(payments, 1)
	})
}

// The user gives a better price to what is stuck: the nonce stays.
func TestFundRaisesThePrice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Manual})
		payments := recipients(2)
		_, err := b.fund(payments, func(f *Funding) { f.Patience = time.Minute })
		stalled, ok := errors.AsType[*StalledError](err)
		if !ok || stalled.Waiting != 2 || stalled.Why != "includable" {
			t.Fatalf("without blocks: %v", err)
		}
		time.AfterFunc(time.Minute, b.node.MineMicroBlock)
		got, err := b.fund(payments, func(f *Funding) { f.GasPrice = coins(3e9) })
		if err != nil || got.Paid != 2 || got.Fees.Cmp(coins(2*16_660*3e9)) < 0 {
			t.Errorf("paid %d for %s, %v", got.Paid, got.Fees, err)
		}
		b.has(payments, 1)
		_, err = b.fund(recipients(3), func(f *Funding) { f.GasPrice = coins(1000) })
		b.errorWith(err, "too low")
		time.AfterFunc(time.Minute, b.node.MineMicroBlock)
		b.mustFund(recipients(3), Funded{Before: 2, Paid: 1})
		b.has(recipients(3), 1)
	})
}

// Others use the account, too: they fill and take nonces, and displace payments.
func TestFundBesideOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Manual})
		other := tx.NewKeyPair(seedOf(77)).ID()
		b.post(other, 2, coins(2e13)) // behind a gap
		payments := recipients(8)
		var wg sync.WaitGroup
		wg.Go(func() {
			time.Sleep(10 * time.Second)
			// Nonce 3 is taken away from a payment that is in the pool.
			b.post(other, 3, coins(9e14))
			for range 100 {
				time.Sleep(5 * time.Second)
				b.node.MineMicroBlock()
			}
		})
		b.mustFund(payments, Funded{Paid: 8})
		wg.Wait()
		b.has(payments, 1)
		lines, err := os.ReadFile(b.file)
		if err != nil || bytes.Count(lines, []byte(`"void"`)) != 1 || bytes.Count(lines, []byte(`"signed"`)) != 9 {
			t.Errorf("progress %s, %v; want one void line", lines, err)
		}
		b.mustFund(payments, Funded{Before: 8})
	})
}

// A node that has dropped a transaction does not take the same bytes again.
func TestFundReplacesWhatWasDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{Blocks: simnode.Manual})
		dropped := ""
		b.fault = func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
			if r.Method != http.MethodPost {
				return next.RoundTrip(r)
			}
			hash, err := postedHash(r)
			switch {
			case err != nil:
				return nil, err
			case dropped == "": // the node says yes, and then it is gone
				dropped = hash
				return respond(r, 200, `{"tx_hash":"`+hash+`"}`), nil
			case hash == dropped:
				return respond(r, 400, `{"reason":"Invalid tx","error_code":"already_known"}`), nil
			}
			return next.RoundTrip(r)
		}
		time.AfterFunc(time.Minute, b.node.MineMicroBlock)
		b.mustFund(recipients(1), Funded{Paid: 1})
		b.has(recipients(1), 1)
		lines, err := os.ReadFile(b.file)
		if err != nil || bytes.Count(lines, []byte(`"signed"`)) != 2 {
			t.Errorf("progress %s, %v; want a replacement", lines, err)
		}
	})
}

// postedHash is that of the transaction in a request.
func postedHash(r *http.Request) (string, error) {
	body, err := r.GetBody()
	if err != nil {
		return "", err
	}
	var posted struct{ Tx string }
	if err := json.NewDecoder(body).Decode(&posted); err != nil {
		return "", err
	}
	s, err := tx.ParseSigned(posted.Tx)
	if err != nil {
		return "", err
	}
	return s.Hash().Text(tx.PrefixTxHash), nil
}

func respond(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func TestFundRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, simnode.Config{})
		all := recipients(3)
		b.mustFund(all[:2], Funded{Paid: 2})
		tooMuch := []Payment{{all[2].To, coins(1e18)}}
		for _, c := range []struct {
			payments []Payment
			change   func(*Funding)
			want     string
		}{
			{[]Payment{all[2], all[2]}, nil, "is in the list twice"},
			{[]Payment{{all[2].To, coins(0)}}, nil, "expected more than 0"},
			{[]Payment{{all[2].To, nil}}, nil, "expected more than 0"},
			{[]Payment{{tx.ID{Kind: tx.ChannelID}, coins(1)}}, nil, "is no account"},
			{[]Payment{{b.rich.ID(), coins(1)}}, nil, "pay itself"},
			{[]Payment{{all[0].To, coins(5)}}, nil, "is to get 1000 aettos there, and now 5"},
			{all, func(f *Funding) { f.From = Derive(1, 1)[0] }, "its payments are of"},
			{all, func(f *Funding) { f.From = tx.KeyPair{} }, "no key"},
			{all, func(f *Funding) { f.NetworkID = "ae_mainnet" }, "the node is in network ae_dev, not in ae_mainnet"},
			{tooMuch, nil, "has 999966599999997999 aettos; the payments and their fees need 1000016880000000000"},
		} {
			_, err := b.fund(c.payments, c.change)
			b.errorWith(err, c.want)
		}
		_, err := b.fund(tooMuch, nil)
		if poor, ok := errors.AsType[*InsufficientError](err); !ok || poor.ID != b.rich.ID() {
			t.Errorf("got %v, want an InsufficientError", err)
		}
		_, err = b.fund(all, nil)
		if err != nil {
			t.Error(err)
		}
		b.has(all, 1)

		// The same file on a chain that began anew.
		again := newBank(t, simnode.Config{})
		again.file = b.file
		_, err = again.fund(all, nil)
		again.errorWith(err, "is not on this chain")
		elsewhere := newBank(t, simnode.Config{NetworkID: "ae_uat"})
		elsewhere.file = b.file
		_, err = elsewhere.fund(all, nil)
		elsewhere.errorWith(err, "it is for network ae_dev, and this is ae_uat")
	})
}

func TestFundDoesNotTrustPrices(t *testing.T) {
	for _, c := range []struct {
		prices string
		want   string // the fee, or an error
	}{
		{`[]`, "16700000000000"},
		{`[{"min_gas_price":0,"minutes":1,"utilization":0},{"min_gas_price":2000000000,"minutes":5,"utilization":9},{"min_gas_price":9000000000,"minutes":15,"utilization":9}]`, "33400000000000"},
		{`[{"min_gas_price":2000000000,"minutes":1,"utilization":95}]`, "66800000000000"},
		{`[{"min_gas_price":100000000000000000,"minutes":1,"utilization":0}]`, "choose a gas price"},
		{`{}`, "not an answer of a node"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBank(t, simnode.Config{})
			b.fault = func(next http.RoundTripper, r *http.Request) (*http.Response, error) {
				if r.URL.Path == "/v3/recent-gas-prices" {
					return respond(r, 200, c.prices), nil
				}
				return next.RoundTrip(r)
			}
			got, err := b.fund(recipients(1), nil)
			if err != nil {
				b.errorWith(err, c.want)
			} else if got.Fees.String() != c.want {
				t.Errorf("prices %s: fee %s, want %s", c.prices, got.Fees, c.want)
			}
		})
	}
}
