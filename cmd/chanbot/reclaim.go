package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/accounts"
	"chanbot/reclaim"
	"chanbot/results"
	"chanbot/tx"
)

// reclaimOptions are the flags of accounts reclaim.
type reclaimOptions struct {
	movingOptions
	given *pflag.FlagSet

	accounts, to           string
	node, initiator        string
	responder, ca          string
	wait, timeout          time.Duration
	atOnce                 int
	solo, asJSON, quiet    bool
	responderHost, logText string
	responderPort          int
}

func (c *Command) accountsReclaimCommand() *cobra.Command {
	o := new(reclaimOptions)
	cmd := &cobra.Command{
		Use:   "reclaim RUN",
		Short: "Close the channels that a run left open, and move everything back",
		Long: "Close the channels that a run left open, also one that was killed, and with --to move\n" +
			"all coins of its accounts, less the fees, to one account. RUN is the folder of the run.\n" +
			"Both sides come back to each channel and close it by agreement. If that does not work,\n" +
			"one side closes it alone, the lock period is waited for, and the channel is settled.\n" +
			"What was begun is found on the chain: the same command goes on after anything.\n\n" +
			"Node, HTTP API, network and accounts are those of the run unless flags say otherwise.\n" +
			"The exit code is 0 when no channel holds coins any more, 1 when one does, 3 when the\n" +
			"node cannot be reached.",
		Example: "  chanbot accounts reclaim runs/20260730T101500Z-load --to ak_…\n" +
			"  chanbot accounts reclaim RUN --accounts keys.yaml --api http://127.0.0.1:3013 --wait 2h --to ak_…",
		Args: needArgs(1, 1, "the folder of one run"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags()
			return c.accountsReclaim(cmd.Context(), o, args[0])
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.accounts, "accounts", "", "key `FILE` (default: that of the run)")
	f.StringVar(&o.to, "to", "", "`ACCOUNT` that gets the coins, ak_… (default: they stay on the accounts of the run)")
	f.StringVar(&o.node, "node", "", "`URL` of the node (default: that of the run)")
	f.StringVar(&o.initiator, "initiator-node", "", "`URL` of the initiator's node")
	f.StringVar(&o.responder, "responder-node", "", "`URL` of the responder's node")
	f.StringVar(&o.responderHost, "responder-host", "", "`HOST` under which the initiator's node finds the responder's")
	f.IntVar(&o.responderPort, "responder-port", 0, "`PORT` on which the responder's node listens for its peer")
	o.flags(f)
	f.Lookup("api").Usage = "`URL` of the node's HTTP API (default: that of the run)"
	f.Lookup("api").DefValue = ""
	f.StringVar(&o.ca, "ca", "", "`FILE` with the certificates to trust (default: those of the system)")
	f.BoolVar(&o.solo, "solo", false, "close every channel from one side, without the channel API of the node")
	f.DurationVar(&o.wait, "wait", 10*time.Minute, "wait for lock periods for this `TIME`; what is locked longer needs another call")
	f.DurationVar(&o.timeout, "timeout", 0, "`TIME` for each step of closing a channel (default 1m on ae_dev and local_*, else 15m)")
	f.IntVar(&o.atOnce, "at-once", 4, "work on the channels of `N` pairs at a time")
	f.BoolVar(&o.asJSON, "json", false, "print a JSON document")
	f.BoolVar(&o.quiet, "quiet", false, "no progress lines")
	f.StringVar(&o.logText, "log-level", "warn", "`LEVEL` of the log on standard error: debug, info, warn, error")
	return cmd
}

func (c *Command) accountsReclaim(ctx context.Context, o *reclaimOptions, path string) error {
	var target tx.ID
	if o.to != "" {
		var err error
		if target, err = tx.ParseID(o.to); err != nil || target.Kind != tx.AccountID {
			return misuse("an account begins with ak_", "--to %s: expected an account", o.to)
		}
	}
	level, err := parseLevel(o.logText)
	if err != nil {
		return err
	}
	if o.wait < 0 || o.timeout < 0 || o.atOnce < 1 || o.atOnce > 100 {
		return misuse("", "--wait and --timeout are times from 0, and --at-once is 1 to 100")
	}
	folder, err := results.OpenFolder(path)
	if err != nil {
		return misuse("the folder of a run is in runs/, unless --out said otherwise", "%v", err)
	}
	m, err := folder.Manifest()
	if err != nil {
		return misuse("", "%v", err)
	}
	if !folder.HasChannels() {
		return noChannels(m, path)
	}
	cfg := reclaim.Config{
		Solo: o.solo, AtOnce: o.atOnce, Bound: o.timeout, Wait: o.wait,
		Log: slog.New(slog.NewTextHandler(c.Stderr, &slog.HandlerOptions{Level: level})),
	}
	roots, err := o.asTheRun(&cfg, m)
	if err != nil {
		return err
	}
	g := &guard{hosts: o.allowHosts, lookup: c.Lookup}
	if _, refused := g.hostsOf(ctx, cfg.Nodes[0], cfg.Nodes[1]); len(refused) > 0 && !o.solo {
		return refused
	}
	cfg.Dial, cfg.TLS = g.Dial, roots
	if cfg.Keys, err = c.keysOfRun(o, m); err != nil {
		return err
	}
	channels, known, err := folder.OpenChannels()
	if errors.Is(err, results.ErrInUse) {
		return cannotRun("wait until the run is over", "%v", err)
	}
	if err != nil {
		return cannotRun("", "%v", err)
	}
	cfg.Channels = channels
	err = c.reclaimed(ctx, o, cfg, m, known, target)
	if closed := channels.Close(); err == nil && closed != nil {
		err = cannotRun("is the disk full?", "%v", closed)
	}
	return err
}

// noChannels says why a run has nothing to be reclaimed.
func noChannels(m results.Manifest, path string) error {
	if m.Node == "embedded" {
		return misuse("only runs with --node can leave channels behind", "%s: its channels were those of the embedded node, and ended with it", path)
	}
	return misuse("", "%s: it has not kept what opens its channels", path)
}

// asTheRun fills in what the flags leave to the run.
func (o *reclaimOptions) asTheRun(cfg *reclaim.Config, m results.Manifest) (roots *tls.Config, err error) {
	if !o.given.Changed("api") {
		if o.api = m.Options["api"]; o.api == "" {
			return nil, misuse("the HTTP API of a node is at http://HOST:3013 by default", "the run was not told where the HTTP API of the node is; say --api URL")
		}
	}
	o.networkID = cmp.Or(o.networkID, m.NetworkID)
	nodes := strings.Fields(m.Node)
	for i, own := range []string{o.initiator, o.responder} {
		text := cmp.Or(own, o.node)
		if text == "" && len(nodes) > 0 {
			text = nodes[min(i, len(nodes)-1)]
		}
		if cfg.Nodes[i], err = channelURL(text); err != nil {
			return nil, err
		}
	}
	cfg.Host = cmp.Or(o.responderHost, m.Options["responder-host"], "localhost")
	port, _ := strconv.Atoi(m.Options["responder-port"]) // a run checks it
	cfg.Port = cmp.Or(o.responderPort, port, 13179)
	if cfg.Form, err = tx.ParseForm(cmp.Or(m.Options["sign"], tx.Raw.String())); err != nil {
		cfg.Form = tx.Raw
	}
	if cfg.Header, err = parseHeaders(o.headers); err != nil || o.ca == "" {
		return nil, err
	}
	if roots, err = readRoots(o.ca); err != nil {
		return nil, err
	}
	o.roots = roots
	return roots, nil
}

// channelURL returns the URL of a node's channel API with its path.
func channelURL(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", misuse("write --node ws://127.0.0.1:3014", "%q is no URL of a node", text)
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = "/channel"
	}
	return u.String(), nil
}

