package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/results"
)

// The exit codes.
const (
	exitPassed     = 0
	exitFailed     = 1   // a violation, a failed expectation or a broken threshold
	exitUsage      = 2   // wrong usage or an invalid file
	exitNotRun     = 3   // unreachable, or refused before any channel was up
	exitInvalid    = 4   // the generator could not keep its schedule, so the measurement is not valid
	exitBug        = 70  // a bug in chanbot
	exitHangup     = 129 // the terminal was closed, results written
	exitInterrupt  = 130 // stopped by Ctrl-C, results written
	exitTerminated = 143 // stopped by SIGTERM, results written
)

// Command is one call of chanbot with everything it may touch of its process.
type Command struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	// Env returns the value of an environment variable; nil knows none.
	Env func(name string) string
	// Lookup resolves the names of hosts; nil uses the system's resolver.
	Lookup func(ctx context.Context, name string) ([]netip.Addr, error)
	// Signals brings interruptions; nil listens to those of the process.
	Signals <-chan os.Signal
	// Program returns the command that runs chanbot in another process, with the
	// arguments that follow its name; nil runs this program again.
	Program func(args ...string) *exec.Cmd
}

// Main runs chanbot with the arguments that follow its name and returns the
// exit code. It does not panic.
func (c *Command) Main(args []string) (code int) {
	defer func() {
		if v := recover(); v != nil {
			fmt.Fprintf(c.Stderr, "chanbot: a bug in chanbot: %v\n%s\nhint: please report it with the lines above\n", v, debug.Stack())
			code = exitBug
		}
	}()
	if _, ok := c.Stderr.(*console); !ok {
		c.Stderr = &console{Writer: c.Stderr}
	}
	root := c.root()
	root.SetArgs(append([]string{}, args...)) // nil would mean os.Args
	root.SetIn(c.Stdin)
	root.SetOut(c.Stdout)
	root.SetErr(c.Stderr)
	return c.report(root.Execute())
}

// report writes what went wrong and returns the exit code.
func (c *Command) report(err error) int {
	if err == nil {
		return exitPassed
	}
	if code, ok := errors.AsType[exitCode](err); ok {
		return int(code)
	}
	list, ok := errors.AsType[complaints](err)
	if !ok {
		one, ok := errors.AsType[complaint](err)
		if !ok {
			one = misuse("chanbot --help lists the commands", "%v", err)
			if file, ok := errors.AsType[*fs.PathError](err); ok && file.Op == "write" { // nobody has mistyped anything
				one = cannotRun("", "write standard output: %v", file.Err)
			}
		}
		list = complaints{one}
	}
	code := exitPassed
	for _, one := range list {
		fmt.Fprintln(c.Stderr, "chanbot: "+results.PrintableLines(one.text)) // which may be that of a node
		if one.hint != "" {
			fmt.Fprintln(c.Stderr, "hint: "+results.PrintableLines(one.hint))
		}
		if code == exitPassed {
			code = one.code
		}
	}
	return code
}

// exitCode ends chanbot with a code after everything was said.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// complaint is one sentence about why chanbot does not do what it was asked,
// and what to do about it.
type complaint struct {
	code int
	text string
	hint string // "" when there is nothing to advise
}

func (e complaint) Error() string { return e.text }

// complaints are several of them; the code of the first one counts.
type complaints []complaint

func (es complaints) Error() string {
	all := make([]error, len(es))
	for i, e := range es {
		all[i] = e
	}
	return errors.Join(all...).Error()
}

func (es complaints) err() error {
	if len(es) == 0 {
		return nil
	}
	return es
}

// misuse is a complaint about the command line or a file.
func misuse(hint, format string, args ...any) complaint {
	return complaint{code: exitUsage, text: fmt.Sprintf(format, args...), hint: hint}
}

// cannotRun is a complaint about the world around.
func cannotRun(hint, format string, args ...any) complaint {
	return complaint{code: exitNotRun, text: fmt.Sprintf(format, args...), hint: hint}
}

// root returns the command tree.
func (c *Command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "chanbot",
		Short: "Test bot and load generator for aeternity state channels",
		Long: "chanbot plays both sides of aeternity state channels against a node, follows\n" +
			"scenarios, judges every frame that comes back and measures how long it took.\n" +
			"Without a node of your own it serves an embedded one.",
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			cmd.SetOut(c.Stderr)
			if err := cmd.Help(); err != nil {
				return err
			}
			return exitCode(exitUsage)
		},
	}
	root.SetFlagErrorFunc(badFlag)
	root.AddCommand(c.runCommand(), c.nodeCommand(), c.conformCommand(), c.planCommand(), c.checkCommand(), c.schemaCommand(), c.scenariosCommand(), c.accountsCommand(), c.doctorCommand(), c.importCommand(), c.replayCommand(), c.reportCommand(), c.compareCommand(), c.versionCommand())
	root.AddCommand(c.fuzzCommand(), c.benchCommand())
	root.SetVersionTemplate(versionLine())
	refuseUnknownTopics(root)
	completeFlags(root)
	return root
}

// refuseUnknownTopics lets help complain about what is no command; by itself it
// shows the help of the command above.
func refuseUnknownTopics(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	help, _, _ := root.Find([]string{"help"})
	help.Args = func(_ *cobra.Command, args []string) error {
		found, rest, err := root.Find(args)
		if err == nil && found.HasAvailableSubCommands() && len(rest) > 0 {
			return unknownCommand(found, rest[0])
		}
		return err
	}
}

func unknownCommand(cmd *cobra.Command, name string) complaint {
	var names []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	hint := cmd.CommandPath() + " --help lists the commands"
	if near := nearest(name, names); near != "" {
		hint = "did you mean " + cmd.CommandPath() + " " + near + "?"
	}
	return misuse(hint, "unknown command %q", name)
}

// badFlag turns a mistake in the flags into a complaint.
func badFlag(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help lists the flags"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		var names []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near := nearest(unknown.GetSpecifiedName(), names); near != "" {
			hint = "did you mean --" + near + "?"
		}
	}
	if !cmd.HasParent() {
		return misuse(hint, "%v", err)
	}
	return misuse(hint, "%s: %v", cmd.Name(), err)
}

// needArgs refuses another number of arguments; most is -1 for any.
func needArgs(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return misuse(cmd.CommandPath()+" --help says more", "%s needs %s", cmd.Name(), what)
		case most >= 0 && len(args) > most:
			return misuse(cmd.CommandPath()+" --help says more", "%s takes %s, and %q is too much", cmd.Name(), what, args[most])
		}
		return nil
	}
}
