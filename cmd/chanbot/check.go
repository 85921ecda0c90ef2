package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"chanbot/simnode"
	"chanbot/strategy"
)

func (c *Command) checkCommand() *cobra.Command {
	var set []string
	cmd := &cobra.Command{
		Use:   "check FILE...",
		Short: "Check scenario and strategy files",
		Long: "Check scenario and strategy files and print every mistake with its place.\n" +
			"The exit code is 2 when there is any.",
		Example: "  chanbot check late-abort.yaml strategies/*.yaml",
		Args:    needArgs(1, -1, "at least one file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			vars, err := pairs("--set", set)
			if err != nil {
				return err
			}
			return c.check(args, vars)
		},
	}
	cmd.Flags().StringArrayVar(&set, "set", nil, "use `NAME=VALUE` for a variable of the files (repeatable)")
	return cmd
}

func (c *Command) check(args []string, set map[string]string) error {
	sound := true
	for _, arg := range args {
		src, err := c.find(arg)
		if err != nil {
			c.report(err)
			sound = false
			continue
		}
		text, node, problems := c.checkOne(src, set)
		if len(problems) > 0 {
			sound = false
			fmt.Fprintln(c.Stdout, problems.Error())
			continue
		}
		if node != nil {
			if err := applyNode(new(simnode.Config), node, false); err != nil {
				c.report(err)
				sound = false
				continue
			}
		}
		fmt.Fprintf(c.Stdout, "%s: ok, %s\n", src.file, text)
	}
	if !sound {
		return exitCode(exitUsage)
	}
	return nil
}

// Keys at the first level that tell a strategy from a scenario.
var (
	ofStrategy = regexp.MustCompile(`(?m)^sign[ \t]*:`)
	ofScenario = regexp.MustCompile(`(?m)^(steps|load|channel|node|initiator|responder|thresholds)[ \t]*:`)
)

// checkOne checks a file and says in words what it holds. The settings of the
// embedded node are only read.
func (c *Command) checkOne(src source, set map[string]string) (string, *strategy.Node, strategy.Problems) {
	if ofStrategy.Match(src.text) && !ofScenario.Match(src.text) {
		st, problems := strategy.ParseStrategy(src.file, src.text, strategy.Options{Set: set, ResolveStrategy: src.strategies})
		if len(problems) > 0 {
			return "", nil, problems
		}
		return "strategy " + st.Name, nil, nil
	}
	sc, problems := src.parse(set)
	if len(problems) > 0 {
		return "", nil, problems
	}
	text := "scenario " + sc.Name
	if n := len(sc.Steps); n > 0 {
		text += ", " + count(n, "step")
	}
	if sc.Load != nil {
		text += ", " + count(len(sc.Load.Phases), "phase") + " of load"
	}
	return text, sc.Node, nil
}

// count writes "1 step", "2 steps".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
