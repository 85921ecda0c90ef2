package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"chanbot/bot"
	"chanbot/fuzz"
	"chanbot/results"
	"chanbot/simnode"
	"chanbot/tx"
)

// player runs one scenario after the other and leaves its results behind.
type player struct {
	c       *Command
	s       *settings
	where   *target
	keys    []tx.KeyPair
	stopped *interruption
	term    terminal
	tape    *tape // keeps the frames; nil when nobody looks at them
	shown   bool  // a block was printed, so the next one needs some distance
	// told takes what became of a scenario instead of standard output; nil
	// prints it.
	told func(*bot.Report, *output)
}

// play runs a scenario. The summary is nil when nothing could be run; an error
// beside a summary says that results could not be written, or that the embedded
// node did not live to the end.
func (p *player) play(ctx context.Context, j job) (summary *results.Summary, err error) {
	served, err := p.expose(ctx)
	if err != nil {
		return nil, err
	}
	defer served.close()
	cfg, node, err := p.config(ctx, j)
	if err != nil {
		return nil, err
	}
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	if node != nil {
		// Its chain has to add up after every scenario.
		defer func() { err = together(node.close(), err) }()
		stop := whenGone(node, func() { abort(errNodeGone) })
		defer stop()
	}
	var watch *fuzz.Watch
	if base := p.apiOf(node); base != "" {
		client, err := apiClient(base, p.where.guard, p.s.tls, p.s.header, 0)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		cfg.API = poster(client)
		if node != nil && judged(&cfg) {
			watch = fuzz.NewWatch(ctx, chainOf(client), cfg.Keys)
		}
	}
	out, err := p.output(j, &cfg, time.Now())
	if err != nil {
		return nil, err
	}
	m, err := p.measure(j, &cfg, out, abort)
	if err != nil {
		out.discard()
		return nil, err
	}
	cfg.Frames = out.frames
	if out.channels != nil {
		cfg.Channels = out.channels
	}
	if p.tape != nil {
		cfg.Frames = results.Tee(out.frames, p.tape)
	}
	if err := served.show(cfg.Metrics, cfg.Gauge); err != nil {
		m.discard()
		out.discard()
		return nil, err
	}
	if watch != nil {
		watch.Attach(&cfg)
	}
	stop := p.live(j, &cfg, cfg.Metrics, cfg.Gauge)
	report, err := bot.Run(ctx, cfg)
	stop()
	if report == nil {
		m.discard()
		out.discard()
		return nil, p.notRun(j, err)
	}
	report.Scenario.Name, report.Scenario.Node = j.name, p.s.nodes()
	m.end(report, context.Cause(ctx))
	if sums := report.Summary.CheckSums(); sums != nil || err != nil {
		err = complaint{code: exitBug, text: "a bug in chanbot: " + errors.Join(err, sums).Error(), hint: "please report it with " + out.folder.Path()}
	}
	err = together(err, out.write(report, m))
	if p.told != nil {
		p.told(report, out)
	} else {
		p.show(j, report, out, m.faults)
	}
	p.leftOpen(out)
	return &report.Summary, err
}

// judged says whether a run is judged as one of chanbot fuzz: the accounts of an
// embedded node are those of one pair alone, which plays once.
func judged(cfg *bot.Config) bool {
	sc := cfg.Scenario
	return sc.Load == nil && cfg.Pairs == 1 && cfg.Iterations <= 1 && sc.AccountPairs() == 1 && len(sc.Faults) == 0
}

// together returns two complaints as one, the first of them first. Either may
// be nil.
func together(a, b error) error {
	var all complaints
	for _, err := range []error{a, b} {
		switch err := err.(type) { //nolint:errorlint // our own, never wrapped
		case nil:
		case complaint:
			all = append(all, err)
		case complaints:
			all = append(all, err...)
		default:
			return errors.Join(a, b)
		}
	}
	return all.err()
}

// errNodeGone is why a run whose embedded node is gone ends.
var errNodeGone = errors.New("the embedded node is gone")

// whenGone calls then if the node ends before stop is called.
func whenGone(node embeddedNode, then func()) (stop func()) {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		select {
		case <-node.gone():
			then()
		case <-done:
		}
	})
	return func() { close(done); wg.Wait() }
}