// keysOfRun returns the accounts that the run used.
func (c *Command) keysOfRun(o *reclaimOptions, m results.Manifest) ([]tx.KeyPair, error) {
	if file := cmp.Or(o.accounts, m.Options["accounts"]); file != "" {
		keys, err := c.keyFile(file)
		if err != nil && o.accounts == "" {
			c.warn("the run took its accounts from %s; --accounts says where they are now", file)
		}
		return keys, err
	}
	if !forTests(m.NetworkID) {
		return nil, misuse("", "the run does not say what accounts it used; say --accounts FILE")
	}
	seed := m.Seed
	if m.AccountsSeed != nil {
		seed = *m.AccountsSeed
	}
	return accounts.Derive(seed, accountsOf(m)), nil
}

// accountsOf is how many accounts a run used, the first ones of its list.
func accountsOf(m results.Manifest) int {
	n := m.Pairs
	if n < 1 || n > maxPairs {
		n = 1
	}
	if sc, ok := planOf(&m); ok {
		n *= sc.AccountPairs()
	}
	return 2 * min(n, maxPairs)
}

// swept are the accounts of the run that the sweep may empty: those of its
// channels, and with its own key file all that it used.
func (o *reclaimOptions) swept(cfg *reclaim.Config, m results.Manifest, known []results.ChannelRecord) []tx.KeyPair {
	mine := make(map[string]bool)
	for _, r := range known {
		mine[r.Parties[0]], mine[r.Parties[1]] = true, true
	}
	used := 0 // how many of the keys the run had, with channels or without
	if o.accounts == "" {
		used = accountsOf(m)
	}
	var keys []tx.KeyPair
	for i, k := range cfg.Keys {
		if mine[k.ID().String()] || i < used {
			keys = append(keys, k)
		}
	}
	return slices.Clip(keys)
}
