package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"chanbot/results"
	"chanbot/scenarios"
	"chanbot/strategy"
	"chanbot/tx"
)

func (c *Command) runCommand() *cobra.Command {
	o := new(runOptions)
	cmd := &cobra.Command{
		Use:   "run SCENARIO...",
		Short: "Run scenario files, or built-in scenarios by name",
		Long: "Run scenario files, or built-in scenarios by name, one after the other; - reads one\n" +
			"from standard input. Without --node an embedded node is served on a free port of\n" +
			"the loopback interface, a fresh one for each scenario.\n\n" +
			"A scenario with load: is a fleet of channels; its embedded node is a process of its\n" +
			"own. --rate, --duration and --ramp-up change a load with one phase.\n\n" +
			"The exit code is 0 when all is as expected, 1 when something was not, 2 for wrong\n" +
			"usage or an invalid file, 3 when nothing could be run, 4 when chanbot could not keep\n" +
			"up with the load it was asked for, 129, 130 or 143 after a signal. A violation or an\n" +
			"unexpected outcome outranks 4, and 4 outranks a broken threshold.",
		Example: "  chanbot run can-not-abort-while-open --transcript transcripts\n" +
			"  chanbot run late-abort.yaml --set amount=5 --pairs 20 --json\n" +
			"  chanbot run late-abort.yaml --node ws://127.0.0.1:3014\n" +
			"  chanbot run throughput --rate 800/s --duration 2m --threshold 'p99(transfer.response) < 20ms'",
		Args: needArgs(1, -1, "at least one scenario"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags()
			return c.run(cmd.Context(), o, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarios.Names(), cobra.ShellCompDirectiveDefault
		},
	}
	o.register(cmd.Flags())
	return cmd
}

// job is a scenario that is ready to run.
type job struct {
	source
	name     string
	scenario *strategy.Scenario
}

func (c *Command) run(ctx context.Context, o *runOptions, args []string) error {
	s, err := o.settings()
	if err != nil {
		return err
	}
	jobs, err := c.jobs(s, args)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(jobs, func(j job) bool { return j.scenario.Load != nil }) {
		collectByNeed(loadGarbage)
	}
	where, err := s.target(ctx, c)
	if err != nil {
		return err
	}
	keys, err := c.keysOf(s, where, jobs)
	if err != nil {
		return err
	}
	ctx, stopped, stop := c.watch(ctx, "interrupted; ending the channels and writing the results (once more to leave at once)")
	defer stop()

	p := &player{c: c, s: s, where: where, keys: keys, stopped: stopped, term: c.terminal()}
	var summaries []*results.Summary
	worst := passing
	for _, j := range jobs {
		if ctx.Err() != nil {
			break
		}
		summary, err := p.play(ctx, j)
		if err != nil && (summary != nil || ctx.Err() == nil) { // that it was interrupted has been said
			worst = worse(worst, endingOf(c.report(err)))
		}
		if summary != nil {
			summaries = append(summaries, summary)
			worst = worse(worst, endingBy(summary))
		}
		if worst != passing && !s.keepGoing {
			break
		}
	}
	if s.json && len(summaries) > 0 {
		if err := c.writeJSON(summaries, len(args) > 1); err != nil {
			worst = worse(worst, endingOf(c.report(cannotRun("", "write standard output: %v", err))))
		}
	}
	if code := stopped.exitCode(); code != 0 && worst.code != exitBug {
		worst.code = code
	}
	if worst.code != exitPassed {
		return exitCode(worst.code)
	}
	return nil
}

// keysOf returns the accounts for the largest of the jobs. It refuses more pairs
// than there can be sockets for.
func (c *Command) keysOf(s *settings, where *target, jobs []job) ([]tx.KeyPair, error) {
	most := 0
	limit, known := descriptors()
	for _, j := range jobs {
		pairs := s.pairsOf(j.scenario)
		if err := s.enoughSockets(pairs, j.scenario.Load != nil, limit, known); err != nil {
			return nil, err
		}
		most = max(most, pairs*j.scenario.AccountPairs())
	}
	return c.keys(s, where, most)
}

// jobs reads the scenarios. All problems of all files are reported.
func (c *Command) jobs(s *settings, args []string) ([]job, error) {
	jobs := make([]job, 0, len(args))
	used := make(map[string]bool) // names of files
	sound := true
	for _, arg := range args {
		src, err := c.find(arg)
		if err != nil {
			c.report(err)
			sound = false
			continue
		}
		sc, problems := src.parse(s.set)
		if len(problems) > 0 {
			fmt.Fprintln(c.Stderr, problems.Error())
			fmt.Fprintf(c.Stderr, "chanbot: %s: %s\nhint: docs/scenarios.md explains the language, and chanbot schema helps editors\n", src.file, count(len(problems), "problem"))
			sound = false
			continue
		}
		if err := s.adapt(src, sc); err != nil {
			c.report(err)
			sound = false
			continue
		}
		name, short := sc.Name, results.FileName(sc.Name)
		short = short[:min(len(short), 70)] // with a number it is no longer than a file name
		for n := 2; used[results.FileName(name)]; n++ {
			name = fmt.Sprintf("%s-%d", short, n)
		}
		used[results.FileName(name)] = true
		jobs = append(jobs, job{source: src, name: name, scenario: sc})
	}
	if !sound {
		return nil, exitCode(exitUsage)
	}
	return jobs, nil
}

// writeJSON puts the one document on standard output: an array when several
// scenarios were asked for.
func (c *Command) writeJSON(summaries []*results.Summary, array bool) error {
	var all []json.RawMessage
	for _, s := range summaries {
		b, err := s.JSON()
		if err != nil {
			return err
		}
		all = append(all, b)
	}
	if !array {
		_, err := c.Stdout.Write(all[0])
		return err
	}
	e := json.NewEncoder(c.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(all)
}
