package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"chanbot/results"
	"chanbot/session"
)

func (c *Command) replayCommand() *cobra.Command {
	o := new(runOptions)
	var im session.ImportOptions
	cmd := &cobra.Command{
		Use:   "replay SESSION",
		Short: "Run a recorded session again and show where it differs",
		Long: "Import a recorded session, run it and lay what the node sent beside what it sent\n" +
			"then: of each side the first divergence is shown, with ids, keys, hashes and fees\n" +
			"as symbols. Without --node an embedded node is served.\n\n" +
			"The exit code is 0 when the sessions are the same, 1 when they differ, 2 for wrong\n" +
			"usage or a file that is no session, 3 when nothing could be run.",
		Example: "  chanbot replay session.jsonl\n" +
			"  chanbot replay transcript.md --node ws://127.0.0.1:3014",
		Args: needArgs(1, 1, "a session"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.given = cmd.Flags()
			return c.replay(cmd.Context(), o, im, args[0])
		},
	}
	o.register(cmd.Flags())
	cmd.Flags().StringVar(&im.NetworkID, "session-network-id", "", "`ID` of the network that the session was signed for (default: found out)")
	for _, name := range notForReplay {
		hide(cmd.Flags(), name)
	}
	return cmd
}

// notForReplay are flags of run that make no sense for one session.
var notForReplay = append([]string{"pairs", "iterations", "keep-going", "set", "strategy", "json"}, loadFlags...)

func hide(f *pflag.FlagSet, name string) {
	if flag := f.Lookup(name); flag != nil {
		flag.Hidden = true
	}
}

// replay imports a session, runs it and shows the divergences.
func (c *Command) replay(ctx context.Context, o *runOptions, options session.ImportOptions, arg string) error {
	for _, name := range notForReplay {
		if o.given.Changed(name) {
			return misuse("import the session and run the scenario for that", "replay takes no --%s", name)
		}
	}
	im, err := c.importSession(arg, options)
	if err != nil {
		return err
	}
	s, err := o.settings()
	if err != nil {
		return err
	}
	src := source{file: arg, dir: ".", text: im.Scenario}
	sc, problems := src.parse(nil)
	if len(problems) > 0 {
		return misuse("chanbot import shows the scenario", "%s: the session cannot be run as a scenario: %v", arg, problems)
	}
	if err := s.adapt(src, sc); err != nil {
		return err
	}
	where, err := s.target(ctx, c)
	if err != nil {
		return err
	}
	keys, err := c.keys(s, where, s.pairs*sc.AccountPairs())
	if err != nil {
		return err
	}
	ctx, stopped, stop := c.watch(ctx, "interrupted; ending the channels and writing the results (once more to leave at once)")
	defer stop()
	tape := new(tape)
	p := &player{c: c, s: s, where: where, keys: keys, stopped: stopped, term: c.terminal(), tape: tape}
	summary, err := p.play(ctx, job{source: src, name: sc.Name, scenario: sc})
	if err != nil {
		return err
	}
	divergences := im.Compare(tape.all())
	for _, d := range divergences {
		fmt.Fprint(c.Stdout, "\n"+sideBySide(arg, im, d))
	}
	switch code := stopped.exitCode(); {
	case code != 0:
		return exitCode(code)
	case len(divergences) > 0 || summary.Verdict != results.Passed:
		return exitCode(exitFailed)
	}
	if !s.quiet {
		fmt.Fprintf(c.Stdout, "the same    %s: every side got the frames of the session\n", arg)
	}
	return nil
}

// tape keeps all frames of a run in the order in which they passed. Its methods
// may be called from any goroutine.
type tape struct {
	mu      sync.Mutex
	entries []session.Entry
}

// Record keeps a frame.
func (t *tape) Record(r results.FrameRecord) {
	t.mu.Lock()
	defer t.mu.Unlock()
	r.Frame = slices.Clone(r.Frame)
	t.entries = append(t.entries, r)
}

func (t *tape) all() []session.Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.entries)
}

// replayWidth is how wide the comparison is.
const replayWidth = 100

// sideBySide shows the first divergence of a side: the last lines that are the
// same, and then the two lines that differ beside each other.
func sideBySide(file string, im *session.Imported, d session.Divergence) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s differs", d.Side)
	if n := im.Line(d.WantIndex); n > 0 {
		fmt.Fprintf(&b, " from %s:%d", file, n)
	}
	b.WriteString("\n")
	column := (replayWidth - 5) / 2
	row := func(mark, left, right string) {
		l, r := wrap(results.Printable(left), column), wrap(results.Printable(right), column)
		for i := range max(len(l), len(r)) {
			var x, y string
			if i < len(l) {
				x = l[i]
			}
			if i < len(r) {
				y = r[i]
			}
			fmt.Fprintln(&b, strings.TrimRight(fmt.Sprintf("%s %s | %s", mark, pad(x, column), y), " "))
		}
	}
	row(" ", "session", "this run")
	for _, line := range d.Before {
		line = shorten(plainer.Replace(line), column*2)
		row("=", line, line)
	}
	want, got := fromDifference(plainer.Replace(d.Want), plainer.Replace(d.Got), column*4)
	row("!", orNothing(want), orNothing(got))
	return b.String()
}

// plainer leaves out what every frame has.
var plainer = strings.NewReplacer(`"jsonrpc":"2.0",`, "", `,"version":1`, "", `"method":"channels.`, `"`)

func orNothing(s string) string {
	if s == "" {
		return "(nothing more)"
	}
	return s
}

// fromDifference cuts two long lines that begin alike, so that the place where
// they differ can be seen.
func fromDifference(a, b string, most int) (string, string) {
	if a == "" || b == "" {
		return shorten(a, most), shorten(b, most)
	}
	x, y := []rune(a), []rune(b)
	same := 0
	for same < len(x) && same < len(y) && x[same] == y[same] {
		same++
	}
	if cut := same - most/3; cut > 0 {
		x, y = append([]rune("…"), x[cut:]...), append([]rune("…"), y[cut:]...)
	}
	return shorten(string(x), most), shorten(string(y), most)
}

func shorten(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(0, n-len([]rune(s)))) }

// wrap cuts a text into lines.
func wrap(s string, n int) []string {
	var lines []string
	for r := []rune(s); len(r) > 0; {
		k := min(n, len(r))
		lines = append(lines, string(r[:k]))
		r = r[k:]
	}
	return lines
}
