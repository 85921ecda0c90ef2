package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/bot"
	"chanbot/results"
	"chanbot/scenarios"
)

// conformFlags are the flags of run that conform has too.
var conformFlags = []string{
	"node", "initiator-node", "responder-node", "responder-host", "responder-port", "api", "network-id", "accounts",
	"allow-host", "allow-mainnet", "ca", "header", "seed", "timeout", "patience", "grace", "first", "era", "defect", "sign",
	"out", "transcript", "record", "json", "quiet", "no-progress", "log-level",
}

func (c *Command) conformCommand() *cobra.Command {
	o := new(runOptions)
	var tags []string
	cmd := &cobra.Command{
		Use:   "conform [CASE...]",
		Short: "Hold a node against the sequences of the protocol",
		Long: "Run the conformance cases, one for each sequence of frames of the protocol, and say\n" +
			"of each one whether the node kept to it: ok, differs, failed, or not applicable with\n" +
			"the reason. A case is named by its scenario or its sequence (09, 09_abort_update);\n" +
			"without names all are run, or those with a --tag. Without --node an embedded node is\n" +
			"served, a fresh one for each case.\n\n" +
			"The run folder gets conform.json and junit.xml. The exit code is 0 when no case\n" +
			"differs or failed, 1 when one did, 2 for wrong usage, 3 when nothing could be run.",
		Example: "  chanbot conform\n" +
			"  chanbot conform --tag abort --tag conflict\n" +
			"  chanbot conform 01 09 --node ws://127.0.0.1:3014 --api http://127.0.0.1:3013",
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags()
			return c.conform(cmd.Context(), o, args, tags)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return caseNames(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	all := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.register(all)
	f := cmd.Flags()
	f.SortFlags = false
	f.StringArrayVar(&tags, "tag", nil, "run the cases with this `TAG` ("+strings.Join(scenarios.Tags(), ", ")+"; repeatable)")
	for _, name := range conformFlags {
		f.AddFlag(all.Lookup(name))
	}
	return cmd
}

// conformance is a conformance run under way.
type conformance struct {
	c      *Command
	s      *settings
	p      *player
	folder *results.Folder
	doc    results.Conformance
	w      io.Writer // for the lines of the cases; nil shows none
	ran    int       // cases that were held against the node
	beside ending    // what else went wrong, whatever the node did
}

func (c *Command) conform(ctx context.Context, o *runOptions, args, tags []string) error {
	s, err := o.settings()
	if err != nil {
		return err
	}
	cases, err := c.cases(args, tags)
	if err != nil {
		return err
	}
	where, err := s.target(ctx, c)
	if err != nil {
		return err
	}
	keys, err := c.keys(s, where, s.pairs)
	if err != nil {
		return err
	}
	ctx, stopped, stop := c.watch(ctx, "interrupted; ending the channels and writing the results (once more to leave at once)")
	defer stop()

	r := &conformance{c: c, s: s, p: &player{c: c, s: s, where: where, keys: keys, stopped: stopped, term: c.terminal()}}
	if err := r.begin(cases); err != nil {
		return err
	}
	if err := r.run(ctx, cases); err != nil {
		_ = os.RemoveAll(r.folder.Path()) // made a moment ago by this run, and nothing has run
		return err
	}
	if err := r.end(); err != nil {
		return err
	}
	if code := stopped.exitCode(); code != 0 {
		return exitCode(code)
	}
	end := r.beside
	if r.doc.Verdict == results.Failed {
		end = worse(end, endingOf(exitFailed))
	}
	if end.code != exitPassed {
		return exitCode(end.code)
	}
	return nil
}

// begin makes the run folder and says where the run takes place.
func (r *conformance) begin(cases []conformCase) error {
	started := time.Now()
	network := r.p.where.networkID
	if r.s.embedded {
		network = embeddedNetwork(r.s)
	}
	r.doc = results.Conformance{Chanbot: version(), Seed: r.s.seed, Node: r.s.nodes(), NetworkID: network, Started: started, Verdict: results.Passed}
	var err error
	if r.folder, err = results.CreateFolder(r.s.out, started, "conform"); err != nil {
		return unwritable("--out", r.s.out, err)
	}
	names := make([]string, len(cases))
	for i, one := range cases {
		names[i] = one.Scenario
	}
	err = r.folder.WriteManifest(results.Manifest{
		Chanbot: version(), Seed: r.s.seed, Scenario: results.NewScenarioFile("conform", "", strings.Join(names, "\n")+"\n"),
		Node: r.doc.Node, NetworkID: network, Started: started, Host: results.ThisHost(), Command: "conform", Options: r.s.options(),
	})
	if err != nil {
		return unwritable("--out", r.s.out, err)
	}
	r.s.out = r.folder.File(results.CasesDir)
	if !r.s.quiet {
		if r.w = r.c.Stdout; r.s.json {
			r.w = r.c.Stderr
		}
		fmt.Fprintf(r.w, "conformance of %s, %s, seed %d\n\n", r.doc.Node, network, r.s.seed)
	}
	return nil
}

// run holds the node against every case. The error is why none could be run.
func (r *conformance) run(ctx context.Context, cases []conformCase) error {
	for _, one := range cases {
		res := results.Case{Name: one.Scenario, Sequence: one.Sequence, Tags: one.scenario.Tags, Differences: one.Differences}
		if why := r.s.inapplicable(one); why != "" {
			res.Verdict, res.Reason = results.CaseNotApplicable, why
		} else if ctx.Err() != nil {
			res.Verdict, res.Reason = results.CaseNotRun, "the run was interrupted"
		} else if err := r.hold(ctx, one, &res); err != nil {
			return err
		}
		r.doc.Add(res)
		if r.w != nil {
			fmt.Fprint(r.w, res.Render(r.p.term.style))
		}
	}
	return nil
}

// hold runs one case. The error is not nil when no case before was run either.
func (r *conformance) hold(ctx context.Context, one conformCase, res *results.Case) error {
	started := time.Now()
	var report *bot.Report
	r.p.told = func(rep *bot.Report, out *output) {
		report = rep
		if path, err := filepath.Rel(r.folder.Path(), out.folder.Path()); err == nil {
			res.Results = filepath.ToSlash(path)
		}
	}
	_, err := r.p.play(ctx, one.job)
	res.DurationS = time.Since(started).Seconds()
	switch {
	case report == nil && r.ran == 0 && ctx.Err() == nil:
		return err
	case report == nil && ctx.Err() != nil:
		res.Verdict, res.Reason = results.CaseNotRun, "the run was interrupted"
		return nil
	case report == nil:
		res.Verdict, res.Reason = results.CaseFailed, err.Error()
		return nil
	case err != nil:
		// Something of its results could not be written, or chanbot is wrong.
		r.beside = worse(r.beside, endingOf(r.c.report(err)))
	}
	r.ran++
	res.Verdict, res.Reason = verdict(report)
	if res.Verdict != results.CaseOK {
		res.Report = &report.Scenario
	}
	return nil
}

// end writes the results and the last lines.
func (r *conformance) end() error {
	r.doc.DurationS = time.Since(r.doc.Started).Seconds()
	if err := r.folder.WriteConformance(&r.doc); err != nil {
		return cannotRun("is the disk full?", "%v", err)
	}
	if r.w != nil {
		fmt.Fprint(r.w, "\n"+r.doc.Tally(r.p.term.style))
		fmt.Fprintf(r.w, "%-10s  %s\n", "results", r.folder.Path())
	}
	if !r.s.json {
		return nil
	}
	b, err := r.doc.JSON()
	if err == nil {
		_, err = r.c.Stdout.Write(b)
	}
	if err != nil {
		return cannotRun("", "write standard output: %v", err)
	}
	return nil
}
