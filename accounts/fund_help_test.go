package accounts

import (
	"errors"
	"math/big"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"chanbot/internal/memnet"
	"chanbot/nodeapi"
	"chanbot/simnode"
	"chanbot/tx"
)

// bank is an embedded node with one rich account, for one synctest bubble.
type bank struct {
	*testing.T
	node   *simnode.Node
	client *nodeapi.Client
	rich   tx.KeyPair
	fault  func(next http.RoundTripper, r *http.Request) (*http.Response, error) // nil: none
	file   string
}

type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func newBank(t *testing.T, cfg simnode.Config) *bank {
	t.Helper()
	b := &bank{T: t, node: simnode.New(cfg), rich: tx.NewKeyPair(seedOf(9)), file: filepath.Join(t.TempDir(), "progress")}
	b.node.Endow(b.rich.ID(), coins(1e18))
	l := memnet.New()
	server := &http.Server{Handler: b.node.HTTP()}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("serve: %v", err)
		}
	})
	wires := &http.Transport{DialContext: l.DialContext, IdleConnTimeout: 4 * time.Second}
	b.client = b.dial(tripper(func(r *http.Request) (*http.Response, error) {
		if b.fault != nil {
			return b.fault(wires, r)
		}
		return wires.RoundTrip(r)
	}))
	t.Cleanup(func() {
		wires.CloseIdleConnections()
		server.Close()
		b.node.Close()
		wg.Wait()
	})
	return b
}

func (b *bank) dial(rt http.RoundTripper) *nodeapi.Client {
	b.Helper()
	c, err := nodeapi.New("http://node", &nodeapi.Options{Transport: rt, Attempts: 1})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func coins(n int64) *big.Int { return big.NewInt(n) }

// recipients are the accounts of a seed, each with an amount of its own.
func recipients(n int) []Payment {
	var all []Payment
	for i, k := range Derive(5, n) {
		all = append(all, Payment{k.ID(), coins(int64(1000 + i))})
	}
	return all
}

func (b *bank) progress() *Progress {
	b.Helper()
	p, err := OpenProgress(b.file)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// fund opens the progress file, pays and closes it.
func (b *bank) fund(payments []Payment, change func(*Funding)) (Funded, error) {
	b.Helper()
	p := b.progress()
	defer p.Close()
	f := Funding{Terms: Terms{Node: b.client}, From: b.rich, Progress: p}
	if change != nil {
		change(&f)
	}
	return Fund(b.Context(), f, payments)
}

func (b *bank) mustFund(payments []Payment, want Funded) {
	b.Helper()
	got, err := b.fund(payments, nil)
	if err != nil {
		b.Fatal(err)
	}
	if got.Before != want.Before || got.Paid != want.Paid {
		b.Errorf("paid %d now and %d before; want %d and %d", got.Paid, got.Before, want.Paid, want.Before)
	}
}

// has compares what the recipients have with so many times their amount.
func (b *bank) has(payments []Payment, times int64) {
	b.Helper()
	ids := []tx.ID{b.rich.ID()}
	for _, p := range payments {
		ids = append(ids, p.To)
	}
	balances, err := List(b.Context(), b.client, ids)
	if err != nil {
		b.Fatal(err)
	}
	for i, p := range payments {
		if want := new(big.Int).Mul(p.Amount, coins(times)); balances[i+1].Amount.Cmp(want) != 0 {
			b.Errorf("account %d has %s, want %s", i, balances[i+1].Amount, want)
		}
	}
}

// post signs a spend of the rich account and posts it.
func (b *bank) post(to tx.ID, nonce uint64, fee *big.Int) *tx.SignedTx {
	b.Helper()
	spend := &tx.Spend{SenderID: b.rich.ID(), RecipientID: to, Amount: coins(1), Fee: fee, Nonce: nonce}
	s := tx.NewSigned(spend).Sign(b.rich, b.node.NetworkID(), tx.Raw)
	if _, err := b.client.Post(b.Context(), s); err != nil {
		b.Fatal(err)
	}
	return s
}

// errorWith fails unless err says the words.
func (b *bank) errorWith(err error, words string) {
	b.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		b.Errorf("got error %v, want %q", err, words)
	}
}
