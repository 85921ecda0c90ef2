package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/scenarios"
)

// benchFlags are the flags of run that bench has too.
var benchFlags = []string{
	"node", "initiator-node", "responder-node", "responder-host", "responder-port", "api", "network-id", "accounts",
	"allow-host", "allow-mainnet", "ca", "header", "seed", "strategy", "param", "set", "timeout", "grace", "first", "era", "defect", "sign",
	"max-lateness", "out", "json", "quiet", "no-progress", "prometheus", "log-level",
}

// benchOptions are the flags of bench.
type benchOptions struct {
	*runOptions
	from, to                string
	step, warmup, confirmed time.Duration
	resolution              string
	confirm, maxSteps       int
	objective               []string
}

func (c *Command) benchCommand() *cobra.Command {
	o := &benchOptions{runOptions: new(runOptions)}
	cmd := &cobra.Command{
		Use:   "bench [SCENARIO]",
		Short: "Search the highest rate of updates that a node sustains",
		Long: "Raise the rate, each time on new channels, until an objective breaks: up a ladder,\n" +
			"then between the last two rates, then the best one several times in a row. The last\n" +
			"line of the output can be quoted.\n\n" +
			"Without SCENARIO, both sides of 50 channels make transfers, as in the built-in scenario\n" +
			"throughput; without --node an embedded node is served in a process of its own. Of a\n" +
			"SCENARIO with one phase of load everything counts but the rate, the times and the\n" +
			"thresholds. Without --objective, one operation in a hundred may take longer than 100 ms\n" +
			"from the moment it was due, and every operation must end as the scenario says.\n\n" +
			"The exit code is 0 when a rate was found, 1 when none was or the node did what a correct\n" +
			"node cannot, 3 when nothing could be run, and 4 when chanbot could not make more load:\n" +
			"the node may sustain more than the line says.",
		Example: "  chanbot bench\n" +
			"  chanbot bench --node ws://127.0.0.1:3014 --accounts bots.yaml --pairs 20 --from 20/s --step-duration 20s\n" +
			"  chanbot bench mixed-load --objective 'p99(transfer.response) < 20ms' --objective 'share(signed) > 80%'",
		Args: needArgs(0, 1, "one scenario at most"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags()
			return c.bench(cmd.Context(), o, args)
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return scenarios.Names(), cobra.ShellCompDirectiveDefault
		},
	}
	all := pflag.NewFlagSet("run", pflag.ContinueOnError)
	o.register(all)
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.from, "from", "100/s", "begin with this `RATE`")
	f.StringVar(&o.to, "to", "", "try no `RATE` above this one")
	f.StringArrayVar(&o.objective, "objective", nil, "what has to hold, `EXPR` as in \"p99(transfer.response) < 100ms\" (repeatable)")
	f.DurationVar(&o.step, "step-duration", 5*time.Second, "measure each rate for this `TIME`")
	f.DurationVar(&o.warmup, "warmup", time.Second, "`TIME` before that, at the same rate, which is not judged")
	f.IntVar(&o.confirm, "confirm", 3, "the best rate has to hold `N` times in a row")
	f.DurationVar(&o.confirmed, "confirm-duration", 10*time.Second, "measure for this `TIME` when confirming")
	f.StringVar(&o.resolution, "resolution", "5%", "search until a rate that holds and one that does not are this `PERCENTAGE` apart")
	f.IntVar(&o.maxSteps, "max-steps", 25, "make `N` steps at most")
	f.IntVar(&o.runOptions.pairs, "pairs", 1, "`N` channels beside each other (default: those of SCENARIO, else 50)")
	f.Lookup("pairs").DefValue = "0" // not shown
	for _, name := range benchFlags {
		f.AddFlag(all.Lookup(name))
	}
	return cmd
}

func (c *Command) bench(ctx context.Context, o *benchOptions, args []string) error {
	o.iterations = 1
	s, err := o.settings()
	if err != nil {
		return err
	}
	b := &benching{p: &player{c: c, s: s, term: c.terminal()}}
	if err := b.read(o); err != nil {
		return err
	}
	if err := b.load(args); err != nil {
		return err
	}
	if b.p.where, err = s.target(ctx, c); err != nil {
		return err
	}
	if b.p.keys, err = c.keysOf(s, b.p.where, []job{b.job}); err != nil {
		return err
	}
	ctx, stopped, stop := c.watch(ctx, "interrupted; ending the channels and writing the results (once more to leave at once)")
	defer stop()
	b.p.stopped = stopped
	ending, err := b.run(ctx)
	if err != nil {
		ending = worse(ending, endingOf(c.report(err)))
	}
	if code := stopped.exitCode(); code != 0 && ending.code != exitBug {
		ending.code = code
	}
	if ending.code != exitPassed {
		return exitCode(ending.code)
	}
	return nil
}
