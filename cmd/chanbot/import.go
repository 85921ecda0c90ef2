package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"chanbot/results"
	"chanbot/session"
)

// maxSession is the most that is read of a recorded session.
const maxSession = 256 << 20

func (c *Command) importCommand() *cobra.Command {
	var o session.ImportOptions
	cmd := &cobra.Command{
		Use:   "import SESSION",
		Short: "Turn a recorded session into a scenario",
		Long: "Turn a recorded session into a scenario, on standard output: a transcript in Markdown\n" +
			"or a recording in JSON lines; - reads standard input. The clients do the same in the\n" +
			"scenario, and every socket has to get the same frames in the same order; how the\n" +
			"sockets interleave is left open. Keys, ids, hashes and fees are those of each run.\n" +
			"What a scenario cannot express goes to standard error as FILE:LINE: REASON.\n\n" +
			"The exit code is 2 when the file is no session.",
		Example: "  chanbot import session.jsonl > session.yaml && chanbot run session.yaml",
		Args:    needArgs(1, 1, "a session"),
		RunE: func(_ *cobra.Command, args []string) error {
			im, err := c.importSession(args[0], o)
			if err != nil {
				return err
			}
			if _, err := c.Stdout.Write(im.Scenario); err != nil {
				return cannotRun("", "write standard output: %v", err)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&o.Name, "name", "", "`NAME` of the scenario (default that of the file)")
	cmd.Flags().StringVar(&o.NetworkID, "network-id", "", "`ID` of the network that the session was signed for (default: found out)")
	return cmd
}

// importSession imports a session and tells what is not expressed.
func (c *Command) importSession(arg string, o session.ImportOptions) (*session.Imported, error) {
	data, err := c.readSession(arg)
	if err != nil {
		return nil, badFile(arg, err)
	}
	im, err := session.Import(arg, data, o)
	if err != nil {
		if bad, ok := errors.AsType[*session.SyntaxError](err); ok {
			return nil, misuse("a session is a transcript in Markdown or a recording in JSON lines, as run --transcript and --record write them",
				"%s:%d: %s", arg, bad.Line, bad.Reason)
		}
		return nil, misuse("a session is a transcript in Markdown or a recording in JSON lines, as run --transcript and --record write them", "%v", err)
	}
	for _, n := range im.Notes {
		fmt.Fprintf(c.Stderr, "%s:%d: %s\n", arg, n.Line, results.Printable(n.Reason))
	}
	return im, nil
}

// readSession reads the file of a session, or standard input.
func (c *Command) readSession(arg string) ([]byte, error) {
	from := c.Stdin
	if arg != "-" {
		f, err := os.Open(arg)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // nothing was written
		from = f
	}
	if from == nil {
		return nil, nil
	}
	data, err := io.ReadAll(io.LimitReader(from, maxSession+1))
	if err == nil && len(data) > maxSession {
		err = fmt.Errorf("more than %d MiB", maxSession>>20)
	}
	return data, err
}
