package main

import (
	"context"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"chanbot/accounts"
	"chanbot/nodeapi"
)

// dates remembers the clock of a server by the dates of its answers.
type dates struct {
	next http.RoundTripper
	mu   sync.Mutex
	seen bool
	skew time.Duration // how far the server's clock is ahead
}

// RoundTrip passes a request on and reads the date of the answer.
func (d *dates) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	resp, err := d.next.RoundTrip(r)
	if err != nil {
		return resp, err
	}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		middle := sent.Add(time.Since(sent) / 2)
		d.mu.Lock()
		d.seen, d.skew = true, at.Add(time.Second/2).Sub(middle) // the date has whole seconds
		d.mu.Unlock()
	}
	return resp, nil
}

// CloseIdleConnections does so.
func (d *dates) CloseIdleConnections() {
	if t, ok := d.next.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// clientOf returns a client of a port of the node that asks once.
func (d *doctor) clientOf(base string) (*nodeapi.Client, *dates, error) {
	watch := &dates{next: apiTransport(d.guard, d.s.tls)}
	client, err := nodeapi.New(base, &nodeapi.Options{Header: d.s.header, Attempts: 1, Timeout: d.o.patience, InFlight: 8, Transport: watch})
	return client, watch, err
}

// otherPort is the HTTP address beside a node's WebSocket: at the same port, or
// at another one.
func otherPort(node, port string) string {
	u, err := url.Parse(node)
	if err != nil {
		return ""
	}
	scheme := map[string]string{"ws": "http", "wss": "https", "http": "http", "https": "https"}[u.Scheme]
	if port == "" {
		return scheme + "://" + u.Host
	}
	return scheme + "://" + net.JoinHostPort(u.Hostname(), port)
}

// findAPI looks for the HTTP API: where --api says, else where the embedded
// node and a real one have it.
func (d *doctor) findAPI(ctx context.Context) bool {
	places := []string{d.s.api}
	if d.s.api == "" {
		places = []string{otherPort(d.o.node, ""), otherPort(d.o.node, "3013")}
	}
	var last error
	for _, place := range places {
		client, watch, err := d.clientOf(place)
		if err != nil {
			last = err
			continue
		}
		status, err := client.Status(ctx)
		if err == nil {
			d.api, d.dates, d.status, d.report.API = client, watch, status, place
			return true
		}
		client.Close()
		last = fmt.Errorf("%s: %w", place, err)
	}
	m, advice := unknown, "--api says where it is (port 3013 by default); without it nothing is known about chain and accounts"
	if d.s.api != "" {
		m, advice = failed, "run --api would be refused, too; is this the node's HTTP API?"
	}
	d.report.add("HTTP API", m, last.Error(), advice)
	return false
}

func (d *doctor) checkVersion() {
	if d.api == nil {
		return
	}
	st := &d.status
	revision := st.NodeRevision[:min(8, len(st.NodeRevision))]
	text := fmt.Sprintf("%s (%s), protocol %d", st.NodeVersion, revision, st.Protocol())
	if st.Syncing {
		d.report.add("version", failed, text+", still synchronising", "wait until it is done; its chain is behind")
		return
	}
	d.report.add("version", fine, text, "")
}

// checkNetwork holds what the node says against what a run is allowed.
func (d *doctor) checkNetwork() {
	d.networkID = d.s.networkID
	wanted := d.networkID
	if d.api != nil {
		d.networkID = d.status.NetworkID
	}
	d.report.NetworkID = d.networkID
	d.barred = true
	switch {
	case wanted != "" && d.networkID != wanted:
		d.report.add("network", failed, fmt.Sprintf("%s, and --network-id is %s", d.networkID, wanted), "check --api and --network-id; signatures hold for one network only")
	case d.networkID == mainnet && !d.s.allowMainnet:
		d.report.add("network", failed, mainnet+", where coins are real and a stopped channel keeps them locked", "run and doctor open no socket there without --allow-mainnet")
	case d.networkID == "" && d.remote:
		d.report.add("network", failed, "not known, and the node is elsewhere", "say --network-id ID, or where its HTTP API is with --api")
	case d.networkID == "":
		d.barred = false
		d.report.add("network", unknown, "not known; run signs for ae_dev then", "say --network-id ID, or where its HTTP API is with --api")
	case d.networkID == mainnet:
		d.barred = false
		d.report.add("network", warning, mainnet+": coins are real", "stop leaves the coins of a channel locked")
	default:
		d.barred = false
		d.report.add("network", fine, d.networkID, "")
	}
}

// mostAccounts is how many accounts are asked for.
const mostAccounts = 2000

// createFee is what an initiator pays for the create transaction, roundly: 20,000
// gas at the least price.
const createFee = 20_000 * 1_000_000_000

// checkAccounts wants enough accounts with enough coins for the pairs.
func (d *doctor) checkAccounts(ctx context.Context) {
	s, id := d.s, d.networkID
	if id == "" {
		id = "ae_dev"
	}
	pairs := d.pairs
	if d.scenario != nil {
		pairs *= d.scenario.AccountPairs()
	}
	keys, err := d.c.keys(s, &target{networkID: id}, pairs)
	if err != nil {
		one := d.c.firstComplaint(err)
		d.report.add("accounts", failed, one.text, one.hint)
		return
	}
	where := "of " + s.accounts
	if s.accounts == "" {
		where = fmt.Sprintf("made from --seed %d", s.seed)
	}
	if d.api == nil {
		d.report.add("accounts", unknown, fmt.Sprintf("%s %s; what they have is not known without an HTTP API", count(len(keys), "account"), where), "")
		return
	}
	ids := addresses(keys)
	asked := ids[:min(len(ids), mostAccounts)]
	ctx, cancel := context.WithTimeout(ctx, max(d.o.patience, time.Duration(len(asked))*20*time.Millisecond))
	defer cancel()
	balances, err := accounts.List(ctx, d.api, asked)
	if err != nil {
		d.report.add("accounts", unknown, err.Error(), "")
		return
	}
	missing, poor := 0, 0
	need := [2]*big.Int{d.amount("initiator_amount"), d.amount("responder_amount")}
	need[0] = new(big.Int).Add(need[0], big.NewInt(createFee))
	for i, b := range balances {
		switch {
		case b.Unknown:
			missing++
		case b.Amount.Cmp(need[i%2]) < 0:
			poor++
		}
	}
	d.funded = !balances[0].Unknown && !balances[1].Unknown
	text := fmt.Sprintf("%s %s", count(len(asked), "account"), where)
	if len(asked) < len(ids) {
		text += fmt.Sprintf(" (the first of %d)", len(ids))
	}
	advice := "chanbot accounts fund gives them coins; chanbot node has --accounts, --account and --endow"
	switch {
	case missing > 0:
		d.report.add("accounts", failed, fmt.Sprintf("%s, and %d of them are not on the chain", text, missing), advice)
	case poor > 0:
		d.report.add("accounts", failed, fmt.Sprintf("%s, and %d of them have too little: an initiator needs %s aettos for each channel, a responder %s", text, poor, need[0], need[1]), advice)
	default:
		d.report.add("accounts", fine, text+", all with enough coins for a channel", "")
	}
}

// firstComplaint turns an error of the command into one complaint.
func (c *Command) firstComplaint(err error) complaint {
	switch e := err.(type) { //nolint:errorlint // our own, never wrapped
	case complaint:
		return e
	case complaints:
		if len(e) > 0 {
			return e[0]
		}
	}
	return complaint{code: exitNotRun, text: err.Error()}
}

// tolerated is how far clocks may be apart. The date of an answer is half a
// second wrong by itself.
const tolerated = 2 * time.Second

// checkClock compares the clock of the node's machine with this one.
func (d *doctor) checkClock() {
	if d.api == nil {
		return
	}
	d.dates.mu.Lock()
	seen, skew := d.dates.seen, d.dates.skew
	d.dates.mu.Unlock()
	switch {
	case !seen:
		d.report.add("clock", unknown, "the node's answers have no date", "")
	case skew.Abs() > tolerated:
		d.report.add("clock", warning, fmt.Sprintf("the node's is %v off", skew.Round(time.Second)), "latencies are right all the same; times in results and in the node's log do not compare")
	default:
		d.report.add("clock", fine, "the node's agrees with this one", "")
	}
}
