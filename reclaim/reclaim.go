// Package reclaim closes the channels that a run has left open, so that their
// coins come back to the accounts. It works with what the run has kept of each
// channel, over the channel API and the HTTP API of a node.
//
// A channel is brought to its end by what the chain says about it, one step at a
// time, so the work may be broken off anywhere and begun again:
//
//   - both sides come back to the channel, to machines that still run or to the
//     state that the node has saved, and close it by agreement;
//   - if that does not work, one side closes alone with the last state that both
//     have signed, the lock period passes, and the channel is settled.
//
// The channels of one pair of accounts come one after the other, because their
// transactions share nonces.
package reclaim

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"chanbot/accounts"
	"chanbot/results"
	"chanbot/tx"
)

// Config says how channels are reclaimed. Terms.Node and Keys must be set, and
// Nodes unless Solo is.
type Config struct {
	// Terms hold for the transactions over HTTP. Their Patience is not used.
	Terms accounts.Terms
	// Keys are the accounts that can sign, in any order. A channel of which only
	// one side can sign is closed by that side alone.
	Keys []tx.KeyPair
	// Form is what is signed of a transaction of a channel.
	Form tx.Form

	// Nodes are the URLs of the channel API, by role.
	Nodes [2]string
	// Dial opens the connections to them; nil uses a net.Dialer.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS holds for wss:// nodes; nil uses the defaults.
	TLS *tls.Config
	// Header is sent with every handshake.
	Header http.Header
	// Host and Port are where the initiator's node finds the responder's.
	Host string
	Port int
	// Solo leaves the channel API alone: every channel is closed by one side.
	Solo bool

	// AtOnce is how many pairs of accounts are worked on at a time; 0 means 4.
	// Each may take two of the ten places that a node has for connections that
	// are set up or have come back.
	AtOnce int
	// Bound is how long each step of closing a channel may take; 0 means 1 min.
	// Time until a transaction is as deep as the terms say comes on top of it.
	Bound time.Duration
	// Wait is how long lock periods are waited for; channels that are locked
	// longer are left for another call. 0 waits for none.
	Wait time.Duration

	// Channels is told of new ids and states; they are needed to come back once
	// more. Nil drops them.
	Channels results.ChannelSink
	// Report is told what a channel has come to, also when it only begins to
	// wait for the end of its lock period, one call at a time. Nil tells nobody.
	Report func(Result)
	// Log takes the steps; nil drops them.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.AtOnce = cmp.Or(max(c.AtOnce, 0), 4)
	c.Bound = cmp.Or(max(c.Bound, 0), time.Minute)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Status says what has become of a channel.
type Status string

// The statuses of a channel.
const (
	ClosedMutually Status = "closed_mutually" // now, by agreement
	ClosedSolo     Status = "closed_solo"     // now settled after a solo close
	AlreadyClosed  Status = "already_closed"  // it was not on the chain any more
	NeverOpened    Status = "never_opened"    // its create transaction is not on the chain
	Closing        Status = "closing"         // closed solo; Result.SettlesAt says when it can be settled
	Failed         Status = "failed"          // its coins are still locked; Result.Reason says why
)

// Over says that the channel holds no coins any more.
func (s Status) Over() bool { return s != Closing && s != Failed }

// Result is what has become of a channel.
type Result struct {
	Channel string `json:"channel"`
	Pair    int    `json:"pair"`
	Status  Status `json:"status"`
	// SettlesAt is the height from which a channel that is closing can be
	// settled, 0 for others; Height is that of the chain now.
	SettlesAt uint64 `json:"settles_at,omitempty"`
	Height    uint64 `json:"height,omitempty"`
	// Tx is the hash (th_) of the transaction that closed it, "" if another
	// call or somebody else made it.
	Tx string `json:"tx,omitempty"`
	// Reason says why it is as it is: of a failure, or why it was not closed by
	// agreement.
	Reason string `json:"reason,omitempty"`
	// Unreachable says that it failed because no connection to the channel API
	// came about.
	Unreachable bool `json:"unreachable,omitempty"`
}

// String says it in a line for people, in which nothing that a node has said can
// drive a terminal.
func (r Result) String() string { return results.Printable(r.words()) }

func (r Result) words() string {
	text := r.Channel + "  "
	switch r.Status {
	case ClosedMutually:
		return text + "closed mutually"
	case ClosedSolo:
		text += "closed solo and settled"
	case AlreadyClosed:
		return text + "already closed"
	case NeverOpened:
		return text + "never opened; nothing is locked"
	case Closing:
		text += fmt.Sprintf("closed solo, settles at height %d (now %d)", r.SettlesAt, r.Height)
	case Failed:
		return text + "failed: " + r.Reason
	}
	if r.Reason != "" {
		text += " (" + r.Reason + ")"
	}
	return text
}

// Run closes the channels and returns what has become of each, in their order.
// The error is about all of them, such as an HTTP API that does not answer; then
// nothing was done. A context that ends leaves the rest as failed.
func Run(ctx context.Context, cfg Config, channels []results.ChannelRecord) ([]Result, error) {
	cfg = cfg.withDefaults()
	terms, err := cfg.Terms.Agreed(ctx)
	if err != nil {
		return nil, fmt.Errorf("reclaim channels: %w", err)
	}
	cfg.Terms = terms
	w := &work{Config: cfg, keys: make(map[tx.ID]tx.KeyPair)}
	for _, k := range cfg.Keys {
		w.keys[k.ID()] = k
	}
	jobs := make([]*job, len(channels))
	pairs := make(map[[2]string][]*job)
	var order [][2]string
	for i := range channels {
		jobs[i] = newJob(w, channels[i])
		key := channels[i].Parties
		if pairs[key] == nil {
			order = append(order, key)
		}
		pairs[key] = append(pairs[key], jobs[i])
	}
	eachPair(order, cfg.AtOnce, func(key [2]string) {
		for _, j := range pairs[key] {
			j.begin(ctx)
		}
	})
	// What is left waits, which takes no connection.
	locked := func(key [2]string) uint64 {
		least := ^uint64(0)
		for _, j := range pairs[key] {
			if j.result.Status == Closing {
				least = min(least, j.result.SettlesAt)
			}
		}
		return least
	}
	slices.SortStableFunc(order, func(a, b [2]string) int { return cmp.Compare(locked(a), locked(b)) })
	until := time.Now().Add(cfg.Wait)
	eachPair(order, 16*cfg.AtOnce, func(key [2]string) {
		for _, j := range pairs[key] {
			if j.result.Status == Closing {
				j.finish(ctx, until)
			}
		}
	})
	all := make([]Result, len(jobs))
	for i, j := range jobs {
		all[i] = j.result
	}
	return all, nil
}

// eachPair does the work of every pair, some at a time, and waits for it.
func eachPair(pairs [][2]string, atOnce int, do func([2]string)) {
	places := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for _, key := range pairs {
		places <- struct{}{}
		wg.Go(func() {
			do(key)
			<-places
		})
	}
	wg.Wait()
}

// work is one call of Run.
type work struct {
	Config
	keys map[tx.ID]tx.KeyPair

	mu sync.Mutex // held while Report is called
}

func (w *work) report(r Result) {
	if w.Report != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.Report(r)
	}
}

// Free returns those of the keys whose coins are needed no more: all their
// channels are over. The others still have fees to pay.
func Free(keys []tx.KeyPair, channels []results.ChannelRecord, outcomes []Result) []tx.KeyPair {
	busy := make(map[string]bool)
	for i, r := range outcomes {
		if !r.Status.Over() {
			busy[channels[i].Parties[0]], busy[channels[i].Parties[1]] = true, true
		}
	}
	var free []tx.KeyPair
	for _, k := range keys {
		if !busy[k.ID().String()] {
			free = append(free, k)
		}
	}
	return free
}
