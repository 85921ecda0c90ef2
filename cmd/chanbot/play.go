package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"chanbot/bot"
	"chanbot/outcome"
	"chanbot/results"
	"chanbot/simnode"
	"chanbot/tx"
	"chanbot/wire"
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
// beside a summary says that results could not be written.
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
	if node != nil {
		// The node's chain has to add up after every scenario.
		defer func() {
			if wrong := node.close(); wrong != nil && err == nil {
				err = wrong
			}
		}()
	}
	if base := p.apiOf(node); base != "" {
		client, err := apiClient(base, p.where.guard, p.s.tls, p.s.header, 0)
		if err != nil {
			return nil, err
		}
		defer client.Close()
		cfg.API = poster(client)
	}
	started := time.Now()
	out, err := p.output(j, cfg, started)
	if err != nil {
		return nil, err
	}
	cfg.Frames = out.frames
	if out.channels != nil {
		cfg.Channels = out.channels
	}
	switch {
	case p.tape == nil:
	case out.frames == nil:
		cfg.Frames = p.tape
	default:
		cfg.Frames = both{out.frames, p.tape}
	}
	if err := served.show(cfg.Metrics, cfg.Gauge); err != nil {
		out.discard()
		return nil, err
	}
	stop := p.live(j, &cfg, cfg.Metrics, cfg.Gauge)
	report, err := bot.Run(ctx, cfg)
	stop()
	if err != nil {
		out.discard()
		return nil, p.notRun(j, err)
	}
	report.Summary.Started, report.Summary.Chanbot = started, version()
	report.Summary.Scenario, report.Scenario.Name = j.name, j.name
	report.Summary.Node, report.Scenario.Node = p.s.nodes(), p.s.nodes()
	judge(j.scenario.Thresholds, report)
	if p.stopped.exitCode() != 0 && report.Summary.Verdict == results.Passed {
		report.Summary.Verdict, report.Scenario.Verdict = results.Interrupted, results.Interrupted
	}
	sums := report.Summary.CheckSums()
	err = out.write(&report.Summary)
	if p.told != nil {
		p.told(report, out)
	} else {
		p.show(report, out)
	}
	p.leftOpen(out)
	if sums != nil {
		return &report.Summary, complaint{code: exitBug, text: "a bug in chanbot: " + sums.Error(), hint: "please report it with " + out.folder.Path()}
	}
	return &report.Summary, err
}

