package main

import (
	"bytes"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"chanbot/accounts"
	"chanbot/simnode"
	"chanbot/tx"
)

// accountsTest is an embedded node behind a real socket and a folder of files.
type accountsTest struct {
	*testing.T
	dir  string
	api  string
	node *simnode.Node
	// mining makes a micro block before each request is answered.
	mining atomic.Bool
}

func newAccountsTest(t *testing.T, cfg simnode.Config) *accountsTest {
	t.Helper()
	node := simnode.New(cfg)
	a := &accountsTest{T: t, dir: t.TempDir(), node: node}
	api := node.HTTP()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.mining.Load() {
			node.MineMicroBlock()
		}
		api.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		server.Close()
		node.Close()
	})
	a.api = server.URL
	return a
}

func (a *accountsTest) path(name string) string { return filepath.Join(a.dir, name) }

// run calls chanbot accounts; API and FILE: in arguments stand for the node and
// the folder.
func (a *accountsTest) run(code int, args ...string) (stdout, stderr string) {
	a.Helper()
	for i, arg := range args {
		args[i] = strings.NewReplacer("API", a.api, "FILE:", a.dir+string(filepath.Separator)).Replace(arg)
	}
	var out, errs bytes.Buffer
	c := Command{Stdout: &out, Stderr: &errs, Signals: make(chan os.Signal)}
	if got := c.Main(append([]string{"accounts"}, args...)); got != code {
		a.Fatalf("accounts %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, out.String(), errs.String())
	}
	return out.String(), errs.String()
}

// rich writes a key file with one account that has coins.
func (a *accountsTest) rich() tx.KeyPair {
	a.Helper()
	key := tx.DeriveKeyPair([]byte(a.Name()), "rich")
	a.node.Endow(key.ID(), new(big.Int).Exp(big.NewInt(10), big.NewInt(22), nil))
	var file bytes.Buffer
	if err := accounts.Save(&file, []tx.KeyPair{key}); err != nil {
		a.Fatal(err)
	}
	if err := os.WriteFile(a.path("rich.yaml"), file.Bytes(), 0o600); err != nil {
		a.Fatal(err)
	}
	return key
}

func TestAccountsFromTheSeedToTheSweep(t *testing.T) {
	a := newAccountsTest(t, simnode.Config{})
	rich := a.rich()
	out, said := a.run(0, "new", "--count", "6", "--seed-file", "FILE:seed", "--out", "FILE:keys.yaml")
	if strings.Count(out, "ak_") != 6 || strings.Contains(out, "sk_") || !strings.Contains(said, "wrote a new seed") {
		t.Errorf("new: %s%s", out, said)
	}
	for _, name := range []string{"seed", "keys.yaml"} {
		if info, err := os.Stat(a.path(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
	longer, _ := a.run(0, "new", "--count", "8", "--seed-file", "FILE:seed", "--out", "FILE:more.yaml")
	if !strings.HasPrefix(longer, out) {
		t.Error("a longer list does not begin with the shorter one")
	}

	fund := func(keys string) (string, string) {
		t.Helper()
		return a.run(0, "fund", "--accounts", "FILE:"+keys, "--from", "FILE:rich.yaml", "--amount", "1000000000000000000", "--api", "API", "--progress", "FILE:paid")
	}
	out, said = fund("keys.yaml")
	if out != "paid 6 accounts 1000000000000000000 aettos each, fees 100920000000000 aettos\n" || strings.Count(said, "paid") != 7 {
		t.Errorf("fund: %s%s", out, said)
	}
	if out, _ = fund("more.yaml"); !strings.HasPrefix(out, "paid 2 accounts") || !strings.HasSuffix(out, "; 6 had been paid before\n") {
		t.Errorf("fund more: %s", out)
	}
	if out, _ = fund("more.yaml"); !strings.HasPrefix(out, "paid 0 accounts") || !strings.HasSuffix(out, "; 8 had been paid before\n") {
		t.Errorf("fund again: %s", out)
	}

	out, _ = a.run(0, "list", "--accounts", "FILE:more.yaml", "--api", "API")
	if strings.Count(out, "  1000000000000000000  nonce 0\n") != 8 || !strings.HasSuffix(out, "8 accounts on ae_dev, 8000000000000000000 aettos\n") {
		t.Errorf("list:\n%s", out)
	}
	out, _ = a.run(0, "sweep", "--accounts", "FILE:keys.yaml", "--to", rich.String(), "--api", "API")
	if !strings.HasSuffix(out, " of 6 accounts, fees 100920000000000 aettos; 0 aettos are too little to be moved\n") {
		t.Errorf("sweep: %s", out)
	}
	out, _ = a.run(0, "list", "--accounts", "FILE:more.yaml", "--api", "API", "--json")
	var list []struct {
		Address string
		Balance *big.Int
		Nonce   uint64
		OnChain bool `json:"on_chain"`
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list) != 8 || list[0].Balance.Sign() != 0 || list[0].Nonce != 1 || list[7].Balance.Sign() == 0 || !list[7].OnChain {
		t.Errorf("list: %v\n%s", err, out)
	}
}

func TestAccountsRefuse(t *testing.T) {
	a := newAccountsTest(t, simnode.Config{})
	a.rich()
	a.run(0, "new", "--seed-file", "FILE:seed", "--out", "FILE:keys.yaml")
	if err := os.WriteFile(a.path("bad"), []byte("secret words"), 0o600); err != nil {
		t.Fatal(err)
	}
	fund := []string{"fund", "--accounts", "FILE:keys.yaml", "--from", "FILE:rich.yaml"}
	for _, c := range []struct {
		code int
		args []string
		want string
	}{
		{2, nil, "Available Commands"},
		{2, []string{"regain"}, `unknown command "regain"`},
		{2, []string{"new"}, "chanbot accounts new needs --seed-file FILE\nhint: chanbot accounts new --help says more\nchanbot: chanbot accounts new needs --out FILE"},
		{2, []string{"new", "--seed-file", "FILE:seed", "--out", "FILE:keys.yaml"}, "keys.yaml exists"},
		{2, []string{"new", "--seed-file", "FILE:bad", "--out", "FILE:k"}, "a seed is 64 hexadecimal digits"},
		{2, []string{"new", "--seed-file", "FILE:seed", "--out", "FILE:k", "--count", "0"}, "--count 0: expected 1 to"},
		{2, []string{"fund"}, "needs --amount AETTOS"},
		{2, append(fund, "--amount", "1.5", "--api", "API"), "expected a whole number of aettos above 0"},
		{2, append(fund, "--amount", "0", "--api", "API"), "expected a whole number of aettos above 0"},
		{2, append(fund, "--amount", "1", "--api", "ws://127.0.0.1:1"), "is no http:// or https:// URL"},
		{2, append(fund, "--amount", "1", "--api", "API", "--gas-price", "0"), "--gas-price 0: expected"},
		{2, append(fund, "--amount", "1", "--api", "API", "--confirmations", "-2"), "--confirmations -2: expected"},
		{2, append(fund, "--amount", "1", "--api", "API", "--patience", "0s"), "--patience 0s: expected"},
		{2, append(fund, "--amount", "1", "--api", "API", "--header", "x"), "--header: there is no name and value"},
		{2, []string{"fund", "--accounts", "FILE:rich.yaml", "--from", "FILE:keys.yaml", "--amount", "1"}, "keys.yaml: 2 accounts; expected one"},
		{3, append(fund, "--amount", "1", "--api", "http://192.0.2.1:3013"), "192.0.2.1 is not on this machine"},
		{3, append(fund, "--amount", "1", "--api", "http://192.0.2.1:3013", "--allow-host", "192.0.2.1"), "the network of a node elsewhere must be named"},
		{3, append(fund, "--amount", "1", "--api", "API", "--network-id", "ae_uat"), `the node is in network "ae_dev", not in ae_uat`},
		{3, append(fund, "--amount", "9000000000000000000000000", "--api", "API"), "the payments and their fees need 18000000"},
		{2, []string{"sweep", "--accounts", "FILE:keys.yaml", "--to", "ch_x", "--api", "API"}, "--to ch_x: expected an account"},
		{2, []string{"list", "--api", "API"}, "needs --accounts FILE"},
		{3, []string{"list", "--accounts", "FILE:keys.yaml", "--api", "API", "--network-id", "ae_uat"}, "not in ae_uat"},
	} {
		out, said := a.run(c.code, append([]string{}, c.args...)...)
		if out != "" || !strings.Contains(said, c.want) || strings.Contains(said, "secret words") {
			t.Errorf("accounts %s:\ngot  %s%s\nwant %s", strings.Join(c.args, " "), out, said, c.want)
		}
	}
	if _, err := os.Stat(a.path("k")); err == nil {
		t.Error("a key file was made in spite of a mistake")
	}
}

func TestFundNamesTheFlagWhenTheProgressFileIsForOthers(t *testing.T) {
	a := newAccountsTest(t, simnode.Config{})
	a.rich()
	a.run(0, "new", "--seed-file", "FILE:seed", "--out", "FILE:keys.yaml")
	fund := func(amount string) []string {
		return []string{"fund", "--accounts", "FILE:keys.yaml", "--from", "FILE:rich.yaml", "--api", "API", "--quiet", "--amount", amount}
	}
	a.run(0, fund("1000")...)
	_, said := a.run(3, fund("2000")...)
	if want := "other payments need a file of their own\nhint: --progress FILE names one that remembers these\n"; !strings.HasSuffix(said, want) {
		t.Errorf("got %swant %s", said, want)
	}
	a.run(0, append(fund("2000"), "--progress", "FILE:second")...)
}

func TestAccountsOnMainnet(t *testing.T) {
	a := newAccountsTest(t, simnode.Config{NetworkID: mainnet, Blocks: simnode.Manual})
	a.rich()
	a.run(0, "new", "--seed-file", "FILE:seed", "--out", "FILE:keys.yaml")
	fund := []string{"fund", "--accounts", "FILE:keys.yaml", "--from", "FILE:rich.yaml", "--amount", "1", "--api", "API", "--patience", "1s"}
	if _, said := a.run(3, append([]string{}, fund...)...); !strings.Contains(said, "refused: the network is ae_mainnet") {
		t.Errorf("without leave: %s", said)
	}
	if _, err := os.Stat(a.path("keys.yaml.funding")); err == nil {
		t.Error("a progress file was made")
	}
	_, said := a.run(3, append(append([]string{}, fund...), "--allow-mainnet")...)
	if !strings.Contains(said, "nothing happened on the chain") || !strings.Contains(said, "keys.yaml.funding remembers what was paid") {
		t.Errorf("without blocks: %s", said)
	}
}

func TestAccountsInterrupted(t *testing.T) {
	a := newAccountsTest(t, simnode.Config{Blocks: simnode.Manual})
	a.rich()
	a.run(0, "new", "--seed-file", "FILE:seed", "--out", "FILE:keys.yaml")
	var out bytes.Buffer
	signals := make(chan os.Signal, 1) // it comes when the node is already asked, or before
	c := Command{Stdout: &out, Stderr: &signalAfter{text: "0 of 2 paid", signals: signals}, Signals: signals}
	code := c.Main([]string{"accounts", "fund", "--accounts", a.path("keys.yaml"), "--from", a.path("rich.yaml"), "--amount", "1", "--api", a.api})
	if code != exitInterrupt || out.Len() > 0 {
		t.Errorf("exit code %d, %s", code, out.String())
	}
	a.mining.Store(true)
	a.run(0, "fund", "--accounts", "FILE:keys.yaml", "--from", "FILE:rich.yaml", "--amount", "1", "--api", "API", "--quiet")
	if out, _ := a.run(0, "list", "--accounts", "FILE:keys.yaml", "--api", "API"); !strings.HasSuffix(out, "2 accounts on ae_dev, 2 aettos\n") {
		t.Errorf("list: %s", out)
	}
}

// signalAfter interrupts as soon as a text was written.
type signalAfter struct {
	text    string
	signals chan<- os.Signal

	mu   sync.Mutex // guards seen
	seen bytes.Buffer
}

func (s *signalAfter) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := strings.Contains(s.seen.String(), s.text)
	s.seen.Write(b)
	if !before && strings.Contains(s.seen.String(), s.text) {
		s.signals <- os.Interrupt
	}
	return len(b), nil
}
