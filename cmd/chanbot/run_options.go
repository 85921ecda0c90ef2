package main

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"time"

	"github.com/spf13/pflag"

	"chanbot/outcome"
	"chanbot/simnode"
	"chanbot/strategy"
	"chanbot/tx"
)

// runOptions are the flags of run as they were given.
type runOptions struct {
	given *pflag.FlagSet // to tell a flag that was given from a default

	node, initiatorNode, responderNode string
	responderHost                      string
	responderPort                      int
	api, networkID, accounts           string
	allowHosts                         []string
	allowMainnet                       bool
	ca                                 string
	headers                            []string

	loadOptions
	pairs, iterations    int
	seed                 uint64
	strategies, params   []string
	set                  []string
	timeout, grace       time.Duration
	patience             time.Duration
	first, era, sign     string
	keepGoing            bool
	defects              []string
	out                  string
	transcript, record   string
	json, quiet, noProgr bool
	prometheus           string
	logLevel             string
}

func (o *runOptions) register(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.node, "node", "embedded", "`URL` of the node, ws:// or wss://; embedded serves one")
	f.StringVar(&o.initiatorNode, "initiator-node", "", "`URL` of the initiator's node, when the sides use different ones")
	f.StringVar(&o.responderNode, "responder-node", "", "`URL` of the responder's node")
	f.StringVar(&o.responderHost, "responder-host", "", "`HOST` under which the initiator's node finds the responder's (default localhost)")
	f.IntVar(&o.responderPort, "responder-port", 0, "`PORT` on which the responder's node listens for its peer (default 13179)")
	f.StringVar(&o.api, "api", "", "`URL` of the node's HTTP API, which is asked for its network")
	f.StringVar(&o.networkID, "network-id", "", "`ID` of the network that transactions are signed for (default: what --api says, that of the embedded node, or ae_dev)")
	f.StringVar(&o.accounts, "accounts", "", "key `FILE`, two accounts a pair: initiator, responder (default: keys made from --seed)")
	f.StringArrayVar(&o.allowHosts, "allow-host", nil, "`HOST` besides the loopback interface that may be connected to (repeatable)")
	f.BoolVar(&o.allowMainnet, "allow-mainnet", false, "allow the network ae_mainnet, where coins are real")
	f.StringVar(&o.ca, "ca", "", "`FILE` with the certificates to trust for wss:// (default: those of the system)")
	f.StringArrayVar(&o.headers, "header", nil, "send `NAME:VALUE` with every handshake and request (repeatable)")
	f.IntVar(&o.pairs, "pairs", 1, "`N` pairs of bots beside each other (default: those of the load, else 1)")
	f.Lookup("pairs").DefValue = "0" // not shown
	f.IntVar(&o.iterations, "iterations", 1, "run the steps `N` times, on new channels each time")
	o.loadOptions.register(f)
	f.Uint64Var(&o.seed, "seed", 1, "`NUMBER` that decides every random choice")
	f.StringArrayVar(&o.strategies, "strategy", nil, "give a role a strategy, `ROLE=NAME`, instead of the scenario's (repeatable)")
	f.StringArrayVar(&o.params, "param", nil, "set a connection parameter, `KEY=VALUE`, over the scenario's (repeatable)")
	f.StringArrayVar(&o.set, "set", nil, "set a variable of the scenario, `NAME=VALUE` (repeatable)")
	f.DurationVar(&o.timeout, "timeout", time.Minute, "`TIME` a step may take")
	f.DurationVar(&o.patience, "patience", 10*time.Second, "`TIME` after which a node that owes something is given up, as a violation")
	f.DurationVar(&o.grace, "grace", 10*time.Second, "`TIME` for the work under way after Ctrl-C")
	f.StringVar(&o.first, "first", "responder", "`ROLE` that connects first, where the scenario does not say")
	f.StringVar(&o.era, "era", "", "`ERA` of node software that the embedded node copies: current or 2020 (default current)")
	f.StringArrayVar(&o.defects, "defect", nil, "let the embedded node make a protocol mistake, by `NAME` (chanbot node --list-defects; repeatable)")
	f.StringVar(&o.sign, "sign", "raw", "`FORM` that is signed: raw, the transaction, or hash, its hash")
	f.BoolVar(&o.keepGoing, "keep-going", false, "go on with the next scenario after one went wrong")
	f.StringVar(&o.out, "out", "runs", "`DIR` for the folder of each run")
	f.StringVar(&o.transcript, "transcript", "", "write the frames as Markdown into `DIR`")
	f.StringVar(&o.record, "record", "", "write the frames as JSON lines into `DIR`")
	f.BoolVar(&o.json, "json", false, "put the summary as one JSON document on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "say nothing but errors")
	f.BoolVar(&o.noProgr, "no-progress", false, "show no progress while it runs")
	f.StringVar(&o.prometheus, "prometheus", "", "serve measurements at http://`ADDR`/metrics meanwhile; a host that is left out is 127.0.0.1, port 0 a free one")
	f.StringVar(&o.logLevel, "log-level", "error", "`LEVEL` of the log on standard error: debug, info, warn, error")
}

// settings are the flags of run, read and checked.
type settings struct {
	*runOptions
	embedded  bool
	urls      [2]string // of the nodes, by role; empty for the embedded one
	set       map[string]string
	params    []strategy.Param
	roles     [2]string // names of the strategies, by role
	first     outcome.Role
	era       simnode.Era
	form      tx.Form
	tls       *tls.Config
	header    http.Header
	level     slog.Level
	networkID string

	rate       strategy.Rate // zero when --rate was not given
	thresholds []strategy.Threshold
}
