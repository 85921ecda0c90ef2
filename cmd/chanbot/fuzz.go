package main

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/fuzz"
	"chanbot/model"
	"chanbot/results"
)

// fuzzFlags are the flags of run that fuzz has too.
var fuzzFlags = []string{
	"node", "initiator-node", "responder-node", "responder-host", "responder-port", "api", "network-id", "accounts",
	"allow-host", "allow-mainnet", "ca", "header", "seed", "era", "defect", "sign",
	"out", "json", "quiet", "no-progress", "log-level",
}

// fuzzOptions are the flags of fuzz that are its own.
type fuzzOptions struct {
	*runOptions
	pairs     int
	duration  time.Duration
	cases     int
	first     int
	actions   int64
	findings  int
	patience  time.Duration
	confirm   int
	shrink    time.Duration
	deny      []string
	forgiving bool
	latency   time.Duration
}

func (c *Command) fuzzCommand() *cobra.Command {
	o := &fuzzOptions{runOptions: new(runOptions)}
	cmd := &cobra.Command{
		Use:   "fuzz",
		Short: "Look for what a node does that a correct node does not",
		Long: "Draw scenarios from a seed, legal and illegal ones, play them against a node, and\n" +
			"judge every frame. What breaks a rule is played again, made as small as possible and\n" +
			"written as a scenario that chanbot run fails on, with what each side saw.\n\n" +
			"Without --node an embedded node is served in a process of its own. Known quirks of\n" +
			"real nodes are allowed; --deny NAME, or --deny all, makes them findings.\n\n" +
			"The same --seed draws the same cases. The exit code is 0 when nothing was found, 1\n" +
			"when something was, 3 when most cases could not be played. What did not show again is\n" +
			"listed with a ?, and is no finding.",
		Example: "  chanbot fuzz --duration 5m\n  chanbot fuzz --seed 7 --cases 1000 --deny split-channel\n" +
			"  chanbot fuzz --node ws://127.0.0.1:3014 --accounts bots.yaml --pairs 4 --duration 10m",
		Args: needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.given = cmd.Flags()
			return c.fuzz(cmd.Context(), o)
		},
	}
	all := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.register(all)
	f := cmd.Flags()
	f.SortFlags = false
	f.DurationVar(&o.duration, "duration", 0, "search for this `TIME` (default 1m when nothing else bounds the search)")
	f.IntVar(&o.cases, "cases", 0, "play `N` cases")
	f.Int64Var(&o.actions, "actions", 0, "play cases with `N` steps in all")
	f.IntVar(&o.findings, "findings", 20, "end after `N` different findings")
	f.IntVar(&o.first, "first-case", 0, "begin with case `N` of the seed")
	f.IntVar(&o.pairs, "pairs", 0, "play up to `N` cases beside each other, as far as this machine keeps up (default 256 at an embedded node, else 64; fewer when there are too few sockets for that)")
	f.StringVar(&o.rate, "rate", "", "begin at most so many cases in a time, such as `5/s`, those included that are played again at a node of yours")
	f.DurationVar(&o.patience, "patience", 3*time.Second, "`TIME` after which a node that owes something is given up")
	f.IntVar(&o.confirm, "confirm", 3, "play what was found `N` times again")
	f.DurationVar(&o.shrink, "shrink", 20*time.Second, "`TIME` for making a finding small")
	f.StringArrayVar(&o.deny, "deny", nil, "make a quirk of real nodes a finding, by `NAME`, or all (repeatable)")
	f.BoolVar(&o.forgiving, "forgiving", false, "leave out the quirks of the embedded node by which duplicates and crossings kill a channel")
	f.DurationVar(&o.latency, "latency", latency, "`TIME` a channel machine of the embedded node takes for a signature or a message of its peer")
	for _, name := range fuzzFlags {
		f.AddFlag(all.Lookup(name))
	}
	return cmd
}

// check finds values that make no sense.
func (o *fuzzOptions) check() error {
	var wrong complaints
	add := func(bad bool, hint, format string, args ...any) {
		if bad {
			wrong = append(wrong, misuse(hint, format, args...))
		}
	}
	add(o.pairs < 1 || o.pairs > 10_000, "", "--pairs %d: expected 1 to 10000", o.pairs)
	add(o.cases < 0, "", "--cases %d: expected a number from 0", o.cases)
	add(o.actions < 0, "", "--actions %d: expected a number from 0", o.actions)
	add(o.first < 0, "", "--first-case %d: expected a number from 0", o.first)
	add(o.findings < 1, "", "--findings %d: expected a number from 1", o.findings)
	add(o.confirm < 1 || o.confirm > 100, "", "--confirm %d: expected 1 to 100", o.confirm)
	add(o.duration < 0, "", "--duration %v: expected a time such as 5m", o.duration)
	add(o.patience <= 0, "", "--patience %v: expected a time above zero, such as 3s", o.patience)
	add(o.shrink <= 0, "", "--shrink %v: expected a time above zero, such as 20s", o.shrink)
	add(o.latency < 0, "", "--latency %v: expected a time from 0", o.latency)
	known := append(model.Quirks(), "all")
	for _, name := range o.deny {
		add(!slices.Contains(known, name), "the quirks are "+strings.Join(model.Quirks(), ", ")+", or all of them: all", "--deny %s: no quirk of that name", name)
	}
	return wrong.err()
}

