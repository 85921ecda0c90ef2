package main

import (
	"github.com/spf13/cobra"

	"chanbot/strategy"
)

func (c *Command) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scenario files",
		Long:  "Print the JSON Schema of scenario files, for editors that check YAML while it is typed.",
		Args:  needArgs(0, 0, "no argument"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := c.Stdout.Write(strategy.Schema())
			return err
		},
	}
}
