package main

import (
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/model"
	"chanbot/scenarios"
	"chanbot/simnode"
)

// completeFlags lets shells complete the values of flags that are words of a
// list, in a command and those below it.
func completeFlags(cmd *cobra.Command) {
	cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
		words := flagWords(f.Name)
		if words == nil {
			return
		}
		err := cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
		if err != nil {
			panic(err) // the flag is there, and once
		}
	})
	for _, sub := range cmd.Commands() {
		completeFlags(sub)
	}
}

// flagWords returns what a flag can be, nil when that is no list.
func flagWords(name string) (words []string) {
	switch name {
	case "era":
		return []string{"current", "2020"}
	case "first":
		return []string{"initiator", "responder"}
	case "sign":
		return []string{"raw", "hash"}
	case "log-level":
		for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
			words = append(words, strings.ToLower(l.String()))
		}
	case "strategy":
		for _, role := range []string{"initiator", "responder"} {
			for _, s := range scenarios.StrategyNames() {
				words = append(words, role+"="+s)
			}
		}
	case "defect":
		for _, d := range simnode.Defects() {
			words = append(words, d.Name)
		}
	case "deny":
		return append(model.Quirks(), "all")
	case "tag":
		return scenarios.Tags()
	}
	return words
}