// config puts together what the bot needs, and starts the embedded node when
// the run wants one.
func (p *player) config(ctx context.Context, j job) (bot.Config, embeddedNode, error) {
	s := p.s
	cfg := bot.Config{
		Scenario: j.scenario, InitiatorNode: s.urls[0], ResponderNode: s.urls[1],
		Dial: p.where.guard.Dial, TLS: s.tls, Header: s.header,
		NetworkID: p.where.networkID, Keys: p.keys[:2*s.pairsOf(j.scenario)],
		Pairs: s.pairsOf(j.scenario), Iterations: s.iterations, First: s.first, SignForm: s.form, Seed: s.seed,
		Timeout: s.timeout, Grace: s.grace, Leave: p.stopped.leave,
		Params: s.params, ResponderHost: s.responderHost, ResponderPort: s.responderPort,
		Log: slog.New(slog.NewTextHandler(p.c.Stderr, &slog.HandlerOptions{Level: s.level})),
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

// show prints the block of a scenario, and the table of latencies when more
// than one channel went through the steps.
func (p *player) show(report *bot.Report, out *output) {
	if p.s.quiet {
		return
	}
	w := p.c.Stdout
	if p.s.json {
		w = p.c.Stderr
	}
	if p.shown {
		fmt.Fprintln(w)
	}
	p.shown = true
	fmt.Fprint(w, withOutcomes(report.Scenario).Render(p.term.style))
	if p.s.pairs > 1 || p.s.iterations > 1 {
		fmt.Fprint(w, "\n"+report.Summary.Render(p.term.style))
	} else {
		for _, t := range report.Summary.Thresholds {
			if !t.Passed {
				fmt.Fprintln(w, broken(t))
			}
		}
	}
	for _, place := range out.places() {
		fmt.Fprintln(w, place)
	}
	if p.unknownAccounts(report.Scenario.Steps) {
		fmt.Fprintln(p.c.Stderr, "hint: the node does not know the accounts; give --accounts FILE with accounts that have coins there")
	}
}

// unknownAccounts says that a step went wrong because an account is not on
// the node's chain.
func (p *player) unknownAccounts(steps []results.StepReport) bool {
	return !p.s.embedded && slices.ContainsFunc(steps, func(s results.StepReport) bool {
		return !s.Passed && s.Outcome.Kind == outcome.Refused && s.Outcome.Code == wire.CodeParticipantNotFound
	})
}

// withOutcomes puts how each step ended behind what it did. Those that went
// wrong have lines of their own for that.
func withOutcomes(r results.ScenarioReport) results.ScenarioReport {
	r.Steps = slices.Clone(r.Steps)
	for i := range r.Steps {
		if s := &r.Steps[i]; s.Passed && !s.Skipped && s.Outcome.Kind != outcome.Pending {
			o := outcome.Outcome{Kind: s.Outcome.Kind, Code: s.Outcome.Code}
			if o.Kind != outcome.Aborted { // by its starter, always
				o.By = s.Outcome.By
			}
			s.Label += " → " + o.String()
		}
	}
	return r
}

// output is where the results of a run go.
type output struct {
	folder     *results.Folder
	recorder   *results.Recorder // nil when no frames are kept
	frames     results.Sink      // nil when no frames are kept
	channels   *results.Channels // nil for the embedded node, whose channels end with it
	name       string
	transcript string // file of the first pair, "" for none
	recording  string
}

// output makes the run folder and begins what is asked for.
func (p *player) output(j job, cfg bot.Config, started time.Time) (*output, error) {
	folder, err := results.CreateFolder(p.s.out, started, j.name)
	if err != nil {
		return nil, unwritable("--out", p.s.out, err)
	}
	out := &output{folder: folder, name: j.name}
	err = folder.WriteManifest(results.Manifest{
		Chanbot: version(), Seed: p.s.seed,
		Scenario:  results.NewScenarioFile(j.name, fileOf(j.source), string(j.text)),
		Node:      p.s.nodes(),
		NetworkID: cfg.NetworkID, Started: started, Host: results.ThisHost(),
		Command: "run", Options: p.s.options(),
	})
	if err != nil {
		out.discard()
		return nil, unwritable("--out", p.s.out, err)
	}
	if !p.s.embedded {
		if out.channels, _, err = folder.OpenChannels(); err != nil {
			out.discard()
			return nil, unwritable("--out", p.s.out, err)
		}
	}
	if p.s.transcript == "" && p.s.record == "" {
		return out, nil
	}
	out.recorder, err = results.NewRecorder(results.RecorderOptions{Transcripts: p.s.transcript, Recordings: p.s.record, Name: j.name})
	if err != nil {
		out.discard()
		return nil, unwritable(p.s.frameFlags(), strings.TrimSpace(p.s.transcript+" "+p.s.record), err)
	}
	out.frames = out.recorder
	if p.s.transcript != "" {
		out.transcript = filepath.Join(p.s.transcript, j.name+".md")
	}
	if p.s.record != "" {
		out.recording = filepath.Join(p.s.record, j.name+".jsonl")
	}
	return out, nil
}

// nodes names the nodes of the run.
func (s *settings) nodes() string {
	switch {
	case s.embedded:
		return "embedded"
	case s.urls[0] == s.urls[1]:
		return s.urls[0]
	}
	return s.urls[0] + " " + s.urls[1]
}

// frameFlags names the flags that say where frames go.
func (o *runOptions) frameFlags() string {
	switch {
	case o.record == "":
		return "--transcript"
	case o.transcript == "":
		return "--record"
	}
	return "--transcript and --record"
}

func fileOf(s source) string {
	if s.builtin {
		return ""
	}
	return s.file
}

func unwritable(flag, dir string, err error) complaint {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner
	}
	return cannotRun("give "+flag+" a folder that you may write to", "%s %s: %v", flag, dir, err)
}

// discard removes the folder of a run that did not begin.
func (o *output) discard() {
	if o.recorder != nil {
		_ = o.recorder.Close() // nothing is kept
	}
	if o.channels != nil {
		_ = o.channels.Close() // no channel was ever there
	}
	_ = os.RemoveAll(o.folder.Path()) // made a moment ago by this run, and empty but for the manifest
}

// write puts everything on disk.
func (o *output) write(s *results.Summary) error {
	err := o.folder.WriteSummary(s)
	if o.recorder != nil {
		err = errors.Join(err, o.recorder.Close())
	}
	if o.channels != nil {
		err = errors.Join(err, o.channels.Close())
	}
	if err != nil {
		return cannotRun("is the disk full?", "%v", err)
	}
	return nil
}

// places says where the results are.
func (o *output) places() []string {
	var all []string
	for name, path := range maps.All(map[string]string{"transcript": o.transcript, "recording": o.recording, "results": o.folder.Path()}) {
		if path != "" {
			all = append(all, fmt.Sprintf("%-10s  %s", name, path))
		}
	}
	slices.SortFunc(all, func(a, b string) int { return strings.Compare(b, a) })
	return all
}
