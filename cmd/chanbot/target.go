package main

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"strings"
	"time"

	"chanbot/accounts"
	"chanbot/simnode"
	"chanbot/tx"
)

// mainnet is the network where coins are real.
const mainnet = "ae_mainnet"

// target is where a run takes place.
type target struct {
	guard     *guard
	networkID string // "" leaves it to the embedded node
	version   string // of the node, "" when it was not asked
}

// target checks that the run may take place there: every host is on this
// machine or was allowed by name, the network of one elsewhere is known, and
// mainnet was allowed. Only the HTTP API, if there is one, is connected to, for
// the network.
func (s *settings) target(ctx context.Context, c *Command) (*target, error) {
	t := &target{guard: &guard{hosts: s.allowHosts, lookup: c.Lookup}, networkID: s.networkID}
	if s.embedded {
		return t, nil
	}
	remote, refused := t.guard.hostsOf(ctx, s.urls[0], s.urls[1], s.api)
	if len(refused) > 0 {
		return nil, refused
	}
	if s.api != "" {
		if err := t.askNetwork(ctx, s); err != nil {
			return nil, err
		}
	}
	if remote && t.networkID == "" {
		return nil, cannotRun("say --network-id ID, or where its HTTP API is with --api; signatures hold for one network only", "refused: the network of a node elsewhere must be known")
	}
	if t.networkID == mainnet && !s.allowMainnet {
		return nil, cannotRun("--allow-mainnet runs anyway", "refused: the network is %s, where coins are real and a stopped channel keeps them locked", mainnet)
	}
	if t.networkID == "" {
		t.networkID = "ae_dev"
	}
	return t, nil
}

// hostsOf looks at the hosts of URLs and complains about those that may not be
// connected to. Nothing is connected to.
func (g *guard) hostsOf(ctx context.Context, urls ...string) (remote bool, refused complaints) {
	seen := make(map[string]bool)
	for _, raw := range urls {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" || seen[u.Hostname()] {
			continue // a URL that is wrong was refused before
		}
		seen[u.Hostname()] = true
		_, far, err := g.addresses(ctx, u.Hostname())
		remote = remote || far
		if no, ok := errors.AsType[*refusedError](err); ok {
			refused = append(refused, no.complaint())
		} else if err != nil {
			refused = append(refused, cannotRun("check the URL of the node", "%s: %v", u.Hostname(), err))
		}
	}
	return remote, refused
}

// complaint says how to allow the host.
func (e *refusedError) complaint() complaint {
	return cannotRun("if you may load that node, say --allow-host "+e.host+" and its --network-id", "refused: %v", e)
}

// askNetwork asks the node for its network, which must be the expected one.
func (t *target) askNetwork(ctx context.Context, s *settings) error {
	client, err := apiClient(s.api, t.guard, s.tls, s.header, 2)
	if err != nil {
		return err
	}
	defer client.Close()
	status, err := client.Status(ctx)
	if no, ok := errors.AsType[*refusedError](err); ok {
		return no.complaint()
	}
	if err != nil {
		return cannotRun("is this the node's HTTP API (port 3013 by default)? without --api the network is that of --network-id", "%s: %v", client.URL(), err)
	}
	if t.networkID != "" && status.NetworkID != t.networkID {
		return cannotRun("check --api and --network-id", "refused: the node is in network %q, not in %s", status.NetworkID, t.networkID)
	}
	t.networkID, t.version = status.NetworkID, status.NodeVersion
	return nil
}

// otherFiles are those of results, standard streams, listener and runtime.
const otherFiles = 64

// enoughSockets refuses more pairs than the process may have sockets for: two a
// pair, and the other ends of them when the embedded node is in the process,
// which it is not under load.
func (s *settings) enoughSockets(pairs int, load bool, limit uint64, known bool) error {
	need := uint64(pairs)*2 + otherFiles
	if s.embedded && !load {
		need += uint64(pairs) * 2
	}
	if known && need > limit {
		return cannotRun("raise it (ulimit -n), or run fewer --pairs", "%d open files and sockets are needed for %s, and this process may have %d", need, count(pairs, "pair"), limit)
	}
	return nil
}

// forTests says that everybody may know the keys of accounts on a network.
func forTests(networkID string) bool {
	return networkID == "ae_dev" || strings.HasPrefix(networkID, "local_")
}

// keys returns the accounts, two for each pair.
func (c *Command) keys(s *settings, t *target, pairs int) ([]tx.KeyPair, error) {
	need := 2 * pairs
	if s.accounts == "" {
		if !s.embedded && !forTests(t.networkID) {
			return nil, cannotRun("give --accounts FILE, a list of {address: ak_…, secret_key: sk_…}",
				"refused: accounts made from --seed are for the embedded node and for networks ae_dev and local_*, and this is %s", t.networkID)
		}
		return accounts.Derive(s.seed, need), nil
	}
	keys, err := c.keyFile(s.accounts)
	if err != nil {
		return nil, err
	}
	if len(keys) < need {
		return nil, misuse("add accounts to it, or run fewer --pairs", "%s: %s, and %d are needed for %s", s.accounts, count(len(keys), "account"), need, count(pairs, "pair"))
	}
	return keys[:need], nil
}

// keyFile reads a key file and warns when others can read it too.
func (c *Command) keyFile(path string) ([]tx.KeyPair, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, badFile(path, err)
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && exposed(info.Mode()) {
		c.warn("%s can be read by everybody on this machine; chmod 600 makes it yours alone", path)
	}
	keys, err := accounts.Load(f)
	if problems, ok := errors.AsType[accounts.Problems](err); ok {
		list := make(complaints, len(problems))
		for i, p := range problems {
			between := ":"
			if p.Line == 0 {
				between = ": "
			}
			list[i] = misuse("", "%s%s%v", path, between, p)
		}
		list[len(list)-1].hint = "a key file is a YAML or JSON list of {address: ak_…, secret_key: sk_…}"
		return nil, list
	}
	if err != nil {
		return nil, badFile(path, err)
	}
	return keys, nil
}

// exposed says that a file with secret keys is open to other users.
func exposed(mode fs.FileMode) bool {
	return runtime.GOOS != "windows" && mode.IsRegular() && mode.Perm()&0o004 != 0
}

// latency is how long a channel machine of the embedded node thinks about a
// signature or a message of its peer. Real nodes take some milliseconds, and
// what a client sends meanwhile is handled in that order; without any, answers
// of both sides would race as they never do with a real node. Under load it is as
// fast as it can be.
const latency = 2 * time.Millisecond

// dialRetry is how soon the embedded node of a run dials a responder again that
// is not there yet. Real nodes wait three seconds, which shows nothing.
const dialRetry = 50 * time.Millisecond

// nodeConfig returns what the embedded node for a scenario is like.
func (s *settings) nodeConfig(j job) (simnode.Config, error) {
	cfg := simnode.Config{NetworkID: s.networkID, Era: s.era, Latency: latency, DialRetry: dialRetry, Defects: s.defects}
	if j.scenario.Load != nil {
		cfg.Latency = 0 // a measurement
	}
	if j.scenario.Node == nil {
		return cfg, nil
	}
	return cfg, applyNode(&cfg, j.scenario.Node, s.given.Changed("era"))
}
