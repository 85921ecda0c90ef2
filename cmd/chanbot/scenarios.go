package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"chanbot/scenarios"
)

func (c *Command) scenariosCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "scenarios",
		Short:   "List the built-in scenarios and strategies",
		Example: "  chanbot scenarios\n  chanbot scenarios show can-not-abort-while-open > mine.yaml",
		Args:    needArgs(0, 0, "no argument, or show NAME"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.list(min(listWidth, c.columns()))
		},
	}
	cmd.AddCommand(&cobra.Command{
		Use:   "show NAME",
		Short: "Print a built-in scenario or strategy",
		Args:  needArgs(1, 1, "one name"),
		RunE:  func(cmd *cobra.Command, args []string) error { return c.show(args[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return append(scenarios.Names(), scenarios.StrategyNames()...), cobra.ShellCompDirectiveNoFileComp
		},
	})
	return cmd
}

// list writes the built-in files into so many columns; descriptions are cut.
func (c *Command) list(columns int) error {
	all := scenarios.List()
	width := 0
	for _, e := range all {
		width = max(width, len(e.Name))
	}
	var out strings.Builder
	for _, part := range []struct {
		kind  scenarios.Kind
		title string
	}{
		{scenarios.KindScenario, "Scenarios (chanbot run NAME):"},
		{scenarios.KindStrategy, "\nStrategies (chanbot run SCENARIO --strategy ROLE=NAME):"},
	} {
		fmt.Fprintln(&out, part.title)
		for _, e := range all {
			if e.Kind == part.kind {
				fmt.Fprintf(&out, "  %-*s  %s\n", width, e.Name, brief(e.Description, max(columns-width-4, leastBrief)))
			}
		}
	}
	_, err := io.WriteString(c.Stdout, out.String())
	return err
}

func (c *Command) show(name string) error {
	text, ok := scenarios.Scenario(name)
	if !ok {
		text, ok = scenarios.Strategy(name)
	}
	if !ok {
		hint := "chanbot scenarios lists them"
		if near := nearest(name, append(scenarios.Names(), scenarios.StrategyNames()...)); near != "" {
			hint = "did you mean " + near + "?"
		}
		return misuse(hint, "no built-in scenario or strategy is called %q", name)
	}
	_, err := c.Stdout.Write(text)
	return err
}

// listWidth is the number of columns of the list where there are so many, and
// leastBrief that of a description where there are few.
const (
	listWidth  = 110
	leastBrief = 20
)

// brief is what fits into the list of a description.
func brief(text string, room int) string {
	if i := strings.Index(text, ". "); i >= 0 {
		text = text[:i+1]
	}
	if r := []rune(text); len(r) > room {
		text = strings.TrimRight(string(r[:room-1]), " ,:") + "…"
	}
	return text
}