// config puts together what the bot needs, and starts the embedded node when
// the run wants one.
func (p *player) config(ctx context.Context, j job) (bot.Config, embeddedNode, error) {
	s := p.s
	cfg := bot.Config{
		Scenario: j.scenario, InitiatorNode: s.urls[0], ResponderNode: s.urls[1],
		Dial: p.where.guard.Dial, TLS: s.tls, Header: s.header,
		NetworkID: p.where.networkID, Keys: p.keys[:2*s.pairsOf(j.scenario)*j.scenario.AccountPairs()],
		Pairs: s.pairsOf(j.scenario), Iterations: s.iterations, First: s.first, SignForm: s.form, Seed: s.seed,
		Timeout: s.timeout, Grace: s.grace, Patience: s.patienceOf(j.scenario), Leave: p.stopped.leave,
		Params: s.params, ResponderHost: s.responderHost, ResponderPort: s.responderPort,
		Log: slog.New(slog.NewTextHandler(p.c.Stderr, &slog.HandlerOptions{Level: s.level})),
	}
	if j.scenario.Load != nil {
		cfg.SampleChecks = s.checkSignatures
		cfg.NewSleep = newSleep
	}
	if !s.embedded {
		return cfg, nil, nil
	}
	node, err := p.embedded(ctx, j, cfg)
	if err != nil {
		return cfg, nil, err
	}
	cfg.InitiatorNode, cfg.ResponderNode = node.url(), node.url()
	cfg.NetworkID = node.network()
	cfg.Embedded = node.powers()
	return cfg, node, nil
}

// embedded starts the embedded node for a scenario: for load in a process of
// its own.
func (p *player) embedded(ctx context.Context, j job, cfg bot.Config) (embeddedNode, error) {
	nodeCfg, err := p.s.nodeConfig(j)
	if err != nil {
		return nil, err
	}
	log := cfg.Log.With("from", "node")
	if j.scenario.Load != nil {
		args := slices.Concat(nodeArgs(nodeCfg), p.s.accountArgs(cfg.Pairs), []string{"--log-level", p.s.level.String()})
		node, err := p.c.startNode(ctx, p.where.guard, log, args...)
		if err != nil {
			return nil, err
		}
		node.onDemand = nodeCfg.Blocks == simnode.OnDemand
		return node, nil
	}
	nodeCfg.Log = log
	node, err := serveFree(ctx, nodeCfg)
	if err != nil {
		return nil, err
	}
	for _, k := range cfg.Keys {
		node.node.Endow(k.ID(), plenty)
	}
	node.node.Endow(bot.Outsider(), plenty)
	return node, nil
}

// accountArgs are the flags by which chanbot node gives coins to the accounts of
// a run.
func (s *settings) accountArgs(pairs int) []string {
	args := []string{"--account", bot.Outsider().String()}
	if s.accounts != "" {
		return append(args, "--accounts", s.accounts)
	}
	return append(args, "--seed", strconv.FormatUint(s.seed, 10), "--derive", strconv.Itoa(2*pairs))
}

// apiOf returns the URL of the HTTP API of the node, "" when it is not known.
func (p *player) apiOf(node embeddedNode) string {
	if node != nil {
		return node.api()
	}
	return p.s.api
}

// notRun says why nothing was run.
func (p *player) notRun(j job, err error) error {
	if no, ok := errors.AsType[*refusedError](err); ok {
		return no.complaint()
	}
	if far, ok := errors.AsType[*bot.UnreachableError](err); ok {
		hint := "is the node running, and is its channel API (port 3014 by default) at this address?"
		if p.s.tls == nil && strings.HasPrefix(far.Node, "wss:") {
			hint += " --ca names a certificate of your own"
		}
		return cannotRun(hint, "%v", far)
	}
	if _, ok := errors.AsType[*bot.ConfigError](err); ok {
		list := complaints{}
		for line := range strings.SplitSeq(err.Error(), "\n") {
			if !strings.HasPrefix(line, j.file+":") {
				line = j.file + ": " + line
			}
			list = append(list, misuse("", "%s", line))
		}
		return list
	}
	return cannotRun("", "%s: %v", j.name, err)
}