func (c *Command) fuzz(ctx context.Context, o *fuzzOptions) error {
	// What settings looks at that the flags of fuzz mean in another way.
	o.runOptions.pairs, o.runOptions.duration, o.iterations, o.timeout, o.grace, o.runOptions.patience = 1, time.Minute, 1, time.Minute, time.Second, o.patience
	s, err := o.settings()
	if err == nil {
		limit, known := descriptors()
		if !o.given.Changed("pairs") {
			o.pairs = defaultPairs(s.embedded, limit, known)
		}
		if err = o.check(); err == nil {
			err = s.enoughSockets(o.pairs, true, limit, known) // an embedded node is a process of its own
		}
	}
	if err != nil {
		return err
	}
	if !s.embedded {
		for _, name := range []string{"forgiving", "latency"} {
			if o.given.Changed(name) {
				return misuse("leave it out; a node is what it is", "--%s is for the embedded node only", name)
			}
		}
	}
	where, err := s.target(ctx, c)
	if err != nil {
		return err
	}
	ctx, stopped, stop := c.watch(ctx, "interrupted; ending the channels and writing what was found (once more to leave at once)")
	defer stop()
	g := &fuzzing{c: c, o: o, s: s, where: where, term: c.terminal()}
	var every time.Duration
	if s.rate.Count > 0 {
		every = max(s.rate.Per/time.Duration(min(s.rate.Count, math.MaxInt64)), 1)
	}
	place, err := g.place(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = place.Close() }() // after a search it does not matter how the node ends
	if err := g.begin(place); err != nil {
		return err
	}
	fresh := g.fresh
	if !s.embedded {
		fresh = nil // it is not ours to start again
	}
	rep, err := fuzz.Run(ctx, fuzz.Config{
		Place: place, Fresh: fresh, Seed: s.seed, Pairs: o.pairs, Duration: o.duration, Cases: o.cases, Actions: o.actions,
		Findings: o.findings, First: o.first, Patience: o.patience, Confirm: o.confirm, Shrink: o.shrink, Beside: smallerAtOnce, Deny: o.deny, Every: every, Leave: stopped.leave,
		Found: g.found, Progress: g.progress(),
	})
	g.clear()
	if errors.Is(err, fuzz.ErrNothing) && stopped.exitCode() == 0 {
		g.discard()
		return cannotRun("is the node running, and is its channel API (port 3014 by default) at this address?", "%v", err)
	}
	if err := g.end(rep); err != nil {
		return err
	}
	if code := stopped.exitCode(); code != 0 {
		return exitCode(code)
	}
	if confirmed(rep) > 0 {
		return exitCode(exitFailed)
	}
	if rep.Ended != "" {
		return cannotRun("", "the search ended early: %s", rep.Ended)
	}
	if rep.Hollow() {
		return cannotRun("is the node still running, has it room for channels, and do others use it? fewer --pairs take less of it", "most cases could not be played: %s", rep.Unplayed[0].Why)
	}
	return nil
}

// defaultPairs is how many cases are played beside each other, at most as many as
// there may be sockets for. Few cases have more than two for each side.
func defaultPairs(embedded bool, limit uint64, known bool) int {
	pairs := 64
	if embedded {
		pairs = 256
	}
	if known && limit < otherFiles+4*uint64(pairs) {
		pairs = max(int(limit)-otherFiles, 4) / 4
	}
	return pairs
}

// smallerAtOnce is how many smaller scenarios are tried at once, each at an
// embedded node of its own.
const smallerAtOnce = 4

// confirmed counts what was seen again, and the nodes that were lost.
func confirmed(rep *fuzz.Report) int {
	n := 0
	for _, f := range rep.Findings {
		if !f.Unrepeated() {
			n++
		}
	}
	return n
}

// verdict is the word of the summary.
func fuzzVerdict(rep *fuzz.Report) results.Verdict {
	switch {
	case confirmed(rep) > 0:
		return results.Failed
	case rep.Interrupted:
		return results.Interrupted
	case rep.Ended != "", rep.Hollow():
		return results.Invalid
	}
	return results.Passed
}
